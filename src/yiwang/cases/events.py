"""What cases tell. CloudEvents types are for ever; fields are only added.

Every event has `subject` = the case id and these data: `number`, `item`, `release`, `unit_id`, `origin`. No values: who may read
them asks `queries.case`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "CASE_ADVANCED",
    "CASE_CLOCK_CHANGED",
    "CASE_CLOCK_STARTED",
    "CASE_CLOCK_STOPPED",
    "CASE_ENDED",
    "CASE_OUTCOME_CHANGED",
    "CASE_SUBMITTED",
    "CASE_WITHDRAWN",
    "FIELDS",
    "TASK_TRANSFERRED",
]

CASE_SUBMITTED: Final = "case.submitted.v1"
"""A case was made: a form was sent, or an event began it.  + `due_on`, `place`."""

CASE_ADVANCED: Final = "case.advanced.v1"
"""A step was done.  + `version`, `node`, `act` (empty for an action)."""

CASE_ENDED: Final = "case.ended.v1"
"""A case has ended, however.  + `outcome`, `on_time` (null without a limit)."""

CASE_OUTCOME_CHANGED: Final = "case.outcome-changed.v1"
"""Follow-up of an ended case took back what was decided.  + `outcome`, `before`."""

TASK_TRANSFERRED: Final = "task.transferred.v1"
"""A task was handed to a deputy.  + `task_id`, `node`, `post_id`."""

CASE_WITHDRAWN: Final = "case.withdrawn.v1"
"""The applicant withdrew; `case.ended.v1` follows."""

CASE_CLOCK_STARTED: Final = "case.clock-started.v1"
"""A clock of a case began.  + `case_id`, `applicant_id` (who sent it), `limit`, `state`, `due_on` (the earlier of both limits; null
while it is paused), `legal_due_on`."""

CASE_CLOCK_CHANGED: Final = "case.clock-changed.v1"
"""An open clock has other dates, or stands still.  + what `case.clock-started.v1` has, and `change`: paused | resumed | extended |
recounted (the calendar has changed); `change_id`."""

CASE_CLOCK_STOPPED: Final = "case.clock-stopped.v1"
"""A clock has ended.  + what `case.clock-started.v1` has; `state`: met | missed | stopped."""
_EVERY = ("number", "item", "release", "unit_id", "origin")
_CLOCK = ("applicant_id", "case_id", "limit", "state", "due_on", "legal_due_on")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    CASE_SUBMITTED: (*_EVERY, "due_on", "place"),
    CASE_ADVANCED: (*_EVERY, "version", "node", "act"),
    CASE_ENDED: (*_EVERY, "outcome", "on_time"),
    CASE_OUTCOME_CHANGED: (*_EVERY, "outcome", "before"),
    CASE_WITHDRAWN: _EVERY,
    CASE_CLOCK_STARTED: (*_EVERY, *_CLOCK),
    CASE_CLOCK_CHANGED: (*_EVERY, *_CLOCK, "change", "change_id"),
    CASE_CLOCK_STOPPED: (*_EVERY, *_CLOCK),
    TASK_TRANSFERRED: (*_EVERY, "task_id", "node", "post_id"),
}
"""What a declaration that names one of these events may use of it."""
