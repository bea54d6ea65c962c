"""Ways in which clocks break, each tried against the whole city: what fires, when, for whom, and once.

A holiday announced after the start, and a limit that is extended or stands still, are in test_following.py; a pause without end in
test_pauses.py; 10⁵ alerts in one minute in tests/alerts; a holiday whose release dies half applied in
tests/cases/test_calendar_applied.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from supervision.conftest import (
    CITY_SUPERVISOR,
    OFFICER,
    OTHER_OFFICER,
    RED,
    WARNING,
    YELLOW,
    Clock,
    announce_holiday,
    at,
    change_clock,
    decide,
    fired,
    follow,
    officer,
    resident,
    send,
    told,
    watching,
)
from support.demo import ITEM, Demo
from support.waiting import eventually

from yiwang.acts.queries import current_release, definition
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.cases import queries as cases
from yiwang.cases.services import system_recount_clocks
from yiwang.identity.models import Unit
from yiwang.identity.services import reorganise
from yiwang.identity.values import Abolish
from yiwang.launch.postgres import Server
from yiwang.outbox.models import Event
from yiwang.outbox.queries import is_settled
from yiwang.outbox.services import deliver_due
from yiwang.outbox.values import DeliveredEvent
from yiwang.supervision import queries, services
from yiwang.supervision.services import system_tick
from yiwang.supervision.subscribers import hear_clock

US = system("tests")
ABOLISHED, HEIR = "hk-460105002", "hk-460105001"
LIMIT = "address-confirmed"
EVERY_LEVEL = [("warning", at(WARNING)), ("yellow", at(YELLOW)), ("red", at(RED))]


def levels(case_id: Any) -> list[tuple[str, Any]]:
    return [(one.level, one.moment) for one in fired(case_id)]


def due(case_id: Any) -> date | None:
    [one] = cases.case(resident(), case_id).clocks
    return one.due_on


# ── A clock of a unit that is abolished ─────────────────────────────────────────────────────────────────────────────────


def abolish() -> None:
    unit = {one.code: one.id for one in Unit.objects.filter(code__in=[ABOLISHED, HEIR])}
    reorganise(US, Abolish(unit[ABOLISHED], unit[HEIR]), "机构改革", "琼编〔2026〕12号")


def test_what_the_clock_of_an_abolished_unit_fires_is_said_to_the_unit_that_took_over(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(WARNING)
    system_tick()
    abolish()
    clock.set(RED)
    system_tick()
    assert levels(case) == EVERY_LEVEL
    assert [one.unit.code for one in fired(case)] == [ABOLISHED, HEIR, HEIR]
    assert [title for login, title in told(case) if login == OTHER_OFFICER] == ["红牌", "黄牌"]


def test_the_unit_that_took_over_answers_for_what_fired_before(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(WARNING)
    system_tick()
    abolish()
    [alert] = fired(case)
    assert queries.alert(officer(OTHER_OFFICER), alert.id).may_explain
    services.explain(officer(OTHER_OFFICER), alert.id, "机构改革交接，本周内办完。")
    assert queries.alert(officer(CITY_SUPERVISOR), alert.id).line.state == "explained"


def test_a_clock_that_stood_still_while_its_unit_was_abolished_is_told_of_to_the_heir(demo: Demo, clock: Clock) -> None:
    case = send()
    change_clock(case, "pause")
    abolish()
    clock.set("2027-03-01T09:00")
    system_tick()
    assert {(one.watch, one.unit.code) for one in fired(case)} == {("pauses-end", HEIR)}


# ── Two extensions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_of_two_extensions_gives_its_own_alarms_and_repeats_none_of_those_before(demo: Demo, clock: Clock) -> None:
    case = send()
    for length in (5, 3):  # to 16, then to 19 March
        clock.set(watching(case).next_alarm_at)
        system_tick()
        change_clock(case, "extend", length=length)
    clock.set("2026-04-20T09:00")
    system_tick()
    assert levels(case) == [
        ("warning", at(WARNING)),  # of five days
        ("warning", at("2026-03-12T00:00")),  # of ten
        ("warning", at("2026-03-17T00:00")),  # of thirteen
        ("yellow", at("2026-03-18T00:00")),
        ("red", at("2026-03-20T00:00")),
    ]
    assert [one.length for one in fired(case)] == [5, 10, 13, 13, 13]


# ── A limit that a new release changes ──────────────────────────────────────────────────────────────────────────────────


def test_a_limit_that_a_new_release_shortens_holds_for_new_cases_and_moves_no_open_one(
    demo: Demo, clock: Clock
) -> None:
    before = send()
    item = definition("item", ITEM)
    limit = {**definition("limit", LIMIT), "length": 4}
    shorter = {**item, "clocks": [{**one, "promise": 2} for one in item["clocks"]]}
    new = [
        NewDefinition("limit", LIMIT, "address-statement", limit),
        NewDefinition("item", ITEM, "address-statement", shorter),
    ]
    system_publish_release(US, new)
    assert system_recount_clocks(US, current_release()) == 0
    after = send()
    assert (due(before), due(after)) == (date(2026, 3, 9), date(2026, 3, 4))
    clock.set("2026-04-20T09:00")
    system_tick()
    assert levels(before) == EVERY_LEVEL
    assert levels(after) == [("yellow", at("2026-03-04T00:00")), ("red", at("2026-03-05T00:00"))]


def test_a_holiday_of_a_later_release_counts_an_old_case_by_its_own_limit(demo: Demo, clock: Clock) -> None:
    case = send()
    limit = {**definition("limit", LIMIT), "length": 2}
    system_publish_release(US, [NewDefinition("limit", LIMIT, "address-statement", limit)])
    clock.set("2026-03-04T08:00")
    announce_holiday("2026-03-05")
    assert due(case) == date(2026, 3, 10)


# ── Events out of order ─────────────────────────────────────────────────────────────────────────────────────────────────


def events_of(case_id: UUID) -> list[DeliveredEvent]:
    names = [name for name in DeliveredEvent.__dataclass_fields__ if name != "position"]
    rows = Event.objects.filter(type__startswith="case.clock-", data__case_id=str(case_id)).order_by("id")
    return [DeliveredEvent(position=one.id, **{name: getattr(one, name) for name in names}) for one in rows]


def test_a_clock_whose_end_is_heard_of_before_its_beginning_is_not_watched(demo: Demo, clock: Clock) -> None:
    case = send(heard=False)
    clock.set("2026-03-04T09:00")
    decide(case, heard=False)
    started, stopped = events_of(case)
    for event in (stopped, started, stopped, started):
        hear_clock(event)
    row = watching(case)
    assert (row.next_alarm_at, row.closed_at is None) == (None, False)
    clock.set("2026-04-20T09:00")
    assert system_tick() == 0
    assert fired(case) == []


def test_a_late_end_that_is_heard_of_before_the_beginning_is_red_once(demo: Demo, clock: Clock) -> None:
    case = send(heard=False)
    clock.set(at(RED) + timedelta(hours=9))
    decide(case, heard=False)
    started, stopped = events_of(case)
    for event in (stopped, started, stopped):
        hear_clock(event)
    assert levels(case) == [("red", at(RED))]


def test_a_pause_that_is_heard_of_after_its_end_leaves_the_clock_as_it_stands(demo: Demo, clock: Clock) -> None:
    case = send(heard=False)
    for moment, change in (("2026-03-04T12:00", "pause"), ("2026-03-20T12:00", "resume")):
        clock.set(moment)
        change_clock(case, change)
    right = watching(case).next_alarm_at
    for event in reversed(events_of(case)):
        hear_clock(event)
    assert watching(case).next_alarm_at == right == at("2026-03-24T00:00")
    assert fired(case) == []


# ── A worker that was dead ──────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_day_without_worker_and_scheduler_each_level_fires_once_with_the_moment_that_it_should_have_had(
    own_demo: Demo, clock: Clock
) -> None:
    watched, unheard = send(), send(heard=False)
    back = at(RED) + timedelta(days=1)
    clock.set(at(WARNING) - timedelta(minutes=5))
    clock.set(back)
    for _ in range(2):
        deliver_due()
        system_tick()
    for case in (watched, unheard):
        assert levels(case) == EVERY_LEVEL
        assert all(one.fired_at >= back for one in fired(case))
        assert [title for login, title in told(case) if login == OFFICER] == ["红牌", "预警", "黄牌"]


def test_what_was_done_in_time_while_nobody_looked_is_not_told_of_afterwards(own_demo: Demo, clock: Clock) -> None:
    case = send(heard=False)
    clock.set(at(YELLOW) + timedelta(hours=9))
    decide(case, heard=False)
    clock.set(at(RED) + timedelta(days=1))
    deliver_due()
    assert system_tick() == 0
    assert fired(case) == []
    assert watching(case).closed_at is not None


@pytest.fixture
def processes(own_demo: Demo, clock: Clock, tmp_path: Path) -> Iterator[Callable[[str, str], subprocess.Popen[bytes]]]:
    """Starts the real worker or scheduler of the city, whose time is the test's; a place at which it dies, or none."""
    (tmp_path / "demo").touch()
    assert clock.path == tmp_path / "time.json"  # where a city keeps it
    environment = {**own_demo.environment, "YIWANG_DATA_DIR": str(tmp_path), "YIWANG_SUPERVISOR": str(os.getpid())}
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, place: str = "") -> subprocess.Popen[bytes]:
        armed = {"YIWANG_FAILPOINT": place} if place else {}
        with (tmp_path / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "yiwang.cli", name]
            running.append(subprocess.Popen(command, env=environment | armed, stdout=log, stderr=log))
        return running[-1]

    yield start
    for one in running:
        one.terminate()
    for one in running:
        one.wait(30)


@pytest.mark.crash
def test_a_worker_and_a_scheduler_that_were_killed_and_came_back_after_a_day_miss_nothing_and_repeat_nothing(
    processes: Callable[..., subprocess.Popen[bytes]], clock: Clock, tmp_path: Path
) -> None:
    cases = [send(heard=False) for _ in range(3)]
    worker = processes("worker", "outbox.after-effect-before-commit")
    assert worker.wait(120) == -signal.SIGKILL, (tmp_path / "worker.log").read_text("utf-8")[-3000:]
    for case in cases[:2]:
        follow(case)  # the third is still unheard of
    clock.set(WARNING)
    scheduler = processes("scheduler", "supervision.after-alert@2")
    assert scheduler.wait(120) == -signal.SIGKILL, (tmp_path / "scheduler.log").read_text("utf-8")[-3000:]
    assert [fired(case) for case in cases] == [[], [], []]

    back = at(RED) + timedelta(days=1)
    clock.set(back)
    processes("worker")
    processes("scheduler")
    eventually(lambda: all(len(fired(case)) == 3 for case in cases), "every level has fired", seconds=120)
    eventually(is_settled, "every event has been heard", seconds=120)
    for case in cases:
        assert levels(case) == EVERY_LEVEL
        assert all(one.fired_at >= back for one in fired(case))
        assert [title for login, title in told(case) if login == OFFICER] == ["红牌", "预警", "黄牌"]
    logs = (tmp_path / "worker.log").read_text("utf-8") + (tmp_path / "scheduler.log").read_text("utf-8")
    assert "Traceback" not in logs, logs[-3000:]


# ── Daylight of another time zone ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def new_york(own_demo: Demo, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """A process and a database whose owners live in New York, where daylight time begins on 8 March 2026."""
    connection.close()
    with psycopg.connect(server.url(own_demo.name, "superuser"), autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {own_demo.name} SET TimeZone TO 'America/New_York'")
    with psycopg.connect(server.url(own_demo.name)) as another:
        assert another.info.parameter_status("TimeZone") == "America/New_York"
    with monkeypatch.context() as its:
        its.setenv("TZ", "America/New_York")
        time.tzset()
        yield own_demo
    time.tzset()


def test_in_another_time_zone_limits_end_and_alarms_fire_on_the_city_s_days(new_york: Demo, clock: Clock) -> None:
    assert time.localtime(at(SPRING := "2026-03-08T20:00").timestamp()).tm_isdst == 1, SPRING
    clock.set("2026-03-02T00:30")  # in New York it is still Sunday, 1 March
    case = send()
    [one] = cases.case(resident(), case).clocks
    assert (one.started_on, one.due_on, one.legal_due_on) == (date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16))
    clock.set(at(RED) - timedelta(minutes=1))
    system_tick()
    assert levels(case) == EVERY_LEVEL[:2]
    clock.set(RED)
    system_tick()
    assert levels(case) == EVERY_LEVEL
    marks = {mark: row["day"] for row in fired(case)[2].arithmetic["rows"] for mark in row["marks"]}
    assert (marks["start"], marks["promised-due"], marks["fired"]) == ("2026-03-02", "2026-03-09", "2026-03-10")


def test_in_another_time_zone_pauses_and_holidays_are_days_of_the_city(new_york: Demo, clock: Clock) -> None:
    clock.set("2026-03-02T00:30")
    case, paused = send(), send()
    clock.set("2026-03-04T00:30")
    change_clock(paused, "pause")
    announce_holiday("2026-03-05", "2026-03-06")
    follow(case)
    assert (due(case), watching(case).next_alarm_at) == (date(2026, 3, 11), at("2026-03-10T00:00"))
    assert watching(paused).next_alarm_at == at("2026-06-03T00:00")
    clock.set("2026-03-09T00:30")
    change_clock(paused, "resume")
    assert due(paused) == date(2026, 3, 12)


def test_a_day_on_which_a_clock_of_another_zone_is_put_forward_lasts_as_long_as_every_other(
    new_york: Demo, clock: Clock
) -> None:
    case = send()
    yellow, red = (moment for level, moment in _alarms(case) if level != "warning")
    assert red - yellow == timedelta(days=1)
    assert yellow - at(WARNING) == timedelta(days=3)


def _alarms(case_id: UUID) -> list[tuple[str, Any]]:
    from yiwang.cases.models import Clock as CaseClock
    from yiwang.supervision.queries.clocks import find_clock
    from yiwang.supervision.queries.watches import alarms_on, watches_on

    seen = find_clock(CaseClock.objects.get(case=case_id).pk)
    [limit] = seen.stretches
    return [(str(one.level), one.moment) for one in alarms_on(watches_on("limit", LIMIT, seen.release), limit.counted)]


# ── A leap day ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_leap_day_is_counted_and_its_alarm_fires_on_it(demo: Demo, clock: Clock) -> None:
    clock.set("2028-02-23T10:00")  # a Wednesday; 24, 25, 28, 29 February, 1 March
    case = send()
    [one] = cases.case(resident(), case).clocks
    assert (one.due_on, one.legal_due_on, one.provisional) == (date(2028, 3, 1), date(2028, 3, 8), True)
    clock.set(at("2028-02-29T00:00") - timedelta(minutes=1))
    assert system_tick() == 0
    clock.set("2028-02-29T00:00")
    assert system_tick() == 1
    [warned] = fired(case)
    counted = {row["day"]: row["number"] for row in warned.arithmetic["rows"]}
    assert [counted[day] for day in ("2028-02-28", "2028-02-29", "2028-03-01")] == [3, 4, 5]
    clock.set("2028-03-02T00:00")
    system_tick()
    moments = ("2028-02-29T00:00", "2028-03-01T00:00", "2028-03-02T00:00")
    assert levels(case) == list(zip(("warning", "yellow", "red"), map(at, moments), strict=True))


def test_what_is_sent_paused_and_resumed_on_a_leap_day_keeps_what_was_left(demo: Demo, clock: Clock) -> None:
    clock.set("2028-02-29T09:00")
    case, still = send(), send()
    assert due(case) == due(still) == date(2028, 3, 7)
    clock.set("2028-02-29T10:00")
    change_clock(still, "pause")
    assert watching(still).next_alarm_at == at("2028-05-30T00:00")  # after ninety civil days
    clock.set("2028-02-29T11:00")
    change_clock(still, "resume")
    assert due(still) == date(2028, 3, 7)
    assert watching(still).next_alarm_at == watching(case).next_alarm_at == at("2028-03-06T00:00")
