"""Checked values of applications for rights 权限申请: a post is to have one more duty until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from yiwang.identity.values import DutyView
from yiwang.kernel.errors import Conflict, FieldFault, msgid

__all__ = ["AskableDuty", "DutyRequestOver", "DutyRequestState", "DutyRequestView"]


class DutyRequestState(StrEnum):
    """How an application for a duty stands."""

    WAITS = "waits"
    GRANTED = "granted"  # the post has the duty
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # it was granted, and the post has it no more: its last day is over, it was given back or taken


@dataclass(frozen=True, slots=True)
class AskableDuty:
    """A duty that posts may ask for. against: why this post cannot, now; None: it may."""

    duty: DutyView
    longest_days: int
    against: FieldFault | None


@dataclass(frozen=True, slots=True)
class DutyRequestView:
    """An application for a duty.

    duty: None when no release declares it any more.  last_day: the last civil date with it.  mine: the actor asked.  ended_on: the first
    civil date without what was granted.  answer: why it was refused.  case_number: empty until a case has decided.
    """

    id: UUID
    post_id: UUID
    post_title: str
    unit_title: str
    duty_id: str
    duty: DutyView | None
    last_day: date
    reason: str
    asked_at: datetime
    mine: bool
    state: DutyRequestState
    answer: str = ""
    case_number: str = ""
    decided_at: datetime | None = None
    ended_on: date | None = None


class DutyRequestOver(Conflict):
    """Somebody decided, or whoever asked has taken it back."""

    code = "duty-request-over"
    title = msgid("This application for rights is no longer as you saw it")
    next_step = msgid("Look at what became of it.")
