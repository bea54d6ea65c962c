"""Certificate authorities 认证机构, for those who administer them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography import x509
from django.db.models import Count

from yiwang.acts.values import Actor
from yiwang.identity.models.login_certificates import Authority, RevokedCertificate
from yiwang.identity.queries.permission import require
from yiwang.identity.rules.authorities import called, chain_of
from yiwang.identity.rules.login_certificates import fingerprint_of, spki_of
from yiwang.identity.rules.signatures import key_of
from yiwang.identity.values.login_certificates import (
    AuthorityLine,
    AuthorityView,
    ChainLine,
    ListState,
    NotBelieved,
)
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import machine_now

__all__ = ["authority_digest", "authority_page", "list_authorities", "list_state_of", "system_overdue_authorities"]


def list_authorities(actor: Actor) -> list[AuthorityLine]:
    """Every authority, those that are open first. Raises NotSignedIn, NotAllowed. Three queries."""
    require(actor, "authority.list")
    now = machine_now()
    rows = Authority.objects.annotate(registered=Count("certificates")).order_by("-is_open", "title")
    return [_line(one, now) for one in rows]


def authority_page(actor: Actor, authority_id: UUID) -> AuthorityView:
    """One of them. Raises NotSignedIn, NotAllowed, NotFound. Four queries."""
    require(actor, "authority.list")
    one = Authority.objects.annotate(registered=Count("certificates")).filter(id=authority_id).first()
    if one is None:
        raise NotFound(msgid("There is no such authority."))
    return AuthorityView(
        _line(one, machine_now()),
        tuple(_chain_line(each) for each in chain_of(one.chain)),
        one.has_list,
        one.number_attribute,
        RevokedCertificate.objects.filter(authority=one).count(),
        one.list_from,
        one.list_number,
        authority_digest(one),
        one.made_at,
    )


def list_state_of(one: Authority, now: datetime) -> ListState:
    """How its list of revoked certificates is at `now` (machine time)."""
    if not one.has_list:
        return "not-kept"
    if one.list_until is None:
        return "missing"
    return "fresh" if now < one.list_until else "overdue"


def authority_digest(one: Authority) -> str:
    """A fingerprint of everything that decides whom an authority can vouch for: who opens it has looked at this and nothing else."""
    return digest([one.title, one.people, one.chain, one.number_attribute, one.has_list]).hex()


def system_overdue_authorities() -> list[str]:
    """Open authorities whose list of revoked certificates is missing or overdue, by name. For `yiwang doctor`. One query."""
    now = machine_now()
    rows = Authority.objects.filter(is_open=True).order_by("title")
    return [one.title for one in rows if list_state_of(one, now) in {"missing", "overdue"}]


def _line(one: Any, now: datetime) -> AuthorityLine:
    chain = chain_of(one.chain)
    return AuthorityLine(
        one.id,
        one.title,
        one.people,
        _kind(chain[0]),
        one.is_open,
        one.registered,
        list_state_of(one, now),
        one.list_until,
        min(each.not_valid_after_utc for each in chain),
    )


def _chain_line(one: x509.Certificate) -> ChainLine:
    return ChainLine(
        called(one),
        f"{one.serial_number:x}",
        fingerprint_of(one).hex(),
        _kind(one),
        one.not_valid_before_utc,
        one.not_valid_after_utc,
    )


def _kind(one: x509.Certificate) -> str:
    """SM2 is called so also where this machine cannot check it any more."""
    try:
        return key_of(spki_of(one)).kind
    except NotBelieved:
        return "SM2"
