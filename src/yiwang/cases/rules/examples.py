"""Examples of a limit that were reckoned by hand, reckoned again. Plain Python: the calendar goes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from yiwang.cases.rules.clocks import Course, Extension, Measure, Pause, reckon
from yiwang.cases.values import ClockUnit
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.time import CITY_ZONE

__all__ = ["Allowed", "Example", "Mistake", "mistake_in"]

MIDDAY = "10:00"
"""The time of what has a day alone: within office hours, where no hour decides about the day."""


@dataclass(frozen=True, slots=True)
class Example:
    """A course that somebody reckoned by hand.

    begins: the day of the trigger; at: its time, for a limit in hours.  paused: from the civil date on which it stood still to the one on
    which it went on.  extended: by how much in all, in the limit's unit.  ends: the last day; ends_at: the instant at which it is over,
    for a limit in hours.
    """

    begins: date
    ends: date
    at: str = ""
    ends_at: str = ""
    paused: tuple[tuple[date, date], ...] = ()
    extended: int = 0


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a limit allows.  extension: by how much in all, in its unit.  pauses: whether it may stand still."""

    measure: Measure
    extension: int
    pauses: bool


class Mistake(StrEnum):
    """What is wrong with an example."""

    TIMES = "times"
    PAUSES_IN_DISORDER = "pauses-in-disorder"
    NOT_ALLOWED = "not-allowed"
    YEAR_NOT_KNOWN = "year-not-known"
    ANOTHER_END = "another-end"


def mistake_in(example: Example, allowed: Allowed, calendar: WorkingCalendar) -> tuple[Mistake, str] | None:
    """The first mistake of an example, and, for another end, when the limit ends as it was declared; None when there is none."""
    in_hours = allowed.measure.unit is ClockUnit.HOURS
    if in_hours != bool(example.at) or in_hours != bool(example.ends_at):
        return Mistake.TIMES, ""
    if any(not example.begins <= began <= ended for began, ended in example.paused):
        return Mistake.PAUSES_IN_DISORDER, ""
    if example.extended > allowed.extension or (example.paused and not allowed.pauses):
        return Mistake.NOT_ALLOWED, ""
    began = _instant(example.begins, example.at or MIDDAY)
    pauses = tuple(Pause(_instant(first, MIDDAY), _instant(last, MIDDAY), "") for first, last in example.paused)
    more = (Extension(began, example.extended),) if example.extended else ()
    end = reckon(allowed.measure, Course(began, pauses, more), calendar)
    if end is None:
        raise AssertionError("Every pause of an example has an end.")
    if end.provisional:
        return Mistake.YEAR_NOT_KNOWN, ""
    found = f"{end.at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}" if in_hours else end.on.isoformat()
    return None if found == f"{example.ends} {example.ends_at}".strip() else (Mistake.ANOTHER_END, found)


def _instant(day: date, at: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), CITY_ZONE).astimezone(UTC)
