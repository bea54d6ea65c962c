"""The tick's one look: watchings whose alarm is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet

from yiwang.supervision.models import Watching
from yiwang.supervision.values import StuckWatching

__all__ = ["due_rows", "due_watchings", "system_list_stuck_watchings", "system_next_alarm"]

PATIENCE = timedelta(minutes=10)
"""Business time after which an alarm that was not taken says that the scheduler stands."""


def due_rows(at: datetime, limit: int) -> QuerySet[Watching]:
    """The first watchings due at `at`, to be locked; those that another process holds are passed over."""
    return (
        Watching.objects.select_for_update(skip_locked=True)
        .filter(next_alarm_at__lte=at)
        .order_by("next_alarm_at")[:limit]
    )


def due_watchings(at: datetime, limit: int) -> list[Watching]:
    """The same, locked until the end of the transaction. One query along the partial index."""
    return list(due_rows(at, limit))


def system_next_alarm(case_id: UUID) -> datetime | None:
    """When the next alarm of a case is due, None when nothing can go wrong any more. One query."""
    found: datetime | None = Watching.objects.filter(case_id=case_id).aggregate(at=Min("next_alarm_at"))["at"]
    return found


def system_list_stuck_watchings(at: datetime) -> list[StuckWatching]:
    """Watchings that fail, or whose turn is long past. The oldest first, at most 500. One query."""
    rows = (
        Watching.objects.filter(next_alarm_at__isnull=False)
        .filter(Q(failures__gt=0) | Q(next_alarm_at__lt=at - PATIENCE))
        .annotate(number=F("case__number"))
        .order_by("next_alarm_at")[:500]
    )
    return [StuckWatching(one.number, one.limit, one.next_alarm_at or at, one.failures, one.error) for one in rows]
