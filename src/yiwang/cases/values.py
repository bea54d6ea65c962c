"""What cases, forms and tasks look like from outside, and what can go wrong with them. No database here.

Texts in these views are already in the language that was asked for; instants are UTC, `…_on` are civil dates of the city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from yiwang.kernel.errors import Conflict

__all__ = [
    "ActView",
    "ActionCall",
    "AlreadyDecided",
    "CaseLine",
    "CaseNotOpen",
    "CasePage",
    "CaseState",
    "CaseView",
    "Choice",
    "CourseLine",
    "FormChanged",
    "FormField",
    "FormSection",
    "FormView",
    "FrozenValue",
    "ItemGuide",
    "ItemSummary",
    "KeyReused",
    "LawCited",
    "Outcome",
    "Receipt",
    "StuckAction",
    "TaskCounts",
    "TaskLine",
    "TaskPage",
    "TaskState",
    "TaskView",
]

REASON_LENGTH = 200


class CaseState(StrEnum):
    """Whether a case still runs."""

    OPEN = "open"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a case ended. `accepted` and `refused` are said by the end event of its process."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    """Where a step stands.

    open: a post may do it.  unassigned: nobody answers for the place yet; an alarm, and never lost.  running: an outside action
    is under way.  failed: an outside action gave up after its last attempt; an alarm.  done, closed: over (closed: by a
    withdrawal or cancellation).
    """

    OPEN = "open"
    UNASSIGNED = "unassigned"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"
    CLOSED = "closed"


# ── Faults ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class FormChanged(Conflict):
    """The form was read under an older release and has other questions now; `faults` lists what changed. Nothing was sent."""

    code = "form-changed"
    title = "The form has changed since you opened it"
    next_step = "Look at the listed changes and send again. Nothing that you entered is lost."


class KeyReused(Conflict):
    """The idempotency key was already used to send something else."""

    code = "key-reused"
    title = "This form was already sent with other content"
    next_step = "Look at your cases; open the form again to send another one."


class AlreadyDecided(Conflict):
    """Somebody else did the task first. `params`: `who` (unit and post), `what`, `when` (ISO 8601, UTC)."""

    code = "already-decided"
    title = "This task has already been done"
    next_step = "Look at the case to see what was decided."


class CaseNotOpen(Conflict):
    """The case has ended, or its decision is already being carried out."""

    code = "case-not-open"
    title = "This case can no longer be changed"
    next_step = "Look at the case to see how it ended."


# ── Items and forms ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LawCited:
    """A law that an item rests on.  text: the words cited, or empty."""

    law: str
    article: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """An item in a list.  promised_days: working days, None when nothing is promised."""

    id: str
    title: str
    summary: str
    promised_days: int | None


@dataclass(frozen=True, slots=True)
class ItemGuide:
    """What an item's page says, in its order: can I, what do I need, how long and how much, what happens.

    conditions, materials, steps: one sentence each.  asked: titles of what the form asks.  codes: national code fields
    (`basic_code` 基本编码, `level` 行使层级).  answering_duty: title of the duty that decides.
    """

    id: str
    title: str
    summary: str
    conditions: tuple[str, ...]
    materials: tuple[str, ...]
    asked: tuple[str, ...]
    steps: tuple[str, ...]
    promised_days: int | None
    fee: str
    result: str
    answering_duty: str
    law: tuple[LawCited, ...]
    codes: Mapping[str, str]
    release: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One code of a code list."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form, as its element defines it.

    name: the element id and the key of its value.  type: an element type of the catalogue (text, code, date, phone, address …).
    value: what it is prefilled with, or None.  help: one or two sentences, or empty.  choices: of the code list, in its order.
    check: the element's condition over `value` and `today`, or empty; check_message: what is said when it does not hold.
    """

    name: str
    title: str
    type: str
    required: bool
    help: str = ""
    value: Any = None
    choices: tuple[Choice, ...] = ()
    sensitivity: str = "public"
    check: str = ""
    check_message: str = ""


@dataclass(frozen=True, slots=True)
class FormSection:
    """Questions that stand together; a section is one screen on a desktop."""

    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class FormView:
    """A form to fill.  digest: send it back with the answers; it says which questions were read."""

    id: str
    item_id: str
    title: str
    sections: tuple[FormSection, ...]
    digest: str
    release: int

    @property
    def fields(self) -> tuple[FormField, ...]:
        """Every question in order."""
        return tuple(one for section in self.sections for one in section.fields)


# ── Cases ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the applicant gets for sending a form.

    due_on: last day of the promised limit, None without one; due_is_provisional: a year on the way has no official calendar yet.
    has_it: title of the unit that has the case, empty when nobody answers for the place yet.  repeated: the same form had
    already arrived under the same key; this is its receipt again.
    """

    case_id: UUID
    number: str
    item_id: str
    item_title: str
    submitted_at: datetime
    due_on: date | None
    due_is_provisional: bool
    has_it: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class FrozenValue:
    """One answer as it was sent.  shown: for people, places by their full names.  digest: of the element's definition then (hex)."""

    name: str
    title: str
    type: str
    value: Any
    shown: str
    digest: str
    sensitivity: str = "public"


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One line of the course 办理过程: what happened, in a sentence that needs no key.

    code: stable name of what happened (`submitted`, `decided`, `action-done`, `ended`, …).  by: applicant | officer | system.
    unit: title of the unit that acted, or empty.  reason: what the one who acted wrote, or empty.
    """

    at: datetime
    code: str
    sentence: str
    by: str
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list.  state_text: a sentence in plain words ("… has it, until …")."""

    id: UUID
    number: str
    item_id: str
    item_title: str
    state: CaseState
    outcome: Outcome | None
    state_text: str
    submitted_at: datetime
    due_on: date | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of cases, newest first.  next: cursor of the next page, or None."""

    rows: tuple[CaseLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ActView:
    """Something the reader may do with a task.  name: what to send back.  reason: required | optional | none."""

    name: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task in a list.  days_left: working days until `due_on`, negative when over, None without a limit.

    units: titles of the units that may do it; empty when unassigned.
    """

    id: UUID
    case_id: UUID
    case_number: str
    item_id: str
    item_title: str
    title: str
    state: TaskState
    units: tuple[str, ...]
    opened_at: datetime
    due_on: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks the actor sees: open ones, of these over the limit and due within two working days, and alarms."""

    open: int = 0
    overdue: int = 0
    due_soon: int = 0
    unassigned: int = 0
    running: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of tasks, the most urgent first.  next: cursor of the next page, or None."""

    rows: tuple[TaskLine, ...]
    counts: TaskCounts
    next: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its applicant or an officer in scope reads it.

    version: send it back with an act.  has_it: titles of the units that have it now.  waits_for: a sentence: who has it and
    until when, or how it ended.  reason: given with the decision.  may_withdraw, may_cancel: whether this reader may now.
    tasks: open steps.  applicant_id: the subject; names come from records.
    """

    id: UUID
    number: str
    item_id: str
    item_title: str
    state: CaseState
    outcome: Outcome | None
    version: int
    applicant_id: UUID
    submitted_at: datetime
    due_on: date | None
    due_is_provisional: bool
    days_left: int | None
    ended_at: datetime | None
    release: int
    has_it: tuple[str, ...]
    waits_for: str
    reason: str
    values: tuple[FrozenValue, ...]
    course: tuple[CourseLine, ...]
    tasks: tuple[TaskLine, ...]
    may_withdraw: bool
    may_cancel: bool
    origin: str = "live"


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with its case.  acts: what this actor may do; empty when it may only look, and then `why_not` says why.

    version: of the case; send it back with the act.
    """

    id: UUID
    title: str
    state: TaskState
    acts: tuple[ActView, ...]
    why_not: str
    version: int
    case: CaseView


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


# ── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ActionCall:
    """What an action is called with.

    actor: who moved the case (for outside actions: the system).  key: the same for every attempt of this step, so that an effect
    keyed by it happens once.  parameters: as the process declares them, bound to the item.  values: the frozen answers by
    element id, as the catalogue's types.  reason: of the last decision.  unit_id: the unit that has the case.
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
    origin: str = "live"
    facts: Mapping[str, str] = field(default_factory=dict)
