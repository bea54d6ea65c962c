"""What was answered, checked against the questions and against what the city knows: nothing known is overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from yiwang.acts.values import Actor
from yiwang.cases.queries.filling import asked_of
from yiwang.cases.queries.forms import Asking
from yiwang.cases.queries.known import Known, certificate_lack
from yiwang.cases.rules.checks import broken
from yiwang.cases.rules.materials import LOOKED_UP, standing_of
from yiwang.cases.values import FILE_OWNER, FactChanged, MaterialState
from yiwang.catalog.queries import element, freeze, is_absent, required_fault, shown, validate
from yiwang.catalog.values import ElementView, FileValue
from yiwang.documents.queries import given_files
from yiwang.documents.services import attach
from yiwang.kernel.errors import FieldFault, Invalid, msgid
from yiwang.kernel.texts import text
from yiwang.records.queries import shown_before

__all__ = ["attach_files", "checked_answers", "lack_of", "understood"]


def understood(
    actor: Actor,
    values: Mapping[str, object],
    elements: Sequence[ElementView],
    *,
    required: Sequence[str],
    on: date,
    release: int,
    found: Sequence[FieldFault] = (),
) -> tuple[dict[str, Any], list[FieldFault]]:
    """Typed answers and every fault, in the order of the elements; a file is one that the actor handed in, whatever is said of it.

    found: faults of answers that could not even be read; what else is wrong with these is not told.
    """
    given, missing = given_files(actor, values, elements)
    clean, wrong = validate(given, elements, required=required, today=on, release=release)
    told = [*found, *missing]
    told += [one for one in wrong if one.pointer not in {other.pointer for other in told}]
    order = {one.id: position for position, one in enumerate(elements)}
    return clean, sorted(told, key=lambda one: order.get(one.pointer.partition("/")[0], len(order)))


def attach_files(actor: Actor, case_id: UUID, clean: Mapping[str, Any]) -> None:
    """Let the case have the files among its answers: who sees the case may open them, and they stay."""
    if files := [value.id for value in clean.values() if isinstance(value, FileValue)]:
        attach(actor, files, owner=FILE_OWNER, owner_id=case_id)


def checked_answers(
    actor: Actor,
    asked: Asking,
    known: Known,
    values: Mapping[str, object],
    seen: Mapping[str, str] | None,
    on: date,
    found: Sequence[FieldFault] = (),
) -> dict[str, Any]:
    """Every answer, typed: what the city knows from its source, the rest as it was sent.

    seen: element → record with which the form was filled, None when the sender does not say. Raises FactChanged when a fact is not
    what he saw, else Invalid with every fault at once.
    """
    if known.agent_id is not None and known.subject_id is None:
        raise Invalid(faults=[_subject_fault(known)])
    changed = _changed(asked, known, values, seen)
    if changed:
        raise FactChanged(faults=changed)
    names = asked_of(asked, known.facts, known.held)
    typed = {name: value for name, value in values.items() if name not in known.facts or name not in asked.questions}
    faults = _overwritten(asked, known, values, on)
    clean, wrong = understood(
        actor,
        typed,
        [asked.questions[name].element for name in names if name not in known.facts],
        required=[name for name in names if asked.questions[name].required],
        on=on,
        release=asked.release,
        found=found,
    )
    whole = clean | {name: known.facts[name].value for name in asked.questions if name in known.facts}
    apart = broken(asked.checks, whole, asked=names, on=on, language=get_language() or "")
    order = {name: position for position, name in enumerate(names)}
    faults += sorted([*wrong, *apart], key=lambda one: order.get(one.pointer.partition("/")[0], len(order)))
    faults += _facts_that_fail(asked, known, on)
    faults += _facts_that_lack(asked, known, clean)
    if faults:
        raise Invalid(faults=faults)
    return whole


def _subject_fault(known: Known) -> FieldFault:
    if known.subjects:
        return FieldFault("subject_id", "required", msgid("Choose for whom you apply."))
    return FieldFault(
        "subject_id", "represents-nobody", msgid("No register of the city names anybody for whom you may apply.")
    )


def _changed(
    asked: Asking, known: Known, values: Mapping[str, object], seen: Mapping[str, str] | None
) -> list[FieldFault]:
    """Facts that are not what the form was filled with, with both values. What was typed while nothing was known is one of the two."""
    faults: list[FieldFault] = []
    for name, record in (seen or {}).items():
        fact = known.facts.get(name)
        if name not in asked.fact_elements or (fact is not None and str(fact.record_id) == record):
            continue
        before = _before(known, name, record)
        if fact is None:
            faults.append(
                FieldFault(
                    name,
                    "fact-gone",
                    msgid("The city no longer knows this, enter it yourself. Before: {before}."),
                    {"before": before},
                )
            )
        elif before != fact.shown:
            faults.append(_fact_fault(known, name, before))
    shown_facts = seen if seen is not None else known.facts
    for name, fact in known.facts.items():
        if name not in shown_facts and name in asked.questions and not is_absent(values.get(name)):
            typed = _as_shown(asked, name, values[name])
            if typed != fact.shown:
                faults.append(_fact_fault(known, name, typed))
    return faults


def _before(known: Known, name: str, record: str) -> str:
    try:
        id = UUID(record)
    except ValueError:
        return ""
    whose = [one for one in (known.about.get(name), known.subject_id, known.agent_id) if one is not None]
    return next((found for one in whose if (found := shown_before(one, name, id)) is not None), "")


def _fact_fault(known: Known, name: str, before: str) -> FieldFault:
    fact = known.facts[name]
    return FieldFault(
        name,
        "fact-changed",
        msgid("{title}: you saw or entered “{before}”; {unit} now says “{after}”."),
        {"title": fact.title, "before": before, "after": fact.shown, "unit": fact.unit_title or fact.resource_title},
    )


def _as_shown(asked: Asking, name: str, value: object) -> str:
    one = asked.questions[name].element
    clean, _faults = validate({name: value}, [one], today=date.max, release=asked.release)
    return shown(clean[name], one, release=asked.release) if name in clean else str(value)[:100]


def _overwritten(asked: Asking, known: Known, values: Mapping[str, object], on: date) -> list[FieldFault]:
    faults: list[FieldFault] = []
    for name, fact in known.facts.items():
        if name not in asked.questions or is_absent(values.get(name)):
            continue
        one = asked.questions[name].element
        clean, wrong = validate({name: values[name]}, [one], today=on, release=asked.release)
        if wrong or freeze(clean, [one]) != freeze({name: fact.value}, [one]):
            faults.append(
                FieldFault(
                    name,
                    "known-fact",
                    msgid("{title} is kept by {unit} and cannot be changed here. If it is wrong, dispute it there."),
                    {"title": fact.title, "unit": fact.unit_title or fact.resource_title},
                )
            )
    return faults


def _facts_that_fail(asked: Asking, known: Known, on: date) -> list[FieldFault]:
    """Facts that do not meet the condition of their element, such as a date that has passed."""
    faults: list[FieldFault] = []
    for name in asked.fact_elements & known.facts.keys():
        one = element(name, asked.release)
        if one.check:
            _clean, wrong = validate(freeze({name: known.facts[name].value}, [one]), [one], today=on)
            faults += [fault for fault in wrong if fault.code == "check"]
    return sorted(faults, key=lambda fault: fault.pointer)


def _facts_that_lack(asked: Asking, known: Known, clean: Mapping[str, Any]) -> list[FieldFault]:
    """Materials that the city should have and has not: the file instead is asked for, or nothing can be done here."""
    faults: list[FieldFault] = []
    for one in asked.materials:
        state = standing_of(one, known.facts, known.held, clean)
        if one["kind"] not in LOOKED_UP or one["may_follow"] or state != MaterialState.MISSING:
            continue
        faults.append(
            required_fault(asked.questions[one["element"]].element) if one["element"] else lack_of(one, known)
        )
    return faults


def lack_of(declared: Mapping[str, Any], known: Known) -> FieldFault:
    """That the city does not have a material which nobody else can give, and what to do."""
    at, title = f"materials/{declared['id']}", text(declared["title"])
    if declared["kind"] == "certificate":
        return FieldFault(
            at, "certificate-missing", *certificate_lack(title, known.certificates.get(declared["certificate"]))
        )
    return FieldFault(
        at,
        "fact-missing",
        msgid("{title}: no register of the city has it. Have it registered first."),
        {"title": title},
    )
