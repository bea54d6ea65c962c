"""Checked values of signing in here through others: outside identity providers 外部身份源, and what they say of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from yiwang.kernel.errors import NotSignedIn, msgid

__all__ = [
    "ENOUGH",
    "LEVEL",
    "LEVELS",
    "PROVED_THERE",
    "PROVIDER",
    "Arrived",
    "Described",
    "Finding",
    "Going",
    "Kind",
    "LinkView",
    "NewProvider",
    "NotBelieved",
    "OpenProvider",
    "OutsideRefused",
    "Purpose",
    "ProviderLine",
    "ProviderView",
    "Through",
    "Told",
    "Vouches",
    "Whom",
]

Kind = Literal["oidc", "saml"]
Whom = Literal["residents", "officers", "both"]
Vouches = Literal["citizen-id", "login"]
LEVELS = ("low", "substantial", "high")
"""How surely a provider knows whom it sends, the least first. Source: Regulation (EU) 910/2014, art. 8, whose words these are."""
PROVIDER, LEVEL, ENOUGH, PROVED_THERE = "provider", "level", "enough", "proved-there"
"""Under these names a session keeps through whom it began, how surely that knows its owner, whether that stands for two factors, and
when he proved there who he is, as far as it counts here.
"""


class Purpose(StrEnum):
    """What somebody is sent to a provider for."""

    SIGN_IN = "sign-in"
    PROVE = "prove"  # he is signed in, and shows once more that it is he


class OutsideRefused(NotSignedIn):
    """A provider has sent somebody, and he is not let in. `detail` says why, as far as it helps the person and nobody else."""

    code = "outside-refused"
    title = msgid("You could not be signed in this way")
    next_step = msgid("Try once more, or sign in with your password.")


class NotBelieved(Exception):
    """What came from a provider does not hold. The message is a word for the audit log, without personal data."""


@dataclass(frozen=True, slots=True)
class Described:
    """Where a provider is found, as its own description says it; looked up when an administrator connects it and kept.

    oidc: `authorization_endpoint`, `token_endpoint`, `jwks_uri`, and where it has them `userinfo_endpoint`, `end_session_endpoint`.
    saml: `sign_in_address`, `certificates` (Base64 of DER), and where it has one `sign_out_address`.
    """

    issuer: str
    says: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewProvider:
    """A provider as an administrator describes it.

    people: for whom it is open.  issuer: of OpenID Connect, or the entity id of SAML.  client_id, secret: as it knows us (OpenID Connect);
    an empty secret keeps the one before.  metadata: its description, where it is not fetched from the issuer (SAML: XML).
    vouches: which of our identifiers it says, under the name `claim`.  levels: what it calls a level → low, substantial, high; what stands
    here not is low.  two_factors: whether its level `high` stands for two factors of ours.
    """

    title: str
    kind: Kind
    people: Whom
    issuer: str
    vouches: Vouches
    claim: str
    client_id: str = ""
    secret: str = ""
    scopes: tuple[str, ...] = ()
    metadata: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    two_factors: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says of who has signed in there, believed.

    subject: under which it knows him.  said: the identifier for which it vouches, as it wrote it.  context: what it calls the level.
    at: when he last proved there who he is; None when it does not say.
    """

    subject: str
    said: str
    context: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """Through whom somebody was let in.  level: low, substantial, high.  enough: whether it stands for two factors.

    proved_at: when he proved there who he is, machine time, as far as it counts before a dangerous act; None when it does not.
    """

    provider_id: UUID
    level: str
    enough: bool
    proved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody has come back from a provider and is believed.  account: whose he is, with what libraries want of one.

    asked_more: whether a second factor of ours is asked of him yet.  request_id: as he was sent there.
    """

    account: Any
    through: Through
    asked_more: bool
    request_id: UUID


@dataclass(frozen=True, slots=True)
class Going:
    """Somebody is on his way to a provider.  address: to which his browser goes."""

    address: str
    request_id: UUID


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried of a connection.  words: msgid, `{named}` places filled from `params`."""

    is_well: bool
    words: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenProvider:
    """A provider as the sign-in page offers it."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider in a list.  links: how many accounts it is linked with."""

    id: UUID
    title: str
    kind: str
    people: str
    is_open: bool
    links: int


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider as administrators see it.  return_address, entity_id: what it has to be told of us.  digest: of what is declared."""

    line: ProviderLine
    issuer: str
    client_id: str
    has_secret: bool
    scopes: tuple[str, ...]
    vouches: str
    claim: str
    levels: Mapping[str, str]
    two_factors: bool
    said: Mapping[str, Any]
    return_address: str
    entity_id: str
    digest: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class LinkView:
    """A provider that knows somebody here.  used_at: when he last came through it."""

    id: UUID
    provider_title: str
    is_open: bool
    made_at: datetime
    used_at: datetime
