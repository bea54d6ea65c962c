"""A client asks to sign somebody out (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from yiwang.identity.models.single_sign_on import SignOn
from yiwang.identity.queries.single_sign_on import ALGORITHM, issuer, published_keys
from yiwang.identity.rules.single_sign_on import origin_of
from yiwang.identity.services.sign_on.protocol import ConnectedClient, Request, Server
from yiwang.identity.values.single_sign_on import Here, Leaving, Sent

__all__ = ["ask_to_leave", "claims_of_hint"]


def claims_of_hint(token: str) -> Mapping[str, Any]:
    """What an ID token says that we handed out, however old it is; nothing where it is not ours, or its key is published no more."""
    try:
        claims: dict[str, Any] = jwt.decode(token, _keys(), algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError):
        return {}
    return claims if claims.get("iss") == issuer() and "events" not in claims else {}


def _keys() -> KeySet:
    return KeySet.import_key_set({"keys": published_keys()})


class EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """Which client asks, and whether it may send people on where it says. Ending the session is the face's."""

    def get_server_jwks(self) -> KeySet:
        """The keys that are published."""
        return _keys()

    def get_algorithms(self) -> list[str]:
        """The one with which we sign."""
        return [ALGORITHM]

    def end_session(self, end_session_request: object) -> None:
        """Never called: the person may have to be asked first."""


def ask_to_leave(sent: Sent, here: Here | None) -> Leaving:
    """What the request comes to for who sits there. Changes nothing.

    Without an ID token of ours nobody is sent anywhere, and the person is asked; so no page can sign people out behind their backs, or use
    our name to lead them astray.
    """
    hints = [*sent.query.get("id_token_hint", ()), *sent.form.get("id_token_hint", ())]
    if any(not claims_of_hint(one) for one in hints):
        return Leaving("", False, "")
    server = Server()
    server.register_endpoint(EndSession)
    try:
        found = server.validate_endpoint_request("end_session", Request(sent))
    except OAuth2Error:
        return Leaving("", False, "")
    client: ConnectedClient | None = found.client
    location = found.redirect_uri or ""
    return Leaving(
        location,
        here is not None and _is_here(found.id_token_claims, here),
        client.row.title if client and found.id_token_claims else "",
        origin_of(location) if location else "",
    )


def _is_here(claims: Mapping[str, Any] | None, here: Here) -> bool:
    try:
        sid = UUID(str((claims or {}).get("sid", "")))
    except ValueError:
        return False
    return SignOn.objects.filter(id=sid, session_id=here.session_id, account_id=here.account_id).exists()
