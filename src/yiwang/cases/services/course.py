"""Write the course 办理过程 of a case whose row is locked, with the case's own row: lines are gathered and written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from yiwang.acts.queries import definition
from yiwang.acts.services import insert, update
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Clock, ClockChange, CourseEntry
from yiwang.identity.queries import who_is_told
from yiwang.kernel.texts import text

__all__ = ["add_line", "event_data", "save_case", "save_cases", "who_hears_of"]

_BY = {CapacityKind.SELF: "applicant", CapacityKind.AGENT: "applicant", CapacityKind.POST: "officer"}
_STEP = ("unit", "state", "outcome", "version", "course_length", "reason", "ended_at", "materials", "produced")


def add_line(
    case: Case,
    actor: Actor,
    code: str,
    *,
    at: datetime,
    unit_id: UUID | None = None,
    node: str = "",
    act: str = "",
    reason: str = "",
    clock_change: ClockChange | None = None,
) -> None:
    """Add one line, to be written by `save_case`.  unit_id: the unit that the line names.  clock_change: what it tells of a clock."""
    case.course_length += 1
    _pending(case).append(
        CourseEntry(
            case=case,
            position=case.course_length,
            at=at,
            code=code,
            by=_BY.get(actor.capacity, "system"),
            unit_id=unit_id,
            post_id=actor.capacity_id if actor.capacity is CapacityKind.POST else None,
            account_id=actor.account_id,
            instead_of_id=actor.instead_of,
            node=node,
            act=act,
            reason=reason,
            clock_change=clock_change,
        )
    )


def save_case(case: Case, fields: Iterable[str] = _STEP) -> None:
    """Write what a step changed of the case, and the lines that it added."""
    update(case, *fields)
    lines = _pending(case)
    insert(*lines)
    lines.clear()


def save_cases(cases: Sequence[Case]) -> None:
    """Write the lines that were added to many cases, in two statements where each got as many."""
    by_number: dict[int, list[UUID]] = {}
    for case in cases:
        by_number.setdefault(len(_pending(case)), []).append(case.pk)
    for number, ids in by_number.items():
        Case.objects.filter(pk__in=ids).update(course_length=F("course_length") + number)
    CourseEntry.objects.bulk_create([line for case in cases for line in _pending(case)])
    for case in cases:
        _pending(case).clear()


def _pending(case: Case) -> list[CourseEntry]:
    found: list[CourseEntry] = case.__dict__.setdefault("_pending_lines", [])
    return found


def who_hears_of(case: Case) -> UUID:
    """The person who is told how a case goes on: who sent it; of one sent under a mandate that has ended, who gave the mandate."""
    told = None if case.mandate_id is None else who_is_told(case.mandate_id)
    found: UUID = told or case.agent_id or case.subject_id
    return found


def event_data(case: Case) -> dict[str, object]:
    """What every event of a case carries."""
    return {
        "number": case.number,
        "item": case.item,
        "release": case.release,
        "unit_id": str(case.unit_id) if case.unit_id else None,
        "origin": case.origin,
    }


def submitted_data(case: Case, clock: Clock | None) -> dict[str, object]:
    """What the event of a new case carries, however it began.  clock: by which it is due."""
    return {
        **event_data(case),
        "due_on": clock.due.isoformat() if clock and clock.due else None,
        "place": case.place,
        "case_id": str(case.id),
        "item_title": text(definition("item", case.item, case.release)["title"], "zh-Hans"),
    }
