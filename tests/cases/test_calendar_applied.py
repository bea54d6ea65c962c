"""A holiday that is announced late, through a whole `apply`: open limits move, and whom it concerns is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.packs import apply_packs
from support.permit import Town, write_packs

from yiwang.cases import queries
from yiwang.cases.queries.calendars import city_calendar
from yiwang.kernel.time import today
from yiwang.messaging import queries as messages
from yiwang.outbox.services import deliver_due
from yiwang.packs.queries import plan_reading, read_city

HERE = "460105"
"""The district in which the office of permits stands."""

APPLY = """
import sys
from pathlib import Path
from yiwang import settings
settings.set_up(role="owner")
from yiwang.acts.values import system
from yiwang.packs.services import apply
apply(system("tests"), [Path(sys.argv[1])])
"""


def announce(packs: Path, day: date) -> None:
    """A day off more in the calendar of its year."""
    path = packs / "base" / "calendars" / f"holidays-{day.year}.yaml"
    line = f"  - {{title: {{zh-Hans: 台风停工, en: Typhoon}}, first: {day}, last: {day}}}\n"
    path.write_text(path.read_text("utf-8").replace("off:\n", f"off:\n{line}", 1), "utf-8")


def test_a_late_holiday_moves_open_limits_and_whom_it_concerns_is_told(own_town: Town, tmp_path: Path) -> None:
    town, packs = own_town, write_packs(tmp_path / "packs")
    sent = town.send()
    town.does("qin", sent.case_id, "accept")
    done = town.send()
    town.does("qin", done.case_id, "not-accept", "不属于本机关职权")
    ended = queries.case(town.self("mei"), done.case_id).clocks
    [before] = [one for one in queries.case(town.self("mei"), sent.case_id).clocks if one.limit.id == "lic-decide"]
    deliver_due()

    announce(packs, city_calendar().add_working_days(today(), 3).date)
    assert any("counted anew" in one.detail for one in plan_reading(read_city([packs])).changes)
    apply_packs(packs)
    deliver_due()

    case = queries.case(town.self("mei"), sent.case_id)
    [after] = [one for one in case.clocks if one.limit.id == "lic-decide"]
    assert before.due_on is not None
    assert after.due_on == city_calendar().add_working_days(before.due_on, 1).date
    assert case.course[-1].code == "clock-recounted"
    assert queries.case(town.self("mei"), done.case_id).clocks == ended
    told = [one for one in messages.inbox(town.self("mei")).rows if one.title.startswith("放假安排或者服务时间有变")]
    assert len(told) == 1
    assert sent.number in told[0].body
    assert after.due_text in told[0].body


# ── A typhoon in one place ──

TYPHOON = """\
kind: calendar
id: typhoon
title: {{zh-Hans: 台风停工, en: Typhoon}}
year: {day.year}
divisions: ["{division}"]
source: 停工通告
off:
  - {{title: {{zh-Hans: 台风停工, en: Typhoon}}, first: {day}, last: {day}}}
"""


def with_local_promises(packs: Path) -> Path:
    """The packs of the town, in which the promise of a permit is counted without local days off."""
    item = packs / "stalls" / "items" / "stall-permit.yaml"
    item.write_text(item.read_text("utf-8").replace("promise: 10}", "promise: 10, calendar: local}"), "utf-8")
    return packs


def stop_work(packs: Path, division: str, day: date) -> None:
    """A day without work in one division."""
    path = packs / "small-city" / "calendars" / "typhoon.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(TYPHOON.format(division=division, day=day), "utf-8")


def promised(town: Town, case_id: UUID) -> date:
    [one] = [one for one in queries.case(town.self("mei"), case_id).clocks if one.limit.id == "lic-decide"]
    assert one.promised_due_on is not None
    return one.promised_due_on


def environment(server: Any) -> dict[str, str]:
    """Of a process that speaks to the town's own database."""
    from django.conf import settings
    from django.db import connection

    name = connection.settings_dict["NAME"]
    urls = {"YIWANG_DATABASE_URL": server.url(name, "owner"), "YIWANG_APP_DATABASE_URL": server.url(name, "app")}
    return dict(os.environ) | settings.YIWANG.as_environment() | urls


def told(town: Town) -> list[str]:
    rows = messages.inbox(town.self("mei")).rows
    return [one.body for one in rows if one.title.startswith("放假安排或者服务时间有变")]


def test_a_day_without_work_elsewhere_moves_nothing_and_one_here_moves_the_promise_alone(
    own_town: Town, tmp_path: Path
) -> None:
    town, packs = own_town, with_local_promises(write_packs(tmp_path / "packs"))
    apply_packs(packs)
    sent = town.send()
    town.does("qin", sent.case_id, "accept")
    before = promised(town, sent.case_id)
    working_day = city_calendar().add_working_days(today(), 3).date

    stop_work(packs, "469030", working_day)
    assert not [one for one in plan_reading(read_city([packs])).changes if "counted anew" in one.detail]
    apply_packs(packs)
    deliver_due()
    assert promised(town, sent.case_id) == before
    assert told(town) == []

    stop_work(packs, HERE, working_day)
    assert any("counted anew" in one.detail for one in plan_reading(read_city([packs])).changes)
    apply_packs(packs)
    deliver_due()
    assert promised(town, sent.case_id) == city_calendar().add_working_days(before, 1).date
    [message] = told(town)
    assert sent.number in message


@pytest.mark.crash
@pytest.mark.parametrize("place", ["cases.after-recounting-a-batch", "packs.before-commit", "acts.before-commit"])
def test_who_is_killed_while_counting_anew_leaves_nothing_and_nobody_is_told_twice(
    own_town: Town, server: Any, tmp_path: Path, place: str
) -> None:
    town, packs = own_town, with_local_promises(write_packs(tmp_path / "packs"))
    apply_packs(packs)
    sent = [town.send() for _ in range(3)]
    for one in sent:
        town.does("qin", one.case_id, "accept")
    before = [promised(town, one.case_id) for one in sent]
    stop_work(packs, HERE, city_calendar().add_working_days(today(), 3).date)

    died = subprocess.run(
        [sys.executable, "-c", APPLY, str(packs)],
        env=environment(server) | {"YIWANG_FAILPOINT": place},
        capture_output=True,
        timeout=120,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert [promised(town, one.case_id) for one in sent] == before
    deliver_due()
    assert told(town) == []

    apply_packs(packs)
    apply_packs(packs)
    deliver_due()
    assert len(told(town)) == 3
    assert all(promised(town, one.case_id) > day for one, day in zip(sent, before, strict=True))
