"""What cases, forms and tasks look like from outside, and what can go wrong with them. No database here.

Texts in these views are already in the language that was asked for; instants are UTC, `…_on` are civil dates of the city.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from yiwang.documents.values import CertificateLine
from yiwang.kernel.errors import Conflict, Fault

__all__ = [
    "PartView",
    "PartState",
    "PartOf",
    "NotAsked",
    "Consequence",
    "BundleStep",
    "BundleGuide",
    "ApplicationView",
    "ApplicationReceipt",
    "ApplicationLine",
    "ApplicationEntry",
    "FILE_OWNER",
    "ActView",
    "ActionCall",
    "AlreadyDecided",
    "CaseBrief",
    "CaseLine",
    "CaseNotOpen",
    "CasePage",
    "CaseState",
    "CaseView",
    "CertificateShown",
    "Channel",
    "Choice",
    "Claimed",
    "ClockCounted",
    "ClockExplained",
    "ClockState",
    "ClockUnit",
    "ClockView",
    "ConsentMeans",
    "CourseLine",
    "DayFigures",
    "Deputy",
    "DoneTogether",
    "Due",
    "DraftView",
    "ExplainedDay",
    "ExtensionAllowed",
    "FactChanged",
    "FaqShown",
    "FeeShown",
    "FlowStep",
    "FlowWay",
    "FormChanged",
    "FormField",
    "FormSection",
    "FormView",
    "FrozenFact",
    "FrozenValue",
    "Holder",
    "IdentityShown",
    "ItemGuide",
    "ItemSummary",
    "KeyReused",
    "LawCited",
    "LimitShown",
    "Mark",
    "MaterialLine",
    "MaterialState",
    "OnceOnly",
    "Outcome",
    "Prepared",
    "Receipt",
    "ServiceShown",
    "ReceptionView",
    "SourceShown",
    "StuckAction",
    "Supplement",
    "SupplementLine",
    "SubjectChoice",
    "TaskCounts",
    "TaskFilter",
    "TaskLine",
    "TaskPage",
    "TaskState",
    "TaskView",
    "TasksOfItem",
    "Topic",
    "Wanted",
    "Whose",
]

REASON_LENGTH = 200
FILE_OWNER = "case"
"""The name under which cases have files (`documents.registry.register_file_owner`)."""


Mark = Literal[
    "baby",
    "book",
    "building",
    "card",
    "file",
    "heart",
    "home",
    "luggage",
    "people",
    "pin",
    "rings",
    "shop",
    "stick",
    "work",
]
"""The drawings that declarations may name for a tile; faces draw them."""


class CaseState(StrEnum):
    """Whether a case still runs."""

    OPEN = "open"
    ENDED = "ended"


class Channel(StrEnum):
    """By which way an application came.

    online: the applicant sent it himself.  hall: an officer at a window entered it for him.  community: an officer of his community did.
    """

    ONLINE = "online"
    HALL = "hall"
    COMMUNITY = "community"


class IdentityShown(StrEnum):
    """By which document somebody at a window showed who he is."""

    CARD = "card"  # the original identity card, compared with the face
    ELECTRONIC = "electronic"  # the electronic identity card on his phone
    OTHER = "other"  # another original with number and photograph, such as a temporary identity card or a passport


class ConsentMeans(StrEnum):
    """How somebody at a window agreed. Source: 个人信息保护法 art. 14: voluntarily, explicitly and fully informed."""

    SIGNED = "signed"  # he signed the sheet with the text of the consent
    SPOKEN = "spoken"  # it was read to him and he said yes, at a window that records picture and sound
    ELECTRONIC = "electronic"  # he confirmed it on a device at the window


class Outcome(StrEnum):
    """How a case ended. All but `withdrawn` and `cancelled` are said by its process.

    not-accepted: it was not taken up at all 不予受理.  revoked: what was granted was taken back later 撤销.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_ACCEPTED = "not-accepted"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class PartState(StrEnum):
    """Where one item of an application stands.

    waiting: for the end of others.  asking: another ended otherwise than hoped, and the applicant is asked whether it goes on.
    begun: its case runs.  ended: its case has ended, with an outcome.  stopped: it never began, because another ended otherwise.
    withdrawn: the applicant took it back before it began.
    """

    WAITING = "waiting"
    ASKING = "asking"
    BEGUN = "begun"
    ENDED = "ended"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self in (PartState.ENDED, PartState.STOPPED, PartState.WITHDRAWN)


class Consequence(StrEnum):
    """What becomes of a part when one that it waits for ends otherwise than it needs."""

    STOP = "stop"
    CONTINUE = "continue"
    ASK = "ask"


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


class ClockUnit(StrEnum):
    """What a limit is counted in. “日” means different things in different laws, so each limit says which."""

    WORKING_DAYS = "working_days"
    DAYS = "days"
    HOURS = "hours"
    MONTHS = "months"


class ClockState(StrEnum):
    """Where a clock stands.

    running, paused: it is open.  met, missed: what it waited for was done in time, or late (measured by the earlier of the
    legal and the promised limit).  stopped: it ended in time without it, for example by a withdrawal.
    """

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    MET = "met"
    MISSED = "missed"


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


class FactChanged(Conflict):
    """What the city knows is not what the form was prefilled with; `faults` say both values. Nothing was sent."""

    code = "fact-changed"
    title = "What the city knows has changed since you opened the form"
    next_step = "Look at the listed changes and send again. Nothing that you entered is lost."


class OnceOnly(Conflict):
    """The act may be done once in a case and was done before: a second request for supplements.

    Source: 行政许可法 art. 32(1)(4): everything that has to be supplied is told at once.
    """

    code = "once-only"
    title = "This was already done in this case"
    next_step = "Decide with what is there."


class AlreadyDecided(Conflict):
    """Somebody else did the task first. `params`: `who` (unit and post), `what`, `when` (ISO 8601, UTC)."""

    code = "already-decided"
    title = "This task has already been done"
    next_step = "Look at the case to see what was decided."


class NotAsked(Conflict):
    """Nobody asks the applicant about this part: it is not waiting for his word, or no longer."""

    code = "not-asked"
    title = "Nothing is asked about this any more"
    next_step = "Look at your application to see how it stands."


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


class MaterialState(StrEnum):
    """Where a material of a case stands.

    known: the city had it itself.  given: the applicant gave it.  promised: he promised it.  missing: it is still to come.
    kept, broken: what was found when the promise was checked.
    """

    KNOWN = "known"
    GIVEN = "given"
    PROMISED = "promised"
    MISSING = "missing"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class SourceShown:
    """Whose a fact is and how old.  standing: undisputed | disputed.  unit_title is empty when the source names no unit.

    subject_id: whom it is about.  record_id: the version of the record that said so; send it back with the form.
    """

    resource: str
    resource_title: str
    unit_title: str
    subject_id: UUID
    record_id: UUID
    valid_from: date
    registered_at: datetime
    age_days: int
    standing: str = "undisputed"


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """A certificate that meets a material.  unit_title: who issued it.  valid_until: last day, None without an end.

    status: as it stood at `checked_at`; that is None in a form that is not sent yet: it is checked again then.  digest: SHA-256 of the
    content that is signed (hex).
    """

    certificate_id: UUID
    identifier: str
    title: str
    number: str
    version: int
    holder_name: str
    unit_title: str
    valid_from: date
    valid_until: date | None
    status: str
    digest: str
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """A material 材料 as a guide, a form or a case shows it.

    kind: fact | certificate | upload | promise.  state: None in a guide.  shown: values that show it, for people.  sources: of the
    facts that show it.  certificate: the one that meets it; lack: why none does, and what to do.
    element: what holds its file or its promise, or empty.  promise, broken: what is promised, and what follows when it is broken.
    check_days: working days from the decision until the promise is checked.  may_follow: the form may be sent without it.
    """

    id: str
    title: str
    kind: str
    help: str = ""
    state: MaterialState | None = None
    shown: str = ""
    sources: tuple[SourceShown, ...] = ()
    element: str = ""
    promise: str = ""
    broken: str = ""
    check_days: int | None = None
    may_follow: bool = False
    law: str = ""
    article: str = ""
    issued_by: str = ""
    medium: str = "electronic"
    copies: int = 0
    certificate: CertificateShown | None = None
    lack: str = ""


@dataclass(frozen=True, slots=True)
class SubjectChoice:
    """A subject for which the reader may apply, called by the name that its register gives it."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """An item in a list.  promise: how long it takes, in words (“5 working days”); empty when nothing is promised.

    themes, life_events: ids.  serves: kinds of applicant as the item publishes them, empty when it does not.
    """

    id: str
    title: str
    summary: str
    promise: str
    themes: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A life event or a theme (`kind`), with the items that stand under it."""

    kind: str
    id: str
    title: str
    summary: str
    mark: str
    items: tuple[ItemSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowWay:
    """What follows a step of a flow.  when: acts that lead here, as buttons say it; empty: in any case.  does: what happens by itself.

    then: title of the next step, or empty.  outcome: how the case ends, or empty.
    """

    when: str
    does: tuple[str, ...]
    then: str
    outcome: str


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step of an item's process for people.  who: title of the duty, empty for the applicant himself."""

    title: str
    who: str
    ways: tuple[FlowWay, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an item asks of one reader.  materials: with their state when it is known.  questions: title, whether the city knows the answer.

    is_known: whether anything at all is known of him here.
    """

    materials: tuple[MaterialLine, ...]
    questions: tuple[tuple[str, bool], ...]
    is_known: bool

    @property
    def spared(self) -> int:
        """How many questions he need not answer."""
        return sum(known for _title, known in self.questions)


@dataclass(frozen=True, slots=True)
class DraftView:
    """A form of an item or a bundle that somebody has begun and not sent 暂存.

    values: what he typed, by the names of the fields as a page sends them.  expires_on: civil date from which it is gone.
    """

    item_id: str
    item_title: str
    is_bundle: bool
    subject_id: UUID | None
    values: Mapping[str, tuple[str, ...]]
    saved_at: datetime
    expires_on: date


@dataclass(frozen=True, slots=True)
class FaqShown:
    """A question that people ask again and again, with its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class FeeShown:
    """A fee as an item publishes it.  reduced: when it is reduced, or empty."""

    title: str
    standard: str
    law: str
    article: str
    reduced: str


@dataclass(frozen=True, slots=True)
class ServiceShown:
    """What an item publishes beside its guide 实施清单, in words.

    codes: the words as GB/T 39046 codes, by field.  visits: how often one has to come; visits_for: what for.  Empty texts: not said.
    """

    serves: str
    handling: str
    ways: str
    visits: int
    visits_for: str
    online: bool
    reach: str
    body: str
    power: str
    result_type: str
    fees: tuple[FeeShown, ...]
    quantity: str
    extras: tuple[str, ...]
    consult: str
    complain: str
    reconsider: str
    sue: str
    effective_from: date | None
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What happened in the city's cases on one civil date, and how long what ended took.

    sent, ended: how many.  in_time: of those that ended, how many missed no limit.
    """

    on: date
    sent: int
    ended: int
    in_time: int


@dataclass(frozen=True, slots=True)
class ItemGuide:
    """What an item's page says, in its order: can I, what do I need, how long and how much, what happens.

    conditions, materials, steps: one sentence each.  to_show: the declared materials.  asked: titles of what the form asks.
    codes: national code fields (`basic_code` 基本编码, `level` 行使层级).  answering_duty: title of the duty that decides.
    promise: how long it takes, in words, or empty; limits: every limit under which its cases stand.
    flow: its process as a list.  published: None when the item publishes nothing more.  duty: id of the duty that decides, or empty.
    """

    id: str
    title: str
    summary: str
    conditions: tuple[str, ...]
    materials: tuple[str, ...]
    asked: tuple[str, ...]
    steps: tuple[str, ...]
    promise: str
    limits: tuple[LimitShown, ...]
    fee: str
    result: str
    answering_duty: str
    law: tuple[LawCited, ...]
    codes: Mapping[str, str]
    release: int
    to_show: tuple[MaterialLine, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    faq: tuple[FaqShown, ...] = ()
    published: ServiceShown | None = None
    life_events: tuple[Topic, ...] = ()
    themes: tuple[Topic, ...] = ()
    duty: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionAllowed:
    """The one extension that a limit allows.  length: at most, in the limit's unit; shown: the same in words.  approved_by: by whom."""

    length: int
    shown: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class LimitShown:
    """A declared limit 时限.  length, promise: in words (“20 working days”); promise: empty when nothing is promised.

    pauses: titles of the reasons for which it may stand still.  deemed: what counts as done when it is missed, or empty.
    law, article, text: what sets it; verified: `text` read in the law, `practice`, or `unknown`: set by the city itself.
    """

    id: str
    title: str
    length: str
    promise: str
    extension: ExtensionAllowed | None
    pauses: tuple[str, ...]
    deemed: str
    law: str
    article: str
    text: str
    verified: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One code of a code list."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form, as its element defines it.

    name: the element id and the key of its value.  type: an element type of the catalogue (text, code, date, phone, address …).
    value: what it is prefilled with, as JSON has it, or None.  shown: the same for people.  source: whose fact the value is; such a field
    cannot be overwritten, only disputed.  help: one or two sentences, or empty.  choices: of the code list, in its order.
    check: the element's condition over `value` and `today`, or empty; check_message: what is said when it does not hold.
    types, largest_bytes: of a file, keys of `catalog.values.FILE_FORMATS` and what one may hold.
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
    shown: str = ""
    source: SourceShown | None = None
    types: tuple[str, ...] = ()
    largest_bytes: int = 0


@dataclass(frozen=True, slots=True)
class FormSection:
    """Questions that stand together; a section is one screen on a desktop."""

    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class FormView:
    """A form to fill.  digest: send it back with the answers; it says which questions were read.

    subjects: for whom the reader may apply, where the item is for another than himself; subject_id: for whom this form is (None: not
    chosen yet, and then nothing is prefilled).  materials: what must be shown, with what the city has of it.
    item_id: of the item, or of the bundle whose items ask these questions.  asked_apart: how many questions the items of a bundle would
    ask one by one; 0 for an item.
    """

    id: str
    item_id: str
    title: str
    sections: tuple[FormSection, ...]
    digest: str
    release: int
    subjects: tuple[SubjectChoice, ...] = ()
    subject_id: UUID | None = None
    materials: tuple[MaterialLine, ...] = ()
    asked_apart: int = 0

    @property
    def fields(self) -> tuple[FormField, ...]:
        """Every question in order."""
        return tuple(one for section in self.sections for one in section.fields)

    @property
    def known(self) -> int:
        """How many questions nobody has to answer: the city knows."""
        return sum(one.source is not None for one in self.fields)


# ── Cases ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    """Something the reader may do with a task.  name: what to send back.  reason: required | optional | none.

    asks: it takes the notice of what the applicant still has to give (`Claimed`).
    """

    name: str
    title: str
    reason: str
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an officer asks of the applicant in a notice.  kind: material | element.  words: what is wrong, at most 200 characters."""

    kind: str
    id: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a notice 一次性告知, as the applicant reads it.

    kind: material | element.  words: what the officer wrote.  field: the question to answer; None for a fact that only its register can
    supply, or a certificate that only its office can issue.  lack: why no certificate meets it, and what to do.
    """

    kind: str
    id: str
    title: str
    words: str
    field: FormField | None
    lack: str = ""


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
    same item and step, because every check has passed; None otherwise.
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


class Due(StrEnum):
    """Where a task stands to its last day.  over: past it.  soon: due within two working days.  calm: later, or without a limit."""

    OVER = "over"
    SOON = "soon"
    CALM = "calm"


class Whose(StrEnum):
    """For whom among colleagues a task waits.  mine: handed over to this post alone.  shared: any post of the duty may do it."""

    MINE = "mine"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list is to show; what is empty does not narrow.  item: id of an item."""

    item: str = ""
    due: Due | None = None
    whose: Whose | None = None


@dataclass(frozen=True, slots=True)
class DoneTogether:
    """What came of one task among several.  fault: why it was not done, a problem for people; None when it was."""

    task_id: UUID
    case_number: str
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks the actor sees: open ones, of these over the limit, due within two working days and later, and alarms.

    mine: open ones that were handed over to this post.
    """

    open: int = 0
    overdue: int = 0
    due_soon: int = 0
    calm: int = 0
    mine: int = 0
    unassigned: int = 0
    running: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class TasksOfItem:
    """How many open tasks of one item there are."""

    item_id: str
    title: str
    open: int


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of tasks, the most urgent first.  next: cursor of the next page, or None.  items: those with open tasks, by title."""

    rows: tuple[TaskLine, ...]
    counts: TaskCounts
    next: str | None
    items: tuple[TasksOfItem, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock 时限 of a case.

    started_at: the trigger, on the civil date `started_on`.  legal_due_on, promised_due_on: last days; due_on: the earlier; due_at: the
    instant from which that one is over; all None while the clock is paused, promised_due_on also without a promise.
    left: what is left until the earlier, in the limit's unit (days for months), negative when it is over; None once it has ended.
    left_text: the same in words.  paused_on, paused_for: since when and why it stands still.  extended_by: in words, or empty.
    """

    limit: LimitShown
    state: ClockState
    started_at: datetime
    started_on: date
    legal_due_on: date | None
    promised_due_on: date | None
    due_on: date | None
    due_at: datetime | None
    provisional: bool
    left: int | None
    left_text: str
    paused_on: date | None
    paused_for: str
    extended_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """One line of “why on that day?”: the civil dates from `on` to `until` (mostly one).

    number: of the counted days the first, second …; 0 when it does not count.  code: trigger | counted | off | paused | rolled | span.
    sentence: why.  law: what the line rests on beyond the limit's own law, or empty.  is_promised_due, is_legal_due: the limits end here.
    ended_here: the clock was stopped on this day.
    """

    on: date
    until: date
    number: int
    code: str
    sentence: str
    law: str
    provisional: bool
    is_promised_due: bool
    is_legal_due: bool
    is_today: bool
    ended_here: bool


@dataclass(frozen=True, slots=True)
class ClockExplained:
    """Why a clock ends when it does.  may_extend: whether this reader may extend it now."""

    case_id: UUID
    case_number: str
    item_title: str
    clock: ClockView
    rows: tuple[ExplainedDay, ...]
    may_extend: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its applicant or an officer in scope reads it.

    due_on: the last day of the limit that ends first, None while nothing is due; of an ended case, of its last limit.

    version: send it back with an act.  has_it: titles of the units that have it now.  waits_for: a sentence: who has it and
    until when, or how it ended.  reason: given with the decision.  may_withdraw, may_cancel: whether this reader may now.
    tasks: open steps.  applicant_id: the subject; names come from records.  agent_id: the person who applies for it, None for itself.
    facts: what was known when it was sent.  materials: what must be shown, and where each stands.
    form_fields, known_fields: questions of the form, and those of them that nobody had to type.
    certificates: what the case has issued, as far as this reader sees them, newest first.
    supplements: what the applicant was asked for after he had sent the form, and what he gave, in the order of asking.
    channel: by which way it came.  entered_by: unit and post of the officer who entered it for the applicant, or empty.
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
    agent_id: UUID | None = None
    facts: tuple[FrozenFact, ...] = ()
    materials: tuple[MaterialLine, ...] = ()
    form_fields: int = 0
    known_fields: int = 0
    certificates: tuple[CertificateLine, ...] = ()
    supplements: tuple[Supplement, ...] = ()
    channel: Channel = Channel.ONLINE
    entered_by: str = ""


@dataclass(frozen=True, slots=True)
class ReceptionView:
    """Somebody served at a window 窗口接待, as the post that serves him sees it.

    identifiers: of the person, masked, with their titles.  consent: the text to which he agreed.  until: the last civil day on which it
    counts.  case_id, application_id: what came of it, both None while there is nothing.
    """

    id: UUID
    item_id: str
    item_title: str
    is_bundle: bool
    subject_id: UUID
    identifiers: tuple[tuple[str, str], ...]
    shown: IdentityShown
    means: ConsentMeans
    consent: str
    received_at: datetime
    until: date
    channel: Channel
    case_id: UUID | None
    application_id: UUID | None


# ── Bundles ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BundleStep:
    """One item of a bundle as its page tells it.

    after: titles of the items whose end it waits for; empty: it begins at once.  consequences: what becomes of it when one of those ends
    otherwise, one sentence each.
    """

    item_id: str
    title: str
    summary: str
    promise: str
    duty: str
    after: tuple[str, ...]
    consequences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BundleGuide:
    """What the page of a bundle 一件事 says.

    steps: its items in order.  asked: titles of what the one form asks; asked_apart: how many questions the items would ask one by one.
    to_show: materials, each once.  limits: of the whole; promise: in words, or empty.
    """

    id: str
    title: str
    summary: str
    conditions: tuple[str, ...]
    steps: tuple[BundleStep, ...]
    asked: tuple[str, ...]
    asked_apart: int
    to_show: tuple[MaterialLine, ...]
    promise: str
    limits: tuple[LimitShown, ...]
    fee: str
    result: str
    law: tuple[LawCited, ...]
    codes: Mapping[str, str]
    release: int


@dataclass(frozen=True, slots=True)
class PartView:
    """One item of an application.

    state: None where the reader does not see how this part stands; then nothing but its title is said.  sentence: how it stands, what
    comes next and until when, in plain words.  case_id, case_number: None and empty before it has begun.  has_it: who has it now.
    if_not: what follows for others when this one is not granted, one sentence each.  certificates: its results.
    may_withdraw, may_answer: whether this reader may now.
    """

    item_id: str
    title: str
    position: int
    state: PartState | None
    outcome: Outcome | None
    sentence: str
    case_id: UUID | None
    case_number: str
    has_it: tuple[str, ...]
    due_on: date | None
    reason: str
    after: tuple[str, ...]
    if_not: tuple[str, ...]
    certificates: tuple[CertificateLine, ...]
    may_withdraw: bool
    may_answer: bool


@dataclass(frozen=True, slots=True)
class ApplicationEntry:
    """One line of what has happened to an application.  title: of the part that it is about, or empty for the whole."""

    at: datetime
    title: str
    sentence: str
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application for a bundle, as its applicant reads it, or an officer as far as he sees its parts.

    sentence: how far it is, in plain words.  is_over: nothing will happen any more.  due_on: last day of the whole.
    form_fields, known_fields: questions of the form, and those that nobody had to type; asked_apart: what the items would have asked
    one by one.  history: what has happened, the latest first.  entered_by: unit and post of the window, empty where nobody entered it.
    """

    id: UUID
    number: str
    bundle_id: str
    title: str
    submitted_at: datetime
    ended_at: datetime | None
    is_over: bool
    sentence: str
    due_on: date | None
    legal_due_on: date | None
    due_is_provisional: bool
    release: int
    parts: tuple[PartView, ...]
    history: tuple[ApplicationEntry, ...]
    values: tuple[FrozenValue, ...]
    facts: tuple[FrozenFact, ...]
    form_fields: int
    known_fields: int
    asked_apart: int
    may_withdraw: bool
    origin: str = "live"
    entered_by: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """An application in a list.  done, all: how many of its parts are over, and how many there are."""

    id: UUID
    number: str
    bundle_id: str
    title: str
    submitted_at: datetime
    ended_at: datetime | None
    due_on: date | None
    done: int
    all: int


@dataclass(frozen=True, slots=True)
class PartOf:
    """The application of which a case is one part."""

    id: UUID
    number: str
    bundle_id: str
    title: str
    parts: tuple[PartView, ...]


@dataclass(frozen=True, slots=True)
class ApplicationReceipt:
    """What the applicant gets for sending the form of a bundle: one number, and those of the cases that have begun.

    repeated: the same form had already arrived under the same key; this is its receipt again.
    """

    id: UUID
    number: str
    bundle_id: str
    title: str
    submitted_at: datetime
    due_on: date | None
    due_is_provisional: bool
    cases: tuple[Receipt, ...]
    repeated: bool = False
    form_fields: int = 0
    known_fields: int = 0
    asked_apart: int = 0


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with its case.  acts: what this actor may do; empty when it may only look, and then `why_not` says why.

    version: of the case; send it back with the act.  wanted: what the applicant is asked for.  may_ask: what an officer may ask for in a
    notice (kind, id, title).  deputies: posts to which this actor may hand it over.
    """

    id: UUID
    title: str
    state: TaskState
    acts: tuple[ActView, ...]
    why_not: str
    version: int
    case: CaseView
    party: str = ""
    due_on: date | None = None
    days_left: int | None = None
    wanted: tuple[Wanted, ...] = ()
    may_ask: tuple[Wanted, ...] = ()
    deputies: tuple[Deputy, ...] = ()


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


@dataclass(frozen=True, slots=True)
class ClockCounted:
    """What a clock has counted, for an engine that follows it.

    units: the beginning of each unit that counts, up to the one in which the earlier of the promised and the legal limit ends; after: the
    beginning of the n-th unit after that. Both None while nobody can know the end, because the clock is paused before it, and for a
    limit that is counted backwards from an event.
    """

    id: UUID
    case_id: UUID
    limit: str
    release: int
    state: ClockState
    units: tuple[datetime, ...] | None
    after: Callable[[int], datetime] | None
    due_on: date | None
    paused_at: datetime | None
    ended_at: datetime | None


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
    keyed by it happens once.  event_subject: what the event was about that began the case, or empty.
    parameters: as the process declares them, bound to the item.  values: the frozen answers by
    element id, as the catalogue's types, the facts that were used with them.  reason: of the last decision.  unit_id: the unit that has
    the case.  subject_id: whom the case is for; applicant_id: the one who is told, the same or his agent.
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
