"""A process that has loaded everything once, and from which others are begun at once: for rehearsals, whose every story has its own.

Lines on standard input ask, one line on standard output answers each:
`start NAME` → its process id · `stop NAME …` → `stopped` · `ended` → JSON, name → exit code of those that ended by themselves.
The end of the input ends all of them. It never speaks to a database itself: what it begins remembers nothing of any city.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yiwang.launch.processes import PARENT

__all__ = ["keep"]

PATIENCE_SECONDS = 15.0


def keep(ways: Mapping[str, Callable[[], None]], logs: Path) -> None:
    """Do what the input asks until it ends.

    ways: name → what the process of that name does until SIGTERM.  logs: folder of `<name>.log`, to which it writes.
    """
    gc.collect()
    gc.freeze()  # what is loaded is shared by all that are begun, and stays so
    os.environ[PARENT] = str(os.getpid())
    nursery = _Nursery(ways, logs)
    try:
        for line in sys.stdin:
            word, *names = line.split()
            sys.stdout.write(f"{nursery.does(word, names)}\n")
            sys.stdout.flush()
    finally:
        nursery.stop(list(nursery.children))


@dataclass(slots=True)
class _Nursery:
    ways: Mapping[str, Callable[[], None]]
    logs: Path
    children: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def does(self, word: str, names: list[str]) -> str:
        if word == "start":
            return " ".join(str(self.start(name)) for name in names)
        if word == "stop":
            self.stop(names)
            return "stopped"
        self._reap()
        return json.dumps(self.codes)

    def start(self, name: str) -> int:
        self.codes.pop(name, None)
        process = os.fork()
        if process == 0:
            self._be(name)
        self.children[name] = process
        return process

    def stop(self, names: list[str]) -> None:
        """Ask them to end, and end those that do not."""
        for name in names:
            self._signal(name, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(name in self.children for name in names):
            self._reap()
            if time.monotonic() > deadline:
                for name in names:
                    self._signal(name, signal.SIGKILL)
            time.sleep(0.005)
        for name in names:
            self.codes.pop(name, None)

    def _signal(self, name: str, number: signal.Signals) -> None:
        if name in self.children:
            os.kill(self.children[name], number)  # not reaped yet, so the number is still its own

    def _reap(self) -> None:
        for name, process in list(self.children.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                del self.children[name]
                self.codes[name] = os.waitstatus_to_exitcode(status)

    def _be(self, name: str) -> None:
        """What the new process does, and its end: it never comes back to what the nursery was doing."""
        code = 1
        try:
            nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(self.logs / f"{name}.log", _APPENDING, 0o600)
            for theirs, own in ((nothing, 0), (log, 1), (log, 2)):
                os.dup2(theirs, own)
            self.ways[name]()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001  the last that can be said of it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
