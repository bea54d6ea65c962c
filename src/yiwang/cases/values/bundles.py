"""Bundles and applications as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from yiwang.cases.values.cases import FrozenFact, FrozenValue, Receipt
from yiwang.cases.values.clocks import LimitShown
from yiwang.cases.values.forms import MaterialLine
from yiwang.cases.values.guides import LawCited
from yiwang.cases.values.states import Outcome, PartState
from yiwang.documents.values import CertificateLine

__all__ = [
    "ApplicationEntry",
    "ApplicationLine",
    "ApplicationReceipt",
    "ApplicationView",
    "BundleGuide",
    "BundleStep",
    "PartOf",
    "PartView",
]


@dataclass(frozen=True, slots=True)
class BundleStep:
    """One item of a bundle as its page tells it.

    duty: title of the duty that decides; units: titles of those that answer for it somewhere in the city.
    after: titles of the items whose end it waits for; empty: it begins at once.  consequences: what becomes of it when one of those ends
    otherwise, one sentence each.
    """

    item_id: str
    title: str
    summary: str
    promise: str
    duty: str
    units: tuple[str, ...]
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
    applicant_name: what the register called whom it is for, empty when in none; agent_name: the same of who applied for him.
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
    applicant_name: str = ""
    agent_name: str = ""


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
