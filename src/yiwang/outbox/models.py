"""State of the outbox: events, how far each subscriber is, what failed, and answers kept by idempotency key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    TextLike = models.Field[str, str]
else:
    TextLike = models.Field


class TransactionIdField(TextLike):
    """The id of the writing transaction (`xid8`), set by the database."""

    def db_type(self, connection: Any) -> str:
        """Never wraps round, unlike `xid`."""
        return "xid8"


class CurrentTransactionId(models.Func):
    """`pg_current_xact_id()`."""

    function = "pg_current_xact_id"
    output_field = TransactionIdField()


class Event(models.Model):
    """One thing that happened. Written with the change itself, never updated.

    Column order matters: defaults are computed in it, so a transaction has its xid before it takes an id.
    `queries.Horizon` needs that.

    Personal data: none; `data` holds ids, codes and numbers.
    """

    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)
    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True, default=uuid4)
    type = models.TextField(db_comment="past tense, with version: case.submitted.v1")
    source = models.TextField()
    subject = models.TextField(db_comment="id of what it is about")
    time = models.DateTimeField(db_comment="business time")
    machine_time = models.DateTimeField(db_default=Now())
    data = models.JSONField()
    correlation_id = models.TextField(default="")
    origin = models.TextField(default="live")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["type", "id"], name="outbox_event_by_type")]


class Subscription(models.Model):
    """How far one subscriber is: it has seen every event of its types up to `position`.

    Whoever locks the row delivers to it.

    Personal data: none.
    """

    name = models.TextField(primary_key=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True, db_comment="machine time")


class Delivery(models.Model):
    """The inbox: one event took effect at one subscriber. Written in the transaction of the effect.

    Personal data: none.
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    delivered_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "event"], name="outbox_delivered_once")
        ]


class Failure(models.Model):
    """An event set aside for one subscriber: it failed, or an earlier one of the same subject did (`attempts` is 0).

    Personal data: none; `error` is the exception's type and place, never its message.
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    subject = models.TextField()
    attempts = models.IntegerField(default=0)
    error = models.TextField(default="")
    failed_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(
        null=True, db_comment="machine time of the next attempt; null: parked, or behind another"
    )
    parked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "event"], name="outbox_set_aside_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["subscription", "subject", "event"], name="outbox_failure_by_subject"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="outbox_failure_due"),
        ]


class IdempotencyKey(models.Model):
    """The answer to a request that must not take effect twice, by the key that its sender chose.

    Personal data: none; `result` holds ids and numbers.
    """

    id = models.BigAutoField(primary_key=True)
    scope = models.TextField(db_comment="who and what for: an account and an action")
    key = models.TextField()
    body_digest = models.BinaryField()
    result = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "key"], name="outbox_key_once")]
