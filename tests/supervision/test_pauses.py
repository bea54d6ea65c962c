"""A clock that stands still for longer than the reason for it may last: somebody is told, once for each pause."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from supervision.conftest import (
    CITY_SUPERVISOR,
    DISTRICT_SUPERVISOR,
    OFFICER,
    Clock,
    at,
    change_clock,
    decide,
    fired,
    follow,
    officer,
    send,
    told,
    watching,
)
from support.demo import Demo

from yiwang.acts.queries import definition
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.supervision import queries
from yiwang.supervision.services import system_tick

PAUSED = "2026-03-04T12:00"
LAST = "2026-06-02"
"""Ninety civil days after the day on which it was paused."""
YELLOW, RED = "2026-06-03T00:00", "2026-07-02T00:00"


def short_pauses(longest: int, *levels: tuple[str, dict[str, int]]) -> None:
    """A release in which an expert's review may last so many days, and the watch on pauses has these levels."""
    pause = {**definition("pause", "expert-review"), "longest": longest}
    watch = definition("watch", "pauses-end")
    empty = {"used": None, "before_due": None, "overdue": None}
    watch = {
        **watch,
        "levels": [{**watch["levels"][0], "level": level, "when": {**empty, **when}} for level, when in levels],
    }
    new = [NewDefinition("pause", "expert-review", "base", pause), NewDefinition("watch", "pauses-end", "base", watch)]
    system_publish_release(system("tests"), new)


@pytest.fixture
def paused(demo: Demo, clock: Clock) -> Any:
    """A case whose clock stands still since its second day."""
    case = send()
    clock.set(PAUSED)
    change_clock(case, "pause")
    return case


def seen(case_id: Any) -> list[tuple[str, str, Any]]:
    return [(one.watch, one.level, one.moment) for one in fired(case_id)]


def test_a_pause_without_end_is_told_of_after_the_longest_that_it_may_last(paused: Any, clock: Clock) -> None:
    row = watching(paused)
    assert (row.next_watch, row.next_level, row.next_alarm_at) == ("pauses-end", "yellow", at(YELLOW))
    clock.set(at(YELLOW) - timedelta(minutes=1))
    assert system_tick() == 0
    clock.set("2027-03-04T12:00")
    assert system_tick() == 1
    assert seen(paused) == [("pauses-end", "yellow", at(YELLOW)), ("pauses-end", "red", at(RED))]
    assert watching(paused).next_alarm_at is None
    system_tick()
    follow(paused)
    assert len(fired(paused)) == 2
    assert {login for login, _ in told(paused)} == {OFFICER, CITY_SUPERVISOR, DISTRICT_SUPERVISOR}


def test_its_supervisor_reads_since_when_it_stands_still_and_until_when_it_might(paused: Any, clock: Clock) -> None:
    clock.set(YELLOW)
    system_tick()
    [line] = queries.list_alerts(officer(CITY_SUPERVISOR)).rows
    assert (line.rule, line.due_on) == ("停止计时超过这种情形的最长天数，还没有恢复", date.fromisoformat(LAST))
    view = queries.alert(officer(CITY_SUPERVISOR), line.id)
    assert (view.table.due_on, view.table.legal_due_on) == (None, None)
    last = view.table.rows[-1]
    assert (last.day, last.marks, last.number) == (date(2026, 3, 5), ("fired",), 0)
    assert "专家评审" in last.reason


def test_its_page_is_read_by_the_supervisor(paused: Any, clock: Clock, demo: Demo) -> None:
    clock.set(YELLOW)
    system_tick()
    [alert] = fired(paused)
    page = demo.client(CITY_SUPERVISOR, post=True).get(f"/desk/supervision/{alert.id}/")
    assert page.status_code == 200
    assert "停止计时超过这种情形的最长天数，还没有恢复" in page.content.decode()
    assert "2026年6月2日" in page.content.decode()


def test_a_pause_that_ends_in_time_is_not_told_of_and_the_limit_is_watched_again(paused: Any, clock: Clock) -> None:
    clock.set(f"{LAST}T23:00")
    change_clock(paused, "resume")
    assert fired(paused) == []
    assert watching(paused).next_watch == "limits-kept"


def test_a_pause_that_ended_too_late_is_told_of_even_when_nobody_looked_meanwhile(paused: Any, clock: Clock) -> None:
    clock.set("2026-06-10T09:00")
    change_clock(paused, "resume")
    assert seen(paused) == [("pauses-end", "yellow", at(YELLOW))]
    assert watching(paused).next_watch == "limits-kept"


def test_a_second_pause_is_told_of_for_itself(paused: Any, clock: Clock) -> None:
    clock.set("2026-06-10T09:00")
    change_clock(paused, "resume")
    clock.set("2026-06-10T10:00")
    change_clock(paused, "pause")
    clock.set("2026-10-01T09:00")
    system_tick()
    assert [(watch, level) for watch, level, _ in seen(paused)] == [("pauses-end", "yellow")] * 2
    assert fired(paused)[1].moment == at("2026-09-09T00:00")


def test_a_case_that_ends_while_its_clock_stands_still_ends_the_pause(paused: Any, clock: Clock) -> None:
    clock.set("2026-04-01T09:00")
    decide(paused)
    assert watching(paused).closed_at is not None
    clock.set("2027-03-04T12:00")
    system_tick()
    follow(paused)
    assert fired(paused) == []


def test_what_warned_of_a_pause_is_closed_when_the_clock_goes_on_in_time(demo: Demo, clock: Clock) -> None:
    short_pauses(10, ("warning", {"used": 80}), ("red", {"overdue": 1}))
    in_time, too_late = send(), send()
    clock.set(PAUSED)
    for case in (in_time, too_late):
        change_clock(case, "pause")
    clock.set("2026-03-12T08:00")
    assert system_tick() == 2
    clock.set("2026-03-14T18:00")
    change_clock(in_time, "resume")
    assert [(one.level, one.state) for one in fired(in_time)] == [("warning", "closed")]
    clock.set("2026-03-15T08:00")
    change_clock(too_late, "resume")
    assert [(one.level, one.state) for one in fired(too_late)] == [("warning", "open"), ("red", "open")]


def test_a_holiday_moves_no_pause(paused: Any, clock: Clock) -> None:
    from supervision.conftest import announce_holiday

    announce_holiday("2026-03-05", "2026-03-06")
    follow(paused)
    assert watching(paused).next_alarm_at == at(YELLOW)


def test_a_case_keeps_how_long_its_release_lets_a_clock_stand_still(paused: Any, clock: Clock) -> None:
    short_pauses(10, ("red", {"overdue": 1}))
    follow(paused)
    assert watching(paused).next_alarm_at == at(YELLOW)
