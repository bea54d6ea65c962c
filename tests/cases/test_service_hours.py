"""Limits in service hours: when they end, how the table tells it, and what holds for every pause and extension."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.cases.rules.clocks import Course, Extension, Measure, Pause, explain, promised_course, reckon, remaining
from yiwang.cases.rules.counting import unit_after, units_counted
from yiwang.cases.values import ClockUnit
from yiwang.kernel.calendar import DayKind, LocalDay, WorkingCalendar
from yiwang.kernel.opening import Opening, ServiceHours, Week, read_hours

NATIONAL = WorkingCalendar()
OFFICE = read_hours(["08:30-12:00", "14:30-17:30"])
HOURS = ServiceHours({date(2025, 1, 1): Week((OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()))})


def at(moment: str) -> datetime:
    """An instant, as the city's clocks show it."""
    return datetime.fromisoformat(f"{moment}:00+08:00")


def hours(length: int) -> Measure:
    return Measure(length, ClockUnit.SERVICE_HOURS, hours=HOURS)


def ends(length: int, began: str, *pauses: tuple[str, str | None], extended: int = 0) -> datetime | None:
    end = reckon(hours(length), course(began, *pauses, extended=extended), NATIONAL)
    return end.at if end is not None else None


def course(began: str, *pauses: tuple[str, str | None], extended: int = 0) -> Course:
    stops = tuple(Pause(at(first), at(last) if last else None, "p") for first, last in pauses)
    return Course(at(began), stops, (Extension(at(began), extended),) if extended else ())


@pytest.mark.parametrize(
    ("length", "began", "end"),
    [
        (2, "2026-11-23T09:00", "2026-11-23T11:00"),
        (2, "2026-11-23T11:30", "2026-11-23T16:00"),  # over noon
        (2, "2026-11-20T17:00", "2026-11-23T10:00"),  # over a weekend
        (2, "2026-09-19T22:00", "2026-09-20T10:30"),  # on a Sunday that is worked
        (2, "2026-09-30T17:00", "2026-10-08T10:00"),  # over National Day
        (13, "2026-11-23T08:30", "2026-11-24T17:30"),  # two days to the minute
        (0, "2026-11-21T03:00", "2026-11-21T03:00"),  # at once
    ],
)
def test_a_limit_in_service_hours_ends_while_the_window_is_open(length: int, began: str, end: str) -> None:
    assert ends(length, began) == at(end)


def test_while_it_stands_still_open_hours_do_not_count() -> None:
    assert ends(2, "2026-11-23T09:00", ("2026-11-23T10:00", "2026-11-23T15:00")) == at("2026-11-23T16:00")
    assert ends(2, "2026-11-23T09:00", ("2026-11-23T10:00", "2026-11-23T13:00")) == at("2026-11-23T15:30")


def test_a_pause_while_the_window_is_closed_changes_nothing() -> None:
    assert ends(2, "2026-11-23T11:00", ("2026-11-23T12:00", "2026-11-23T14:00")) == at("2026-11-23T15:30")


def test_nobody_knows_the_end_while_it_stands_still_before_it() -> None:
    assert ends(2, "2026-11-23T09:00", ("2026-11-23T10:00", None)) is None
    assert ends(1, "2026-11-23T09:00", ("2026-11-23T11:00", None)) == at("2026-11-23T10:00")


def test_an_extension_adds_open_hours() -> None:
    assert ends(2, "2026-11-23T09:00", extended=4) == at("2026-11-23T17:30")


def test_what_is_left_are_full_open_hours_and_over_is_over_at_night() -> None:
    found = [
        remaining(hours(4), course("2026-11-23T14:30"), NATIONAL, at(moment))
        for moment in (
            "2026-11-23T14:30",
            "2026-11-23T17:00",
            "2026-11-23T20:00",
            "2026-11-24T09:30",
            "2026-11-24T12:00",
        )
    ]
    assert found == [4, 1, 1, -1, -3]


def test_it_keeps_what_remained_when_it_was_stopped() -> None:
    stopped = course("2026-11-23T09:00", ("2026-11-23T10:00", None))
    assert remaining(hours(4), stopped, NATIONAL, at("2026-11-25T10:00")) == 3


def test_the_table_names_the_hours_of_each_day_and_why_others_do_not_count() -> None:
    rows = explain(hours(8), course("2026-11-20T16:30"), NATIONAL, date(2026, 11, 30))
    told = [(row.on.day, row.number, row.code, row.hours) for row in rows]
    assert told == [
        (20, 0, "trigger", ()),
        (20, 1, "counted", read_hours(["16:30-17:30"])),
        (21, 0, "off", ()),
        (22, 0, "off", ()),
        (23, 8, "counted", OFFICE),
        (24, 8, "counted", read_hours(["08:30-09:00"])),
        (24, 8, "span", ()),
    ]
    assert rows[-1].name == "09:00"
    assert {row.message for row in rows if row.code == "off"} == {"Weekend"}


def test_the_table_shows_where_it_stood_still() -> None:
    rows = explain(
        hours(2), course("2026-11-23T09:00", ("2026-11-23T10:00", "2026-11-24T15:00")), NATIONAL, date(2026, 11, 30)
    )
    told = [(row.on.day, row.until.day, row.code, row.hours) for row in rows]
    assert told == [
        (23, 23, "trigger", ()),
        (23, 23, "counted", read_hours(["09:00-10:00"])),
        (23, 24, "paused", ()),
        (24, 24, "counted", read_hours(["15:00-16:00"])),
        (24, 24, "span", ()),
    ]


def test_the_table_of_a_clock_that_stands_still_ends_today() -> None:
    rows = explain(hours(2), course("2026-11-23T09:00", ("2026-11-23T10:00", None)), NATIONAL, date(2026, 11, 30))
    assert [(row.code, row.until.day) for row in rows] == [("trigger", 23), ("counted", 23), ("paused", 30)]


def test_a_local_day_off_is_named_in_the_table() -> None:
    closed = NATIONAL.at({date(2026, 11, 24): LocalDay(DayKind.OFF, "台风停工", "通告")})
    rows = explain(hours(2), course("2026-11-23T17:00"), closed, date(2026, 11, 30))
    [off] = [row for row in rows if row.code == "off"]
    assert (off.on.day, off.message, off.name) == (24, "Local day off: {name}", "台风停工")


def test_a_weekday_without_hours_is_a_day_on_which_the_window_is_closed() -> None:
    but_monday = ServiceHours({date(2025, 1, 1): Week(((), OFFICE, OFFICE, OFFICE, OFFICE, (), ()))})
    rows = explain(
        Measure(1, ClockUnit.SERVICE_HOURS, hours=but_monday), course("2026-11-22T09:00"), NATIONAL, date(2026, 11, 30)
    )
    assert [row.message for row in rows if row.code == "off"] == ["The window is closed on this day"]


def test_a_year_on_the_way_without_calendar_makes_it_provisional() -> None:
    end = reckon(hours(20), course("2026-12-31T09:00"), NATIONAL)
    assert end is not None
    assert end.provisional


def test_who_follows_it_is_told_when_each_open_hour_begins() -> None:
    way = course("2026-11-23T11:00")
    end = reckon(hours(3), way, NATIONAL)
    assert end is not None
    begins = [at("2026-11-23T11:00"), at("2026-11-23T14:30"), at("2026-11-23T15:30")]
    assert list(units_counted(hours(3), way, NATIONAL, end)) == begins
    after = [unit_after(hours(3), end, NATIONAL, number) for number in (1, 2, 3)]
    assert after == [at("2026-11-23T16:30"), at("2026-11-24T08:30"), at("2026-11-24T09:30")]


def test_an_extension_lengthens_a_promise_that_stands_and_mends_none_that_was_broken() -> None:
    for extended_at, kept in (("2026-11-23T09:30", 1), ("2026-11-23T15:00", 0)):
        way = Course(at("2026-11-23T09:00"), (), (Extension(at(extended_at), 2),))
        assert len(promised_course(hours(1), way, NATIONAL).extensions) == kept


# ── What holds always ──

MOMENTS = st.integers(0, 400 * 24 * 60).map(lambda minutes: at("2025-11-01T00:00") + timedelta(minutes=minutes))
LENGTHS = st.integers(0, 60)
GAPS = st.lists(st.integers(0, 3_000), max_size=8)


def paused(began: datetime, gaps: list[int]) -> Course:
    """Runs and stands still by turns, for so many minutes each; the last pause has ended."""
    pauses, now = [], began
    for run, still in zip(gaps[::2], gaps[1::2], strict=False):
        stop = now + timedelta(minutes=run + 1)
        now = stop + timedelta(minutes=still)
        pauses.append(Pause(stop, now, "p"))
    return Course(began, tuple(pauses))


@given(MOMENTS, LENGTHS, GAPS)
def test_the_open_hours_outside_its_pauses_are_those_of_the_limit(
    began: datetime, length: int, gaps: list[int]
) -> None:
    way = paused(began, gaps)
    end = reckon(hours(length), way, NATIONAL)
    assert end is not None
    assert end.at >= began
    opening = Opening(HOURS, NATIONAL)
    stood = sum(
        (opening.between(one.began, min(one.ended or end.at, end.at)) for one in way.pauses if one.began < end.at),
        timedelta(),
    )
    assert opening.between(began, end.at) - stood == timedelta(hours=length)


@given(MOMENTS, LENGTHS, GAPS, LENGTHS)
def test_a_longer_limit_never_ends_earlier(began: datetime, length: int, gaps: list[int], more: int) -> None:
    way = paused(began, gaps)
    short, long = reckon(hours(length), way, NATIONAL), reckon(hours(length + more), way, NATIONAL)
    assert short is not None
    assert long is not None
    assert short.at <= long.at


@given(MOMENTS, st.integers(1, 60), GAPS)
def test_the_table_counts_what_the_limit_counts(began: datetime, length: int, gaps: list[int]) -> None:
    way = paused(began, gaps)
    end = reckon(hours(length), way, NATIONAL)
    assert end is not None
    rows = explain(hours(length), way, NATIONAL, end.on)
    assert rows[-1].code == "span"
    assert rows[-1].on == end.on
    counted = [row for row in rows if row.code == "counted"]
    minutes = sum(
        (last.hour - first.hour) * 60 + last.minute - first.minute for row in counted for first, last in row.hours
    )
    assert minutes == length * 60
    assert counted[-1].number == length
    assert [row.number for row in counted] == sorted(row.number for row in counted)


@given(MOMENTS, st.integers(1, 40), GAPS)
def test_hours_begin_in_their_order_while_the_window_is_open(began: datetime, length: int, gaps: list[int]) -> None:
    way = paused(began, gaps)
    end = reckon(hours(length), way, NATIONAL)
    assert end is not None
    units = units_counted(hours(length), way, NATIONAL, end)
    assert len(units) == length
    assert list(units) == sorted(set(units))
    assert all(Opening(HOURS, NATIONAL).is_open(one) for one in units)
    assert units[-1] < end.at
