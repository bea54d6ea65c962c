"""What is stored of mandates 委托."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now

ENDS = ["", "declined", "revoked", "given-back"]


class Mandate(models.Model):
    """Somebody lets another act for him, or for the enterprise that he represents: in which items, from when until when.

    Source: Civil Code art. 165 (a mandate in writing names agent, matters, powers and term), art. 173 (either side may end it).

    Personal data: who acts for whom, by ids; `reason` as it was written.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey(
        "subjects.Subject", on_delete=models.PROTECT, related_name="+", db_comment="the principal 委托人"
    )
    agent = models.ForeignKey(
        "identity.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the agent 受托人; one that stands for a person",
    )
    given_by = models.ForeignKey(
        "identity.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the principal himself, or who represented it on that day",
    )
    items = ArrayField(models.TextField(), null=True, db_comment="ids of items; null for every item")
    valid_from = models.DateField()
    valid_to = models.DateField(db_comment="first civil date without it")
    document = models.TextField(blank=True, default="", db_comment="number of a paper mandate it repeats")
    offered_at = models.DateTimeField(default=now)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    end = models.TextField(blank=True, default="", db_comment="declined | revoked | given-back; empty while it stands")
    reason = models.TextField(blank=True, default="")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="mandate_has_a_day"),
            models.CheckConstraint(condition=Q(end__in=ENDS), name="mandate_end_known"),
            models.CheckConstraint(
                condition=Q(end="", ended_at__isnull=True, ended_by__isnull=True)
                | (~Q(end="") & Q(ended_at__isnull=False, ended_by__isnull=False)),
                name="mandate_ended_by_somebody",
            ),
            models.CheckConstraint(condition=Q(items__isnull=True) | ~Q(items=[]), name="mandate_of_some_item"),
            models.CheckConstraint(condition=~Q(agent=F("given_by")), name="mandate_to_another"),
        ]
        indexes = [
            models.Index(fields=["agent", "-offered_at"], name="mandate_by_agent"),
            models.Index(fields=["subject", "-offered_at"], name="mandate_by_subject"),
        ]
