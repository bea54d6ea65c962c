"""Forms, what fills them, and materials, as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

__all__ = [
    "CertificateShown",
    "Choice",
    "DraftView",
    "FormField",
    "FormSection",
    "FormView",
    "JointCheck",
    "MaterialLine",
    "MaterialState",
    "Prepared",
    "SourceShown",
    "SubjectChoice",
]


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
class Prepared:
    """What an item asks of one reader.  materials: with their state when it is known.  questions: title, and who supplies the answer, empty
    when one answers oneself.

    is_known: whether anything at all is known of him here.
    """

    materials: tuple[MaterialLine, ...]
    questions: tuple[tuple[str, str], ...]
    is_known: bool

    @property
    def spared(self) -> int:
        """How many questions he need not answer."""
        return sum(bool(supplier) for _title, supplier in self.questions)


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
class JointCheck:
    """A condition between answers of a form.

    check: CEL over `names` and `today`.  names: how it calls a field → the field.  at: the field at which its message stands.
    """

    check: str
    message: str
    at: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormView:
    """A form to fill.  digest: send it back with the answers; it says which questions were read.

    subjects: for whom the reader may apply, where the item is for another than himself; subject_id: for whom this form is (None: not
    chosen yet, and then nothing is prefilled).  nobody: what who may apply for none reads; by_agents: whether somebody can be given a
    mandate for it.  materials: what must be shown, with what the city has of it.
    item_id: of the item, or of the bundle whose items ask these questions.  asked_apart: how many questions the items of a bundle would
    ask one by one; 0 for an item.  checks: conditions between answers; they are decided when the form is sent.
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
    nobody: str = ""
    by_agents: bool = False
    checks: tuple[JointCheck, ...] = ()

    @property
    def fields(self) -> tuple[FormField, ...]:
        """Every question in order."""
        return tuple(one for section in self.sections for one in section.fields)

    @property
    def known(self) -> int:
        """How many questions nobody has to answer: the city knows."""
        return sum(one.source is not None for one in self.fields)
