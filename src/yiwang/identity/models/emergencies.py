"""What is stored of emergency access 应急查阅."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now

VERDICTS = ["", "proper", "improper"]


class EmergencyAccess(models.Model):
    """An administrator may read one thing that he otherwise never sees, for minutes, because another one consented.

    Source: GB/T 22239-2019 8.1.5 (管理权限分离); the audit administrator reviews each.

    Personal data: `reason` and `remark` as administrators wrote them; who looked, by ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.TextField(db_comment="what kind of thing, as an engine registered it")
    object_id = models.UUIDField(db_comment="which one")
    reference = models.TextField(db_comment="its number, as people write it")
    reason = models.TextField()
    asked_by = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    asked_in = models.ForeignKey(
        "identity.Post", on_delete=models.PROTECT, related_name="+", db_comment="in which post"
    )
    consented_by = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    lasts_until = models.DateTimeField(db_comment="machine time; nothing can be read from then on")
    ended_at = models.DateTimeField(
        null=True, db_comment="machine time; null while it is open, or nobody noticed its end"
    )
    ended_by = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="null when its time was up",
    )
    verdict = models.TextField(blank=True, default="", db_comment="proper | improper; empty until it is reviewed")
    remark = models.TextField(blank=True, default="")
    reviewed_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, db_comment="machine time")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=F("consented_by")), name="emergency_by_two"),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | (~Q(reviewed_by=F("asked_by")) & ~Q(reviewed_by=F("consented_by"))),
                name="emergency_reviewed_by_a_third",
            ),
            models.CheckConstraint(condition=Q(lasts_until__gt=F("begun_at")), name="emergency_has_a_while"),
            models.CheckConstraint(condition=Q(verdict__in=VERDICTS), name="emergency_verdict_known"),
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_by__isnull=True, reviewed_at__isnull=True)
                | (~Q(verdict="") & Q(reviewed_by__isnull=False, reviewed_at__isnull=False, ended_at__isnull=False)),
                name="emergency_reviewed_after_its_end",
            ),
            models.UniqueConstraint(
                fields=["asked_by"], condition=Q(ended_at__isnull=True), name="emergency_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["-begun_at"], name="emergency_by_time")]


class EmergencyLook(models.Model):
    """The thing was read under an emergency access. Rows are only added.

    Personal data: none but by the access.
    """

    access = models.ForeignKey(EmergencyAccess, on_delete=models.PROTECT, related_name="looks")
    at = models.DateTimeField(default=machine_now, db_comment="machine time")
