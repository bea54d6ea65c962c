"""Outside actions: run by a job, tried again, returned as the next step of their case.

An attempt is a row. Whatever dies, the row is there: a job that was lost is deferred again, an effect that was had is not had twice
(the effect is keyed by case and step), and a return that was already taken in is a no-op. Nothing is tried for ever: an attempt fails when
its effect or its return does, or when it was begun `BEGINNINGS` times and never heard of again; after the last one a person decides.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app

from yiwang.acts.queries import Prepared, definition
from yiwang.acts.services import current_act, defer, service, update
from yiwang.acts.values import Actor, system
from yiwang.cases import registry
from yiwang.cases.events import CASE_ADVANCED
from yiwang.cases.models import ActionRun, Case, Task
from yiwang.cases.queries.forms import process_of
from yiwang.cases.queries.tasks import RETRY
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.decision import engine_state
from yiwang.cases.services.movement import (
    JOB,
    QUEUE,
    action_call,
    begin_attempt,
    carry_on,
    close_task,
    event_data,
    settle,
)
from yiwang.cases.values import TaskState
from yiwang.kernel import failpoints
from yiwang.kernel.errors import Conflict, NotFound, msgid
from yiwang.kernel.time import machine_now, now

__all__ = [
    "ATTEMPTS",
    "BEGINNINGS",
    "FIRST_PAUSE",
    "retry_action",
    "system_fail_action",
    "system_rescue_actions",
    "system_retry_failed",
    "system_return_action",
    "system_run_action",
    "system_run_actions_of",
]

ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=10)
BEGINNINGS = 5
"""How often one attempt is begun. More than once only if the process died in it; then it has failed."""
LOST = "begun, and never heard of again"
LOST_AFTER = timedelta(minutes=2)
"""A pending attempt that is so long over its time has lost its job; it is deferred again. Twice does no harm."""


_RUN = Prepared(lambda id: ActionRun.objects.filter(pk=id).select_related("case", "task"), UUID)
_CASE_OF_RUN = Prepared(lambda id: ActionRun.objects.filter(pk=id).values_list("case_id", flat=True), UUID)
_LOCKED = Prepared(lambda id: Case.objects.filter(pk=id).select_for_update(), UUID)
_STEPS = Prepared(lambda case: Task.objects.filter(case_id=case).values_list("step", flat=True), UUID)


def system_run_action(run_id: UUID) -> None:
    """Make one attempt of an outside action: the effect, then its return as a step. Safe to run twice, and at once."""
    with _alone(run_id) as alone:
        if alone:
            _system_run_alone(run_id)


@contextmanager
def _alone(run_id: UUID) -> Iterator[bool]:
    """Whether nobody else is at this attempt. Else two at once would count as beginnings of processes that died.

    The database forgets a holder that dies. Whoever comes second leaves: should the first not end, the attempt is deferred again.
    """
    key = f"action {run_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        alone: bool = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def _system_run_alone(run_id: UUID) -> None:
    run = _RUN.first(run_id)
    if run is None or run.state != "pending":
        return
    actor = system("cases.action", origin=run.case.origin)
    if run.begun >= BEGINNINGS:
        system_fail_action(actor, run_id, error=LOST)
        return
    run.begun += 1
    update(run, "begun")
    failpoints.reach("cases.before-outside-effect")
    try:
        node = process_of(definition("item", run.case.item, run.case.release), run.case.release).diagram.nodes[
            run.task.node
        ]
        registry.action(run.task.action).function(action_call(run.case, run.step, node, actor, at=now()))
        failpoints.reach("cases.after-outside-effect")
        system_return_action(actor, run_id)
    except Exception as fault:  # noqa: BLE001 - the effect and the next step may be any engine's code: whatever it raises is a failed attempt
        system_fail_action(actor, run_id, error=_place(fault))


def system_run_actions_of(case_id: UUID) -> int:
    """Run now what waits of one case, for whoever tells its past; return how many attempts that were.

    Raises RuntimeError when one failed.
    """
    waiting = list(
        ActionRun.objects.filter(case_id=case_id, state="pending").order_by("pk").values_list("pk", flat=True)
    )
    for run_id in waiting:
        system_run_action(run_id)
    failed = ActionRun.objects.filter(pk__in=waiting, state="failed").values_list("error", flat=True)
    if errors := list(failed):
        raise RuntimeError(f"An action failed: {', '.join(errors)}")
    return len(waiting)


@service("case.return-action")
def system_return_action(actor: Actor, run_id: UUID) -> None:
    """Take in that an outside action is done: the next step of its case. A second return changes nothing."""
    act = current_act()
    case, run = _locked(run_id)
    act.about("case", case.pk)
    if run.state != "pending":
        return
    run.state, run.ended_at = "done", machine_now()
    update(run, "state", "ended_at")
    run.task.state, run.task.done_at = TaskState.DONE, act.time
    close_task(run.task)
    walk = process_of(definition("item", case.item, case.release), case.release).restore(engine_state(case))
    add_line(case, actor, "action-done", at=act.time, node=run.task.node)
    walk.finish_action(run.step)
    left = walk.node(run.task.node)
    settle(case, left, actor, at=act.time)
    carry_on(case, walk, actor, at=act.time, known=set(_STEPS(case.pk)), left=left)
    save_case(case)
    act.note(item=case.item, node=run.task.node, attempt=run.attempt)
    act.emit(
        CASE_ADVANCED,
        subject=case.pk,
        data={**event_data(case), "version": case.version, "node": run.task.node, "act": ""},
    )


@service("case.fail-action")
def system_fail_action(actor: Actor, run_id: UUID, *, error: str) -> None:
    """Take in that an attempt failed: plan the next one, or raise the alarm after the last.

    error: type and place of the exception, never its message, which may hold personal data. Pauses grow fourfold from 10 s:
    the last of six attempts is made about an hour after the first.
    """
    act = current_act()
    case, run = _locked(run_id)
    act.about("case", case.pk)
    if run.state != "pending":
        return
    run.state, run.ended_at, run.error = "failed", machine_now(), error
    run.save(update_fields=["state", "ended_at", "error"])
    tried = (run.attempt - 1) % ATTEMPTS
    if tried + 1 < ATTEMPTS:
        begin_attempt(run.task, run.attempt + 1, delay=FIRST_PAUSE * 4**tried)
    else:
        Task.objects.filter(pk=run.task_id).update(state=TaskState.FAILED)
        add_line(case, actor, "action-failed", at=act.time, node=run.task.node)
        save_case(case)
    act.note(item=case.item, node=run.task.node, attempt=run.attempt, error=error)


@service(RETRY)
def retry_action(actor: Actor, task_id: UUID) -> None:
    """Try again an outside action that gave up: for the system administrator, when the cause is mended. It gets as many attempts anew.

    Raises NotFound; NotAllowed (403); Conflict (409) when the task has not given up.
    """
    act = current_act()
    case_id = Task.objects.filter(pk=task_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound("There is no such task.")
    act.about("case", case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    task = Task.objects.get(pk=task_id)
    if task.state != TaskState.FAILED:
        raise Conflict(msgid("This task has not failed."))
    task.state = TaskState.RUNNING
    task.save(update_fields=["state"])
    attempt = ActionRun.objects.filter(task=task).count() + 1
    begin_attempt(task, attempt)
    add_line(case, actor, "action-again", at=act.time, node=task.node)
    save_case(case)
    act.note(item=case.item, node=task.node, attempt=attempt)


def system_retry_failed() -> int:
    """Try again every outside action that gave up; return how many. For operators (`yiwang retry --actions`)."""
    failed = list(Task.objects.filter(state=TaskState.FAILED).order_by("id").values_list("pk", flat=True))
    for task_id in failed:
        retry_action(system("cases.retry"), task_id)
    return len(failed)


def system_rescue_actions() -> int:
    """Defer again the jobs of attempts that are long over their time; return how many. Called by the scheduler."""
    lost = list(
        ActionRun.objects.filter(state="pending", due_at__lt=machine_now() - LOST_AFTER)
        .order_by("due_at")
        .values_list("pk", flat=True)[:500]
    )
    ActionRun.objects.filter(pk__in=lost).update(due_at=machine_now())
    for run_id in lost:
        defer(app.configure_task(JOB, queue=QUEUE), run_id=run_id)
    return len(lost)


def _locked(run_id: UUID) -> tuple[Case, ActionRun]:
    """The attempt with its case locked first, as every step locks it. Raises NotFound."""
    case_id = _CASE_OF_RUN.first(run_id)
    if case_id is None:
        raise NotFound("There is no such attempt.")
    case = _LOCKED(case_id)[0]
    return case, _RUN(run_id)[0]


def _place(fault: Exception) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    last = frames[-1] if frames else None
    return f"{type(fault).__module__}.{type(fault).__qualname__}" + (f" at {last.name}:{last.lineno}" if last else "")
