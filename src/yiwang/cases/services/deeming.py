"""Where a law says what counts as done when a limit is missed, do it."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.queries import definition
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.cases.events import CASE_ADVANCED
from yiwang.cases.models import Case, Clock, ClockChange, EngineState, Task
from yiwang.cases.queries.forms import process_of
from yiwang.cases.rules.diagram import Diagram
from yiwang.cases.services.course import add_line, event_data, save_case
from yiwang.cases.services.movement import carry_on, close_task
from yiwang.cases.values import ClockState, TaskState
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import now

__all__ = ["system_deem", "system_deem_missed"]

WAITING_FOR_A_PERSON = (TaskState.OPEN, TaskState.UNASSIGNED)
AT_ONCE = 500


def system_deem_missed() -> int:
    """Do what counts as done in every case whose limit says so and is over; return in how many. Called by the scheduler.

    At most 500 at once; one that waits at another step than the one that its limit is about is passed over.
    """
    over = (
        Clock.objects.filter(state=ClockState.RUNNING, deems=True, legal_due_at__lte=now())
        .select_related("case")
        .prefetch_related("case__tasks")
        .order_by("legal_due_at")[:AT_ONCE]
    )
    ripe = [one.pk for one in over if _waiting_step(one.case, one.limit) is not None]
    return sum(system_deem(system("cases.deeming"), clock_id) for clock_id in ripe)


@service("clock.deem")
def system_deem(actor: Actor, clock_id: UUID) -> bool:
    """Do the act that counts as done because a limit was missed; say whether it was done. Raises NotFound.

    The result holds as the law says: limits that it starts count from the day on which the missed one began, where that is so.
    """
    act = current_act()
    case_id = Clock.objects.filter(pk=clock_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound("There is no such clock.")
    act.about("case", case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    clock = Clock.objects.get(pk=clock_id)
    found = _waiting_step(case, clock.limit)
    is_over = clock.state == ClockState.RUNNING and clock.legal_due_at is not None and clock.legal_due_at <= act.time
    if found is None or not is_over:
        return False
    task, deemed = found
    task.state, task.act, task.done_at = TaskState.DONE, deemed, act.time
    close_task(task, "act")
    case.version += 1
    began = ClockChange.objects.get(clock=clock, position=1)
    add_line(case, actor, "deemed", at=act.time, node=task.node, act=deemed, clock_change=began)
    run = process_of(definition("item", case.item, case.release), case.release).restore(
        EngineState.objects.get(case=case).state
    )
    run.decide(task.step, deemed)
    from_start = definition("limit", clock.limit, case.release)["deemed"]["counted_from"] == "start"
    carry_on(
        case,
        run,
        actor,
        at=act.time,
        known=set(case.tasks.values_list("step", flat=True)),
        left=run.node(task.node),
        by=deemed,
        counted_from=clock.started_at if from_start else None,
    )
    save_case(case)
    act.note(item=case.item, node=task.node, act=deemed, limit=clock.limit, version=case.version)
    act.emit(
        CASE_ADVANCED,
        subject=case.pk,
        data={**event_data(case), "version": case.version, "node": task.node, "act": deemed, "deemed": True},
    )
    return True


def _waiting_step(case: Case, limit: str) -> tuple[Task, str] | None:
    """The task whose step stops the clock of `limit`, and the act that counts as done."""
    diagram: Diagram = process_of(definition("item", case.item, case.release), case.release).diagram
    for task in case.tasks.all():
        if task.state in WAITING_FOR_A_PERSON:
            for one in diagram.nodes[task.node].clocks:
                if one.limit == limit and one.deemed:
                    return task, one.deemed
    return None
