"""Named places at which a test may kill the process, to show that no death loses or repeats anything.

A place costs one dictionary look-up when nothing is armed. `YIWANG_FAILPOINT=<name>@<n>` arms one place: the process
kills itself with SIGKILL at the n-th visit. Each visit to an armed place is first appended to the file
`YIWANG_FAILPOINT_HITS`, so that a test can count hits and fail on none.
"""

from __future__ import annotations

import os
import signal

__all__ = ["reach"]

_armed: dict[str, int] = {}
_visits: dict[str, int] = {}


def _arm_from_environment() -> None:
    name, _, nth = os.environ.get("YIWANG_FAILPOINT", "").partition("@")
    if name:
        _armed[name] = int(nth or "1")


_arm_from_environment()


def reach(name: str) -> None:
    """Say that the program has come to the place `name`. Does nothing unless a test has armed that place."""
    if name not in _armed:
        return
    _visits[name] = _visits.get(name, 0) + 1
    if hits := os.environ.get("YIWANG_FAILPOINT_HITS"):
        with open(hits, "a", encoding="ascii") as file:
            file.write(f"{name} {os.getpid()}\n")
            file.flush()
            os.fsync(file.fileno())
    if _visits[name] >= _armed[name]:
        os.kill(os.getpid(), signal.SIGKILL)
