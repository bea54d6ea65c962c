"""Examples of limits: what was reckoned rightly is taken, what was not is told with the right end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.cases.rules.clocks import Course, Extension, Measure, Pause, reckon
from yiwang.cases.rules.examples import Allowed, Example, Mistake, mistake_in
from yiwang.cases.values import ClockUnit
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.time import CITY_ZONE

CITY = WorkingCalendar()
TWENTY = Allowed(Measure(20, ClockUnit.WORKING_DAYS), 10, True)
DAY = timedelta(days=1)

days = st.dates(
    date(2025, 1, 2), date(2025, 9, 30)
)  # and what they are counted to lies in a year whose calendar is known


@st.composite
def reckoned(draw: st.DrawFn) -> tuple[Example, Allowed]:
    """A limit in days, and an example of it that ends where the rule of clocks says."""
    unit = draw(st.sampled_from([ClockUnit.WORKING_DAYS, ClockUnit.DAYS]))
    measure = Measure(draw(st.integers(1, 20)), unit)
    begins, extended = draw(days), draw(st.integers(0, 5))
    paused = draw(st.sampled_from([(), ((begins, begins + 7 * DAY),)]))
    noon = [(at(first), at(last)) for first, last in paused]
    end = reckon(
        measure,
        Course(
            at(begins),
            tuple(Pause(first, last, "") for first, last in noon),
            (Extension(at(begins), extended),) if extended else (),
        ),
        CITY,
    )
    assert end is not None
    return Example(begins, end.on, paused=paused, extended=extended), Allowed(measure, 5, True)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=CITY_ZONE).astimezone(UTC)


@given(reckoned())
def test_an_example_that_was_reckoned_rightly_has_no_mistake(given_one: tuple[Example, Allowed]) -> None:
    example, allowed = given_one
    assert mistake_in(example, allowed, CITY) is None


@given(reckoned(), st.integers(-9, 9).filter(bool))
def test_every_other_last_day_is_told_with_the_right_one(given_one: tuple[Example, Allowed], by: int) -> None:
    example, allowed = given_one
    wrong = replace(example, ends=example.ends + by * DAY)
    assert mistake_in(wrong, allowed, CITY) == (Mistake.ANOTHER_END, example.ends.isoformat())


@pytest.mark.parametrize(
    ("example", "allowed", "mistake"),
    [
        (Example(date(2026, 2, 10), date(2026, 3, 16)), TWENTY, None),
        (Example(date(2026, 2, 10), date(2026, 3, 30), extended=10), TWENTY, None),
        (Example(date(2026, 2, 10), date(2026, 3, 16), at="09:30"), TWENTY, Mistake.TIMES),
        (Example(date(2026, 2, 10), date(2026, 3, 16), ends_at="09:30"), TWENTY, Mistake.TIMES),
        (
            Example(date(2026, 3, 2), date(2026, 3, 3)),
            Allowed(Measure(24, ClockUnit.HOURS), 0, False),
            Mistake.TIMES,
        ),
        (
            Example(date(2026, 2, 10), date(2026, 3, 16), paused=((date(2026, 2, 9), date(2026, 2, 12)),)),
            TWENTY,
            Mistake.PAUSES_IN_DISORDER,
        ),
        (
            Example(date(2026, 2, 10), date(2026, 3, 16), paused=((date(2026, 2, 12), date(2026, 2, 11)),)),
            TWENTY,
            Mistake.PAUSES_IN_DISORDER,
        ),
        (Example(date(2026, 2, 10), date(2026, 3, 31), extended=11), TWENTY, Mistake.NOT_ALLOWED),
        (
            Example(date(2026, 2, 10), date(2026, 3, 16), paused=((date(2026, 2, 11), date(2026, 2, 12)),)),
            replace(TWENTY, pauses=False),
            Mistake.NOT_ALLOWED,
        ),
        (Example(date(2040, 2, 10), date(2040, 3, 9)), TWENTY, Mistake.YEAR_NOT_KNOWN),
    ],
)
def test_what_is_wrong_before_anything_is_counted_is_told_as_such(
    example: Example, allowed: Allowed, mistake: Mistake | None
) -> None:
    found = mistake_in(example, allowed, CITY)
    assert (None if found is None else found[0]) == mistake


def test_a_limit_in_hours_ends_at_an_instant() -> None:
    day = Allowed(Measure(24, ClockUnit.HOURS), 0, False)
    example = Example(date(2026, 3, 2), date(2026, 3, 3), "01:30", "01:30")
    assert mistake_in(example, day, CITY) is None
    assert mistake_in(replace(example, ends=date(2026, 3, 2)), day, CITY) == (Mistake.ANOTHER_END, "2026-03-03 01:30")
