"""Checked values of reviews of rights 权限复核: who holds which post is laid before those who lead, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from yiwang.identity.values import AccountView, AssignmentKind
from yiwang.kernel.errors import Fault

__all__ = [
    "Answer",
    "Answered",
    "Outcome",
    "ReviewLineView",
    "ReviewLines",
    "ReviewPage",
    "ReviewView",
    "Unanswered",
    "Waiting",
]


class Unanswered(StrEnum):
    """What becomes of lines that nobody has answered at the end of the last day."""

    REPORT = "report"  # they are reported, and nothing else
    END = "end"  # the assignments end, but for those of the three administrators


class Answer(StrEnum):
    """What a reviewer says of a line."""

    KEEP = "keep"
    END = "end"


class Outcome(StrEnum):
    """What became of a line."""

    WAITS = "waits"
    KEPT = "kept"
    ENDED = "ended"  # by the reviewer's word
    ASKED = "asked"  # he asked for it; of an administrator's post the three bring it about
    GONE = "gone"  # the assignment ended otherwise, or was given an end, before anybody answered
    CHANGED = "changed"  # the post's duties were changed: these rights are no more
    UNANSWERED = "unanswered"  # nobody answered in time
    LAPSED = "lapsed"  # nobody answered in time, and so it ended


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review of rights. unit_title: empty for the whole city.  last_day: the last civil date on which answers count.

    counts: outcome → how many lines.  yours: how many wait for the actor.  closed_at: None while it is open.  opened_by: log-in.
    may_close: the actor can close it now.
    """

    id: UUID
    unit_id: UUID | None
    unit_title: str
    reason: str
    last_day: date
    unanswered: Unanswered
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    counts: Mapping[Outcome, int]
    yours: int
    may_close: bool

    @property
    def lines(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def answered(self) -> int:
        """Of how many something became, be it by itself."""
        return self.lines - self.counts.get(Outcome.WAITS, 0) - self.counts.get(Outcome.UNANSWERED, 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who has not answered. unit_title: whose head; empty: nobody leads there, so it is the security administrator.

    posts: those who lead, as people call their posts.  lines: how many wait for them.
    """

    unit_id: UUID | None
    unit_title: str
    posts: tuple[str, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A review with who has not answered yet, most lines first; at most 200."""

    review: ReviewView
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class ReviewLineView:
    """One assignment as it stood when the review was opened, and what became of it.

    unit_title, post_title, duties (ids), kind, valid_from, valid_to (first civil date without it), rests (during a secondment elsewhere):
    as they stood then.  signed_in_at: machine time at which the officer had signed in last; None: never.
    keeper: the system that says who holds the post, and has to end it there as well; empty where none does.
    administers: it is a post of one of the three administrators.  answered_by: log-in; empty where it came by itself.
    answered_at: business time.  reason: why it is to end.
    """

    id: UUID
    review_id: UUID
    assignment_id: UUID
    account: AccountView
    post_id: UUID
    unit_title: str
    post_title: str
    duties: tuple[str, ...]
    kind: AssignmentKind
    valid_from: date
    valid_to: date | None
    rests: bool
    signed_in_at: datetime | None
    keeper: str
    administers: bool
    outcome: Outcome
    answered_by: str
    answered_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewLines:
    """One page of lines, in the order of units and posts. next_cursor: give it back for the next page; empty on the last."""

    lines: tuple[ReviewLineView, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one line that was to be answered: an outcome, or the fault that stood against it."""

    line_id: UUID
    outcome: Outcome | None
    fault: Fault | None = None
