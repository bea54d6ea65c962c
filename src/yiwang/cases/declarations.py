"""What packs declare for cases: items, bundles of them, forms, processes, calendars, limits and their pauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from yiwang.acts.values import system
from yiwang.cases import registry
from yiwang.cases.registry import ParameterFault
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.rules.bundles import ancestors, circle
from yiwang.cases.rules.diagram import ClockAct, Diagram, DiagramFault
from yiwang.cases.rules.published import FaqBody, PublishedBody, inconsistencies
from yiwang.cases.services import system_recount_clocks
from yiwang.cases.services.recounting import clocks_between
from yiwang.cases.values import ClockUnit, Consequence, Mark, Outcome
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Reference, did_you_mean
from yiwang.outbox.registry import declared_events

__all__ = [
    "BundleKind",
    "CalendarKind",
    "FormKind",
    "ItemKind",
    "LifeEventKind",
    "LimitKind",
    "NumberingKind",
    "PauseKind",
    "ProcessKind",
    "SynonymsKind",
    "ThemeKind",
    "check_certificate",
    "check_identifiers",
    "check_numbers",
    "check_relates",
    "check_working_days",
    "check_writes",
]

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

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """How many running clocks count a day of that year: they are counted anew."""
        year, id = (
            (new.body.year, new.id) if new is not None else (int(old["year"]), str(old["id"])) if old else (0, "")
        )
        if year and (clocks := clocks_between(date(year, 1, 1), date(year, 12, 31)).count()):
            verb = "retire" if new is None else "change" if old else "add"
            yield Change(self.name, id, verb, f"{clocks} running clocks are counted anew", rows=clocks)

    def apply(self, release: int, changed: Mapping[str, Declaration], retired: Iterable[str]) -> None:
        """Count running clocks anew whose days have changed; tell whose dates moved."""
        _system_recount(release)


def _system_recount(release: int) -> None:
    system_recount_clocks(system("cases.calendar"), release)


# ── Numbering ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class ParityBody(_Part):
    """That a counter is odd where a coded element has one of these codes, and even elsewhere.

    Source: GB 11643-1999, 顺序码: odd for men, even for women.
    """

    element: str
    odd: tuple[str, ...] = Field(min_length=1)


class CounterBody(_Part):
    """A number of so many digits that rises by one for what stands before it.  first: the lowest.  parity: of which numbers."""

    digits: int = Field(ge=1, le=12)
    first: int = Field(default=1, ge=0)
    parity: ParityBody | None = None


class NumberPartBody(_Part):
    """A part of a number: a `text`, the value of an `element` (a date as 20260131), or the one `counter`."""

    text: str = ""
    element: str = ""
    counter: CounterBody | None = None

    @model_validator(mode="after")
    def _is_one(self) -> NumberPartBody:
        if sum([bool(self.text), bool(self.element), self.counter is not None]) != 1:
            raise ValueError("write one of `text`, `element` and `counter`")
        return self


class NumberingBody(Body):
    """How numbers are made that a case brings forth 编号规则.  check: what ends the number: a check character by GB 11643, or nothing."""

    kind: Literal["numbering"]
    parts: tuple[NumberPartBody, ...] = Field(min_length=1)
    check: Literal["", "citizen-id"] = ""


class NumberingKind(Kind):
    """`numbering/*.yaml`."""

    name = "numbering"
    folder = "numbering"
    schema = NumberingBody
    order = 50

    def references(self, body: NumberingBody) -> Iterable[Reference]:
        """The elements that it takes in."""
        for n, part in enumerate(body.parts):
            if part.element:
                yield Reference(f"parts/{n}/element", "element", part.element)
            if part.counter is not None and part.counter.parity is not None:
                yield Reference(f"parts/{n}/counter/parity/element", "element", part.counter.parity.element)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It counts once, and last."""
        counters = [n for n, part in enumerate(one.body.parts) if part.counter is not None]
        if counters != [len(one.body.parts) - 1]:
            yield _fault(
                one, "parts", "A number has one counter, as its last part.", "Write `counter:` once, at the end."
            )


# ── Limit ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

Verified = Literal["text", "practice", "unknown"]


class PauseBody(Body):
    """A lawful reason for which a clock stands still 不计入时限的情形: a hearing, an examination, an expert's review.

    law, article: what allows it.  text: the words cited.  verified: whether that was read in the law's text, is practice, or is
    set by the city itself.
    """

    kind: Literal["pause"]
    law: str = ""
    article: str = ""
    text: str = ""
    verified: Verified


class PauseKind(Kind):
    """`pauses/*.yaml`."""

    name = "pause"
    folder = "pauses"
    schema = PauseBody
    order = 30

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It names its law."""
        yield from _check_law(one)


class ExtensionBody(_Part):
    """The one extension that a limit allows.

    length: at most so much more, in the limit's unit.  approved_by: who approves it, for people. The applicant
    reads the reason in the course of his case, and a message that is sent on `case.clock-changed.v1` tells him of it.
    """

    length: int = Field(ge=1, le=365)
    approved_by: Text


class DeemedBody(_Part):
    """What counts as done when the limit is missed.

    result: in one sentence.  counted_from: limits that the result starts count from the `start` of this one, or from its `end`.
    """

    result: Text
    counted_from: Literal["start", "end"]


class LimitBody(Body):
    """A limit that a law sets 法定时限, or the city where no law does.

    length: in `unit`; 0 is “at once”, on the day of the trigger.  counts: `before` counts backwards from an event.  rolls: a last
    day that is a day off moves on to the next working day; not for a bar, which protects nobody by lasting longer.
    extension: at most one.  pauses: ids of the reasons for which it may stand still.  deemed: what counts as done when it is missed.
    law, article, text: what sets it.  verified: `text` read in the law, `practice`, or `unknown`: set by the city itself.
    """

    kind: Literal["limit"]
    length: int = Field(ge=0, le=3650)
    unit: ClockUnit
    counts: Literal["after", "before"] = "after"
    rolls: bool = True
    extension: ExtensionBody | None = None
    pauses: tuple[str, ...] = ()
    deemed: DeemedBody | None = None
    law: str = ""
    article: str = ""
    text: str = ""
    verified: Verified


class LimitKind(Kind):
    """`limits/*.yaml`."""

    name = "limit"
    folder = "limits"
    schema = LimitBody
    order = 45

    def references(self, body: LimitBody) -> Iterable[Reference]:
        """Its pauses."""
        for n, pause in enumerate(body.pauses):
            yield Reference(f"pauses/{n}", "pause", pause)

    def narrows(self, parent: LimitBody, child: LimitBody) -> Iterable[tuple[str, str, str]]:
        """A city may promise its people a shorter limit, a shorter extension and fewer pauses, counted as the law counts."""
        for key in ("unit", "counts", "rolls", "deemed"):
            if getattr(parent, key) != getattr(child, key):
                yield key, f"`{key}` is not what the limit above says.", "Delete it here."
        if child.length > parent.length:
            yield "length", f"{child.length} is longer than {parent.length} above.", f"Write at most {parent.length}."
        allowed = parent.extension.length if parent.extension is not None else 0
        if child.extension is not None and child.extension.length > allowed:
            yield (
                "extension/length",
                f"Above, it may be extended by {allowed}.",
                "Write no more than that, or delete it.",
            )
        for n, pause in enumerate(child.pauses):
            if pause not in parent.pauses:
                yield f"pauses/{n}", f"Above, `{pause}` is no pause of it.", "Delete it here."

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It names its law; what is counted backwards has an end that nothing moves."""
        body: LimitBody = one.body
        yield from _check_law(one)
        for key in ("extension", "pauses", "deemed"):
            if body.counts == "before" and getattr(body, key):
                yield _fault(one, key, f"A limit that is counted backwards has no `{key}`.", "Delete it.")
        for n, pause in enumerate(body.pauses):
            if pause in body.pauses[:n]:
                yield _fault(one, f"pauses/{n}", f"`{pause}` stands here twice.", "Keep it once.")


def _check_law(one: Declaration) -> Iterable[DeclarationFault]:
    if one.body.verified != "unknown" and not (one.body.law and one.body.article):
        yield _fault(
            one,
            "law" if not one.body.law else "article",
            "It says that a law was read, and names no law with its article.",
            "Add `law:` and `article:`, or say `verified: unknown`: the city sets it itself.",
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
            for act in node.clocks:
                for message, advice in _check_clock_act(act, city):
                    yield DeclarationFault(one.path, act.line, message, advice)


def _check_clock_act(act: ClockAct, city: City) -> Iterable[tuple[str, str]]:
    limit = city.find("limit", act.limit)
    if limit is None:
        yield f"No pack declares the limit `{act.limit}`.", did_you_mean(act.limit, city.of_kind("limit"))
        return
    if act.reason and act.reason not in limit.body.pauses:
        yield (
            f"`{act.reason}` is no lawful pause of the limit `{act.limit}`.",
            did_you_mean(act.reason, limit.body.pauses),
        )
    if act.deemed and limit.body.deemed is None:
        yield f"Nothing counts as done when the limit `{act.limit}` is missed.", "Take `deemed` out."
    if act.verb == "stops" and not act.deemed and limit.body.deemed is not None:
        yield (
            f"When the limit `{act.limit}` is missed something counts as done, and the diagram does not say which act.",
            'Add deemed="…" with an act of this user task.',
        )


# ── How people find an item ─────────────────────────────────────────────────────────────────────────────────────────────


class LifeEventBody(Body):
    """Something that happens in a life 人生大事, or in the life of an enterprise, for which people come to the city.

    mark: the drawing of its tile.  order: smaller ones stand first; the eight first have a large tile on the first page.
    """

    kind: Literal["life-event"]
    summary: Text
    mark: Mark
    order: int = Field(default=100, ge=0, le=1000)


class LifeEventKind(Kind):
    """`life-events/*.yaml`."""

    name = "life-event"
    folder = "life-events"
    schema = LifeEventBody
    order = 30


class ThemeBody(Body):
    """A theme 主题 under which items stand, for people and for organisations each.  order: smaller ones stand first."""

    kind: Literal["theme"]
    summary: Text
    mark: Mark
    order: int = Field(default=100, ge=0, le=1000)


class ThemeKind(Kind):
    """`themes/*.yaml`."""

    name = "theme"
    folder = "themes"
    schema = ThemeBody
    order = 30


class SynonymsBody(Body):
    """Words that people use for the same thing: who searches for one finds the others.  groups: of two words and more each."""

    kind: Literal["synonyms"]
    groups: tuple[tuple[str, ...], ...] = Field(min_length=1)


class SynonymsKind(Kind):
    """`synonyms/*.yaml`."""

    name = "synonyms"
    folder = "synonyms"
    schema = SynonymsBody
    order = 30

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """A group has two words and more, and a word stands in it once."""
        for n, group in enumerate(one.body.groups):
            if len(group) < 2 or len(set(group)) < len(group) or not all(word.strip() for word in group):
                yield _fault(
                    one, f"groups/{n}", "This is no group of different words.", "Write two words and more, each once."
                )


# ── Item ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ItemClockBody(_Part):
    """A limit under which the item's cases stand.

    promise: the promised limit 承诺时限, in the limit's unit: no longer than the limit itself. A clock that the process does not
    start runs from sending to the end.
    """

    limit: str
    promise: int | None = Field(default=None, ge=0)


class LawBody(_Part):
    """A law that the item rests on."""

    law: str
    article: str
    text: str = ""


class GuideBody(_Part):
    """What the item's page says, one sentence each, as a good clerk speaks.  faq: what people ask again and again."""

    conditions: tuple[Text, ...] = Field(min_length=1)
    materials: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = Field(min_length=1)
    fee: Text
    result: Text
    faq: tuple[FaqBody, ...] = ()


class ApplicantBody(_Part):
    """Who applies where the item is about another subject than the one who applies: its legal representative 法定代表人.

    kind: kind of the one who applies. Whom he represents is what the source says: a field with `represents:` in a resource about the
    item's subject.  called: the element by which he recognises the subject.  own: where both are of
    the same kind (a mother applies for her child), the elements that are his; all others are the subject's.
    """

    kind: str
    called: str
    own: tuple[str, ...] = ()


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

    kind: `fact`, what a register of the city says; `certificate`, one that the city issued and that is valid; `upload`, a file; `promise`,
    a stated undertaking that is checked later.
    elements: of a fact: all of them must be known.  certificate: its type.  element: of an upload, of the type `file`; of a promise, of
    the type `boolean`; of a fact or a certificate, the file that is asked for when the city does not have it.  may_follow: the form may be
    sent without it (容缺); it then stands in the one notice of everything that is missing.  help: what must be seen in it, how to get it.
    issued_by: who hands the paper out 来源渠道, or empty: the applicant himself.  medium: 材料形式.  copies: how many of it on paper.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    title: Text
    kind: Literal["fact", "certificate", "upload", "promise"]
    elements: tuple[str, ...] = ()
    certificate: str = ""
    element: str = ""
    promise: PromiseMadeBody | None = None
    may_follow: bool = False
    help: Text = ""
    issued_by: Text = ""
    medium: Literal["electronic", "paper", "either"] = "electronic"
    copies: int = Field(default=0, ge=0, le=20)
    law: str = ""
    article: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> MaterialBody:
        if (self.kind == "fact") != bool(self.elements):
            raise ValueError("`elements` belong to a material of the kind `fact`, which names at least one")
        if (self.kind == "certificate") != bool(self.certificate):
            raise ValueError("`certificate` belongs to a material of the kind `certificate`, which names its type")
        if self.kind in ("upload", "promise") and not self.element:
            raise ValueError("an `upload` names the `element` that holds the file, a `promise` the one that says yes")
        if (self.kind == "promise") != (self.promise is not None):
            raise ValueError("`promise` belongs to a material of the kind `promise`: text, check, broken")
        return self


class StartBody(_Part):
    """What begins a case without anybody sending a form: an event of the platform.

    event: its type.  values: element of the form → field of the event's data.  subject: the field that says whom the case is about.
    unit: the field that says which unit has it, for an item without a `place`.  ends_on: the type of an event about the same thing
    that makes a case idle which still waits for its decision.
    """

    event: str
    subject: str
    unit: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    ends_on: str = ""


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
    basic_code: str = Field(pattern=r"^[0-9A-Z]{12}$")
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
        yield from _topics_named(body)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The place is asked; every parameter of the process is bound to something that is there; somebody may decide."""
        body: ItemBody = one.body
        form, process = city.find("form", body.form), city.find("process", body.process)
        yield from _check_start(one, form.body if form is not None else None)
        if form is not None and body.place and body.place not in form.body.elements():
            yield _fault(
                one,
                "place",
                f"The form `{body.form}` does not ask `{body.place}`.",
                did_you_mean(body.place, form.body.elements()),
            )
        place = city.find("element", body.place) if body.place else None
        if place is not None and place.body.type not in ("place", "address"):
            yield _fault(
                one, "place", f"`{body.place}` is no place.", "Name an element of the type `place` or `address`."
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.basic_code == body.basic_code:
                yield _fault(
                    one, "basic_code", f"The basic code is also that of {other.path}.", "Each item has its own."
                )
        yield from _check_published(one)
        yield from self._check_applicant(one, city)
        yield from self._check_materials(one, city)
        yield from _check_promises_of(one, city)
        if process is not None:
            diagram = read_diagram(process.body.bpmn.encode(), registry.signatures())
            yield from self._check_parameters(one, diagram, city)
            yield from self._check_clocks(one, diagram, city)
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
        """A register about the item's subject says who represents it, and one keeps the name by which he knows it."""
        applicant = one.body.applicant
        if applicant is None:
            return
        if bool(applicant.own) != (applicant.kind == one.body.about):
            yield _fault(
                one,
                "applicant/own",
                f"Who applies is a `{applicant.kind}`, and the item is about a `{one.body.about}`.",
                "Where both are of one kind, `own:` names the elements that are the applicant's; elsewhere delete it.",
            )
            return
        kind = city.find("subject-kind", applicant.kind)
        if kind is not None and not _schemes_that_represent(one.body.about, city) & {
            scheme.scheme for scheme in kind.body.identifiers
        }:
            yield _fault(
                one,
                "applicant/kind",
                f"No register says which `{applicant.kind}` represents a `{one.body.about}`.",
                f"Give the source field that names him `represents:` in a resource about `{one.body.about}`.",
            )
        element = applicant.called
        if city.find("element", element) is not None and one.body.about not in _kept_about(element, city):
            yield _fault(
                one,
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
                yield _fault(one, f"{at}/id", f"The material `{material.id}` stands twice.", "Keep it once.")
            seen.add(material.id)
            if material.element and material.element in asked:
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
            certificate = city.find("certificate", material.certificate) if material.certificate else None
            if certificate is not None and certificate.body.holder.kind not in kinds:
                yield _fault(
                    one,
                    f"{at}/certificate",
                    f"`{certificate.id}` is held by a `{certificate.body.holder.kind}`, and that is nobody who applies here.",
                    f"Name a certificate that is held by a {' or '.join(sorted(kinds))}, or ask for an upload.",
                )
            for m, fact in enumerate(material.elements):
                if city.find("element", fact) is not None and not kinds & _kept_about(fact, city):
                    yield _fault(
                        one,
                        f"{at}/elements/{m}",
                        f"No register about {' or '.join(sorted(kinds))} is the source of `{fact}`.",
                        "A fact is shown by its source: declare the resource, or ask for an upload.",
                    )

    def _check_clocks(self, one: Declaration, diagram: Diagram, city: City) -> Iterable[DeclarationFault]:
        stated = [clock.limit for clock in one.body.clocks]
        for name in diagram.limits():
            if name not in stated:
                yield _fault(
                    one,
                    "clocks",
                    f"The process `{diagram.id}` moves the clock of `{name}`, which the item does not name.",
                    f"Add `- {{limit: {name}}}`.",
                )
        for n, name in enumerate(stated):
            limit = city.find("limit", name)
            if name not in diagram.limits() and limit is not None and limit.body.deemed is not None:
                yield _fault(
                    one,
                    f"clocks/{n}/limit",
                    f"When `{name}` is missed something counts as done, but no step of `{diagram.id}` stops its clock.",
                    "Take a process with such a step, or delete this line.",
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


def _topics_named(body: ItemBody) -> Iterable[Reference]:
    for part, kind in (("life_events", "life-event"), ("themes", "theme")):
        for n, named in enumerate(getattr(body, part)):
            yield Reference(f"{part}/{n}", kind, named)


def _check_published(one: Declaration) -> Iterable[DeclarationFault]:
    published = one.body.published
    for pointer, message, advice in inconsistencies(published) if published is not None else ():
        yield _fault(one, f"published/{pointer}", message, advice)


def _check_promises_of(one: Declaration, city: City) -> Iterable[DeclarationFault]:
    """The limits of an item or a bundle stand once, and a promise is within its limit."""
    for n, clock in enumerate(one.body.clocks):
        if clock.limit in {other.limit for other in one.body.clocks[:n]}:
            yield _fault(one, f"clocks/{n}/limit", f"`{clock.limit}` stands here twice.", "Keep it once.")
        limit = city.find("limit", clock.limit)
        if limit is None or clock.promise is None:
            continue
        if clock.promise > limit.body.length or limit.body.counts == "before":
            yield _fault(
                one,
                f"clocks/{n}/promise",
                f"The limit `{clock.limit}` is {limit.body.length} {limit.body.unit} {limit.body.counts} its trigger.",
                "A promise only shortens a limit that is counted forwards.",
            )


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


def _check_start(one: Declaration, form: FormBody | None) -> Iterable[DeclarationFault]:
    """Somebody applies and a place answers, or an event begins it and says who and whose; the event can fill the form."""
    body: ItemBody = one.body
    start = body.starts_on
    if not body.about and start is None:
        yield _fault(one, "about", "The item does not say who applies.", "Add `about:` with a kind of subject.")
    if not body.place and (start is None or not start.unit):
        yield _fault(
            one,
            "place",
            "Nothing says which unit answers.",
            "Add `place:` with an element of the form, or let `starts_on` name the `unit`.",
        )
    if start is not None:
        yield from _check_event(one, start)
        if form is not None:
            yield from _check_filling(one, start, form)


def _check_event(one: Declaration, start: StartBody) -> Iterable[DeclarationFault]:
    events = declared_events()
    for pointer, type in (("starts_on/event", start.event), ("starts_on/ends_on", start.ends_on)):
        if type and type not in events:
            yield _fault(one, pointer, f"No engine tells the event `{type}`.", did_you_mean(type, events))
    fields = events.get(start.event)
    named = {"starts_on/subject": start.subject, "starts_on/unit": start.unit}
    named |= {f"starts_on/values/{name}": field for name, field in start.values.items()}
    for pointer, field in named.items():
        if fields is not None and field and field not in fields:
            yield _fault(one, pointer, f"`{start.event}` has no field `{field}`.", did_you_mean(field, fields))


def _check_filling(one: Declaration, start: StartBody, form: FormBody) -> Iterable[DeclarationFault]:
    asked = form.elements()
    for name in start.values:
        if name not in asked:
            yield _fault(
                one,
                f"starts_on/values/{name}",
                f"The form `{one.body.form}` does not ask `{name}`.",
                did_you_mean(name, asked),
            )
    for question in (question for section in form.sections for question in section.fields):
        if question.required and question.element not in start.values:
            yield _fault(
                one,
                "starts_on/values",
                f"The form needs `{question.element}`, and nothing of the event fills it.",
                f"Add `{question.element}: <field of the event>`, or write `required: false` in the form.",
            )


# ── Bundle ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class AfterBody(_Part):
    """That an item of a bundle waits for the end of another.

    item: the other.  outcomes: how that must have ended.  otherwise: what becomes of this one when it ended in another way, or never
    began: `stop` it does not begin; `continue` it begins all the same; `ask` the applicant says which.
    """

    item: str
    outcomes: tuple[Outcome, ...] = Field(default=(Outcome.ACCEPTED,), min_length=1)
    otherwise: Consequence


class BundleItemBody(_Part):
    """An item of a bundle.  after: what it waits for, all of it; left out, it begins when the application is sent."""

    item: str
    after: tuple[AfterBody, ...] = ()


class BundleGuideBody(_Part):
    """What the bundle's page says beside what its items say: one sentence each, as a good clerk speaks."""

    conditions: tuple[Text, ...] = Field(min_length=1)
    fee: Text
    result: Text


class BundleBody(Body):
    """Several items that one application starts 一件事: one form, one receipt, one progress.

    items: in the order in which the form asks for them.  form_title: of the one form; left out, the bundle's own.  Its questions and
    materials are those of the items, each once, without what an earlier item brings forth.
    clocks: limits of the whole, from sending to the end of the last item; the earliest counts, and the first promise is the one that the
    bundle's tile names. The cases keep the limits of their own items.
    basic_code, level: as of an item; they make the number of an application.
    """

    kind: Literal["bundle"]
    summary: Text
    form_title: Text = ""
    items: tuple[BundleItemBody, ...] = Field(min_length=2)
    clocks: tuple[ItemClockBody, ...] = ()
    guide: BundleGuideBody
    law: tuple[LawBody, ...] = ()
    keywords: tuple[str, ...] = ()
    basic_code: str = Field(pattern=r"^[0-9A-Z]{12}$")
    level: int = Field(ge=1, le=7)


class BundleKind(Kind):
    """`bundles/*.yaml`."""

    name = "bundle"
    folder = "bundles"
    schema = BundleBody
    order = 75

    def references(self, body: BundleBody) -> Iterable[Reference]:
        """Its items and the limits of the whole."""
        for n, one in enumerate(body.items):
            yield Reference(f"items/{n}/item", "item", one.item)
        for n, clock in enumerate(body.clocks):
            yield Reference(f"clocks/{n}/limit", "limit", clock.limit)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The items can be applied for together, wait for each other without a circle, and never for what nobody can say."""
        body: BundleBody = one.body
        yield from _check_promises_of(one, city)
        yield from self._check_graph(one)
        items = {part.item: found for part in body.items if (found := city.find("item", part.item)) is not None}
        yield from self._check_applicants(one, items)
        if (same := city.find("item", one.id)) is not None:
            yield _fault(one, "id", f"An item has this id, in {same.path}.", "Items and bundles have ids of their own.")
        for other in [*city.of_kind("item").values(), *city.of_kind(self.name).values()]:
            same_kind_later = other.kind == self.name and other.id >= one.id
            if not same_kind_later and other.body.basic_code == body.basic_code:
                yield _fault(one, "basic_code", f"The basic code is also that of {other.path}.", "Each has its own.")
        if len(items) == len({part.item for part in body.items}):
            yield from self._check_what_is_missing(one, items, city)

    def _check_graph(self, one: Declaration) -> Iterable[DeclarationFault]:
        body: BundleBody = one.body
        named = [part.item for part in body.items]
        graph = {part.item: [edge.item for edge in part.after] for part in body.items}
        for n, part in enumerate(body.items):
            if part.item in named[:n]:
                yield _fault(one, f"items/{n}/item", f"`{part.item}` stands here twice.", "Keep it once.")
            for m, edge in enumerate(part.after):
                if edge.item not in named:
                    yield _fault(
                        one,
                        f"items/{n}/after/{m}/item",
                        f"`{edge.item}` is no item of this bundle.",
                        did_you_mean(edge.item, named),
                    )
                if edge.item in {other.item for other in part.after[:m]}:
                    yield _fault(one, f"items/{n}/after/{m}", f"It waits for `{edge.item}` twice.", "Keep it once.")
        if waits := circle(graph):
            yield _fault(one, "items", f"`{waits}` waits for itself.", "Take one `after` out of the circle.")

    def _check_applicants(self, one: Declaration, items: Mapping[str, Declaration]) -> Iterable[DeclarationFault]:
        """Whoever applies for one of them applies for all, for the same subject."""
        first = next(iter(items.values()), None)
        for n, part in enumerate(one.body.items):
            found = items.get(part.item)
            if first is None or found is None:
                continue
            if found.body.starts_on is not None:
                yield _fault(
                    one, f"items/{n}/item", f"Nobody applies for `{part.item}`: an event begins it.", "Take it out."
                )
            if found.body.about != first.body.about or _who_applies(found) != _who_applies(first):
                yield _fault(
                    one,
                    f"items/{n}/item",
                    f"`{part.item}` is not for the same subject and by the same applicant as `{first.id}`.",
                    "Give both the same `about:` and the same `applicant:`.",
                )

    def _check_what_is_missing(
        self, one: Declaration, items: Mapping[str, Declaration], city: City
    ) -> Iterable[DeclarationFault]:
        """What goes on without an earlier item needs nothing that only that one brings forth."""
        body: BundleBody = one.body
        graph = {part.item: [edge.item for edge in part.after] for part in body.items}
        for n, part in enumerate(body.items):
            for m, edge in enumerate(part.after):
                if edge.otherwise is Consequence.STOP or edge.item not in items:
                    continue
                earlier = {edge.item, *ancestors(graph, edge.item)}
                asked = {name for item in earlier for name in _asked_by(items[item], city)}
                brought = {name for item in earlier for name in _brought_by(items[item], city)} - asked
                for name in sorted(_needed_by(items[part.item], city) & brought):
                    yield _fault(
                        one,
                        f"items/{n}/after/{m}/otherwise",
                        f"`{part.item}` needs `{name}`, which only `{edge.item}` brings forth.",
                        "Write `otherwise: stop`, or let the item do without it.",
                    )


def _who_applies(item: Declaration) -> tuple[str, str] | None:
    applicant = item.body.applicant
    return (applicant.kind, applicant.called) if applicant is not None else None


def _asked_by(item: Declaration, city: City) -> set[str]:
    form = city.find("form", item.body.form)
    return set(form.body.elements()) if form is not None else set()


def _needed_by(item: Declaration, city: City) -> set[str]:
    """Elements without which the item cannot be applied for: required answers, and facts that nothing may stand for."""
    form = city.find("form", item.body.form)
    fields = [field for section in form.body.sections for field in section.fields] if form is not None else []
    needed = {field.element for field in fields if field.required}
    for material in item.body.materials:
        if material.kind == "fact" and not material.element and not material.may_follow:
            needed |= set(material.elements)
    return needed


def _brought_by(item: Declaration, city: City) -> set[str]:
    """Elements that the item's acceptance writes."""
    process = city.find("process", item.body.process)
    if process is None:
        return set()
    diagram = read_diagram(process.body.bpmn.encode(), registry.signatures())
    found: set[str] = set()
    for name, type in diagram.needs(registry.signatures()).items():
        written = item.body.parameters.get(name)
        for write in written if type == "writes" and isinstance(written, list) else ():
            resource = city.find("resource", str(write.get("resource", ""))) if isinstance(write, dict) else None
            if resource is not None:
                sources = {field.element for field in resource.body.fields if str(field.role) == "source"}
                found |= set(write.get("fields") or sources) & sources
    return found


# ── Parameters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_parameter(type: str, value: Any, one: Declaration, city: City) -> Iterable[ParameterFault]:
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


class NumberedBody(_Part):
    """A value that the case brings forth: the element takes the next number of a numbering."""

    element: str
    numbering: str


class IdentifiedBody(_Part):
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


class RelateBody(_Part):
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


def _each(value: Any, body: type[_Part], what: str, shape: str) -> Iterable[tuple[int, Any]]:
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


def _fault(one: Declaration, pointer: str, message: str, advice: str) -> DeclarationFault:
    return DeclarationFault(one.path, one.line(pointer), message, advice)
