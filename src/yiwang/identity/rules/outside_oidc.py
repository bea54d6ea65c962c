"""OpenID Connect, as the one who asks: what is sent, and when what comes back is believed.

Source: OpenID Connect Core 1.0, 3.1 (code flow, checks of the ID token); Discovery 1.0, 4; RFC 7636 (PKCE), RFC 9207 (`iss` in answers),
RFC 9700 (what goes wrong).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from yiwang.identity.rules.outside import CLOCKS_DIFFER, address_is_fit
from yiwang.identity.values.outside import Described, NotBelieved

__all__ = ["UnknownKey", "address_to_ask", "challenge_of", "check_id_token", "described", "document", "fit_keys"]

ALGORITHMS = ("RS256", "ES256")
OLDEST_TOKEN = timedelta(minutes=10)
LONGEST_TOKEN = 64_000
LONGEST_SUBJECT = 255
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MAY_HAVE = ("userinfo_endpoint", "end_session_endpoint")
MOST_KEYS = 30


class UnknownKey(NotBelieved):
    """It is signed with a key that is not among those known: the provider may have taken another since they were fetched."""


def document(body: bytes) -> dict[str, Any]:
    """A JSON object as somebody sent it. Raises NotBelieved."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise NotBelieved("not-json") from None
    if not isinstance(read, dict):
        raise NotBelieved("not-json")
    return read


def described(issuer: str, said: Mapping[str, Any], *, https: bool) -> Described:
    """What of a provider's description is kept. Raises NotBelieved: another issuer's, or not what we need."""
    if said.get("issuer") != issuer:
        raise NotBelieved("issuer")
    wrong = [name for name in ENDPOINTS if not address_is_fit(said.get(name), https=https)]
    wrong += [name for name in MAY_HAVE if name in said and not address_is_fit(said[name], https=https)]
    if wrong:
        raise NotBelieved(wrong[0])
    algorithms = said.get("id_token_signing_alg_values_supported", ["RS256"])
    if not isinstance(algorithms, list) or not set(ALGORITHMS) & {str(one) for one in algorithms}:
        raise NotBelieved("id_token_signing_alg_values_supported")
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    known = [
        one for one in ("client_secret_basic", "client_secret_post") if isinstance(methods, list) and one in methods
    ]
    if not known:
        raise NotBelieved("token_endpoint_auth_methods_supported")
    return Described(
        issuer,
        {
            **{name: said[name] for name in (*ENDPOINTS, *MAY_HAVE) if name in said},
            "authenticates_by": known[0],
            "says_issuer": said.get("authorization_response_iss_parameter_supported") is True,
        },
    )


def fit_keys(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The public keys of a provider with which ID tokens may be signed; others are left out. Raises NotBelieved where there is none."""
    given = said.get("keys")
    kept = []
    for one in given[:MOST_KEYS] if isinstance(given, list) else ():
        if isinstance(one, dict) and one.get("use", "sig") == "sig" and one.get("kty") in {"RSA", "EC"}:
            names = ("kty", "kid", "alg", "n", "e", "crv", "x", "y")
            kept.append({name: one[name] for name in names if isinstance(one.get(name), str)})
    if not kept:
        raise NotBelieved("no-key")
    return kept


def challenge_of(verifier: str) -> str:
    """What is sent of a PKCE verifier (RFC 7636, 4.2, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def address_to_ask(said: Mapping[str, Any], given: Mapping[str, str], *, again: bool, contexts: Sequence[str]) -> str:
    """Where a browser goes to sign in there.

    again: whoever is signed in there is to show once more who he is.  contexts: wanted levels.
    """
    query = {"response_type": "code", "response_mode": "query", **given, "code_challenge_method": "S256"}
    if again:
        query |= {"prompt": "login", "max_age": "0"}
    if contexts:
        query["acr_values"] = " ".join(contexts)
    at: str = said["authorization_endpoint"]
    return f"{at}{'&' if '?' in at else '?'}{urlencode(query)}"


def check_id_token(
    token: object, keys: Sequence[Mapping[str, Any]], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims of an ID token, when everything holds. Raises UnknownKey, NotBelieved."""
    claims = _signed(token, keys)
    if claims.get("iss") != issuer:
        raise NotBelieved("iss")
    _check_audience(claims, client_id)
    if not nonce or claims.get("nonce") != nonce:
        raise NotBelieved("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotBelieved("sub")
    _check_times(claims, now)
    return claims


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    meant = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    if client_id not in meant:
        raise NotBelieved("aud")
    if (len(meant) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise NotBelieved("azp")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    issued, ends = instant(claims.get("iat")), instant(claims.get("exp"))
    if issued is None or issued > now + CLOCKS_DIFFER or issued < now - OLDEST_TOKEN:
        raise NotBelieved("iat")
    if ends is None or ends <= now - CLOCKS_DIFFER:
        raise NotBelieved("exp")
    begins = instant(claims.get("nbf")) if "nbf" in claims else issued
    if begins is None or begins > now + CLOCKS_DIFFER:
        raise NotBelieved("nbf")
    if "auth_time" in claims:
        proved = instant(claims["auth_time"])
        if proved is None or proved > now + CLOCKS_DIFFER:
            raise NotBelieved("auth_time")


def instant(value: object) -> datetime | None:
    """Seconds since 1970 as an instant; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        return None
    return datetime.fromtimestamp(value, UTC)


def _signed(token: object, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise NotBelieved("token")
    try:
        header = jws.extract_compact(token.encode()).protected
    except (JoseError, ValueError):
        raise NotBelieved("token") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise NotBelieved("alg")
    kind = "RSA" if algorithm == "RS256" else "EC"
    fit = [one for one in keys if one.get("kty") == kind and (kid is None or one.get("kid") == kid)]
    if not fit:
        raise UnknownKey("kid")
    for one in fit:
        try:
            key = RSAKey.import_key(dict(one)) if kind == "RSA" else ECKey.import_key(dict(one))
            return document(bytes(jws.deserialize_compact(token, key, [algorithm]).payload))
        except (JoseError, ValueError):
            continue
    raise NotBelieved("signature") if kid is not None else UnknownKey("signature")
