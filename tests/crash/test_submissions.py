"""The whole platform over HTTP: people send forms and decide cases while web, worker, scheduler and database die, at every named place
and at random. What was answered is there, and nothing happened twice.

`make soak SUITE=crash` sends 5,000 forms; the short form some dozens, and dies at every place once.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from support.waiting import eventually

from yiwang.launch.postgres import Server

LONG = os.environ.get("YIWANG_SOAK") == "1"
FORMS = 5_000 if LONG else 60
SECONDS = 3 * 3600 if LONG else 300
DATABASE_EVERY = 40 if LONG else 8  # deaths of others
PASSWORD = "Yiwang-demo-2026"
ITEM = "address-statement"
SENDERS = [("lin.xiuying", "460105002004"), ("chen.dawen", "460105001001")] * 2
OFFICERS = ["wu.qing", "fu.hai"]

PLACES = {
    "web": ["acts.before-commit", "acts.after-commit", "cases.after-inside-effect", "records.after-write"],
    "worker": [
        "cases.before-outside-effect",
        "cases.after-outside-effect",
        "acts.before-commit",
        "outbox.between-read-and-effect",
        "outbox.after-effect-before-commit",
        "outbox.after-commit",
    ],
    "scheduler": ["audit.between-read-and-leaf", "audit.before-head", "audit.before-commit", "audit.after-commit"],
}
LATEST_VISIT = {"web": 15, "worker": 12, "scheduler": 2}


class Person:
    """Somebody who is signed in, asks again until answered, and never sends the same thing under two keys."""

    def __init__(self, port: int, login: str, *, in_post: bool) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.token = self.ask("GET", "/api/v1/session")["csrf_token"]
        session = self.ask("POST", "/api/v1/session", {"login": login, "password": PASSWORD})
        self.token = session["csrf_token"]
        if in_post:
            [post] = [one["post"]["id"] for one in session["capacities"] if one["post"]]
            chosen = {"capacity": "post", "post_id": post}
            self.token = self.ask("PUT", "/api/v1/session/capacity", chosen)["csrf_token"]

    def close(self) -> None:
        self.connection.close()

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The answer's JSON; None when somebody else was faster (409). Whatever dies meanwhile, the same is asked again."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/json", "X-CSRFToken": self.token}
        if key:
            headers["Idempotency-Key"] = key
        status, text = 0, b""

        def answered() -> bool:
            nonlocal status, text
            try:
                self.connection.request(method, path, None if body is None else json.dumps(body), headers)
                answer = self.connection.getresponse()
                text = answer.read()
            except (OSError, HTTPException):
                self.connection.close()
                return False
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    said, _, rest = value.partition("=")
                    self.cookies[said] = rest.partition(";")[0]
            status = answer.status
            return status < 500

        eventually(answered, f"an answer to {method} {path}", seconds=120)
        if status == 409:
            return None
        assert status < 400, f"{method} {path}: {status} {text[:500].decode()}"
        return json.loads(text) if text else None


class People:
    """Residents who send forms and officers who decide them, each in a thread, until there is enough."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.enough, self.all_decided = threading.Event(), threading.Event()
        self.acknowledged: dict[str, str] = {}
        """Idempotency key → case number, as answered."""
        self.pool = ThreadPoolExecutor(len(SENDERS) + len(OFFICERS))
        self.work: list[Future[None]] = [self.pool.submit(self._send, *one) for one in SENDERS]
        self.work += [self.pool.submit(self._decide, one) for one in OFFICERS]

    def gave_up(self) -> bool:
        """Whether somebody met what he did not expect; `stop` raises it."""
        return any(one.done() and one.exception() for one in self.work)

    def _send(self, login: str, place: str) -> None:
        with closing(Person(self.port, login, in_post=False)) as resident:
            digest = resident.ask("GET", f"/api/v1/items/{ITEM}/form")["digest"]
            values = {
                "residence.address": {"place": place, "detail": "金盘路30号5栋1202室"},
                "residence.since": "2026-03-01",
                "residence.phone": "13807491234",
            }
            sent = {"values": values, "form_digest": digest}
            while not self.enough.is_set():
                key = str(uuid4())
                receipt = resident.ask("POST", f"/api/v1/items/{ITEM}/cases", sent, key=key)
                if receipt is not None:  # None: the two forms of this person were sent in the same instant
                    self.acknowledged[key] = receipt["number"]

    def _decide(self, login: str) -> None:
        with closing(Person(self.port, login, in_post=True)) as officer:
            while not self.all_decided.is_set():
                for task in officer.ask("GET", "/api/v1/tasks?limit=20")["rows"]:
                    case = officer.ask("GET", f"/api/v1/cases/{task['case_id']}")
                    officer.ask("POST", f"/api/v1/tasks/{task['id']}", {"act": "accept", "version": case["version"]})

    def stop(self) -> None:
        """Ask all to end; everybody finishes what he has begun. Raises what somebody did not expect."""
        self.enough.set()
        self.all_decided.set()
        for one in self.work:
            one.result(180)
        self.pool.shutdown()


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """As a machine that goes down: a process of web that was just begun would not notice that its server is gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Crew:
    """The platform's own processes, each armed with the place at which it is to die, and what has died so far."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int) -> None:
        self.folder, self.environment, self.random = folder, environment, random.Random(seed)
        self.hits_file = folder / "hits"
        self.hits_file.touch()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.armed: dict[str, tuple[str, int]] = {}
        self.deaths: Counter[tuple[str, str]] = Counter()
        self.seen = 0

    def start(self, role: str, place: str = "", visit: int = 1) -> None:
        environment = dict(self.environment)
        if place:
            environment |= {"YIWANG_FAILPOINT": f"{place}@{visit}", "YIWANG_FAILPOINT_HITS": str(self.hits_file)}
            self.armed[role] = place, visit
        with (self.folder / f"{role}.log").open("ab") as log:
            self.running[role] = subprocess.Popen(
                [sys.executable, "-m", "yiwang.cli", role],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def arm(self, role: str) -> None:
        """Start it with a place of its own: one at which nobody has died yet, if there is one."""
        untried = [place for place in PLACES[role] if not self.deaths[role, place]]
        self.start(role, self.random.choice(untried or PLACES[role]), self.random.randint(1, LATEST_VISIT[role]))

    def collect(self) -> None:
        """Note who has died at his place, and start him again. Of web, the server that stands over its processes is killed then."""
        for role, process in list(self.running.items()):
            place, visit = self.armed[role]
            if role == "web":
                if self._deaths_at(place, visit) == 0:
                    assert process.poll() is None, self._log(role)
                    continue
                kill_with_children(process)
                process.wait()
            elif process.poll() is None:
                continue
            elif process.returncode == 0:  # the database was killed, and it ended in order
                self.arm(role)
                continue
            else:
                assert process.returncode == -signal.SIGKILL, self._log(role)
            self.deaths[role, place] += 1
            self.seen = len(self.hits_file.read_text("ascii").splitlines())
            self.arm(role)

    def _deaths_at(self, place: str, visit: int) -> int:
        """Processes of web that have come to their last visit since it was armed."""
        new = self.hits_file.read_text("ascii").splitlines()[self.seen :]
        others = {str(one.pid) for one in self.running.values()}
        visits = Counter(line for line in new if line.split()[0] == place and line.split()[1] not in others)
        return sum(count >= visit for count in visits.values())

    def _log(self, role: str) -> str:
        return f"{role} ended with {self.running[role].poll()}:\n" + (self.folder / f"{role}.log").read_text()[-4000:]

    def end(self) -> None:
        for process in self.running.values():
            kill_with_children(process)
            process.wait()
        self.running.clear()


@pytest.fixture
def city_with_fsync(server_with_fsync: Server, template: str, tmp_path: Path) -> tuple[Server, dict[str, str]]:
    server = server_with_fsync
    server.create_database("trial", template)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "data" / "demo").touch()
    environment = os.environ | {
        "YIWANG_DATA_DIR": str(tmp_path / "data"),
        "YIWANG_DATABASE_URL": server.url("trial", "owner"),
        "YIWANG_APP_DATABASE_URL": server.url("trial", "app"),
        "YIWANG_DEMO": "true",
        "YIWANG_SIZE": "tiny",
        "YIWANG_PORT": str(port),
        "YIWANG_WEB_WORKERS": "2",
        "YIWANG_LOG_LEVEL": "ERROR",
        "YIWANG_SUPERVISOR": str(os.getpid()),
    }
    done = subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "prepare"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return server, environment


@pytest.mark.crash
def test_what_was_answered_is_there_and_nothing_happened_twice(
    city_with_fsync: tuple[Server, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server, environment = city_with_fsync
    seed = int(os.environ.get("YIWANG_CRASH_SEED") or random.SystemRandom().randrange(10**6))
    crew = Crew(tmp_path, environment, seed)
    try:
        for role in PLACES:
            crew.arm(role)
        people = People(int(environment["YIWANG_PORT"]))
        try:
            killed = until_enough_was_sent(crew, people, server)
            people.enough.set()
            crew.end()
            for role in PLACES:
                crew.start(role)
            with psycopg.connect(server.url("trial", "superuser"), autocommit=True) as looking:
                eventually(lambda: people.gave_up() or is_settled(looking), "every case ended", seconds=SECONDS)
        finally:
            people.stop()
    finally:
        crew.end()
    with capsys.disabled():
        deaths = ", ".join(f"{role} at {place} {count}" for (role, place), count in sorted(crew.deaths.items()))
        sys.stdout.write(f"\nseed {seed}; {len(people.acknowledged)} forms; {deaths}; database {killed}\n")
    with psycopg.connect(server.url("trial", "superuser"), autocommit=True) as looking:
        check_everything_happened_once(looking, people.acknowledged)
    verified = subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "audit", "verify"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def until_enough_was_sent(crew: Crew, people: People, server: Server) -> int:
    """Let them die until everybody has died everywhere and enough was sent; return how often the database was killed."""
    every_place = {(role, place) for role, places in PLACES.items() for place in places}
    killed = 0

    def enough() -> bool:
        nonlocal killed
        crew.collect()
        if crew.deaths.total() >= DATABASE_EVERY * (killed + 1):
            os.kill(server.process_id(), signal.SIGKILL)
            server.start()
            killed += 1
        died = every_place <= set(crew.deaths) and killed > 0
        return people.gave_up() or (died and len(people.acknowledged) >= FORMS)

    eventually(enough, f"enough forms and deaths: {crew.deaths}", seconds=SECONDS)
    return killed


def is_settled(looking: psycopg.Connection[Any]) -> bool:
    [[waiting]] = looking.execute(
        "SELECT (SELECT count(*) FROM cases_case WHERE ended_at IS NULL) + (SELECT count(*) FROM cases_actionrun WHERE state = 'pending')"
        " + (SELECT count(*) FROM outbox_failure) + (SELECT count(*) FROM outbox_event e, outbox_subscription s WHERE e.id > s.position"
        " AND e.type = 'case.clock-stopped.v1' AND s.name LIKE 'supervision.%')"
    ).fetchall()
    return bool(waiting == 0)


def check_everything_happened_once(looking: psycopg.Connection[Any], acknowledged: dict[str, str]) -> None:
    def column(statement: str) -> list[Any]:
        return [row[0] for row in looking.execute(statement)]

    numbers = column("SELECT number FROM cases_case")
    assert set(acknowledged.values()) <= set(numbers), "a case that was acknowledged is gone"
    assert len(set(acknowledged.values())) == len(acknowledged), "two forms have one case"
    kept = dict(looking.execute("SELECT key, result->>'number' FROM outbox_idempotencykey").fetchall())
    assert kept == kept | acknowledged, "a form has another case than was answered"
    assert sorted(kept.values()) == sorted(numbers), "a form made two cases, or none"
    each = (
        "SELECT max(n), min(n) FROM (SELECT count({of}) AS n FROM cases_case c LEFT JOIN {rows} GROUP BY c.id) counted"
    )
    once = {
        "record": "records.residence_addresses r ON r.case_id = c.id",
        "receipt": "messaging_message r ON r.case_id = c.id AND r.texts->'zh-Hans'->>'title' LIKE '收件回执%'",
        "message": "messaging_message r ON r.case_id = c.id AND r.texts->'zh-Hans'->>'title' NOT LIKE '收件回执%'",
        "decision": "cases_courseentry r ON r.case_id = c.id AND r.code = 'decided'",
        "end": "outbox_event r ON r.subject = c.id::text AND r.type = 'case.ended.v1'",
        "beginning": "outbox_event r ON r.subject = c.id::text AND r.type = 'case.submitted.v1'",
        "clock": "cases_clock r ON r.case_id = c.id",
        "watching": "supervision_watching r ON r.case_id = c.id",
    }
    counted = {
        name: looking.execute(each.format(of="r.case_id" if "event" not in rows else "r.id", rows=rows)).fetchone()
        for name, rows in once.items()
    }
    assert counted == dict.fromkeys(once, (1, 1))
    by_action = dict(
        looking.execute("SELECT action, count(*) FROM audit_entry WHERE outcome = 'done' GROUP BY action").fetchall()
    )
    assert by_action["case.submit"] == len(numbers)
    assert by_action["task.decide"] == len(numbers)
    [[astray]] = looking.execute(
        "SELECT count(*) FROM cases_taskunit u JOIN cases_task t ON t.id = u.task_id WHERE u.waits = (t.state IN ('done', 'closed'))"
    ).fetchall()
    assert astray == 0, "something lies on a desk that is done, or does not that waits"
