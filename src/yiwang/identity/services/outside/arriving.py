"""Somebody comes back from a provider: what it says of him is fetched, checked and only then shown at the door.

Whatever does not hold is refused with the same words, so that who tries learns nothing, and written down with a word that says what it was.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import IntegrityError, transaction

from yiwang.acts.values import Actor
from yiwang.identity.models.outside import AssertionSeen, OutsideRequest, Provider
from yiwang.identity.queries.outside import entity_id, open_sealed, return_address, seal
from yiwang.identity.rules.outside import request_digest
from yiwang.identity.rules.outside_oidc import UnknownKey, check_id_token, document, fit_keys, instant
from yiwang.identity.rules.outside_saml import Believed, Expected, check_response, request_of
from yiwang.identity.services.outside.door import let_in, prove, turn_away
from yiwang.identity.services.outside.going import Waiting, provider_open, take_waiting, waiting_for
from yiwang.identity.values.outside import Arrived, NotBelieved, Purpose, Told
from yiwang.kernel.errors import msgid
from yiwang.kernel.outgoing import NotReached, fetch
from yiwang.kernel.time import machine_now

__all__ = ["arrive_by_oidc", "arrive_by_saml", "authenticated", "fetch_keys", "receive_saml"]

KEYS_REST = timedelta(seconds=10)
"""A provider is asked for its keys again at most so often, whatever is signed with keys that nobody knows."""
NOT_LET_IN = msgid("The provider did not sign you in, or you turned back there.")
AWAY = msgid("The provider does not answer at the moment.")
OK = 200


def arrive_by_oidc(
    actor: Actor,
    provider_id: UUID,
    query: Mapping[str, Sequence[str]],
    session_id: UUID | None,
    *,
    correlation_id: str = "",
) -> Arrived:
    """Let in, or let prove himself, who comes back from an OpenID provider.  query: of the address that he came to.

    actor: who sits at the session, for a proof.  Raises OutsideRefused (401), NotFound. Must not be called within a transaction.
    """
    provider = provider_open(provider_id, "oidc")
    try:
        given = _single(query)
        waiting = take_waiting(provider_id, session_id, given.get("state", ""))
        told = _ask(provider, given, waiting)
    except NotReached as fault:
        turn_away(provider_id, NotBelieved(f"not-reached {fault}"), AWAY, correlation_id=correlation_id)
    except NotBelieved as why:
        words = NOT_LET_IN if str(why) == "provider-refused" else ""
        turn_away(provider_id, why, words, correlation_id=correlation_id)
    return received(actor, provider_id, told, waiting, correlation_id=correlation_id)


def received(actor: Actor, provider_id: UUID, told: Told, waiting: Waiting, *, correlation_id: str) -> Arrived:
    """What is believed goes to the door, for what its person was sent."""
    if waiting.purpose is Purpose.PROVE:
        return prove(actor, provider_id, told, waiting)
    return let_in(provider_id, told, waiting, correlation_id=correlation_id)


def _secret_of(provider: Provider) -> str:
    """The secret by which an OpenID provider knows us; empty where none was entered."""
    return "" if provider.secret is None else str(open_sealed(provider.id, bytes(provider.secret)))


def _single(query: Mapping[str, Sequence[str]]) -> dict[str, str]:
    if any(len(values) != 1 for values in query.values()):
        raise NotBelieved("twice")
    return {name: values[0] for name, values in query.items()}


def _ask(provider: Provider, given: Mapping[str, str], waiting: Waiting) -> Told:
    """Who it is, for the code that came. Raises NotReached, NotBelieved."""
    said_issuer = given.get("iss")
    if said_issuer is None and provider.described.get("says_issuer"):
        raise NotBelieved("no-issuer")
    if said_issuer is not None and said_issuer != provider.issuer:
        raise NotBelieved("other-issuer")
    if "error" in given or "code" not in given:
        raise NotBelieved("provider-refused")
    tokens = _tokens(provider, given["code"], waiting)
    claims = _claims(provider, tokens.get("id_token"), waiting)
    said = claims.get(provider.claim)
    if said is None and "userinfo_endpoint" in provider.described:
        said = _person(provider, tokens.get("access_token"), claims["sub"]).get(provider.claim)
    if not isinstance(said, str) or not 0 < len(said.strip()) <= 64:
        raise NotBelieved("no-identifier")
    context = claims.get("acr")
    return Told(
        claims["sub"], said.strip(), context if isinstance(context, str) else "", instant(claims.get("auth_time"))
    )


def _tokens(provider: Provider, code: str, waiting: Waiting) -> dict[str, Any]:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_address(provider.id, provider.kind),
        "code_verifier": waiting.verifier,
    }
    reply = fetch(provider.described["token_endpoint"], *authenticated(provider, fields))
    if reply.status != OK:
        raise NotBelieved("no-token")
    return document(reply.body)


def authenticated(provider: Provider, fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The fields and headers by which a provider sees that it is we who ask (RFC 6749, 2.3.1)."""
    secret = _secret_of(provider)
    if provider.described.get("authenticates_by") == "client_secret_post":
        return {**fields, "client_id": provider.client_id, "client_secret": secret}, {}
    pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
    return dict(fields), {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _claims(provider: Provider, token: object, waiting: Waiting) -> dict[str, Any]:
    def checked() -> dict[str, Any]:
        return check_id_token(
            token,
            provider.keys,
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=waiting.nonce,
            now=machine_now(),
        )

    try:
        return checked()
    except UnknownKey:
        if provider.keys_at is not None and machine_now() - provider.keys_at < KEYS_REST:
            raise
    fetch_keys(provider)
    return checked()


def fetch_keys(provider: Provider) -> None:
    """Take the keys that an OpenID provider publishes now. Raises NotReached, NotBelieved."""
    reply = fetch(provider.described["jwks_uri"])
    if reply.status != OK:
        raise NotBelieved("no-key")
    provider.keys, provider.keys_at = fit_keys(document(reply.body)), machine_now()
    provider.save(update_fields=["keys", "keys_at"])


def _person(provider: Provider, access_token: object, subject: str) -> dict[str, Any]:
    """What the provider tells of the person, when it is the same that it signed for (OpenID Connect Core 1.0, 5.3.2)."""
    if not isinstance(access_token, str) or not access_token.isascii() or not access_token.isprintable():
        raise NotBelieved("no-token")
    reply = fetch(provider.described["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"})
    if reply.status != OK:
        raise NotBelieved("no-person")
    told = document(reply.body)
    if told.get("sub") != subject:
        raise NotBelieved("other-person")
    return told


# ── SAML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def receive_saml(provider_id: UUID, response: str, *, correlation_id: str = "") -> str:
    """Take what a form of a SAML provider's page brought; the handle with which its person's own browser fetches it (`arrive_by_saml`).

    The form comes from another site, so the browser shows no session with it. What it brings is checked here, once, and waits sealed
    with the request that it answers. Raises OutsideRefused (401), NotFound. Must not be called within a transaction.
    """
    provider = provider_open(provider_id, "saml")
    try:
        asked = request_of(response)
        waiting = waiting_for(provider_id, asked)
        if waiting is None:
            raise NotBelieved("not-asked")
        expected = Expected(
            provider.issuer,
            entity_id(provider_id),
            return_address(provider_id, provider.kind),
            tuple(provider.described["certificates"]),
            provider.claim,
        )
        believed = check_response(response, expected, asked, now=machine_now())
        _use_up(provider_id, believed)
    except NotBelieved as why:
        words = NOT_LET_IN if str(why) == "provider-refused" else ""
        turn_away(provider_id, why, words, correlation_id=correlation_id)
    told = believed.told
    said = [told.subject, told.said, told.context, told.at.isoformat() if told.at else ""]
    OutsideRequest.objects.filter(id=waiting.id).update(answer=seal(waiting.id, said))
    return asked


def arrive_by_saml(
    actor: Actor, provider_id: UUID, handle: str, session_id: UUID | None, *, correlation_id: str = ""
) -> Arrived:
    """Let in, or let prove himself, who was sent to a SAML provider and whose answer `receive_saml` has taken.

    Raises OutsideRefused (401), NotFound. Must not be called within a transaction.
    """
    provider_open(provider_id, "saml")
    try:
        waiting = take_waiting(provider_id, session_id, handle)
        if waiting.answer is None:
            raise NotBelieved("not-answered")
    except NotBelieved as why:
        turn_away(provider_id, why, correlation_id=correlation_id)
    subject, said, context, at = waiting.answer
    told = Told(subject, said, context, datetime.fromisoformat(at) if at else None)
    return received(actor, provider_id, told, waiting, correlation_id=correlation_id)


def _use_up(provider_id: UUID, believed: Believed) -> None:
    """An assertion serves once. Raises NotBelieved for one that comes again."""
    digest = request_digest(f"{provider_id} {believed.assertion}")
    try:
        with transaction.atomic():
            AssertionSeen.objects.create(digest=digest, until=believed.until)
    except IntegrityError:
        raise NotBelieved("replayed") from None
