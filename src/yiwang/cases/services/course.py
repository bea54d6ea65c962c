"""Write the course 办理过程 of a case whose row is locked, with the case's own row: lines are gathered and written at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, CourseEntry

__all__ = ["add_line", "save_case"]

_STEP = ("unit", "state", "outcome", "version", "course_length", "reason", "ended_at", "materials")


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
) -> None:
    """Add one line, to be written by `save_case`.  unit_id: the unit that the line names."""
    case.course_length += 1
    _pending(case).append(
        CourseEntry(
            case=case,
            position=case.course_length,
            at=at,
            code=code,
            by={CapacityKind.SELF: "applicant", CapacityKind.POST: "officer"}.get(actor.capacity, "system"),
            unit_id=unit_id,
            post_id=actor.capacity_id if actor.capacity is CapacityKind.POST else None,
            account_id=actor.account_id,
            node=node,
            act=act,
            reason=reason,
        )
    )


def save_case(case: Case, fields: Iterable[str] = _STEP) -> None:
    """Write what a step changed of the case, and the lines that it added."""
    case.save(update_fields=list(fields))
    lines = _pending(case)
    CourseEntry.objects.bulk_create(lines)
    lines.clear()


def _pending(case: Case) -> list[CourseEntry]:
    found: list[CourseEntry] = case.__dict__.setdefault("_pending_lines", [])
    return found
