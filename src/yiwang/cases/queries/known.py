"""What the city knows already of who applies: for whom he may apply, and the facts with which his form is filled.

A published item is the standing agreement for the elements that it names; each reading is logged where the subject can see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.queries.forms import Asking
from yiwang.cases.values import FrozenFact, SourceShown, SubjectChoice
from yiwang.catalog.queries import element, freeze, list_resources, shown, thaw
from yiwang.catalog.values import FieldRole
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import NotAllowed, msgid
from yiwang.kernel.texts import text
from yiwang.records import queries as records
from yiwang.records.values import FactView

__all__ = ["PURPOSE", "Known", "frozen_facts", "frozen_view", "known_for", "source_shown"]

PURPOSE = "case-handling"
MOST_SUBJECTS = 20


@dataclass(frozen=True, slots=True)
class Known:
    """For whom an actor applies, and what is known of him and of that subject.

    subject_id: None while it is not chosen among several.  agent_id: the person who applies, where that is another.
    """

    subjects: tuple[SubjectChoice, ...] = ()
    subject_id: UUID | None = None
    agent_id: UUID | None = None
    facts: Mapping[str, FactView] = field(default_factory=dict)
    about: Mapping[str, UUID] = field(default_factory=dict)

    def source(self, name: str) -> SourceShown | None:
        """Whose the fact of an element is; None for one that nobody knows."""
        fact = self.facts.get(name)
        return None if fact is None else source_shown(fact, self.about[name])


def known_for(actor: Actor, asked: Asking, subject_id: UUID | None = None) -> Known:
    """What is known for a person who applies for himself or, where the item says so, for a subject that he represents.

    subject_id: which of several; one that he does not represent is refused (NotAllowed). An actor who applies for nobody gets nothing.
    """
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        return Known()
    person = actor.capacity_id
    applicant = asked.item["applicant"]
    about: str = asked.item["about"]
    if applicant is None:
        if subject_id not in (None, person):
            raise NotAllowed(msgid("This is applied for by oneself."))
        return _read(actor, asked, [_Whom(about, person, asked.fact_elements)], Known(subject_id=person))
    subjects = _represented(actor, person, applicant)
    if subject_id is None and len(subjects) == 1:
        subject_id = subjects[0].id
    if subject_id is None:
        return Known(subjects=subjects, agent_id=person)
    if subject_id not in {one.id for one in subjects}:
        raise NotAllowed(msgid("You do not represent the one for whom you want to apply."))
    his = theirs = asked.fact_elements
    if applicant["kind"] == about:
        his = asked.fact_elements & set(applicant["own"])
        theirs = asked.fact_elements - his
    whom = [_Whom(about, subject_id, theirs), _Whom(applicant["kind"], person, his)]
    return _read(actor, asked, whom, Known(subjects=subjects, subject_id=subject_id, agent_id=person))


def _represented(actor: Actor, person: UUID, applicant: Mapping[str, Any]) -> tuple[SubjectChoice, ...]:
    """Subjects whose register names this person, by the facts that the item declares."""
    own = records.facts_for_applicant(actor, person, purpose=PURPOSE, elements=[applicant["by"]])
    mine = own.get(applicant["by"])
    if mine is None:
        return ()
    found: list[SubjectChoice] = []
    for subject in records.subjects_whose(applicant["represents"], mine.value)[:MOST_SUBJECTS]:
        facts = records.facts_for_applicant(actor, subject, purpose=PURPOSE, elements=[applicant["called"]])
        called = facts.get(applicant["called"])
        found.append(SubjectChoice(subject, called.shown if called else str(subject)))
    return tuple(sorted(found, key=lambda one: (one.title, one.id)))


@dataclass(frozen=True, slots=True)
class _Whom:
    """Whose facts a form is filled with.  elements: those that are his, of his kind of subject."""

    kind: str
    subject_id: UUID
    elements: frozenset[str]


def _read(actor: Actor, asked: Asking, whom: Sequence[_Whom], base: Known) -> Known:
    facts: dict[str, FactView] = {}
    about: dict[str, UUID] = {}
    for one in whom:
        subject = one.subject_id
        names = {
            field.element
            for resource in list_resources(asked.release).values()
            if resource.about == one.kind
            for field in resource.fields
            if field.role is FieldRole.SOURCE and field.element in one.elements
        }
        if not names:
            continue
        for name, fact in records.facts_for_applicant(actor, subject, purpose=PURPOSE, elements=names).items():
            if fact.value is not None:
                facts.setdefault(name, fact)
                about.setdefault(name, subject)
    return Known(base.subjects, base.subject_id, base.agent_id, facts, about)


def source_shown(fact: FactView, subject_id: UUID) -> SourceShown:
    """Whose a fact is and how old, as forms and cases show it."""
    return SourceShown(
        resource=fact.resource,
        resource_title=fact.resource_title,
        unit_title=fact.unit_title,
        subject_id=subject_id,
        record_id=fact.record_id,
        valid_from=fact.valid_from,
        registered_at=fact.registered_at,
        age_days=fact.age_days,
        standing=str(fact.standing),
    )


# ── Evidence ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def frozen_facts(known: Known, release: int) -> list[dict[str, Any]]:
    """The facts as a case keeps them: evidence that stays, whatever becomes of the record."""
    elements = [element(name, release) for name in known.facts]
    values = freeze({name: fact.value for name, fact in known.facts.items()}, elements)
    return [
        {
            "element": name,
            "value": values[name],
            "subject": str(known.about[name]),
            "resource": fact.resource,
            "record": str(fact.record_id),
            "unit": str(fact.unit_id) if fact.unit_id else None,
            "unit_title": fact.unit_title,
            "valid_from": fact.valid_from.isoformat(),
            "registered_at": fact.registered_at.isoformat(),
            "age_days": fact.age_days,
            "standing": str(fact.standing),
            "release": release,
            "digest": digest([name, values[name], str(fact.record_id)]).hex(),
        }
        for name, fact in known.facts.items()
    ]


def frozen_view(kept: Mapping[str, Any], language: str) -> FrozenFact:
    """One kept fact for people."""
    about = element(kept["element"], kept["release"])
    [value] = thaw({about.id: kept["value"]}, [about]).values()
    resources = list_resources(kept["release"])
    resource = resources.get(kept["resource"])
    return FrozenFact(
        element=about.id,
        title=text(about.title, language),
        value=kept["value"],
        shown=shown(value, about, language, release=kept["release"]),
        source=SourceShown(
            resource=kept["resource"],
            resource_title=text(resource.title, language) if resource else kept["resource"],
            unit_title=kept["unit_title"],
            subject_id=UUID(kept["subject"]),
            record_id=UUID(kept["record"]),
            valid_from=date.fromisoformat(kept["valid_from"]),
            registered_at=datetime.fromisoformat(kept["registered_at"]),
            age_days=kept["age_days"],
            standing=kept["standing"],
        ),
        release=kept["release"],
        digest=kept["digest"],
    )
