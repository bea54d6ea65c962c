"""In-system messages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7


class Message(models.Model):
    """One message to one reader: a subject, an account, or whoever sits in a post.

    Personal data: `texts` may name the reader's case and quote what an officer wrote to him.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.TextField(unique=True, db_comment="what makes it be sent once, however often its sending is tried")
    to_subject = models.ForeignKey("subjects.Subject", null=True, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    to_post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    texts = models.JSONField(db_comment="language → {title, body}, as it was sent")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    about_kind = models.TextField(default="", db_comment="what else it is about, for faces to lead to: kind and id")
    about_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField(db_comment="business time")
    read_at = models.DateTimeField(null=True, db_comment="business time")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_subject__isnull=False, to_account__isnull=True, to_post__isnull=True)
                | Q(to_subject__isnull=True, to_account__isnull=False, to_post__isnull=True)
                | Q(to_subject__isnull=True, to_account__isnull=True, to_post__isnull=False),
                name="message_to_one_reader",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=("live", "rehearsal", "invented")), name="message_origin_known"
            ),
        ]
        indexes = [
            models.Index(fields=["to_subject", "-id"], name="message_of_subject"),
            models.Index(fields=["to_account", "-id"], name="message_of_account"),
            models.Index(fields=["to_post", "-id"], name="message_of_post"),
        ]
