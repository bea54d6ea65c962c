"""The door for who comes from a provider: whose account it is, whether it may be signed in from outside, and what is still asked of him.

A provider can say that anybody is anybody. So it opens no more than the administrators declared: officers' posts only where it is for
officers; never one of the three administrators, who would otherwise stand in the hand of the one who connects providers; and a name
that it has once used for one person is that person's for good.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import connection

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ACCOUNT_LINK_BROKEN, ACCOUNT_LINKED, ACCOUNT_UNLINKED
from yiwang.identity.models import Account, Session
from yiwang.identity.models.outside import OutsideLink, Provider
from yiwang.identity.queries import administers, has_second_factor, needs_second_factor, persons_behind, posts_of
from yiwang.identity.queries.outside import person_account, subject_digest
from yiwang.identity.rules.credentials import canonical_login
from yiwang.identity.rules.outside import CLOCKS_DIFFER, PROOF_LEVEL, at_least, level_of
from yiwang.identity.services.accounts import new_account
from yiwang.identity.services.outside.going import Waiting
from yiwang.identity.services.sign_in import Attempt, subject_of_citizen
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values.outside import Arrived, NotBelieved, OutsideRefused, Through, Told
from yiwang.kernel.errors import NotAllowed, NotFound, msgid
from yiwang.kernel.time import machine_now

__all__ = ["end_link", "let_in", "prove", "turn_away"]

PROVIDERS = {CapacityKind.APPLICATION}
OWN = frozenset(CapacityKind) - {CapacityKind.VISITOR, CapacityKind.SYSTEM}


class _TurnedAway(NotAllowed):
    """Who came is not let in: the audit entry says why in a word, and he is told what helps him."""

    code = "outside-refused"


@dataclass(frozen=True, slots=True)
class _LetIn:
    account: Account
    through: Through
    asked_more: bool


def let_in(provider_id: UUID, told: Told, waiting: Waiting, *, correlation_id: str) -> Arrived:
    """Whose account it is that the provider speaks of, signed in as far as that goes. Raises OutsideRefused.

    Leaves an audit entry `outside.let-in`, done or refused, and `account.sign-in` where nothing more is asked. Must not be called within a
    transaction: a refusal is to stay.
    """
    actor = Actor(None, CapacityKind.APPLICATION, provider_id, correlation_id=correlation_id)
    try:
        found = _let_in(actor, provider_id, told)
    except _TurnedAway as refused:
        raise OutsideRefused(refused.detail) from None
    account = found.account
    if not found.asked_more:
        key = subject_digest(provider_id, told.subject)
        factor = "outside-two" if found.through.enough else "outside"
        Attempt(key, account, correlation_id, None, 0).let_in(account, factor, provider=str(provider_id))
    return Arrived(account, found.through, found.asked_more, waiting.id)


def turn_away(provider_id: UUID, why: NotBelieved, words: str = "", *, correlation_id: str) -> NoReturn:
    """Write down that somebody came whose word or whose provider's word does not hold, and refuse him. Raises OutsideRefused."""
    actor = Actor(None, CapacityKind.APPLICATION, provider_id, correlation_id=correlation_id)
    try:
        _turn_away(actor, provider_id, str(why))
    except _TurnedAway:
        raise OutsideRefused(words) from None
    raise AssertionError("Nobody is let in here.")


def prove(actor: Actor, provider_id: UUID, told: Told, waiting: Waiting) -> Arrived:
    """Take what a provider says as the proof of who sits there, before a dangerous act. Raises OutsideRefused.

    Must not be called within a transaction: a refusal is to stay.
    """
    try:
        return _prove(actor, provider_id, told, waiting)
    except _TurnedAway as refused:
        raise OutsideRefused(refused.detail) from None


@service("outside.let-in", open_to=PROVIDERS)
def _let_in(actor: Actor, provider_id: UUID, told: Told) -> _LetIn:
    act = current_act()
    act.about("provider", provider_id)
    provider = Provider.objects.select_for_update(no_key=True).filter(id=provider_id, is_open=True).first()
    if provider is None:
        _no("provider-shut")
    level = level_of(told.context, provider.levels)
    act.note(level=level)
    account = _account(actor, provider, told)
    through = Through(provider_id, level, provider.two_factors and level == "high", _proved_at(told, level))
    more = not through.enough and has_second_factor(account.id)
    act.about("account", account.id)
    act.note(asked_more=more or (not through.enough and needs_second_factor(account.id)))
    return _LetIn(account, through, more)


@service("outside.turn-away", open_to=PROVIDERS)
def _turn_away(actor: Actor, provider_id: UUID, reason: str) -> None:
    current_act().about("provider", provider_id)
    _no(reason)


@service("account.prove-outside", open_to=OWN)
def _prove(actor: Actor, provider_id: UUID, told: Told, waiting: Waiting) -> Arrived:
    act = current_act()
    act.about("provider", provider_id)
    provider = Provider.objects.filter(id=provider_id, is_open=True).first()
    link = OutsideLink.objects.filter(
        provider_id=provider_id, subject_digest=subject_digest(provider_id, told.subject)
    ).first()
    if provider is None:
        _no("provider-shut")
    if link is None or link.account_id != actor.account_id or waiting.account_id != actor.account_id:
        _no("somebody-else", msgid("Somebody else signed in there than the one who is signed in here."))
    level = level_of(told.context, provider.levels)
    act.note(level=level)
    if not at_least(level, PROOF_LEVEL):
        _no("level", msgid("It does not know you surely enough for what you are about to do. Use your password here."))
    if told.at is None or told.at < waiting.begun_at - CLOCKS_DIFFER:
        _no("not-anew", msgid("It did not ask you anew who you are. Use your password here."))
    enough = provider.two_factors and level == "high"
    if not enough and has_second_factor(link.account_id):
        _no("one-factor", msgid("Your second factor is asked for, too. Use your password here, with it."))
    through = Through(provider_id, level, enough, machine_now())
    return Arrived(link.account, through, False, waiting.id)


@service("outside-link.end", open_to=OWN)
def end_link(actor: Actor, link_id: UUID) -> None:
    """A provider is to know the actor no more; sessions that began through it end. He may sign in through it again, which links him anew.

    Raises NotFound.
    """
    act = current_act()
    act.about("outside-link", link_id)
    link = OutsideLink.objects.select_for_update().filter(id=link_id).first()
    if link is None or link.account_id != actor.account_id:
        raise NotFound(msgid("This provider does not know you."))
    act.emit(ACCOUNT_UNLINKED, subject=link.account_id, data={"provider_id": str(link.provider_id)})
    _end(link)


@service("outside-link.break")
def break_link(actor: Actor, link_id: UUID) -> None:
    """A provider is to know somebody no more, because another came under his name there or his account there was stolen.

    The work of the security administrator, for residents and officers. The sessions that began through it end, and its person is told. Who
    comes from there next is linked anew, by the identifier that the provider says of him then. Raises NotFound, NotAllowed (oneself).
    """
    act = current_act()
    act.about("outside-link", link_id)
    link = (
        OutsideLink.objects.select_for_update(of=("self",))
        .select_related("provider", "account")
        .filter(id=link_id)
        .first()
    )
    if link is None:
        raise NotFound(msgid("There is no such link."))
    act.about("account", link.account_id)
    act.require(
        link.account_id not in persons_behind(actor),
        msgid("Nobody ends his own link here; it is done on “My account”."),
    )
    person = link.account.subject_id
    told = {
        "provider_id": str(link.provider_id),
        "provider_title": link.provider.title,
        "subject_id": str(person) if person else None,
    }
    act.emit(ACCOUNT_LINK_BROKEN, subject=link.account_id, data=told)
    _end(link)


def _end(link: OutsideLink) -> None:
    end_sessions(Session.objects.filter(account_id=link.account_id, provider_id=link.provider_id))
    link.delete()


# ── Whose account it is ───────────────────────────────────────────────────────────────────────────────────────────────────


def _account(actor: Actor, provider: Provider, told: Told) -> Account:
    subject_id = subject_of_citizen(told.said) if provider.vouches == "citizen-id" else None
    if provider.vouches == "citizen-id":
        if subject_id is None:
            _no("unknown-person", msgid("The registers of this city do not know the ID number that the provider gave."))
        account = person_account(subject_id) or _after_others(subject_id)
    else:
        account = Account.objects.filter(login=canonical_login(told.said)).first()
    name = subject_digest(provider.id, told.subject)
    link = OutsideLink.objects.select_for_update().filter(provider=provider, subject_digest=name).first()
    if link is not None and (account is None or link.account_id != account.id):
        _no("other-identifier", msgid("The provider has called you somebody else before. Sign in with your password."))
    if account is None:
        account = _new(actor, provider, subject_id)
    _may_come(provider, account)
    if link is None:
        _link(provider, account, name)
    else:
        link.used_at = machine_now()
        link.save(update_fields=["used_at"])
    return account


def _after_others(subject_id: UUID) -> Account | None:
    """The account of a person who comes through two providers at once: whoever came first has opened it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"identity.person {subject_id}"])
    return person_account(subject_id)


def _may_come(provider: Provider, account: Account) -> None:
    if not account.is_active:
        _no("account-closed")  # as at the door: that it is closed is not said
    if administers(account.id):
        _no("administrator", msgid("Administrators sign in here, with their own password and second factor."))
    if provider.people == "officers" and not posts_of(account.id):
        _no("no-post", msgid("This way in is for who holds a post today, and you hold none."))


def _new(actor: Actor, provider: Provider, subject_id: UUID | None) -> Account:
    """An account for a person whom the registers know. Officers get none so: theirs are opened by the system administrator."""
    if provider.people == "officers" or subject_id is None:
        _no(
            "no-account",
            msgid("There is no account for you here yet. The system administrator opens those of officers."),
        )
    id = new_account(actor, f"resident-{secrets.token_hex(6)}", None, subject_id)
    current_act().note(opened=True)
    return Account.objects.get(id=id)


def _link(provider: Provider, account: Account, name: bytes) -> None:
    Account.objects.select_for_update(no_key=True).get(id=account.id)
    if OutsideLink.objects.filter(provider=provider, account=account).exists():
        _no(
            "other-subject",
            msgid(
                "The provider knows you under another name than before. Sign in with your password and end the old link under “My account”."
            ),
        )
    OutsideLink.objects.create(provider=provider, account=account, subject_digest=name)
    current_act().note(linked=True)
    current_act().emit(ACCOUNT_LINKED, subject=account.id, data={"provider_id": str(provider.id)})


def _proved_at(told: Told, level: str) -> datetime | None:
    """When he proved there who he is, as far as it counts before a dangerous act. A provider's clock makes nothing newer than now."""
    return min(told.at, machine_now()) if told.at is not None and at_least(level, PROOF_LEVEL) else None


def _no(reason: str, words: str = "") -> NoReturn:
    current_act().note(reason=reason)
    raise _TurnedAway(words)
