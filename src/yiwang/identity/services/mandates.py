"""Mandates 委托: somebody lets another act for him, or for the enterprise that he represents.

Source: Civil Code art. 165 (in writing: agent, matters, powers, term), 169 (an agent gives nothing on), 173 (both sides may end it).
What is given is always the same power: to apply, to answer and to withdraw in the items that are named, as the principal could.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F
from django.utils.crypto import salted_hmac

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import MANDATE_ACCEPTED, MANDATE_ENDED, MANDATE_OFFERED
from yiwang.identity.models import Account, SignInAttempt
from yiwang.identity.models.mandates import Mandate
from yiwang.identity.queries.mandates import speaks_for, standing, state_on
from yiwang.identity.queries.permission import require_proof
from yiwang.identity.registry import matters_for, principals
from yiwang.identity.rules.careers import document_faults
from yiwang.identity.rules.mandates import matter_faults, term_faults
from yiwang.identity.services.persons import person_named
from yiwang.identity.services.sign_in import Attempt
from yiwang.identity.values.mandates import MandateState
from yiwang.kernel.errors import Conflict, Fault, FieldFault, Invalid, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import today
from yiwang.subjects.queries import system_kinds_of

__all__ = [
    "AgentUnknown",
    "MandateEnded",
    "MandateStands",
    "NewMandate",
    "accept_mandate",
    "decline_mandate",
    "end_mandate",
    "find_agent",
    "give_mandate",
]

SELF_ONLY = frozenset({CapacityKind.SELF})
LONGEST_REASON = 200


class AgentUnknown(Fault):
    """Number and name belong to nobody who can take a mandate here. Which is wrong is not said, nor whether an account exists."""

    code = "agent-unknown"
    status = 422
    title = msgid("Nobody by this name and number can take a mandate here")
    next_step = msgid("Check both as they stand on the ID card. Whoever has no account here signs up first.")


class MandateStands(Conflict):
    """The same person has a mandate of the same principal already, for some of these days."""

    code = "mandate-stands"
    title = msgid("This person has a mandate for these days already")
    next_step = msgid("End that one first, or choose days after it.")


class MandateEnded(Conflict):
    """It was answered, it ended, or its days are over."""

    code = "mandate-ended"
    title = msgid("This can no longer be done with this mandate")
    next_step = msgid("Look at how it stands; if it is still needed, a new one can be given.")


@dataclass(frozen=True, slots=True)
class NewMandate:
    """What is to be given. items: ids, None for every item.  valid_to: the first civil date without it.  document: number of a paper."""

    subject_id: UUID
    items: Collection[str] | None
    valid_from: date
    valid_to: date
    document: str = ""


def find_agent(actor: Actor, number: str, name: str, *, address: str) -> UUID:
    """The account of who is to act, by citizen ID number and name.

    Whoever guesses is counted and locked like one who guesses passwords, so that nobody learns here who has an account, or whose number is
    whose. A right answer is not counted, and takes no wrong one away. Raises NotSignedIn, AgentUnknown (422), SignInLocked (429). Must not
    be called within a transaction.
    """
    own = Account.objects.filter(id=actor.account_id).first() if actor.account_id else None
    if own is None:
        raise NotSignedIn
    key = salted_hmac("yiwang.identity.find-agent", str(own.id), algorithm="sha256").digest()
    attempt = Attempt.begin(key, own, address, actor.correlation_id)
    if attempt.locked_until is None and (found := _named(number, name)) is not None:
        SignInAttempt.objects.filter(key=key).update(failures=F("failures") - 1)
        return found
    attempt.refuse("mandate.find-agent")
    raise AgentUnknown


def _named(number: str, name: str) -> UUID | None:
    subject_id = person_named(number, name)
    if subject_id is None:
        return None
    return Account.objects.filter(subject_id=subject_id, is_active=True).values_list("id", flat=True).first()


@service("mandate.give", open_to=SELF_ONLY)
def give_mandate(actor: Actor, agent_id: UUID, given: NewMandate) -> UUID:
    """Offer a mandate to somebody, and return it: it counts once he has accepted. Only soon after a proof of who gives it.

    agent_id: of `find_agent`.  Raises NotAllowed for a principal for whom the actor does not speak, ProofDue (403), Invalid (422) with
    everything wrong, MandateStands (409).
    """
    act = current_act()
    act.about("subject", given.subject_id)
    act.require(
        speaks_for(actor, given.subject_id), msgid("You cannot give a mandate for this one: you do not represent it.")
    )
    require_proof(actor)
    agent = Account.objects.select_for_update(no_key=True).filter(id=agent_id, is_active=True).first()
    if agent is None or agent.subject_id is None or actor.account_id is None:
        raise AgentUnknown
    if faults := _faults(actor, agent, given):
        raise Invalid(faults=faults)
    if Mandate.objects.filter(standing(given.subject_id, agent.id, given.valid_from, given.valid_to)).exists():
        raise MandateStands
    one = Mandate.objects.create(
        subject_id=given.subject_id,
        agent=agent,
        given_by_id=actor.account_id,
        items=None if given.items is None else sorted(set(given.items)),
        valid_from=given.valid_from,
        valid_to=given.valid_to,
        document=given.document.strip(),
        offered_at=act.time,
        origin=actor.origin,
    )
    act.about("mandate", one.id)
    act.note(agent=agent.id, items=one.items, valid_from=one.valid_from, valid_to=one.valid_to)
    days = {"valid_from": one.valid_from.isoformat(), "valid_to": one.valid_to.isoformat()}
    _tell(MANDATE_OFFERED, one, items=one.items, **days)
    return one.id


def _faults(actor: Actor, agent: Account, given: NewMandate) -> list[FieldFault]:
    faults = term_faults(given.valid_from, given.valid_to, today())
    kind = system_kinds_of([given.subject_id])[given.subject_id]
    faults += matter_faults(given.items, matters_for(kind))
    faults += document_faults("document", given.document, needed=False)
    if agent.id == actor.account_id or agent.subject_id == given.subject_id:
        faults.append(FieldFault("agent", "oneself", msgid("Nobody needs a mandate of himself. Name somebody else.")))
    elif agent.subject_id is not None and principals().represents(agent.subject_id, given.subject_id):
        message = msgid("This person represents the enterprise anyway, by its register, and needs no mandate.")
        faults.append(FieldFault("agent", "represents", message))
    return faults


@service("mandate.accept", open_to=SELF_ONLY)
def accept_mandate(actor: Actor, mandate_id: UUID) -> None:
    """Accept a mandate that one was offered. Raises NotFound (somebody else's), MandateEnded (409)."""
    one = _offered_to(actor, mandate_id)
    one.accepted_at = current_act().time
    one.save(update_fields=["accepted_at"])
    _tell(MANDATE_ACCEPTED, one)


@service("mandate.decline", open_to=SELF_ONLY)
def decline_mandate(actor: Actor, mandate_id: UUID, reason: str = "") -> None:
    """Decline it. reason: at most 200 characters, for who offered it. Raises NotFound, Invalid (422), MandateEnded (409)."""
    one = _offered_to(actor, mandate_id)
    _end(actor, one, MandateState.DECLINED, reason)


@service("mandate.end", open_to=SELF_ONLY)
def end_mandate(actor: Actor, mandate_id: UUID, reason: str = "") -> None:
    """Take a mandate back, as who speaks for the principal today, or give it back, as the agent; from this moment nothing is done under it.

    reason: at most 200 characters, for the other side.  Raises NotFound, Invalid (422), MandateEnded (409).
    """
    one = _locked(mandate_id)
    received = one.agent_id == actor.account_id
    if not received and not speaks_for(actor, one.subject_id):
        raise NotFound(msgid("There is no such mandate."))
    may = {MandateState.AHEAD, MandateState.IN_FORCE} | (set() if received else {MandateState.OFFERED})
    if state_on(one, today()) not in may:
        raise MandateEnded
    _end(actor, one, MandateState.GIVEN_BACK if received else MandateState.REVOKED, reason)


def _offered_to(actor: Actor, mandate_id: UUID) -> Mandate:
    one = _locked(mandate_id)
    if one.agent_id != actor.account_id:
        raise NotFound(msgid("There is no such mandate."))
    if state_on(one, today()) is not MandateState.OFFERED:
        raise MandateEnded
    return one


def _locked(mandate_id: UUID) -> Mandate:
    """Who acts under it at this moment holds it (`holds_mandate`): his act is done first, and no other begins."""
    current_act().about("mandate", mandate_id)
    one = (
        Mandate.objects.select_for_update(of=("self",))
        .select_related("agent", "given_by")
        .filter(id=mandate_id)
        .first()
    )
    if one is None:
        raise NotFound(msgid("There is no such mandate."))
    return one


def _end(actor: Actor, one: Mandate, end: MandateState, reason: str) -> None:
    if len(reason.strip()) > LONGEST_REASON:
        message = msgid("At most {most} characters.")
        raise Invalid(faults=[FieldFault("reason", "too-long", message, {"most": LONGEST_REASON})])
    one.end, one.reason, one.ended_at, one.ended_by_id = end, reason.strip(), current_act().time, actor.account_id
    one.save(update_fields=["end", "reason", "ended_at", "ended_by"])
    current_act().note(end=str(end))
    other = one.agent if end is MandateState.REVOKED else one.given_by
    _tell(MANDATE_ENDED, one, end=str(end), other_id=str(other.subject_id))


def _tell(type: str, one: Mandate, **data: object) -> None:
    whom = {"principal_id": one.subject_id, "agent_id": one.agent.subject_id, "giver_id": one.given_by.subject_id}
    current_act().emit(type, subject=one.id, data={**{name: str(id) for name, id in whom.items()}, **data})
