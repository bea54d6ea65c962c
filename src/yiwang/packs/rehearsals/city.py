"""A city of its own for rehearsals: its database a clone, its processes real, its time movable, and nothing of it left afterwards.

Migrations, packs and samples are laid down once in a template database, which is kept as long as neither they nor the
program change. Each story gets a fresh clone of it.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import time as machine_time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from yiwang.kernel import time
from yiwang.launch.configuration import DEMO_MARK, Configuration
from yiwang.launch.folder import hold
from yiwang.launch.postgres import Server
from yiwang.packs.rehearsals.player import NotSettled
from yiwang.packs.values import CannotPlay

__all__ = ["CityFault", "OwnCity", "own_city"]

BUILDING = "rehearsal_building"
CHANGED = "rehearsal_changed"
PROCESSES = ("web", "worker", "scheduler")
SUPERVISOR = "YIWANG_SUPERVISOR"  # a child ends with the process of this id
FIRST_ANSWER_SECONDS = 120.0
SETTLE_SECONDS = 60.0
SOON = timedelta(seconds=30)  # the first attempt after one that failed is made within this
OFTEN_SECONDS = 10.0  # duties that come round more often than this need no help after a move of time

Say = Callable[[str], None]


class CityFault(CannotPlay):
    """The city could not be made or does not answer; the message says why and where to look."""


class OwnCity:
    """What the player needs of a city. Made by `own_city`."""

    def __init__(self, server: Server, settings: Configuration, template: str) -> None:
        self.root = settings.address
        self._server = server
        self._settings = settings
        self._folder = settings.data_dir
        self._database = settings.database_name
        self._laid_down = self._template = template
        self._environment = _environment(settings)
        self._nursery: Nursery | None = None

    # ── Processes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def renew(self) -> None:
        """Begin anew: the template's database, machine time, and processes that remember nothing of the city before."""
        if self._nursery is not None:
            self._nursery.stop(*PROCESSES)
        _forget_city()
        _back_to_machine_time(self._folder)
        self._server.drop_database(self._database)
        self._server.create_database(self._database, self._template)
        if self._nursery is None:
            self._nursery = Nursery(self._environment, self._folder)
        self._nursery.start(*PROCESSES)
        self._wait_for_pages()

    def change_packs(self, folders: tuple[Path, ...]) -> None:
        """From the next renewal on, let the city stand under the packs in `folders`, as a release after that of its template.

        Raises CityFault when they cannot be applied.
        """
        changed = self._settings.model_copy(update={"packs_dirs": folders})
        self._server.drop_database(CHANGED)
        self._server.create_database(CHANGED, self._laid_down)
        _prepare(changed, CHANGED)
        self._template, self._environment = CHANGED, _environment(changed)
        self._end_processes()

    def _end_processes(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def close(self) -> None:
        """End every process and drop the clone."""
        self._end_processes()
        _forget_city()
        self._server.drop_database(self._database)

    def _wait_for_pages(self) -> None:
        deadline = machine_time.monotonic() + FIRST_ANSWER_SECONDS
        said = ""
        while machine_time.monotonic() < deadline:
            if ended := self._ended():
                raise CityFault(ended)
            said = self._health()
            if not said:
                return
            machine_time.sleep(0.05)
        raise CityFault(
            f"The pages have not answered within {FIRST_ANSWER_SECONDS:.0f} s ({said}). {self._end_of_log('web')}"
        )

    def _ended(self) -> str:
        """What is to be said of processes that ended by themselves; empty when none did."""
        codes = {} if self._nursery is None else self._nursery.ended()
        return " ".join(f"{name} ended with code {code}. {self._end_of_log(name)}" for name, code in codes.items())

    def _health(self) -> str:
        host, _, port = self.root.removeprefix("http://").partition(":")
        with contextlib.closing(HTTPConnection(host, int(port), timeout=10)) as connection:
            try:
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                text = answer.read().decode("utf-8", "replace")
            except OSError as fault:
                return repr(fault)
        return "" if answer.status == 200 else f"{answer.status} {text[:200]}"

    def _end_of_log(self, name: str) -> str:
        log = self._folder / f"{name}.log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        return "\n".join([f"The end of {log}:", *lines[-15:]])

    # ── What the player asks ────────────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> None:
        deadline = machine_time.monotonic() + SETTLE_SECONDS
        pause = 0.01
        while left := _left():
            if ended := self._ended():
                raise NotSettled(ended)
            if machine_time.monotonic() > deadline:
                raise NotSettled(f"After {SETTLE_SECONDS:.0f} s this is still to be done: {'; '.join(left)}.")
            machine_time.sleep(pause)
            pause = min(0.2, pause * 1.5)

    def move_time(self, to: datetime) -> None:
        from yiwang.kernel.periodic import all_periodic

        try:
            time.move_to(to)
        except time.TimeCannotGoBack as fault:
            raise NotSettled(str(fault)) from fault
        for duty in all_periodic():  # at once, not when its turn comes: a story does not wait for minutes
            if duty.every.total_seconds() >= OFTEN_SECONDS:
                duty.function()

    def load_sample(self, name: str, rows: list[dict[str, str]]) -> None:
        from django.db import transaction

        from yiwang.kernel.samples import SampleFile, all_sample_loaders

        loaders = {loader.name: loader for loader in all_sample_loaders()}
        if name not in loaders:
            raise NotSettled(f"There is no sample loader “{name}”. There is {', '.join(loaders)}.")
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
        table.writeheader()
        table.writerows(rows)
        path = Path("rehearsal", "sample", f"{name}.csv")
        with transaction.atomic():
            loaders[name].load(SampleFile("rehearsal", name, path, text.getvalue().encode(), lambda done, of: None))

    def audit_faults(self) -> list[str]:
        from yiwang.audit import queries

        report = queries.verify()
        return [f"audit entry {one.number}: {one.message}" for one in report.problems]

    def work_left(self) -> list[str]:
        from procrastinate.contrib.django.models import ProcrastinateJob

        from yiwang.cases.queries import system_list_stuck
        from yiwang.outbox.queries import list_parked

        failed = ProcrastinateJob.objects.filter(status="failed").values_list("task_name", flat=True)
        return [
            *(f"the job {name} failed" for name in failed),
            *(f"{one.subscriber} could not take {one.type}: {one.error}" for one in list_parked()),
            *(
                f"{one.action or 'a task'} of case {one.case_number} is {one.state}: {one.error}"
                for one in system_list_stuck()
            ),
        ]


class Nursery:
    """A process in which everything is loaded once, and from which the processes of each story are begun (`yiwang nursery`)."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._log = folder / "nursery.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "yiwang.cli", "nursery"],
                env={**environment, SUPERVISOR: str(os.getpid())},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self, *names: str) -> None:
        """Begin processes."""
        self._ask(f"start {' '.join(names)}")

    def stop(self, *names: str) -> None:
        """End processes; those that are not there are ended already."""
        self._ask(f"stop {' '.join(names)}")

    def ended(self) -> Mapping[str, int]:
        """Those that ended by themselves, with their exit codes."""
        found: dict[str, int] = json.loads(self._ask("ended"))
        return found

    def close(self) -> None:
        """End it, and all that it began."""
        with suppress(BrokenPipeError):  # it has ended already
            self._process.communicate(timeout=FIRST_ANSWER_SECONDS)

    def _ask(self, line: str) -> str:
        asks, answers = self._process.stdin, self._process.stdout
        if asks is None or answers is None:
            raise TypeError("The nursery was begun without pipes.")
        try:
            asks.write(f"{line}\n")
            asks.flush()
            answer = answers.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise CityFault(f"The processes of the city ended. See {self._log}.")
        return answer.strip()


def _left() -> list[str]:
    """What is still to be done, in one snapshot: else an event that makes a job could be overlooked on both sides."""
    from django.db import connection, transaction

    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return [*_undelivered(), *_due_jobs()]


def _undelivered() -> list[str]:
    from yiwang.outbox.queries import lag

    return [
        f"{one.subscriber} has {one.waiting + one.retrying} events to take"
        for one in lag()
        if one.waiting or one.retrying
    ]


def _due_jobs() -> list[str]:
    """Jobs that are due, soon or under way, and those that failed and wait for another attempt."""
    from django.db.models import Q
    from procrastinate.contrib.django.models import ProcrastinateJob

    waiting = Q(status="todo") & (
        Q(scheduled_at__isnull=True) | Q(scheduled_at__lte=time.machine_now() + SOON) | Q(attempts__gt=0)
    )
    found = ProcrastinateJob.objects.filter(Q(status="doing") | waiting).exclude(queueing_lock="acts.rescue-stalled")
    return [f"the job {one.task_name} is {one.status} ({one.attempts} attempts)" for one in found[:10]]


def _forget_city() -> None:
    """What this process knows of the city that goes: connections, and which number is which release there."""
    from django.db import connections

    from yiwang.acts.queries import forget_releases

    connections.close_all()
    forget_releases()


# ── Making it ───────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def own_city(settings: Configuration, say: Say) -> Iterator[OwnCity]:
    """Have a city of its own for the time of the block. Django of this process is set up with the same settings.

    settings: those of `launch.rehearsal`. Raises CityFault, ServerFault, FolderHeld.
    """
    folder = settings.data_dir
    with ExitStack() as stack:
        stack.enter_context(hold(folder, "yiwang rehearse"))
        (folder / DEMO_MARK).write_text("This folder holds an invented city (yiwang rehearse).\n", "utf-8")
        server = Server(folder, settings.postgres_binaries, fsync=False)
        server.start()
        stack.callback(server.stop)
        city = OwnCity(server, settings, _template(settings, server, say))
        stack.callback(city.close)
        yield city


def _environment(configuration: Configuration) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YIWANG_")}
    return kept | configuration.as_environment()


def _template(settings: Configuration, server: Server, say: Say) -> str:
    """The name of the database with tables, packs and samples; made when there is none of this program and these packs."""
    name = f"rehearsal_template_{_digest(settings)}"
    if server.has_database(name):
        return name
    began = machine_time.monotonic()
    say("Laying down tables, packs and samples once …")
    for old in _templates(server):
        server.drop_database(old)
    server.drop_database(BUILDING)
    server.create_database(BUILDING)
    _prepare(settings, BUILDING)
    server.create_database(name, BUILDING)
    server.drop_database(BUILDING)
    say(f"Laid down ({machine_time.monotonic() - began:.1f} s)")
    return name


def _prepare(settings: Configuration, database: str) -> None:
    """Bring tables, packs and samples of a database up to date, in a process of its own: this one acts in another database.

    Today, whatever time the last story ended in: what is laid down then would not be there yet when the next one begins.
    """
    _back_to_machine_time(settings.data_dir)
    building = settings.model_copy(update={"database_name": database, "origin": "live"})
    done = subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "prepare"],
        env={**_environment(building), SUPERVISOR: str(os.getpid())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CityFault(f"The city could not be prepared.\n{done.stdout[-3000:]}")


def _back_to_machine_time(folder: Path) -> None:
    (folder / "time.json").unlink(missing_ok=True)


def _templates(server: Server) -> list[str]:
    import psycopg

    with psycopg.connect(server.url("postgres", "superuser")) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'rehearsal\\_template\\_%'"
        ).fetchall()
    return [str(row[0]) for row in rows]


def _digest(settings: Configuration) -> str:
    """Changes when the program, a pack or the choice of packs does."""
    found = hashlib.sha256(repr((settings.city, settings.packs_dirs)).encode())
    source = Path(__file__).resolve().parents[2]
    for folder in (source, *settings.packs_dirs):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".md", ".html"} and "rehearsals" not in path.parts:
                found.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]
