"""Mandates 委托: under which somebody acts now, and those that he gave or received."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from yiwang.acts.queries import fetch
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity import models
from yiwang.identity.registry import matters_for, principals
from yiwang.identity.values.mandates import Mandate, Mandates, MandateState, MandateView, Matter, Principal
from yiwang.kernel.errors import NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.remembering import remembered
from yiwang.kernel.texts import text
from yiwang.kernel.time import today
from yiwang.subjects.queries import system_kinds_of

__all__ = [
    "acts_for",
    "holds_mandate",
    "mandate",
    "mandate_of",
    "mandates",
    "mandates_in_force",
    "mandates_to_answer",
    "possible_principals",
    "principal_of",
    "speaks_for",
    "titles_of_principals",
    "who_is_told",
]

MOST = 200

_IN_FORCE = """
    SELECT m.id, m.subject_id, g.subject_id, m.items
      FROM identity_mandate m JOIN identity_account a ON a.id = m.agent_id AND a.is_active
      JOIN identity_account g ON g.id = m.given_by_id
     WHERE m.id = %(id)s::uuid AND m.agent_id = %(agent)s::uuid AND m.accepted_at IS NOT NULL AND m.ended_at IS NULL
       AND m.valid_from <= %(on)s::date AND m.valid_to > %(on)s::date"""


def mandate_of(actor: Actor) -> Mandate | None:
    """The mandate under which the actor acts, as it stands today; None for other capacities and when it has ended. One query a request."""
    if actor.capacity is not CapacityKind.AGENT or actor.mandate_id is None:
        return None
    return in_force(actor.mandate_id, actor.account_id)


def in_force(mandate_id: UUID, account_id: UUID | None, on: date | None = None) -> Mandate | None:
    """A mandate of this agent, if it gives him anything on the civil date `on` (default today). One query in a request."""
    day = on or today()
    return remembered(("mandate", mandate_id, account_id, day), lambda: _in_force(mandate_id, account_id, day))


def _in_force(mandate_id: UUID, account_id: UUID | None, day: date) -> Mandate | None:
    for id, subject_id, giver_id, items in fetch(_IN_FORCE, {"id": mandate_id, "agent": account_id, "on": day}):
        return Mandate(id, subject_id, giver_id, None if items is None else frozenset(items))
    return None


def holds_mandate(actor: Actor) -> bool:
    """The same for who is about to act, held against those who would end it until his act is done: one of the two comes first."""
    given = {"id": actor.mandate_id, "agent": actor.account_id, "on": today()}
    return bool(fetch(f"{_IN_FORCE} FOR SHARE OF m", given))


def who_is_told(mandate_id: UUID) -> UUID | None:
    """The person who hears of what was sent under a mandate: its agent while it stands, then who gave it. Two queries at most."""
    whose = models.mandates.Mandate.objects.filter(id=mandate_id)
    agent = whose.filter(_stands(today())).values_list("agent__subject_id", flat=True).first()
    return agent or whose.values_list("given_by__subject_id", flat=True).first()


def _stands(day: date) -> Q:
    """Mandates that give their agents anything on a civil date; the statement above says the same for one of them."""
    return Q(
        agent__is_active=True, accepted_at__isnull=False, ended_at__isnull=True, valid_from__lte=day, valid_to__gt=day
    )


def mandates_in_force(account_id: UUID, on: date | None = None) -> list[Mandate]:
    """Those under which an account may act on the civil date `on` (default today), the newest first. One query."""
    rows = models.mandates.Mandate.objects.filter(_stands(on or today()), agent_id=account_id)
    return [
        Mandate(one.id, one.subject_id, one.given_by.subject_id, None if one.items is None else frozenset(one.items))
        for one in rows.select_related("given_by").order_by("-offered_at", "id")[:MOST]
    ]


def mandates_to_answer(actor: Actor) -> int:
    """How many wait for the actor to accept or decline them. One query; none for who does not act as himself."""
    if actor.capacity is not CapacityKind.SELF or actor.account_id is None:
        return 0
    offered = models.mandates.Mandate.objects.filter(agent_id=actor.account_id, accepted_at=None, ended_at=None)
    return offered.filter(valid_to__gt=today()).count()


def acts_for(account_ids: Collection[UUID], subject_id: UUID) -> bool:
    """Whether one of these holds a mandate of the subject today, in whatever items: he stands too near to decide about it. One query."""
    stands = models.mandates.Mandate.objects.filter(_stands(today()), subject_id=subject_id)
    return stands.filter(agent_id__in=list(account_ids)).exists()


def speaks_for(actor: Actor, subject_id: UUID) -> bool:
    """Whether the actor, as himself, is the subject, or represents it by the word of its register. No query for himself."""
    if actor.capacity is not CapacityKind.SELF or actor.subject_id is None:
        return False
    return subject_id == actor.subject_id or principals().represents(actor.subject_id, subject_id)


def possible_principals(actor: Actor) -> tuple[Principal, ...]:
    """For whom the actor may give a mandate: himself first, then whom he represents. Raises NotSignedIn, NotAllowed."""
    person = _person(actor)
    ids = [person, *principals().represented(person)]
    kinds, titles = system_kinds_of(ids), principals().called(ids)
    return tuple(
        Principal(one, titles.get(one, ""), one == person, _matters(kinds[one])) for one in ids if one in kinds
    )


def titles_of_principals(subject_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What those are called for whom somebody acts. For the agent and for who speaks for them: both know already."""
    return principals().called(subject_ids) if subject_ids else {}


def principal_of(actor: Actor) -> str:
    """What the one is called for whom an agent acts; empty for every other capacity, and where no register calls it anything."""
    if actor.capacity is not CapacityKind.AGENT or actor.capacity_id is None:
        return ""
    return titles_of_principals([actor.capacity_id]).get(actor.capacity_id, "")


def mandates(actor: Actor) -> Mandates:
    """What the actor has given for himself and for those he represents, and what he received. Raises NotSignedIn, NotAllowed."""
    person = _person(actor)
    spoken_for = {person, *principals().represented(person)}
    given = list(_rows().filter(subject_id__in=spoken_for)[:MOST])
    received = list(_rows().filter(agent_id=actor.account_id)[:MOST])
    names = _names([*given, *received])
    return Mandates(
        tuple(_view(one, names, received=False) for one in given),
        tuple(_view(one, names, received=True) for one in received),
    )


def mandate(actor: Actor, mandate_id: UUID) -> MandateView:
    """One mandate, for its agent and for who speaks for the principal today. Raises NotSignedIn, NotAllowed, NotFound."""
    _person(actor)
    one = _rows().filter(id=mandate_id).first()
    if one is None or not (one.agent_id == actor.account_id or speaks_for(actor, one.subject_id)):
        raise NotFound(msgid("There is no such mandate."))
    return _view(one, _names([one]), received=one.agent_id == actor.account_id)


def _person(actor: Actor) -> UUID:
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    if actor.capacity is not CapacityKind.SELF or actor.subject_id is None:
        raise NotAllowed(
            msgid("Mandates are given and taken as oneself. Choose “Act as somebody else”, then yourself.")
        )
    return actor.subject_id


def _rows() -> QuerySet[models.mandates.Mandate]:
    return models.mandates.Mandate.objects.select_related("agent", "given_by").order_by("-offered_at", "-id")


def _names(rows: Iterable[models.mandates.Mandate]) -> Mapping[UUID, str]:
    whom = [(one.subject_id, one.agent.subject_id, one.given_by.subject_id) for one in rows]
    return titles_of_principals({id for ids in whom for id in ids if id is not None})


def _matters(kind: str) -> tuple[Matter, ...]:
    language = get_language() or "zh-hans"
    found = [Matter(id, text(title, language)) for id, title in matters_for(kind).items()]
    return tuple(sorted(found, key=lambda one: (one.title, one.id)))


def _view(one: models.mandates.Mandate, names: Mapping[UUID, str], *, received: bool) -> MandateView:
    return MandateView(
        id=one.id,
        subject_id=one.subject_id,
        principal=names.get(one.subject_id, ""),
        agent=_called(one.agent, names),
        given_by=_called(one.given_by, names),
        matters=None if one.items is None else _titled(one),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        document=one.document,
        offered_at=one.offered_at,
        accepted_at=one.accepted_at,
        ended_at=one.ended_at,
        reason=one.reason,
        state=state_on(one, today()),
        received=received,
    )


def _called(account: Any, names: Mapping[UUID, str]) -> str:
    return names.get(account.subject_id, "") or str(account.login)


def _titled(one: models.mandates.Mandate) -> tuple[Matter, ...]:
    known = {matter.id: matter for kind in system_kinds_of([one.subject_id]).values() for matter in _matters(kind)}
    return tuple(known.get(id) or Matter(id, id) for id in one.items or ())


def state_on(one: models.mandates.Mandate, day: date) -> MandateState:
    """How a mandate stands on a civil date."""
    if one.end:
        return MandateState(one.end)
    if day >= one.valid_to:
        return MandateState.OVER
    if one.accepted_at is None:
        return MandateState.OFFERED
    return MandateState.IN_FORCE if day >= one.valid_from else MandateState.AHEAD


def standing(subject_id: UUID, agent_id: UUID, valid_from: date, valid_to: date) -> Q:
    """Mandates of the same two that stand on some of these days."""
    return Q(subject_id=subject_id, agent_id=agent_id, ended_at=None, valid_from__lt=valid_to, valid_to__gt=valid_from)
