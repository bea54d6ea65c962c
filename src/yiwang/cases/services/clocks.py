"""Start, pause, resume and stop the clocks of a case whose row is locked. What ends when is reckoned by `rules.clocks` alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.acts.queries import Prepared, current_release, definition
from yiwang.acts.services import current_act, insert, update
from yiwang.cases.events import CASE_CLOCK_CHANGED, CASE_CLOCK_STARTED, CASE_CLOCK_STOPPED
from yiwang.cases.models import Case, Clock, ClockChange
from yiwang.cases.queries.calendars import Calendars, calendars, counts_by_place
from yiwang.cases.queries.clocks import OPEN, all_clocks, course_of
from yiwang.cases.queries.forms import process_of
from yiwang.cases.queries.limits import item_clock
from yiwang.cases.rules.clocks import Course, Extension, Pause, promised_course, reckon
from yiwang.cases.rules.diagram import Node
from yiwang.cases.services.course import add_line, event_data, who_hears_of
from yiwang.cases.values import ClockState
from yiwang.identity.queries import unit_placed

__all__ = [
    "add_change",
    "end_clocks",
    "enter_step",
    "happened",
    "leave_step",
    "new_change",
    "open_clock",
    "pause_clock",
    "restart_clock",
    "resume_clock",
    "set_dates",
    "start_clock",
    "start_own_clocks",
    "stop_clock",
    "tell_change",
]


# ── What the process does ───────────────────────────────────────────────────────────────────────────────────────────────


def start_own_clocks(case: Case, *, at: datetime) -> None:
    """Start the clocks of a new case that no step of its process moves: they run from sending to the end."""
    item = definition("item", case.item, case.release)
    moved = process_of(item, case.release).diagram.limits()
    for one in item["clocks"]:
        if one["limit"] not in moved:
            start_clock(case, one["limit"], at)


def enter_step(case: Case, node: Node, *, at: datetime, counted_from: datetime) -> None:
    """Obey a step that is entered: start and pause.  counted_from: the trigger of what starts here, mostly `at`."""
    for one in node.clocks:
        if one.verb == "starts":
            start_clock(case, one.limit, counted_from)
        elif one.verb == "pauses":
            pause_clock(case, one.limit, one.reason, at)


def leave_step(case: Case, node: Node, *, at: datetime, by: str = "") -> None:
    """Obey a step that is left: stop and resume.  by: the act by which it is left, empty where nobody acts."""
    for one in node.clocks:
        if one.by and by not in one.by:
            continue
        if one.verb == "stops":
            stop_clock(case, one.limit, at)
        elif one.verb == "resumes":
            resume_clock(case, one.limit, at)
        elif one.verb == "restarts":
            restart_clock(case, one.limit, at)


def end_clocks(case: Case, *, at: datetime, fulfilled: bool) -> bool | None:
    """Stop every open clock of a case that ends; say whether the whole case was on time, None when it had no clock.

    fulfilled: by its decision; else what ends in time is `stopped`.
    """
    clocks = all_clocks(case)
    for clock in clocks:
        if clock.state in OPEN:
            _stop(case, clock, at, in_time=ClockState.MET if fulfilled else ClockState.STOPPED)
    return None if not clocks else all(clock.state != ClockState.MISSED for clock in clocks)


# ── One clock ───────────────────────────────────────────────────────────────────────────────────────────────────────────


_OPEN_CLOCK = Prepared(
    lambda case, limit: Clock.objects.filter(case_id=case, limit=limit, state__in=OPEN).order_by("id")[:1], UUID, str
)


def open_clock(case: Case, limit: str) -> Clock | None:
    """The clock of a limit that runs or is paused."""
    found = _OPEN_CLOCK.first(case.pk, limit)
    if found is not None:
        found.case = case
    return found


def start_clock(case: Case, limit: str, at: datetime) -> Clock:
    """Start the clock of a limit with the trigger `at`; one that is open already goes on as it is."""
    if (known := open_clock(case, limit)) is not None:
        return known
    declared = definition("limit", limit, case.release)
    clock = Clock(case=case, limit=limit, started_at=at, deems=declared["deemed"] is not None)
    set_dates(clock, case, Course(at), calendars())
    insert(clock)
    insert(new_change(clock, "started", at=current_act().time, position=1))
    current_act().emit(CASE_CLOCK_STARTED, subject=case.id, data=clock_data(case, clock))
    return clock


def pause_clock(case: Case, limit: str, reason: str, at: datetime) -> None:
    """Let a running clock stand still for a declared pause; one that does not run is left as it is."""
    clock = open_clock(case, limit)
    if clock is None or clock.state != ClockState.RUNNING:
        return
    clock.state = ClockState.PAUSED
    _change(case, clock, "paused", at=at, reason=reason)


def resume_clock(case: Case, limit: str, at: datetime) -> None:
    """Let a paused clock go on with what remained; one that is not paused is left as it is."""
    clock = open_clock(case, limit)
    if clock is None or clock.state != ClockState.PAUSED:
        return
    clock.state = ClockState.RUNNING
    _change(case, clock, "resumed", at=at)


def stop_clock(case: Case, limit: str, at: datetime) -> None:
    """End an open clock: what it waited for has been done. It is met, or missed when the earlier limit was over by then."""
    clock = open_clock(case, limit)
    if clock is not None:
        _stop(case, clock, at, in_time=ClockState.MET)


def restart_clock(case: Case, limit: str, at: datetime) -> None:
    """Count a limit from the beginning, with the trigger `at`: what was counted is over, and missed if it was too late by then."""
    clock = open_clock(case, limit)
    if clock is not None:
        _stop(case, clock, at, in_time=ClockState.STOPPED)
    start_clock(case, limit, at)


def _stop(case: Case, clock: Clock, at: datetime, *, in_time: ClockState) -> None:
    clock.state = ClockState.MISSED if clock.due_at is not None and at >= clock.due_at else in_time
    clock.ended_at, clock.ended_under, clock.ended_where = at, current_release(), _where(case, clock)
    update(clock, "state", "ended_at", "ended_under", "ended_where")
    add_change(clock, str(clock.state), at=at)
    current_act().emit(CASE_CLOCK_STOPPED, subject=case.id, data=clock_data(case, clock))


def _where(case: Case, clock: Clock) -> dict[str, Any] | None:
    """By which place a clock was counted, so that its table stays what it was when the unit moves; null where the nation decides."""
    declared = definition("limit", clock.limit, case.release)
    stated = item_clock(definition("item", case.item, case.release), clock.limit)
    if case.unit_id is None or not counts_by_place(declared, stated):
        return None
    placed = unit_placed(case.unit_id)
    return {"division": placed.division, "codes": list(placed.codes)}


def _change(case: Case, clock: Clock, change: str, *, at: datetime, reason: str = "") -> None:
    course = happened(course_of(clock), change, at=at, reason=reason)
    set_dates(clock, case, course, calendars())
    clock.save()
    tell_change(case, clock, add_change(clock, change, at=at, reason=reason))


def happened(course: Course, change: str, *, at: datetime, reason: str = "", length: int = 0) -> Course:
    """The course of a clock after one change more."""
    if change == "paused":
        return replace(course, pauses=(*course.pauses, Pause(at, None, reason)))
    if change == "resumed":
        return replace(course, pauses=(*course.pauses[:-1], replace(course.pauses[-1], ended=at)))
    if change == "extended":
        return replace(course, extensions=(*course.extensions, Extension(at, length)))
    return course


def set_dates(clock: Clock, case: Case, course: Course, by: Calendars) -> None:
    """Reckon both limits of a clock from its course, by these calendars, and set its dates; the caller saves.

    A promise that was broken before a pause stays due where it was: standing still mends nothing.
    """
    declared = definition("limit", clock.limit, case.release)
    stated = item_clock(definition("item", case.item, case.release), clock.limit)
    way, promise = by.ways(declared, stated, case.unit_id, case.release)
    legal = reckon(way.measure, course, way.calendar)
    promised = None
    if promise is not None:
        kept = promised_course(promise.measure, course, promise.calendar)
        promised = reckon(promise.measure, kept, promise.calendar)
    ends = [one for one in (legal, promised) if one is not None]
    first = min(ends, key=lambda one: one.at, default=None)
    clock.legal_due, clock.legal_due_at = (legal.on, legal.at) if legal is not None else (None, None)
    clock.due, clock.due_at = (first.on, first.at) if first is not None else (None, None)
    clock.promised_due = promised.on if promised is not None else None
    if (
        legal is not None and clock.promised_due is not None
    ):  # days off of a place lengthen the promise, never beyond the law
        clock.promised_due = min(clock.promised_due, legal.on)
    clock.provisional = any(one.provisional for one in ends)


def add_change(
    clock: Clock, change: str, *, at: datetime, reason: str = "", length: int = 0, words: str = ""
) -> ClockChange:
    """Write one row more of a clock's history, with the dates that hold from then on."""
    position = len(clock.changes.all()) + 1
    row = new_change(clock, change, at=at, position=position, reason=reason, length=length, words=words)
    insert(row)
    return row


def new_change(
    clock: Clock, change: str, *, at: datetime, position: int, reason: str = "", length: int = 0, words: str = ""
) -> ClockChange:
    """The same row, not written yet."""
    return ClockChange(
        clock=clock,
        position=position,
        at=at,
        change=change,
        reason=reason,
        length=length,
        words=words,
        legal_due=clock.legal_due,
        promised_due=clock.promised_due,
        due=clock.due,
        provisional=clock.provisional,
    )


def tell_change(case: Case, clock: Clock, row: ClockChange, *, unit_id: UUID | None = None) -> None:
    """A line in the course and an event.  unit_id: the unit that approved it."""
    code = f"clock-{row.change}"
    add_line(case, current_act().actor, code, at=row.at, unit_id=unit_id, reason=row.words, clock_change=row)
    data = {**clock_data(case, clock), "change": row.change, "change_id": str(row.id)}
    current_act().emit(CASE_CLOCK_CHANGED, subject=case.id, data=data)


def clock_data(case: Case, clock: Clock) -> dict[str, object]:
    """What every event of a clock carries."""
    return {
        **event_data(case),
        "case_id": str(case.id),
        "applicant_id": str(who_hears_of(case)),
        "clock_id": str(clock.id),
        "limit": clock.limit,
        "state": str(clock.state),
        "due_on": clock.due.isoformat() if clock.due else None,
        "legal_due_on": clock.legal_due.isoformat() if clock.legal_due else None,
    }
