"""Elements: `elements/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from pydantic import Field

from yiwang.catalog.declarations.parts import DottedId, Title
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import FILE_FORMATS, Sensitivity
from yiwang.kernel.expressions import ExpressionRefused, compile_expression
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Reference

__all__ = ["ElementBody", "ElementKind"]


TypeName = Literal[
    "text",
    "code",
    "integer",
    "decimal",
    "money",
    "date",
    "instant",
    "boolean",
    "phone",
    "citizen-id",
    "credit-code",
    "place",
    "address",
    "file",
]


class ElementBody(Body):
    """An element 数据元: one fact's definition, once in the whole city.

    check: a condition over `value` and `today`; check_message says what to enter when it does not hold.
    types, largest: which kinds of files an element of the type `file` takes, and how many megabytes one may have.
    """

    kind: Literal["element"]
    id: DottedId
    type: TypeName
    sensitivity: Sensitivity
    code_list: str = ""
    check: str = ""
    check_message: Title = ""
    help: Title = ""
    unit: str = Field(default="", max_length=20, description="a unit of measure, like ㎡")
    decimals: int = Field(default=2, ge=0, le=8)
    longest: int = Field(default=500, ge=1, le=5000)
    types: tuple[Literal["pdf", "jpeg", "png", "ofd", "docx"], ...] = ()
    largest: int = Field(default=20, ge=1, le=200, description="megabytes")
    source: str = ""


_RANK = [Sensitivity.PUBLIC, Sensitivity.INTERNAL, Sensitivity.PERSONAL, Sensitivity.SENSITIVE]


class ElementKind(Kind):
    """`elements/*.yaml`."""

    name: ClassVar[str] = "element"
    folder: ClassVar[str] = "elements"
    schema: ClassVar[type[Body]] = ElementBody
    order: ClassVar[int] = 21

    def references(self, body: ElementBody) -> Iterable[Reference]:
        return [Reference("code_list", "codelist", body.code_list)] if body.code_list else []

    def narrows(self, parent: ElementBody, child: ElementBody) -> Iterable[tuple[str, str, str]]:
        if child.type != parent.type:
            yield "type", f"`{parent.id}` has the type `{parent.type}`.", "Delete `type`: who extends keeps it."
        if _RANK.index(child.sensitivity) < _RANK.index(parent.sensitivity):
            yield (
                "sensitivity",
                f"`{parent.id}` is `{parent.sensitivity}`; this is less protected.",
                f"Write `{parent.sensitivity}` or higher.",
            )
        if parent.check and child.check != parent.check and not child.check.startswith(f"({parent.check}) && "):
            yield "check", f"This replaces the check of `{parent.id}`.", f"Begin with `({parent.check}) && `."
        for one in child.types:
            if one not in parent.types:
                yield "types", f"`{parent.id}` does not take `{one}`.", "Take fewer kinds of files, not more."
        for name in ("longest", "decimals", "largest"):
            if getattr(child, name) > getattr(parent, name):
                yield name, f"`{parent.id}` allows {getattr(parent, name)}.", "Write that or less."
        if child.unit != parent.unit:
            yield "unit", f"`{parent.id}` is measured in `{parent.unit}`.", "Delete `unit`: who extends keeps it."

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        body: ElementBody = one.body
        kind = element_types[body.type]
        if kind.takes_code_list and not body.code_list:
            yield one.fault("type", "An element of the type `code` needs a code list.", "Add `code_list: <id>`.")
        if body.code_list and not kind.takes_code_list:
            yield one.fault(
                "code_list",
                f"An element of the type `{body.type}` has no code list.",
                "Write `type: code`, or delete `code_list`.",
            )
        if body.unit and not kind.is_number:
            yield one.fault(
                "unit",
                f"A `{body.type}` is not measured in units.",
                "Write `type: integer` or `decimal`, or delete `unit`.",
            )
        if body.type == "file" and not body.types:
            yield one.fault(
                "type",
                "An element of the type `file` says which kinds of files it takes.",
                f"Add `types: [{', '.join(FILE_FORMATS)}]`, or fewer of them.",
            )
        belongings = (("decimals", "decimal"), ("longest", "text"), ("types", "file"), ("largest", "file"))
        for name, type in belongings:
            if name in one.lines and body.type != type:
                yield one.fault(name, f"`{name}` belongs to elements of the type `{type}`.", f"Delete `{name}`.")
        if bool(body.check) != bool(body.check_message):
            where, missing = ("check", "check_message") if body.check else ("check_message", "check")
            yield one.fault(
                where,
                f"`{where}` stands without `{missing}`.",
                "Write both: the condition, and what to tell who breaks it.",
            )
        if body.check:
            yield from self._expression_faults(one, body, kind.expression)
        if body.extends:
            yield from self._code_list_faults(one, body, city)

    def _expression_faults(self, one: Declaration, body: ElementBody, type: str) -> Iterator[DeclarationFault]:
        if not type:
            yield one.fault(
                "check", f"No condition can compute with a value of the type `{body.type}`.", "Delete `check`."
            )
            return
        try:
            compile_expression(body.check, {"value": type, "today": "date"}, result="boolean")
        except ExpressionRefused as refused:
            message, advice = refused.told("Write a condition over `value` and `today`, like `value <= today`.")
            yield one.fault("check", f"`check`, {message}", advice)

    def _code_list_faults(self, one: Declaration, body: ElementBody, city: City) -> Iterator[DeclarationFault]:
        parent = city.find("element", body.extends)
        wanted = parent.body.code_list if parent else body.code_list
        name, seen = body.code_list, set[str]()
        while name and name != wanted and name not in seen:
            seen.add(name)
            above = city.of_kind("codelist").get(name)
            name = above.body.extends if above else ""
        if wanted and name != wanted:
            yield one.fault(
                "code_list",
                f"The list `{body.code_list}` does not extend `{wanted}`.",
                f"Name `{wanted}` or a list that extends it.",
            )
