"""Checked values of emergency access 应急查阅: two administrators open one thing for minutes, and a third reads what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

__all__ = ["EmergencyState", "EmergencyView", "Verdict"]


class EmergencyState(StrEnum):
    """How an emergency access stands."""

    OPEN = "open"  # its time runs
    TO_REVIEW = "to-review"  # over, and the audit administrator has not said what he thinks of it
    REVIEWED = "reviewed"


class Verdict(StrEnum):
    """What the audit administrator finds."""

    PROPER = "proper"  # 合规
    IMPROPER = "improper"  # 不合规


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """One emergency access as the three administrators see it.

    title: what kind of thing was opened, a msgid.  reference: its number, as it was entered.  by, by_subject, by_post: who asked for it and
    in which post; consented_by likewise who consented.  Moments are machine time: this timer does not move with a demonstration's date.
    seconds_left: until it ends by itself; 0 once it is over.  looks: when it was read, the first first.
    mine: the actor asked for it.  yours: it waits for what the actor, the auditor, thinks of it.  may_end: he can end it now.
    """

    id: UUID
    kind: str
    title: str
    reference: str
    reason: str
    by: str
    by_subject: UUID | None
    by_post: str
    consented_by: str
    consented_by_subject: UUID | None
    begun_at: datetime
    lasts_until: datetime
    ended_at: datetime | None
    seconds_left: int
    looks: tuple[datetime, ...]
    state: EmergencyState
    verdict: Verdict | None
    remark: str
    reviewed_by: str
    reviewed_at: datetime | None
    mine: bool
    yours: bool
    may_end: bool
