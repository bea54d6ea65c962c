"""What `yiwang doctor` asks of supervision."""

from __future__ import annotations

from collections.abc import Iterable

from yiwang.kernel.health import Finding
from yiwang.kernel.time import now
from yiwang.supervision.queries import system_list_stuck_watchings

__all__ = ["stuck_watchings"]


def stuck_watchings() -> Iterable[Finding]:
    """Alarms whose turn is long past, and watchings that fail."""
    stuck = system_list_stuck_watchings(now())
    failing = [one for one in stuck if one.failures]
    for one in failing:
        yield Finding(
            False,
            f"The limit {one.limit} of case {one.case_number} cannot be watched: {one.failures} turns failed ({one.error}).",
            "Look for supervision.turn-failed in the scheduler's log; mend the cause, and the next turn takes it.",
        )
    if late := len(stuck) - len(failing):
        yield Finding(
            False,
            f"{late} alarms are due since {stuck[0].since:%Y-%m-%d %H:%M} UTC or later, and nobody has taken them.",
            "Start the scheduler: yiwang scheduler (yiwang serve starts it by itself).",
        )
    if not stuck:
        yield Finding(True, "Every alarm that was due has been taken.")
