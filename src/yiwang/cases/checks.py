"""What `yiwang doctor` asks of cases."""

from __future__ import annotations

from collections.abc import Iterable

from yiwang.cases.queries import system_list_stuck
from yiwang.cases.values import TaskState
from yiwang.kernel.health import Finding

__all__ = ["stuck_cases"]


def stuck_cases() -> Iterable[Finding]:
    """Tasks nobody answers for, and outside actions that gave up."""
    stuck = system_list_stuck()
    for one in stuck:
        if one.state == TaskState.UNASSIGNED:
            yield Finding(
                False,
                f"Nobody answers for case {one.case_number}; its task waits since {one.since:%Y-%m-%d %H:%M} UTC.",
                "Give the place's area a unit for the duty, or the case's unit a post with it; the task is assigned within a minute.",
            )
        else:
            yield Finding(
                False,
                f"The action {one.action} of case {one.case_number} gave up after {one.attempts} attempts ({one.error}).",
                "Mend the cause, then press “try again” on the page of operations, or: yiwang retry --actions",
            )
    if not stuck:
        yield Finding(True, "Every open case has somebody who can move it.")
