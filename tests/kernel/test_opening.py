"""Service hours: when a window is open, and what holds for every week, every calendar and every count of open hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yiwang.kernel.calendar import DayKind, LocalDay, WorkingCalendar
from yiwang.kernel.opening import Hours, Opening, ServiceHours, Week, is_a_service, read_hours

NATIONAL = WorkingCalendar()
OFFICE = read_hours(["08:30-12:00", "14:30-17:30"])
FIVE_DAYS = Week((OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()))
HOUR = timedelta(hours=1)


def hall(week: Week = FIVE_DAYS, calendar: WorkingCalendar = NATIONAL) -> Opening:
    return Opening(ServiceHours({date(2025, 1, 1): week}), calendar)


def at(day: str, hour: str) -> datetime:
    """An hour of a civil date, as the city's clocks show it."""
    return datetime.fromisoformat(f"{day}T{hour}:00+08:00")


# ── When it is open ──


def test_a_window_is_open_within_its_hours_and_closed_at_noon() -> None:
    found = [hall().is_open(at("2026-11-23", hour)) for hour in ("08:29", "08:30", "11:59", "12:00", "14:30", "17:30")]
    assert found == [False, True, True, False, True, False]


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-11-23", "2026-11-23"),  # a Monday
        ("2026-11-21", "2026-11-23"),  # a Saturday like any other
        ("2026-10-01", "2026-10-08"),  # National Day and the week after
        ("2026-09-19", "2026-09-20"),  # the Sunday is worked in exchange for a holiday
        ("2026-10-10", "2026-10-10"),  # a Saturday that is worked
    ],
)
def test_it_opens_next_on_the_next_day_that_is_worked(day: str, opens: str) -> None:
    assert hall().opens(at(day, "07:00")) == at(opens, "08:30")


def test_at_noon_it_opens_again_in_the_afternoon_and_then_closes_in_the_evening() -> None:
    assert hall().opens(at("2026-11-23", "12:00")) == at("2026-11-23", "14:30")
    assert hall().closes(at("2026-11-23", "12:00")) == at("2026-11-23", "17:30")
    assert hall().closes(at("2026-11-23", "09:00")) == at("2026-11-23", "12:00")


def test_saturday_mornings_are_open_but_not_in_a_holiday() -> None:
    week = Week((*FIVE_DAYS.days[:5], read_hours(["09:00-12:00"]), ()))
    assert hall(week).hours(date(2026, 11, 21)) == read_hours(["09:00-12:00"])
    assert hall(week).hours(date(2026, 10, 3)) == ()


def test_a_weekend_that_is_worked_has_hours_of_its_own_or_those_of_monday() -> None:
    short = Week(FIVE_DAYS.days, read_hours(["09:00-12:00"]))
    assert hall(short).hours(date(2026, 10, 10)) == read_hours(["09:00-12:00"])
    assert hall().hours(date(2026, 10, 10)) == OFFICE
    closed = Week(FIVE_DAYS.days, ())
    assert hall(closed).hours(date(2026, 10, 10)) == ()


def test_a_local_day_off_closes_on_a_weekday_and_on_a_saturday_with_hours() -> None:
    week = Week((*FIVE_DAYS.days[:5], read_hours(["09:00-12:00"]), ()))
    off = LocalDay(DayKind.OFF, "台风停工", "通告")
    typhoon = NATIONAL.at({date(2026, 11, 20): off, date(2026, 11, 21): off})
    assert [hall(week, typhoon).hours(date(2026, 11, day)) for day in (19, 20, 21)] == [OFFICE, (), ()]


def test_summer_hours_hold_from_their_day_until_the_next_week_does() -> None:
    summer = Week((read_hours(["08:00-12:00"]),) * 5 + ((), ()))  # type: ignore[arg-type]
    hours = ServiceHours({date(2026, 6, 1): summer, date(2026, 1, 1): FIVE_DAYS, date(2026, 10, 1): FIVE_DAYS})
    opening = Opening(hours, NATIONAL)
    found = [opening.hours(date(2026, month, day)) for month, day in ((5, 29), (6, 1), (9, 30), (10, 8))]
    assert found == [OFFICE, read_hours(["08:00-12:00"]), read_hours(["08:00-12:00"]), OFFICE]
    assert opening.hours(date(2025, 3, 3)) == OFFICE
    assert hours.changes_on(ServiceHours({date(2026, 1, 1): FIVE_DAYS})) == date(2026, 6, 1)
    assert hours.changes_on(hours) is None


def test_other_hours_from_the_beginning_differ_always() -> None:
    other = Week(FIVE_DAYS.days, ())
    assert ServiceHours({date(2026, 1, 1): FIVE_DAYS}).changes_on(ServiceHours({date(2025, 1, 1): other})) == date.min


# ── How far hours reach ──


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        (("2026-11-23", "09:00"), 2, ("2026-11-23", "11:00")),
        (("2026-11-23", "11:00"), 2, ("2026-11-23", "15:30")),  # over noon
        (("2026-11-23", "08:30"), 3.5, ("2026-11-23", "12:00")),  # ends when it closes, not when it opens again
        (("2026-11-23", "20:00"), 1, ("2026-11-24", "09:30")),  # sent in the evening
        (("2026-11-20", "16:30"), 2, ("2026-11-23", "09:30")),  # over a weekend
        (("2026-09-30", "17:00"), 1, ("2026-10-08", "09:00")),  # over National Day
        (("2026-11-23", "03:00"), 0, ("2026-11-23", "03:00")),
    ],
)
def test_hours_are_counted_while_the_window_is_open(
    begins: tuple[str, str], hours: float, ends: tuple[str, str]
) -> None:
    assert hall().add(at(*begins), hours * HOUR) == at(*ends)


def test_a_window_that_never_opens_is_given_up_after_ten_years() -> None:
    never = hall(Week(((), (), (), (), (), (), ())))
    for ask in (never.opens, never.closes, lambda begins: never.add(begins, HOUR)):
        with pytest.raises(ValueError, match="ten years"):
            ask(at("2026-11-23", "09:00"))


def test_a_span_of_more_than_ten_years_is_not_measured() -> None:
    with pytest.raises(ValueError, match="ten years"):
        hall().between(at("2010-01-04", "09:00"), at("2026-01-05", "09:00"))


def test_less_than_five_hours_in_a_working_week_is_no_service() -> None:
    short = read_hours(["09:00-09:59"])
    assert is_a_service(FIVE_DAYS)
    assert not is_a_service(Week((short,) * 5 + (OFFICE, OFFICE)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "spans", [["8:30-12:00"], ["08:30"], ["12:00-08:30"], ["08:30-12:00", "12:00-13:00"], ["25:00-26:00"]]
)
def test_what_is_no_span_is_refused(spans: list[str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_hours(spans)


# ── What holds always ──

MINUTES = st.integers(0, 24 * 60 - 1)


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> Hours:
    marks = sorted(draw(st.lists(MINUTES, max_size=6, unique=True)))
    return tuple((_time(first), _time(last)) for first, last in zip(marks[::2], marks[1::2], strict=False))


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    days = [draw(hours_of_a_day()) for _ in range(7)]
    first, second, third, fourth, fifth, sixth, seventh = days
    week = Week((first, second, third, fourth, fifth, sixth, seventh), draw(st.none() | hours_of_a_day()))
    assume(is_a_service(week))
    return week


INSTANTS = st.integers(0, 690 * 24 * 60).map(lambda minutes: at("2025-01-01", "00:00") + timedelta(minutes=minutes))
LENGTHS = st.integers(1, 60 * 40).map(lambda minutes: timedelta(minutes=minutes))
DAYS_OFF = st.lists(st.integers(0, 60), max_size=12)


@given(weeks(), INSTANTS, LENGTHS, LENGTHS)
def test_counting_in_two_parts_ends_where_counting_at_once_does(
    week: Week, begins: datetime, first: timedelta, second: timedelta
) -> None:
    opening = hall(week)
    assert opening.add(opening.add(begins, first), second) == opening.add(begins, first + second)


@given(weeks(), INSTANTS, LENGTHS)
def test_what_was_added_lies_between_and_ends_while_it_is_open_or_as_it_closes(
    week: Week, begins: datetime, length: timedelta
) -> None:
    opening = hall(week)
    ends = opening.add(begins, length)
    assert ends >= begins + length
    assert opening.between(begins, ends) == length
    assert opening.between(ends, begins) == -length
    assert opening.is_open(ends - timedelta(minutes=1))


@given(weeks(), INSTANTS, LENGTHS)
def test_a_span_that_is_cut_anywhere_keeps_its_hours(week: Week, begins: datetime, cut: timedelta) -> None:
    opening, ends = hall(week), begins + timedelta(days=9)
    middle = begins + cut
    assume(middle < ends)
    assert opening.between(begins, middle) + opening.between(middle, ends) == opening.between(begins, ends)


@given(weeks(), INSTANTS, LENGTHS, DAYS_OFF)
def test_a_day_off_more_never_brings_the_end_earlier(
    week: Week, begins: datetime, length: timedelta, offs: list[int]
) -> None:
    closed = LocalDay(DayKind.OFF, "停工", "通告")
    more = NATIONAL.at({begins.date() + timedelta(days=n): closed for n in offs})
    assert hall(week, more).add(begins, length) >= hall(week).add(begins, length)


@given(weeks(), INSTANTS)
def test_it_opens_not_before_it_is_asked_and_closes_after_it_opens(week: Week, asked: datetime) -> None:
    opening = hall(week)
    opens = opening.opens(asked)
    assert opens >= asked
    assert opening.is_open(opens)
    assert opening.closes(asked) > opens
    assert opening.is_open(asked) == (opens == asked)
