"""What `yiwang doctor` looks at. Checks of one engine stand in that engine; here are those of the installation as a whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import psycopg

from yiwang.cli.frame import SCHEDULER_LOCK, say, with_django
from yiwang.kernel.crypto import KeyFault, load_key_file
from yiwang.kernel.health import Finding, all_checks
from yiwang.kernel.masking import cover_identity_numbers
from yiwang.kernel.time import machine_now
from yiwang.launch import keys
from yiwang.launch.configuration import Configuration
from yiwang.launch.databases import ServerFault, trigrams_see_chinese
from yiwang.launch.folder import FolderHeld, holder, running_database
from yiwang.launch.logs import set_up_logs
from yiwang.settings import database_url

__all__ = ["Examined", "examine"]

Clock = Callable[[], datetime]

LEAST_FREE_BYTES = 500_000_000
LEAST_FREE_SHARE = 0.03
KEY_NOTICE = timedelta(days=30)
MOST_SKEW = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=1)
LONGEST_SILENCE = timedelta(seconds=45)  # a worker is heard of every ten seconds


@dataclass(frozen=True, slots=True)
class Examined:
    """A finding and the check that made it."""

    check: str
    finding: Finding

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {"check": self.check, **asdict(self.finding)}


def examine(configuration: Configuration, *, clock: Clock = machine_now) -> list[Examined]:
    """Make every check; one that fails to look says so and hinders no other.

    clock: the machine's; a test gives another. Starts the embedded database for itself when nothing runs.
    """
    found = [
        *_look("disk", lambda: _disk(configuration)),
        *_look("signing-key", lambda: _signing_key(configuration, clock)),
    ]
    try:
        with _database(configuration):
            with psycopg.connect(database_url(configuration, "app"), autocommit=True, connect_timeout=5) as session:
                found += _look("locale", lambda: _locale(session))
                found += _look("clock", lambda: _clock(session, clock))
                found += _look("workers", lambda: _workers(session, configuration, clock))
            found += _look("tables", _tables)
            found += _look("release", _release)
            found += _look("events", lambda: _events(clock))
            found += _look("jobs", _jobs)
            for name, check in all_checks().items():
                found += _look(name, check)
    except (ServerFault, FolderHeld, psycopg.OperationalError) as fault:
        mend = "Mend what it says, then run `yiwang serve`; the server's own log is postgres.log in the data folder."
        found.append(Examined("database", Finding(False, f"The database does not answer: {fault}".strip(), mend)))
    return found


@contextmanager
def _database(configuration: Configuration) -> Iterator[None]:
    set_up_logs("doctor", level="ERROR", form="console", cover=cover_identity_numbers)
    with running_database(configuration, "yiwang doctor", say):
        with_django(configuration)
        yield


def _look(name: str, check: Callable[[], Iterable[Finding]]) -> list[Examined]:
    try:
        return [Examined(name, one) for one in check()]
    except Exception as fault:  # noqa: BLE001  a check that cannot look is itself a finding, and the others must still be made
        return [Examined(name, Finding(False, f"Could not be looked at: {type(fault).__name__}: {fault}".strip()))]


def _disk(configuration: Configuration) -> Iterator[Finding]:
    for folder in dict.fromkeys((configuration.data_dir, configuration.files)):
        present = next(one for one in (folder, *folder.parents) if one.exists())
        usage = shutil.disk_usage(present)
        free = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free in {folder}."
        is_well = (
            usage.free >= min(LEAST_FREE_BYTES, usage.total * 0.2) and usage.free / usage.total >= LEAST_FREE_SHARE
        )
        yield Finding(is_well, free, f"Make room: du -xhd1 {folder} | sort -h; old logs and backups go first.")


def _signing_key(configuration: Configuration, clock: Clock) -> Iterator[Finding]:
    path = keys.folder(configuration.data_dir) / keys.CITY_KEY
    if not path.exists():
        yield Finding(True, "The city has signed nothing yet; its key is made with the first entry.")
        return
    try:
        key = load_key_file(path)
    except KeyFault as fault:
        yield Finding(False, str(fault), f"chmod 600 {path}" if fault.code == "readable-by-others" else "Restore it.")
        return
    until = key.not_after
    is_well = key.serves_at(clock()) and (until is None or until - clock() > KEY_NOTICE)
    said = f"The signing key serves until {until:%Y-%m-%d %H:%M} UTC." if until else "The signing key has no known end."
    yield Finding(is_well, said, "yiwang keys renew")


def _locale(session: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    row = session.execute(
        "SELECT datcollate, datctype, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    name = " / ".join(map(str, row or ()))
    mend = (
        "Dump the database, make it anew with ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0, "
        "restore."
    )
    if not trigrams_see_chinese(session):
        yield Finding(False, f"Search is blind for Chinese: the locale of the database is {name}.", mend)
    else:
        yield Finding(True, f"Search sees Chinese ({name}).")


def _clock(session: psycopg.Connection[tuple[object, ...]], clock: Clock) -> Iterator[Finding]:
    mend = "Set the clock right: timedatectl set-ntp true (on this machine and on the database's)."
    row = session.execute("SELECT clock_timestamp()").fetchone()
    skew = clock() - row[0] if row is not None and isinstance(row[0], datetime) else timedelta()
    yield Finding(
        abs(skew) <= MOST_SKEW, f"This machine is {skew.total_seconds():+.1f} s off the database's clock.", mend
    )
    from yiwang.audit.queries import latest_head

    head = latest_head()
    if head is not None and clock() < head.signed_at - MOST_SKEW:
        yield Finding(
            False, f"The clock went back: the audit log was signed at {head.signed_at:%Y-%m-%d %H:%M:%S} UTC.", mend
        )


def _workers(
    session: psycopg.Connection[tuple[object, ...]], configuration: Configuration, clock: Clock
) -> Iterator[Finding]:
    mend = "yiwang serve"
    held = holder(configuration.data_dir)
    if held is not None and held.stays:
        mend = f"Look at what `{held.command}` (process {held.process_id}) prints, stop it and start it again: yiwang serve"
    row = session.execute("SELECT count(*), max(last_heartbeat) FROM procrastinate_workers").fetchone()
    count, heard_at = row if row is not None else (0, None)
    if not isinstance(heard_at, datetime):
        yield Finding(False, "No worker runs: jobs and messages wait.", mend)
    else:
        silence = clock() - heard_at
        yield Finding(
            silence <= LONGEST_SILENCE,
            f"{count} workers; the last was heard of {silence.total_seconds():.0f} s ago.",
            mend,
        )
    watching = session.execute(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND granted",
        [SCHEDULER_LOCK],
    ).fetchone()
    yield Finding(
        watching is not None, "A scheduler works." if watching else "No scheduler works: nothing is sealed.", mend
    )


def _tables() -> Iterator[Finding]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    said = f"{len(missing)} migrations are missing." if missing else "The tables are those of this version."
    yield Finding(not missing, said, "yiwang migrate")


def _events(clock: Clock) -> Iterator[Finding]:
    from yiwang.outbox import queries as outbox

    for one in outbox.lag():
        if one.parked:
            said = f"{one.parked} events of {one.subscriber} were set aside after failing again and again."
            yield Finding(False, said, "Mend the cause (the worker's log has it under outbox.…), then: yiwang retry")
        if one.oldest_at is not None and clock() - one.oldest_at > LONGEST_WAIT:
            minutes = (clock() - one.oldest_at) / timedelta(minutes=1)
            yield Finding(
                False,
                f"{one.waiting} events wait for {one.subscriber}, the oldest for {minutes:.0f} minutes.",
                "yiwang serve",
            )
    waiting = sum(one.waiting for one in outbox.lag())
    yield Finding(True, f"{waiting} events are on their way.")


def _jobs() -> Iterator[Finding]:
    from procrastinate.contrib.django.models import ProcrastinateJob

    failed = ProcrastinateJob.objects.filter(status="failed")
    names = ", ".join(sorted(set(failed.values_list("task_name", flat=True))))
    said = f"{failed.count()} jobs have failed: {names}." if names else "No job has failed."
    yield Finding(not names, said, "Look for them in the worker's log, mend the cause, then: yiwang retry --jobs")


def _release() -> Iterator[Finding]:
    from yiwang.packs import queries as packs
    from yiwang.packs.values import RefusedCity

    try:
        plan = packs.plan()
    except RefusedCity as refused:
        yield Finding(
            False,
            f"The packs have {'1 fault' if len(refused.faults) == 1 else f'{len(refused.faults)} faults'} and cannot be applied.",
            "yiwang check",
        )
        return
    if plan.is_empty:
        yield Finding(True, f"Release {plan.against} is what the packs say.")
    else:
        said = f"The packs say otherwise than release {plan.against} in {len(plan.changes)} places."
        yield Finding(False, said, "yiwang plan, then yiwang apply")
