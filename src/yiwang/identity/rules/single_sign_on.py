"""The arithmetic of signing people in to other systems: who is called what, what is declared well, how long things last."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from yiwang.identity.values.single_sign_on import NewClient, SignOnScope
from yiwang.kernel.errors import FieldFault, msgid

__all__ = [
    "ACCESS_LASTS",
    "CODE_LASTS",
    "ID_TOKEN_LASTS",
    "KEY_KNOWN_BEFORE",
    "KEY_SIGNS",
    "acr_of",
    "address_faults",
    "amr_of",
    "client_faults",
    "digest_of",
    "new_secret",
    "origin_of",
    "subject_of",
]

CODE_LASTS = timedelta(seconds=60)
ACCESS_LASTS = timedelta(minutes=10)
ID_TOKEN_LASTS = timedelta(minutes=10)
KEY_SIGNS = timedelta(days=90)
KEY_KNOWN_BEFORE = timedelta(days=2)
"""A new key is published so long before it signs: clients keep a set of keys for a day."""
LONGEST_TITLE = 60
LONGEST_ADDRESS = 500
MOST_ADDRESSES = 10
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
OFFICERS_ONLY = {SignOnScope.PROFILE, SignOnScope.POSTS}

_AMR = {
    "password": ("pwd",),
    "app": ("pwd", "otp", "mfa"),
    "recovery": ("pwd", "otp", "mfa"),
    "passkey": ("pwd", "pop", "mfa"),
    "passkey-alone": ("pop", "user", "mfa"),
    "certificate": ("pop", "mfa"),
    "outside-two": ("mfa",),
}
OUTSIDE = {"outside", "outside-two"}
"""Let in through another provider, whose means are not ours to name."""
PASSWORD_ALONE = "urn:yiwang:acr:password"  # noqa: S105 - the name of a level
FROM_OUTSIDE = "urn:yiwang:acr:outside"
TWO_FACTORS = "urn:yiwang:acr:two-factors"
PHISHING_RESISTANT = "phr"
BOUND_TO_THE_SITE = {"passkey", "passkey-alone"}
"""What a browser gives to the page of this site alone. The file that a certificate signs goes through the hands of its person."""


def digest_of(secret: str) -> bytes:
    """What is kept of a secret of ours. They are long and random: nobody finds one by trying, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """256 random bits, as text."""
    return secrets.token_urlsafe(32)


def subject_of(salt: bytes, account_id: UUID) -> str:
    """The `sub` of an account at the client of this salt. Source: OpenID Connect Core 1.0, 8.1: no two clients can compare notes."""
    return base64.urlsafe_b64encode(hashlib.sha256(salt + account_id.bytes).digest()).rstrip(b"=").decode()


def amr_of(factors: Collection[str]) -> list[str]:
    """By what somebody proved who he is, in the words of RFC 8176."""
    words = {word for factor in factors for word in _AMR.get(factor, ())}
    return sorted(words - {"pwd"} if OUTSIDE & set(factors) else words)


def acr_of(factors: Collection[str]) -> str:
    """How well: by a password alone, through another provider, by two factors, or so that no false page could have got it.

    Source of the last: OpenID EAP ACR Values 1.0.
    """
    amr = amr_of(factors)
    if BOUND_TO_THE_SITE & set(factors):
        return PHISHING_RESISTANT
    if "mfa" in amr:
        return TWO_FACTORS
    return FROM_OUTSIDE if OUTSIDE & set(factors) else PASSWORD_ALONE


def origin_of(address: str) -> str:
    """Scheme, host and port, as a content security policy names them; for an app's own scheme the scheme alone."""
    parts = urlsplit(address)
    return (
        f"{parts.scheme}://{parts.netloc}" if parts.netloc and parts.scheme in {"http", "https"} else f"{parts.scheme}:"
    )


def client_faults(given: NewClient, *, https: bool) -> list[FieldFault]:
    """Everything wrong with a client as described.  https: the city is reached by HTTPS, and so has to be whoever hears of its people."""
    faults = _title_faults(given.title)
    if not given.redirect_addresses:
        faults.append(
            FieldFault("redirect_addresses", "required", msgid("Say to which addresses people return from signing in."))
        )
    for name, addresses in (
        ("redirect_addresses", given.redirect_addresses),
        ("leaving_addresses", given.leaving_addresses),
        ("notice_address", (given.notice_address,) if given.notice_address else ()),
    ):
        faults += address_faults(name, addresses, https=https, own_scheme=given.public and name != "notice_address")
    if SignOnScope.OPENID not in given.scopes:
        faults.append(FieldFault("scopes", "required", msgid("Every connected system hears who it is (openid).")))
    if given.people == "everybody":
        if given.scopes & OFFICERS_ONLY:
            message = msgid("Names, log-ins and posts are told to systems for officers alone.")
            faults.append(FieldFault("scopes", "officers-only", message))
        if not given.asks_consent:
            faults.append(FieldFault("asks_consent", "residents-are-asked", msgid("Residents are always asked.")))
    return faults


def _title_faults(title: str) -> list[FieldFault]:
    if not title.strip():
        return [FieldFault("title", "required", msgid("Give the system a name by which people know it."))]
    if len(title) > LONGEST_TITLE:
        return [FieldFault("title", "too-long", msgid("At most {most} characters."), {"most": LONGEST_TITLE})]
    return []


def address_faults(name: str, addresses: Sequence[str], *, https: bool, own_scheme: bool) -> list[FieldFault]:
    """What is wrong with addresses of another system.  https: the city is reached by HTTPS, and so has to be the other."""
    if len(addresses) > MOST_ADDRESSES:
        return [FieldFault(name, "too-many", msgid("At most {most} addresses."), {"most": MOST_ADDRESSES})]
    wrong = [one for one in addresses if not _is_fit(one, https=https, own_scheme=own_scheme)]
    message = msgid(
        "An address has to be complete and without “#”, and begin with https:// outside this machine: {address}"
    )
    return [FieldFault(name, "not-an-address", message, {"address": one}) for one in wrong]


def _is_fit(address: str, *, https: bool, own_scheme: bool) -> bool:
    """Printable ASCII, absolute, no fragment (RFC 6749, 3.1.2); safe transport; an app's own scheme has a dot (RFC 8252, 7.1)."""
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        return False
    if any(one in address for one in " \"\\<>#*'{}|^`"):
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises ValueError where it is none
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return bool(parts.hostname) and (not https or parts.hostname in LOOPBACK)
    return own_scheme and "." in parts.scheme
