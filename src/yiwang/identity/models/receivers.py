"""What is stored of other systems to which officers' accounts are supplied: those systems, and how far each account has come there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.identity.values.receivers import SupplyState
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now, now

STATES = [str(one) for one in SupplyState]


class Receiver(models.Model):
    """Another system 接收系统 (mail, messages …) in which officers have accounts because they hold posts here. It is told by SCIM.

    Personal data: none. The token is sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.TextField(unique=True)
    unit = models.ForeignKey(
        "identity.Unit", on_delete=models.PROTECT, related_name="+", db_comment="whose system it is"
    )
    address = models.TextField(db_comment="of its SCIM service, as an administrator entered it")
    token = models.BinaryField(db_comment="sealed; what it gave us to show")
    connected_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    origin = models.TextField(default="live")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="receiver_has_a_title")]


class ReceiverUnit(models.Model):
    """A unit, with everything below it, whose officers have accounts there.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="units")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receiver", "unit"], name="receiverunit_once")]


class Supply(models.Model):
    """One officer at one receiver: what it was told last, and what it has still to be told.

    Personal data: in which systems an officer has an account.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="supplies")
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    remote_id = models.TextField(blank=True, default="", db_comment="what the receiver calls it; empty: not known yet")
    state = models.TextField(default="due", db_comment="due | sending | done | failed")
    active = models.BooleanField(default=False, db_comment="as it was told last")
    wanted = models.BinaryField(db_comment="SHA-256 of what it is to know; with the state done: of what it knows")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=machine_now, db_comment="machine time of the next attempt")
    fault = models.TextField(
        blank=True, default="", db_comment="why the last attempt failed: a code, a colon, what its words need"
    )
    done_at = models.DateTimeField(null=True, db_comment="machine time")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receiver", "account"], name="supply_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="supply_state_known"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state__in=["due", "sending"]), name="supply_to_be_made")]
