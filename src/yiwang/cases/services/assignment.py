"""Find who answers for tasks that nobody answered for when they were made."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.cases.services.answering import units_for
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.recounting import recount_where_answered
from yiwang.cases.values import TaskState
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import civil_date, today

__all__ = ["system_assign_task", "system_assign_waiting"]


def system_assign_waiting() -> int:
    """Give every unassigned task for which somebody answers now to that unit; return how many.

    Called by the scheduler. Costs two queries for each different place or unit, and duty, among at most 500 tasks.
    """
    waiting = Task.objects.filter(state=TaskState.UNASSIGNED).order_by("opened_at").select_related("case")[:500]
    answers: dict[tuple[str, UUID | None, str], bool] = {}
    done = 0
    for task in waiting:
        task_id, whose = task.pk, (task.case.place, task.case.unit_id, task.duty)
        if whose not in answers:
            answers[whose] = bool(units_for(task.case, task.duty, today()))
        if answers[whose]:
            done += system_assign_task(system("cases.assignment"), task_id)
    return done


@service("case.assign")
def system_assign_task(actor: Actor, task_id: UUID) -> bool:
    """Give one unassigned task to the units that answer for it now; say whether there were any. Raises NotFound."""
    act = current_act()
    case_id = Task.objects.filter(pk=task_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound("There is no such task.")
    act.about("case", case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    task = Task.objects.get(pk=task_id)
    units = units_for(case, task.duty, civil_date(act.time)) if task.state == TaskState.UNASSIGNED else []
    if not units:
        return False
    TaskUnit.objects.bulk_create([TaskUnit(task=task, unit_id=unit) for unit in units])
    task.state = TaskState.OPEN
    task.save(update_fields=["state"])
    is_first = case.unit_id is None
    case.unit_id = case.unit_id or units[0]
    add_line(case, actor, "assigned", at=act.time, unit_id=units[0], node=task.node)
    if is_first:
        recount_where_answered([case])
    save_case(case)
    act.note(node=task.node, units=[str(unit) for unit in units])
    return True
