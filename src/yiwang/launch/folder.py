"""Who holds a data folder; and the database for one command: joined when it runs, else started and stopped."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from yiwang.launch.configuration import Configuration
from yiwang.launch.postgres import Server

__all__ = ["FolderHeld", "Holder", "hold", "holder", "running_database"]

LOCK = "lock"
JOIN_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a data folder. `stays`: a server that others may join; else a command that will be done
    soon.
    """

    process_id: int
    command: str
    address: str = ""
    stays: bool = False


class FolderHeld(Exception):
    """Another process holds the data folder; `holder` is what it said about itself."""

    def __init__(self, data_dir: Path, holder: Holder) -> None:
        super().__init__(f"{data_dir} is held by `{holder.command}` (process {holder.process_id}).")
        self.holder = holder


@contextmanager
def hold(data_dir: Path, command: str, *, address: str = "", stays: bool = False) -> Iterator[None]:
    """Hold `data_dir` for the time of the block. Raises FolderHeld at once when somebody else does.

    The hold is a kernel lock on one file: it ends with the process, however that ends.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderHeld(data_dir, _said(data_dir)) from None
        file.truncate(0)
        file.write(json.dumps(asdict(Holder(os.getpid(), command, address, stays))))
        file.flush()
        yield
        file.truncate(0)


def holder(data_dir: Path) -> Holder | None:
    """Who holds `data_dir` now, or None."""
    try:
        with (data_dir / LOCK).open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _said(data_dir)
    return None


def _said(data_dir: Path) -> Holder:
    try:
        return Holder(**json.loads((data_dir / LOCK).read_text("utf-8")))
    except (ValueError, TypeError):
        return Holder(0, "a process that is just starting or ending")


@contextmanager
def running_database(configuration: Configuration, command: str, say: Callable[[str], None]) -> Iterator[None]:
    """Have the database running for the time of the block.

    A server named by URL is left as it is. The embedded one is joined when `serve` or `demo` runs on the folder, else
    started for this command alone. Raises ServerFault, and FolderHeld when another command keeps the folder for
    longer than 90 s.
    """
    if configuration.database_url is not None:
        yield
        return
    server = Server(configuration.data_dir, configuration.postgres_binaries)
    deadline = time.monotonic() + JOIN_SECONDS
    while True:
        try:
            with hold(configuration.data_dir, command):
                say("Starting PostgreSQL for this command …")
                with started(server, configuration.database_name):
                    yield
                return
        except FolderHeld as held:
            if held.holder.stays and server.is_answering():
                break
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    yield


@contextmanager
def started(server: Server, database: str) -> Iterator[Server]:
    """Start `server` with `database` in it; stop it at the end of the block."""
    try:
        server.start()
        if not server.has_database(database):
            server.create_database(database)
        yield server
    finally:
        server.stop()
