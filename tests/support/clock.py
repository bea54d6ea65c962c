"""Business time that a test sets: to any instant, also backwards, which `yiwang time` refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from yiwang.kernel import time
from yiwang.kernel.time import CITY_ZONE, machine_now


def at(moment: str) -> datetime:
    """An instant of the city: `2026-03-02T10:00`."""
    return datetime.fromisoformat(moment).replace(tzinfo=CITY_ZONE)


@dataclass
class Clock:
    """Business time of this process, and of children that are given its file."""

    path: Path

    def set(self, moment: str | datetime) -> None:
        instant = at(moment) if isinstance(moment, str) else moment
        ahead = {"offset_seconds": (instant - machine_now()).total_seconds()}
        self.path.write_text(json.dumps(ahead), "ascii")
        time._seen = (None, timedelta())  # two writes within one tick of the file system

    def back(self, by: timedelta) -> None:
        self.set(time.now() - by)


@contextmanager
def own_time(folder: Path) -> Iterator[Clock]:
    """A clock of the test's own; afterwards time goes on as before."""
    before = time._offset_file
    time.use_offset_file(folder / "time.json")
    try:
        yield Clock(folder / "time.json")
    finally:
        time.use_offset_file(before)


def late_case(demo: Any, login: str, folder: Path) -> dict[str, UUID]:
    """A case that `login` sent three weeks ago, with its alerts fired: level → id; `case`: the case's own."""
    from yiwang.acts.values import system
    from yiwang.cases.models import Clock as CaseClock
    from yiwang.supervision.models import Alert
    from yiwang.supervision.services import system_follow

    with own_time(folder) as clock:
        clock.set(time.now() - timedelta(days=21))
        case = demo.send(demo.client(login))
    system_follow(system("tests"), CaseClock.objects.get(case=case).pk)
    return {"case": case, **{one.level: one.id for one in Alert.objects.filter(case=case)}}
