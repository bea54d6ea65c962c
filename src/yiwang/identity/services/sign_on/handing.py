"""What clients get for a code or a refresh token, give back, and ask with an access token."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import OAuth2Error

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.models.single_sign_on import SignOn, SignOnToken
from yiwang.identity.queries.single_sign_on import claims_of
from yiwang.identity.rules.single_sign_on import digest_of
from yiwang.identity.services.sign_on.protocol import AUTH_METHODS, Request, Server, answer_to, still_stands
from yiwang.identity.values.single_sign_on import Answer, Sent
from yiwang.kernel.time import machine_now

__all__ = ["give_back", "hand_out", "tell_who"]

CLIENTS = {CapacityKind.APPLICATION}


def hand_out(sent: Sent, *, correlation_id: str = "") -> Answer:
    """Tokens for a code or a refresh token, or why not. Who asks shows first which client he is."""
    return _for_client(sent, "token", correlation_id)


def give_back(sent: Sent, *, correlation_id: str = "") -> Answer:
    """Take back what a client holds. A token that nobody knows is no fault (RFC 7009, 2.2)."""
    return _for_client(sent, "revocation", correlation_id)


def _for_client(sent: Sent, endpoint: str, correlation_id: str) -> Answer:
    try:
        request = Request(Sent(sent.method, {}, sent.form, sent.authorization))
        client = Server().authenticate_client(request, AUTH_METHODS, endpoint)
        actor = Actor(None, CapacityKind.APPLICATION, client.row.id, correlation_id=correlation_id)
        return (_hand_out if endpoint == "token" else _give_back)(actor, request)
    except OAuth2Error as error:
        return answer_to(error)


@service("sign-on.hand-out", open_to=CLIENTS)
def _hand_out(actor: Actor, request: Request) -> Answer:
    """What is refused is an answer: that a code or a refresh token was brought twice has to hold."""
    act = current_act()
    answer: Answer = Server().create_token_response(request)
    sign_on: SignOn | None = request.user
    act.about("client", str(actor.capacity_id))
    if sign_on is not None:
        act.about("sign-on", sign_on.id)
    act.note(grant=request.payload.grant_type or "", status=answer.status)
    return answer


@service("sign-on.give-back", open_to=CLIENTS)
def _give_back(actor: Actor, request: Request) -> Answer:
    current_act().about("client", str(actor.capacity_id))
    answer: Answer = Server().create_endpoint_response("revocation", request)
    return answer


def tell_who(authorization: str) -> Answer:
    """Who it is, as things stand now, for an access token (OpenID Connect Core 1.0, 5.3). At most eight queries."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        return Answer(401, "", {"WWW-Authenticate": 'Bearer realm="yiwang"'})
    held = SignOnToken.objects.filter(digest=digest_of(token.strip()), kind="access", lasts_until__gt=machine_now())
    row = held.select_related("sign_on__client", "sign_on__account").first()
    if row is None or not still_stands(row.sign_on):
        return Answer(
            401, {"error": "invalid_token"}, {"WWW-Authenticate": 'Bearer realm="yiwang", error="invalid_token"'}
        )
    return Answer(200, claims_of(row.sign_on, row.scopes), {})
