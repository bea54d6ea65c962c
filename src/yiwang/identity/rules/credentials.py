"""What a login and a password must be. Source: GB/T 22239-2019 8.1.4.1 a) (complexity of credentials)."""

from __future__ import annotations

import re
import unicodedata

from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["SHORTEST_OF_ADMINISTRATORS", "SHORTEST_PASSWORD", "canonical_login", "login_faults", "password_faults"]

SHORTEST_PASSWORD = 10
SHORTEST_OF_ADMINISTRATORS = 12
LONGEST_PASSWORD = 256
CLASSES_NEEDED = 3


def canonical_login(login: str) -> str:
    """The one spelling of a login: full-width forms as ASCII, lower case, no spaces around."""
    return unicodedata.normalize("NFKC", login[:256]).strip().lower()


def login_faults(login: str, pointer: str = "login") -> list[FieldFault]:
    """What is wrong with a login in its one spelling. It begins with a letter, so no ID number can be a login."""
    if re.fullmatch(r"[a-z][a-z0-9._-]{2,63}", login):
        return []
    return [
        FieldFault(
            pointer,
            "login-shape",
            msgid(
                "A login has 3 to 64 characters: it begins with a letter, then letters, digits, dots, hyphens and underscores."
            ),
        )
    ]


def password_faults(
    password: str, login: str, pointer: str = "password", *, least: int = SHORTEST_PASSWORD
) -> list[FieldFault]:
    """What is wrong with a new password: every broken rule at once. least: characters."""
    faults = []
    if not least <= len(password) <= LONGEST_PASSWORD:
        faults.append(
            FieldFault(
                pointer,
                "password-length",
                msgid("A password has {least} to {most} characters."),
                {"least": least, "most": LONGEST_PASSWORD},
            )
        )
    classes = [r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]"]
    if sum(re.search(one, password) is not None for one in classes) < CLASSES_NEEDED:
        faults.append(
            FieldFault(
                pointer,
                "password-classes",
                msgid("A password has three of these: small letters, capitals, digits, other characters."),
            )
        )
    if login and login in password.lower():
        faults.append(FieldFault(pointer, "password-has-login", msgid("A password must not contain the login.")))
    return faults
