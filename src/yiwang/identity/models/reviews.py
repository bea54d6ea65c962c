"""What is stored of reviews of rights 权限复核."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from yiwang.identity.values import AssignmentKind
from yiwang.identity.values.reviews import Outcome, Unanswered
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now

OUTCOMES = [str(one) for one in Outcome]
BY_SOMEBODY = [str(one) for one in (Outcome.KEPT, Outcome.ENDED, Outcome.ASKED)]
OPEN_ENDED = [str(one) for one in Outcome if one is not Outcome.WAITS]


class Review(models.Model):
    """The rights of a unit's officers, and of all below it, are looked through until a day.

    Source: GB/T 22239-2019 8.1.4.2 (访问控制: superfluous and expired accounts are removed in time; least privilege).

    Personal data: `reason` as the security administrator wrote it; who opened it by ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(
        "identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_comment="null: the whole city"
    )
    reason = models.TextField()
    last_day = models.DateField(db_comment="last civil date on which answers count")
    unanswered = models.TextField(default="report", db_comment="report | end: what becomes of what nobody answers")
    opened_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    opened_in = models.ForeignKey(
        "identity.Post", null=True, on_delete=models.PROTECT, related_name="+", db_comment="in which post"
    )
    opened_at = models.DateTimeField(default=now)
    reminded_at = models.DateTimeField(null=True, db_comment="those who had not answered were told")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="null when everything was answered or its last day was over",
    )
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(unanswered__in=[str(one) for one in Unanswered]), name="review_known"),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | Q(closed_at__isnull=False), name="review_closed_by_somebody"
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="review_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="review_by_time")]


class ReviewLine(models.Model):
    """One assignment as it stood when a review was opened, and what became of it.

    Personal data: who held which post then, and when he had signed in last; `reason` as the reviewer wrote it; people by ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField(db_comment="its place among the lines, by unit and post")
    assignment = models.ForeignKey("identity.Assignment", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("identity.Post", on_delete=models.PROTECT, related_name="+")
    unit_title = models.TextField()
    post_title = models.TextField()
    duties = ArrayField(models.TextField(), db_comment="ids, as the post had them")
    kind = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, db_comment="first civil date without it")
    rests = models.BooleanField(db_comment="during a secondment elsewhere")
    signed_in_at = models.DateTimeField(null=True, db_comment="machine time; the officer had signed in last")
    outcome = models.TextField(default="waits")
    answered_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    answered_in = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, db_comment="business time; it waits no longer")
    reason = models.TextField(blank=True, default="", db_comment="why it is to end")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="reviewline_in_order"),
            models.UniqueConstraint(fields=["review", "assignment"], name="reviewline_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in AssignmentKind]), name="reviewline_kind_known"
            ),
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="reviewline_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="waits", answered_at__isnull=True)
                | Q(outcome__in=OPEN_ENDED, answered_at__isnull=False),
                name="reviewline_answered_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=BY_SOMEBODY, answered_by__isnull=False, answered_in__isnull=False)
                | (~Q(outcome__in=BY_SOMEBODY) & Q(answered_by__isnull=True, answered_in__isnull=True)),
                name="reviewline_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["ended", "asked"]) & ~Q(reason="")
                | (~Q(outcome__in=["ended", "asked"]) & Q(reason="")),
                name="reviewline_ends_for_a_reason",
            ),
            models.CheckConstraint(condition=~Q(answered_by=F("account")), name="reviewline_by_another"),
        ]
        indexes = [
            models.Index(fields=["assignment"], condition=Q(outcome__in=["waits", "asked"]), name="reviewline_open"),
            models.Index(fields=["review", "outcome", "number"], name="reviewline_by_outcome"),
        ]
