"""What supervision stores: one row for each clock that is watched, and the alerts that have fired. Private to this engine."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7
from yiwang.supervision.values import AlertState, Level

ORIGINS = ("live", "rehearsal", "invented")


class Watching(models.Model):
    """One clock of one case, and the next moment at which something can go wrong with it.

    Watching costs what the due rows cost: the tick reads the partial index of `next_alarm_at` up to now, and no other row.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    clock = models.OneToOneField("cases.Clock", on_delete=models.PROTECT, related_name="+")
    limit = models.TextField(db_comment="id of the declared limit whose clock it is")
    next_alarm_at = models.DateTimeField(
        null=True, db_comment="business time; null: closed, or nothing can go wrong any more"
    )
    next_watch = models.TextField(default="", db_comment="the watch that is to fire then")
    next_level = models.TextField(default="")
    failures = models.IntegerField(default=0, db_comment="turns in a row that failed")
    error = models.TextField(default="", db_comment="class of the last fault, never its text")
    closed_at = models.DateTimeField(null=True, db_comment="the clock has stopped")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(next_alarm_at__isnull=True),
                name="watching_closed_waits_no_more",
            ),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="watching_origin_known"),
        ]
        indexes = [
            models.Index(fields=["case"], name="watching_of_case"),
            models.Index(fields=["next_alarm_at"], condition=Q(next_alarm_at__isnull=False), name="watching_due"),
        ]


class Alert(models.Model):
    """What a watch said when it fired 预警 / 黄牌 / 红牌. Rule, law and arithmetic are kept as they were then.

    Fields answer the data set of electronic supervision in GB/T 39046: the case, what was to be done, by whom, which rule, which kind,
    when it was told, what came of it.

    Personal data: `account`, who alone held the task, by id.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    case_number = models.TextField()
    item = models.TextField(db_comment="id of the case's item")
    release = models.IntegerField(db_comment="the release whose watch it is: the case's own")
    clock = models.ForeignKey("cases.Clock", on_delete=models.PROTECT, related_name="+")
    limit = models.TextField(db_comment="id of the declared limit")
    watch = models.TextField(db_comment="id of the declared watch")
    level = models.TextField()
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    duty = models.TextField(default="", db_comment="the duty whose task waited")
    post = models.ForeignKey(
        "identity.Post", null=True, on_delete=models.PROTECT, related_name="+", db_comment="who alone held the task"
    )
    account = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    rule = models.JSONField(db_comment="language → the rule in words")
    law = models.JSONField(db_comment="[{law, article, text}]")
    arithmetic = models.JSONField(db_comment="the table of the clock as it stood: see rules/arithmetic.py")
    stood_since = models.DateTimeField(
        null=True, db_comment="beginning of the pause that it is about; null: it is about the limit"
    )
    length = models.IntegerField(
        db_comment="of the limit, extensions included, in its unit; of the pause, in civil days"
    )
    warns = models.BooleanField(db_comment="fired before the limit, or the longest of the pause, was over")
    due_on = models.DateField()
    moment = models.DateTimeField(db_comment="business time from which it was to fire")
    fired_at = models.DateTimeField(db_comment="business time at which it fired")
    state = models.TextField(default=AlertState.OPEN)
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "watch", "level", "moment"], name="alert_once_for_each_moment"),
            models.UniqueConstraint(
                fields=["clock", "watch", "level", "length", "stood_since"],
                condition=~Q(state="withdrawn"),
                nulls_distinct=False,
                name="alert_once_for_each_limit",
            ),
            models.CheckConstraint(condition=Q(level__in=[str(one) for one in Level]), name="alert_level_known"),
            models.CheckConstraint(condition=Q(state__in=[str(one) for one in AlertState]), name="alert_state_known"),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="alert_origin_known"),
        ]
        indexes = [
            models.Index(fields=["unit", "-id"], name="alert_by_unit"),
            models.Index(fields=["case"], name="alert_by_case"),
            models.Index(fields=["level", "-id"], condition=Q(state__in=["open", "explained"]), name="alert_unsettled"),
        ]


class AlertWord(models.Model):
    """What was said about an alert, and the state it has had since: an explanation, a withdrawal, a closing. Only added to.

    Personal data: `account` by id; `words` as they were written.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="words")
    state = models.TextField()
    at = models.DateTimeField(db_comment="business time")
    post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["explained", "closed", "withdrawn"]), name="alertword_state_known"
            ),
        ]
        indexes = [models.Index(fields=["alert", "id"], name="alertword_of_alert")]
