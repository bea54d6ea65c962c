"""What is stored of articles."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from yiwang.content.values import ArticleKind, ArticleState
from yiwang.kernel.ids import uuid7


class Article(models.Model):
    """A piece of news or a notice.

    Personal data: who wrote, submitted and published it, by id; the text is for everybody and holds none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.TextField()
    title = models.TextField()
    summary = models.TextField()
    body = models.TextField(db_comment="plain text; an empty line ends a paragraph")
    number = models.TextField(blank=True, default="", db_comment="document number 文号")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+", db_comment="whose it is 来源")
    state = models.TextField(default=ArticleState.DRAFT)
    version = models.IntegerField(default=1, db_comment="rises with every act; forms carry it")
    writers = ArrayField(models.UUIDField(), default=list, db_comment="accounts that wrote or submitted this text")
    published_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    reason = models.TextField(blank=True, default="", db_comment="why it was sent back or withdrawn")
    search_text = models.TextField(db_comment="title, summary and body in normal form")
    pairs = ArrayField(models.TextField(), default=list, db_comment="pairs of neighbouring characters of search_text")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[str(one) for one in ArticleKind]), name="article_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in ArticleState]), name="article_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False, published_by__isnull=False),
                name="article_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(writers__contains=[models.F("published_by")]),
                name="article_published_by_another",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=("live", "rehearsal", "invented")), name="article_origin_known"
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], condition=Q(state="published"), name="article_public"),
            models.Index(fields=["unit", "-id"], name="article_by_unit"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="article_trigrams"),
            GinIndex(fields=["pairs"], name="article_pairs"),
        ]
