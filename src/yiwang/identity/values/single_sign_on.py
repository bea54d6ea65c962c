"""Checked values of signing people in to other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

__all__ = [
    "FACTORS",
    "Answer",
    "Asked",
    "ClientLine",
    "ClientView",
    "ConnectedView",
    "Here",
    "Leaving",
    "NewClient",
    "NewClientSecret",
    "Next",
    "People",
    "Sent",
    "SignOnScope",
]

FACTORS = "factors"
"""Under this name a session keeps by what its owner was let in."""

People = Literal["officers", "everybody"]


class SignOnScope(StrEnum):
    """What a client may ask to hear."""

    OPENID = "openid"  # that it is the same person as last time
    PROFILE = "profile"  # the name and the log-in of an officer
    POSTS = "posts"  # the posts that an officer holds, and the one in which he acts
    OFFLINE = "offline_access"  # refresh tokens; they end with the session, too


@dataclass(frozen=True, slots=True)
class NewClient:
    """A system to be connected, as an administrator describes it.

    unit: code of the unit whose system it is.  public: it runs where it can keep no secret.  notice_address: where it hears of ended
    sessions (back-channel logout); empty: nowhere.
    """

    title: str
    unit: str
    people: People
    redirect_addresses: tuple[str, ...]
    scopes: frozenset[SignOnScope]
    asks_consent: bool = True
    public: bool = False
    leaving_addresses: tuple[str, ...] = ()
    notice_address: str = ""


@dataclass(frozen=True, slots=True)
class NewClientSecret:
    """The id of a client with its secret, which nothing shows again; empty for a public one."""

    id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client in a list. signed_on: how many people are signed in there now."""

    id: UUID
    title: str
    unit_title: str
    people: People
    signed_on: int
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client as its administrator sees it. unheard: notices of ended sessions that it did not take."""

    line: ClientLine
    public: bool
    asks_consent: bool
    scopes: tuple[str, ...]
    redirect_addresses: tuple[str, ...]
    leaving_addresses: tuple[str, ...]
    notice_address: str
    made_at: datetime
    unheard: int


@dataclass(frozen=True, slots=True)
class ConnectedView:
    """A system that hears of a person because he agreed. signed_on: whether he is signed in there now."""

    client_id: UUID
    title: str
    unit_title: str
    scopes: tuple[str, ...]
    given_at: datetime
    signed_on: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of the protocol as it came in.  authorization: the header.  Names that came twice have two values."""

    method: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    authorization: str = ""


@dataclass(slots=True)
class Answer:
    """What the protocol answers: a document for a program, or, with a `location`, where a browser goes on."""

    status: int
    body: Mapping[str, object] | str
    headers: dict[str, str]

    @property
    def location(self) -> str:
        """Where the browser goes on; empty for a document."""
        return self.headers.get("Location", "")


@dataclass(frozen=True, slots=True)
class Here:
    """The session in which somebody is asked. proved_at: machine time at which he last proved who he is."""

    session_id: UUID
    account_id: UUID
    proved_at: datetime
    factors: tuple[str, ...]


class Next(StrEnum):
    """What has to happen before a client hears who it is."""

    ANSWER = "answer"  # nothing more: the client gets an answer, for instance a refusal
    SHOW = "show"  # the client is not who it says: the person is told, and nobody is sent anywhere
    SIGN_IN = "sign-in"
    PROVE = "prove"
    CHOOSE_POST = "choose-post"
    CONSENT = "consent"
    BEGIN = "begin"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client's request comes to. client, unit_title, scopes: for the page that asks for consent.

    origin: to which a browser goes when the page's form was sent.  go_on: the query with which the request comes back here when that is
    done.  said: for `SHOW`, what is wrong, in the protocol's words.
    """

    next: Next
    answer: Answer | None = None
    title: str = ""
    unit_title: str = ""
    scopes: tuple[str, ...] = ()
    for_officers: bool = False
    origin: str = ""
    go_on: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a client's request to sign somebody out comes to.

    location: where he goes on then; empty: to our own page.  sure: it is this very session that the client speaks of; without, the
    person is asked.  title: of the client, empty when it is not known.
    """

    location: str
    sure: bool
    title: str
    origin: str = ""
