"""Somebody goes to a provider and comes back. What his answer has to fit is kept with the session that was sent, and serves once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from yiwang.identity.models.outside import AssertionSeen, OutsideRequest, Provider
from yiwang.identity.queries.outside import entity_id, open_sealed, return_address, seal
from yiwang.identity.rules.outside import WAY_LASTS, at_least, from_the_highest, request_digest
from yiwang.identity.rules.outside_oidc import address_to_ask, challenge_of
from yiwang.identity.rules.outside_saml import address_of_request
from yiwang.identity.values.outside import LEVELS, Going, NotBelieved, Purpose
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now

__all__ = ["Waiting", "go_outside", "provider_open", "system_forget_ways", "take_waiting", "waiting_for"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an answer has to fit.  account_id: who is to prove himself.  begun_at: machine time at which he was sent.

    answer: what a SAML provider has said meanwhile, None before.
    """

    id: UUID
    purpose: Purpose
    account_id: UUID | None
    nonce: str
    verifier: str
    begun_at: datetime
    answer: list[str] | None


def go_outside(provider_id: UUID, session_id: UUID, *, account_id: UUID | None = None) -> Going:
    """Send who sits at this session to a provider: to sign in, or, where an account is named, to show once more that it is his.

    What the session asked before is forgotten. Raises NotFound for a provider that is not open.
    """
    provider, now = provider_open(provider_id), machine_now()
    handle, nonce, verifier = f"_{secrets.token_hex(20)}", secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    id = uuid7()
    with transaction.atomic():
        OutsideRequest.objects.filter(session_id=session_id).delete()
        OutsideRequest.objects.create(
            id=id,
            provider=provider,
            session_id=session_id,
            account_id=account_id,
            purpose=Purpose.SIGN_IN if account_id is None else Purpose.PROVE,
            digest=request_digest(handle),
            sealed=seal(id, {"nonce": nonce, "verifier": verifier}),
            begun_at=now,
            lasts_until=now + WAY_LASTS,
        )
    back, again = return_address(provider.id, provider.kind), account_id is not None
    if provider.kind == "saml":
        sent_to = provider.described["sign_in_address"]
        return Going(address_of_request(sent_to, handle, entity_id(provider.id), back, now=now, again=again), id)
    given = {
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": " ".join(dict.fromkeys(["openid", *provider.scopes])),
        "state": handle,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
    }
    contexts = [name for name, level in from_the_highest(provider.levels).items() if at_least(level, LEVELS[1])]
    return Going(address_to_ask(provider.described, given, again=again, contexts=contexts), id)


def provider_open(provider_id: UUID, kind: str = "") -> Provider:
    """The provider, when people may come through it now, and in this language where one is named. Raises NotFound. One query."""
    found = Provider.objects.filter(id=provider_id, is_open=True).first()
    if found is None or kind not in ("", found.kind):
        raise NotFound(msgid("Nobody signs in through this provider."))
    return found


def take_waiting(provider_id: UUID, session_id: UUID | None, handle: str) -> Waiting:
    """What this session waits for from this provider, once: it is gone now, whatever comes of it.

    Raises NotBelieved: nobody was sent, it was somebody else, it was answered already, or it was too long ago.
    """
    with transaction.atomic(durable=True):
        rows = _rows(provider_id, handle).select_for_update()
        found = rows.filter(session_id=session_id).first() if session_id is not None else None
        if found is None:
            raise NotBelieved("not-asked")
        made = _waiting(found)
        found.delete()
    return made


def waiting_for(provider_id: UUID, handle: str) -> OutsideRequest | None:
    """The request of this id, whosever session sent it; None where there is none or it is over. One query."""
    return _rows(provider_id, handle).filter(lasts_until__gt=machine_now()).first()


def _rows(provider_id: UUID, handle: str) -> QuerySet[OutsideRequest]:
    return OutsideRequest.objects.filter(
        provider_id=provider_id, digest=request_digest(handle), lasts_until__gt=machine_now()
    )


def _waiting(row: OutsideRequest) -> Waiting:
    kept = open_sealed(row.id, bytes(row.sealed))
    answer = None if row.answer is None else open_sealed(row.id, bytes(row.answer))
    return Waiting(row.id, Purpose(row.purpose), row.account_id, kept["nonce"], kept["verifier"], row.begun_at, answer)


def system_forget_ways() -> int:
    """Drop who never came back, and assertions that can count no more; return how many rows. For the hourly job."""
    now = machine_now()
    gone: int = OutsideRequest.objects.filter(lasts_until__lte=now).delete()[0]
    return gone + AssertionSeen.objects.filter(until__lte=now).delete()[0]
