"""Checked values of mandates 委托: who may act for whom, in what, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

__all__ = ["Mandate", "MandateState", "MandateView", "Mandates", "Matter", "Principal"]


class MandateState(StrEnum):
    """How a mandate stands on a civil date."""

    OFFERED = "offered"  # 待接受: the agent has not answered
    AHEAD = "ahead"  # 未开始: accepted, its first day lies ahead
    IN_FORCE = "in-force"  # 有效
    OVER = "over"  # 期满, or not answered in its time
    DECLINED = "declined"  # 未接受
    REVOKED = "revoked"  # 取消委托, by the principal
    GIVEN_BACK = "given-back"  # 辞去委托, by the agent


@dataclass(frozen=True, slots=True)
class Matter:
    """An item that an agent may be asked to do. title: in the language of who looks."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Principal:
    """For whom somebody may give a mandate: himself, or a subject that he represents by the word of its register.

    title: what its register calls it; empty where no register does.  matters: what an agent can be asked to do for it.
    """

    subject_id: UUID
    title: str
    is_oneself: bool
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate under which somebody acts now. giver_id: the person who gave it.  items: ids of the items it covers; None for all."""

    id: UUID
    subject_id: UUID
    giver_id: UUID | None
    items: frozenset[str] | None

    def covers(self, item: str) -> bool:
        """Whether it covers an item."""
        return self.items is None or item in self.items


@dataclass(frozen=True, slots=True)
class MandateView:
    """A mandate as principal and agent see it.

    principal, agent, given_by: what their registers call them; empty where none does.  matters: None for every item.
    valid_to: the first civil date without it.  received: the reader is the agent; else he speaks for the principal.
    """

    id: UUID
    subject_id: UUID
    principal: str
    agent: str
    given_by: str
    matters: tuple[Matter, ...] | None
    valid_from: date
    valid_to: date
    document: str
    offered_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    reason: str
    state: MandateState
    received: bool

    @property
    def last_day(self) -> date:
        """The last civil date on which it counts, unless it ends before."""
        return self.valid_to - timedelta(days=1)

    @property
    def awaits_answer(self) -> bool:
        """Whether the reader is asked to accept or decline it."""
        return self.received and self.state is MandateState.OFFERED

    @property
    def may_end(self) -> bool:
        """Whether the reader may end it: what is offered by who gave it, what is accepted by both."""
        if self.state is MandateState.OFFERED:
            return not self.received
        return self.state in (MandateState.AHEAD, MandateState.IN_FORCE)


@dataclass(frozen=True, slots=True)
class Mandates:
    """What somebody has to do with mandates. given: by those for whom he speaks.  received: as an agent. The newest first."""

    given: tuple[MandateView, ...]
    received: tuple[MandateView, ...]
