"""Nothing is lost in a crash and nothing happens twice.

Real writers, workers and a scheduler run against a server of their own with fsync on. Each is armed to kill itself at a named
place, drawn by seed, dies, is started again and armed anew; in between the server itself is killed. In the end every change
that was answered is there once, every event took effect once and in order, and the audit log verifies.

`make soak SUITE=crash` runs the long form. `YIWANG_CRASH_SEED` repeats a run, as far as real processes repeat anything.
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

HERE = Path(__file__).parent
LONG = os.environ.get("YIWANG_SOAK") == "1"
DEATHS = 400 if LONG else 14
SECONDS = 3600 if LONG else 240
SERVER_DEATHS = 12 if LONG else 1

PLACES = {
    "writer": ["acts.before-commit", "acts.after-commit"],
    "worker": [
        "acts.before-commit",
        "outbox.between-read-and-effect",
        "outbox.after-effect-before-commit",
        "outbox.after-commit",
    ],
    "scheduler": ["audit.between-read-and-leaf", "audit.before-head", "audit.before-commit", "audit.after-commit"],
}
LATEST_VISIT = {"writer": 40, "worker": 25, "scheduler": 2}  # the scheduler comes by once a second
CREW = [("writer", "w0"), ("writer", "w1"), ("worker", "k0"), ("worker", "k1"), ("scheduler", "s0")]


def every_place() -> set[str]:
    return {place for places in PLACES.values() for place in places}


class Crew:
    """The processes, and how each of them is to die next."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int) -> None:
        self.folder, self.environment = folder, environment
        self.random = random.Random(seed)
        self.running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self.armed: dict[tuple[str, str], str] = {}
        self.deaths: Counter[str] = Counter()
        self.without_server: set[tuple[str, str]] = set()  # who ran when the server was killed
        self.hits_file = folder / "hits"
        self.hits_file.touch()

    def hits(self) -> Counter[str]:
        return Counter(line.split()[0] for line in self.hits_file.read_text("ascii").splitlines())

    def start(self, role: str, name: str, place: str = "", visit: int = 1) -> subprocess.Popen[bytes]:
        environment = self.environment | {"YIWANG_FAILPOINT_HITS": str(self.hits_file)}
        if place:
            environment["YIWANG_FAILPOINT"] = f"{place}@{visit}"
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, HERE / "process.py", role, self.folder, name], env=environment, stdout=log, stderr=log
            )
        self.running[role, name], self.armed[role, name] = process, place
        self.without_server.discard((role, name))
        return process

    def arm(self, role: str, name: str) -> None:
        """Start a process that will die at a place of its role: one not yet tried by anybody, if there is one."""
        known = self.deaths + Counter(self.armed.values())
        untried = [place for place in PLACES[role] if not known[place]]
        place = self.random.choice(untried or PLACES[role])
        self.start(role, name, place, self.random.randint(1, LATEST_VISIT[role]))

    def collect(self) -> None:
        """Note who has died, and start them again, as the supervisor does.

        Whoever ended otherwise than by the kill fails the test; but a worker whose server was killed may give up in order.
        """
        for (role, name), process in list(self.running.items()):
            if (code := process.poll()) is None:
                continue
            if code == 0 and role == "worker" and (role, name) in self.without_server:
                self.arm(role, name)
                continue
            log = (self.folder / f"{name}.log").read_text("utf-8", "replace")
            assert code == -signal.SIGKILL, (
                f"{name} ended with {code}, armed at {self.armed[role, name]}:\n{log[-4000:]}"
            )
            self.deaths[self.armed[role, name]] += 1
            self.arm(role, name)

    def stop(self) -> None:
        """Ask everybody to end, in order; whoever reaches his place meanwhile dies there."""
        for process in self.running.values():
            process.terminate()
        for (_, name), process in self.running.items():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(f"{name} did not end when asked to.") from None

    def kill(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@pytest.mark.crash
def test_whoever_dies_wherever_nothing_is_lost_and_nothing_happens_twice(
    server_with_fsync: Server, template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = server_with_fsync
    seed = int(os.environ.get("YIWANG_CRASH_SEED") or random.SystemRandom().randrange(10**6))
    server.create_database("trial", template)
    environment = os.environ | {
        "YIWANG_DATA_DIR": str(tmp_path / "data"),
        "YIWANG_DATABASE_URL": server.url("trial", "owner"),
        "YIWANG_APP_DATABASE_URL": server.url("trial", "app"),
    }
    run(environment, "prepare")
    crew = Crew(tmp_path, environment, seed)
    try:
        work_until_enough_have_died(crew, server, seed)
        crew.stop()
    finally:
        crew.kill()
    found = json.loads(run(environment, "settle"))
    with capsys.disabled():
        hits = crew.hits()
        counts = ", ".join(f"{place} {hits[place]}/{crew.deaths[place]}" for place in sorted(every_place()))
        sys.stdout.write(f"\nseed {seed}; hits/deaths: {counts}; {found['entries']} audit entries\n")

    assert every_place() <= set(crew.deaths)
    assert (found["settled"], found["parked"], found["problems"], found["backlog"]) == (True, [], [], 0)
    with psycopg.connect(server.url("trial", "owner")) as owner:
        check_everything_happened_once(owner, tmp_path, found["entries"])


def work_until_enough_have_died(crew: Crew, server: Server, seed: int) -> None:
    server_dies_at = sorted(crew.random.sample(range(2, DEATHS), SERVER_DEATHS))
    for role, name in CREW:
        crew.arm(role, name)
    deadline = time.monotonic() + SECONDS
    while crew.deaths.total() < DEATHS or not every_place() <= set(crew.deaths):
        assert time.monotonic() < deadline, f"Seed {seed}: too few deaths in time: {crew.deaths}"
        crew.collect()
        if server_dies_at and crew.deaths.total() >= server_dies_at[0]:
            server_dies_at.pop(0)
            os.kill(server.process_id(), signal.SIGKILL)
            crew.without_server.update(crew.running)
            server.start()
        time.sleep(0.05)


def check_everything_happened_once(owner: psycopg.Connection[Any], folder: Path, entries: int) -> None:
    def column(statement: str) -> list[Any]:
        return [row[0] for row in owner.execute(statement)]

    answered = {key for _, name in CREW[:2] for key in (folder / name).read_text("ascii").split()}
    changes = column("SELECT key FROM trial_change")
    assert len(answered) > DEATHS
    assert answered <= set(changes), "a change that was answered is gone"
    assert len(changes) == len(set(changes)), "a change happened twice"
    assert sorted(changes) == sorted(column("SELECT key FROM outbox_idempotencykey"))

    told = column("SELECT id FROM outbox_event WHERE type = 'trial.changed.v1' ORDER BY id")
    assert sorted(changes) == sorted(column("SELECT data->>'key' FROM outbox_event WHERE type = 'trial.changed.v1'"))
    assert told == sorted(column("SELECT position FROM trial_effect WHERE subscriber = 'first'"))
    reactions = column("SELECT id FROM outbox_event WHERE type = 'trial.reacted.v1' ORDER BY id")
    assert told == sorted(int(cause) for cause in column("SELECT cause FROM trial_effect WHERE subscriber = 'second'"))
    assert reactions == sorted(column("SELECT position FROM trial_effect WHERE subscriber = 'second'"))
    assert len(told) + len(reactions) == column("SELECT count(*) FROM outbox_delivery")[0]
    disorder = column(
        "SELECT line FROM (SELECT line, position, max(position) OVER (PARTITION BY subscriber, subject ORDER BY line "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM trial_effect) AS seen WHERE position < before"
    )
    assert disorder == [], "events of one subject came out of order"
    by_action = dict(owner.execute("SELECT action, count(*) FROM audit_entry GROUP BY action").fetchall())
    assert by_action.pop("trial.change") == len(changes)
    assert by_action.pop("trial.react") == len(told)
    assert entries == len(changes) + len(told) + sum(by_action.values())  # the platform's own, at their hours


def run(environment: dict[str, str], role: str) -> str:
    done = subprocess.run(
        [sys.executable, HERE / "process.py", role], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
