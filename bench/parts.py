"""What one life costs, part by part: lived in this process with stop-watches wrapped around the parts.

Every part counts only what is spent in itself, not in the parts that it calls: a statement that the permission check issues counts
as SQL. Nothing of this stands in the platform.

`python -m bench.parts FILE LIVES` (with the settings of a city in the environment) writes, for each
part, milliseconds by the clock, milliseconds of processor time in this process, and calls per life.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

WARM_UP_LIVES = 5
# part → functions of the platform, as module:name
PARTS: dict[str, tuple[str, ...]] = {
    "permission": (
        "yiwang.identity.queries.permission:decide",
        "yiwang.identity.queries.permission:unit_scope",
        "yiwang.identity.queries.accounts:actor_for_post",
        "yiwang.identity.queries.accounts:actor_for_self",
        "yiwang.cases.queries.visibility:visible_cases",
        "yiwang.cases.queries.tasks:reason_against",
    ),
    "audit": ("yiwang.audit.services:record", "yiwang.acts.services:_plain", "yiwang.acts.services:_refuse_personal"),
    "event": ("yiwang.outbox.services:append", "yiwang.outbox.services:remember"),
    "BPMN": ("yiwang.cases.queries.forms:process_of",),
    "validation": (
        "yiwang.catalog.queries:validate",
        "yiwang.catalog.queries:freeze",
        "yiwang.catalog.queries:thaw",
        "yiwang.cases.queries.forms:asking",
    ),
    "record": ("yiwang.records.services.writing:write_record",),
    "message": ("yiwang.messaging.services:system_send",),
    "case": (
        "yiwang.cases.services.submission:submit",
        "yiwang.cases.services.decision:advance",
        "yiwang.cases.services.outside:system_run_action",
        "yiwang.cases.queries.cases:case",
    ),
}
BPMN_METHODS = {
    "Process": ("begin", "restore"),
    "Run": ("decide", "finish_action", "move", "state", "waiting", "begun", "begin_outside"),
}
HTTP = "HTTP"


class Watch:
    """A stop-watch that knows in which part the program is."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._stack: list[str] = []
        self._since = (0.0, 0.0)

    def enter(self, part: str) -> None:
        now = time.perf_counter(), time.thread_time()
        if self._stack:
            self._add(now)
        self._stack.append(part)
        self._since = now
        self.calls[part] = self.calls.get(part, 0) + 1

    def leave(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self._add(now)
        self._stack.pop()
        self._since = now

    def _add(self, now: tuple[float, float]) -> None:
        part = self._stack[-1]
        self.milliseconds[part] = self.milliseconds.get(part, 0.0) + (now[0] - self._since[0]) * 1000
        self.processor[part] = self.processor.get(part, 0.0) + (now[1] - self._since[1]) * 1000

    def clear(self) -> None:
        self.milliseconds.clear()
        self.processor.clear()
        self.calls.clear()

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return watched


def wrap_functions(watch: Watch, parts: Mapping[str, Sequence[str]]) -> None:
    """Put the watch around functions (part → `module:name`), wherever a module has taken them by name."""
    for part, places in parts.items():
        for place in places:
            module, _, name = place.partition(":")
            original = getattr(importlib.import_module(module), name)
            _replace(original, watch.around(part, original))


def wrap_everywhere(watch: Watch) -> None:
    """Put the watch around every part, and around every statement."""
    wrap_functions(watch, PARTS)
    runtime = importlib.import_module("yiwang.cases.rules.runtime")
    for class_name, methods in BPMN_METHODS.items():
        for method in methods:
            _wrap_method(watch, "BPMN", getattr(runtime, class_name), method)
    wrap_statements(watch)


def wrap_statements(watch: Watch) -> None:
    """Put the watch around every statement, as the part `SQL`."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    for method in ("execute", "executemany", "fetchone", "fetchall", "fetchmany"):
        if hasattr(CursorWrapper, method):
            _wrap_method(watch, "SQL", CursorWrapper, method)
    prepared: Any = importlib.import_module("yiwang.acts.prepared")  # what is prepared passes Django's cursors by
    prepared.Cursor = type("Cursor", (prepared.Cursor,), {})
    for method in ("execute", "fetchall"):
        _wrap_method(watch, "SQL", prepared.Cursor, method)
    for method in ("commit", "_commit", "set_autocommit"):
        _wrap_method(watch, "SQL", BaseDatabaseWrapper, method)


def _wrap_method(watch: Watch, part: str, of: type, name: str) -> None:
    original = getattr(of, name)
    if isinstance(original, property):
        return
    setattr(of, name, watch.around(part, original))


def _replace(original: Any, watched: Any) -> None:
    for module in [one for name, one in sys.modules.items() if name.startswith("yiwang.")]:
        for name, value in list(vars(module).items()):
            if value is original:
                setattr(module, name, watched)


def main(file: Path, lives: int) -> None:
    from bench.capture import InProcess
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    living = InProcess(0)
    living.live(900_001)  # imports everything
    watch = Watch()
    wrap_everywhere(watch)
    ask = InProcess._ask
    InProcess._ask = staticmethod(watch.around(HTTP, ask))  # type: ignore[method-assign]
    InProcess.do_job = staticmethod(watch.around("queue", InProcess.do_job))  # type: ignore[method-assign]
    InProcess.deliver = staticmethod(watch.around("delivery", InProcess.deliver))  # type: ignore[method-assign]
    for number in range(WARM_UP_LIVES):
        living.live(910_000 + number)
    watch.clear()
    began = time.perf_counter()
    for number in range(lives):
        living.live(920_000 + number)
    whole = (time.perf_counter() - began) * 1000
    found = {
        part: {"milliseconds": watch.milliseconds[part] / lives, "processor": watch.processor[part] / lives,
               "calls": watch.calls[part] / lives}
        for part in watch.milliseconds
    }  # fmt: skip
    file.write_text(json.dumps({"whole": whole / lives, "parts": found}), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
