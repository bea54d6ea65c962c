"""When a limit ends, and why on that day. Plain Python: the calendar and what has happened go in, civil dates come out.

The day of the trigger is not counted (民法典 art. 201). A period in working days counts those alone (行政许可法 art. 82); one in
days counts every day, one in months ends on the corresponding day (民法典 art. 202), and both move from a day off to the next
working day (art. 203); one in hours runs without a break, one in service hours while the window is open. While a clock is paused
nothing is counted and what remains is kept: the day on which it is paused still counts, the day on which it goes on is again a
trigger and does not. So a pause that ends on the day on which it began changes nothing.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from yiwang.cases.values import ClockUnit
from yiwang.kernel.calendar import Text, WorkingCalendar
from yiwang.kernel.errors import msgid
from yiwang.kernel.opening import Hours, Opening, ServiceHours
from yiwang.kernel.time import CITY_ZONE, civil_date

__all__ = [
    "ClockDay",
    "Course",
    "End",
    "Extension",
    "Measure",
    "Pause",
    "explain",
    "promised_course",
    "reckon",
    "remaining",
]

FIRST_DAY = msgid("Civil Code, article 201")
MONTHS_END = msgid("Civil Code, article 202")
LAST_DAY = msgid("Civil Code, article 203")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a limit is.

    before: counted backwards, from the day of the event to the last day on which something may still be done.
    rolls: a last day that is a day off moves on to the next working day (backwards: to the one before). Not for hours.
    hours: in which service hours are counted; for a limit in these alone, which is not counted backwards.
    """

    length: int
    unit: ClockUnit
    before: bool = False
    rolls: bool = True
    hours: ServiceHours | None = None

    @property
    def in_hours(self) -> bool:
        """Whether it ends at an instant within a day."""
        return self.unit in (ClockUnit.HOURS, ClockUnit.SERVICE_HOURS)

    def opening(self, calendar: WorkingCalendar) -> Opening:
        """When the window is open whose hours are counted."""
        if self.hours is None:
            raise AssertionError("A limit in service hours is counted with the hours of somebody.")
        return Opening(self.hours, calendar)


@dataclass(frozen=True, slots=True)
class Pause:
    """A lawful stop.  ended: None while it lasts.  reason: id of the declared pause."""

    began: datetime
    ended: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Extension:
    """`length` more, in the unit of the limit, approved at `at`."""

    at: datetime
    length: int


@dataclass(frozen=True, slots=True)
class Course:
    """What has happened to one clock: aware instants, pauses in their order and apart from each other."""

    began: datetime
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def extended(self) -> int:
        """By how much in all."""
        return sum(one.length for one in self.extensions)

    def stood_still(self, day: date) -> Pause | None:
        """The pause because of which `day` is not counted."""
        for one in self.pauses:
            if civil_date(one.began) < day and (one.ended is None or day <= civil_date(one.ended)):
                return one
        return None


@dataclass(frozen=True, slots=True)
class End:
    """on: the last day.  at: the instant from which it is over.  provisional: a year on the way has no official calendar yet."""

    on: date
    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class ClockDay:
    """One line of the table.

    on, until: the first and last civil date that the line is about.  number: of the counted days; 0 when it does not count.
    code: trigger | counted | off | paused | rolled | span.  message: msgid, filled in with `name`, `amount` and `hours`.
    hours: from – until, of those of a window that were counted on the day.
    pause: id of the declared pause.  law: msgid of what the line rests on beyond the limit's own law.
    extended: the day is one of those that an extension gave.
    """

    on: date
    until: date
    number: int
    code: str
    message: str
    name: Text = ""
    amount: int = 0
    hours: Hours = ()
    pause: str = ""
    law: str = ""
    extended: bool = False
    provisional: bool = False


def reckon(measure: Measure, course: Course, calendar: WorkingCalendar) -> End | None:
    """When the limit ends; None while it is paused before its end: then nobody can know."""
    if measure.unit is ClockUnit.HOURS:
        return _end_of_hours(measure, course)
    if measure.unit is ClockUnit.SERVICE_HOURS:
        return _end_of_service_hours(measure, course, calendar)
    last: ClockDay | None = None
    for last in _days(measure, course, calendar):
        if last.until == date.max:
            return None
    if last is None:
        raise AssertionError("A course has its trigger.")
    provisional = _is_provisional(measure, course, last.until, calendar)
    return End(last.until, _midnight_after(last.until), provisional)


def promised_course(measure: Measure, course: Course, calendar: WorkingCalendar) -> Course:
    """The course as the promise `measure` sees it: an extension lengthens a promise, but does not mend one broken before it."""
    kept: list[Extension] = []
    for one in course.extensions:
        until_then = replace(
            course, pauses=tuple(pause for pause in course.pauses if pause.began <= one.at), extensions=tuple(kept)
        )
        end = reckon(measure, until_then, calendar)
        if end is None or one.at < end.at:
            kept.append(one)
    return replace(course, extensions=tuple(kept))


def remaining(measure: Measure, course: Course, calendar: WorkingCalendar, now: datetime) -> int:
    """How much is left at `now`, in the unit of the limit (days for months); negative when it is over; what is kept, when paused.

    Counted as the limit counts: working days for working days, else calendar days, full hours for hours, and those in which it is open for
    service hours.
    """
    stop = course.pauses[-1] if course.pauses and course.pauses[-1].ended is None else None
    at = now
    if stop is not None:
        at = min(now, stop.began)
        course = replace(course, pauses=course.pauses[:-1])
    end = reckon(measure, course, calendar)
    if end is None:
        raise AssertionError("Only the last pause may be open.")
    if measure.unit is ClockUnit.HOURS:
        return int((end.at - at).total_seconds() // 3600)
    if measure.unit is ClockUnit.SERVICE_HOURS:
        left = measure.opening(calendar).between(at, end.at)
        return int(left // HOUR) if at < end.at else -1 - int(-left // HOUR)
    if measure.unit is ClockUnit.WORKING_DAYS:
        return calendar.working_days_between(civil_date(at), end.on)
    return (end.on - civil_date(at)).days


def explain(measure: Measure, course: Course, calendar: WorkingCalendar, until: date) -> list[ClockDay]:
    """Every day from the trigger to the end with why it counts or not; what stood still is one line a pause.

    until: where the table stops while the clock is paused, usually today.
    """
    if measure.unit is ClockUnit.HOURS:
        return _hours(measure, course, until)
    if measure.unit is ClockUnit.SERVICE_HOURS:
        return _service_hours(measure, course, calendar, until)
    rows: list[ClockDay] = []
    for row in _days(measure, course, calendar):
        rows.append(replace(row, until=max(row.on, until)) if row.until == date.max else row)
    return rows


# ── Days ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _days(measure: Measure, course: Course, calendar: WorkingCalendar) -> Iterator[ClockDay]:
    """The table: the trigger, what was counted and what was not, how the last day moved. An open pause ends it, at date.max."""
    trigger = civil_date(course.began)
    first = (
        msgid("The day of the event is not counted; it is counted backwards from it")
        if measure.before
        else msgid("The day on which the period is triggered is not counted")
    )
    yield ClockDay(trigger, trigger, 0, "trigger", first, law=FIRST_DAY)
    last = trigger
    rows = (
        _months(measure, course, trigger) if measure.unit is ClockUnit.MONTHS else _counted(measure, course, calendar)
    )
    for row in rows:
        yield row
        last = row.until
    may_roll = measure.rolls and measure.unit is not ClockUnit.WORKING_DAYS
    if may_roll and last != date.max and measure.length + course.extended:
        yield from _roll(measure, course, calendar, last)


def _counted(measure: Measure, course: Course, calendar: WorkingCalendar) -> Iterator[ClockDay]:
    total, number = measure.length + course.extended, 0
    step = timedelta(days=-1 if measure.before else 1)
    day = civil_date(course.began)
    while number < total:
        day += step
        if (stop := course.stood_still(day)) is not None:
            day = civil_date(stop.ended) if stop.ended is not None else date.max
            yield _still(stop, day)
            if day == date.max:
                return
            continue
        works, reason, name = calendar.judge(day)
        counts = works or measure.unit is ClockUnit.DAYS
        number += counts
        yield ClockDay(
            on=day,
            until=day,
            number=number if counts else 0,
            code="counted" if counts else "off",
            message=reason,
            name=name,
            extended=counts and number > measure.length,
            provisional=calendar.is_provisional(day.year) and measure.unit is ClockUnit.WORKING_DAYS,
        )


def _still(stop: Pause, last: date) -> ClockDay:
    first = civil_date(stop.began) + timedelta(days=1)
    return ClockDay(first, last, 0, "paused", msgid("The clock stood still: {name}"), pause=stop.reason)


def _months(measure: Measure, course: Course, trigger: date) -> Iterator[ClockDay]:
    """The corresponding day, and how far the days that stood still move it on."""
    total = measure.length + course.extended
    last = _add_months(trigger, -total if measure.before else total)
    for stop in course.pauses:
        if civil_date(stop.began) >= last:
            break
        if stop.ended is None:
            yield _still(stop, date.max)
            return
        still = (civil_date(stop.ended) - civil_date(stop.began)).days
        last += timedelta(days=still)
        if still:
            yield _still(stop, civil_date(stop.ended))
    if total:
        yield ClockDay(
            on=last,
            until=last,
            number=total,
            code="span",
            message=msgid("{amount} months are over on the corresponding day, moved on by the days that stood still"),
            amount=total,
            law=MONTHS_END,
            extended=course.extended > 0,
        )


def _roll(measure: Measure, course: Course, calendar: WorkingCalendar, last: date) -> Iterator[ClockDay]:
    step = timedelta(days=-1 if measure.before else 1)
    moved = (
        msgid("The last day is a day off, so it moves back to the working day before")
        if measure.before
        else msgid("The last day is a day off, so it moves on to the next working day")
    )
    while not calendar.is_working(last):
        last += step
        if (stop := course.stood_still(last)) is not None:
            last = civil_date(stop.ended) if stop.ended is not None else date.max
            yield _still(stop, last)
            if last == date.max:
                return
            last += step
        provisional = calendar.is_provisional(last.year)
        yield ClockDay(last, last, 0, "rolled", moved, law=LAST_DAY, provisional=provisional)


def _is_provisional(measure: Measure, course: Course, last: date, calendar: WorkingCalendar) -> bool:
    trigger = civil_date(course.began)
    if measure.unit in (ClockUnit.WORKING_DAYS, ClockUnit.SERVICE_HOURS):
        first, last = min(trigger, last), max(trigger, last)
        return any(calendar.is_provisional(year) for year in range(first.year, last.year + 1))
    return measure.rolls and calendar.is_provisional(last.year)


def _add_months(day: date, count: int) -> date:
    """The corresponding day `count` months later, or that month's last. Source: 民法典 art. 202."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), CITY_ZONE).astimezone(UTC)


# ── Hours ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _end_of_hours(measure: Measure, course: Course) -> End | None:
    hours = timedelta(hours=measure.length + course.extended)
    end = course.began - hours if measure.before else course.began + hours
    for stop in course.pauses:
        if stop.began >= end:
            break
        if stop.ended is None:
            return None
        end += stop.ended - stop.began
    return End(civil_date(end), end, False)


def _hours(measure: Measure, course: Course, until: date) -> list[ClockDay]:
    trigger = civil_date(course.began)
    rows = [ClockDay(trigger, trigger, 0, "trigger", msgid("Hours run from the moment of the event, day and night"))]
    end = _end_of_hours(measure, course)
    for stop in course.pauses:
        if end is None or stop.began < end.at:
            last = civil_date(stop.ended) if stop.ended is not None else max(until, civil_date(stop.began))
            row = _still(stop, last)
            rows.append(replace(row, on=civil_date(stop.began)))
    if end is not None:
        total = measure.length + course.extended
        rows.append(
            ClockDay(
                on=end.on,
                until=end.on,
                number=total,
                code="span",
                message=msgid("{amount} hours are over, not counting those that stood still"),
                amount=total,
                extended=course.extended > 0,
            )
        )
    return rows


# ── Service hours ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _stretches(course: Course) -> Iterator[tuple[datetime, datetime | None, Pause | None]]:
    """From – until the clock runs, with the pause that follows; None until the end, and None when nothing stops it any more."""
    begins = course.began
    for stop in course.pauses:
        yield begins, stop.began, stop
        if stop.ended is None:
            return
        begins = stop.ended
    yield begins, None, None


def _end_of_service_hours(measure: Measure, course: Course, calendar: WorkingCalendar) -> End | None:
    opening = measure.opening(calendar)
    left = HOUR * (measure.length + course.extended)
    for begins, ends, _stop in _stretches(course):
        if ends is None or left <= opening.between(begins, ends):
            at = opening.add(begins, left)
            on = civil_date(at)
            return End(on, at, _is_provisional(measure, course, on, calendar))
        left -= opening.between(begins, ends)
    return None


def _service_hours(measure: Measure, course: Course, calendar: WorkingCalendar, until: date) -> list[ClockDay]:
    """A line for every day: from – until it was open and counted, or why it was not."""
    opening = measure.opening(calendar)
    trigger = civil_date(course.began)
    first = msgid("Only hours are counted in which the window is open, from the moment of the event")
    rows = [ClockDay(trigger, trigger, 0, "trigger", first)]
    end = reckon(measure, course, calendar)
    total, counted = measure.length + course.extended, timedelta()
    for begins, ends, stop in _stretches(course):
        is_last = end is not None and (ends is None or end.at <= ends)
        until_then = end.at if end is not None and is_last else ends
        if until_then is None:
            raise AssertionError("A stretch ends with a pause, or with the limit.")
        for day in _days_from(civil_date(begins), civil_date(until_then)):
            spans = _within(opening, day, begins, until_then)
            counted += sum((one[1] - one[0] for one in spans), timedelta())
            is_closed = day != civil_date(begins) and not opening.hours(day)
            if spans or is_closed:  # of any other day another line tells
                rows.append(_service_day(calendar, day, spans, -(-counted // HOUR), measure.length))
        if is_last:
            break
        if stop is not None:
            last = civil_date(stop.ended) if stop.ended is not None else max(until, civil_date(stop.began))
            rows.append(replace(_still(stop, last), on=civil_date(stop.began)))
    if end is not None:
        rows.append(
            ClockDay(
                on=end.on,
                until=end.on,
                number=total,
                code="span",
                message=msgid("{amount} service hours are over at {name}"),
                name=f"{end.at.astimezone(CITY_ZONE):%H:%M}",
                amount=total,
                extended=course.extended > 0,
            )
        )
    return rows


def _service_day(
    calendar: WorkingCalendar,
    day: date,
    spans: list[tuple[datetime, datetime]],
    number: int,
    length: int,
) -> ClockDay:
    works, reason, name = calendar.judge(day)
    if spans:
        hours = tuple((a.astimezone(CITY_ZONE).time(), b.astimezone(CITY_ZONE).time()) for a, b in spans)
        message = msgid("Counted while the window was open: {hours}")
        code, name = "counted", ""
    else:
        hours, number, code = (), 0, "off"
        message = reason
        if works:
            message, name = msgid("The window is closed on this day"), ""
    return ClockDay(
        on=day,
        until=day,
        number=number,
        code=code,
        message=message,
        name=name,
        hours=hours,
        extended=number > length,
        provisional=calendar.is_provisional(day.year),
    )


def _within(opening: Opening, day: date, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
    spans = ((max(first, begins), min(last, ends)) for begins, ends in opening.spans(day))
    return [(begins, ends) for begins, ends in spans if begins < ends]


def _days_from(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)
