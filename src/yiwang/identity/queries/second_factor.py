"""The second factor of an account as its owner sees it, and whether the city asks for one."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor
from yiwang.identity.models import Account, Assignment, Passkey, RecoveryCode, SecondFactor
from yiwang.identity.models.login_certificates import LoginCertificate
from yiwang.identity.queries.accounts import administers
from yiwang.identity.queries.login_certificates import begun_certificate, own_certificates, shown_lately
from yiwang.identity.queries.passkeys import begun_passkey, passkeys_of
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.one_time_codes import address_for_app, readable_secret
from yiwang.identity.values import NewSecondFactor, SecondFactorView
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import NotSignedIn
from yiwang.kernel.time import machine_now, today
from yiwang.settings import configuration

__all__ = [
    "begun_factor",
    "confirmed_factor",
    "has_app",
    "has_second_factor",
    "needs_second_factor",
    "own_second_factor",
    "seal_secret",
    "secret_of",
    "shown",
]

BEGUN_LASTS = timedelta(minutes=30)
"""So long a secret that was shown waits for its first code."""
OUR_NAME = "Yiwang 一网"


def has_second_factor(account_id: UUID) -> bool:
    """Whether a password alone does not sign in: there is an app, a passkey, or a registered certificate. One query.

    Also one that has expired: what made an account safer does not make it less safe by itself.
    """
    app = SecondFactor.objects.filter(account_id=account_id, confirmed_at__isnull=False).values("id")
    keys = (one.objects.filter(account_id=account_id).values("id") for one in (Passkey, LoginCertificate))
    return app.union(*keys).exists()


def has_app(account_id: UUID) -> bool:
    """Whether an authenticator app shows codes for this account. One query."""
    return confirmed_factor(account_id) is not None


def needs_second_factor(account_id: UUID) -> bool:
    """Whether the city asks this account for a second factor (`YIWANG_SECOND_FACTOR`). Two queries at most."""
    given = configuration()
    match given.second_factor or ("offered" if given.demo else "administrators"):
        case "administrators":
            return administers(account_id)
        case "officers":
            return Assignment.objects.filter(not_over(today()), account_id=account_id).exists()
        case _:
            return False


def own_second_factor(actor: Actor, session_id: UUID | None = None) -> SecondFactorView:
    """What one sees of one's own, in the session that asks. Raises NotSignedIn. Some queries more than it has certificates."""
    account = Account.objects.filter(id=actor.account_id).first() if actor.account_id else None
    if account is None:
        raise NotSignedIn
    factor, begun = confirmed_factor(account.id), begun_factor(account.id)
    return SecondFactorView(
        since=factor.confirmed_at if factor else None,
        used_at=factor.used_at if factor else None,
        recovery_codes=RecoveryCode.objects.filter(account=account).count(),
        begun=shown(secret_of(begun), account) if begun else None,
        is_needed=needs_second_factor(account.id),
        passkeys=passkeys_of(account.id),
        new_passkey=begun_passkey(account, session_id),
        certificates=own_certificates(account.id),
        new_certificate=begun_certificate(account.id, session_id),
        certificate_shown=shown_lately(account.id, session_id),
    )


def confirmed_factor(account_id: UUID) -> SecondFactor | None:
    """The factor that counts, or None. One query."""
    return SecondFactor.objects.filter(account_id=account_id, confirmed_at__isnull=False).first()


def begun_factor(account_id: UUID) -> SecondFactor | None:
    """The factor that was shown not long ago and waits for its first code, or None. One query."""
    recent = machine_now() - BEGUN_LASTS
    return SecondFactor.objects.filter(account_id=account_id, confirmed_at=None, begun_at__gt=recent).first()


def shown(secret: bytes, account: Account) -> NewSecondFactor:
    """A secret as its owner takes it over into the app."""
    issuer = configuration().site_sponsor or OUR_NAME
    return NewSecondFactor(readable_secret(secret), address_for_app(secret, issuer=issuer, login=account.login))


def seal_secret(factor_id: UUID, secret: bytes) -> bytes:
    """The secret as it is stored: the row alone tells nobody, and in another row it opens no more."""
    return INTL.seal(_key(), secret, about=factor_id.bytes)


def secret_of(factor: SecondFactor) -> bytes:
    """The secret of a factor. Raises NotSealed when row or key are not those with which it was stored."""
    return INTL.open(_key(), bytes(factor.secret), about=factor.id.bytes)


def _key() -> bytes:
    return hashlib.sha256(b"yiwang second factors\0" + force_bytes(settings.SECRET_KEY)).digest()
