"""Other systems to which officers' accounts are supplied 接收系统."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

__all__ = ["NewReceiver", "ReceiverLine", "ReceiverPage", "SupplyLine", "SupplyState"]


class SupplyState(StrEnum):
    """How far an account has come at a receiver. failed: it was tried often enough; somebody has to look."""

    DUE = "due"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewReceiver:
    """A system to be connected.

    unit: code of the unit whose system it is.  units: codes of the units whose officers, with all below them, have accounts there.
    address: of its SCIM service, without the last slash.  token: what it gave us to show.
    """

    title: str
    unit: str
    units: Sequence[str]
    address: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceiverLine:
    """A receiver as lists show it. counts: state → how many accounts.  active: how many officers have an account there now."""

    id: UUID
    title: str
    unit_title: str
    units: tuple[str, ...]
    counts: Mapping[str, int]
    active: int
    closed_at: datetime | None

    @property
    def on_the_way(self) -> int:
        """How many it has still to hear of."""
        return self.counts.get("due", 0) + self.counts.get("sending", 0)


@dataclass(frozen=True, slots=True)
class SupplyLine:
    """An account at a receiver. Times are UTC, of the machine. fault: why the last attempt failed: a code, and
    after a colon what its words need; empty: it did not.
    """

    account_id: UUID
    login: str
    state: SupplyState
    active: bool
    attempts: int
    due_at: datetime | None
    done_at: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class ReceiverPage:
    """A receiver with its address. rows: what failed first, then what is due, then what was told last; at most 200."""

    line: ReceiverLine
    address: str
    rows: tuple[SupplyLine, ...]
