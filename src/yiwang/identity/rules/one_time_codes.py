"""Codes that an authenticator app shows 动态口令, and codes for the day on which it is lost.

Source: RFC 6238 (TOTP) with the parameters that every app knows: HMAC-SHA-1, 30 seconds, six digits; RFC 4226 4 R6: a shared secret of
160 bits.
"""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from datetime import datetime
from hmac import compare_digest
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

__all__ = [
    "address_for_app",
    "canonical_code",
    "code_at",
    "new_recovery_code",
    "new_secret",
    "readable_secret",
    "step_of_code",
]

STEP_SECONDS = 30
DIGITS = 6
SLACK = 1
"""Steps that a telephone's clock may be ahead or behind (RFC 6238 5.2)."""
SECRET_BYTES = 20
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters that look alike."""
RECOVERY_SIGNS = 10


def new_secret() -> bytes:
    """A fresh shared secret."""
    return secrets.token_bytes(SECRET_BYTES)


def readable_secret(secret: bytes) -> str:
    """The secret for who types it into the app, in groups of four (base32)."""
    plain = base64.b32encode(secret).decode("ascii")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def address_for_app(secret: bytes, *, issuer: str, login: str) -> str:
    """What the QR code says: the `otpauth` address that authenticator apps read.  issuer: the name over the code in the app."""
    asked = {
        "secret": base64.b32encode(secret).decode("ascii"),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP_SECONDS,
    }
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{urlencode(asked, quote_via=quote)}"


def code_at(secret: bytes, moment: datetime) -> str:
    """The code that the app shows at an instant."""
    return _code(secret, int(moment.timestamp()) // STEP_SECONDS)


def step_of_code(secret: bytes, code: str, moment: datetime) -> int | None:
    """Number of the half minute to which the code belongs, when that is now or next to it; else None. Takes the same time for every code.

    Who stores the number and takes only later ones lets no code in twice (RFC 6238 5.2).
    """
    now = int(moment.timestamp()) // STEP_SECONDS
    steps = [now + ahead for ahead in range(-SLACK, SLACK + 1)]
    matching = [step for step in steps if compare_digest(_code(secret, step).encode(), code.encode())]
    return max(matching, default=None)


def canonical_code(typed: str) -> str:
    """A code as it is compared: full-width digits as ASCII, small letters, and nothing but digits and letters."""
    return re.sub(r"[^0-9a-z]", "", unicodedata.normalize("NFKC", typed[:64]).lower())


def new_recovery_code() -> str:
    """A code that serves once in place of the app, easily read; about 49 bits."""
    signs = "".join(secrets.choice(SIGNS) for _ in range(RECOVERY_SIGNS))
    return f"{signs[:5]}-{signs[5:]}"


def _code(secret: bytes, step: int) -> str:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS).generate(step * STEP_SECONDS).decode("ascii")  # noqa: S303 - RFC 6238's
