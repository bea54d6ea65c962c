"""Working days: the vectors of 2026, years without official data, and what must hold for every count."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.calendar import NAMES, DayKind, DayRow, LocalDay, WorkingCalendar

NATIONAL = WorkingCalendar()
days_in_known_years = st.dates(date(2004, 1, 1), date(2025, 6, 30))
any_day = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("trigger", "days", "end"),
    [
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-02-10", 20, "2026-03-16"),
        ("2026-04-28", 10, "2026-05-14"),
        ("2026-09-18", 20, "2026-10-22"),
        ("2026-09-24", 10, "2026-10-15"),
        ("2026-01-01", 1, "2026-01-04"),  # a Sunday that is a working day
        ("2026-11-20", 0, "2026-11-20"),
        ("2026-11-20", 1, "2026-11-23"),
    ],
)
def test_working_days_of_2026(trigger: str, days: int, end: str) -> None:
    reckoning = NATIONAL.add_working_days(date.fromisoformat(trigger), days)
    assert reckoning.date == date.fromisoformat(end)
    assert not reckoning.provisional


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_known_years_are_those_of_the_library(day: date) -> None:
    assert NATIONAL.is_working(day) is chinese_calendar.is_workday(day)
    assert not NATIONAL.is_provisional(day.year)


# ── provisional years ──


def test_a_year_without_official_data_is_provisional_and_says_so() -> None:
    assert NATIONAL.is_provisional(2027)
    assert NATIONAL.is_provisional(2003)
    assert NATIONAL.add_working_days(date(2026, 12, 31), 1).provisional
    assert NATIONAL.add_working_days(date(2026, 12, 28), 10).provisional
    assert not NATIONAL.add_working_days(date(2026, 12, 28), 3).provisional


def test_a_provisional_year_knows_the_holidays_that_the_law_fixes_by_date() -> None:
    off = [day for day in _days_of(2027) if day.weekday() < 5 and not NATIONAL.is_working(day)]
    assert off == [date(2027, 1, 1), date(2027, 10, 1)]  # 1 and 2 May, 2 and 3 October are weekend days


def test_official_exceptions_make_a_year_firm() -> None:
    official = WorkingCalendar(
        {date(2027, 2, 8): DayKind.OFF, date(2027, 2, 13): DayKind.WORKING}, official_years=[2027]
    )
    assert not official.is_provisional(2027)
    assert not official.is_working(date(2027, 2, 8))
    assert official.is_working(date(2027, 2, 13))
    assert official.is_working(date(2027, 10, 1))  # the table is the whole truth of its year
    assert official.is_provisional(2028)


def test_one_local_holiday_does_not_make_a_year_firm() -> None:
    local = WorkingCalendar({date(2027, 4, 16): DayKind.OFF})
    assert local.is_provisional(2027)
    assert not local.is_working(date(2027, 4, 16))


def test_the_citys_table_stands_above_the_library() -> None:
    city = WorkingCalendar({date(2026, 4, 20): "off", date(2026, 10, 1): "working"})
    assert not city.is_working(date(2026, 4, 20))
    assert city.is_working(date(2026, 10, 1))
    assert city.is_working(date(2026, 10, 10))  # the library's working weekend stays


def test_a_kind_of_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="holiday"):
        WorkingCalendar({date(2026, 4, 20): "holiday"})


def test_later_changes_of_the_given_table_do_not_reach_the_calendar() -> None:
    table = {date(2026, 4, 20): DayKind.OFF}
    city = WorkingCalendar(table)
    table.clear()
    assert not city.is_working(date(2026, 4, 20))


# ── properties ──


@given(any_day, st.integers(1, 300))
def test_a_period_ends_on_a_working_day_after_its_trigger(trigger: date, days: int) -> None:
    end = NATIONAL.add_working_days(trigger, days).date
    assert NATIONAL.is_working(end)
    assert end >= trigger + timedelta(days=days)


@given(any_day, st.integers(0, 120))
def test_counting_forth_and_counting_between_agree(trigger: date, days: int) -> None:
    end = NATIONAL.add_working_days(trigger, days).date
    assert NATIONAL.working_days_between(trigger, end) == days
    assert NATIONAL.working_days_between(end, trigger) == -days


@given(any_day, st.integers(0, 60), st.integers(0, 60))
def test_a_period_may_be_counted_in_two_parts(trigger: date, first: int, second: int) -> None:
    middle = NATIONAL.add_working_days(trigger, first).date
    assert NATIONAL.add_working_days(middle, second).date == NATIONAL.add_working_days(trigger, first + second).date


@given(any_day, st.integers(0, 60), st.integers(0, 30))
def test_a_later_trigger_never_ends_earlier(trigger: date, days: int, later: int) -> None:
    one = NATIONAL.add_working_days(trigger, days).date
    assert NATIONAL.add_working_days(trigger + timedelta(days=later), days).date >= one


@given(any_day, st.integers(0, 60))
def test_the_explanation_counts_what_was_counted(trigger: date, days: int) -> None:
    rows = NATIONAL.explain(trigger, days)
    assert [row.date for row in rows] == [trigger + timedelta(days=i) for i in range(len(rows))]
    assert [row.number for row in rows if row.counts] == list(range(1, days + 1))
    assert rows[-1].date == NATIONAL.add_working_days(trigger, days).date
    assert any(row.provisional for row in rows[1:]) == any(NATIONAL.is_provisional(row.date.year) for row in rows[1:])


def test_an_explanation_reads_day_by_day() -> None:
    assert NATIONAL.explain(date(2025, 12, 31), 2) == [
        DayRow(date(2025, 12, 31), 0, "The day on which the period is triggered is not counted"),
        DayRow(date(2026, 1, 1), 0, "Holiday: {name}", "New Year's Day"),
        DayRow(date(2026, 1, 2), 0, "Holiday: {name}", "New Year's Day"),
        DayRow(date(2026, 1, 3), 0, "Holiday: {name}", "New Year's Day"),
        DayRow(date(2026, 1, 4), 1, "Working weekend, in exchange for a holiday: {name}", "New Year's Day"),
        DayRow(date(2026, 1, 5), 2, "Working day"),
    ]


def test_an_explanation_names_the_citys_own_days() -> None:
    city = WorkingCalendar({date(2026, 11, 23): DayKind.OFF, date(2026, 11, 22): DayKind.WORKING})
    reasons = [row.reason for row in city.explain(date(2026, 11, 20), 2)[1:]]
    assert reasons == [
        "Weekend",
        "Weekend that is worked, in exchange for a holiday",
        "Day off by the city's calendar",
        "Working day",
    ]


def test_an_explanation_names_the_holidays_as_the_city_does_and_knows_the_notice() -> None:
    title = {"zh-Hans": "冰雪节", "en": "Snow Festival"}
    city = WorkingCalendar(
        {date(2027, 1, 4): DayKind.OFF}, official_years=[2027], names={date(2027, 1, 4): title}, notices={2027: "N 7"}
    )
    assert city.judge(date(2027, 1, 4)) == (False, "Holiday: {name}", title)
    assert (city.notice(2027), city.notice(2026)) == ("N 7", "")


def test_every_name_of_a_holiday_can_be_translated() -> None:
    known = [*chinese_calendar.constants.holidays.values(), *chinese_calendar.constants.workdays.values()]
    assert {str(getattr(name, "value", name)) for name in known} == set(NAMES)


# ── a place of its own ──

SANYUESAN = {"zh-Hans": "三月三", "en": "Sanyuesan"}
COUNTY = NATIONAL.at(
    {
        date(2026, 4, 20): LocalDay(DayKind.OFF, SANYUESAN, "县政府通知"),
        date(2026, 4, 25): LocalDay(DayKind.WORKING, SANYUESAN, "县政府通知"),
    }
)


def test_a_place_has_days_of_its_own_and_the_nation_does_not_see_them() -> None:
    assert COUNTY.judge(date(2026, 4, 20)) == (False, "Local day off: {name}", SANYUESAN)
    assert COUNTY.judge(date(2026, 4, 25))[:2] == (
        True,
        "Weekend that is worked here, in exchange for a local day off",
    )
    assert [NATIONAL.is_working(date(2026, 4, day)) for day in (20, 25)] == [True, False]
    assert COUNTY.add_working_days(date(2026, 4, 17), 5).date == date(2026, 4, 25)


def test_a_local_day_cites_its_document_and_every_other_day_the_notice_of_its_year() -> None:
    nation = WorkingCalendar(notices={2026: "国办通知"})
    place = nation.at({date(2026, 4, 20): LocalDay(DayKind.OFF, SANYUESAN, "县政府通知")})
    assert [place.source(date(2026, month, 20)) for month in (4, 5)] == ["县政府通知", "国办通知"]
    assert nation.source(date(2026, 4, 20)) == "国办通知"


def test_a_local_day_makes_no_year_official() -> None:
    place = NATIONAL.at({date(2031, 4, 20): LocalDay(DayKind.OFF, SANYUESAN, "县政府通知")})
    assert place.is_provisional(2031)


def test_a_place_without_days_of_its_own_has_the_calendar_of_the_nation() -> None:
    assert NATIONAL.at({}) is NATIONAL


def test_a_weekend_like_any_other_is_no_holiday() -> None:
    found = [NATIONAL.is_holiday(date(2026, month, day)) for month, day in ((11, 21), (10, 3), (10, 1), (11, 23))]
    assert found == [False, True, True, False]
    assert COUNTY.is_holiday(date(2026, 4, 20))


# ── calendar days ──


@pytest.mark.parametrize(
    ("trigger", "days", "end"),
    [
        ("2026-11-01", 30, "2026-12-01"),
        ("2026-11-06", 15, "2026-11-23"),  # ends on a Saturday
        ("2026-09-16", 15, "2026-10-08"),  # ends on 1 October
        ("2026-11-21", 0, "2026-11-21"),
    ],
)
def test_calendar_days_do_not_end_on_a_day_off(trigger: str, days: int, end: str) -> None:
    assert NATIONAL.add_calendar_days(date.fromisoformat(trigger), days).date == date.fromisoformat(end)


@pytest.mark.parametrize("days", [-1, 3_661, 10**18])
def test_an_impossible_length_is_refused(days: int) -> None:
    for count in (NATIONAL.add_working_days, NATIONAL.add_calendar_days, NATIONAL.explain):
        with pytest.raises(ValueError, match="0 to 3660"):
            count(date(2026, 1, 1), days)


def test_the_longest_period_is_quick_enough() -> None:
    assert NATIONAL.add_working_days(date(2026, 1, 1), 3_660).provisional


def _days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=i) for i in range(365)]
