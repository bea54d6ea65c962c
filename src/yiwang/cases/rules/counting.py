"""The units that a clock counts, each by the instant at which it begins: what a follower of the clock looks its moments up in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from yiwang.cases.rules.clocks import Course, End, Measure, explain, reckon
from yiwang.cases.values import ClockUnit
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.time import CITY_ZONE, civil_date

__all__ = ["unit_after", "units_counted"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def units_counted(measure: Measure, course: Course, calendar: WorkingCalendar, end: End) -> tuple[datetime, ...]:
    """The beginning of every unit that counts, up to the one in which the limit ends at `end`.

    Days begin at midnight of the city. A limit in months has the days on its way, a limit that moved on to a working day ends there.
    """
    match measure.unit:
        case ClockUnit.HOURS:
            return tuple(_hours(measure, course))
        case ClockUnit.SERVICE_HOURS:
            return tuple(_service_hours(measure, course, calendar))
        case ClockUnit.MONTHS:
            first = civil_date(course.began) + DAY
            days = [first + n * DAY for n in range((end.on - first).days + 1)]
            counted = [day for day in days if course.stood_still(day) is None]
        case _:
            rows = explain(measure, course, calendar, end.on)
            counted = [row.on for row in rows if row.code == "counted"]
    if counted and counted[-1] != end.on:
        counted[-1] = end.on
    return tuple(_midnight(day) for day in counted)


def unit_after(measure: Measure, end: End, calendar: WorkingCalendar, number: int) -> datetime:
    """The beginning of the unit `number` (from 1) after the end."""
    if measure.unit is ClockUnit.HOURS:
        return end.at + (number - 1) * HOUR
    if measure.unit is ClockUnit.SERVICE_HOURS:
        opening = measure.opening(calendar)
        return opening.opens(opening.add(end.at, (number - 1) * HOUR))
    if measure.unit is ClockUnit.WORKING_DAYS:
        return _midnight(calendar.add_working_days(end.on, number).date)
    return _midnight(end.on + number * DAY)


def _hours(measure: Measure, course: Course) -> Iterator[datetime]:
    begins = course.began
    pauses = list(course.pauses)
    for _ in range(measure.length + course.extended):
        yield begins
        begins += HOUR
        while pauses and pauses[0].began < begins:
            stop = pauses.pop(0)
            if stop.ended is None:
                return
            begins += stop.ended - stop.began


def _service_hours(measure: Measure, course: Course, calendar: WorkingCalendar) -> Iterator[datetime]:
    opening = measure.opening(calendar)
    for number in range(measure.length + course.extended):
        at = reckon(replace(measure, length=number), replace(course, extensions=()), calendar)
        if at is None:
            return
        yield opening.opens(at.at)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE).astimezone(UTC)
