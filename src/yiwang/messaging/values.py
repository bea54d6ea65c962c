"""What a message looks like from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

__all__ = ["Inbox", "MessageView", "Recipient"]


@dataclass(frozen=True, slots=True)
class MessageView:
    """One in-system message.  case_id: the case it is about, or None.  read_at: None while unread. Instants are UTC.

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
