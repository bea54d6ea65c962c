"""Items 事项."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from yiwang.cases import registry
from yiwang.cases.declarations.materials import MaterialBody
from yiwang.cases.declarations.parameters import check_parameter
from yiwang.cases.declarations.parts import (
    BasicCode,
    ItemClockBody,
    LawBody,
    Text,
    check_promises_of,
    says_again,
    topics_named,
)
from yiwang.cases.declarations.starts import StartBody, check_start
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.rules.diagram import Diagram
from yiwang.cases.rules.published import FaqBody, PublishedBody, inconsistencies
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference, did_you_mean

__all__ = ["ItemKind"]


class GuideBody(Part):
    """What the item's page says, one sentence each, as a good clerk speaks.  faq: what people ask again and again."""

    conditions: tuple[Text, ...] = Field(min_length=1)
    materials: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = Field(min_length=1)
    fee: Text
    result: Text
    faq: tuple[FaqBody, ...] = ()


class ApplicantBody(Part):
    """Who applies where the item is about another subject than the one who applies: its legal representative 法定代表人.

    kind: kind of the one who applies. Whom he represents is what the source says: a field with `represents:` in a resource about the
    item's subject.  called: the element by which he recognises the subject.  nobody: what he reads whom the source names for none: who
    applies, and what he can do.  own: where both are of the same kind (a mother applies for her child), the elements that are his; all
    others are the subject's.
    """

    kind: str
    called: str
    nobody: Text
    own: tuple[str, ...] = ()


class ItemBody(Body):
    """A thing that government does again and again 事项.

    about: kind of subject that it is for.  applicant: who applies, where that is another.  materials: what must be shown.
    basic_code: 基本编码, twelve characters.  level: 行使层级, 1 to 7.
    place: the form's element that says which area answers.  process, parameters: the diagram, and what it takes from this item.
    clocks: its limits; the first that has a promise is the one that the item's tile names.  keywords: what people may search for.
    starts_on: an event that begins its cases; nobody applies then, `about` may be left out (whatever the event is about), and so may
    `place`, where the event names the unit.
    life_events, themes: under which of them people find it.  published: the fields of the national implementing list 实施清单.
    """

    kind: Literal["item"]
    summary: Text
    about: str = ""
    applicant: ApplicantBody | None = None
    materials: tuple[MaterialBody, ...] = ()
    basic_code: BasicCode
    level: int = Field(ge=1, le=7)
    form: str
    place: str = ""
    process: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    clocks: tuple[ItemClockBody, ...] = ()
    guide: GuideBody
    law: tuple[LawBody, ...] = ()
    keywords: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    published: PublishedBody | None = None
    starts_on: StartBody | None = None


class ItemKind(Kind):
    """`items/*.yaml`."""

    name = "item"
    folder = "items"
    schema = ItemBody
    order = 70

    def references(self, body: ItemBody) -> Iterable[Reference]:
        """What it names outright; what its parameters name is known only with the process, see `check`."""
        if body.about:
            yield Reference("about", "subject-kind", body.about)
        yield Reference("form", "form", body.form)
        yield Reference("process", "process", body.process)
        if body.place:
            yield Reference("place", "element", body.place)
        if body.applicant is not None:
            yield Reference("applicant/kind", "subject-kind", body.applicant.kind)
            yield Reference("applicant/called", "element", body.applicant.called)
            for n, element in enumerate(body.applicant.own):
                yield Reference(f"applicant/own/{n}", "element", element)
        for n, material in enumerate(body.materials):
            for m, element in enumerate(material.elements):
                yield Reference(f"materials/{n}/elements/{m}", "element", element)
            if material.element:
                yield Reference(f"materials/{n}/element", "element", material.element)
            if material.certificate:
                yield Reference(f"materials/{n}/certificate", "certificate", material.certificate)
        for n, clock in enumerate(body.clocks):
            yield Reference(f"clocks/{n}/limit", "limit", clock.limit)
        yield from topics_named(body)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The place is asked; every parameter of the process is bound to something that is there; somebody may decide."""
        body: ItemBody = one.body
        form, process = city.find("form", body.form), city.find("process", body.process)
        yield from check_start(one, form.body if form is not None else None)
        if form is not None and body.place and body.place not in form.body.elements():
            yield one.fault(
                "place",
                f"The form `{body.form}` does not ask `{body.place}`.",
                did_you_mean(body.place, form.body.elements()),
            )
        place = city.find("element", body.place) if body.place else None
        if place is not None and place.body.type not in ("place", "address"):
            yield one.fault(
                "place", f"`{body.place}` is no place.", "Name an element of the type `place` or `address`."
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.basic_code == body.basic_code:
                yield one.fault("basic_code", f"The basic code is also that of {other.path}.", "Each item has its own.")
        yield from _check_published(one)
        yield from self._check_applicant(one, city)
        yield from self._check_materials(one, city)
        yield from check_promises_of(one, city)
        if process is not None:
            diagram = read_diagram(process.body.bpmn.encode(), registry.signatures())
            yield from self._check_parameters(one, diagram, city)
            yield from self._check_clocks(one, diagram, city)
            for n, material in enumerate(body.materials):
                if material.promise is not None and not diagram.checks_promises():
                    yield one.fault(
                        f"materials/{n}/promise",
                        f"The process `{diagram.id}` never looks whether a promise was kept.",
                        'Use a process with a task that has <yw:check what="promises"/>.',
                    )
                if material.may_follow and not diagram.asks_the_applicant():
                    yield one.fault(
                        f"materials/{n}/may_follow",
                        f"The process `{diagram.id}` never asks the applicant for what is missing.",
                        "Delete `may_follow`, or use a process in which the applicant has a task.",
                    )

    def _check_applicant(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """A register about the item's subject says who represents it, and one keeps the name by which he knows it."""
        applicant = one.body.applicant
        if applicant is None:
            return
        if bool(applicant.own) != (applicant.kind == one.body.about):
            yield one.fault(
                "applicant/own",
                f"Who applies is a `{applicant.kind}`, and the item is about a `{one.body.about}`.",
                "Where both are of one kind, `own:` names the elements that are the applicant's; elsewhere delete it.",
            )
            return
        kind = city.find("subject-kind", applicant.kind)
        if kind is not None and not _schemes_that_represent(one.body.about, city) & {
            scheme.scheme for scheme in kind.body.identifiers
        }:
            yield one.fault(
                "applicant/kind",
                f"No register says which `{applicant.kind}` represents a `{one.body.about}`.",
                f"Give the source field that names him `represents:` in a resource about `{one.body.about}`.",
            )
        element = applicant.called
        if city.find("element", element) is not None and one.body.about not in _kept_about(element, city):
            yield one.fault(
                "applicant/called",
                f"No resource about `{one.body.about}` is the source of `{element}`.",
                "Name an element that a register keeps, or declare that register.",
            )

    def _check_materials(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Each stands once, is not asked by the form too, and its elements can say what it says."""
        body: ItemBody = one.body
        form = city.find("form", body.form)
        asked = set(form.body.elements()) if form is not None else set[str]()
        kinds = {body.about, *([body.applicant.kind] if body.applicant else [])}
        seen: set[str] = set()
        for n, material in enumerate(body.materials):
            at = f"materials/{n}"
            if material.id in seen:
                yield one.fault(f"{at}/id", f"The material `{material.id}` stands twice.", "Keep it once.")
            seen.add(material.id)
            if material.element and material.element in asked:
                yield one.fault(
                    f"{at}/element",
                    f"`{material.element}` is asked twice.",
                    "Take it out of the form; materials are asked after it.",
                )
            asked.add(material.element)
            wanted = "boolean" if material.kind == "promise" else "file"
            element = city.find("element", material.element) if material.element else None
            if element is not None and element.body.type != wanted:
                yield one.fault(
                    f"{at}/element",
                    f"`{material.element}` is a `{element.body.type}`.",
                    f"Name an element of the type `{wanted}`.",
                )
            certificate = city.find("certificate", material.certificate) if material.certificate else None
            if certificate is not None and certificate.body.holder.kind not in kinds:
                yield one.fault(
                    f"{at}/certificate",
                    f"`{certificate.id}` is held by a `{certificate.body.holder.kind}`, and that is nobody who applies here.",
                    f"Name a certificate that is held by a {' or '.join(sorted(kinds))}, or ask for an upload.",
                )
            for m, fact in enumerate(material.elements):
                if city.find("element", fact) is not None and not kinds & _kept_about(fact, city):
                    yield one.fault(
                        f"{at}/elements/{m}",
                        f"No register about {' or '.join(sorted(kinds))} is the source of `{fact}`.",
                        "A fact is shown by its source: declare the resource, or ask for an upload.",
                    )

    def _check_clocks(self, one: Declaration, diagram: Diagram, city: City) -> Iterable[DeclarationFault]:
        stated = [clock.limit for clock in one.body.clocks]
        for name in diagram.limits():
            if name not in stated:
                yield one.fault(
                    "clocks",
                    f"The process `{diagram.id}` moves the clock of `{name}`, which the item does not name.",
                    f"Add `- {{limit: {name}}}`.",
                )
        for n, name in enumerate(stated):
            limit = city.find("limit", name)
            if name not in diagram.limits() and limit is not None and limit.body.deemed is not None:
                yield one.fault(
                    f"clocks/{n}/limit",
                    f"When `{name}` is missed something counts as done, but no step of `{diagram.id}` stops its clock.",
                    "Take a process with such a step, or delete this line.",
                )

        yield from self._check_second_limits(one, diagram, city)

    def _check_second_limits(self, one: Declaration, diagram: Diagram, city: City) -> Iterable[DeclarationFault]:
        """No limit of the whole case, from sending to the end, says again what one says that the process moves: both would run."""
        limits = city.of_kind("limit")
        for n, clock in enumerate(one.body.clocks):
            own = limits.get(clock.limit)
            if own is None or clock.limit in diagram.limits():
                continue
            for name in diagram.limits():
                moved = limits.get(name)
                if moved is not None and (why := says_again(own, moved, limits)):
                    yield one.fault(
                        f"clocks/{n}/limit",
                        f"`{own.id}` would run from sending to the end beside `{name}`, whose clock the process `{diagram.id}` moves,"
                        f" and people would read both: it {why} `{name}`.",
                        f"Delete this line; if you promise to be quicker, write `- {{limit: {name}, promise: …}}`. A limit that takes the"
                        f" place of `{name}` needs a process that moves it.",
                    )
                    break

    def _check_parameters(self, one: Declaration, diagram: Diagram, city: City) -> Iterable[DeclarationFault]:
        needs = diagram.needs(registry.signatures())
        given = one.body.parameters
        for name in sorted(needs.keys() - given.keys()):
            yield one.fault(
                "parameters",
                f"The process `{diagram.id}` needs the parameter `{name}` ({needs[name]}).",
                f"Add `{name}:`.",
            )
        for name in sorted(given.keys() - needs.keys()):
            yield one.fault(
                f"parameters/{name}",
                f"The process `{diagram.id}` has no parameter `{name}`.",
                did_you_mean(name, needs),
            )
        for name in sorted(needs.keys() & given.keys()):
            for found in check_parameter(needs[name], given[name], one, city):
                pointer = f"parameters/{name}/{found.pointer}".rstrip("/")
                yield one.fault(pointer, found.message, found.advice)
        for name in {node.duty.parameter for node in diagram.nodes.values() if node.duty and node.duty.parameter}:
            duty = city.find("duty", str(given.get(name, "")))
            if duty is not None and "task.decide" not in {grant.action for grant in duty.body.may}:
                yield one.fault(
                    f"parameters/{name}",
                    f"The duty `{duty.id}` may not do tasks.",
                    f"Grant it `task.decide` in {duty.path}.",
                )


def _check_published(one: Declaration) -> Iterable[DeclarationFault]:
    published = one.body.published
    for pointer, message, advice in inconsistencies(published) if published is not None else ():
        yield one.fault(f"published/{pointer}", message, advice)


def _schemes_that_represent(about: str, city: City) -> set[str]:
    """The identifier schemes by which sources name who represents a subject of this kind."""
    return {
        field.represents
        for resource in city.of_kind("resource").values()
        for field in resource.body.fields
        if resource.body.about == about and field.represents and str(field.role) == "source"
    }


def _kept_about(element: str, city: City) -> set[str]:
    """The kinds of subject about which some resource is the element's source."""
    return {
        resource.body.about
        for resource in city.of_kind("resource").values()
        for field in resource.body.fields
        if field.element == element and str(field.role) == "source"
    }
