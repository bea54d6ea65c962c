"""What the actions of a process are given, and those that gave up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from yiwang.cases.values.states import TaskState

__all__ = ["ActionCall", "StuckAction"]


@dataclass(frozen=True, slots=True)
class StuckAction:
    """An outside action that gave up, or a task that nobody answers for: what doctor and the desk show."""

    case_id: UUID
    case_number: str
    task_id: UUID
    action: str
    state: TaskState
    attempts: int
    since: datetime
    error: str = ""


@dataclass(frozen=True, slots=True)
class ActionCall:
    """What an action is called with.

    actor: who moved the case (for outside actions: the system).  key: the same for every attempt of this step, so that an effect
    keyed by it happens once.  event_subject: what the event was about that began the case, or empty.
    parameters: as the process declares them, bound to the item.  values: the frozen answers by
    element id, as the catalogue's types, the facts that were used with them.  reason: of the last decision.  unit_id: the unit that has
    the case.  subject_id: whom the case is for; applicant_id: the one who is told, the same or his agent; mandate_id: under which that
    one sent it.
    wanted: lines of the notice that was last sent to the applicant, in each language of the item.
    """

    actor: Any  # acts.values.Actor
    key: str
    case_id: UUID
    case_number: str
    item_id: str
    item_titles: Mapping[str, str]
    release: int
    subject_id: UUID
    unit_id: UUID | None
    parameters: Mapping[str, Any]
    values: Mapping[str, Any]
    reason: str
    due_on: date | None
    now: datetime
    applicant_id: UUID
    origin: str = "live"
    facts: Mapping[str, str] = field(default_factory=dict)
    wanted: Mapping[str, str] = field(default_factory=dict)
    event_subject: str = ""
    mandate_id: UUID | None = None
