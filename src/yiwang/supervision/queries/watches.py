"""Which watches watch a clock, or a pause of it: those of the release that its case keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yiwang.acts.queries import list_definitions
from yiwang.supervision.rules.levels import levels_of
from yiwang.supervision.rules.moments import Alarm, Counted, alarms_of
from yiwang.supervision.values import ANY, Level, When

__all__ = ["Watch", "alarms_on", "watches_on"]


@dataclass(frozen=True, slots=True)
class Watch:
    """A declared watch."""

    id: str
    body: Mapping[str, Any]
    levels: tuple[tuple[Level, When], ...]

    def level(self, level: Level) -> Mapping[str, Any]:
        """What is declared of one of its levels."""
        found: Mapping[str, Any] = next(one for one in self.body["levels"] if one["level"] == level)
        return found


def watches_on(kind: str, id: str, release: int) -> dict[str, Watch]:
    """The watches of `release` on the clocks of a `limit`, or on a `pause`, by id. No query once the release is cached."""
    return {
        watch: Watch(watch, body, tuple(levels_of(body)))
        for watch, body in list_definitions("watch", release).items()
        if body["watches"].get(kind, "") in (id, ANY)
    }


def alarms_on(watches: Mapping[str, Watch], counted: Counted) -> list[Alarm]:
    """Every alarm of these watches on what was counted."""
    return [alarm for one in watches.values() for alarm in alarms_of(one.id, one.levels, counted)]
