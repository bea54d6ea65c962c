"""What the catalogue says: elements, code lists, resources, purposes, agreements, and values that need more than a plain type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from yiwang.kernel.errors import FieldFault
from yiwang.kernel.texts import text

__all__ = [
    "Address",
    "AgreementView",
    "CodeListView",
    "CodeView",
    "Condition",
    "ElementView",
    "FILE_FORMATS",
    "FieldRole",
    "FileFormat",
    "FileValue",
    "PurposeView",
    "ResourceField",
    "ResourceView",
    "Sensitivity",
    "Shape",
    "SharingBody",
    "Source",
    "Titled",
    "ValueRefused",
]

Titled = str | Mapping[str, str]
"""A text of a pack: zh-Hans alone, or one for each language. `kernel.texts.text` picks."""


class Sensitivity(StrEnum):
    """Who may see a value: anybody, government, the subject and who has a purpose, and these masked unless a grant says otherwise."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class FieldRole(StrEnum):
    """How a resource stands to an element: it is its source 数源, verifies it 验证, or uses it 调用."""

    SOURCE = "source"
    VERIFY = "verify"
    USE = "use"


class Shape(StrEnum):
    """What one record of a resource is: what holds from a day on until another word, or what happened once."""

    STATE = "state"
    EVENT = "event"


class SharingBody(BaseModel):
    """Sharing terms 共享属性: unconditional 无条件共享, conditional 有条件共享, none 不予共享.

    purposes: those it may be read for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: Literal["unconditional", "conditional", "none"]
    conditions: str | dict[str, str] = ""
    purposes: tuple[str, ...] = ()
    law: str = ""

    @property
    def lacks_conditions(self) -> bool:
        """Whether it is shared on conditions that nobody can know."""
        return self.terms == "conditional" and not (self.conditions or self.purposes)


@dataclass(frozen=True, slots=True)
class ElementView:
    """One fact's definition 数据元.

    type: a key of `catalog.registry.element_types`.  check: a CEL condition over `value` and `today`, or empty.  unit: of measure.
    decimals: places after the point of a `decimal`.  longest: characters of a `text`.  types, largest: of a `file`: keys of
    `FILE_FORMATS` and megabytes.
    """

    id: str
    title: Titled
    type: str
    sensitivity: Sensitivity = Sensitivity.PERSONAL
    code_list: str = ""
    check: str = ""
    check_message: Titled = ""
    help: Titled = ""
    unit: str = ""
    decimals: int = 2
    longest: int = 500
    types: tuple[str, ...] = ()
    largest: int = 20

    @property
    def largest_bytes(self) -> int:
        """What a file may hold at most, in bytes."""
        return self.largest << 20

    def title_in(self, language: str) -> str:
        """The title for a reader of `language`."""
        return text(self.title, language)


@dataclass(frozen=True, slots=True)
class CodeView:
    """One code of a list. is_current: False for a code that stays readable and is no longer given."""

    code: str
    title: Titled
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class CodeListView:
    """A code list in its declared order."""

    id: str
    title: Titled
    codes: Mapping[str, CodeView]

    def title_of(self, code: str, language: str) -> str:
        """The title of a code, or the code itself when the list does not have it."""
        found = self.codes.get(code)
        return text(found.title, language) if found else code


@dataclass(frozen=True, slots=True)
class Condition:
    """For whom a source counts: subjects whose own `element` has one of `values`, codes of its list."""

    element: str
    values: frozenset[str]

    def is_met_by(self, value: object) -> bool:
        """Whether a subject with this value is meant; an unknown value (None) meets nothing."""
        return value in self.values


@dataclass(frozen=True, slots=True)
class ResourceField:
    """An element as it stands in a resource 信息项.

    was: the element whose column this one took over.  condition: of a source, for whom it counts; None for everybody.
    represents: the identifier scheme of the person who represents the subject, when the value names him.
    column: of a published resource, which value of the publication stands here.
    """

    element: str
    role: FieldRole
    required: bool = False
    was: str = ""
    condition: Condition | None = None
    represents: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A set of records about one kind of subject 信息资源.

    about: a kind of subject.  kept_by: the duty that keeps it.  sharing: open, on conditions or not shared, and on which.
    key: of events, the elements that together tell two events of one subject apart.  called: by which it calls its subjects, if any.
    published_by: what an engine publishes of its own state; `kept_by` is then empty, and nobody writes into it.
    """

    id: str
    title: Titled
    shape: Shape
    about: str
    kept_by: str
    fields: tuple[ResourceField, ...]
    sharing: Mapping[str, object]
    key: tuple[str, ...] = ()
    called: str = ""
    published_by: str = ""

    def title_in(self, language: str) -> str:
        """The title for a reader of `language`."""
        return text(self.title, language)


@dataclass(frozen=True, slots=True)
class Source:
    """A resource that is an element's source, for everybody (condition None) or for some."""

    resource: ResourceView
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class AgreementView:
    """Who may read which fields of which resource, for what, until when 共享协议; of a relation, `resource` and the one field are its id.

    units: codes of units, with what is below them.  duties, items: ids. A reader must be named in each list that is not empty.
    in_full: sensitive elements that are shown uncovered.  until: the last civil date, None for open-ended.
    """

    id: str
    title: Titled
    resource: str
    fields: frozenset[str]
    purposes: frozenset[str]
    units: frozenset[str]
    duties: frozenset[str]
    items: frozenset[str]
    in_full: frozenset[str]
    until: date | None

    def title_in(self, language: str) -> str:
        """The title for a reader of `language`."""
        return text(self.title, language)

    def is_in_force(self, on: date) -> bool:
        """Whether it has not run out on a civil date."""
        return self.until is None or on <= self.until


@dataclass(frozen=True, slots=True)
class PurposeView:
    """A registered reason for reading 用途.  by_posts: who reads in a post may say that it is why."""

    id: str
    title: Titled
    by_posts: bool


@dataclass(frozen=True, slots=True)
class Address:
    """A standard address: the smallest division around it, and what follows it (street, number, building, room)."""

    place: str
    detail: str


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A kind of file that people may hand in.

    media_type: as RFC 6838 says.  extensions: with the dot, the usual one first.  also: other names of the media type in use.
    """

    id: str
    title: str
    media_type: str
    extensions: tuple[str, ...]
    also: tuple[str, ...] = ()


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FILE_FORMATS: Final[Mapping[str, FileFormat]] = {
    one.id: one
    for one in (
        FileFormat("pdf", "PDF", "application/pdf", (".pdf",), ("application/x-pdf",)),
        FileFormat("jpeg", "JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), ("image/jpg", "image/pjpeg")),
        FileFormat("png", "PNG", "image/png", (".png",), ("image/x-png",)),
        FileFormat(
            "ofd", "OFD", "application/ofd", (".ofd",), ("application/x-ofd", "application/vnd.ofd", "application/zip")
        ),
        FileFormat("docx", "Word (DOCX)", _DOCX, (".docx",), ("application/zip",)),
    )
}
"""Every format that an element may take, by id (OFD: GB/T 33190; DOCX: ISO/IEC 29500)."""


@dataclass(frozen=True, slots=True)
class FileValue:
    """A stored file as a value.  id: of what was handed in, under which it is asked for.  digest: SHA-256 of its content, hex."""

    id: UUID
    digest: str
    name: str
    media_type: str
    size: int


class ValueRefused(ValueError):
    """A value is none of its element's.

    below: the part of the value (`place`), empty for the whole.  given, params: what the sentence names.
    """

    def __init__(
        self,
        code: str,
        message: str,
        /,
        *,
        below: str = "",
        given: Mapping[str, object] | None = None,
        **params: object,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.below = below
        self.params = {**(given or {}), **params}

    def at(self, pointer: str, **more: object) -> FieldFault:
        """The same as a fault of the field at `pointer`. more: what else the sentence may name, such as the element's title."""
        where = f"{pointer}/{self.below}" if self.below else pointer
        return FieldFault(where, self.code, self.message, {**self.params, **more})
