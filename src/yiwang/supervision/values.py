"""What supervision looks like from outside: levels, moments, alerts. No database here.

Texts in views are already in the language that was asked for; instants are UTC, `…_on` are civil dates of the city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from yiwang.cases.values import LawCited
from yiwang.kernel.errors import Conflict

__all__ = [
    "ANY",
    "CLOSE",
    "EXPLAIN",
    "OVERSEE",
    "READ",
    "REASON_LENGTH",
    "WITHDRAW",
    "AlertCounts",
    "AlertFilter",
    "AlertLine",
    "AlertNotOpen",
    "AlertPage",
    "AlertState",
    "AlertView",
    "Board",
    "BoardNumber",
    "BoardRow",
    "Level",
    "Number",
    "StuckWatching",
    "Table",
    "TableRow",
    "Turned",
    "When",
]

READ, EXPLAIN, CLOSE, WITHDRAW = "alert.read", "alert.explain", "alert.close", "alert.withdraw"
OVERSEE = "board.read"
"""What a duty may be granted: to look (the supervisor), to say why (the unit), to close and to take back (the supervisor)."""

ANY = "any"
"""What a watch writes instead of an id when it watches the clocks of every limit, or every pause."""

REASON_LENGTH = 500
"""Characters of an explanation, a withdrawal or a closing note."""


class Level(StrEnum):
    """How serious an alert is, mildest first: early warning 预警, yellow card 黄牌, red card 红牌."""

    WARNING = "warning"
    YELLOW = "yellow"
    RED = "red"

    @property
    def height(self) -> int:
        """0 for the mildest."""
        return list(Level).index(self)


class AlertState(StrEnum):
    """Where an alert stands.

    open: nobody has answered it.  explained: the unit has said why.  closed: dealt with, by the supervisor, or by itself when the
    step was done in time after all.  withdrawn: it was wrong and the supervisor took it back.
    """

    OPEN = "open"
    EXPLAINED = "explained"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class AlertNotOpen(Conflict):
    """The alert has been dealt with in the meantime."""

    code = "alert-not-open"
    title = "This alert has already been dealt with"
    next_step = "Look at the alert to see who did what."


@dataclass(frozen=True, slots=True)
class When:
    """The moment of a level, in the unit of the clock that it watches.

    used: so many per cent of the limit.  before_due: so many units before the last one.  overdue: so many units after it.
    """

    kind: Literal["used", "before_due", "overdue"]
    amount: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the arithmetic, about the days from `day` to `until`.  number: of what counts the first, second …; 0: does not count.

    reason: why.  law: what that rests on beyond the limit's own law, may be empty.
    marks: what falls on the line: `start`, `due`, or where both differ `promised-due` and `legal-due`, and `fired`.
    """

    day: date
    until: date
    number: int
    reason: str
    law: str = ""
    provisional: bool = False
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The arithmetic of an alert as it stood when it fired: kept, so that a calendar that changes later changes no evidence.

    limit: its title.  length: in words, promised where something is promised, with extensions.
    due_on: the earlier of the promised and the legal last day. None, both, while nobody could know them: the clock stood still.
    """

    limit: str
    length: str
    started_on: date
    due_on: date | None
    legal_due_on: date | None
    rows: tuple[TableRow, ...]
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody's word on an alert.  who: unit and post, empty for the platform itself.  words: as written, may be empty."""

    state: AlertState
    at: datetime
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in a list.  moment: when it was due to fire.  fired_at: when it did; later after an outage or a jump of time.

    due_on: last day of the limit, or of the pause that the alert is about.  limit_title: of the clock.  post: title of the post that held
    the task, empty when several did or nobody.
    """

    id: UUID
    level: Level
    state: AlertState
    case_id: UUID
    case_number: str
    item_id: str
    item_title: str
    limit_title: str
    unit_id: UUID | None
    unit_title: str
    post: str
    rule: str
    due_on: date
    moment: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert: which rule, which law, which arithmetic, and what was said about it.

    verified: how sure the rule is: `text` of the law, `practice`, or `unknown` (set by the city).  course: words on it, oldest first.
    may_explain, may_close, may_withdraw: what this reader may do now.  sees_case: whether the case exists for him.
    """

    line: AlertLine
    watch_id: str
    watch_title: str
    law: tuple[LawCited, ...]
    verified: str
    table: Table
    course: tuple[Turned, ...]
    may_explain: bool
    may_close: bool
    may_withdraw: bool
    sees_case: bool
    origin: str = "live"


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What a supervisor wants to see; empty fields ask for everything."""

    level: str = ""
    state: str = ""
    unit_id: UUID | None = None
    item: str = ""


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many alerts the filter leaves that nobody has dealt with (open or explained), by level; and what there is to choose from.

    units, items: id → title of those that have alerts, for the filter.
    """

    by_level: Mapping[Level, int]
    units: Mapping[str, str]
    items: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A page of alerts, the latest first.  next: cursor of the next page, or None."""

    rows: tuple[AlertLine, ...]
    counts: AlertCounts
    next: str | None


@dataclass(frozen=True, slots=True)
class StuckWatching:
    """A watching whose turn is long past: the scheduler does not run, or its rule fails.  error: class of the fault, or empty."""

    case_number: str
    limit: str
    since: datetime
    failures: int
    error: str


class Number(StrEnum):
    """The ten numbers of the board, each counted from cases, clocks, alerts, discrepancies or certificates."""

    IN_HAND = "in-hand"  # open at the end of the period
    SUBMITTED = "submitted"
    DECIDED = "decided"  # accepted or refused
    IN_TIME = "in-time"  # of those decided, the share of which no limit was missed, in percent
    OVERDUE = "overdue"  # open, and a limit is over, today
    WARNED = "warned"  # early warnings and yellow cards that fired
    RED = "red"  # red cards that fired
    SPARED = "spared"  # 免填率: of the questions of what was submitted, the share that nobody had to answer, in percent
    DOUBTED = "doubted"  # discrepancies open at the end of the period
    CERTIFIED = "certified"  # certificates issued


@dataclass(frozen=True, slots=True)
class BoardNumber:
    """One number.  now: None where nothing was there to take a share of.  before: in the period before; None also where it is not kept.

    percent: it is a share.  more_is_better: None where neither is.
    """

    number: Number
    now: int | None
    before: int | None
    percent: bool = False
    more_is_better: bool | None = None

    @property
    def change(self) -> int | None:
        """By how much it differs from the period before, in percentage points for a share."""
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A unit or an item: how many of its cases are open, over a limit, due within two working days, and submitted in the period."""

    id: str
    title: str
    open: int
    overdue: int
    soon: int
    submitted: int


@dataclass(frozen=True, slots=True)
class Board:
    """What somebody who oversees units sees first.  since, until: civil dates of the period, half-open; it ends tomorrow."""

    since: date
    until: date
    numbers: tuple[BoardNumber, ...]
    units: tuple[BoardRow, ...]
    items: tuple[BoardRow, ...]
