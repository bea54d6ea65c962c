"""What may be read from the outbox: how far readers may go, how far they are, what failed, answers kept by key."""

from __future__ import annotations

import json

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q

from yiwang.outbox.models import (
    CurrentTransactionId,
    Event,
    Failure,
    Subscription,
    TransactionIdField,
)
from yiwang.outbox.registry import subscribers
from yiwang.outbox.values import DeliveredEvent, Lag, ParkedEvent, Remembered

__all__ = [
    "CurrentTransactionId",
    "Horizon",
    "TransactionIdField",
    "is_settled",
    "lag",
    "last_event",
    "list_events",
    "list_parked",
    "recall",
    "shown",
]


class Horizon:
    """Up to which id a table may be read without missing a row that a running transaction has still to commit.

    Ids are handed out before commit, so a later id can be seen before an earlier one. A barrier makes the line
    certain: read the last id handed out, then take a transaction id of our own; every transaction that holds one of
    those ids has a lower transaction id, for the tables' first column is filled with it before `id`. Once no
    transaction below the barrier runs, all ids up to it are final. Ids, not transaction ids, give the order: of two
    changes of one case the second always gets the higher id.

    Keep one per table and process; it remembers a barrier between calls. Not safe for several threads.
    """

    def __init__(self, table: str) -> None:
        self._sequence = connection.ops.quote_name(f"{table}_id_seq")
        self._final = 0
        self._barrier: tuple[int, int] | None = None  # (id, transaction id)

    def look(self) -> int:
        """The highest id that is final. Cost: one to four statements; takes a transaction id only when ids were handed
        out since.

        Call it outside a transaction: what this transaction has written itself is never final.
        """
        if self._barrier is not None:
            self._pass_barrier()
        if self._barrier is None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT last_value FROM {self._sequence}")  # noqa: S608 — our own table's name
                last = int(cursor.fetchone()[0])
                if last > self._final:
                    cursor.execute("SELECT pg_current_xact_id()::text::bigint")
                    self._barrier = last, int(cursor.fetchone()[0])
            if self._barrier is not None:
                self._pass_barrier()
        return self._final

    @property
    def is_waiting(self) -> bool:
        """Whether older transactions hid something at the last look, so that another look soon may show more."""
        return self._barrier is not None

    def _pass_barrier(self) -> None:
        assert self._barrier is not None  # noqa: S101 — both callers looked
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            oldest_running = int(cursor.fetchone()[0])
        last, barrier = self._barrier
        if oldest_running > barrier:
            self._final, self._barrier = last, None


def shown(event: Event) -> DeliveredEvent:
    """An event as subscribers get it."""
    return DeliveredEvent(
        position=event.id,
        event_id=event.event_id,
        type=event.type,
        source=event.source,
        subject=event.subject,
        time=event.time,
        machine_time=event.machine_time,
        data=event.data,
        correlation_id=event.correlation_id,
        origin=event.origin,
    )


def list_events(*, after: int = 0, types: frozenset[str] | None = None, limit: int = 100) -> list[DeliveredEvent]:
    """Committed events from position `after` on, oldest first.

    For people and tests: a reader that must miss nothing subscribes.
    """
    chosen = Event.objects.filter(id__gt=after)
    if types is not None:
        chosen = chosen.filter(type__in=types)
    return [shown(event) for event in chosen.order_by("id")[:limit]]


def lag() -> list[Lag]:
    """How far every subscriber is behind. Cost: two index scans a subscriber, from where it stands."""
    positions = dict(Subscription.objects.values_list("name", "position"))
    troubles = {
        row["subscription"]: row
        for row in Failure.objects.values("subscription").annotate(
            retrying=Count("id", filter=Q(parked_at__isnull=True, attempts__gt=0)),
            parked=Count("id", filter=Q(parked_at__isnull=False)),
        )
    }
    found = []
    for one in subscribers():
        ahead = Event.objects.filter(id__gt=positions.get(one.name, 0), type__in=one.types)
        seen = ahead.aggregate(waiting=Count("id"), oldest_at=Min("machine_time"))
        trouble = troubles.get(one.name, {"retrying": 0, "parked": 0})
        found.append(Lag(one.name, seen["waiting"], seen["oldest_at"], trouble["retrying"], trouble["parked"]))
    return found


def list_parked(limit: int = 100) -> list[ParkedEvent]:
    """Events that stay aside until somebody calls `services.retry_parked`, and those that wait behind them."""
    rows = Failure.objects.filter(due_at__isnull=True).select_related("event").order_by("subscription", "event")[:limit]
    return [
        ParkedEvent(
            subscriber=row.subscription_id,
            position=row.event_id,
            type=row.event.type,
            subject=row.subject,
            attempts=row.attempts,
            error=row.error,
            parked_at=row.parked_at,
            behind=row.parked_at is None,
        )
        for row in rows
    ]


def last_event() -> int:
    """The number of the last event that can be seen, 0 before the first."""
    return Event.objects.aggregate(last=Max("id"))["last"] or 0


def is_settled() -> bool:
    """Whether every subscriber has seen everything and nothing waits for another attempt.

    Parked events do not count.
    """
    return not any(one.waiting or one.retrying for one in lag())


_RECALL = "SELECT body_digest, result, made_at FROM outbox_idempotencykey WHERE scope = %s AND key = %s"


def recall(scope: str, key: str) -> Remembered | None:
    """The answer given to a request with this key, or None."""
    with connection.cursor() as cursor:  # by hand: asked before every request that must not take effect twice
        cursor.execute(_RECALL, [scope, key])
        row = cursor.fetchone()
    return None if row is None else Remembered(scope, key, bytes(row[0]), json.loads(row[1]), row[2])
