"""What a provider is declared well by, and what its word is worth. The two languages that providers speak stand beside: `outside_oidc`,
`outside_saml`.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from urllib.parse import urlsplit

from yiwang.identity.values.outside import LEVELS, NewProvider
from yiwang.kernel.errors import FieldFault, msgid

__all__ = [
    "CLOCKS_DIFFER",
    "PROOF_LEVEL",
    "WAY_LASTS",
    "address_is_fit",
    "at_least",
    "from_the_highest",
    "level_of",
    "missing_faults",
    "provider_faults",
    "request_digest",
]

CLOCKS_DIFFER = timedelta(seconds=60)
"""So far a provider's clock may be off."""
WAY_LASTS = timedelta(minutes=15)
"""So long somebody may be on his way to a provider and back: he may have to look for his telephone."""
PROOF_LEVEL = "substantial"
"""What is below proves nobody before a dangerous act."""
LONGEST_TITLE = 40
LONGEST_ADDRESS = 500
LONGEST_WORD = 200
MOST_LEVELS = 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def level_of(context: str, levels: dict[str, str]) -> str:
    """What a level that the provider names is here. One that nobody has declared is the least."""
    found = levels.get(context, LEVELS[0])
    return found if found in LEVELS else LEVELS[0]


def from_the_highest(levels: dict[str, str]) -> dict[str, str]:
    """What a provider calls its levels → what they are here, the highest first."""
    known = [one for one in levels.items() if one[1] in LEVELS]
    return dict(sorted(known, key=lambda one: (-LEVELS.index(one[1]), one[0])))


def at_least(level: str, least: str) -> bool:
    """Whether a level is as high as another, or higher."""
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(least)


def request_digest(handle: str) -> bytes:
    """What is kept of `state`, or of the id of a SAML request: long and random, so a plain digest is enough."""
    return hashlib.sha256(handle.encode()).digest()


def provider_faults(given: NewProvider, *, https: bool) -> list[FieldFault]:
    """Everything wrong with a provider as described.  https: the city is reached by HTTPS.

    By which id and secret it knows us may come later: it gives them out for the address that we have only then.
    """
    faults = _word_faults("title", given.title, LONGEST_TITLE, msgid("Give it the name by which people know it."))
    faults += _word_faults("claim", given.claim, LONGEST_WORD, msgid("Say under which name it says the identifier."))
    if given.vouches == "login" and given.people != "officers":
        message = msgid("Residents are known by their ID number: a provider that says log-ins is for officers alone.")
        faults.append(FieldFault("vouches", "officers-only", message))
    if given.kind == "oidc":
        if not address_is_fit(given.issuer, https=https) or "?" in given.issuer:
            faults.append(FieldFault("issuer", "not-an-address", _ADDRESS, {"address": given.issuer[:LONGEST_WORD]}))
        faults += [] if not given.client_id else _word_faults("client_id", given.client_id, LONGEST_WORD, "")
    elif not given.metadata.strip():
        faults.append(FieldFault("metadata", "required", msgid("Paste the description (metadata) that it publishes.")))
    for scope in given.scopes:
        if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}", scope):
            faults.append(FieldFault("scopes", "not-a-scope", msgid("A scope is one word.")))
    return faults + _level_faults(given)


def missing_faults(kind: str, client_id: str, *, has_secret: bool) -> list[FieldFault]:
    """What has to be entered before people may come through it."""
    faults = []
    if kind == "oidc" and not client_id:
        faults.append(FieldFault("client_id", "required", msgid("Say by which id it knows us.")))
    if kind == "oidc" and not has_secret:
        faults.append(FieldFault("secret", "required", msgid("Enter the secret that it gave us.")))
    return faults


_ADDRESS = msgid(
    "An address has to be complete and without “#”, and begin with https:// outside this machine: {address}"
)


def _level_faults(given: NewProvider) -> list[FieldFault]:
    if len(given.levels) > MOST_LEVELS:
        return [FieldFault("levels", "too-many", msgid("At most {most} lines."), {"most": MOST_LEVELS})]
    faults = []
    for name, level in given.levels.items():
        if level not in LEVELS or not 0 < len(name) <= LONGEST_WORD:
            message = msgid("Write the name of the level, “=”, and low, substantial or high: {line}")
            faults.append(FieldFault("levels", "not-a-level", message, {"line": f"{name} = {level}"[:LONGEST_WORD]}))
    if given.two_factors and "high" not in given.levels.values():
        message = msgid("No level of this provider is declared as high, so none can count as two factors.")
        faults.append(FieldFault("two_factors", "no-high-level", message))
    return faults


def _word_faults(name: str, given: str, longest: int, required: str) -> list[FieldFault]:
    if not given.strip():
        return [FieldFault(name, "required", required)]
    if len(given) > longest:
        return [FieldFault(name, "too-long", msgid("At most {most} characters."), {"most": longest})]
    return (
        []
        if given.isprintable()
        else [FieldFault(name, "malformed", msgid("This cannot be read as what is asked for."))]
    )


def address_is_fit(address: object, *, https: bool) -> bool:
    """Whether people may be sent there, or we may ask there: printable, absolute, no fragment, safe outside this machine.

    https: the city is reached by HTTPS. Without, it is a trial in which others may speak plainly, too.
    """
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS or not address.isascii():
        return False
    if not address.isprintable() or any(one in address for one in " \"\\<>#*'{}|^`;,"):
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises ValueError where it is none
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and (not https or parts.hostname in LOOPBACK))
