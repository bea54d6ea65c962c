"""Items and their forms as they are declared in one release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yiwang.acts.queries import current_release, definition, find_definition
from yiwang.cases.registry import signatures
from yiwang.cases.rules.checks import FormCheck
from yiwang.cases.rules.diagram import Binding
from yiwang.cases.rules.materials import LOOKED_UP
from yiwang.cases.rules.runtime import Process, process
from yiwang.cases.values import Choice, FormField, MaterialLine
from yiwang.catalog.queries import code_list, element, expression_type, list_resources
from yiwang.catalog.values import Address, ElementView, FieldRole
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import FieldFault, msgid
from yiwang.kernel.texts import text
from yiwang.records.queries import naming_representatives

__all__ = [
    "NOBODY_APPLIES",
    "Asking",
    "Question",
    "asking",
    "bound",
    "changes_between",
    "element_field",
    "form_field",
    "issued_by",
    "material_line",
    "process_of",
    "produced_by",
]

NOBODY_APPLIES = msgid("Nobody applies for this: the platform begins it by itself.")


@dataclass(frozen=True, slots=True)
class Question:
    """One question as one release asks it.  digest: of everything that its answer is checked against (hex).

    material: id of the material for which it is asked, or empty.
    """

    element: ElementView
    required: bool
    help: Any
    digest: str
    material: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """An item with its form in one release.

    questions: of the form, then of the materials.  fact_elements: what is read from registers, for the form and as materials; an element
    that this item itself writes to its source is not: it is asked anew.  checks: conditions between answers. They are no part of the
    digest: who read the same questions is told what he breaks, and need not look at the form anew.
    """

    item: Mapping[str, Any]
    form: Mapping[str, Any]
    questions: Mapping[str, Question]
    release: int
    fact_elements: frozenset[str] = frozenset()
    checks: tuple[FormCheck, ...] = ()

    @property
    def materials(self) -> Sequence[Mapping[str, Any]]:
        """The declared materials, in order."""
        declared: Sequence[Mapping[str, Any]] = self.item["materials"]
        return declared

    @property
    def digest(self) -> str:
        """`release.hex`: the second part is the same in two releases that ask the same questions."""
        return f"{self.release}.{digest([[name, one.required, one.digest] for name, one in self.questions.items()]).hex()[:32]}"

    def asks_the_same_as(self, form_digest: str) -> bool:
        """Whether somebody who read a form with this digest has answered these questions."""
        return self.digest.partition(".")[2] == form_digest.partition(".")[2]

    def answers_place(self, values: Mapping[str, Any]) -> str:
        """The code of the place, in checked answers, that decides who answers for the case."""
        value = values.get(self.item["place"]) if self.item["place"] else None
        return value.place if isinstance(value, Address) else str(value or "")

    @property
    def begun_by_event(self) -> bool:
        """Whether events begin its cases: nobody applies for it."""
        return self.item["starts_on"] is not None

    @property
    def elements(self) -> list[ElementView]:
        """The element of each question, in order."""
        return [question.element for question in self.questions.values()]


def asking(item_id: str, release: int | None = None) -> Asking:
    """The item's form in a release, by default the one in force. Raises NotFound. No query once the release is cached."""
    number = current_release() if release is None else release
    item = definition("item", item_id, number)
    form = definition("form", item["form"], number)
    questions: dict[str, Question] = {}
    for section in form["sections"]:
        for field in section["fields"]:
            name = field["element"]
            body = definition("element", name, number)
            codes = find_definition("codelist", body.get("code_list") or "", number)
            questions[name] = Question(
                element(name, number), field["required"], field["help"], digest([body, codes]).hex()
            )
    checks = _checks_of(form, questions)
    for material in item["materials"]:
        if name := material["element"]:
            body = definition("element", name, number)
            questions[name] = Question(
                element(name, number),
                material["kind"] not in LOOKED_UP and not material["may_follow"],
                material["help"],
                digest([body, material]).hex(),
                material["id"],
            )
    named = {*questions, *(one for material in item["materials"] for one in material["elements"])}
    own: set[str] = set()
    if applicant := item["applicant"]:  # the word of the source by which he may apply is evidence, too
        named |= naming_representatives(item["about"], number)
        own = set(applicant["own"])  # what is written of the subject is no answer about the applicant
    return Asking(item, form, questions, number, frozenset(named - (_written(item, number) - own)), checks)


def _checks_of(form: Mapping[str, Any], questions: Mapping[str, Question]) -> tuple[FormCheck, ...]:
    types = [(name, expression_type(one.element.type)) for name, one in questions.items()]
    usable = tuple((name, type) for name, type in types if type)
    return tuple(
        FormCheck(one["check"], one["message"], one["at"], one["law"], one["article"], usable)
        for one in form.get("checks", ())  # a release of before has none
    )


def _written(item: Mapping[str, Any], release: int) -> set[str]:
    """Elements that a case of the item writes as they were answered to the register that is their source."""
    return {target for target, source in _writes(item, release) if target == source}


def produced_by(item: Mapping[str, Any], release: int) -> set[str]:
    """Elements of which a case of the item writes a value to the register that is their source: what is known when it has been granted."""
    return {target for target, _source in _writes(item, release)}


def issued_by(item: Mapping[str, Any], release: int) -> set[str]:
    """The certificates that a case of the item issues."""
    needs = process_of(item, release).diagram.needs(signatures())
    return {item["parameters"][name] for name, type in needs.items() if type == "certificate"}


def _writes(item: Mapping[str, Any], release: int) -> Iterator[tuple[str, str]]:
    """Element of a register that is its source → element of the case whose value is written there."""
    for name, type in process_of(item, release).diagram.needs(signatures()).items():
        for write in item["parameters"][name] if type == "writes" else ():
            resource = list_resources(release)[write["resource"]]
            sources = {field.element for field in resource.fields if field.role is FieldRole.SOURCE}
            chosen = write.get("fields") or {name: name for name in sources}
            yield from ((target, source) for target, source in chosen.items() if target in sources)


def changes_between(old: Asking | None, new: Asking) -> list[FieldFault]:
    """What somebody who read the form `old` must look at again in `new`; `old` None: it is not known what was read."""
    if old is None:
        return []
    faults: list[FieldFault] = []
    for name, question in new.questions.items():
        known = old.questions.get(name)
        title = {"title": text(question.element.title)}
        if known is None:
            faults.append(FieldFault(name, "question-added", msgid("The form now also asks: {title}."), title))
        elif known.digest != question.digest:
            faults.append(FieldFault(name, "question-changed", msgid("This question has changed: {title}."), title))
        elif known.required != question.required:
            faults.append(
                FieldFault(
                    name,
                    "question-required" if question.required else "question-optional",
                    msgid("This must be answered now: {title}.")
                    if question.required
                    else msgid("This may be left open now: {title}."),
                    title,
                )
            )
    for name, gone in old.questions.items():
        if name not in new.questions:
            title = {"title": text(gone.element.title)}
            faults.append(FieldFault(name, "question-removed", msgid("The form no longer asks: {title}."), title))
    return faults


def process_of(item: Mapping[str, Any], release: int) -> Process:
    """The process that an item's cases of this release run. Parsed once per operating-system process."""
    return process(definition("process", item["process"], release)["bpmn"])


# ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def material_line(declared: Mapping[str, Any], language: str) -> MaterialLine:
    """A declared material for people, without what anybody has of it."""
    promise = declared["promise"]
    return MaterialLine(
        id=declared["id"],
        title=text(declared["title"], language),
        kind=declared["kind"],
        help=text(declared["help"], language),
        element=declared["element"],
        promise=text(promise["text"], language) if promise else "",
        broken=text(promise["broken"], language) if promise else "",
        check_days=promise["check"]["working_days"] if promise else None,
        may_follow=declared["may_follow"],
        law=declared["law"],
        article=declared["article"],
        issued_by=text(declared["issued_by"], language),
        medium=declared["medium"],
        copies=declared["copies"],
    )


def element_field(id: str, language: str = "zh-Hans") -> FormField:
    """An element of the release in force as a question of its own, for a page that asks for one value. Raises NotFound."""
    number = current_release()
    return form_field(Question(element(id, number), True, "", ""), number, language)


def form_field(question: Question, release: int, language: str) -> FormField:
    """A question for people, not filled in."""
    one = question.element
    codes = code_list(one.code_list, release).codes.values() if one.code_list else ()
    return FormField(
        name=one.id,
        title=text(one.title, language),
        type=one.type,
        required=question.required,
        help=text(question.help, language) or text(one.help, language),
        choices=tuple(Choice(code.code, text(code.title, language)) for code in codes if code.is_current),
        sensitivity=str(one.sensitivity),
        check=one.check,
        check_message=text(one.check_message, language),
        types=one.types,
        largest_bytes=one.largest_bytes if one.type == "file" else 0,
    )


def bound(binding: Binding, item: Mapping[str, Any]) -> Any:
    """What an item's case puts for a binding of its diagram."""
    return binding.resolve(item["parameters"])
