"""The kinds that the catalogue owns: elements, code lists, resources, purposes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from yiwang.catalog.registry import element_types, resource_tables
from yiwang.catalog.rules.codes import CodeFault, read_codes
from yiwang.catalog.values import FieldRole, Sensitivity
from yiwang.kernel.expressions import ExpressionRefused, compile_expression
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Reference

__all__ = ["CodeListKind", "ElementKind", "PurposeKind", "ResourceKind"]

DOTTED = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)+$"
KEBAB = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*([.][a-z][a-z0-9]*(-[a-z0-9]+)*)*$"
DottedId = Annotated[
    str,
    Field(
        pattern=DOTTED, max_length=48, description="small letters, digits and hyphens with a dot, like dwelling.colour"
    ),
]
KebabId = Annotated[str, Field(pattern=KEBAB, max_length=60, description="small letters, digits, hyphens and dots")]
Title = str | dict[str, str]
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


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _fault(one: Declaration, pointer: str, message: str, advice: str) -> DeclarationFault:
    return DeclarationFault(one.path, one.line(pointer), message, advice)


# ── code lists ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class CodeBody(_Part):
    """One code. current: false keeps a code readable in old records and gives it to nobody any more."""

    code: str = Field(min_length=1, max_length=40, pattern=r"^\S+$", description="characters without spaces, in quotes")
    title: Title
    current: bool = True


class CodeListBody(Body):
    """A code list: `codes` here, or `rows` in a CSV beside it with the columns code, title and, if wanted, title_en and current."""

    kind: Literal["codelist"]
    id: KebabId
    codes: tuple[CodeBody, ...] = ()
    rows: str = ""
    source: str = ""


class CodeListKind(Kind):
    """`codelists/*.yaml`."""

    name: ClassVar[str] = "codelist"
    folder: ClassVar[str] = "codelists"
    schema: ClassVar[type[Body]] = CodeListBody
    order: ClassVar[int] = 20

    def source_names(self, body: CodeListBody) -> Iterable[str]:
        return [body.rows] if body.rows else []

    def narrows(self, parent: CodeListBody, child: CodeListBody) -> Iterable[tuple[str, str, str]]:
        if parent.rows or child.rows:
            yield (
                "extends",
                "A code list whose codes stand in a CSV cannot be extended.",
                "Write the codes out in `codes`.",
            )
            return
        known = {one.code for one in parent.codes}
        for index, one in enumerate(child.codes):
            if one.code not in known:
                yield (
                    f"codes/{index}",
                    f"The code `{one.code}` is not in `{parent.id}`.",
                    "A list that extends another may only leave codes out.",
                )

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        body: CodeListBody = one.body
        if bool(body.codes) == bool(body.rows):
            yield _fault(
                one,
                "codes" if body.codes else "",
                "A code list has either `codes` or `rows`.",
                "Write the codes here, or name a CSV.",
            )
        seen: dict[str, int] = {}
        for index, code in enumerate(body.codes):
            if code.code in seen:
                yield _fault(
                    one,
                    f"codes/{index}",
                    f"The code `{code.code}` stands twice.",
                    f"Delete one; the first is on line {one.line(f'codes/{seen[code.code]}')}.",
                )
            seen.setdefault(code.code, index)
        if body.rows in one.sources:
            try:
                read_codes(one.sources[body.rows])
            except CodeFault as fault:
                yield DeclarationFault(one.path.with_name(body.rows), fault.line, fault.message, fault.advice)


# ── elements ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ElementBody(Body):
    """An element 数据元: one fact's definition, once in the whole city.

    check: a condition over `value` and `today`; check_message says what to enter when it does not hold.
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
        for name in ("longest", "decimals"):
            if getattr(child, name) > getattr(parent, name):
                yield name, f"`{parent.id}` allows {getattr(parent, name)}.", "Write that or less."
        if child.unit != parent.unit:
            yield "unit", f"`{parent.id}` is measured in `{parent.unit}`.", "Delete `unit`: who extends keeps it."

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        body: ElementBody = one.body
        kind = element_types[body.type]
        if kind.takes_code_list and not body.code_list:
            yield _fault(one, "type", "An element of the type `code` needs a code list.", "Add `code_list: <id>`.")
        if body.code_list and not kind.takes_code_list:
            yield _fault(
                one,
                "code_list",
                f"An element of the type `{body.type}` has no code list.",
                "Write `type: code`, or delete `code_list`.",
            )
        if body.unit and not kind.is_number:
            yield _fault(
                one,
                "unit",
                f"A `{body.type}` is not measured in units.",
                "Write `type: integer` or `decimal`, or delete `unit`.",
            )
        for name, type in (("decimals", "decimal"), ("longest", "text")):
            if name in one.lines and body.type != type:
                yield _fault(one, name, f"`{name}` belongs to elements of the type `{type}`.", f"Delete `{name}`.")
        if bool(body.check) != bool(body.check_message):
            where, missing = ("check", "check_message") if body.check else ("check_message", "check")
            yield _fault(
                one,
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
            yield _fault(
                one, "check", f"No condition can compute with a value of the type `{body.type}`.", "Delete `check`."
            )
            return
        try:
            compile_expression(body.check, {"value": type, "today": "date"}, result="boolean")
        except ExpressionRefused as refused:
            where = f"line {refused.line}, column {refused.column}" if refused.line > 1 else f"column {refused.column}"
            said = re.match(r"(.+?[.?])(?: (.+))?$", refused.message.format_map(refused.params), re.DOTALL)
            message, advice = said.groups() if said else (str(refused), None)
            advice = advice or "Write a condition over `value` and `today`, like `value <= today`."
            yield _fault(one, "check", f"`check`, {where}: {message}", advice)

    def _code_list_faults(self, one: Declaration, body: ElementBody, city: City) -> Iterator[DeclarationFault]:
        parent = city.find("element", body.extends)
        wanted = parent.body.code_list if parent else body.code_list
        name, seen = body.code_list, set[str]()
        while name and name != wanted and name not in seen:
            seen.add(name)
            above = city.of_kind("codelist").get(name)
            name = above.body.extends if above else ""
        if wanted and name != wanted:
            yield _fault(
                one,
                "code_list",
                f"The list `{body.code_list}` does not extend `{wanted}`.",
                f"Name `{wanted}` or a list that extends it.",
            )


# ── purposes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class PurposeBody(Body):
    """A registered reason for reading 用途."""

    kind: Literal["purpose"]
    id: KebabId
    law: str = ""


class PurposeKind(Kind):
    """`purposes/*.yaml`."""

    name: ClassVar[str] = "purpose"
    folder: ClassVar[str] = "purposes"
    schema: ClassVar[type[Body]] = PurposeBody
    order: ClassVar[int] = 22


# ── resources ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class FieldBody(_Part):
    """An element as it stands in a resource.

    was: the element whose column this one takes over (a rename).  takes_over: the resource that was the element's source until now.
    """

    element: str
    role: FieldRole
    required: bool = False
    was: str = ""
    takes_over: str = ""


class SharingBody(_Part):
    """Sharing terms 共享属性: unconditional 无条件共享, conditional 有条件共享, none 不予共享.

    purposes: those it may be read for.
    """

    terms: Literal["unconditional", "conditional", "none"]
    conditions: Title = ""
    purposes: tuple[str, ...] = ()
    law: str = ""


class ResourceBody(Body):
    """A resource 信息资源: records about one kind of subject, kept by one duty. was: the id that it had before."""

    kind: Literal["resource"]
    id: DottedId
    shape: Literal["state"]
    about: str
    kept_by: str
    fields: tuple[FieldBody, ...] = Field(min_length=1, max_length=200)
    sharing: SharingBody
    was: str = ""
    law: str = ""


class ResourceKind(Kind):
    """`resources/*.yaml`. Their tables are kept by whoever the registry names."""

    name: ClassVar[str] = "resource"
    folder: ClassVar[str] = "resources"
    schema: ClassVar[type[Body]] = ResourceBody
    order: ClassVar[int] = 60

    def references(self, body: ResourceBody) -> Iterator[Reference]:
        yield Reference("about", "subject-kind", body.about)
        yield Reference("kept_by", "duty", body.kept_by)
        for index, field in enumerate(body.fields):
            yield Reference(f"fields/{index}/element", "element", field.element)
        for index, purpose in enumerate(body.sharing.purposes):
            yield Reference(f"sharing/purposes/{index}", "purpose", purpose)

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        body: ResourceBody = one.body
        if body.sharing.terms == "conditional" and not (body.sharing.conditions or body.sharing.purposes):
            yield _fault(one, "sharing", "Sharing on conditions names no condition.", "Add `conditions` or `purposes`.")
        seen: dict[str, int] = {}
        for index, field in enumerate(body.fields):
            if field.element in seen:
                yield _fault(
                    one,
                    f"fields/{index}",
                    f"The element `{field.element}` stands twice in this resource.",
                    f"Delete one; the first is on line {one.line(f'fields/{seen[field.element]}')}.",
                )
            seen.setdefault(field.element, index)
            if field.role is FieldRole.SOURCE:
                yield from self._second_source(one, index, field.element, city)
        if tables := resource_tables():
            yield from tables.check(one, city)

    def _second_source(self, one: Declaration, index: int, element: str, city: City) -> Iterator[DeclarationFault]:
        for other in city.of_kind("resource").values():
            if other.id == one.id or str(other.path) > str(one.path):
                continue
            for position, field in enumerate(other.body.fields):
                if field.element == element and field.role is FieldRole.SOURCE:
                    place = f"{other.path}:{other.line(f'fields/{position}')}"
                    yield _fault(
                        one,
                        f"fields/{index}",
                        f"The element `{element}` has two sources: this resource and `{other.id}` ({place}).",
                        "One fact has one source: write `role: verify` or `role: use` in one of the two.",
                    )

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterator[DeclarationFault]:
        """A source moves from one resource to another only when the new one says so."""
        before = {
            field["element"]: id
            for id, body in stored.items()
            for field in body["fields"]
            if field["role"] == FieldRole.SOURCE
        }
        for one in city.of_kind("resource").values():
            for index, field in enumerate(one.body.fields):
                old = before.get(field.element)
                if field.role is not FieldRole.SOURCE or old in (None, one.id, one.body.was, field.takes_over):
                    continue
                other = city.of_kind("resource").get(str(old))
                place = str(other.path) if other else "which nothing declares now"
                yield _fault(
                    one,
                    f"fields/{index}",
                    f"The element `{field.element}` has its source in `{old}` ({place}) in the release in force;"
                    f" this moves it to `{one.id}`.",
                    f"Leave it there, or write `takes_over: {old}` to say that the source moves.",
                )
        if tables := resource_tables():
            yield from tables.check_succession(city, stored)

    def plan_city(self, city: City) -> Iterable[Change]:
        tables = resource_tables()
        return tables.plan(city) if tables else ()

    def apply_city(self, release: int, city: City) -> None:
        if tables := resource_tables():
            tables.apply(release, city)
