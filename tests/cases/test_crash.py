"""Kill the real worker inside each action, and the one who decides at each step: nothing is lost and nothing happens twice.

A server of its own with fsync on. `YIWANG_CRASH_SEED` repeats a run, as far as real processes repeat anything.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from yiwang.launch.postgres import Server

from .conftest import copy_packs

HERE = Path(__file__).parent
LONG = os.environ.get("YIWANG_SOAK") == "1"
LIVES = 600 if LONG else 25
SECONDS = 3600 if LONG else 900  # a busy machine is slow; an idle one needs a tenth of it

PLACES = {
    "town": ["cases.after-inside-effect", "records.after-write", "acts.before-commit", "acts.after-commit"],
    "worker": ["cases.before-outside-effect", "cases.after-outside-effect", "acts.before-commit", "acts.after-commit"],
}
CREW = [("town", "t0"), ("worker", "k0"), ("worker", "k1")]


class Crew:
    """The processes, and where each is to die next."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int) -> None:
        self.folder, self.environment = folder, environment
        self.random = random.Random(seed)
        self.running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self.armed: dict[tuple[str, str], str] = {}
        self.hits_file = folder / "hits"
        self.hits_file.touch()

    def hits(self) -> Counter[str]:
        """Deaths by role and place."""
        return Counter(self.hits_file.read_text("ascii").split("\n")[:-1])

    def start(self, role: str, name: str, place: str = "") -> None:
        environment = dict(self.environment)
        if place:
            environment |= {"YIWANG_FAILPOINT": f"{place}@{self.random.randint(1, 3)}"}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[role, name] = subprocess.Popen(
                [sys.executable, HERE / "crash_process.py", role, self.folder, name],
                env=environment,
                stdout=log,
                stderr=log,
            )
        self.armed[role, name] = place

    def arm(self, role: str, name: str) -> None:
        """Start a process that dies at a place of its role, an untried one first."""
        tried = self.hits()
        waiting = {place for (other, _), place in self.armed.items() if other == role}
        untried = [place for place in PLACES[role] if not tried[f"{role} {place}"] and place not in waiting]
        self.start(role, name, self.random.choice(untried or PLACES[role]))

    def collect(self) -> None:
        """Note who has died, and start them again. Whoever ended otherwise than by the kill fails the test."""
        for (role, name), process in list(self.running.items()):
            if (code := process.poll()) is None:
                continue
            log = (self.folder / f"{name}.log").read_text("utf-8", "replace")
            place = self.armed.pop((role, name))
            assert code == -signal.SIGKILL, f"{name} ended with {code}, armed at {place}:\n{log[-4000:]}"
            with self.hits_file.open("a", encoding="ascii") as file:
                file.write(f"{role} {place}\n")
            self.arm(role, name)

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()


@pytest.mark.crash
def test_whoever_dies_in_whatever_action_each_case_is_decided_once_and_told_once(
    server_with_fsync: Server, template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = server_with_fsync
    seed = int(os.environ.get("YIWANG_CRASH_SEED") or random.SystemRandom().randrange(10**6))
    server.create_database("town", template)
    environment = os.environ | {
        "YIWANG_DATA_DIR": str(tmp_path / "data"),
        "YIWANG_DATABASE_URL": server.url("town", "owner"),
        "YIWANG_APP_DATABASE_URL": server.url("town", "app"),
    }
    copy_packs(tmp_path / "packs")
    run(environment, "prepare", tmp_path)
    crew = Crew(tmp_path, environment, seed)
    every = {f"{role} {place}" for role, places in PLACES.items() for place in places}
    try:
        for role, name in CREW:
            crew.arm(role, name)
        live_until_all_have_died(crew, every, seed)
        crew.end()
        crew.start("worker", "k9")
        wait_for_the_last_message(server, environment, tmp_path)
    finally:
        crew.end()
    found = json.loads(run(environment, "settle", tmp_path))
    with capsys.disabled():
        sys.stdout.write(f"\nseed {seed}; deaths: {dict(sorted(crew.hits().items()))}\n")
    assert found == {"stuck": 0, "backlog": 0, "problems": []}
    with psycopg.connect(server.url("town", "owner")) as owner:
        check_everything_happened_once(owner, tmp_path)


def live_until_all_have_died(crew: Crew, every: set[str], seed: int) -> None:
    deadline = time.monotonic() + SECONDS
    answers = crew.folder / "t0"
    while not every <= set(crew.hits()) or not answers.exists() or answers.read_text("ascii").count("\n") < LIVES:
        assert time.monotonic() < deadline, f"Seed {seed}: not all have died in time: {crew.hits()}"
        crew.collect()
        time.sleep(0.05)


def wait_for_the_last_message(server: Server, environment: dict[str, str], folder: Path) -> None:
    deadline = time.monotonic() + 120
    with psycopg.connect(server.url("town", "owner"), autocommit=True) as owner:
        while True:
            [(waiting,)] = owner.execute(
                "SELECT count(*) FROM cases_task WHERE state IN ('running', 'failed')"
            ).fetchall()
            if not waiting:
                break
            assert time.monotonic() < deadline, f"{waiting} actions never returned"
            run(environment, "rescue", folder)
            time.sleep(0.5)


def check_everything_happened_once(owner: psycopg.Connection[Any], folder: Path) -> None:
    def column(statement: str) -> list[Any]:
        return [str(row[0]) for row in owner.execute(statement)]

    answered = dict(line.split() for line in (folder / "t0").read_text("ascii").splitlines())
    accepted = set(column("SELECT id FROM cases_case WHERE outcome = 'accepted'"))
    refused = set(column("SELECT id FROM cases_case WHERE outcome = 'refused'"))
    decided = accepted | refused
    assert {id for id, act in answered.items() if act == "accept"} <= accepted, (
        "an acceptance that was answered is gone"
    )
    assert {id for id, act in answered.items() if act == "refuse"} <= refused, "a refusal that was answered is gone"
    assert len(answered) >= LIVES
    assert len(column("SELECT id FROM cases_case")) == len(column("SELECT key FROM outbox_idempotencykey"))
    written = column("SELECT case_id FROM records.residence_addresses")
    assert sorted(written) == sorted(accepted), "a record was written twice, or not, or without its decision"
    titled = "SELECT case_id FROM messaging_message WHERE texts->'zh-Hans'->>'title' {} '收件回执%'"
    assert sorted(column(titled.format("NOT LIKE"))) == sorted(decided), "somebody was told twice, or not"
    cases = column("SELECT id FROM cases_case")
    assert sorted(column(titled.format("LIKE"))) == sorted(cases), "a receipt came twice, or not"
    for code in ("decided", "ended"):
        lines = column(f"SELECT case_id FROM cases_courseentry WHERE code = '{code}'")
        assert sorted(lines) == sorted(decided)
    done = column("SELECT case_id FROM cases_actionrun WHERE state = 'done'")
    assert sorted(done) == sorted(decided)
    events = column("SELECT subject FROM outbox_event WHERE type = 'case.ended.v1'")
    assert sorted(events) == sorted(decided)


def run(environment: dict[str, str], role: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, HERE / "crash_process.py", role, folder],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
