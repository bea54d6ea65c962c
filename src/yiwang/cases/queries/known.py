"""What the city knows already of who applies: for whom he may apply, and the facts with which his form is filled.

A published item is the standing agreement for the elements that it names; each reading is logged where the subject can see it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language

from yiwang.acts.queries import definition, find_definition, list_definitions
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Reception
from yiwang.cases.queries.forms import Asking
from yiwang.cases.queries.visibility import ENTER
from yiwang.cases.values import CertificateShown, FrozenFact, SourceShown, SubjectChoice
from yiwang.catalog.queries import element, freeze, list_resources, shown, thaw
from yiwang.catalog.values import FieldRole
from yiwang.documents.queries import certificates_for_applicant
from yiwang.documents.values import CertificateLine, CertificateStatus
from yiwang.identity.queries import mandate_of, require
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import NotAllowed, msgid
from yiwang.kernel.texts import civil_day, text
from yiwang.kernel.time import today
from yiwang.records import queries as records
from yiwang.records.values import FactView
from yiwang.subjects.queries import system_kinds_of

__all__ = [
    "NOBODY_SERVED",
    "covered",
    "PURPOSE",
    "Known",
    "certificate_lack",
    "certificate_shown",
    "frozen_certificate",
    "frozen_certificates",
    "frozen_facts",
    "frozen_view",
    "held_by",
    "known_for",
    "matters_of",
    "receptions_of",
    "source_shown",
    "valid_types",
]

NOBODY_SERVED = msgid(
    "Write down first who is at the window, by which document he showed it, and that he agreed. Before that nothing is read of him."
)
PURPOSE = "case-handling"
MOST_SUBJECTS = 20


@dataclass(frozen=True, slots=True)
class Known:
    """For whom an actor applies, and what is known of him and of that subject.

    subject_id: None while it is not chosen among several.  agent_id: the person who applies, where that is another.
    certificates: type → what is held of those that the item wants, valid or not.  covers: who reads is an agent, to whom sensitive facts
    are shown covered; they are used all the same.
    """

    subjects: tuple[SubjectChoice, ...] = ()
    subject_id: UUID | None = None
    agent_id: UUID | None = None
    facts: Mapping[str, FactView] = field(default_factory=dict)
    about: Mapping[str, UUID] = field(default_factory=dict)
    certificates: Mapping[str, CertificateLine] = field(default_factory=dict)
    covers: bool = False

    def source(self, name: str) -> SourceShown | None:
        """Whose the fact of an element is; None for one that nobody knows."""
        fact = self.facts.get(name)
        return None if fact is None else source_shown(fact, self.about[name])

    @property
    def held(self) -> frozenset[str]:
        """The types of certificates of which a valid one is held."""
        return valid_types(self.certificates)


def known_for(actor: Actor, asked: Asking, subject_id: UUID | None = None) -> Known:
    """What is known for a person who applies for himself or, where the item says so, for a subject that he represents.

    subject_id: which of several; one that he does not represent is refused (NotAllowed). A post applies for whom it serves at its window
    today, by a reception for this item: for that person, or a subject that he represents. Without a reception it is refused: before
    somebody has agreed nothing is read of him. An agent applies for the principal of his mandate, in the items that it covers. An actor who
    applies for nobody gets nothing.
    """
    if actor.capacity is CapacityKind.POST and subject_id is not None:
        return _at_window(actor, asked, subject_id)
    if actor.capacity is CapacityKind.AGENT:
        return _under_mandate(actor, asked, subject_id)
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        return Known()
    return _known_of(actor, asked, actor.capacity_id, subject_id)


def _at_window(actor: Actor, asked: Asking, subject_id: UUID) -> Known:
    require(actor, ENTER)
    served = list(receptions_of(actor, asked.item["id"]).values_list("subject_id", flat=True))
    if subject_id in served:
        return _known_of(actor, asked, subject_id, None)
    for person in dict.fromkeys(served) if asked.item["applicant"] is not None else ():
        if subject_id in {one.id for one in _represented(actor, asked, person)}:
            return _known_of(actor, asked, person, subject_id)
    raise NotAllowed(NOBODY_SERVED)


def _under_mandate(actor: Actor, asked: Asking, subject_id: UUID | None) -> Known:
    """What is known of the principal, and of the representative who gave the mandate: what has to be true of him is not asked anew."""
    mandate, person = mandate_of(actor), actor.subject_id
    if mandate is None or person is None:
        raise NotAllowed(msgid("The mandate under which you were acting has ended."))
    if not covered(actor, asked.item["id"]):
        raise NotAllowed(msgid("The mandate under which you act does not cover this."))
    if subject_id not in (None, mandate.subject_id):
        raise NotAllowed(msgid("You do not represent the one for whom you want to apply."))
    whom = [_Whom(asked.item["about"], mandate.subject_id, asked.fact_elements)]
    giver = mandate.giver_id
    if asked.item["applicant"] is not None and giver is not None and records.represents(giver, mandate.subject_id):
        whom.append(_Whom(asked.item["applicant"]["kind"], giver, asked.fact_elements))
    return replace(_read(actor, asked, whom, Known(subject_id=mandate.subject_id, agent_id=person)), covers=True)


def covered(actor: Actor, id: str) -> bool:
    """Whether the mandate under which an agent acts lets him apply for an item: never for a bundle. Two queries at most."""
    mandate, item = mandate_of(actor), find_definition("item", id)
    if mandate is None or item is None or not mandate.covers(id) or not open_to_agents(item):
        return False
    return bool(system_kinds_of([mandate.subject_id]).get(mandate.subject_id) == item["about"])


def open_to_agents(item: Mapping[str, Any]) -> bool:
    """Whether somebody can be given a mandate for an item: a single one, applied for by its subject or by who represents an organisation.

    Not what a person applies for because of a tie of his own, such as a parent for a child.
    """
    applicant = item["applicant"]
    return item["starts_on"] is None and (applicant is None or applicant["kind"] != item["about"])


def matters_of(kind: str) -> dict[str, Any]:
    """What an agent can be asked to do for a subject of this kind: item → its title (`identity.registry.set_matters`)."""
    items = list_definitions("item")
    return {id: item["title"] for id, item in items.items() if item["about"] == kind and open_to_agents(item)}


def receptions_of(actor: Actor, item_id: str) -> QuerySet[Reception]:
    """Whom the actor serves in his post today for an item or a bundle and for whom nothing was sent yet, the latest first."""
    mine = Reception.objects.filter(account=actor.account_id, post=actor.capacity_id)
    return mine.filter(item=item_id, case__isnull=True, application__isnull=True, until__gte=today()).order_by("-id")


def _known_of(actor: Actor, asked: Asking, person: UUID, subject_id: UUID | None) -> Known:
    applicant = asked.item["applicant"]
    about: str = asked.item["about"]
    if applicant is None:
        if subject_id not in (None, person):
            raise NotAllowed(msgid("This is applied for by oneself."))
        return _read(actor, asked, [_Whom(about, person, asked.fact_elements)], Known(subject_id=person))
    subjects = _represented(actor, asked, person)
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


def _facts(actor: Actor, asked: Asking, subject: UUID, elements: Collection[str]) -> dict[str, FactView]:
    return records.facts_for_applicant(actor, subject, purpose=PURPOSE, elements=elements, item=asked.item["id"])


def _represented(actor: Actor, asked: Asking, person: UUID) -> tuple[SubjectChoice, ...]:
    """Subjects of the item's kind whose source names this person as who represents them, by the name that their register gives them."""
    called = asked.item["applicant"]["called"]
    found: list[SubjectChoice] = []
    for subject in records.subjects_represented(person, asked.item["about"])[:MOST_SUBJECTS]:
        facts = _facts(actor, asked, subject, [called])
        found.append(SubjectChoice(subject, facts[called].shown if called in facts else str(subject)))
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
        for name, fact in _facts(actor, asked, subject, names).items():
            if fact.value is not None:
                facts.setdefault(name, fact)
                about.setdefault(name, subject)
    held = held_by(asked, base.subject_id, base.agent_id) if base.subject_id is not None else {}
    return Known(base.subjects, base.subject_id, base.agent_id, facts, about, held)


def held_by(asked: Asking, subject_id: UUID, agent_id: UUID | None) -> dict[str, CertificateLine]:
    """Type → what its holder, for whom or by whom is applied, has today of the certificates that the item wants, valid or not."""
    whom = {asked.item["about"]: subject_id}
    if asked.item["applicant"] and agent_id is not None:
        whom.setdefault(asked.item["applicant"]["kind"], agent_id)
    by_holder: dict[UUID, set[str]] = {}
    for one in asked.materials:
        if one["kind"] == "certificate":
            holder = definition("certificate", one["certificate"], asked.release)["holder"]["kind"]
            if holder in whom:
                by_holder.setdefault(whom[holder], set()).add(one["certificate"])
    found: dict[str, CertificateLine] = {}
    for holder_id, types in by_holder.items():
        found |= certificates_for_applicant(holder_id, types)
    return found


def valid_types(certificates: Mapping[str, CertificateLine]) -> frozenset[str]:
    """Those of which the one that is held is valid."""
    return frozenset(type for type, one in certificates.items() if one.status is CertificateStatus.VALID)


def certificate_lack(title: str, held: CertificateLine | None) -> tuple[str, dict[str, str]]:
    """Why no certificate meets a material, and what to do: a msgid and what fills it in."""
    params = {"title": title}
    if held is None or held.status is CertificateStatus.REPLACED:
        return msgid("{title}: the city has issued none that is valid. Apply for it first."), params
    params |= {"number": held.number, "unit": held.unit_title}
    if held.status is CertificateStatus.SUSPENDED:
        return msgid("{title}: {number} is suspended. Settle that with {unit} first."), params
    if held.status is CertificateStatus.REVOKED:
        return msgid("{title}: {number} was revoked. Apply for a new one at {unit}."), params
    params["day"] = civil_day(held.valid_until, get_language()) if held.valid_until else ""
    return msgid("{title}: {number} ran out on {day}. Apply for a new one at {unit}."), params


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


def frozen_certificates(
    certificates: Mapping[str, CertificateLine], asked: Asking, at: datetime
) -> list[dict[str, Any]]:
    """The certificates that meet materials as a case keeps them: evidence that stays, whatever becomes of them."""
    return [
        {
            "material": one["id"],
            "type": held.type,
            "certificate": str(held.id),
            "identifier": held.identifier,
            "number": held.number,
            "version": held.version,
            "holder": held.holder_name,
            "unit_title": held.unit_title,
            "valid_from": held.valid_from.isoformat(),
            "valid_until": held.valid_until.isoformat() if held.valid_until else None,
            "status": str(held.status),
            "digest": held.digest,
            "release": asked.release,
            "checked_at": at.isoformat(),
        }
        for one in asked.materials
        if one["kind"] == "certificate" and one["certificate"] in valid_types(certificates)
        for held in [certificates[one["certificate"]]]
    ]


def frozen_certificate(kept: Mapping[str, Any], language: str) -> CertificateShown:
    """One kept certificate for people."""
    return CertificateShown(
        certificate_id=UUID(kept["certificate"]),
        identifier=kept["identifier"],
        title=text(definition("certificate", kept["type"], kept["release"])["title"], language),
        number=kept["number"],
        version=kept["version"],
        holder_name=kept["holder"],
        unit_title=kept["unit_title"],
        valid_from=date.fromisoformat(kept["valid_from"]),
        valid_until=date.fromisoformat(kept["valid_until"]) if kept["valid_until"] else None,
        status=kept["status"],
        digest=kept["digest"],
        checked_at=datetime.fromisoformat(kept["checked_at"]),
    )


def certificate_shown(held: CertificateLine, release: int, language: str) -> CertificateShown:
    """A certificate that is held, as a form shows it."""
    return CertificateShown(
        certificate_id=held.id,
        identifier=held.identifier,
        title=text(definition("certificate", held.type, release)["title"], language),
        number=held.number,
        version=held.version,
        holder_name=held.holder_name,
        unit_title=held.unit_title,
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        status=str(held.status),
        digest=held.digest,
    )


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
