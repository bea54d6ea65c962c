"""Checked values of signing in by a certificate 数字证书: the authorities that issue them, and the certificates that people registered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from yiwang.identity.values.outside import Whom

__all__ = [
    "CERTIFICATE",
    "AuthorityLine",
    "AuthorityView",
    "CertificateAnswer",
    "CertificateShown",
    "CertificateStanding",
    "CertificateView",
    "ChainLine",
    "ChallengeView",
    "ListState",
    "NewAuthority",
    "NewCertificate",
    "NotBelieved",
    "SignedFor",
]

CERTIFICATE = "certificate"
"""Under this name a session keeps by which registered certificate it began."""
ListState = Literal["not-kept", "missing", "fresh", "overdue"]
CertificateStanding = Literal["serves", "early", "expired", "revoked", "shut", "list"]


class NotBelieved(Exception):
    """What was handed in does not hold. The message is a word for the audit log, without personal data."""


class SignedFor(StrEnum):
    """What a challenge is signed for. It stands in the text, so that what was signed for one opens nothing else."""

    SIGN_IN = "sign-in"
    PROVE = "prove"  # he is signed in, and shows once more that it is he
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """A certificate authority 认证机构 as an administrator describes it.

    people: for whom it is.  chain: PEM, the issuing authority and whoever stands above it, up to its root, in any order.  has_list: it
    publishes a list of revoked certificates, and one that is overdue lets nobody in.  number_attribute: under which attribute of the
    subject or extension (OID, dotted) it writes a person's ID number; empty where it writes none.
    """

    title: str
    people: Whom
    chain: str = ""
    has_list: bool = True
    number_attribute: str = ""


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One certificate of an authority. Times are UTC.  fingerprint: SHA-256, hexadecimal.  key: P-256, P-384, RSA, SM2."""

    subject: str
    serial: str
    fingerprint: str
    key: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class AuthorityLine:
    """An authority in a list.  certificates: how many people registered.  key: its kind.  list_state: how its list of revoked ones is.

    list_until: when the next one is due, None where there is none.  valid_until: when the first of its own certificates ends. UTC.
    """

    id: UUID
    title: str
    people: str
    key: str
    is_open: bool
    certificates: int
    list_state: ListState
    list_until: datetime | None
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """An authority as administrators see it.  revoked: how many its list names.  digest: of everything that is declared."""

    line: AuthorityLine
    chain: tuple[ChainLine, ...]
    has_list: bool
    number_attribute: str
    revoked: int
    list_from: datetime | None
    list_number: str
    digest: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A registered certificate as its owner, or an administrator, sees it. Times are UTC, of the machine.

    name: as its owner calls it.  serial: hexadecimal.  standing: serves; early (not yet), expired, revoked; shut: its authority is;
    list: the authority's list of revoked certificates is overdue.
    """

    id: UUID
    name: str
    authority: str
    serial: str
    valid_until: datetime
    made_at: datetime
    used_at: datetime | None
    standing: CertificateStanding


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A certificate that was registered.  recovery_codes: shown this once, where the account had none; else empty."""

    certificate: CertificateView
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """What is to be signed, to the byte (ASCII, lines end with CR LF), and until when (UTC, machine time)."""

    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """What a key program made of a challenge: CMS SignedData in DER, PEM or Base64; and the session that was asked."""

    answer: bytes
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """In place of a passkey's answer: in this session the person has proved himself by his certificate a moment ago."""

    session_id: UUID | None
