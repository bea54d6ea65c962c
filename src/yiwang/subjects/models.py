"""What the subjects engine stores: a spine of ids, and who was known by which identifier when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now


class Subject(models.Model):
    """One person, organisation, household, place, ...: whom or what facts are about. The row holds nothing but the id.

    Personal data: none by itself; it is the key to all of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.TextField(db_comment="id of a declared subject-kind")
    created_at = models.DateTimeField(default=now)
    origin = models.TextField(default="live", db_comment="live | rehearsal | invented")
    merged_into = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="set while this is a duplicate of another",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(origin__in=["live", "rehearsal", "invented"]), name="subject_origin_known"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="subject_not_merged_into_itself"),
        ]


class Identifier(models.Model):
    """One identifier of one subject, over time. At any time a (scheme, value) has one owner.

    Personal data: citizen ID numbers and the like; kept as long as the subject.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="identifiers")
    scheme = models.TextField()
    value = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, db_comment="first civil date on which it is no longer the subject's")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=Q(valid_to__isnull=True), name="identifier_one_live_owner"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="identifier_ends_after_it_begins",
            ),
        ]
