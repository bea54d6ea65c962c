"""Connected systems, who is signed in there, and what they are told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.utils.encoding import force_bytes
from joserfc.jwk import RSAKey

from yiwang.acts.values import Actor
from yiwang.identity.models import Unit
from yiwang.identity.models.single_sign_on import Client, SignOn, SignOnConsent, TokenKey
from yiwang.identity.queries.accounts import posts_of
from yiwang.identity.queries.permission import require
from yiwang.identity.registry import claims_of_officers
from yiwang.identity.rules.single_sign_on import acr_of, amr_of, subject_of
from yiwang.identity.values import PostView
from yiwang.identity.values.single_sign_on import ClientLine, ClientView, ConnectedView, SignOnScope
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now
from yiwang.settings import configuration

__all__ = [
    "claims_of",
    "client_page",
    "connected_systems",
    "issuer",
    "key_for_signing",
    "list_clients",
    "may_sign_on",
    "proof_claims",
    "provider_metadata",
    "published_keys",
    "seal_key",
]

ALGORITHM = "RS256"
PREFIX = "/oidc"


def issuer() -> str:
    """Who says so: the address under which the public reaches the city, and the folder of these pages."""
    given = configuration()
    return (given.public_address or f"http://localhost:{given.port}") + PREFIX


def list_clients(actor: Actor) -> list[ClientLine]:
    """Every connected system by name, those that are closed last. Four queries. Raises NotSignedIn, NotAllowed."""
    require(actor, "client.list")
    return [_line(one) for one in _with_people(Client.objects.all()).order_by("closed_at", "title")]


def client_page(actor: Actor, client_id: UUID) -> ClientView:
    """One of them with its addresses. Five queries. Raises NotSignedIn, NotAllowed, NotFound."""
    require(actor, "client.list")
    found = _with_people(Client.objects.filter(id=client_id)).first()
    if found is None:
        raise NotFound(msgid("There is no such system."))
    return ClientView(
        _line(found),
        found.secret_digest is None,
        found.asks_consent,
        tuple(str(one) for one in SignOnScope if one in found.scopes),
        tuple(found.redirect_addresses),
        tuple(found.leaving_addresses),
        found.notice_address,
        found.made_at,
        SignOn.objects.filter(client=found, notice="failed").count(),
    )


def _with_people(clients: Any) -> Any:
    still = Q(signon_set__ended_at__isnull=True, signon_set__isnull=False)
    return clients.select_related("unit").annotate(signed_on=Count("signon_set__account", filter=still, distinct=True))


def _line(client: Any) -> ClientLine:
    return ClientLine(client.id, client.title, client.unit.title, client.people, client.signed_on, client.closed_at)


def connected_systems(actor: Actor) -> list[ConnectedView]:
    """The systems that hear of the actor because he agreed, by name. Two queries. Raises NotSignedIn."""
    if actor.account_id is None:
        raise NotSignedIn
    there = set(SignOn.objects.filter(account_id=actor.account_id, ended_at=None).values_list("client_id", flat=True))
    rows = SignOnConsent.objects.filter(account_id=actor.account_id, client__closed_at=None).select_related(
        "client__unit"
    )
    return [
        ConnectedView(
            one.client_id,
            one.client.title,
            one.client.unit.title,
            tuple(str(scope) for scope in SignOnScope if scope in one.scopes),
            one.given_at,
            one.client_id in there,
        )
        for one in rows.order_by("client__title")
    ]


# ── What clients are told ─────────────────────────────────────────────────────────────────────────────────────────────────


def may_sign_on(client: Client, account: Any, posts: Iterable[PostView]) -> bool:
    """Whether this person belongs to those whom the client may sign in, as things stand now."""
    return client.closed_at is None and account.is_active and (client.people == "everybody" or any(posts))


def claims_of(sign_on: SignOn, scopes: Iterable[str]) -> dict[str, object]:
    """What a client hears of a person: always the `sub` that it alone knows; by scope what an officer is, as it stands now.

    At most four queries.
    """
    told: dict[str, object] = {"sub": subject_of(bytes(sign_on.client.salt), sign_on.account_id)}
    if sign_on.client.people != "officers":
        return told
    if SignOnScope.PROFILE in scopes:
        told["preferred_username"] = sign_on.account.login
        for claims in claims_of_officers():
            told |= claims(sign_on.account.subject_id)
    if SignOnScope.POSTS in scopes:
        held = _post_claims(posts_of(sign_on.account_id))
        told["posts"] = list(held.values())
        told["acting"] = held.get(sign_on.post_id) if sign_on.post_id else None
    return told


def _post_claims(held: Iterable[PostView]) -> dict[UUID, dict[str, object]]:
    posts = list(held)
    codes = dict(Unit.objects.filter(id__in={one.unit_id for one in posts}).values_list("id", "code"))
    return {
        one.id: {
            "code": one.code,
            "title": one.title,
            "unit": codes[one.unit_id],
            "unit_title": one.unit_title,
            "duties": sorted(one.duties),
        }
        for one in posts
    }


def proof_claims(sign_on: SignOn) -> dict[str, object]:
    """When and by what the person proved who he is, and the session that it was in as this client knows it."""
    return {
        "auth_time": int(sign_on.proved_at.timestamp()),
        "amr": amr_of(sign_on.factors),
        "acr": acr_of(sign_on.factors),
        "sid": str(sign_on.id),
    }


def provider_metadata() -> dict[str, object]:
    """What programs read to connect themselves. Source: OpenID Connect Discovery 1.0, 3; RFC 8414."""
    here = issuer()
    methods = ["client_secret_basic", "client_secret_post", "none"]
    return {
        "issuer": here,
        "authorization_endpoint": f"{here}/authorize",
        "token_endpoint": f"{here}/token",
        "userinfo_endpoint": f"{here}/userinfo",
        "revocation_endpoint": f"{here}/revoke",
        "end_session_endpoint": f"{here}/logout",
        "jwks_uri": f"{here}/keys",
        "scopes_supported": [str(one) for one in SignOnScope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent"],
        "claims_supported": [
            *("sub", "iss", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "sid"),
            *("preferred_username", "name", "posts", "acting"),
        ],
        "acr_values_supported": [acr_of([one]) for one in ("password", "outside", "app", "passkey")],
        "ui_locales_supported": ["zh-Hans", "en"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def published_keys() -> list[dict[str, str | list[str]]]:
    """The public halves by which clients check what we signed: of the key that signs, of the next, and of those before. One query."""
    return list(
        TokenKey.objects.filter(published_until__gt=machine_now()).order_by("id").values_list("public", flat=True)
    )


def key_for_signing() -> RSAKey | None:
    """The key that signs now, or None where nobody has made one. One query."""
    now = machine_now()
    serving = TokenKey.objects.filter(signs_from__lte=now, signs_until__gt=now, private__isnull=False)
    row = serving.order_by("-signs_from").first()
    if row is None or row.private is None:
        return None
    return _opened(row.id, bytes(row.private))


@lru_cache(maxsize=2)
def _opened(key_id: UUID, sealed: bytes) -> RSAKey:
    """A private half, read once in a process: reading one checks it, which takes longer than signing."""
    return RSAKey.import_key(INTL.open(_secret(), sealed, about=key_id.bytes), {"kid": str(key_id)})


def seal_key(key_id: UUID, private: bytes) -> bytes:
    """The private half as it is stored: it opens in its own row alone."""
    return INTL.seal(_secret(), private, about=key_id.bytes)


def _secret() -> bytes:
    return hashlib.sha256(b"yiwang token keys\0" + force_bytes(settings.SECRET_KEY)).digest()
