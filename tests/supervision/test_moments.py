"""When levels fire: looked up in what the clock counted, each once, in the order of their moments, however often and late one looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yiwang.supervision.rules.moments import (
    Alarm,
    Counted,
    Fired,
    alarms_of,
    due_alarms,
    falls,
    next_alarm,
    position,
    was_fired,
)
from yiwang.supervision.values import Level, When

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, 16, tzinfo=UTC)
USUAL = [(Level.WARNING, When("used", 80)), (Level.YELLOW, When("used", 90)), (Level.RED, When("overdue", 1))]


def counted(length: int, *, began: datetime = START, step: timedelta = DAY) -> Counted:
    units = tuple(began + n * step for n in range(1, length + 1))
    return Counted(units, lambda n: began + (length + n) * step)


def fired(alarm: Alarm, length: int, *, withdrawn: bool = False) -> Fired:
    return Fired(alarm.watch, alarm.level, alarm.moment, length, withdrawn)


moments = st.one_of(
    st.builds(When, st.just("used"), st.integers(1, 100)),
    st.builds(When, st.just("before_due"), st.integers(0, 40)),
    st.builds(When, st.just("overdue"), st.integers(1, 40)),
)
some_levels = st.lists(moments, min_size=1, max_size=3).map(lambda found: list(zip(Level, found, strict=False)))
lengths = st.integers(0, 60)


@pytest.mark.parametrize(
    ("when", "length", "unit"),
    [
        (When("used", 80), 20, 16),
        (When("used", 90), 20, 18),
        (When("used", 90), 5, 5),
        (When("used", 80), 5, 4),
        (When("used", 1), 20, 1),
        (When("used", 100), 7, 7),
        (When("before_due", 0), 10, 10),
        (When("before_due", 3), 10, 7),
        (When("before_due", 10), 10, 0),
        (When("overdue", 1), 10, 11),
    ],
)
def test_a_moment_is_a_unit_of_the_limit(when: When, length: int, unit: int) -> None:
    assert position(when, length) == unit


def test_the_usual_levels_of_twenty_days_fall_on_day_16_day_18_and_the_first_day_over() -> None:
    found = alarms_of("w", USUAL, counted(20))
    assert [(one.level, (one.moment - START) // DAY, one.warns) for one in found] == [
        (Level.WARNING, 16, True),
        (Level.YELLOW, 18, True),
        (Level.RED, 21, False),
    ]


def test_in_a_limit_of_one_day_the_milder_of_two_levels_that_fall_together_is_left_out() -> None:
    assert [one.level for one in alarms_of("w", USUAL, counted(1))] == [Level.YELLOW, Level.RED]


def test_a_limit_of_no_days_only_turns_red() -> None:
    assert [one.level for one in alarms_of("w", USUAL, counted(0))] == [Level.RED]


def test_a_level_that_would_fire_on_every_case_at_once_is_left_out() -> None:
    levels = [(Level.WARNING, When("before_due", 5)), (Level.RED, When("overdue", 1))]
    assert [one.level for one in alarms_of("w", levels, counted(3))] == [Level.RED]


@given(some_levels, lengths)
def test_moments_rise_with_the_level(levels: list[tuple[Level, When]], length: int) -> None:
    found = alarms_of("w", levels, counted(length))
    assert [one.level.height for one in found] == sorted(one.level.height for one in found)
    assert all(early.moment < late.moment for early, late in zip(found, found[1:], strict=False))
    assert all(one.moment > START for one in found)


@given(some_levels, lengths, st.lists(st.integers(0, 120), max_size=12))
def test_however_often_and_late_one_looks_each_alarm_fires_once_in_order(
    levels: list[tuple[Level, When]], length: int, days: list[int]
) -> None:
    """Also when the clock on the wall goes back between two looks: `days` are in no order."""
    clock = counted(length)
    alarms = alarms_of("w", levels, clock)
    had: list[Alarm] = []
    for day in [*days, 200]:
        now = START + day * DAY
        due = due_alarms(alarms, length, [fired(one, length) for one in had], now)
        assert [one.moment for one in due] == sorted(one.moment for one in due)
        had += due
        following = next_alarm(alarms, length, [fired(one, length) for one in had], now)
        assert following is None or following.moment > now
        assert {one for one in alarms if one.moment <= now} <= set(had)
        assert not due_alarms(alarms, length, [fired(one, length) for one in had], now)
    assert had == sorted(set(had), key=had.index)
    assert set(had) == set(alarms)


@given(lengths, st.integers(1, 30), st.integers(0, 90))
def test_a_pause_moves_what_is_ahead_and_repeats_nothing(length: int, pause: int, day: int) -> None:
    assume(day < length)
    now = START + day * DAY
    clock = counted(length)
    had = [fired(one, length) for one in due_alarms(alarms_of("w", USUAL, clock), length, [], now)]
    units = tuple(unit if unit <= now else unit + pause * DAY for unit in clock.units)
    after_pause = Counted(units, lambda n: clock.after(n) + pause * DAY)
    alarms = alarms_of("w", USUAL, after_pause)
    due = due_alarms(alarms, length, had, now + pause * DAY)
    assert not due
    following = next_alarm(alarms, length, had, now + pause * DAY)
    before = next_alarm(alarms_of("w", USUAL, clock), length, had, now)
    assert following is not None
    assert before is not None
    assert following.moment == before.moment + pause * DAY


def test_a_holiday_that_is_announced_late_does_not_repeat_what_has_fired() -> None:
    [_, yellow, _] = alarms_of("w", USUAL, counted(20))
    later = alarms_of("w", USUAL, counted(20, began=START + 7 * DAY))
    had = [fired(one, 20) for one in alarms_of("w", USUAL, counted(20))[:2]]
    assert due_alarms(later, 20, had, yellow.moment + 8 * DAY) == []
    assert next_alarm(later, 20, had, yellow.moment + 8 * DAY) == later[2]


def test_an_extension_makes_another_limit_which_may_run_out_again() -> None:
    had = [fired(one, 20) for one in alarms_of("w", USUAL, counted(20))[:2]]
    longer = alarms_of("w", USUAL, counted(30))
    assert next_alarm(longer, 30, had, START + 19 * DAY) == longer[0]
    assert [one.level for one in due_alarms(longer, 30, had, START + 40 * DAY)] == list(Level)


def test_what_was_withdrawn_fires_again_only_when_its_moment_has_moved_on() -> None:
    red = alarms_of("w", USUAL, counted(20))[2]
    withdrawn = [fired(red, 20, withdrawn=True)]
    assert was_fired(red, 20, withdrawn)
    moved = alarms_of("w", USUAL, counted(20, began=START + 3 * DAY))[2]
    assert not was_fired(moved, 20, withdrawn)


def test_another_watch_on_the_same_clock_fires_for_itself() -> None:
    [_, _, red] = alarms_of("w", USUAL, counted(20))
    [_, _, other] = alarms_of("v", USUAL, counted(20))
    assert due_alarms([red, other], 20, [fired(red, 20)], red.moment) == [other]


@given(some_levels, lengths)
def test_levels_that_do_not_fall_all_fire_or_fall_together(levels: list[tuple[Level, When]], length: int) -> None:
    assume(falls(levels, length) is None)
    found = {one.level for one in alarms_of("w", levels, counted(length))}
    for (level, when), (_, following) in zip(levels, levels[1:], strict=False):
        at, then = position(when, length), position(following, length)
        assert (level in found) == (at >= 1 and at < then)


def test_a_level_that_comes_before_a_milder_one_is_found() -> None:
    levels = [(Level.WARNING, When("used", 80)), (Level.RED, When("before_due", 10))]
    assert falls(levels, 20) == (Level.WARNING, Level.RED)
    assert falls(levels, 100) is None
