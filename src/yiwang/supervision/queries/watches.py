"""Which watches watch a clock: those of the release that its case keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yiwang.acts.queries import list_definitions
from yiwang.supervision.rules.levels import levels_of
from yiwang.supervision.rules.moments import Alarm, Counted, alarms_of
from yiwang.supervision.values import ANY_LIMIT, Level, When

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


def watches_on(limit: str, release: int) -> dict[str, Watch]:
    """The watches of `release` on the clocks of a limit, by id. No query once the release is cached."""
    return {
        id: Watch(id, body, tuple(levels_of(body)))
        for id, body in list_definitions("watch", release).items()
        if body["watches"]["limit"] in (limit, ANY_LIMIT)
    }


def alarms_on(watches: Mapping[str, Watch], counted: Counted) -> list[Alarm]:
    """Every alarm of these watches on a clock."""
    return [alarm for one in watches.values() for alarm in alarms_of(one.id, one.levels, counted)]
