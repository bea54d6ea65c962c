"""What items give to the actions of their processes, checked by its type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ConfigDict, Field

from yiwang.cases import registry
from yiwang.cases.registry import ParameterFault
from yiwang.kernel.kinds import City, Declaration, Part, did_you_mean

__all__ = [
    "check_certificate",
    "check_identifiers",
    "check_numbers",
    "check_parameter",
    "check_relates",
    "check_working_days",
    "check_writes",
]


def check_parameter(type: str, value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check what a declaration gives to a parameter, by the check that is registered for its type; without one it is an id of that kind."""
    check = registry.parameter_check(type)
    if check is not None:
        yield from check(value, one, city)
    elif not isinstance(value, str):
        yield ParameterFault("", f"The value is no text, but a {type} is needed.", f"Write the id of a {type}.")
    elif type != "text" and city.find(type, value) is None:
        yield ParameterFault("", f"No pack declares the {type} `{value}`.", did_you_mean(value, city.of_kind(type)))


def check_certificate(value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check a parameter of the type `certificate`: it is declared, and what it must say is asked, or shown by a fact."""
    found = city.find("certificate", value) if isinstance(value, str) else None
    if found is None:
        advice = did_you_mean(str(value), city.of_kind("certificate"))
        yield ParameterFault("", f"No pack declares the certificate `{value}`.", advice)
        return
    form = city.find("form", one.body.form) if one.kind == "item" else None
    if form is None:
        return
    known = [element for material in one.body.materials for element in material.elements]
    asked, body = [*form.body.elements(), *known, *_numbered_by(one)], found.body
    for id in [field.element for field in body.fields if field.required] + [body.holder.found_by]:
        if id and id not in asked:
            yield ParameterFault(
                "", f"The certificate `{value}` needs `{id}`, which nothing here asks.", did_you_mean(id, asked)
            )
    if not body.holder.found_by and body.holder.kind != one.body.about:
        yield ParameterFault(
            "",
            f"The certificate `{value}` is held by a {body.holder.kind}, and a {one.body.about} applies.",
            "Say in its `holder:` by which element the holder is `found_by`.",
        )


class NumberedBody(Part):
    """A value that the case brings forth: the element takes the next number of a numbering."""

    element: str
    numbering: str


class IdentifiedBody(Part):
    """An identifier that the subject bears from this step on: the value of an element."""

    scheme: str
    element: str


def check_numbers(value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check a parameter of the type `numbers`: a list of `NumberedBody`, which may be empty."""
    for n, given in _each(value, NumberedBody, "numbers", "- {element: …, numbering: …}"):
        if isinstance(given, ParameterFault):
            yield given
            continue
        numbering = city.find("numbering", given.numbering)
        if city.find("element", given.element) is None:
            advice = did_you_mean(given.element, city.of_kind("element"))
            yield ParameterFault(f"{n}/element", f"No pack declares the element `{given.element}`.", advice)
        if numbering is None:
            advice = did_you_mean(given.numbering, city.of_kind("numbering"))
            yield ParameterFault(f"{n}/numbering", f"No pack declares the numbering `{given.numbering}`.", advice)
            continue
        form = city.find("form", one.body.form) if one.kind == "item" else None
        asked = form.body.elements() if form is not None else []
        for part in numbering.body.parts if form is not None else ():
            named = [part.element, part.counter.parity.element if part.counter and part.counter.parity else ""]
            for element in named:
                if element and element not in asked:
                    advice = did_you_mean(element, asked)
                    yield ParameterFault(f"{n}", f"The numbering needs `{element}`, which nothing here asks.", advice)


def check_identifiers(value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check a parameter of the type `identifiers`: a list of `IdentifiedBody`, which may be empty."""
    for n, given in _each(value, IdentifiedBody, "identifiers", "- {scheme: …, element: …}"):
        if isinstance(given, ParameterFault):
            yield given
            continue
        kind = city.find("subject-kind", one.body.about) if one.kind == "item" else None
        schemes = [scheme.scheme for scheme in kind.body.identifiers] if kind is not None else []
        if kind is not None and given.scheme not in schemes:
            advice = did_you_mean(given.scheme, schemes)
            yield ParameterFault(f"{n}/scheme", f"No `{kind.id}` bears an identifier `{given.scheme}`.", advice)
        form = city.find("form", one.body.form) if one.kind == "item" else None
        known = [*form.body.elements(), *_numbered_by(one)] if form is not None else []
        if form is not None and given.element not in known:
            advice = did_you_mean(given.element, known)
            yield ParameterFault(f"{n}/element", f"Nothing here asks or makes `{given.element}`.", advice)


class RelateBody(Part):
    """A relation that the subject of the case has from this step on.

    from, to: who stands at that end, by an identifier in an element; the subject stands at the other.  since: the form's date from which
    it holds; left out, the day of the decision.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    relation: str
    start: IdentifiedBody | None = Field(default=None, alias="from")
    end: IdentifiedBody | None = Field(default=None, alias="to")
    since: str = ""


def check_relates(value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check a parameter of the type `relates`: a list of `RelateBody`, which may be empty."""
    shape = "- {relation: …, to: {scheme: …, element: …}}"
    for n, given in _each(value, RelateBody, "relations", shape):
        if isinstance(given, ParameterFault):
            yield given
            continue
        relation = city.find("relation", given.relation)
        if relation is None:
            advice = did_you_mean(given.relation, city.of_kind("relation"))
            yield ParameterFault(f"{n}/relation", f"No pack declares the relation `{given.relation}`.", advice)
            continue
        named = [(name, end) for name, end in (("from", given.start), ("to", given.end)) if end is not None]
        if len(named) == 1:
            yield from _check_relate(n, given, *named[0], relation, one, city)
        else:
            message = "The other end is not named, or both ends are."
            yield ParameterFault(str(n), message, f"Write `from` or `to`: `{shape}`.")


def _check_relate(
    n: int, given: RelateBody, name: str, found_by: IdentifiedBody, relation: Declaration, one: Declaration, city: City
) -> Iterable[ParameterFault]:
    roles = {"from": relation.body.start, "to": relation.body.end or relation.body.start}
    own = roles["from" if name == "to" else "to"].kind
    if one.kind == "item" and own != one.body.about:
        message = f"The other end of `{relation.id}` is a {own}, and a {one.body.about} applies."
        yield ParameterFault(f"{n}/{name}", message, "Name the other end, or another relation.")
    kind = city.find("subject-kind", roles[name].kind)
    schemes = [scheme.scheme for scheme in kind.body.identifiers] if kind is not None else []
    if kind is not None and found_by.scheme not in schemes:
        advice = did_you_mean(found_by.scheme, schemes)
        yield ParameterFault(f"{n}/{name}/scheme", f"No `{kind.id}` bears an identifier `{found_by.scheme}`.", advice)
    form = city.find("form", one.body.form) if one.kind == "item" else None
    known = [*form.body.elements(), *_numbered_by(one)] if form is not None else []
    for pointer, element in ((f"{n}/{name}/element", found_by.element), (f"{n}/since", given.since)):
        if form is not None and element and element not in known:
            advice = did_you_mean(element, known)
            yield ParameterFault(pointer, f"Nothing here asks or makes `{element}`.", advice)
    since = city.find("element", given.since)
    if since is not None and since.body.type != "date":
        yield ParameterFault(f"{n}/since", f"`{given.since}` is no date.", "Name an element of the type `date`.")


def _each(value: Any, body: type[Part], what: str, shape: str) -> Iterable[tuple[int, Any]]:
    """The entries of a list parameter, read; a fault instead of one that cannot be."""
    if not isinstance(value, list):
        yield 0, ParameterFault("", f"This is no list of {what}.", f"Write a list: `{shape}`, or `[]`.")
        return
    for n, entry in enumerate(value):
        try:
            yield n, body.model_validate(entry)
        except ValueError as fault:
            yield n, ParameterFault(str(n), f"This cannot be read: {str(fault).splitlines()[0]}", f"Write `{shape}`.")


def _numbered_by(item: Declaration) -> list[str]:
    """Elements that take a number in a case of the item."""
    return [
        str(entry["element"])
        for value in item.body.parameters.values()
        if isinstance(value, list)
        for entry in value
        if isinstance(entry, dict) and entry.keys() == {"element", "numbering"}
    ]


class WriteBody(Part):
    """A record that an acceptance writes.

    fields: element of the resource → element of the form; left out, every element that both have.  valid_from: the form's date
    from which it holds; left out, the day of the decision.
    """

    resource: str
    fields: dict[str, str] = Field(default_factory=dict)
    valid_from: str = ""


def check_working_days(value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check a parameter of the type `working-days`: how long a step of the process may take."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 365:
        yield ParameterFault("", "This is no number of working days.", "Write a whole number from 1 to 365.")


def check_writes(value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    """Check a parameter of the type `writes`: a list of `WriteBody`."""
    shape = "Write a list: `- {resource: …, valid_from: …}`."
    if not isinstance(value, list) or not value:
        yield ParameterFault("", "This is no list of writes.", shape)
        return
    form = city.find("form", one.body.form) if one.kind == "item" else None
    asked = [*form.body.elements(), *_numbered_by(one)] if form is not None else []
    for n, entry in enumerate(value):
        try:
            write = WriteBody.model_validate(entry)
        except ValueError as fault:
            yield ParameterFault(str(n), f"This write cannot be read: {str(fault).splitlines()[0]}", shape)
            continue
        resource = city.find("resource", write.resource)
        if resource is None:
            yield ParameterFault(
                f"{n}/resource",
                f"No pack declares the resource `{write.resource}`.",
                did_you_mean(write.resource, city.of_kind("resource")),
            )
            continue
        yield from _check_write(str(n), write, [field.element for field in resource.body.fields], asked, city)


def _check_write(
    pointer: str, write: WriteBody, kept: list[str], asked: list[str], city: City
) -> Iterable[ParameterFault]:
    for target, source in write.fields.items():
        if target not in kept:
            yield ParameterFault(
                f"{pointer}/fields/{target}", f"`{write.resource}` has no field `{target}`.", did_you_mean(target, kept)
            )
        if asked and source not in asked:
            yield ParameterFault(
                f"{pointer}/fields/{target}", f"The form does not ask `{source}`.", did_you_mean(source, asked)
            )
    if not write.fields and asked and not set(kept) & set(asked):
        yield ParameterFault(
            pointer,
            f"The form asks no field of `{write.resource}`.",
            "Name the `fields:`, or ask one of: " + ", ".join(kept),
        )
    if write.valid_from:
        element = city.find("element", write.valid_from)
        if asked and write.valid_from not in asked:
            yield ParameterFault(
                f"{pointer}/valid_from",
                f"The form does not ask `{write.valid_from}`.",
                did_you_mean(write.valid_from, asked),
            )
        elif element is not None and element.body.type != "date":
            yield ParameterFault(
                f"{pointer}/valid_from", f"`{write.valid_from}` is no date.", "Name an element of the type `date`."
            )
