"""Service hours 服务时间: when a window is open, and how far so many open hours reach.

A week of hours holds from a civil date on, until the next one does: summer hours are a week with a date, and so are the winter hours after
them. A holiday closes; a Saturday or Sunday like any other has the hours that the week gives it, mostly none; one that is worked 调休上班
has hours of its own, or those of Monday. The zone of the city has no summer time, so an hour on the wall is an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.time import CITY_ZONE, civil_date

__all__ = ["LEAST_HOURS", "WEEKDAYS", "Hours", "Opening", "ServiceHours", "Week", "is_a_service", "read_hours"]

Hours = tuple[tuple[time, time], ...]
"""Open from – until on one day, in their order and apart from each other: a break at noon lies between two of them."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MOST_DAYS = 3_660
"""Nobody looks further than ten years for an open window; further is a mistake in the asking."""

LEAST_HOURS = timedelta(hours=5)
"""A week of five working days that is open for less is no service; and a count of hours would not end in years."""

_NONE = timedelta()


def read_hours(spans: object) -> Hours:
    """Read `["08:30-12:00", "14:30-17:30"]`. Raises ValueError, with a sentence that says which is wrong."""
    found: list[tuple[time, time]] = []
    for one in spans if isinstance(spans, list | tuple) else [spans]:
        first, dash, last = str(one).partition("-")
        if not dash or not (len(first) == len(last) == 5 and first[2] == last[2] == ":"):
            raise ValueError(f"`{one}` is no span such as `08:30-12:00`")
        begins, ends = time.fromisoformat(first), time.fromisoformat(last)
        if not begins < ends:
            raise ValueError(f"`{one}` ends before it begins")
        if found and begins <= found[-1][1]:
            raise ValueError(f"`{one}` begins before `{found[-1][1]:%H:%M}`, when the span before it ends")
        found.append((begins, ends))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Week:
    """Hours from Monday to Sunday.

    worked_weekend: on a Saturday or Sunday that is worked in exchange for a holiday; None: as on Monday.
    """

    days: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    worked_weekend: Hours | None = None


class ServiceHours:
    """The hours of a window. Immutable.  weeks: civil date → the week that holds from then on; what came before the first is like it."""

    def __init__(self, weeks: Mapping[date, Week]) -> None:
        if not weeks:
            raise ValueError("Service hours have one week at least.")
        self._weeks = sorted(weeks.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServiceHours) and self._weeks == other._weeks

    def __hash__(self) -> int:
        return hash(tuple(self._weeks))

    @property
    def weeks(self) -> tuple[tuple[date, Week], ...]:
        """Every week with the civil date from which it holds, the earliest first."""
        return tuple(self._weeks)

    def week(self, day: date) -> Week:
        """The week that holds on `day`."""
        held = [week for since, week in self._weeks if since <= day]
        return held[-1] if held else self._weeks[0][1]

    def changes_on(self, other: ServiceHours) -> date | None:
        """The first civil date from which `other` has another week; None when both are the same, date.min when they always differ."""
        if self.week(date.min) != other.week(date.min):
            return date.min
        days = sorted({since for since, _week in (*self._weeks, *other._weeks)})
        return next((day for day in days if self.week(day) != other.week(day)), None)


def is_a_service(week: Week) -> bool:
    """Whether five working days of the week are open for five hours at least."""
    long = sum((_length(hours) for hours in week.days[:5]), _NONE)
    return long >= LEAST_HOURS


def _length(hours: Hours) -> timedelta:
    return sum((_from_midnight(last) - _from_midnight(first) for first, last in hours), _NONE)


def _from_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


class Opening:
    """When a window with these hours is open by a calendar. Instants are aware."""

    def __init__(self, hours: ServiceHours, calendar: WorkingCalendar) -> None:
        self._hours = hours
        self._calendar = calendar

    def hours(self, day: date) -> Hours:
        """From – until on `day`; empty when it is closed."""
        if self._calendar.is_holiday(day):
            return ()
        week = self._hours.week(day)
        if day.weekday() >= 5 and self._calendar.is_working(day):
            return week.days[0] if week.worked_weekend is None else week.worked_weekend
        return week.days[day.weekday()]

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at this instant; at its last instant it is closed."""
        return any(first <= at < last for first, last in self.spans(civil_date(at)))

    def opens(self, at: datetime) -> datetime:
        """The first instant from `at` on at which it is open. Raises ValueError beyond ten years."""
        for first, last in self._from(at):
            if at < last:
                return max(at, first)
        raise ValueError("The window does not open within ten years.")

    def closes(self, at: datetime) -> datetime:
        """When it closes that is open at `at`, or that opens next after it. Raises ValueError beyond ten years."""
        return next(last for _first, last in self._from(self.opens(at)) if at < last)

    def add(self, at: datetime, length: timedelta) -> datetime:
        """The first instant at which it has been open for `length` since `at`; `at` itself for nothing. Raises ValueError beyond ten years.

        So what ends with the day ends when the window closes, not when it opens again.
        """
        if length <= _NONE:
            return at
        for first, last in self._from(at):
            begins = max(at, first)
            if begins < last:
                if length <= last - begins:
                    return begins + length
                length -= last - begins
        raise ValueError("The hours do not end within ten years.")

    def between(self, first: datetime, second: datetime) -> timedelta:
        """For how long it is open between two instants; negative when the second is the earlier one. Raises ValueError beyond ten years."""
        if second < first:
            return -self.between(second, first)
        if (second - first).days > MOST_DAYS:
            raise ValueError("The instants lie more than ten years apart.")
        spans = (
            (max(first, begins), min(second, ends))
            for ordinal in range(civil_date(first).toordinal(), civil_date(second).toordinal() + 1)
            for begins, ends in self.spans(date.fromordinal(ordinal))
        )
        return sum((ends - begins for begins, ends in spans if begins < ends), _NONE)

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = civil_date(at)
        for n in range(MOST_DAYS):
            yield from self.spans(day + timedelta(days=n))

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The same as instants."""
        return [(_instant(day, first), _instant(day, last)) for first, last in self.hours(day)]


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, CITY_ZONE).astimezone(UTC)
