"""Every change of the outbox: telling an event, delivering it exactly once, keeping answers by idempotency key."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection, connections, transaction
from django.db.utils import InterfaceError, OperationalError
from psycopg.types.json import Jsonb

from yiwang.kernel import failpoints
from yiwang.kernel.time import machine_now, now
from yiwang.outbox.models import Delivery, Event, Failure, Subscription
from yiwang.outbox.queries import CurrentTransactionId, Horizon, shown
from yiwang.outbox.registry import Subscriber, find_subscriber, subscribers
from yiwang.outbox.values import SOURCE, KeyReused, NewEvent

__all__ = ["append", "deliver_due", "deliver_forever", "deliver_within", "remember", "retry_parked"]

log = logging.getLogger("yiwang.outbox")

CHANNEL = "yiwang_outbox"
BATCH = 20  # events in one transaction: longer ones hold back every other reader
ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
LOOK_EVERY_SECONDS = 1.0  # when no notification comes
LOOK_AGAIN_SECONDS = 0.05  # when something waits for an older transaction to end
LEAST_SECONDS = 0.1  # from one look to the next: a look costs nearly the same for one event as for twenty
FAR_BEHIND = 1_000


# ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────────


# By hand, because every change of the city passes here: the ORM takes five times as long to say it.
_INSERT = """
INSERT INTO outbox_event (event_id, type, source, subject, time, data, correlation_id, origin)
VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s)
"""

_DELIVERED = "INSERT INTO outbox_delivery (subscription_id, event_id) VALUES (%s, %s)"


def append(events: Iterable[NewEvent]) -> None:
    """Write events in the caller's transaction; they are delivered after it commits, and not at all if it does not.

    Subscribers are woken after the commit, by a statement of its own: a NOTIFY inside would make all commits wait for
    each other.
    """
    rows: list[tuple[Any, ...]] = [
        (one.type, SOURCE, one.subject, one.time or now(), Jsonb(dict(one.data)), one.correlation_id, one.origin)
        for one in events
    ]
    if not rows:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("An event is written in the transaction of the change that it tells of.")
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


# ── Delivering ────────────────────────────────────────────────────────────────────────────────────────────────────────

_horizons = threading.local()


def _horizon() -> Horizon:
    key = (connection.settings_dict["HOST"], connection.settings_dict["NAME"])
    if getattr(_horizons, "key", None) != key:
        _horizons.key, _horizons.horizon = key, Horizon(Event._meta.db_table)
    found: Horizon = _horizons.horizon
    return found


def deliver_due(subscriber: str | None = None, limit: int = 500) -> int:
    """Deliver what is due, to one subscriber or to all; return how many events took effect.

    An event takes effect exactly once: the effect, the inbox row and the subscriber's position are one transaction.
    Events of one subject arrive in the order in which they were written, also when one of them fails and is tried
    again; other subjects do not wait for it. Safe to run in several processes: a subscriber that another one serves is
    passed over.

    limit: at most so many for each subscriber. Call it outside a transaction.
    """
    chosen = subscribers() if subscriber is None else [one for one in [find_subscriber(subscriber)] if one]
    Subscription.objects.bulk_create([Subscription(name=one.name) for one in chosen], ignore_conflicts=True)
    horizon = _horizon().look()
    return sum(_deliver_to(one, horizon, limit) for one in chosen)


def _deliver_to(subscriber: Subscriber, horizon: int, limit: int) -> int:
    delivered = 0
    while delivered < limit:
        with transaction.atomic():
            subscription = Subscription.objects.select_for_update(skip_locked=True).filter(name=subscriber.name).first()
            if subscription is None:  # another worker serves it now
                return delivered
            retried = _retry_due(subscriber, subscription, min(BATCH, limit - delivered))
            read, taken = _deliver_new(subscriber, subscription, horizon, min(BATCH, limit - delivered - retried))
            failpoints.reach("outbox.after-effect-before-commit")
        failpoints.reach("outbox.after-commit")
        delivered += retried + taken
        if not read and not retried:
            break
    return delivered


def _deliver_new(subscriber: Subscriber, subscription: Subscription, horizon: int, limit: int) -> tuple[int, int]:
    """Deliver the next events; return how many were read and how many took effect."""
    events = list(
        Event.objects.filter(id__gt=subscription.position, id__lte=horizon, type__in=subscriber.types).order_by("id")[
            : max(limit, 0)
        ]
    )
    if not events:
        if horizon - subscription.position > FAR_BEHIND:  # or a rare type would read all others again at every look
            _move(subscription, horizon)
        return 0, 0
    failpoints.reach("outbox.between-read-and-effect")
    held = set(
        Failure.objects.filter(subscription=subscription, subject__in={event.subject for event in events}).values_list(
            "subject", flat=True
        )
    )
    known = set(
        Delivery.objects.filter(subscription=subscription, event__in=events).values_list("event_id", flat=True)
    )  # those that `deliver_within` has delivered
    taken = 0
    for event in events:
        if event.id in known:
            continue
        if event.subject in held:
            Failure.objects.create(subscription=subscription, event=event, subject=event.subject)
        elif error := _take(subscriber, subscription, event):
            held.add(event.subject)
            _set_aside(Failure(subscription=subscription, event=event, subject=event.subject), error)
        else:
            taken += 1
    _move(subscription, events[-1].id)
    return len(events), taken


def deliver_within(after: int) -> int:
    """Deliver what the running transaction has told since the event numbered `after`, to all subscribers, as a part of it.

    For whoever tells a past step by step: what follows from a step must have happened before the next. Subscribers do not hear these events
    again. Returns the number of the last event. Raises whatever a subscriber raises; the caller's transaction is then to be undone.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Only a transaction has events of its own.")
    chosen = [(one, one.types) for one in subscribers()]
    Subscription.objects.bulk_create([Subscription(name=one.name) for one, _ in chosen], ignore_conflicts=True)
    while events := list(Event.objects.filter(id__gt=after, xid=CurrentTransactionId()).order_by("id")):
        for event in events:
            for subscriber, types in chosen:
                if event.type in types:
                    Delivery.objects.create(subscription_id=subscriber.name, event=event)
                    subscriber.handler(shown(event))
        after = events[-1].id
    return after


def _move(subscription: Subscription, position: int) -> None:
    subscription.position, subscription.moved_at = position, machine_now()
    subscription.save(update_fields=["position", "moved_at"])


def _retry_due(subscriber: Subscriber, subscription: Subscription, limit: int) -> int:
    """Try again what failed before and is due, and then what waited behind it; return how many took effect."""
    due = list(
        Failure.objects.filter(subscription=subscription, due_at__lte=machine_now())
        .select_related("event")
        .order_by("event")[:limit]
    )
    taken = 0
    for failure in due:
        taken += _try_again(subscriber, subscription, failure)
    return taken


def _try_again(subscriber: Subscriber, subscription: Subscription, failure: Failure) -> bool:
    if error := _take(subscriber, subscription, failure.event):
        _set_aside(failure, error)
        return False
    failure.delete()
    behind = Failure.objects.filter(subscription=subscription, subject=failure.subject).order_by("event").first()
    if behind is not None and behind.due_at is None and behind.parked_at is None:
        behind.due_at = machine_now()
        behind.save(update_fields=["due_at"])
    return True


def _take(subscriber: Subscriber, subscription: Subscription, event: Event) -> str:
    """Let the event take effect; return what went wrong, empty when nothing did.

    Type and place of an exception only: its message may hold personal data. A lost connection is no fault of the event
    and is raised.
    """
    try:
        with transaction.atomic():
            _note(subscription, event)
            subscriber.handler(shown(event))
    except Exception as fault:  # whatever a subscriber raises must not stop the others
        if connection.connection is None or connection.connection.closed:
            raise
        return _place(fault)
    return ""


def _note(subscription: Subscription, event: Event) -> None:
    """The row of the inbox, by hand like the event itself. Raises IntegrityError when the event has taken effect before."""
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERED, [subscription.pk, event.pk])


def _set_aside(failure: Failure, error: str) -> None:
    failure.attempts, failure.error, failure.failed_at = failure.attempts + 1, error, machine_now()
    if failure.attempts >= ATTEMPTS:
        failure.due_at, failure.parked_at = None, machine_now()
    else:
        failure.due_at = machine_now() + min(FIRST_PAUSE * 2 ** (failure.attempts - 1), LONGEST_PAUSE)
    failure.save()
    log.warning(
        "outbox.event-failed",
        extra={
            "subscriber": failure.subscription_id,
            "position": failure.event_id,
            "attempts": failure.attempts,
            "reason": error,
            "parked": failure.parked_at is not None,
        },
    )


def _place(fault: Exception) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    last = frames[-1] if frames else None
    return f"{type(fault).__module__}.{type(fault).__qualname__}" + (f" at {last.name}:{last.lineno}" if last else "")


def retry_parked(subscriber: str | None = None) -> int:
    """Give parked events another round of attempts, from now; return how many.

    For operators, after the cause is mended.
    """
    parked = Failure.objects.filter(parked_at__isnull=False)
    if subscriber is not None:
        parked = parked.filter(subscription_id=subscriber)
    return parked.update(attempts=0, parked_at=None, due_at=machine_now())


# ── Delivering for ever ───────────────────────────────────────────────────────────────────────────────────────────────


def deliver_forever(stop: threading.Event) -> None:
    """Deliver until `stop` is set: a tenth of a second after an event is written at the latest, and by looking every second in case nobody
    woke us.

    Survives a database that goes away for a while. Ends within about a second of `stop`.
    """
    listener: psycopg.Connection[object] | None = None
    while not stop.is_set():
        try:
            listener = listener or _listen()
            looked_at = time.monotonic()
            if deliver_due() == 0:
                pause = LOOK_AGAIN_SECONDS if _horizon().is_waiting else LOOK_EVERY_SECONDS
                for _ in listener.notifies(timeout=pause, stop_after=1):
                    pass
            stop.wait(looked_at + LEAST_SECONDS - time.monotonic())
        except (OperationalError, InterfaceError, psycopg.OperationalError) as fault:
            log.warning("outbox.database-away", extra={"reason": type(fault).__name__})
            if listener is not None:
                listener.close()
            listener = None
            connections.close_all()
            stop.wait(LOOK_EVERY_SECONDS)
    if listener is not None:
        listener.close()
    connections.close_all()


def _listen() -> psycopg.Connection[object]:
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "server_side_binding", "isolation_level", "assume_role"):
        parameters.pop(name, None)
    listener: psycopg.Connection[object] = psycopg.connect(**parameters, autocommit=True)
    listener.execute(f"LISTEN {CHANNEL}")
    return listener


# ── Idempotency keys ──────────────────────────────────────────────────────────────────────────────────────────────────


def remember(scope: str, key: str, body_digest: bytes, result: Mapping[str, object]) -> None:
    """Keep the answer to a request, in the transaction of its effect.

    Raises KeyReused when the key is taken in this scope, after waiting for the one who took it to commit. The caller's
    transaction is then to be undone, and the answer to be asked from `queries.recall`.
    """
    row: list[Any] = [scope, key, body_digest, Jsonb(dict(result))]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_idempotencykey (scope, key, body_digest, result) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            row,
        )
        if cursor.rowcount == 0:
            raise KeyReused(scope, key)
