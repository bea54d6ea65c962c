"""Hand a task over to a deputy."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.events import TASK_TRANSFERRED
from yiwang.cases.queries.cases import find_case, shape_case
from yiwang.cases.queries.tasks import case_of_task, deputies_of, reason_against
from yiwang.cases.queries.visibility import TASK, can_do
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.decision import CHANGED, already_decided, checked_reason, lock_case
from yiwang.cases.services.movement import event_data
from yiwang.cases.values import CaseView, TaskState
from yiwang.identity.queries import actor_unit, unit_scope
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, msgid

__all__ = ["transfer_task"]


@service("task.transfer", open_to={CapacityKind.POST})
def transfer_task(
    actor: Actor, task_id: UUID, *, version: int, post_id: UUID, reason: str, language: str = "zh-Hans"
) -> CaseView:
    """Hand an open task over to another post with the same duty in a unit that answers for it; from then on only that post may do it.

    Whoever may do the task hands it over; one that was handed over already is handed on by its deputy, or taken elsewhere by any post of
    the duty: a task does not wait for somebody who is away. reason: 1–200 characters; the unit reads it.

    Raises NotFound, NotAllowed (403), AlreadyDecided (409), Conflict (409: the case has moved since it was read), Invalid (422: no such
    deputy, no reason).
    """
    act = current_act()
    act.about("task", task_id)
    case = lock_case(actor, case_of_task(task_id))
    act.about("case", case.pk)
    task = next(one for one in case.tasks.all() if one.pk == task_id)
    if task.state in (TaskState.DONE, TaskState.CLOSED):
        raise already_decided(case, task)
    scope = unit_scope(actor, TASK)
    if task.deputy_id is None or not can_do(scope, task):
        against, params = reason_against(actor, scope, case, task)
        act.require(not against, against, **params)
    act.require(not task.party, msgid("This waits for the applicant."))
    if case.version != version:
        raise Conflict(CHANGED)
    faults: list[FieldFault] = []
    words = ""
    try:
        words = checked_reason(reason, "required")
    except Invalid as invalid:
        faults += invalid.faults
    if post_id not in {one.post_id for one in deputies_of(actor, task)} | (
        {actor.capacity_id} if task.deputy_id is not None else set()
    ):
        faults.append(FieldFault("post_id", "no-deputy", msgid("Choose one of the posts that have this duty here.")))
    if faults:
        raise Invalid(faults=faults)
    task.deputy_id = post_id
    task.save(update_fields=["deputy"])
    case.version += 1
    add_line(case, actor, "transferred", at=act.time, unit_id=actor_unit(actor), node=task.node, reason=words)
    save_case(case)
    act.note(item=case.item, node=task.node, post=str(post_id), version=case.version)
    act.emit(
        TASK_TRANSFERRED,
        subject=case.pk,
        data={**event_data(case), "task_id": str(task_id), "node": task.node, "post_id": str(post_id)},
    )
    return shape_case(actor, find_case(case.pk), language)
