"""The certificates 数字证书 that people registered, what they were asked to sign, and whether they may sign in so at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.identity.models.login_certificates import (
    Authority,
    CertificateChallenge,
    LoginCertificate,
    RevokedCertificate,
)
from yiwang.identity.queries.permission import require
from yiwang.identity.rules.signatures import SIGNERS
from yiwang.identity.values.login_certificates import CertificateStanding, CertificateView, ChallengeView, SignedFor
from yiwang.kernel import sm2
from yiwang.kernel.time import machine_now

__all__ = [
    "begun_certificate",
    "certificate_opens_no_posts",
    "certificates_of",
    "checks_sm2",
    "has_certificate",
    "key_kinds",
    "may_come_by_certificate",
    "own_certificates",
    "shown_lately",
    "standing_of",
    "view_of",
]

SHOWN_LASTS = timedelta(minutes=5)
"""So long a proof by a certificate stands in place of a code, in the session in which it was given."""


def may_come_by_certificate(whom: str = "") -> bool:
    """Whether an authority is open: for `residents` or `officers`, or for anybody. For everybody. One query."""
    rows = Authority.objects.filter(is_open=True)
    return (rows.filter(people__in=[whom, "both"]) if whom else rows).exists()


def key_kinds() -> list[str]:
    """What kinds of keys people may have, as key programs call them."""
    return [kind for kind in SIGNERS if kind != "SM2" or checks_sm2()]


def checks_sm2() -> bool:
    """Whether signatures by SM2 can be checked on this machine."""
    return sm2.is_available()


def has_certificate(account_id: UUID) -> bool:
    """Whether a certificate is registered to the account, whatever it is worth today. One query."""
    return LoginCertificate.objects.filter(account_id=account_id).exists()


def certificate_opens_no_posts(certificate_id: str | None) -> bool:
    """Whether a session that began by this certificate is its person's own and nothing else. One query at most."""
    if certificate_id is None:
        return False
    return LoginCertificate.objects.filter(id=certificate_id, authority__people="residents").exists()


def own_certificates(account_id: UUID) -> tuple[CertificateView, ...]:
    """The certificates of an account, the oldest first. Two queries at most."""
    rows = list(LoginCertificate.objects.filter(account_id=account_id).select_related("authority").order_by("id"))
    return tuple(view_of(one, machine_now()) for one in rows)


def certificates_of(actor: Actor, account_id: UUID) -> tuple[CertificateView, ...]:
    """The same, for who may end them because a key was lost. Raises NotAllowed. Four queries at most."""
    require(actor, "login-certificate.end")
    return own_certificates(account_id)


def begun_certificate(account_id: UUID, session_id: UUID | None) -> ChallengeView | None:
    """What this session is to sign for a certificate whose registration was begun not long ago, or None. One query at most."""
    if session_id is None:
        return None
    waiting = CertificateChallenge.objects.filter(
        session_id=session_id, account_id=account_id, signed_for=SignedFor.REGISTER, lasts_until__gt=machine_now()
    ).first()
    return None if waiting is None else ChallengeView(waiting.text, waiting.lasts_until)


def shown_lately(account_id: UUID, session_id: UUID | None) -> bool:
    """Whether a certificate has proved a moment ago, in this session, that its person sits there. One query at most."""
    if session_id is None:
        return False
    since = machine_now() - SHOWN_LASTS
    rows = LoginCertificate.objects.filter(account_id=account_id, proved_in=session_id, proved_at__gt=since)
    return rows.exists()


def view_of(one: LoginCertificate, now: datetime) -> CertificateView:
    """A certificate as its owner sees it. One query."""
    return CertificateView(
        one.id,
        one.name,
        one.authority.title,
        one.serial,
        one.valid_until,
        one.made_at,
        one.used_at,
        standing_of(one, now),
    )


def standing_of(one: LoginCertificate, now: datetime) -> CertificateStanding:
    """Whether it opens the door at `now` (machine time), and if not, why not. One query at most."""
    authority = one.authority
    if RevokedCertificate.objects.filter(authority=authority, serial=one.serial).exists():
        return "revoked"
    if now >= one.valid_until:
        return "expired"
    if now < one.valid_from:
        return "early"
    if not authority.is_open:
        return "shut"
    if authority.has_list and (authority.list_until is None or authority.list_until <= now):
        return "list"
    return "serves"
