"""The calendar by which limits are counted, from what packs declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from yiwang.kernel.calendar import DayKind, WorkingCalendar

__all__ = ["calendar_of"]


def calendar_of(declared: Iterable[Mapping[str, Any]]) -> WorkingCalendar:
    """The working-day calendar that declarations of the kind `calendar` (stored bodies) describe together."""
    days: dict[date, DayKind] = {}
    names: dict[date, str | Mapping[str, str]] = {}
    official: set[int] = set()
    notices: dict[int, str] = {}
    for body in declared:
        notices[int(body["year"])] = body.get("source") or ""
        if not body.get("provisional"):
            official.add(int(body["year"]))
        for span in body.get("off") or ():
            first, last = date.fromisoformat(span["first"]), date.fromisoformat(span["last"])
            for n in range((last - first).days + 1):
                days[first + timedelta(days=n)] = DayKind.OFF
                names[first + timedelta(days=n)] = span["title"]
        for day in body.get("working") or ():
            days[date.fromisoformat(day)] = DayKind.WORKING
    return WorkingCalendar(days, official_years=official, names=names, notices=notices)
