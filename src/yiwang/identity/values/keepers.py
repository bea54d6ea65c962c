"""Other systems that keep officers here 来源系统, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from yiwang.identity.values import Administrator, Establishment
from yiwang.kernel.errors import Conflict, msgid

__all__ = [
    "All",
    "Any",
    "Comparison",
    "Condition",
    "Holders",
    "HoldersPage",
    "KeeperLine",
    "KeeperOverlap",
    "KeeperPage",
    "KeeperToken",
    "KeptElsewhere",
    "KeptOfficer",
    "KeptOfficers",
    "LeadingPosts",
    "Member",
    "NewKeeper",
    "NewKeptOfficer",
    "Not",
    "Side",
    "TokenLine",
]


class Side(StrEnum):
    """What a keeper is the source of. One of these: they are the work of two administrators, who are two persons."""

    ACCOUNTS = "accounts"
    HOLDERS = "holders"

    @property
    def administrator(self) -> Administrator:
        """Who connects a keeper of this side and gives it its tokens."""
        return Administrator.SYSTEM if self is Side.ACCOUNTS else Administrator.SECURITY


class LeadingPosts(StrEnum):
    """Of which posts a keeper says who holds them: leading ones 领导岗位 are kept by the organisation department."""

    ALL = "all"
    LEADING = "leading"
    OTHERS = "others"


class KeptElsewhere(Conflict):
    """Another system is the source of this: what it says would be overwritten here, or what is done here there."""

    code = "kept-elsewhere"
    title = msgid("Another system keeps this")
    next_step = msgid("Change it there; it comes here by itself. Or disconnect that system first.")


class KeeperOverlap(Conflict):
    """A fact has one source: another system keeps the same of the same units."""

    code = "keeper-overlap"
    title = msgid("Another system keeps this already")
    next_step = msgid("Choose other units, or leading posts alone; or disconnect the other system first.")


@dataclass(frozen=True, slots=True)
class NewKeeper:
    """A system to be connected.

    unit: code of the unit whose system it is.  units: codes of the units of which, with everything below them, it is the source.
    posts, establishment: of a keeper of holders; the kind of place that those whom it seats fill.
    """

    title: str
    unit: str
    side: Side
    units: Sequence[str]
    posts: LeadingPosts = LeadingPosts.ALL
    establishment: Establishment | None = None


@dataclass(frozen=True, slots=True)
class KeeperToken:
    """A token that was given.  token: shown this once."""

    id: UUID
    token: str
    lasts_until: datetime


@dataclass(frozen=True, slots=True)
class KeeperLine:
    """A keeper as lists show it. units: titles.  lasts_until: of the token that lasts longest, None when none serves; machine time."""

    id: UUID
    title: str
    unit_title: str
    side: Side
    posts: LeadingPosts
    units: tuple[str, ...]
    lasts_until: datetime | None
    used_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as its keeper's page shows it. Times are UTC, of the machine.  serves: neither over nor revoked."""

    id: UUID
    given_by: str
    given_at: datetime
    lasts_until: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    serves: bool


@dataclass(frozen=True, slots=True)
class KeeperPage:
    """A keeper as its page shows it. address: where it writes.  keeps: how many accounts, or posts, it keeps.

    yours: who looks may give it tokens and disconnect it.
    """

    line: KeeperLine
    address: str
    establishment: Establishment | None
    tokens: tuple[TokenLine, ...]
    keeps: int
    yours: bool


@dataclass(frozen=True, slots=True)
class NewKeptOfficer:
    """An officer as his keeper says he is.

    number, name: citizen ID number and registered name, which must belong together.  unit: code of the unit under which he is kept.
    """

    login: str
    number: str
    name: str
    unit: str
    external_id: str = ""
    employee_number: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class KeptOfficer:
    """An account as a keeper sees it. unit: code.  posts: id and title of those in the keeper's reach that he holds regularly today.

    keeper: title of the system that keeps it; empty: none does.  mine: it is the one that asks.  version: other with each change.
    """

    id: UUID
    login: str
    active: bool
    external_id: str
    employee_number: str
    unit: str
    unit_title: str
    posts: tuple[tuple[UUID, str], ...]
    keeper: str
    mine: bool
    opened_at: datetime
    changed_at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class Member:
    """Who holds a post regularly today."""

    account_id: UUID
    login: str


@dataclass(frozen=True, slots=True)
class Holders:
    """A post in the reach of a keeper, and who holds it regularly today. version: other with each change."""

    id: UUID
    code: str
    title: str
    unit: str
    unit_title: str
    leading: bool
    external_id: str
    members: tuple[Member, ...]
    version: str


@dataclass(frozen=True, slots=True)
class KeptOfficers:
    """One page of officers, and how many there are in all."""

    rows: tuple[KeptOfficer, ...]
    total: int


@dataclass(frozen=True, slots=True)
class HoldersPage:
    """One page of posts, and how many there are in all."""

    rows: tuple[Holders, ...]
    total: int


# ── What is asked for, whoever worded it ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that must hold of a row. how: is | holds | begins | ends | there (the value is then not looked at)."""

    field: str
    how: Literal["is", "holds", "begins", "ends", "there"]
    value: str | bool = ""


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds at least."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Comparison | All | Any | Not
