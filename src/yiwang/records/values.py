"""What records say: facts with their source, who read them, and rows on their way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from yiwang.catalog.values import Sensitivity
from yiwang.kernel.texts import text

__all__ = [
    "DiscrepancyLine",
    "DiscrepancyPage",
    "DiscrepancyState",
    "DiscrepancyView",
    "CorrectionField",
    "Door",
    "DoubtCounts",
    "ElementCompared",
    "Evidence",
    "FactView",
    "Ground",
    "HistoryLine",
    "IngestReport",
    "IngestRow",
    "KnownRecord",
    "PurposeChoice",
    "ReadPage",
    "ReadView",
    "RecordView",
    "RelatedView",
    "RelationForm",
    "RelationRole",
    "RelationRow",
    "RelationView",
    "ReporterView",
    "Standing",
    "SchemeChoice",
    "SubjectPage",
    "ValueView",
]


class Door(StrEnum):
    """The lawful doors by which a fact changes (one source per fact)."""

    CASE = "case"
    FEED = "feed"
    CORRECTION = "correction"
    SELF_SERVICE = "self-service"
    OBSERVATION = "observation"
    SAMPLE = "sample"
    ENGINE = "engine"  # the platform's own state, by nobody's hand


class Standing(StrEnum):
    """Whether anybody disputes a fact."""

    UNDISPUTED = "undisputed"
    DISPUTED = "disputed"


class Ground(StrEnum):
    """On what somebody reads: his own facts, those of whom he represents, a mandate, a grant of his post, an agreement, a published item,
    an emergency access of two administrators, or the platform for its own work.
    """

    OWN = "own"
    REPRESENTED = "represented"
    MANDATE = "mandate"
    GRANT = "grant"
    AGREEMENT = "agreement"
    ITEM = "item"
    EMERGENCY = "emergency"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class FactView:
    """Subject + element → value, with where it came from. Titles and `shown` are in the active language.

    value: typed as the element's type says; None when it is masked.  valid_from: civil date from which it is so.  registered_at: at
    the source; arrived_at: here (UTC).  age_days: days since it was registered.  case_number: of the case that wrote it, or empty.
    reason: why it was corrected, or empty.  covered: the masked form of a sensitive value that is shown, for pages that uncover it on
    request; empty for others.
    """

    element: str
    title: str
    value: Any
    shown: str
    resource: str
    resource_title: str
    unit_title: str
    valid_from: date
    registered_at: datetime
    arrived_at: datetime
    age_days: int
    door: Door
    record_id: UUID
    case_id: UUID | None = None
    case_number: str = ""
    standing: Standing = Standing.UNDISPUTED
    masked: bool = False
    unit_id: UUID | None = None
    reason: str = ""
    covered: str = ""


@dataclass(frozen=True, slots=True)
class ValueView:
    """One value of a record for people. masked: covered, because the reader's ground does not uncover it.

    standing: of a value that holds today, disputed while somebody doubts it; what no longer holds is not doubted.
    """

    element: str
    title: str
    shown: str
    masked: bool = False
    standing: Standing = Standing.UNDISPUTED


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of a subject as it stands or stood: a version of a state, or an event.

    valid_from: since when it was so, or the day on which it happened.  retracted: it says that this was never so.  in_force: it holds
    today, as known now; an event holds until it is retracted.  who: unit and post that wrote it, or empty.
    """

    record_id: UUID
    valid_from: date
    registered_at: datetime
    arrived_at: datetime
    retracted: bool
    in_force: bool
    door: Door
    unit_title: str
    who: str
    case_id: UUID | None
    case_number: str
    reason: str
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True)
class SchemeChoice:
    """An identifier by which a subject is looked for."""

    scheme: str
    title: str


@dataclass(frozen=True, slots=True)
class PurposeChoice:
    """A registered purpose to choose."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class RelationRole:
    """One end of a relation.  kind: of subject.  title: what whoever stands there is to the other end.  is_single: the other end has at
    most one at a time.
    """

    kind: str
    title: str | Mapping[str, str]
    is_single: bool = False

    def title_in(self, language: str) -> str:
        """The title for a reader of `language`."""
        return text(self.title, language)


@dataclass(frozen=True, slots=True)
class RelationView:
    """A relation 关系 as it is declared.  start, end: the roles `from` and `to`; the same when it is symmetric.  kept_by: a duty.

    hierarchy: in which `from` stands below `to` and nobody above himself; empty for none.
    """

    id: str
    title: str | Mapping[str, str]
    start: RelationRole
    end: RelationRole
    symmetric: bool
    kept_by: str
    sensitivity: Sensitivity
    hierarchy: str = ""

    @property
    def may_swap(self) -> bool:
        """Whether either may stand at either end, and it matters who stands where."""
        return not self.symmetric and self.start.kind == self.end.kind

    def title_in(self, language: str) -> str:
        """The title for a reader of `language`."""
        return text(self.title, language)


@dataclass(frozen=True, slots=True)
class RelationRow:
    """A link as a source gives it: that it holds from `valid_from` to the day before `valid_to` (civil dates; None: for good).

    registered_at: when the source registered it (aware), None for now.  retracted: that it was never so.
    """

    from_id: UUID
    to_id: UUID
    valid_from: date
    valid_to: date | None = None
    registered_at: datetime | None = None
    unit_id: UUID | None = None
    retracted: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RelatedView:
    """Another subject to whom one is related. Titles are in the active language.

    title: what the other is to the one asked about (mother, household).  other_name: by which people know it, or empty.  identifiers:
    (title, value) of those that it bears today; to others than whom it is about those of people are masked, or left out.
    valid_from, valid_to: civil dates, half-open.  masked: it is sensitive, and the reader's ground does not uncover who it is: other_id is
    None, name and identifiers are empty.  standing: disputed while somebody doubts it.
    retracted: the word says that it was never so.  superseded: a later word counts instead.  who: unit and post that wrote it, or empty.
    may_correct, may_retract: the reader is the source's officer, and this word counts.
    """

    record_id: UUID
    relation: str
    title: str
    other_id: UUID | None
    other_kind_title: str
    other_name: str
    identifiers: tuple[tuple[str, str], ...]
    unit_title: str
    valid_from: date
    valid_to: date | None
    registered_at: datetime
    arrived_at: datetime
    door: Door
    case_id: UUID | None = None
    case_number: str = ""
    reason: str = ""
    masked: bool = False
    relation_title: str = ""
    standing: Standing = Standing.UNDISPUTED
    retracted: bool = False
    superseded: bool = False
    who: str = ""
    may_correct: bool = False
    may_retract: bool = False

    @property
    def last_day(self) -> date | None:
        """The last civil date on which it is so; None when no end is known."""
        return None if self.valid_to is None else self.valid_to - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RelationForm:
    """A relation as its source's officer corrects it.  title: of the relation.  start, end: who stands at `from` and `to`, each as the
    other sees it.  may_swap: the two may have stood the wrong way round.
    """

    record_id: UUID
    title: str
    start: RelatedView
    end: RelatedView
    may_correct: bool
    may_retract: bool
    may_swap: bool


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What a reader may know of a subject from one resource: the facts of the record that holds, of events those of the last one.

    may_correct: the reader is the source's officer.
    """

    resource: str
    resource_title: str
    is_event: bool
    record_id: UUID
    facts: tuple[FactView, ...]
    may_correct: bool


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A subject as a post sees it for one purpose. identifiers: (title, value) of those that it bears today, masked of people.

    relations: to others, as they hold on the day asked for.  related_before: there is a history of them to read.
    """

    id: UUID
    kind_title: str
    identifiers: tuple[tuple[str, str], ...]
    purpose: PurposeChoice
    records: tuple[KnownRecord, ...]
    relations: tuple[RelatedView, ...] = ()
    related_before: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionField:
    """One element of a record that its source's officer may correct.

    present: as it stands, covered where the reader may not see it.  choices: (code, title) of a code list or of yes and no.
    """

    element: str
    title: str
    type: str
    present: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadView:
    """One reading of somebody's facts, for that person to see.

    own: the person read them himself.  who: unit and post of the reader, the name of an agent; empty for his own and for the platform's.
    ground: on what he read; ground_title: of the agreement or the item, in words.
    """

    read_at: datetime
    own: bool
    who: str
    resource: str
    resource_title: str
    element_titles: tuple[str, ...]
    purpose_title: str
    ground: str = ""
    ground_title: str = ""
    unit_title: str = ""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page of readings, the latest first. next_cursor: give it back for the next page; empty on the last."""

    reads: tuple[ReadView, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class IngestRow:
    """One version of a subject's state as a source gives it: all elements, those left out are absent.

    values: element id → what the source wrote.  registered_at: when the source registered it (aware), None for now.
    """

    subject_id: UUID
    values: Mapping[str, object]
    valid_from: date
    registered_at: datetime | None = None
    unit_id: UUID | None = None
    retracted: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a batch did. known: rows that say what the register already said."""

    written: int
    known: int


# ── Discrepancies ───────────────────────────────────────────────────────────────────────────────────────────────────────


class DiscrepancyState(StrEnum):
    """Where a discrepancy 疑义 stands.

    reported: somebody doubts the fact.  accepted: a case of the source's unit looks into it.  confirmed: what the source says stands.
    corrected: the fact is now what was proposed.  rejected: it was not looked into, for a reason.  withdrawn: nobody doubts it any more.
    """

    REPORTED = "reported"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reporter shows.  text: at most 500 characters.  files: ids of files that he handed in.  case_number: where he saw it."""

    text: str = ""
    files: tuple[UUID, ...] = ()
    case_number: str = ""


@dataclass(frozen=True, slots=True)
class ReporterView:
    """One who doubts.  kind: unit (its resource holds another value) | officer | subject.  who: for people.  own: the reader reported it.

    stands: he has not withdrawn it.  evidence: None where the reader may not see it.
    """

    kind: str
    who: str
    own: bool
    reported_at: datetime
    stands: bool
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to a discrepancy, in words.  code: stable name.  who: unit and post, or empty.  reason: as it was written."""

    at: datetime
    code: str
    sentence: str
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DiscrepancyLine:
    """A discrepancy in a list, without its values.  age_days: since it was opened, until it ended.  unit_title: of the source.

    other_id: at the other end of a doubted relation, which is its own element and its own resource; None for a fact.
    """

    id: UUID
    subject_id: UUID
    element: str
    element_title: str
    resource: str
    resource_title: str
    unit_title: str
    state: DiscrepancyState
    state_title: str
    reporters: tuple[str, ...]
    opened_at: datetime
    ended_at: datetime | None
    age_days: int
    case_id: UUID | None
    case_number: str
    other_id: UUID | None = None

    @property
    def is_open(self) -> bool:
        """Whether the fact is disputed because of it."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class DiscrepancyPage:
    """One page of discrepancies, the newest first. next_cursor: empty on the last."""

    rows: tuple[DiscrepancyLine, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class DiscrepancyView:
    """A discrepancy with both values side by side.  doubted, proposed: shown for people, covered where `masked`.

    reason: what the source answered.  may_withdraw: the reader reported it and it
    is open.  may_see_case: the case that looks into it is not another's, which at the other end of a relation it is.
    """

    line: DiscrepancyLine
    doubted: str
    proposed: str
    masked: bool
    reason: str
    reporters: tuple[ReporterView, ...]
    history: tuple[HistoryLine, ...]
    may_withdraw: bool
    may_see_case: bool = True


@dataclass(frozen=True, slots=True)
class ElementCompared:
    """What one comparison of a verifying resource with an element's source found.

    compared: subjects of which both say something.  confirmed: both say the same.  opened: discrepancies that are new.
    """

    element: str
    source: str
    compared: int
    confirmed: int
    differing: int
    opened: int


@dataclass(frozen=True, slots=True)
class DoubtCounts:
    """How an element of a resource stands, for the catalogue.

    open: discrepancies of it.  compared, confirmed: at the last comparison with each verifying resource, together.
    """

    open: int = 0
    compared: int = 0
    confirmed: int = 0
