"""Whoever dies wherever in the tick: each level of each case fires once and is told once. Two ticks at once share the work."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from supervision.conftest import OFFICER, Clock, fired, send, told
from support.demo import Demo

HERE = Path(__file__).parent
CASES = 3
PLACES = [
    "supervision.after-alert",
    "supervision.after-telling",
    "supervision.after-batch-before-commit",
    "supervision.after-commit",
]


def tick(demo: Demo, clock: Clock, hits: Path, place: str = "") -> subprocess.CompletedProcess[str]:
    armed = {"YIWANG_FAILPOINT": place, "YIWANG_FAILPOINT_HITS": str(hits)} if place else {}
    return subprocess.run(
        [sys.executable, HERE / "tick_process.py", clock.path],
        env=demo.environment | armed,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.crash
def test_whoever_dies_wherever_each_alert_fires_once_and_is_told_once(
    own_demo: Demo, clock: Clock, tmp_path: Path
) -> None:
    hits = tmp_path / "hits"
    cases = [send() for _ in range(CASES)]
    clock.set("2026-04-20T09:00")
    for place in PLACES:
        died = tick(own_demo, clock, hits, f"{place}@2" if "after-alert" in place else place)
        assert died.returncode == -signal.SIGKILL, (place, died.stderr[-3000:])
    whole = tick(own_demo, clock, hits)
    assert whole.returncode == 0, whole.stderr[-3000:]
    assert Counter(line.split()[0] for line in hits.read_text("ascii").splitlines())["supervision.after-alert"] == 2
    for case in cases:
        assert [one.level for one in fired(case)] == ["warning", "yellow", "red"]
        assert Counter(login for login, _ in told(case))[OFFICER] == 3
        assert len(told(case)) == 7


def test_two_ticks_at_once_share_the_work_and_repeat_none(own_demo: Demo, clock: Clock) -> None:
    from django.db import connections

    from yiwang.supervision.services import system_tick

    cases = [send() for _ in range(8)]
    clock.set("2026-04-20T09:00")
    taken: list[int] = []

    def run() -> None:
        taken.append(system_tick())
        connections.close_all()

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(taken) == len(cases)
    assert all(len(fired(case)) == 3 for case in cases)


def test_the_worker_hears_of_a_clock_and_the_watching_is_there(own_demo: Demo, clock: Clock) -> None:
    from supervision.conftest import ITEM, WARNING, at, decide, resident, watching

    from yiwang.cases import queries, services
    from yiwang.outbox.services import deliver_due
    from yiwang.supervision.models import Watching

    actor: Any = resident()
    answers = {
        "residence.address": {"place": own_demo.village("海秀街道"), "detail": "金盘路30号"},
        "residence.since": "2026-02-01",
        "residence.phone": "13807491234",
    }
    digest = queries.form_for(actor, ITEM).digest
    case = services.submit(actor, ITEM, answers, idempotency_key="k", form_digest=digest).case_id
    assert not Watching.objects.exists()
    deliver_due()
    assert watching(case).next_alarm_at == at(WARNING)
    decide(case)
    deliver_due()
    assert watching(case).closed_at is not None
