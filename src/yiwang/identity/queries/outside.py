"""Outside identity providers 外部身份源, who is known to them, and what of both is kept sealed."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor
from yiwang.identity.models import Account
from yiwang.identity.models.outside import OutsideLink, Provider
from yiwang.identity.queries.permission import require
from yiwang.identity.rules.outside import from_the_highest
from yiwang.identity.rules.outside_saml import metadata
from yiwang.identity.values.outside import LinkView, OpenProvider, ProviderLine, ProviderView
from yiwang.kernel.canonical import digest
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import NotFound, NotSignedIn, msgid
from yiwang.settings import configuration

__all__ = [
    "ask_again_at",
    "declared_digest",
    "entity_id",
    "leaving_provider",
    "links_of",
    "links_of_account",
    "list_providers",
    "open_sealed",
    "opens_no_posts",
    "own_metadata",
    "person_account",
    "provider_page",
    "providers_for",
    "return_address",
    "root",
    "seal",
    "subject_digest",
]


def root() -> str:
    """The address under which the public reaches the city."""
    given = configuration()
    return given.public_address or f"http://localhost:{given.port}"


def entity_id(provider_id: UUID) -> str:
    """What we are called at a SAML provider; our description stands there."""
    return f"{root()}/outside/{provider_id}/metadata"


def return_address(provider_id: UUID, kind: str) -> str:
    """Where people come back from a provider. Each has an address of its own, so that no other's answer is taken for its."""
    return f"{root()}/outside/{provider_id}/{'back' if kind == 'oidc' else 'consume'}"


def providers_for(whom: str) -> list[OpenProvider]:
    """The open providers that a sign-in page offers, by name: of `residents` or of `officers`. For everybody. One query."""
    rows = Provider.objects.filter(is_open=True, people__in=[whom, "both"]).order_by("title")
    return [OpenProvider(one.id, one.title) for one in rows.only("id", "title")]


def ask_again_at(actor: Actor) -> list[OpenProvider]:
    """The open providers at which the actor can show once more who he is: those that know him. One query."""
    if actor.account_id is None:
        return []
    rows = Provider.objects.filter(is_open=True, links__account_id=actor.account_id).order_by("title")
    return [OpenProvider(one.id, one.title) for one in rows]


def leaving_provider(provider_id: UUID) -> tuple[str, str]:
    """What a provider is called, and where one signs out of it; the address empty where that is not known. Raises NotFound. One query."""
    found = Provider.objects.filter(id=provider_id).first()
    if found is None:
        raise NotFound
    return found.title, str(found.described.get("end_session_endpoint", found.described.get("sign_out_address", "")))


def links_of(actor: Actor) -> list[LinkView]:
    """The providers that know the actor, by name. Raises NotSignedIn. One query."""
    if actor.account_id is None:
        raise NotSignedIn
    return _links(actor.account_id)


def links_of_account(actor: Actor, account_id: UUID) -> list[LinkView]:
    """The same of another, for who may end them. Raises NotSignedIn, NotAllowed. Three queries."""
    require(actor, "outside-link.break")
    return _links(account_id)


def _links(account_id: UUID) -> list[LinkView]:
    rows = OutsideLink.objects.filter(account_id=account_id).select_related("provider")
    return [
        LinkView(one.id, one.provider.title, one.provider.is_open, one.made_at, one.used_at)
        for one in rows.order_by("provider__title")
    ]


def opens_no_posts(provider_id: str | None) -> bool:
    """Whether a session that began through this provider is its person's own and nothing else. One query at most."""
    return provider_id is not None and Provider.objects.filter(id=provider_id, people="residents").exists()


def list_providers(actor: Actor) -> list[ProviderLine]:
    """Every provider, those that are open first. Raises NotSignedIn, NotAllowed. Three queries."""
    require(actor, "provider.list")
    rows = Provider.objects.annotate(linked=Count("links")).order_by("-is_open", "title")
    return [_line(one) for one in rows]


def provider_page(actor: Actor, provider_id: UUID) -> ProviderView:
    """One of them, without its secret. Raises NotSignedIn, NotAllowed, NotFound. Three queries."""
    require(actor, "provider.list")
    one = Provider.objects.annotate(linked=Count("links")).filter(id=provider_id).first()
    if one is None:
        raise NotFound(msgid("There is no such provider."))
    return ProviderView(
        _line(one),
        one.issuer,
        one.client_id,
        one.secret is not None,
        tuple(one.scopes),
        one.vouches,
        one.claim,
        from_the_highest(one.levels),
        one.two_factors,
        one.described,
        return_address(one.id, one.kind),
        entity_id(one.id),
        declared_digest(one),
        one.made_at,
    )


def _line(one: Any) -> ProviderLine:
    return ProviderLine(one.id, one.title, one.kind, one.people, one.is_open, one.linked)


def declared_digest(one: Provider) -> str:
    """A fingerprint of everything that decides whom a provider can sign in as whom: who opens it has looked at this and nothing else."""
    told = [one.title, one.kind, one.people, one.issuer, one.client_id, one.scopes, one.vouches, one.claim, one.levels]
    secret = hashlib.sha256(bytes(one.secret or b"")).hexdigest()
    return digest([*told, one.two_factors, one.described, secret]).hex()


# ── What is kept sealed ───────────────────────────────────────────────────────────────────────────────────────────────────


def own_metadata(provider_id: UUID) -> bytes:
    """What we tell a SAML provider of ourselves. For everybody. Raises NotFound. One query."""
    if not Provider.objects.filter(id=provider_id, kind="saml").exists():
        raise NotFound
    return metadata(entity_id(provider_id), return_address(provider_id, "saml"))


def subject_digest(provider_id: UUID, subject: str) -> bytes:
    """What is kept of the name under which a provider knows somebody."""
    return salted_hmac("yiwang.identity.outside", f"{provider_id} {subject}", algorithm="sha256").digest()


def seal(about: UUID, said: object) -> bytes:
    """As it is stored: it opens in its own row alone."""
    return INTL.seal(_key(), json.dumps(said).encode(), about=about.bytes)


def open_sealed(about: UUID, sealed: bytes) -> Any:
    """What was sealed for this row. Raises NotSealed."""
    return json.loads(INTL.open(_key(), sealed, about=about.bytes))


def _key() -> bytes:
    return hashlib.sha256(b"yiwang outside providers\0" + force_bytes(settings.SECRET_KEY)).digest()


def person_account(subject_id: UUID | None) -> Account | None:
    """The account of a person, open or closed; None where there is none. One query."""
    return None if subject_id is None else Account.objects.filter(subject_id=subject_id).first()
