"""Business time, civil dates and their one time zone.

`now()` is the only business time: machine time plus an offset that a demo city may move forward (`yiwang time`). What an invented city
has behind it is told with `telling`: within its block, and nowhere else, business time is that of the past.
Sessions, tokens, signatures and logs use `machine_now()`. Instants are aware UTC; legal dates are civil dates of
Asia/Shanghai.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

__all__ = [
    "CITY_ZONE",
    "TimeCannotGoBack",
    "behind",
    "civil_date",
    "machine_now",
    "move_to",
    "now",
    "offset",
    "telling",
    "today",
    "use_offset_file",
]

CITY_ZONE = ZoneInfo("Asia/Shanghai")

_offset_file: Path | None = None
_seen: tuple[tuple[int, int] | None, timedelta] = (None, timedelta())
_told: ContextVar[timedelta | None] = ContextVar("yiwang_told", default=None)


class TimeCannotGoBack(ValueError):
    """Business time only moves forward: a clock that ran backwards would unmake deadlines already counted."""


def use_offset_file(path: Path | None) -> None:
    """Let business time follow the offset in `path` (demo cities only); None means business time is machine time."""
    global _offset_file, _seen
    _offset_file, _seen = path, (None, timedelta())


def offset() -> timedelta:
    """How far business time is ahead of machine time: zero outside a demo city, less than zero while the past is told.

    Any process sees it at its next call.
    """
    told = _told.get()
    return _moved() if told is None else told


def behind() -> timedelta:
    """How far back the told past is from the city's present: zero outside `telling`."""
    told = _told.get()
    return timedelta() if told is None else _moved() - told


@contextmanager
def telling(instant: datetime) -> Iterator[None]:
    """Let business time of this block begin at `instant` (aware) and go on from there: for an invented city's past, told by services.

    Other threads and processes keep their time. What is written bears the told time where it says business time, and the machine's where
    it says machine time, so the audit shows when it was told. Raises RuntimeError when this is no demo city, ValueError when `instant` is
    not past.
    """
    if _offset_file is None:
        raise RuntimeError("A past can be told in a demo city only.")
    ahead = instant - machine_now()
    if ahead > _moved():
        raise ValueError(f"{instant.isoformat()} is not past.")
    token = _told.set(ahead)
    try:
        yield
    finally:
        _told.reset(token)


def _moved() -> timedelta:
    global _seen
    if _offset_file is None:
        return timedelta()
    try:
        status = os.stat(_offset_file)
    except FileNotFoundError:
        return timedelta()
    stamp = (status.st_mtime_ns, status.st_ino)  # two moves within one tick of the file system differ in the second
    if stamp != _seen[0]:
        _seen = (stamp, timedelta(seconds=json.loads(_offset_file.read_text("ascii"))["offset_seconds"]))
    return _seen[1]


def machine_now() -> datetime:
    """The machine's clock, UTC."""
    return datetime.now(UTC)  # noqa: TID251 the one place


def now() -> datetime:
    """Business time, UTC."""
    return machine_now() + offset()


def civil_date(instant: datetime) -> date:
    """The legal date of an instant: its calendar day in Asia/Shanghai."""
    return instant.astimezone(CITY_ZONE).date()


def today() -> date:
    """The legal date of business time."""
    return civil_date(now())


def move_to(instant: datetime) -> timedelta:
    """Move business time forward to `instant` (aware) for every process that follows the offset file.

    Returns the new offset, in whole seconds and at most one more than was asked. Raises TimeCannotGoBack when `instant`
    is before the present business time, RuntimeError when this is no demo city.
    """
    if _offset_file is None:
        raise RuntimeError("Business time can be moved in a demo city only.")
    with open(_offset_file.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two movers at once: the second sees what the first has done
        present = now()
        if instant < present:
            raise TimeCannotGoBack(
                f"Business time is already {present.isoformat()}; it cannot go back to {instant.isoformat()}."
            )
        ahead = timedelta(seconds=math.ceil((instant - machine_now()).total_seconds()))  # +3d is said as three days
        temporary = _offset_file.with_suffix(".new")
        with open(temporary, "w", encoding="ascii") as file:
            json.dump({"offset_seconds": ahead.total_seconds()}, file)
            file.flush()
            os.fsync(file.fileno())  # a crash must not take time back
        temporary.replace(_offset_file)
    return ahead
