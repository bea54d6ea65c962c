"""Every read of the catalogue, and the one validator of values.

Titles come as packs give them; `shown` and the faults speak the language that is active in the request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.acts.queries import current_release, definition, definition_source, list_definitions, release_id
from yiwang.catalog.registry import element_types
from yiwang.catalog.rules.codes import read_codes
from yiwang.catalog.values import (
    Address,
    AgreementView,
    CodeListView,
    CodeView,
    Condition,
    ElementView,
    FieldRole,
    PurposeView,
    ResourceField,
    ResourceView,
    Sensitivity,
    Shape,
    Source,
    ValueRefused,
)
from yiwang.identity.values import Moving, Remark
from yiwang.kernel import masking
from yiwang.kernel.errors import FieldFault, NotFound, msgid
from yiwang.kernel.expressions import ExpressionFault, compile_expression
from yiwang.kernel.texts import text
from yiwang.kernel.time import today
from yiwang.places import queries as places

__all__ = [
    "agreements_on",
    "code_list",
    "element",
    "find_element",
    "freeze",
    "is_absent",
    "list_agreements",
    "list_elements",
    "list_purposes",
    "list_resources",
    "purpose",
    "remarks_on_agreements",
    "required_fault",
    "resource",
    "shown",
    "source_of",
    "sources_of",
    "thaw",
    "validate",
]


# ── what is declared ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Book:
    """Everything that one release declares, shaped once. Shared between callers: nobody changes it."""

    elements: Mapping[str, ElementView]
    resources: Mapping[str, ResourceView]
    sources: Mapping[str, tuple[Source, ...]]
    agreements: Mapping[str, AgreementView]
    agreements_on: Mapping[str, tuple[AgreementView, ...]]


def _book(release: int | None) -> _Book:
    number = current_release() if release is None else release
    return _EMPTY if number == 0 else _read_book(release_id(number), number)


@lru_cache(maxsize=32)
def _read_book(id: UUID, release: int) -> _Book:
    """id: that of the release, which is of one publishing only; a number may come back after a publishing that was undone."""
    elements = {id: _element(body) for id, body in list_definitions("element", release).items()}
    resources = {id: _resource(body) for id, body in list_definitions("resource", release).items()}
    agreements = {id: _agreement(body) for id, body in list_definitions("agreement", release).items()}
    sources: dict[str, tuple[Source, ...]] = {}
    for one in resources.values():
        for field in one.fields:
            if field.role is FieldRole.SOURCE:
                sources[field.element] = (*sources.get(field.element, ()), Source(one, field.condition))
    on: dict[str, tuple[AgreementView, ...]] = {}
    for agreement in agreements.values():
        on[agreement.resource] = (*on.get(agreement.resource, ()), agreement)
    return _Book(elements, resources, sources, agreements, on)


_EMPTY = _Book({}, {}, {}, {}, {})


def element(id: str, release: int | None = None) -> ElementView:
    """An element of `release`, by default the one in force. Raises NotFound. No query once the release is known."""
    found = find_element(id, release)
    if found is None:
        raise NotFound("There is no {kind} “{name}”.", kind="element", name=id)
    return found


def find_element(id: str, release: int | None = None) -> ElementView | None:
    """An element, or None."""
    return _book(release).elements.get(id)


def list_elements(release: int | None = None) -> Mapping[str, ElementView]:
    """Every element by id. Shared: do not change it."""
    return _book(release).elements


def code_list(id: str, release: int | None = None) -> CodeListView:
    """A code list with its codes in declared order. Raises NotFound."""
    body = definition("codelist", id, release)
    if body["rows"]:
        codes: Mapping[str, CodeView] = _codes(definition_source("codelist", id, body["rows"], release))
    else:
        codes = {one["code"]: CodeView(one["code"], one["title"], one["current"]) for one in body["codes"]}
    return CodeListView(id, body["title"], codes)


_codes = lru_cache(maxsize=128)(read_codes)


def resource(id: str, release: int | None = None) -> ResourceView:
    """A resource. Raises NotFound."""
    found = _book(release).resources.get(id)
    if found is None:
        raise NotFound("There is no {kind} “{name}”.", kind="resource", name=id)
    return found


def list_resources(release: int | None = None) -> Mapping[str, ResourceView]:
    """Every resource by id. Shared: do not change it."""
    return _book(release).resources


def sources_of(element_id: str, release: int | None = None) -> tuple[Source, ...]:
    """The element's sources: none, one for everybody, or several for disjoint sets of values of one coded element."""
    return _book(release).sources.get(element_id, ())


def source_of(
    element_id: str, release: int | None = None, *, value_of: Callable[[str], str | None] | None = None
) -> ResourceView | None:
    """The resource that is the element's one source for a subject, or None when nobody keeps it.

    value_of: the subject's own value of the coded element that the sources depend on, None when unknown. Asked only when they
    do; without it an element whose source depends on the subject has none.
    """
    for one in sources_of(element_id, release):
        if one.condition is None:
            return one.resource
        if value_of is not None and one.condition.is_met_by(value_of(one.condition.element)):
            return one.resource
    return None


def list_agreements(release: int | None = None) -> Mapping[str, AgreementView]:
    """Every agreement by id, those that have run out included. Shared: do not change it."""
    return _book(release).agreements


def remarks_on_agreements(moving: Moving) -> Iterator[Remark]:
    """Agreements that name a unit which gives. Whoever reads is declared, so no act on data can name another in its place.

    Where the unit ends, an agreement that does not name the one that takes over, or one above it, stands against the plan: nobody gets to
    read what he may not, and nobody loses it unseen. Where the unit goes on, it keeps the agreement, and the plan says so.
    """
    for one in list_agreements().values():
        named = sorted(one.units & moving.source_codes)
        if not named or one.units & moving.to_codes or not one.is_in_force(today()):
            continue
        said = {"agreement": one.id, "unit": "、".join(named)}
        if moving.whole:
            message = msgid(
                "The agreement {agreement} is with the unit {unit}: let its declaration name the one that takes over, too, and apply it."
            )
        else:
            message = msgid(
                "The agreement {agreement} stays with the unit {unit}: who goes reads by it no more, unless it names the new one, too."
            )
        yield Remark(FieldFault("", "agreement-names-unit", message, said), stops=moving.whole)


def agreements_on(resource_id: str, release: int | None = None) -> tuple[AgreementView, ...]:
    """The agreements on one resource, those that have run out included."""
    return _book(release).agreements_on.get(resource_id, ())


def purpose(id: str, release: int | None = None) -> PurposeView:
    """A registered purpose. Raises NotFound."""
    return _purpose(id, definition("purpose", id, release))


def list_purposes(release: int | None = None) -> dict[str, PurposeView]:
    """Every purpose by id."""
    return {id: _purpose(id, body) for id, body in list_definitions("purpose", release).items()}


def _purpose(id: str, body: Mapping[str, Any]) -> PurposeView:
    return PurposeView(id, body["title"], by_posts=body["given_by"] == "post")


def _element(body: Mapping[str, Any]) -> ElementView:
    return ElementView(
        body["id"], body["title"], body["type"], Sensitivity(body["sensitivity"]), body["code_list"], body["check"],
        body["check_message"], body["help"], body["unit"], body["decimals"], body["longest"], tuple(body["types"]), body["largest"],
    )  # fmt: skip


def _resource(body: Mapping[str, Any]) -> ResourceView:
    return ResourceView(
        body["id"], body["title"], Shape(body["shape"]), body["about"], body["kept_by"],
        tuple(_field(one) for one in body["fields"]), body["sharing"], tuple(body.get("key", ())),
        body.get("called", ""), body.get("published_by", ""),
    )  # fmt: skip


def _field(body: Mapping[str, Any]) -> ResourceField:
    conditions = [Condition(element, frozenset(values)) for element, values in body.get("for", {}).items()]
    return ResourceField(
        body["element"], FieldRole(body["role"]), body["required"], body["was"],
        conditions[0] if conditions else None, body.get("represents", ""), body.get("column", ""),
    )  # fmt: skip


def _agreement(body: Mapping[str, Any]) -> AgreementView:
    reader, relation = body["reader"], body.get("relation", "")
    return AgreementView(
        body["id"], body["title"], body["resource"] or relation, frozenset(body["fields"] or [relation]), frozenset(body["purposes"]),
        frozenset(reader["units"]), frozenset(reader["duties"]), frozenset(reader["items"]), frozenset(body["in_full"]),
        date.fromisoformat(body["until"]) if body["until"] else None,
    )  # fmt: skip


# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def validate(
    values: Mapping[str, object],
    elements: Iterable[ElementView],
    *,
    required: Collection[str] = (),
    today: date,
    release: int | None = None,
) -> tuple[dict[str, Any], list[FieldFault]]:
    """Understand what was entered: typed values by element id, and every fault at once, in the order of `elements`.

    values: element id → what was typed or sent.  required: ids that must not be absent.  today: civil date for the checks.
    release: whose code lists count; the default is the one in force.
    Absent values (missing, None, empty) are left out of the result. A value that `elements` does not name is a fault.
    Pointers are element ids, with `/place` or `/detail` for a part of an address.
    """
    clean: dict[str, Any] = {}
    faults: list[FieldFault] = []
    wanted = {one.id: one for one in elements}
    for id, one in wanted.items():
        given = values.get(id)
        if is_absent(given):
            if id in required:
                faults.append(required_fault(one))
            continue
        try:
            clean[id] = _understand(given, one, today, release)
        except ValueRefused as refused:
            faults.append(refused.at(id, title=one.title_in(_language())))
    faults += [
        FieldFault(id, "unknown-field", msgid("Nothing here asks for {field}."), {"field": id})
        for id in values
        if id not in wanted
    ]
    return clean, faults


def required_fault(one: ElementView) -> FieldFault:
    """That a value of `one` must be entered."""
    return FieldFault(one.id, "required", msgid("Enter {title}."), {"title": one.title_in(_language())})


def is_absent(given: object) -> bool:
    """Whether nothing was entered: None, a blank text, an empty list, a mapping of nothing but absent values."""
    if isinstance(given, str):
        return not given.strip()
    if isinstance(given, Mapping):
        return all(is_absent(value) for value in given.values())
    return given is None or given == [] or given == ()


def freeze(values: Mapping[str, Any], elements: Iterable[ElementView]) -> dict[str, Any]:
    """Typed values as canonical JSON holds them: for a case to keep, for a digest."""
    types = {one.id: element_types[one.type] for one in elements}
    return {id: types[id].to_json(value) for id, value in values.items()}


def thaw(frozen: Mapping[str, Any], elements: Iterable[ElementView]) -> dict[str, Any]:
    """The typed values of what `freeze` gave. Values of elements that are not named are left out."""
    types = {one.id: element_types[one.type] for one in elements}
    return {id: types[id].from_json(value) for id, value in frozen.items() if id in types and value is not None}


def shown(value: Any, one: ElementView, language: str = "", *, masked: bool = False, release: int | None = None) -> str:
    """A typed value for people, in `language` (default: the active one). Empty for an absent value.

    masked: cover it, as sensitive values are for who has no grant to read them.
    """
    language = language or _language()
    if value is None:
        return ""
    if one.type == "code":
        sentence = code_list(one.code_list, release).title_of(value, language)
    elif one.type == "boolean":
        sentence = _("Yes") if value else _("No")
    elif one.type == "place":
        sentence = _full_title(value)
    elif isinstance(value, Address):
        sentence = _full_title(value.place) + value.detail
    else:
        sentence = element_types[one.type].shown(value, one, language)
    return masking.mask(one.type, sentence) if masked else sentence


def _full_title(code: str) -> str:
    found = places.find_division(code)
    return found.full_title if found else code


def _understand(given: object, one: ElementView, today: date, release: int | None) -> Any:
    value = element_types[one.type].clean(given, one)
    if one.type == "code":
        found = code_list(one.code_list, release).codes.get(value)
        if found is None or not found.is_current:
            raise ValueRefused("unknown-code", msgid("Choose {title} from the list."))
    elif one.type == "place":
        _require_in_city(value, "")
    elif isinstance(value, Address):
        _require_in_city(value.place, "place")
        if places.children(value.place):
            raise ValueRefused(
                "place-not-exact", msgid("Choose the community of {title}, not a larger place."), below="place"
            )
    if one.check:
        _require_check(value, one, today)
    return value


def _require_in_city(code: str, below: str) -> None:
    around = places.ancestors(code)
    if not around:
        raise ValueRefused("unknown-place", msgid("Choose {title} from the list of places."), below=below)
    city = city_codes()
    if city and not city & set(around):
        raise ValueRefused("outside-city", msgid("Choose {title} within this city."), below=below)


def city_codes(release: int | None = None) -> frozenset[str]:
    """Division codes of the city that this installation governs: of the packs' jurisdictions, those of a city or smaller."""
    codes = {str(body["jurisdiction"])[:6] for body in list_definitions("pack", release).values()}
    return frozenset(code for code in codes if not code.endswith("0000"))


def expression_type(type: str) -> str:
    """What a value of an element type is in an expression; empty when no condition can compute with it."""
    return element_types[type].expression


def _require_check(value: Any, one: ElementView, today: date) -> None:
    kind = element_types[one.type].expression
    try:
        holds = compile_expression(one.check, {"value": kind, "today": "date"}).evaluate(
            {"value": value, "today": today}
        )
    except ExpressionFault:
        raise ValueRefused(
            "cannot-be-checked", msgid("{title} cannot be checked as it stands. Enter it again, shorter.")
        ) from None
    if holds is not True:
        raise ValueRefused("check", "{sentence}", sentence=text(one.check_message, _language()))


def _language() -> str:
    return get_language() or "zh-hans"
