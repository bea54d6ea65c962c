"""Do several tasks in one go, where every check of each has passed: each in its own transaction, with its own outcome.

What this saves is opening fifty pages, not fifty decisions: it takes only acts that a diagram declares for it, and never a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Task
from yiwang.cases.queries.tasks import case_of_task, node_of, together_act
from yiwang.cases.services.decision import advance, lock_case
from yiwang.cases.values import DoneTogether, TaskState
from yiwang.kernel.errors import Conflict, Fault, FieldFault, Invalid, NotFound, msgid

__all__ = ["MOST_TOGETHER", "NotTogether", "advance_together"]

MOST_TOGETHER = 50


class NotTogether(Conflict):
    """The task has to be looked at by itself: something is missing or disputed in it, or its act is not one for several."""

    code = "not-together"
    title = msgid("This task has to be looked at by itself")
    next_step = msgid("Open it and decide there.")


def advance_together(
    actor: Actor, chosen: Sequence[tuple[UUID, int]], act: str, *, language: str = "zh-Hans"
) -> list[DoneTogether]:
    """Do the tasks, given with the version of their case as it was read, by the act; return what came of each, in their order.

    One that cannot be done does not keep the others back. Raises Invalid (422) for none, for more than fifty, and for tasks of different
    items or steps: what is done together is alike.
    """
    if not 0 < len(chosen) <= MOST_TOGETHER:
        fault = FieldFault("tasks", "how-many", msgid("Choose between 1 and {most} tasks."), {"most": MOST_TOGETHER})
        raise Invalid(faults=[fault])
    rows = Task.objects.filter(pk__in=[id for id, _ in chosen]).values_list("pk", "node", "case__item", "case__number")
    alike = {(node, item) for _, node, item, _ in rows}
    if len(alike) > 1:
        fault = FieldFault(
            "tasks", "different", msgid("Tasks that are done together are the same step of the same item.")
        )
        raise Invalid(faults=[fault])
    numbers = {id: number for id, _, _, number in rows}
    return [
        DoneTogether(id, numbers.get(id, ""), _one(actor, id, version, act, language))
        for id, version in dict(chosen).items()
    ]


def _one(actor: Actor, task_id: UUID, version: int, act: str, language: str) -> Fault | None:
    try:
        _advance_checked(actor, task_id, version, act, language)
    except Fault as fault:
        return fault
    return None


@service("task.decide-together", open_to={CapacityKind.POST})
def _advance_checked(actor: Actor, task_id: UUID, version: int, act: str, language: str) -> None:
    running = current_act()
    running.about("task", task_id)
    case: Case = lock_case(actor, case_of_task(task_id))
    task = next((one for one in case.tasks.all() if one.pk == task_id), None)
    if task is None:
        raise NotFound(msgid("There is no such task."))
    if task.state == TaskState.OPEN:
        declared = together_act(actor, case, task, node_of(case, task), language)
        if declared is None or declared.name != act:
            raise NotTogether(msgid("Something is missing or disputed in this case, or it is your own."))
    advance(actor, task_id, version=version, act=act, language=language)
