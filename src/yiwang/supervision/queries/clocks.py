"""Clocks as supervision sees them: what has been counted, and the table that an alert keeps as its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from yiwang.cases.queries import system_count_clock, system_explain_clock
from yiwang.cases.values import ClockExplained, ClockState, ClockView, ExplainedDay
from yiwang.kernel.texts import LANGUAGES
from yiwang.supervision.rules.moments import Counted

__all__ = ["ClockSeen", "clock_table", "find_clock"]


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """A clock as it stands.  counted, due_on: None while nobody can know the end, because it is paused before it.

    stands_since: the instant at which it was paused or ended; None while it runs.  ended_at, in_time: how it ended.
    """

    id: UUID
    case_id: UUID
    limit: str
    release: int
    due_on: date | None
    counted: Counted | None
    stands_since: datetime | None
    ended_at: datetime | None
    in_time: bool


def find_clock(clock_id: UUID) -> ClockSeen:
    """The clock as it stands now, counted with today's calendar. Raises NotFound. Two queries."""
    found = system_count_clock(clock_id)
    return ClockSeen(
        id=clock_id,
        case_id=found.case_id,
        limit=found.limit,
        release=found.release,
        due_on=found.due_on,
        counted=Counted(found.units, found.after) if found.units is not None and found.after is not None else None,
        stands_since=found.ended_at or found.paused_at,
        ended_at=found.ended_at,
        in_time=found.state in (ClockState.MET, ClockState.STOPPED),
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
