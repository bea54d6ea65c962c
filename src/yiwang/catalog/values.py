"""What the catalogue says: elements, code lists, resources, purposes, and values of the types that need more than a plain one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yiwang.kernel.errors import FieldFault
from yiwang.kernel.texts import text

__all__ = [
    "Address",
    "CodeListView",
    "CodeView",
    "ElementView",
    "FieldRole",
    "FileValue",
    "PurposeView",
    "ResourceField",
    "ResourceView",
    "Sensitivity",
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


@dataclass(frozen=True, slots=True)
class ElementView:
    """One fact's definition 数据元.

    type: a key of `catalog.registry.element_types`.  check: a CEL condition over `value` and `today`, or empty.  unit: of measure.
    decimals: places after the point of a `decimal`.  longest: characters of a `text`.
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
class ResourceField:
    """An element as it stands in a resource 信息项. was: the element whose column this one took over."""

    element: str
    role: FieldRole
    required: bool = False
    was: str = ""


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A set of records about one kind of subject 信息资源.

    about: a kind of subject.  kept_by: the duty that keeps it.  sharing: open, on conditions or not shared, and on which.
    """

    id: str
    title: Titled
    shape: str
    about: str
    kept_by: str
    fields: tuple[ResourceField, ...]
    sharing: Mapping[str, object]

    def title_in(self, language: str) -> str:
        """The title for a reader of `language`."""
        return text(self.title, language)


@dataclass(frozen=True, slots=True)
class PurposeView:
    """A registered reason for reading 用途."""

    id: str
    title: Titled


@dataclass(frozen=True, slots=True)
class Address:
    """A standard address: the smallest division around it, and what follows it (street, number, building, room)."""

    place: str
    detail: str


@dataclass(frozen=True, slots=True)
class FileValue:
    """A stored file as a value: its digest (SHA-256, hex) and what it is called and is."""

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
