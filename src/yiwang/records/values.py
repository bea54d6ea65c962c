"""What records say: facts with their source, who read them, and rows on their way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

__all__ = ["Door", "FactView", "IngestReport", "IngestRow", "ReadPage", "ReadView", "Standing"]


class Door(StrEnum):
    """The lawful doors by which a fact changes (one source per fact)."""

    CASE = "case"
    FEED = "feed"
    CORRECTION = "correction"
    SELF_SERVICE = "self-service"
    OBSERVATION = "observation"
    SAMPLE = "sample"


class Standing(StrEnum):
    """Whether anybody disputes a fact."""

    UNDISPUTED = "undisputed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class FactView:
    """Subject + element → value, with where it came from. Titles and `shown` are in the active language.

    value: typed as the element's type says; None when it is masked.  valid_from: civil date from which it is so.  registered_at: at
    the source; arrived_at: here (UTC).  age_days: days since it was registered.  case_number: of the case that wrote it, or empty.
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


@dataclass(frozen=True, slots=True)
class ReadView:
    """One reading of somebody's facts, for that person to see.

    own: the person read them himself.  who: unit and post of the reader, empty for his own and for the platform's.
    """

    read_at: datetime
    own: bool
    who: str
    resource: str
    resource_title: str
    element_titles: tuple[str, ...]
    purpose_title: str


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
