"""Clocks as supervision sees them: what has been counted, and the table that an alert keeps as its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from yiwang.cases.queries import system_count_clock, system_explain_clock
from yiwang.cases.values import ClockCounted, ClockExplained, ClockState, ClockView, ExplainedDay, PauseStood
from yiwang.kernel.texts import LANGUAGES
from yiwang.kernel.time import civil_date
from yiwang.supervision.rules.moments import Counted, counted_pause

__all__ = ["ClockSeen", "Stretch", "clock_table", "find_clock"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What can go wrong with a clock by itself: its limit, or one time that it stood still.

    kind, id: of what is declared.  counted, due_on: its units and its last day.  since: beginning of the pause, None of the limit.
    until: the instant at which it went on or ended, or since which the limit's clock stands; None while it goes on.
    is_over: nothing is left to be warned of.  in_time: it ended before it was too late.
    """

    kind: Literal["limit", "pause"]
    id: str
    counted: Counted
    due_on: date
    since: datetime | None
    until: datetime | None
    is_over: bool
    in_time: bool


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """A clock as it stands.  stretches: its pauses; its limit, unless nobody can know the end because it is paused before it."""

    id: UUID
    case_id: UUID
    limit: str
    release: int
    stretches: tuple[Stretch, ...]
    ended_at: datetime | None


def find_clock(clock_id: UUID) -> ClockSeen:
    """The clock as it stands now, counted with today's calendar. Raises NotFound. Two queries."""
    found = system_count_clock(clock_id)
    return ClockSeen(
        id=clock_id,
        case_id=found.case_id,
        limit=found.limit,
        release=found.release,
        stretches=(*_limit(found), *(_pause(one) for one in found.pauses)),
        ended_at=found.ended_at,
    )


def _limit(found: ClockCounted) -> Iterator[Stretch]:
    if found.units is None or found.after is None or found.due_on is None:
        return
    yield Stretch(
        kind="limit",
        id=found.limit,
        counted=Counted(found.units, found.after),
        due_on=found.due_on,
        since=None,
        until=found.ended_at or found.paused_at,
        is_over=found.ended_at is not None,
        in_time=found.state in (ClockState.MET, ClockState.STOPPED),
    )


def _pause(one: PauseStood) -> Stretch:
    counted = counted_pause(one.began, one.longest)
    return Stretch(
        kind="pause",
        id=one.pause,
        counted=counted,
        due_on=civil_date(counted.units[-1]),
        since=one.began,
        until=one.ended,
        is_over=one.ended is not None,
        in_time=one.ended is not None and one.ended < counted.after(1),
    )


def clock_table(clock_id: UUID) -> dict[str, Any]:
    """The table of a clock in every language, as `rules.arithmetic` keeps it."""
    explained = {language: system_explain_clock(clock_id, language) for language in LANGUAGES}
    [first, *_] = explained.values()
    clock = first.clock
    return {
        "limit": {language: one.clock.limit.title for language, one in explained.items()},
        "length": {language: _length(one.clock) for language, one in explained.items()},
        "started_on": clock.started_on.isoformat(),
        "due_on": clock.due_on.isoformat() if clock.due_on else "",
        "legal_due_on": clock.legal_due_on.isoformat() if clock.legal_due_on else "",
        "provisional": clock.provisional,
        "rows": [_row(number, row, explained) for number, row in enumerate(first.rows)],
    }


def _length(clock: ClockView) -> str:
    """How long the earlier limit is, in words, with what it was extended by."""
    return " + ".join(filter(None, (clock.limit.promise or clock.limit.length, clock.extended_by)))


def _row(number: int, row: ExplainedDay, explained: dict[str, ClockExplained]) -> dict[str, Any]:
    clock = explained[LANGUAGES[0]].clock
    marks = ["start"] if row.code == "trigger" else []
    if clock.promised_due_on is None or clock.promised_due_on == clock.legal_due_on:
        marks += ["due"] if row.is_legal_due else []
    else:
        marks += ["promised-due"] if row.is_promised_due else []
        marks += ["legal-due"] if row.is_legal_due else []
    return {
        "day": row.on.isoformat(),
        "until": row.until.isoformat(),
        "number": row.number,
        "reason": {language: one.rows[number].sentence for language, one in explained.items()},
        "law": {language: one.rows[number].law for language, one in explained.items()},
        "provisional": row.provisional,
        "marks": marks,
    }
