"""When limits end and why: the vectors of 2026, and what holds for every limit, pause, extension and calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yiwang.cases.rules.clocks import (
    Course,
    Extension,
    Measure,
    Pause,
    explain,
    promised_course,
    reckon,
    remaining,
)
from yiwang.cases.values import ClockUnit
from yiwang.kernel.calendar import DayKind, WorkingCalendar
from yiwang.kernel.time import civil_date

CITY = WorkingCalendar()
WORKING, DAYS, HOURS, MONTHS = ClockUnit.WORKING_DAYS, ClockUnit.DAYS, ClockUnit.HOURS, ClockUnit.MONTHS


def at(day: str | date, hour: int = 10) -> datetime:
    """An hour of a civil date, as the city's clocks show it."""
    chosen = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(chosen.year, chosen.month, chosen.day, hour, tzinfo=UTC) - timedelta(hours=8)


def last_day(measure: Measure, course: Course, calendar: WorkingCalendar = CITY) -> date:
    end = reckon(measure, course, calendar)
    assert end is not None
    return end.on


def working(count: int) -> Measure:
    return Measure(count, WORKING)


# ── Vectors ──


@pytest.mark.parametrize(
    ("trigger", "days", "end"),
    [
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-02-10", 20, "2026-03-16"),
        ("2026-04-28", 10, "2026-05-14"),
        ("2026-09-18", 20, "2026-10-22"),
        ("2026-09-24", 10, "2026-10-15"),
        ("2026-01-01", 1, "2026-01-04"),  # a Sunday that is worked
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday that is worked
        ("2026-11-27", 2, "2026-12-01"),  # over the end of a month
        ("2026-11-20", 0, "2026-11-20"),  # at once
    ],
)
def test_working_days_of_2026(trigger: str, days: int, end: str) -> None:
    found = reckon(working(days), Course(at(trigger)), CITY)
    assert found is not None
    assert (found.on, found.provisional) == (date.fromisoformat(end), False)


def test_over_the_end_of_the_year_into_a_year_without_a_calendar_the_day_is_provisional() -> None:
    found = reckon(working(5), Course(at("2026-12-28")), CITY)
    assert found is not None
    assert (found.on, found.provisional) == (date(2027, 1, 5), True)
    rows = explain(working(5), Course(at("2026-12-28")), CITY, date(2026, 12, 28))
    assert [row.provisional for row in rows] == [False] * 4 + [True] * 5


@pytest.mark.parametrize(
    ("trigger", "days", "end"),
    [
        ("2026-11-01", 30, "2026-12-01"),
        ("2026-11-06", 15, "2026-11-23"),  # ends on a Saturday
        ("2026-09-16", 15, "2026-10-08"),  # ends on 1 October
        ("2026-10-05", 5, "2026-10-10"),  # ends on a Saturday that is worked
    ],
)
def test_calendar_days_move_on_from_a_day_off(trigger: str, days: int, end: str) -> None:
    assert last_day(Measure(days, DAYS), Course(at(trigger))) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("trigger", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),  # no corresponding day; a Saturday that is worked
        ("2026-01-31", 3, "2026-04-30"),
        ("2026-07-01", 3, "2026-10-08"),  # 1 October
        ("2024-02-29", 12, "2025-02-28"),
        ("2027-11-29", 3, "2028-02-29"),  # on the corresponding day, which only leap years have
        ("2027-11-30", 3, "2028-02-29"),  # on the last of February, for want of a thirtieth
        ("2026-11-30", 3, "2027-03-01"),  # 28 February is a Sunday
        ("2024-02-29", 48, "2028-02-29"),  # four years
        ("2028-02-29", 12, "2029-02-28"),
    ],
)
def test_months_end_on_the_corresponding_day(trigger: str, months: int, end: str) -> None:
    assert last_day(Measure(months, MONTHS), Course(at(trigger))) == date.fromisoformat(end)


def test_the_leap_day_is_a_day_like_every_other() -> None:
    assert last_day(working(1), Course(at("2028-02-28"))) == date(2028, 2, 29)
    assert last_day(working(1), Course(at("2028-02-29"))) == date(2028, 3, 1)
    assert last_day(Measure(366, DAYS, rolls=False), Course(at("2028-02-29"))) == date(2029, 3, 1)
    still = (Pause(at("2028-02-28"), at("2028-02-29"), "hearing"),)
    assert last_day(working(1), Course(at("2028-02-25"), still)) == date(2028, 2, 28)
    assert last_day(working(2), Course(at("2028-02-25"), still)) == date(2028, 3, 1)
    assert last_day(Measure(24, HOURS), Course(at("2028-02-28", 23))) == date(2028, 2, 29)


def test_a_bar_does_not_last_longer_because_its_last_day_is_a_day_off() -> None:
    assert last_day(Measure(12, MONTHS, rolls=False), Course(at("2025-10-01"))) == date(2026, 10, 1)


def test_hours_run_day_and_night() -> None:
    found = reckon(Measure(2, HOURS), Course(at("2026-10-01", 23)), CITY)
    assert found is not None
    assert (found.on, found.at) == (date(2026, 10, 2), at("2026-10-01", 23) + timedelta(hours=2))


def test_a_notice_before_an_event_is_counted_backwards() -> None:
    before = Measure(7, WORKING, before=True)
    assert last_day(before, Course(at("2026-10-12"))) == date(2026, 9, 24)  # 10 Oct is worked; 25–27 Sep is a holiday
    assert last_day(Measure(10, DAYS, before=True), Course(at("2026-11-24"))) == date(
        2026, 11, 13
    )  # 14 Nov: a Saturday


def test_a_day_is_over_at_midnight_of_the_city() -> None:
    found = reckon(working(1), Course(at("2026-11-19")), CITY)
    assert found is not None
    assert found.at == datetime(2026, 11, 20, 16, tzinfo=UTC)


def test_the_day_of_the_trigger_is_the_citys_day() -> None:
    assert last_day(working(1), Course(datetime(2026, 11, 18, 17, tzinfo=UTC))) == date(
        2026, 11, 20
    )  # 01:00 on the 19th


# ── Pauses and extensions ──


def test_a_pause_keeps_what_remains() -> None:
    course = Course(at("2026-03-02"), (Pause(at("2026-03-05"), None, "expert-review"),))
    assert reckon(working(20), course, CITY) is None
    assert remaining(working(20), course, CITY, at("2026-05-20")) == 17
    resumed = replace(course, pauses=(replace(course.pauses[0], ended=at("2026-04-07")),))
    assert last_day(working(20), resumed) == last_day(working(17), Course(at("2026-04-07")))


def test_what_stood_still_is_one_line_with_its_reason() -> None:
    course = Course(at("2026-03-02"), (Pause(at("2026-03-03"), at("2026-03-10"), "expert-review"),))
    rows = explain(working(2), course, CITY, date(2026, 3, 31))
    assert [(row.on, row.until, row.code, row.number, row.pause) for row in rows] == [
        (date(2026, 3, 2), date(2026, 3, 2), "trigger", 0, ""),
        (date(2026, 3, 3), date(2026, 3, 3), "counted", 1, ""),
        (date(2026, 3, 4), date(2026, 3, 10), "paused", 0, "expert-review"),
        (date(2026, 3, 11), date(2026, 3, 11), "counted", 2, ""),
    ]


def test_while_it_stands_still_the_table_ends_today() -> None:
    course = Course(at("2026-03-02"), (Pause(at("2026-03-03"), None, "hearing"),))
    rows = explain(working(20), course, CITY, date(2026, 3, 31))
    assert (rows[-1].code, rows[-1].on, rows[-1].until) == ("paused", date(2026, 3, 4), date(2026, 3, 31))


def test_a_pause_after_the_end_changes_nothing() -> None:
    late = Course(at("2026-03-02"), (Pause(at("2026-03-20"), None, "hearing"),))
    assert last_day(working(5), late) == last_day(working(5), Course(at("2026-03-02")))


def test_the_days_of_an_extension_say_so() -> None:
    course = Course(at("2026-03-02"), extensions=(Extension(at("2026-03-03"), 2),))
    rows = explain(working(1), course, CITY, date(2026, 3, 31))
    assert [(row.number, row.extended) for row in rows if row.number] == [(1, False), (2, True), (3, True)]


def test_an_extension_lengthens_a_promise_that_still_stands_and_mends_none_that_was_broken() -> None:
    promise = working(5)  # until 9 March
    for day, end in (("2026-03-09", date(2026, 3, 11)), ("2026-03-10", date(2026, 3, 9))):
        course = Course(at("2026-03-02"), extensions=(Extension(at(day), 2),))
        assert last_day(promise, promised_course(promise, course, CITY)) == end


def test_hours_and_months_stand_still_too() -> None:
    still = (Pause(at("2026-03-02", 11), at("2026-03-04", 11), "appraisal"),)
    hours = reckon(Measure(3, HOURS), Course(at("2026-03-02", 10), still), CITY)
    assert hours is not None
    assert hours.at == at("2026-03-04", 13)
    assert last_day(Measure(1, MONTHS), Course(at("2026-03-02"), still)) == date(2026, 4, 7)  # 4–6 April is a holiday
    codes = [row.code for row in explain(Measure(1, MONTHS), Course(at("2026-03-02"), still), CITY, date(2026, 5, 1))]
    assert codes == ["trigger", "paused", "span", "rolled", "rolled", "rolled"]


# ── A holiday announced late ──


def test_a_holiday_that_is_announced_late_moves_the_day() -> None:
    typhoon = WorkingCalendar({date(2026, 11, 25): DayKind.OFF, date(2026, 11, 28): DayKind.WORKING})
    course = Course(at("2026-11-20"))
    assert last_day(working(5), course) == date(2026, 11, 27)
    assert last_day(working(5), course, typhoon) == date(2026, 11, 28)


# ── Properties ──

moments = st.integers(0, 24 * 365 * 24).map(lambda hours: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
units = st.sampled_from([WORKING, DAYS, MONTHS, HOURS])


@st.composite
def measure_of(draw: st.DrawFn, unit: st.SearchStrategy[ClockUnit] = units) -> Measure:
    return Measure(draw(st.integers(0, 60)), draw(unit), rolls=draw(st.booleans()))


@st.composite
def some_course(draw: st.DrawFn, *, longest: int = 40) -> Course:
    """A trigger, up to three pauses that have ended, at most one extension."""
    began = draw(moments)
    when, pauses = began, []
    for _ in range(draw(st.integers(0, 3))):
        start = when + timedelta(hours=draw(st.integers(0, 24 * longest)))
        when = start + timedelta(hours=draw(st.integers(0, 24 * longest)))
        pauses.append(Pause(start, when, "hearing"))
    extensions = draw(st.lists(st.builds(Extension, st.just(began), st.integers(1, 20)), max_size=1))
    return Course(began, tuple(pauses), tuple(extensions))


@given(measure_of(), some_course())
def test_the_table_ends_on_the_day_that_was_reckoned(measure: Measure, course: Course) -> None:
    end = reckon(measure, course, CITY)
    assert end is not None
    rows = explain(measure, course, CITY, date(2040, 1, 1))
    assert rows[-1].until == end.on
    assert civil_date(end.at - timedelta(seconds=1)) <= end.on
    assert end.on >= civil_date(course.began)


@given(measure_of(st.sampled_from([WORKING, DAYS])), some_course())
def test_the_table_leaves_no_day_out_and_tells_none_twice(measure: Measure, course: Course) -> None:
    rows = explain(measure, course, CITY, date(2040, 1, 1))
    for one, following in zip(rows, rows[1:], strict=False):
        assert following.on == one.until + timedelta(days=1)
    numbers = [row.number for row in rows if row.number]
    assert numbers == list(range(1, measure.length + course.extended + 1))


@given(measure_of(), some_course(), st.integers(0, 2000))
def test_whenever_it_is_paused_what_remains_is_kept(measure: Measure, course: Course, after: int) -> None:
    end = reckon(measure, course, CITY)
    assert end is not None
    stop = (course.pauses[-1].ended if course.pauses else course.began) or course.began
    stop += (
        timedelta(hours=after % max(1, int((end.at - stop).total_seconds() // 3600))) if stop < end.at else timedelta()
    )
    assume(stop < end.at and (measure.unit is HOURS or civil_date(stop) < end.on))
    left = remaining(measure, course, CITY, stop)
    paused = replace(course, pauses=(*course.pauses, Pause(stop, None, "hearing")))
    assert remaining(measure, paused, CITY, stop + timedelta(days=400)) == left
    on = stop + timedelta(days=77, hours=3)
    resumed = replace(course, pauses=(*course.pauses, Pause(stop, on, "hearing")))
    later = reckon(measure, resumed, CITY)
    assert later is not None
    if measure.unit is WORKING:
        assert CITY.working_days_between(civil_date(on), later.on) == left
    elif measure.unit is HOURS:
        assert later.at - on == end.at - stop
    elif not measure.rolls:
        assert (later.on - civil_date(on)).days == left


@given(measure_of(st.sampled_from([WORKING, DAYS, MONTHS])), some_course(), st.integers(0, 2000))
def test_a_pause_that_ends_on_its_day_changes_nothing(measure: Measure, course: Course, after: int) -> None:
    stop = ((course.pauses[-1].ended if course.pauses else None) or course.began) + timedelta(hours=after)
    day = civil_date(stop)
    same_day = replace(course, pauses=(*course.pauses, Pause(at(day, 9), at(day, 17), "hearing")))
    assume(not course.pauses or at(day, 9) >= (course.pauses[-1].ended or course.began))
    assert reckon(measure, same_day, CITY) == reckon(measure, course, CITY)


@given(measure_of(), some_course(), st.integers(1, 30))
def test_longer_never_ends_earlier(measure: Measure, course: Course, more: int) -> None:
    shorter, longer = (
        reckon(measure, course, CITY),
        reckon(replace(measure, length=measure.length + more), course, CITY),
    )
    assert shorter is not None
    assert longer is not None
    assert longer.at >= shorter.at


@given(measure_of(st.sampled_from([WORKING])), some_course(), st.integers(1, 20))
def test_an_extension_is_as_good_as_a_longer_limit(measure: Measure, course: Course, more: int) -> None:
    extended = replace(course, extensions=(Extension(course.began, more),))
    as_long = replace(measure, length=measure.length + more)
    assert reckon(measure, extended, CITY) == reckon(as_long, replace(course, extensions=()), CITY)


@given(measure_of(st.sampled_from([DAYS, MONTHS])), some_course())
def test_a_limit_that_rolls_ends_on_a_working_day(measure: Measure, course: Course) -> None:
    assume(measure.rolls and measure.length + course.extended)
    assert CITY.is_working(last_day(measure, course))


@given(measure_of(st.sampled_from([WORKING])), some_course(), st.sets(st.integers(1, 120), max_size=10))
def test_more_holidays_never_end_a_limit_earlier(measure: Measure, course: Course, offs: set[int]) -> None:
    began = civil_date(course.began)
    more = WorkingCalendar({began + timedelta(days=n): DayKind.OFF for n in offs})
    assert last_day(measure, course, more) >= last_day(measure, course)


@given(st.integers(0, 20), st.integers(0, 40), some_course())
def test_a_promise_never_ends_after_the_law(promise: int, more: int, course: Course) -> None:
    legal, promised = working(promise + more), working(promise)
    assert last_day(promised, promised_course(promised, course, CITY)) <= last_day(legal, course)


@given(measure_of(), some_course(), moments)
def test_nothing_is_left_exactly_when_it_is_over(measure: Measure, course: Course, now: datetime) -> None:
    end = reckon(measure, course, CITY)
    assert end is not None
    assume(abs((end.at - now).days) < 600)
    left = remaining(measure, course, CITY, now)
    if measure.unit is HOURS:
        assert (left < 0) == (now > end.at)
    elif CITY.is_working(civil_date(now)):
        assert (left < 0) == (now >= end.at)
