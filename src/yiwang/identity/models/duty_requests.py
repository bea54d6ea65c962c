"""What is stored of applications for rights 权限申请."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.identity.values.duty_requests import DutyRequestState
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now

STATES = [str(one) for one in DutyRequestState]
DECIDED = [str(one) for one in (DutyRequestState.GRANTED, DutyRequestState.REFUSED)]


class DutyRequest(models.Model):
    """An officer asks that his post have one more duty until a day. A case decides on it; what is granted ends by itself.

    The duty is the post's, not the officer's: rights come from posts alone. Source: Haikou's plan, 依申请授权.

    Personal data: who asked for what, and why, in his own words about his work; who decided, and why not.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey("identity.Post", on_delete=models.PROTECT, related_name="requests")
    duty = models.TextField(db_comment="id of a declared duty")
    asked_by = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    last_day = models.DateField(db_comment="last civil date with the duty")
    reason = models.TextField()
    asked_at = models.DateTimeField(default=now)
    state = models.TextField(default="waits", db_comment="waits | granted | refused | withdrawn | ended")
    case_id = models.UUIDField(null=True, db_comment="the case that decided")
    case_number = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="", db_comment="why it was refused")
    ended_on = models.DateField(null=True, db_comment="first civil date without what was granted, once it has ended")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="dutyrequest_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED) | Q(decided_at__isnull=False), name="dutyrequest_decided_some_time"
            ),
            models.UniqueConstraint(
                fields=["post", "duty"], condition=Q(state="waits"), name="dutyrequest_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["post", "-asked_at"], name="dutyrequest_by_post")]
