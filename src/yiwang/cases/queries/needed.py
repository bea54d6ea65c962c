"""What of cases needs a unit or a post: why neither can be closed yet. Numbers alone, for who administers and reads no case."""

from __future__ import annotations

from uuid import UUID

from yiwang.cases.models import Case, Task
from yiwang.cases.values import TaskState
from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["tasks_of_post", "work_of_unit"]

WAITING = (TaskState.OPEN, TaskState.UNASSIGNED, TaskState.RUNNING, TaskState.FAILED)


def work_of_unit(unit_id: UUID) -> list[FieldFault]:
    """Cases of the unit that have not ended, and tasks of any case for which it answers. Two queries."""
    faults = []
    if cases := Case.objects.filter(unit_id=unit_id, outcome__isnull=True).count():
        faults.append(FieldFault("", "has-cases", msgid("{number} of its cases have not ended."), {"number": cases}))
    if tasks := Task.objects.filter(answering__unit_id=unit_id, state__in=WAITING).count():
        faults.append(
            FieldFault("", "has-tasks", msgid("{number} tasks wait for it; let them be done first."), {"number": tasks})
        )
    return faults


def tasks_of_post(post_id: UUID) -> list[FieldFault]:
    """Tasks that were handed to this post alone. One query."""
    tasks = Task.objects.filter(deputy_id=post_id, state__in=WAITING).count()
    if not tasks:
        return []
    return [
        FieldFault(
            "", "has-tasks", msgid("{number} tasks were handed to this post and wait for it."), {"number": tasks}
        )
    ]
