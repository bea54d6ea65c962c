"""The passkeys of an account, and the site for which they serve."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from yiwang.identity.models import Account, Passkey, PasskeyChallenge
from yiwang.identity.rules.passkeys import creation_options
from yiwang.identity.values import PasskeyView, RelyingParty
from yiwang.kernel.time import machine_now
from yiwang.settings import configuration

__all__ = ["begun_passkey", "has_passkey", "keys_of", "passkeys_of", "relying_party", "view_of"]

OUR_NAME = "Yiwang 一网"
LOCAL = "localhost"
STANDARD_PORTS = {"https": 443, "http": 80}


def relying_party() -> RelyingParty | None:
    """The site as passkeys know it, by the address under which the public reaches it (`YIWANG_PUBLIC_ADDRESS`).

    None where browsers allow no passkeys: without HTTPS, or under a number instead of a name. This machine itself counts as safe, by the
    name `localhost` alone (WebAuthn 3, 5.1.3; W3C Secure Contexts 3.1).
    """
    given = configuration()
    parts = urlsplit(given.public_address or f"http://{LOCAL}:{given.port}")
    host = (parts.hostname or "").encode("idna").decode("ascii")
    if not host or not (parts.scheme == "https" or host == LOCAL or host.endswith(f".{LOCAL}")) or _is_number(host):
        return None
    port = "" if parts.port in {None, STANDARD_PORTS[parts.scheme]} else f":{parts.port}"
    return RelyingParty(host, given.site_sponsor or OUR_NAME, f"{parts.scheme}://{host}{port}")


def has_passkey(account_id: UUID) -> bool:
    """Whether the account has a passkey. One query."""
    return Passkey.objects.filter(account_id=account_id).exists()


def passkeys_of(account_id: UUID) -> tuple[PasskeyView, ...]:
    """The passkeys of an account, the oldest first. One query."""
    return tuple(view_of(one) for one in Passkey.objects.filter(account_id=account_id).order_by("id"))


def keys_of(account_id: UUID) -> list[tuple[bytes, list[str]]]:
    """What a browser is told of the passkeys of an account: their ids, and how it reaches them. One query."""
    held = Passkey.objects.filter(account_id=account_id).order_by("id").values_list("credential_id", "transports")
    return [(bytes(id), transports) for id, transports in held]


def begun_passkey(account: Account, session_id: UUID | None) -> Mapping[str, object] | None:
    """What the browser of this session is to be asked for a new passkey that was begun not long ago, or None. Two queries."""
    party = relying_party()
    if party is None or session_id is None:
        return None
    waiting = PasskeyChallenge.objects.filter(session_id=session_id, adds=True, lasts_until__gt=machine_now()).first()
    if waiting is None:
        return None
    return creation_options(
        party,
        handle=account.id.bytes,
        login=account.login,
        challenge=bytes(waiting.challenge),
        present=keys_of(account.id),
    )


def view_of(passkey: Passkey) -> PasskeyView:
    """A passkey as its owner sees it."""
    return PasskeyView(passkey.id, passkey.name, passkey.made_at, passkey.used_at, passkey.backed_up)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
