"""Clocks 时限, and how they were counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from yiwang.cases.values.states import ClockState

__all__ = [
    "LONGEST_PAUSE",
    "ClockCounted",
    "ClockExplained",
    "ClockPlace",
    "ClockView",
    "DayMark",
    "ExplainedDay",
    "ExplainedSpan",
    "ExtensionAllowed",
    "FactLine",
    "LimitExample",
    "LimitRow",
    "LimitShown",
    "PauseStood",
]

LONGEST_PAUSE = 90
"""Civil days that a pause may last whose declaration does not say: no clock stands still and nobody hears of it."""


@dataclass(frozen=True, slots=True)
class ExtensionAllowed:
    """The extension that a limit allows.

    length: at most, each time, in the limit's unit; shown: the same in words.  times: how often.  approved_by: by whom.
    """

    length: int
    times: int
    shown: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class FactLine:
    """What is said about a limit or a clock, for a page as for a sheet.  more: what stands below the value, a line each."""

    label: str
    value: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitShown:
    """A declared limit 时限.  length, promise: in words (“20 working days”); promise: empty when nothing is promised.

    pauses: titles of the reasons for which it may stand still.  deemed: what counts as done when it is missed, or empty.
    law, article, version, text: what sets it; verified: `text` read in the law, `practice`, or `unknown`: set by the city itself.
    counted_by: what counts besides the calendar of the nation, in words; empty when nothing does.
    label: what such a limit is called, by whether a law sets it.  facts: its law, extension, pauses and deeming in words.
    """

    id: str
    title: str
    length: str
    promise: str
    extension: ExtensionAllowed | None
    pauses: tuple[str, ...]
    deemed: str
    law: str
    article: str
    version: str
    text: str
    verified: str
    counted_by: str
    label: str
    facts: tuple[FactLine, ...]


@dataclass(frozen=True, slots=True)
class LimitExample:
    """An example that was reckoned by hand, and is reckoned anew by every check.

    begins, ends: the trigger and the last day; at, ends_at: their times, for a limit in hours, else empty.  paused: from – to.  extended:
    by how much, in words, or empty.
    """

    begins: date
    at: str
    paused: tuple[tuple[date, date], ...]
    extended: str
    ends: date
    ends_at: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A line of the register of limits 时限登记表.

    before: counted backwards from an event.  items: titles of the items and bundles that name it.
    """

    limit: LimitShown
    before: bool
    examples: tuple[LimitExample, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock 时限 of a case.

    started_at: the trigger, on the civil date `started_on`.  legal_due_on, promised_due_on: last days; due_on: the earlier; due_at: the
    instant from which that one is over; all None while the clock is paused, promised_due_on also without a promise.
    left: what is left until the earlier, in the limit's unit (days for months), negative when it is over; None once it has ended.
    left_text: the same in words.  due_text: the last day in words, with the time where it ends within the day (`at_an_instant`), or empty.
    hours: the service hours that are counted, in words, or empty.  paused_on, paused_for: since when and why it stands still.
    extended_by: in all, in words, or empty; extensions: how often.  state_text: how it stands, in words.
    facts: all of it and what the limit rests on, line by line.
    """

    limit: LimitShown
    state: ClockState
    started_at: datetime
    started_on: date
    legal_due_on: date | None
    promised_due_on: date | None
    due_on: date | None
    due_at: datetime | None
    provisional: bool
    left: int | None
    left_text: str
    due_text: str
    at_an_instant: bool
    hours: str
    paused_on: date | None
    paused_for: str
    extended_by: str
    extensions: int
    ended_at: datetime | None
    state_text: str
    facts: tuple[FactLine, ...]


@dataclass(frozen=True, slots=True)
class DayMark:
    """What a line of the table is besides.  kind: today | promised | last | done | ended | provisional.  text: the same in words."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """One line of “why on that day?”: the civil dates from `on` to `until` (mostly one).

    number: of the counted days the first, second …; 0 when it does not count.  code: trigger | counted | off | paused | rolled | span.
    sentence: why.  law: what the line rests on beyond the limit's own law, or empty.  is_promised_due, is_legal_due: the limits end here.
    ended_here: the clock was stopped on this day.  marks: all of that in words.
    """

    on: date
    until: date
    number: int
    code: str
    sentence: str
    law: str
    provisional: bool
    is_promised_due: bool
    is_legal_due: bool
    is_today: bool
    ended_here: bool
    marks: tuple[DayMark, ...]


@dataclass(frozen=True, slots=True)
class ExplainedSpan:
    """Days of the table that follow each other and are of one kind, as one line; a day that is marked stands alone.

    on, until: the first and last civil date, in the order of the table.  first, last: their numbers, 0 when they do not count.
    """

    on: date
    until: date
    first: int
    last: int
    sentence: str
    law: str
    marks: tuple[DayMark, ...]


@dataclass(frozen=True, slots=True)
class ClockExplained:
    """Why a clock ends when it does.  may_extend: whether this reader may extend it now.  origin: live, rehearsal or invented.

    sentence: how it stands and until when.  sum: what was counted and what was not, up to the last day.
    rows: the table day by day; spans: the same with days of one kind in one line.
    """

    case_id: UUID
    case_number: str
    item_title: str
    clock: ClockView
    sentence: str
    sum: str
    rows: tuple[ExplainedDay, ...]
    spans: tuple[ExplainedSpan, ...]
    may_extend: bool
    origin: str


@dataclass(frozen=True, slots=True)
class ClockPlace:
    """Where a clock belongs: its case and limit, and whether it is real or somebody's rehearsal (`origin`)."""

    case_id: UUID
    limit: str
    origin: str


@dataclass(frozen=True, slots=True)
class PauseStood:
    """One time that a clock stood still.

    ended: None while it does.  pause: id of the declared pause; longest: the civil days that it may last, the day of its beginning not
    counted.
    """

    began: datetime
    ended: datetime | None
    pause: str
    longest: int


@dataclass(frozen=True, slots=True)
class ClockCounted:
    """What a clock has counted, for an engine that follows it.

    units: the beginning of each unit that counts, up to the one in which the earlier of the promised and the legal limit ends; after: the
    beginning of the n-th unit after that. Both None while nobody can know the end, because the clock is paused before it, and for a
    limit that is counted backwards from an event.
    pauses: each time that it stood still; one that the end of the clock cut short ended with it.
    """

    id: UUID
    case_id: UUID
    limit: str
    release: int
    state: ClockState
    units: tuple[datetime, ...] | None
    after: Callable[[int], datetime] | None
    due_on: date | None
    paused_at: datetime | None
    ended_at: datetime | None
    pauses: tuple[PauseStood, ...] = ()
