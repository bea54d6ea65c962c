"""A form for one person to fill: with what the city knows already, whose it is and how old."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.queries.bundles import bundle, form_of
from yiwang.cases.queries.forms import NOBODY_APPLIES, Asking, Question, asking, form_field, material_line
from yiwang.cases.queries.known import Known, certificate_lack, certificate_shown, known_for, open_to_agents
from yiwang.cases.rules.checks import FormCheck, broken
from yiwang.cases.rules.materials import LOOKED_UP, standing_of
from yiwang.cases.values import (
    FormField,
    FormSection,
    FormView,
    JointCheck,
    MaterialLine,
    MaterialState,
    Prepared,
    SourceShown,
)
from yiwang.catalog.queries import freeze
from yiwang.kernel.errors import FieldFault, NotFound, NotSignedIn, format_message
from yiwang.kernel.expressions import variable
from yiwang.kernel.texts import text

__all__ = ["apart", "asked_of", "bundle_form_for", "form_for", "prepared_for", "questions_of"]


def form_for(actor: Actor, item_id: str, language: str = "zh-Hans", *, subject_id: UUID | None = None) -> FormView:
    """The item's form for this actor to fill, filled with the facts of himself and of whom he represents. The reading is logged.

    subject_id: for whom, where the item is for another and he represents several.
    Raises NotFound; NotSignedIn for a visitor, who has nobody to send it for; NotAllowed for a subject that he does not represent.
    """
    asked = asking(item_id)
    if asked.begun_by_event:
        raise NotFound(NOBODY_APPLIES)
    return _form(actor, asked, language, subject_id)


def bundle_form_for(
    actor: Actor, bundle_id: str, language: str = "zh-Hans", *, subject_id: UUID | None = None
) -> FormView:
    """The one form of a bundle for this actor to fill, as `form_for` gives that of an item. `item_id` is then the bundle's."""
    whole = bundle(bundle_id)
    return replace(_form(actor, whole.asked, language, subject_id), asked_apart=whole.asked_apart, by_agents=False)


def questions_of(id: str, language: str = "zh-Hans") -> FormView:
    """The questions of the form of an item or a bundle, as they are asked when the city does not know the answers; for everybody.

    Nothing is read of anybody. Raises NotFound.
    """
    asked = form_of(id)
    fields = tuple(
        replace(form_field(one, asked.release, language), required=one.required or _stands_in(asked, one))
        for one in asked.questions.values()
    )
    title = text(asked.form["title"], language)
    return FormView(asked.form["id"], id, title, (FormSection("", fields),), asked.digest, asked.release)


def apart(id: str, values: Mapping[str, Any], names: Collection[str], on: date) -> list[FieldFault]:
    """What does not go together in some answers of a form, told at one of the elements `names`; what is not answered yet breaks nothing.

    values: element → typed value.  In the language that is active. Nothing is read of anybody. Raises NotFound.
    """
    return broken(form_of(id).checks, values, asked=names, on=on, language=get_language() or "")


def _stands_in(asked: Asking, question: Question) -> bool:
    """Whether it is asked instead of what the city should know, and cannot be left out."""
    owner = next((one for one in asked.materials if one["id"] == question.material), None)
    return owner is not None and owner["kind"] in LOOKED_UP and not owner["may_follow"]


def _form(actor: Actor, asked: Asking, language: str, subject_id: UUID | None) -> FormView:
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn("Sign in to fill in this form.")
    known = known_for(actor, asked, subject_id)
    with override(language.lower()):
        names = asked_of(asked, known.facts, known.held)
        fields = {name: _field(asked, known, name, language) for name in names}
        sections = [
            FormSection(
                text(section["title"], language), tuple(fields[field["element"]] for field in section["fields"])
            )
            for section in asked.form["sections"]
        ]
        if shown := tuple(fields[name] for name in names if asked.questions[name].material):
            sections.append(FormSection(_("What you have to show"), shown))
    return FormView(
        asked.form["id"],
        asked.item["id"],
        text(asked.form["title"], language),
        tuple(sections),
        asked.digest,
        asked.release,
        known.subjects,
        known.subject_id,
        tuple(_material(asked, known, one, language) for one in asked.materials),
        nobody=text(asked.item["applicant"]["nobody"], language) if asked.item["applicant"] is not None else "",
        by_agents=open_to_agents(asked.item),
        checks=tuple(_check(one, names, language) for one in asked.checks if one.stands_at(names)),
    )


def _check(one: FormCheck, asked: Collection[str], language: str) -> JointCheck:
    with override(language.lower()):
        message, params = one.told(language)
        said = format_message(_(message), params)
    return JointCheck(one.check, said, one.stands_at(asked), {variable(name): name for name in one.names})


def prepared_for(actor: Actor, item_id: str, language: str = "zh-Hans") -> Prepared:
    """What who reads the item's guide would have to bring himself. Raises NotFound.

    For a person who applies for himself, or for the one subject that he represents, what the city knows is marked; the reading is logged
    as it is for the form. For everybody else nothing is marked, and nothing is read.
    """
    asked = asking(item_id)
    mine = actor.capacity is CapacityKind.SELF and not asked.begun_by_event
    known = known_for(actor, asked) if mine else Known()
    names = [name for name in asked_of(asked, known.facts, known.held) if not asked.questions[name].material]
    return Prepared(
        materials=tuple(_material(asked, known, one, language) for one in asked.materials)
        if mine
        else tuple(material_line(one, language) for one in asked.materials),
        questions=tuple(
            (text(asked.questions[name].element.title, language), _supplier(known, name)) for name in names
        ),
        is_known=bool(known.facts),
    )


def _supplier(known: Known, name: str) -> str:
    """Who keeps what the city knows of an element, by title; empty when it knows nothing of it."""
    source = known.source(name)
    return source.unit_title or source.resource_title if source is not None else ""


def asked_of(asked: Asking, known: Collection[str], held: Collection[str]) -> list[str]:
    """The questions of the form for whom these elements are known, in order: no file instead of a fact that the city knows."""
    instead = {
        one["element"]
        for one in asked.materials
        if one["kind"] in LOOKED_UP and standing_of(one, known, held, {}) is MaterialState.KNOWN
    }
    return [name for name in asked.questions if name not in instead]


def _field(asked: Asking, known: Known, name: str, language: str) -> FormField:
    question = asked.questions[name]
    field = form_field(question, asked.release, language)
    fact = known.facts.get(name)
    if fact is None:
        return replace(field, required=field.required or _stands_in(asked, question))
    if known.covers and fact.covered:
        return replace(field, shown=fact.covered, source=known.source(name))
    value = freeze({name: fact.value}, [question.element])[name]
    return replace(field, value=value, shown=fact.shown, source=known.source(name))


def _material(asked: Asking, known: Known, declared: Mapping[str, Any], language: str) -> MaterialLine:
    state = standing_of(declared, known.facts, known.held, {})
    if declared["kind"] == "certificate":
        return _certificate(asked, known, declared, state, language)
    sources: list[SourceShown] = []
    shown: list[str] = []
    if state is MaterialState.KNOWN:
        for name in declared["elements"]:
            source = known.source(name)
            if source is not None and source.record_id not in {one.record_id for one in sources}:
                sources.append(source)
            fact = known.facts[name]
            shown.append(f"{fact.title} {fact.covered if known.covers and fact.covered else fact.shown}")
    return replace(material_line(declared, language), state=state, shown=_("; ").join(shown), sources=tuple(sources))


def _certificate(
    asked: Asking, known: Known, declared: Mapping[str, Any], state: MaterialState, language: str
) -> MaterialLine:
    line, held = (
        replace(material_line(declared, language), state=state),
        known.certificates.get(declared["certificate"]),
    )
    if held is not None and state is MaterialState.KNOWN:
        return replace(line, certificate=certificate_shown(held, asked.release, language))
    message, params = certificate_lack(line.title, held)
    return replace(line, lack=_(message).format_map(params))
