"""Cases as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from yiwang.cases.values.clocks import ClockView, LimitShown
from yiwang.cases.values.forms import CertificateShown, MaterialLine, SourceShown
from yiwang.cases.values.states import CaseState, Channel, Outcome, TaskState
from yiwang.documents.values import CertificateLine

__all__ = [
    "ActView",
    "CaseBrief",
    "CaseLine",
    "CasePage",
    "CaseView",
    "CourseLine",
    "Deputy",
    "FrozenFact",
    "FrozenValue",
    "Holder",
    "Receipt",
    "Supplement",
    "SupplementLine",
    "TaskLine",
]


@dataclass(frozen=True, slots=True)
class FrozenFact:
    """A fact as it stood when the form was sent, kept as evidence.

    value: None when it is masked for this reader.  release: under which it was used.  digest: over element, value and record (hex).
    """

    element: str
    title: str
    value: Any
    shown: str
    source: SourceShown
    release: int
    digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the applicant gets for sending a form.

    due_on: last day of the limit that ends first, None without one; due_is_provisional: a year on the way has no official calendar yet.
    has_it: title of the unit that has the case, empty when nobody answers for the place yet.  repeated: the same form had
    already arrived under the same key; this is its receipt again.  form_fields: questions of the form; known_fields: of these, those that
    nobody had to type.  facts, certificates: what the city had and the case keeps as evidence.
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
    form_fields: int = 0
    known_fields: int = 0
    facts: tuple[FrozenFact, ...] = ()
    certificates: tuple[CertificateShown, ...] = ()


@dataclass(frozen=True, slots=True)
class FrozenValue:
    """One answer as it was sent.  shown: for people, places by their full names.  digest: of the element's definition then (hex).

    is_known: the city knew it; see the case's facts for whose it is. value: None when it is masked for this reader.
    """

    name: str
    title: str
    type: str
    value: Any
    shown: str
    digest: str
    sensitivity: str = "public"
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class SupplementLine:
    """One line of a notice 补正 and what became of it.

    words: what the officer wrote.  before: what had been answered; now: what is answered; None for nothing.  is_known: the city has it by
    now and nothing had to be given.
    """

    title: str
    words: str
    before: FrozenValue | None
    now: FrozenValue | None
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Supplement:
    """What the applicant was asked for in one notice, and what he gave.  until: its last day.  answered_at: None while it is open."""

    asked_at: datetime
    until: date | None
    answered_at: datetime | None
    lines: tuple[SupplementLine, ...]


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
    """A case in a list.  state_text: a sentence in plain words ("… has it, until …").  applicant_name: empty when no register names him."""

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
    applicant_name: str = ""


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of cases, newest first.  next: cursor of the next page, or None."""

    rows: tuple[CaseLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ActView:
    """Something the reader may do with a task.  name: what to send back.  reason: required | optional | none.

    asks: it takes the notice of what the applicant still has to give (`Claimed`).
    """

    name: str
    title: str
    reason: str
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Deputy:
    """A post to which a task may be handed over."""

    post_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task in a list.  days_left: working days until `due_on`, negative when over, None without a limit.

    units: titles of the units that may do it; empty when unassigned.  party: `applicant` when it waits for him.  deputy: title of the post
    to which it was handed, or empty.  version: of the case.  together: the act by which the reader may do it together with others of the
    same item and step, because every check has passed; None otherwise.  applicant_name: empty when no register names him.
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
    party: str = ""
    deputy: str = ""
    version: int = 0
    together: ActView | None = None
    applicant_name: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its applicant or an officer in scope reads it.

    due_on: the last day of the limit that ends first, None while nothing is due; of an ended case, of its last limit.

    version: send it back with an act.  has_it: titles of the units that have it now.  waits_for: a sentence: who has it and
    until when, or how it ended.  reason: given with the decision.  may_withdraw, may_cancel: whether this reader may now.
    tasks: open steps.  applicant_id: the subject; agent_id: the person who applies for it, None for itself.  applicant_name, agent_name:
    what their registers called them on that day, empty when in none.
    facts: what was known when it was sent.  materials: what must be shown, and where each stands.
    form_fields, known_fields: questions of the form, and those of them that nobody had to type.
    certificates: what the case has issued, as far as this reader sees them, newest first.
    supplements: what the applicant was asked for after he had sent the form, and what he gave, in the order of asking.
    channel: by which way it came.  entered_by: unit and post of the officer who entered it for the applicant, or empty.
    limits_to_come: those of its item that have not begun; none of a case that is over.
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
    clocks: tuple[ClockView, ...]
    may_withdraw: bool
    may_cancel: bool
    origin: str = "live"
    applicant_name: str = ""
    agent_id: UUID | None = None
    agent_name: str = ""
    facts: tuple[FrozenFact, ...] = ()
    materials: tuple[MaterialLine, ...] = ()
    form_fields: int = 0
    known_fields: int = 0
    certificates: tuple[CertificateLine, ...] = ()
    supplements: tuple[Supplement, ...] = ()
    channel: Channel = Channel.ONLINE
    entered_by: str = ""
    limits_to_come: tuple[LimitShown, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has an open task: the posts of this duty in these units, or the one post to which it was handed."""

    duty: str
    unit_ids: tuple[UUID, ...]
    deputy_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """A case for an engine that follows it.  unit_id: the implementing unit, None while nobody answers.  holders: of open tasks."""

    id: UUID
    number: str
    item_id: str
    item_titles: Mapping[str, str]
    release: int
    unit_id: UUID | None
    state: CaseState
    holders: tuple[Holder, ...]
    origin: str
