"""What supervision hears: every event of a clock."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.values import system
from yiwang.outbox.values import DeliveredEvent
from yiwang.supervision.services import system_follow

__all__ = ["hear_clock"]


def hear_clock(event: DeliveredEvent) -> None:
    """A clock began, changed or ended: look at it as it stands now, whichever event it was."""
    clock_id = UUID(str(event.data["clock_id"]))
    system_follow(system("supervision.clocks", correlation_id=event.correlation_id, origin=event.origin), clock_id)
