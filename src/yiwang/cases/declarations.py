"""What packs declare for cases: items, forms, processes and calendars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from yiwang.cases import registry
from yiwang.cases.registry import ParameterFault
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.rules.diagram import Diagram, DiagramFault
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Reference, did_you_mean

__all__ = ["CalendarKind", "FormKind", "ItemKind", "ProcessKind", "check_working_days", "check_writes"]

Text = str | dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# ── Calendar ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Span(_Part):
    """Days off from the first to the last, both included."""

    title: Text
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if not self.first <= self.last <= self.first + timedelta(days=31):
            raise ValueError("`last` is not before `first`, and at most 31 days after it")
        return self

    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


class CalendarBody(Body):
    """The exceptions to Monday–Friday in one year 节假日安排.

    off: holidays with the days off around them.  working: weekend days that are worked.  source: the notice that says so.
    provisional: no official notice yet; limits that reach into the year are shown as provisional.
    """

    kind: Literal["calendar"]
    year: int = Field(ge=2000, le=2100)
    provisional: bool = False
    off: tuple[Span, ...] = ()
    working: tuple[date, ...] = ()
    source: str = ""


class CalendarKind(Kind):
    """`calendars/*.yaml`: one year each."""

    name = "calendar"
    folder = "calendars"
    schema = CalendarBody
    order = 20

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Days lie in the year and mean one thing; an official year names its notice; a year is declared once."""
        body: CalendarBody = one.body
        seen: set[date] = set()
        days = [(f"off/{n}", day) for n, span in enumerate(body.off) for day in span.days()]
        days += [(f"working/{n}", day) for n, day in enumerate(body.working)]
        for pointer, day in days:
            if day.year != body.year:
                yield _fault(one, pointer, f"{day} is not in {body.year}.", "Put it into the calendar of its own year.")
            if day in seen:
                yield _fault(one, pointer, f"{day} stands here twice.", "Keep it once.")
            seen.add(day)
        for n, day in enumerate(body.working):
            if day.weekday() < 5:
                yield _fault(one, f"working/{n}", f"{day} is a weekday and worked anyway.", "Delete it.")
        if not body.provisional and not body.source:
            yield _fault(
                one, "year", "An official calendar names its notice.", "Add `source:`, or say `provisional: true`."
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.year == body.year:
                yield _fault(
                    one, "year", f"{body.year} is also declared in {other.path}.", "Keep one calendar for each year."
                )


# ── Form ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class FormFieldBody(_Part):
    """One question: an element.  help: what helps here beyond the element's own help."""

    element: str
    required: bool = True
    help: Text = ""


class SectionBody(_Part):
    """Questions that stand together."""

    title: Text
    fields: tuple[FormFieldBody, ...] = Field(min_length=1)


class FormBody(Body):
    """An ordered list of elements 表单. Type, check and code list come from the element."""

    kind: Literal["form"]
    sections: tuple[SectionBody, ...] = Field(min_length=1)

    def elements(self) -> list[str]:
        """Every element it asks, in order."""
        return [field.element for section in self.sections for field in section.fields]


class FormKind(Kind):
    """`forms/*.yaml`."""

    name = "form"
    folder = "forms"
    schema = FormBody
    order = 60

    def references(self, body: FormBody) -> Iterable[Reference]:
        """Its elements."""
        for n, section in enumerate(body.sections):
            for m, field in enumerate(section.fields):
                yield Reference(f"sections/{n}/fields/{m}/element", "element", field.element)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """A question is asked once."""
        seen: set[str] = set()
        for reference in self.references(one.body):
            if reference.id in seen:
                yield _fault(one, reference.pointer, f"The form asks `{reference.id}` twice.", "Ask it once.")
            seen.add(reference.id)


# ── Process ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ProcessBody(Body):
    """A BPMN 2.0 diagram 流程.  bpmn: the file's text."""

    kind: Literal["process"]
    bpmn: str


class UnreadableDiagram(ValueError):
    """The file is no model that could be read.  line: from 1."""

    def __init__(self, fault: DiagramFault) -> None:
        super().__init__(f"{fault.message} → {fault.advice}")
        self.line = fault.line


class ProcessKind(Kind):
    """`processes/*.bpmn`."""

    name = "process"
    folder = "processes"
    schema = ProcessBody
    suffixes = (".bpmn",)
    order = 55

    def read(self, path: Path, text: bytes) -> Mapping[str, Any]:
        """The diagram as a declaration. Raises UnreadableDiagram for what is no model at all; the rest is for `check` to say."""
        diagram = read_diagram(text, None)
        if not diagram.id and diagram.faults:
            raise UnreadableDiagram(diagram.faults[0])
        return {
            "kind": "process",
            "id": diagram.id or path.stem,
            "title": dict(diagram.titles) or path.stem,
            "bpmn": text.decode("utf-8", "replace"),
        }

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Everything that is wrong with the drawing; lanes and actions name what is there."""
        diagram = read_diagram(one.body.bpmn.encode(), registry.signatures())
        for fault in diagram.faults:
            yield DeclarationFault(one.path, fault.line, fault.message, fault.advice)
        for node in diagram.nodes.values():
            named = [("duty", node.duty.literal)] if node.duty and node.duty.literal else []
            named += [("working-days", node.within.literal)] if node.within and node.within.literal else []
            signature = registry.signatures().get(node.action, {})
            named += [
                (signature.get(name, "text"), binding.literal)
                for name, binding in node.parameters.items()
                if binding.literal
            ]
            for type, value in named:
                for found in _check_parameter(type, value, one, city):
                    yield DeclarationFault(one.path, node.line, found.message, found.advice)


# ── Item ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class PromiseBody(_Part):
    """The promised limit 承诺时限, in working days from the day after sending."""

    working_days: int = Field(ge=1, le=365)


class LawBody(_Part):
    """A law that the item rests on."""

    law: str
    article: str
    text: str = ""


class GuideBody(_Part):
    """What the item's page says, one sentence each, as a good clerk speaks."""

    conditions: tuple[Text, ...] = Field(min_length=1)
    materials: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = Field(min_length=1)
    fee: Text
    result: Text


class ApplicantBody(_Part):
    """Who applies where the item is about another subject than the one who applies: its legal representative 法定代表人.

    kind: kind of the one who applies.  represents: the element of the item's subject that names him; by: his own element that must hold
    the same value.  called: the element by which he recognises the subject.
    """

    kind: str
    represents: str
    by: str
    called: str


class CheckBody(_Part):
    """When it is looked whether a promise was kept, in working days from the decision."""

    working_days: int = Field(ge=1, le=365)


class PromiseMadeBody(_Part):
    """A promise 告知承诺 instead of a paper.  text: what is promised.  check: when it is looked at.  broken: what follows then.

    Source: 国务院办公厅关于全面推行证明事项和涉企经营许可事项告知承诺制的指导意见（国办发〔2020〕42号）.
    """

    text: Text
    check: CheckBody
    broken: Text


class MaterialBody(_Part):
    """What must be shown 材料.

    kind: `fact`, what a register of the city says; `upload`, a file; `promise`, a stated undertaking that is checked later.
    elements: of a fact: all of them must be known.  element: of an upload, of the type `file`; of a promise, of the type `boolean`; of a
    fact, the file that is asked for when the city does not know it.  may_follow: the form may be sent without it (容缺); it then stands
    in the one notice of everything that is missing.  help: what must be seen in it.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    title: Text
    kind: Literal["fact", "upload", "promise"]
    elements: tuple[str, ...] = ()
    element: str = ""
    promise: PromiseMadeBody | None = None
    may_follow: bool = False
    help: Text = ""
    law: str = ""
    article: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> MaterialBody:
        if (self.kind == "fact") != bool(self.elements):
            raise ValueError("`elements` belong to a material of the kind `fact`, which names at least one")
        if self.kind != "fact" and not self.element:
            raise ValueError("an `upload` names the `element` that holds the file, a `promise` the one that says yes")
        if (self.kind == "promise") != (self.promise is not None):
            raise ValueError("`promise` belongs to a material of the kind `promise`: text, check, broken")
        return self


class ItemBody(Body):
    """A thing that government does again and again 事项.

    about: kind of subject that it is for.  applicant: who applies, where that is another.  materials: what must be shown.
    basic_code: 基本编码, twelve characters.  level: 行使层级, 1 to 7.
    place: the form's element that says which area answers.  process, parameters: the diagram, and what it takes from this item.
    keywords: what people may search for.
    """

    kind: Literal["item"]
    summary: Text
    about: str
    applicant: ApplicantBody | None = None
    materials: tuple[MaterialBody, ...] = ()
    basic_code: str = Field(pattern=r"^[0-9A-Z]{12}$")
    level: int = Field(ge=1, le=7)
    form: str
    place: str
    process: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    promise: PromiseBody | None = None
    guide: GuideBody
    law: tuple[LawBody, ...] = ()
    keywords: tuple[str, ...] = ()


class ItemKind(Kind):
    """`items/*.yaml`."""

    name = "item"
    folder = "items"
    schema = ItemBody
    order = 70

    def references(self, body: ItemBody) -> Iterable[Reference]:
        """What it names outright; what its parameters name is known only with the process, see `check`."""
        yield Reference("about", "subject-kind", body.about)
        yield Reference("form", "form", body.form)
        yield Reference("process", "process", body.process)
        yield Reference("place", "element", body.place)
        if body.applicant is not None:
            yield Reference("applicant/kind", "subject-kind", body.applicant.kind)
            for part in ("represents", "by", "called"):
                yield Reference(f"applicant/{part}", "element", getattr(body.applicant, part))
        for n, material in enumerate(body.materials):
            for m, element in enumerate(material.elements):
                yield Reference(f"materials/{n}/elements/{m}", "element", element)
            if material.element:
                yield Reference(f"materials/{n}/element", "element", material.element)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The place is asked; every parameter of the process is bound to something that is there; somebody may decide."""
        body: ItemBody = one.body
        form, process = city.find("form", body.form), city.find("process", body.process)
        if form is not None and body.place not in form.body.elements():
            yield _fault(
                one,
                "place",
                f"The form `{body.form}` does not ask `{body.place}`.",
                did_you_mean(body.place, form.body.elements()),
            )
        place = city.find("element", body.place)
        if place is not None and place.body.type not in ("place", "address"):
            yield _fault(
                one, "place", f"`{body.place}` is no place.", "Name an element of the type `place` or `address`."
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.basic_code == body.basic_code:
                yield _fault(
                    one, "basic_code", f"The basic code is also that of {other.path}.", "Each item has its own."
                )
        yield from self._check_applicant(one, city)
        yield from self._check_materials(one, city)
        if process is not None:
            diagram = read_diagram(process.body.bpmn.encode(), registry.signatures())
            yield from self._check_parameters(one, diagram, city)
            for n, material in enumerate(body.materials):
                if material.promise is not None and not diagram.checks_promises():
                    yield _fault(
                        one,
                        f"materials/{n}/promise",
                        f"The process `{diagram.id}` never looks whether a promise was kept.",
                        'Use a process with a task that has <yw:check what="promises"/>.',
                    )
                if material.may_follow and not diagram.asks_the_applicant():
                    yield _fault(
                        one,
                        f"materials/{n}/may_follow",
                        f"The process `{diagram.id}` never asks the applicant for what is missing.",
                        "Delete `may_follow`, or use a process in which the applicant has a task.",
                    )

    def _check_applicant(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Who represents is found through facts: their sources are about the item's subject and about who applies."""
        applicant = one.body.applicant
        if applicant is None:
            return
        if applicant.kind == one.body.about:
            yield _fault(
                one,
                "applicant/kind",
                f"Who applies is of the same kind as `about`: `{applicant.kind}`.",
                "Delete `applicant`: it is for one who applies for another.",
            )
        for part, kind in (("represents", one.body.about), ("called", one.body.about), ("by", applicant.kind)):
            element = getattr(applicant, part)
            if city.find("element", element) is not None and kind not in _kept_about(element, city):
                yield _fault(
                    one,
                    f"applicant/{part}",
                    f"No resource about `{kind}` is the source of `{element}`.",
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
                yield _fault(one, f"{at}/id", f"The material `{material.id}` stands twice.", "Keep it once.")
            seen.add(material.id)
            if material.element in asked:
                yield _fault(
                    one,
                    f"{at}/element",
                    f"`{material.element}` is asked twice.",
                    "Take it out of the form; materials are asked after it.",
                )
            asked.add(material.element)
            wanted = "boolean" if material.kind == "promise" else "file"
            element = city.find("element", material.element) if material.element else None
            if element is not None and element.body.type != wanted:
                yield _fault(
                    one,
                    f"{at}/element",
                    f"`{material.element}` is a `{element.body.type}`.",
                    f"Name an element of the type `{wanted}`.",
                )
            for m, fact in enumerate(material.elements):
                if city.find("element", fact) is not None and not kinds & _kept_about(fact, city):
                    yield _fault(
                        one,
                        f"{at}/elements/{m}",
                        f"No register about {' or '.join(sorted(kinds))} is the source of `{fact}`.",
                        "A fact is shown by its source: declare the resource, or ask for an upload.",
                    )

    def _check_parameters(self, one: Declaration, diagram: Diagram, city: City) -> Iterable[DeclarationFault]:
        needs = diagram.needs(registry.signatures())
        given = one.body.parameters
        for name in sorted(needs.keys() - given.keys()):
            yield _fault(
                one,
                "parameters",
                f"The process `{diagram.id}` needs the parameter `{name}` ({needs[name]}).",
                f"Add `{name}:`.",
            )
        for name in sorted(given.keys() - needs.keys()):
            yield _fault(
                one,
                f"parameters/{name}",
                f"The process `{diagram.id}` has no parameter `{name}`.",
                did_you_mean(name, needs),
            )
        for name in sorted(needs.keys() & given.keys()):
            for found in _check_parameter(needs[name], given[name], one, city):
                pointer = f"parameters/{name}/{found.pointer}".rstrip("/")
                yield _fault(one, pointer, found.message, found.advice)
        for name in {node.duty.parameter for node in diagram.nodes.values() if node.duty and node.duty.parameter}:
            duty = city.find("duty", str(given.get(name, "")))
            if duty is not None and "task.decide" not in {grant.action for grant in duty.body.may}:
                yield _fault(
                    one,
                    f"parameters/{name}",
                    f"The duty `{duty.id}` may not do tasks.",
                    f"Grant it `task.decide` in {duty.path}.",
                )


def _kept_about(element: str, city: City) -> set[str]:
    """The kinds of subject about which some resource is the element's source."""
    return {
        resource.body.about
        for resource in city.of_kind("resource").values()
        for field in resource.body.fields
        if field.element == element and str(field.role) == "source"
    }


# ── Parameters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_parameter(type: str, value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
    check = registry.parameter_check(type)
    if check is not None:
        yield from check(value, one, city)
    elif not isinstance(value, str):
        yield ParameterFault("", f"The value is no text, but a {type} is needed.", f"Write the id of a {type}.")
    elif type != "text" and city.find(type, value) is None:
        yield ParameterFault("", f"No pack declares the {type} `{value}`.", did_you_mean(value, city.of_kind(type)))


class WriteBody(_Part):
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
    asked = form.body.elements() if form is not None else []
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


def _fault(one: Declaration, pointer: str, message: str, advice: str) -> DeclarationFault:
    return DeclarationFault(one.path, one.line(pointer), message, advice)
