"""Waiting for what other processes do, and looking at them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def eventually(condition: Callable[[], bool], what: str, *, seconds: float = 30.0) -> None:
    """Wait until `condition` holds; fail, naming `what`, when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"Not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


def is_alive(process_id: int) -> bool:
    """Whether a process runs; one that has ended but was not yet collected does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def processes_naming(folder: Path) -> list[int]:
    """Ids of processes, other than this one, that name `folder` in their command line or stand in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            named = os.fsencode(folder) in (entry / "cmdline").read_bytes()
            stands = (entry / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue
        if (named or stands) and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def sessions_of_the_dead_are_over() -> None:
    """Wait until the server has noticed that a killed process is gone; until then what it began still holds its locks.

    In a database of the test's own, from its only connection.
    """
    from django.db import connection

    def alone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            return bool(cursor.fetchone() == (0,))

    eventually(alone, "the session of a killed process is over")
