"""Alerts by the thousand in one instant: each fires once and is told once, and whoever supervises can still read them.

A few real cases are copied set-wise, so that all their clocks come to the same instant; then the real tick runs in two processes at once.
`make soak SUITE=alerts` runs the long form: 10⁵ alerts of one minute.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from supervision.conftest import CITY_SUPERVISOR, WARNING, Clock, at, officer, send
from support.demo import Demo

from bench.growing import grow, units_at_work
from yiwang.launch.postgres import Server
from yiwang.supervision import queries
from yiwang.supervision.checks import stuck_watchings
from yiwang.supervision.values import AlertFilter, AlertLine, Level

HERE = Path(__file__).parent
LONG = os.environ.get("YIWANG_SOAK") == "1"
CLOCKS = 100_000 if LONG else 2_000
SENT = 10
PAGE = 200


@pytest.fixture
def flooded(own_demo: Demo, server: Server, clock: Clock) -> Iterator[psycopg.Connection[Any]]:
    """A city in which so many limits come to their warning in one instant, which is now; asked as the database's superuser."""
    for _ in range(SENT):
        send()
    connections.close_all()
    url = server.url(own_demo.name, "superuser")
    with psycopg.connect(url, autocommit=True) as found:
        idle = "SELECT id FROM identity_unit WHERE NOT id = ANY(%s)"
        assert grow(url, CLOCKS, [id for (id,) in found.execute(idle, [units_at_work(url)])]) == CLOCKS
        clock.set(WARNING)
        yield found


def run_ticks(demo: Demo, clock: Clock, processes: int) -> list[list[tuple[int, float]]]:
    """Turns of so many schedulers at once, until nothing is due: how many each turn took, and its seconds."""
    command = [sys.executable, HERE / "tick_process.py", clock.path]
    running = [
        subprocess.Popen(command, env=demo.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    told = [one.communicate() for one in running]
    assert [(one.returncode, errors) for one, (_, errors) in zip(running, told, strict=True)] == [(0, "")] * processes
    return [json.loads(out) for out, _ in told]


def test_so_many_alerts_in_one_instant_fire_once_each_and_are_told_once_each(
    own_demo: Demo, flooded: psycopg.Connection[Any], clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = run_ticks(own_demo, clock, processes=2)
    with capsys.disabled():
        sys.stdout.write("".join(f"\n{number}: {_rates(each)}" for number, each in enumerate(turns)))
    assert sum(taken for each in turns for taken, _ in each) == CLOCKS

    def count(what: str) -> Any:
        return flooded.execute(f"SELECT {what}").fetchone()

    assert count("count(*), count(DISTINCT clock_id) FROM supervision_alert") == (CLOCKS, CLOCKS)
    [same] = flooded.execute("SELECT DISTINCT level, moment FROM supervision_alert").fetchall()
    assert same == ("warning", at(WARNING))
    assert count("count(*), count(DISTINCT subject) FROM outbox_event WHERE type = 'alert.fired.v1'") == (
        CLOCKS,
        CLOCKS,
    )
    of_each = "SELECT count(*) AS told FROM messaging_message WHERE key LIKE 'alert:%' GROUP BY split_part(key, ':', 2)"
    [(told, alerts)] = flooded.execute(f"SELECT told, count(*) FROM ({of_each}) AS one GROUP BY told").fetchall()
    assert (told > 0, alerts) == (True, CLOCKS)
    assert count("count(*), max(failures) FROM supervision_watching WHERE next_level = 'yellow'") == (CLOCKS, 0)
    assert count("count(*) FROM outbox_failure") == (0,)
    assert all(one.is_well for one in stuck_watchings())
    check_pages()


def check_pages() -> None:
    """Every alert stands once on the supervisor's pages, the latest first, and no page asks more than another."""
    seen: list[AlertLine] = []
    asked: set[int] = set()
    cursor: str | None = ""
    while cursor is not None:
        with CaptureQueriesContext(connection) as statements:
            page = queries.list_alerts(officer(CITY_SUPERVISOR), cursor=cursor, limit=PAGE)
        asked.add(len(statements))
        seen += page.rows
        cursor = page.next
        assert len(page.rows) == PAGE
        assert page.counts.by_level[Level.WARNING] == CLOCKS
    assert len(seen) == CLOCKS
    assert all(later.id > earlier.id for later, earlier in pairwise(seen))
    assert len(asked) <= 2, asked  # the first page has no cursor
    narrowed = queries.list_alerts(officer(CITY_SUPERVISOR), AlertFilter(level="red"))
    assert (narrowed.rows, narrowed.next) == ((), None)


def _rates(turns: list[tuple[int, float]]) -> str:
    return ", ".join(f"{taken} in {seconds:.0f} s" for taken, seconds in turns if taken)
