"""Resources: `resources/*.yaml`, and which of them is an element's one source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from yiwang.catalog.declarations.parts import DottedId
from yiwang.catalog.registry import resource_tables
from yiwang.catalog.rules.codes import CodeFault, read_codes
from yiwang.catalog.rules.sources import overlap
from yiwang.catalog.values import Condition, FieldRole, SharingBody
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Part, Reference, did_you_mean

__all__ = ["ResourceBody", "ResourceKind"]


class FieldBody(Part):
    """An element as it stands in a resource.

    was: the element whose column this one takes over (a rename).  takes_over: the resource that was the element's source until now.
    for: of a source, for which subjects it counts: one coded element and the codes of it.  represents: the identifier scheme of a
    person; whoever bears the identifier that stands here represents the subject.  column: of a published resource, which value of the
    publication stands here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    element: str
    role: FieldRole
    required: bool = False
    was: str = ""
    takes_over: str = ""
    only_for: dict[str, tuple[str, ...]] = Field(default_factory=dict, alias="for")
    represents: str = ""
    column: str = ""

    @property
    def condition(self) -> Condition | None:
        """`for` as a condition; None when the source counts for everybody."""
        return _condition(self.only_for)


def _condition(only_for: Mapping[str, Iterable[str]]) -> Condition | None:
    return next((Condition(element, frozenset(values)) for element, values in only_for.items()), None)


class ResourceBody(Body):
    """A resource 信息资源: records about one kind of subject, kept by one duty. was: the id that it had before.

    shape: `state` holds from a day on until another word; an `event` happened once and is never updated, only retracted.
    key: of events, the required elements that together tell two events of one subject apart.  called: the element by which this register
    calls its subjects, where their kind names none.  published_by: instead of a duty, what an engine publishes of its own state; then
    nobody writes into it.
    """

    kind: Literal["resource"]
    id: DottedId
    shape: Literal["state", "event"]
    key: tuple[str, ...] = ()
    called: str = ""
    about: str
    kept_by: str = ""
    published_by: str = ""
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
        if body.kept_by:
            yield Reference("kept_by", "duty", body.kept_by)
        for index, field in enumerate(body.fields):
            yield Reference(f"fields/{index}/element", "element", field.element)
            for element in field.only_for:
                yield Reference(f"fields/{index}/for/{element}", "element", element)
        for index, purpose in enumerate(body.sharing.purposes):
            yield Reference(f"sharing/purposes/{index}", "purpose", purpose)

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        body: ResourceBody = one.body
        if body.sharing.lacks_conditions:
            yield one.fault("sharing", "Sharing on conditions names no condition.", "Add `conditions` or `purposes`.")
        if bool(body.kept_by) == bool(body.published_by):
            yield one.fault(
                "kept_by" if body.kept_by else "id",
                "A resource is kept by a duty, or published by an engine.",
                "Write `kept_by:` with the duty that writes into it, or `published_by:` with what an engine publishes.",
            )
        seen: dict[str, int] = {}
        for index, field in enumerate(body.fields):
            if field.element in seen:
                yield one.fault(
                    f"fields/{index}",
                    f"The element `{field.element}` stands twice in this resource.",
                    f"Delete one; the first is on line {one.line(f'fields/{seen[field.element]}')}.",
                )
            seen.setdefault(field.element, index)
            yield from self._field_faults(one, index, city)
            if field.role is FieldRole.SOURCE:
                yield from self._second_source(one, index, city)
        yield from self._key_faults(one)
        yield from self._called_faults(one)
        if tables := resource_tables():
            yield from tables.check(one, city)

    def _key_faults(self, one: Declaration) -> Iterator[DeclarationFault]:
        body: ResourceBody = one.body
        if (body.shape == "event") != bool(body.key):
            message, advice = (
                ("Events have no `key`.", "Name the elements that together tell two events of one subject apart.")
                if body.shape == "event"
                else ("A state has no key: its subject and the day from which it holds tell it apart.", "Delete `key`.")
            )
            yield one.fault("key" if body.key else "shape", message, advice)
        required = {field.element for field in body.fields if field.required}
        for index, element in enumerate(body.key):
            if element not in required:
                yield one.fault(
                    f"key/{index}",
                    f"`{element}` is no required field of this resource.",
                    "A key is made of fields with `required: true`.",
                )

    def _called_faults(self, one: Declaration) -> Iterator[DeclarationFault]:
        body: ResourceBody = one.body
        sources = [field.element for field in body.fields if field.role is FieldRole.SOURCE]
        if body.called and body.called not in sources:
            message = f"`{body.called}` is no element of which this resource is the source."
            yield one.fault("called", message, did_you_mean(body.called, sources))

    def _field_faults(self, one: Declaration, index: int, city: City) -> Iterator[DeclarationFault]:
        field = one.body.fields[index]
        where = f"fields/{index}"
        if field.represents and field.represents not in _person_schemes(city):
            yield one.fault(
                f"{where}/represents",
                f"No natural person bears an identifier `{field.represents}`.",
                did_you_mean(field.represents, _person_schemes(city)),
            )
        condition = field.condition
        if condition is None:
            return
        if len(field.only_for) > 1:
            message = "`for` names more than one element: whether two sets of pairs are disjoint cannot be shown."
            yield one.fault(f"{where}/for", message, "Name one element and its codes.")
        if field.role is not FieldRole.SOURCE:
            yield one.fault(f"{where}/for", "`for` belongs to fields with `role: source`.", "Delete `for`.")
        element = city.find("element", condition.element)
        if element is None:
            return
        if element.body.type != "code":
            message = f"`{element.id}` has the type `{element.body.type}`: whether two sets of it are disjoint cannot be shown."
            yield one.fault(f"{where}/for", message, "Name an element of the type `code`.")
            return
        codes = _codes_of(element, city)
        for value in sorted(condition.values - codes) if codes is not None else ():
            yield one.fault(
                f"{where}/for",
                f"`{value}` is no code of `{element.body.code_list}`.",
                did_you_mean(value, codes or ()),
            )
        if not condition.values:
            yield one.fault(f"{where}/for", "`for` names no value.", f"Name codes of `{element.body.code_list}`.")
        if not _has_plain_source(element.id, one.body.about, city):
            yield one.fault(
                f"{where}/for",
                f"Nobody keeps `{element.id}` of every `{one.body.about}`, so nothing says for whom this source counts.",
                f"Give `{element.id}` a source without `for` in a resource about `{one.body.about}`.",
            )

    def _second_source(self, one: Declaration, index: int, city: City) -> Iterator[DeclarationFault]:
        mine = one.body.fields[index]
        for other in city.of_kind("resource").values():
            if other.id == one.id or str(other.path) > str(one.path):
                continue
            for position, field in enumerate(other.body.fields):
                if field.element != mine.element or field.role is not FieldRole.SOURCE:
                    continue
                place = f"{other.path}:{other.line(f'fields/{position}')}"
                if mine.condition is None and field.condition is None:
                    yield one.fault(
                        f"fields/{index}",
                        f"The element `{mine.element}` has two sources: this resource and `{other.id}` ({place}).",
                        "One fact has one source: write `role: verify` or `role: use` in one of the two.",
                    )
                elif why := overlap(mine.condition, field.condition):
                    yield one.fault(
                        f"fields/{index}",
                        f"The element `{mine.element}` may have two sources for one subject, this resource and `{other.id}`"
                        f" ({place}): {why}.",
                        "Name disjoint codes of one coded element in the `for` of both, or leave one source.",
                    )

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterator[DeclarationFault]:
        """A source moves from one resource to another, for whomever it counts, only when the new one says so."""
        before: dict[str, list[tuple[str, Condition | None]]] = {}
        for id, body in stored.items():
            for field in body["fields"]:
                if field["role"] == FieldRole.SOURCE:
                    before.setdefault(field["element"], []).append((id, _condition(field.get("for", {}))))
        for one in city.of_kind("resource").values():
            for index, field in enumerate(one.body.fields):
                if field.role is not FieldRole.SOURCE:
                    continue
                for old, condition in before.get(field.element, ()):
                    if old in (one.id, one.body.was, field.takes_over) or not overlap(field.condition, condition):
                        continue
                    other = city.of_kind("resource").get(old)
                    place = str(other.path) if other else "which nothing declares now"
                    yield one.fault(
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


def _person_schemes(city: City) -> set[str]:
    """Identifier schemes of human beings."""
    kinds = city.of_kind("subject-kind").values()
    return {scheme.scheme for one in kinds if one.body.natural_person for scheme in one.body.identifiers}


def _codes_of(element: Declaration, city: City) -> set[str] | None:
    """The codes of an element's list; None when the list is missing or cannot be read, which is a fault of its own."""
    listed = city.find("codelist", element.body.code_list)
    if listed is None:
        return None
    if not listed.body.rows:
        return {one.code for one in listed.body.codes}
    try:
        return set(read_codes(listed.sources[listed.body.rows]))
    except (CodeFault, KeyError):
        return None


def _has_plain_source(element: str, about: str, city: City) -> bool:
    return any(
        field.element == element and field.role is FieldRole.SOURCE and field.condition is None
        for one in city.of_kind("resource").values()
        if one.body.about == about
        for field in one.body.fields
    )
