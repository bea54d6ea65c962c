"""The calendars by which limits are counted, from what packs declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from yiwang.kernel.calendar import DayKind, LocalDay, WorkingCalendar
from yiwang.kernel.identifiers import DivisionCode

__all__ = ["calendar_of", "days_that_differ", "is_local", "local_days", "stands_in"]


def calendar_of(declared: Iterable[Mapping[str, Any]]) -> WorkingCalendar:
    """The working-day calendar of the nation that declarations of the kind `calendar` (stored bodies) describe together."""
    days: dict[date, DayKind] = {}
    names: dict[date, str | Mapping[str, str]] = {}
    official: set[int] = set()
    notices: dict[int, str] = {}
    for body in declared:
        if is_local(body):
            continue
        notices[int(body["year"])] = body.get("source") or ""
        if not body.get("provisional"):
            official.add(int(body["year"]))
        for day, title in _days_off(body):
            days[day] = DayKind.OFF
            names[day] = title
        for worked in body.get("working") or ():
            days[date.fromisoformat(worked)] = DayKind.WORKING
    return WorkingCalendar(days, official_years=official, names=names, notices=notices)


def is_local(body: Mapping[str, Any]) -> bool:
    """Whether a calendar stands for some divisions alone."""
    return bool(body.get("divisions"))


def stands_in(body: Mapping[str, Any], division: str) -> bool:
    """Whether a local calendar stands in a division: it names it, or one around it by the structure of their codes (GB/T 2260)."""
    return any(bool(division) and DivisionCode(division).is_within(code) for code in body["divisions"])


def local_days(declared: Iterable[Mapping[str, Any]], division: str) -> dict[date, LocalDay]:
    """The days of its own that a division has: those of every local calendar (stored bodies) that stands in it."""
    found: dict[date, LocalDay] = {}
    for body in declared:
        if not is_local(body) or not stands_in(body, division):
            continue
        for day, title in _days_off(body):
            found[day] = LocalDay(DayKind.OFF, title, body["source"])
        for worked in body["working"]:
            found[date.fromisoformat(worked)] = LocalDay(DayKind.WORKING, body["title"], body["source"])
    return found


def days_that_differ(old: Mapping[date, LocalDay], new: Mapping[date, LocalDay]) -> list[date]:
    """The days of which a place makes something else than before; another title or document moves no date."""

    def kind(days: Mapping[date, LocalDay], day: date) -> DayKind | None:
        return days[day].kind if day in days else None

    return sorted(day for day in old.keys() | new.keys() if kind(old, day) != kind(new, day))


def _days_off(body: Mapping[str, Any]) -> Iterable[tuple[date, str | Mapping[str, str]]]:
    for span in body.get("off") or ():
        first, last = date.fromisoformat(span["first"]), date.fromisoformat(span["last"])
        for n in range((last - first).days + 1):
            yield first + timedelta(days=n), span["title"]
