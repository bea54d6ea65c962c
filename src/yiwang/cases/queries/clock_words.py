"""How a clock was counted, in words: what pages and sheets show alike. Said in the language that is active."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.cases.queries.limits import amount
from yiwang.cases.values import (
    ClockState,
    ClockUnit,
    ClockView,
    DayMark,
    ExplainedDay,
    ExplainedSpan,
    FactLine,
)
from yiwang.kernel.texts import civil_day
from yiwang.kernel.time import civil_date

__all__ = ["clock_facts", "clock_sentence", "clock_state", "clock_sum", "day_marks", "folded"]


def clock_state(state: ClockState, left: str) -> str:
    """How a clock stands.  left: what is left of it, in words."""
    return {
        ClockState.RUNNING: left,
        ClockState.PAUSED: f"{_('stands still')} · {left}",
        ClockState.MET: _("done in time"),
        ClockState.MISSED: _("done late"),
    }.get(state, _("ended"))


def clock_sentence(clock: ClockView) -> str:
    """How a clock stands and until when, in one sentence."""
    if clock.state is ClockState.PAUSED and clock.paused_on is not None:
        return _("Stands still since {day}: {reason}").format(day=_day(clock.paused_on), reason=clock.paused_for)
    if clock.state is ClockState.RUNNING and clock.due_on is not None:
        return _("Last day: {day} ({left})").format(day=_end(clock, clock.due_on), left=clock.left_text)
    if clock.ended_at is None:
        raise AssertionError("A clock that neither runs nor stands still has ended.")
    ended = _day(civil_date(clock.ended_at))
    if clock.due_on is None or clock.state is ClockState.STOPPED:
        return f"{ended} · {clock.state_text}"
    return _("{day}: {state}; the last day was {due}").format(
        day=ended, state=clock.state_text, due=_end(clock, clock.due_on)
    )


def clock_sum(clock: ClockView, rows: Sequence[ExplainedDay], unit: ClockUnit) -> str:
    """What was counted and what was not, up to the last day, or up to now while the clock stands still."""
    last = clock.due_on
    if clock.state is ClockState.STOPPED and clock.ended_at is not None:  # nothing was due any more
        last = civil_date(clock.ended_at)
    ends = [n for n, row in enumerate(rows) if last is not None and row.on <= last <= row.until]
    counted = rows[: ends[-1] + 1] if ends else rows
    number = max((row.number for row in counted), default=0)
    begun = _("Counted from {day}: {amount}") if number else _("Counted from {day}; nothing has been counted yet")
    parts = [begun.format(day=_day(clock.started_on), amount=amount(number, unit))]
    off = sum(row.code == "off" for row in counted)
    still = sum(abs((row.until - row.on).days) + 1 for row in counted if row.code == "paused")
    if off:
        parts.append(_("days off that were left out: {count}").format(count=off))
    if still:
        parts.append(_("days on which it stood still: {count}").format(count=still))
    if clock.due_on is not None and clock.state is not ClockState.STOPPED:
        parts.append(_("last day: {day}").format(day=_end(clock, clock.due_on)))
    return _("; ").join(parts) + _(". ").strip()


def clock_facts(clock: ClockView) -> tuple[FactLine, ...]:
    """What a clock rests on: how it stands, from when, how long by law and by promise, and what its limit says."""
    return tuple(_facts(clock))


def _facts(clock: ClockView) -> Iterator[FactLine]:
    limit = clock.limit
    yield FactLine(_("State"), clock.state_text)
    yield FactLine(_("Counted from"), _day(clock.started_on))
    if clock.paused_on is not None:
        yield FactLine(_("Stands still since"), _day(clock.paused_on), (clock.paused_for,))
    length = f"{limit.length} + {clock.extended_by}" if clock.extended_by else limit.length
    stopped = clock.state is ClockState.STOPPED  # its last day is no day any more
    yield FactLine(limit.label, length, _until(clock, None if stopped else clock.legal_due_on))
    if limit.promise:
        yield FactLine(_("Promised limit"), limit.promise, _until(clock, None if stopped else clock.promised_due_on))
    if clock.provisional:
        yield FactLine(_("Provisional"), _("Provisional: the official calendar of that year is not published yet."))
    yield from limit.facts
    if clock.hours:
        yield FactLine(_("Service hours"), clock.hours)


def _until(clock: ClockView, day: date | None) -> tuple[str, ...]:
    return (_("until {day}").format(day=_end(clock, day)),) if day is not None else ()


def _end(clock: ClockView, day: date) -> str:
    """A last day, with the time where the limit ends within it. Of two ends the clock knows the instant of the earlier."""
    return clock.due_text if day == clock.due_on else _day(day)


def _day(day: date) -> str:
    return civil_day(day, get_language())


def day_marks(day: ExplainedDay, state: ClockState) -> tuple[DayMark, ...]:
    """What a line of the table is besides a day that counts or does not.  state: of the clock, which may have ended with nothing done."""
    is_done = state is not ClockState.STOPPED
    marks = (
        ("today", day.is_today, _("Today")),
        ("promised", day.is_promised_due and is_done, _("Promised limit")),
        ("last", day.is_legal_due and is_done, _("Last day")),
        ("done", day.ended_here and is_done, _("Done")),
        ("ended", day.ended_here and not is_done, _("ended")),
        ("provisional", day.provisional, _("provisional")),
    )
    return tuple(DayMark(kind, words) for kind, falls, words in marks if falls)


def folded(rows: Sequence[ExplainedDay]) -> tuple[ExplainedSpan, ...]:
    """The table with days that follow each other and are of one kind in one line. A marked day stands alone, but for `provisional`."""
    spans: list[ExplainedSpan] = []
    for row in rows:
        span = ExplainedSpan(row.on, row.until, row.number, row.number, row.sentence, row.law, row.marks)
        before = spans[-1] if spans else None
        if before is not None and _joins(before, span):
            spans[-1] = replace(before, until=span.until, last=span.last)
        else:
            spans.append(span)
    return tuple(spans)


def _joins(before: ExplainedSpan, after: ExplainedSpan) -> bool:
    step = timedelta(days=1 if after.on > before.until else -1)
    return (
        (before.sentence, before.law, before.marks) == (after.sentence, after.law, after.marks)
        and all(one.kind == "provisional" for one in after.marks)
        and after.on == before.until + step
        and (after.first == before.last + 1 if before.last else after.first == 0)
    )
