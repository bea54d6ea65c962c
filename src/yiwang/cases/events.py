"""What cases and applications tell. CloudEvents types are for ever; fields are only added.

Every event of a case has `subject` = the case id and these data: `number`, `item`, `release`, `unit_id`, `origin`. No values: who may read
them asks `queries.case`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "APPLICATION_ASKED",
    "APPLICATION_ENDED",
    "APPLICATION_PART_BEGUN",
    "APPLICATION_PART_STOPPED",
    "APPLICATION_SUBMITTED",
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
"""A case was made: a form was sent, or an event began it.  + `due_on` (of the limit that ends first), `limits` (which limits run and
until when, in words, by language), `place`; `case_id`, `item_title` (in Chinese), `has_it` (title of the unit that answers, or empty),
`begun_by`: form | application (it is a part of one) | event; `applicant_id` (who sent it; null for an event)."""

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
recounted (days or hours have changed) | moved (another unit answers, or the unit stands elsewhere); `change_id`."""

CASE_CLOCK_STOPPED: Final = "case.clock-stopped.v1"
"""A clock has ended.  + what `case.clock-started.v1` has; `state`: met | missed | stopped."""

APPLICATION_SUBMITTED: Final = "application.submitted.v1"
"""The one form of a bundle was sent. Events of applications have `subject` = the application id and, instead of what cases tell:
`application_id`, `number`, `bundle`, `bundle_title` (in Chinese), `release`, `applicant_id` (who sent it), `due_on`, `origin`."""

APPLICATION_PART_BEGUN: Final = "application.part-begun.v1"
"""The case of a part was made.  + `item`, `item_title`, `case_id`."""

APPLICATION_PART_STOPPED: Final = "application.part-stopped.v1"
"""A part will not begin, because another ended otherwise.  + `item`, `item_title`, `because`, `because_title` (of that other)."""

APPLICATION_ASKED: Final = "application.asked.v1"
"""The applicant is asked whether a part goes on without another.  + what `application.part-stopped.v1` has."""

APPLICATION_ENDED: Final = "application.ended.v1"
"""Every part is over.  + `granted`, `all`: how many parts were granted, and how many there are."""

_EVERY = ("number", "item", "release", "unit_id", "origin")
_CLOCK = ("applicant_id", "case_id", "limit", "state", "due_on", "legal_due_on")
_APPLICATION = ("application_id", "number", "bundle", "bundle_title", "release", "applicant_id", "due_on", "origin")
_BECAUSE = ("item", "item_title", "because", "because_title")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    CASE_SUBMITTED: (
        *_EVERY,
        "due_on",
        "limits",
        "place",
        "case_id",
        "item_title",
        "has_it",
        "begun_by",
        "applicant_id",
    ),
    CASE_ADVANCED: (*_EVERY, "version", "node", "act"),
    CASE_ENDED: (*_EVERY, "outcome", "on_time"),
    CASE_OUTCOME_CHANGED: (*_EVERY, "outcome", "before"),
    CASE_WITHDRAWN: _EVERY,
    CASE_CLOCK_STARTED: (*_EVERY, *_CLOCK),
    CASE_CLOCK_CHANGED: (*_EVERY, *_CLOCK, "change", "change_id"),
    CASE_CLOCK_STOPPED: (*_EVERY, *_CLOCK),
    APPLICATION_SUBMITTED: _APPLICATION,
    APPLICATION_PART_BEGUN: (*_APPLICATION, "item", "item_title", "case_id"),
    APPLICATION_PART_STOPPED: (*_APPLICATION, *_BECAUSE),
    APPLICATION_ASKED: (*_APPLICATION, *_BECAUSE),
    APPLICATION_ENDED: (*_APPLICATION, "granted", "all"),
    TASK_TRANSFERRED: (*_EVERY, "task_id", "node", "post_id"),
}
"""What a declaration that names one of these events may use of it."""
