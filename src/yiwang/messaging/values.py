"""What a message looks like from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from yiwang.kernel.errors import Conflict, Fault

__all__ = [
    "DELIVERY_STATES",
    "DROPPED",
    "FAILED",
    "SENDING",
    "SENT",
    "WAITING",
    "ContactView",
    "Inbox",
    "Letter",
    "MailOff",
    "MessageView",
    "Recipient",
    "TooManyCodes",
]

WAITING: Final = "waiting"
SENDING: Final = "sending"
SENT: Final = "sent"
FAILED: Final = "failed"
DROPPED: Final = "dropped"
DELIVERY_STATES: Final = (WAITING, SENDING, SENT, FAILED, DROPPED)
"""Where a letter stands: to be tried, claimed by a worker, taken by the server, given up, no longer wanted."""


class MailOff(Conflict):
    """The city sends no e-mail."""

    code = "mail-off"
    title = "This city sends no e-mail yet"
    next_step = "Your messages are always here; look at them when you like."


class TooManyCodes(Fault):
    """An account has had more codes sent in one day than one needs."""

    code = "too-many-codes"
    status = 429
    title = "Too many codes have been sent today"
    next_step = "Try again tomorrow. Your messages are always here."


@dataclass(frozen=True, slots=True)
class MessageView:
    """One in-system message.  case_id: the case it is about, or None.  read_at: None while unread. Instants are UTC.

    mail: whether it went to the reader's e-mail address as well (`DELIVERY_STATES`); empty when he wanted none.
    about_kind, about_id: what the message is about more closely than a case, such as an alert; empty and None without it.
    """

    id: UUID
    title: str
    body: str
    case_id: UUID | None
    sent_at: datetime
    read_at: datetime | None
    about_kind: str = ""
    about_id: UUID | None = None
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of messages, newest first.  next: cursor of the next page, or None."""

    rows: tuple[MessageView, ...]
    unread: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a message: exactly one of a subject, an account, or whoever sits in a post."""

    subject_id: UUID | None = None
    account_id: UUID | None = None
    post_id: UUID | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.subject_id, self.account_id, self.post_id)) != 1:
            raise ValueError("A message has exactly one recipient.")


@dataclass(frozen=True, slots=True)
class ContactView:
    """Where the reader's messages go besides the inbox.  address: confirmed, or empty.  asked: waits for its code, or empty.

    is_offered: whether the city sends mail at all.
    """

    address: str
    asked: str
    is_offered: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail to be handed over.  id: the same for every attempt.  attempt: from 1."""

    id: UUID
    to: str
    subject: str
    text: str
    attempt: int
