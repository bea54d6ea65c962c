"""With what tokens are signed. A key is published before it signs, signs for its term, and stays published while anything of it counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from joserfc.jwk import RSAKey

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import TOKEN_KEY_RENEWED
from yiwang.identity.models.single_sign_on import TokenKey
from yiwang.identity.queries.single_sign_on import key_for_signing, seal_key
from yiwang.identity.rules.single_sign_on import KEY_KNOWN_BEFORE, KEY_SIGNS
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now
from yiwang.settings import configuration

__all__ = ["renew_token_key", "signing_key", "system_tend_token_keys"]

BITS = 2048


@service("token-key.renew")
def renew_token_key(actor: Actor, *, withdraw: bool = False) -> UUID:
    """Make a key that signs from now on, in place of the present one; return its id.

    withdraw: the keys before count no more at once, whatever they signed: somebody else may have them. Otherwise they stay published
    until nothing that they signed can count.
    """
    act = current_act()
    _alone()
    now = machine_now()
    for old in TokenKey.objects.filter(published_until__gt=now):
        old.signs_until = min(old.signs_until, now)
        old.published_until = now if withdraw else min(old.published_until, now + _counts())
        old.private = None
        old.save()
    made = _make(now)
    act.about("token-key", made.id)
    act.emit(TOKEN_KEY_RENEWED, subject=made.id, data={"withdrawn": withdraw})
    return made.id


def signing_key() -> RSAKey:
    """The key that signs now; where none does, for instance because the city slept through its term, a new one."""
    found = key_for_signing()
    if found is not None:
        return found
    with transaction.atomic():
        _alone()
        found = key_for_signing()
        if found is None:
            _make(machine_now())
            found = key_for_signing()
    if found is None:
        raise AssertionError("The key was just made.")
    return found


def system_tend_token_keys() -> int:
    """Make the next key in time, and drop the private halves of those that sign no more; return how many were made. For the hourly job."""
    with transaction.atomic():
        _alone()
        now = machine_now()
        TokenKey.objects.filter(signs_until__lte=now, private__isnull=False).update(private=None)
        last = TokenKey.objects.order_by("-signs_until").first()
        if last is None or last.signs_until - now > KEY_KNOWN_BEFORE:
            return 0  # without a key nobody is connected
        _make(max(last.signs_until, now))
        return 1


def _counts() -> timedelta:
    """So long something that was signed can count: an ID token is shown again when its person signs out, at the latest with the session."""
    return timedelta(hours=configuration().session_hours + 1)


def _make(signs_from: datetime) -> TokenKey:
    id = uuid7()
    key = RSAKey.generate_key(BITS, {"kid": str(id), "use": "sig", "alg": "RS256"})
    until = signs_from + KEY_SIGNS
    return TokenKey.objects.create(
        id=id,
        public=key.as_dict(private=False),
        private=seal_key(id, key.as_pem(private=True)),
        signs_from=signs_from,
        signs_until=until,
        published_until=until + _counts(),
    )


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('identity.token-keys'))")
