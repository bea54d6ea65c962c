"""The supervisor of `yiwang serve`: starts the children, starts again what ends by itself, stops all in order.

Children share the supervisor's process group and end with it, however it ends. PostgreSQL stands in a session of its
own, so that Ctrl-C at a terminal reaches it only after everything that uses it has stopped.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from yiwang.launch.databases import ServerFault
from yiwang.launch.postgres import Server

__all__ = ["PARENT", "SERVER", "Child", "Supervisor", "end_with_parent"]

PARENT = "YIWANG_SUPERVISOR"  # in a child's environment: the process id of the supervisor it must not outlive
SERVER = "YIWANG_SERVER"  # in a web process: the id of the server that begins and ends it
PATIENCE_SECONDS = 10.0
STEADY_SECONDS = 60.0  # a child that lived this long starts again without delay
LONGEST_DELAY_SECONDS = 30.0


@dataclass(slots=True)
class Child:
    """One process that should always run; or, `until_done`, until it has ended by itself without a fault."""

    name: str
    command: Sequence[str]
    until_done: bool = False
    is_done: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    next_start: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Keeps `children` running until a signal asks it to stop.

    server: the embedded database, watched and started again like a child; None for a database elsewhere.
    say: tells the operator one line.
    """

    children: Sequence[Child]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    server: Server | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, when_started: Callable[[], None] = lambda: None) -> None:
        """Start everything, call `when_started` once; return after SIGINT or SIGTERM when all children have ended."""
        former = {one: signal.signal(one, self._ask_to_stop) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            for child in self.children:
                self._start(child)
            threading.Thread(target=when_started, daemon=True).start()
            while not self._stop.wait(0.1):
                self._look_after_server()
                for child in self.children:
                    self._look_after(child)
        finally:
            self._stop_children()
            for one, handler in former.items():
                signal.signal(one, handler)

    def is_stopping(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._stop.is_set()

    def _ask_to_stop(self, *_: object) -> None:
        self._stop.set()

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            list(child.command), env={**self.environment, PARENT: str(os.getpid())}, stdin=subprocess.DEVNULL
        )
        child.started_at = time.monotonic()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.next_start and not child.is_done:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        child.process = None
        if child.until_done and code == 0:
            child.is_done = True
            return
        child.deaths = 1 if now - child.started_at > STEADY_SECONDS else child.deaths + 1
        delay = 0.0 if child.deaths == 1 else min(LONGEST_DELAY_SECONDS, 0.5 * 2 ** (child.deaths - 2))
        child.next_start = now + delay
        ended = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        self.say(f"{child.name} {ended}; starting it again{f' in {delay:.1f} s' if delay else ''}.")

    def _look_after_server(self) -> None:
        if self.server is None or self.server.is_running():
            return
        self.say("PostgreSQL ended; starting it again.")
        try:
            self.server.start()
        except ServerFault as fault:
            self.say(str(fault))
            self._stop.wait(2.0)

    def _stop_children(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def end_with_parent(named_by: str = PARENT) -> None:
    """Let this process get SIGTERM when the process that started it ends. Does nothing outside a supervisor.

    named_by: the variable that holds the number of that process; it may have ended before this one could ask who its parent is.
    On Linux the kernel sends the signal; elsewhere a thread looks once a second.
    """
    if PARENT not in os.environ:
        return
    parent = os.getppid()
    if sys.platform == "linux":
        death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None, use_errno=True).prctl(death_signal, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent or not _lives(int(os.environ.get(named_by, parent))):
            os.kill(os.getpid(), signal.SIGTERM)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, as somebody else
    return True
