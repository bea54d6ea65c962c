"""Do a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from yiwang.acts.queries import Prepared, definition
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.cases.events import CASE_ADVANCED
from yiwang.cases.models import Case, CourseEntry, EngineState, Task
from yiwang.cases.queries.cases import find_case, load_tasks, shape_case
from yiwang.cases.queries.forms import process_of
from yiwang.cases.queries.tasks import case_of_task, node_of, reason_against, was_done
from yiwang.cases.queries.visibility import TASK, visible_case
from yiwang.cases.rules.diagram import Act
from yiwang.cases.rules.materials import found_of_promises
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.movement import carry_on, close_task, event_data, settle
from yiwang.cases.services.notices import checked_notice
from yiwang.cases.values import (
    REASON_LENGTH,
    AlreadyDecided,
    CaseView,
    Claimed,
    MaterialState,
    OnceOnly,
    TaskState,
)
from yiwang.identity.queries import actor_unit, unit_scope
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.typed import several_lines

__all__ = ["CHANGED", "advance", "already_decided", "checked_reason", "engine_state", "lock_case"]

CHANGED = msgid("Somebody has changed this case since you opened it.")


@service(TASK)
def advance(
    actor: Actor,
    task_id: UUID,
    *,
    version: int,
    act: str,
    reason: str = "",
    asks: Sequence[Claimed] = (),
    language: str = "zh-Hans",
) -> CaseView:
    """Do a task: `act` is one of the task's acts, such as `accept` or `refuse`. Moves the case until it waits again.

    version: of the case as it was read. reason: 1–200 characters where the act needs one; the applicant reads it.
    asks: for an act that asks the applicant (`ActView.asks`): what is wrong or lacking; every missing material is added by itself, so that
    the one notice lists everything. Source: 行政许可法 art. 32(1)(4).

    One transaction with the case row locked. Raises NotFound (the case does not exist for this actor), NotAllowed (403, why),
    AlreadyDecided (409: `who`, `what`, `when`), OnceOnly (409: the act may be done once in a case and was), Conflict (409: the case has
    moved since it was read), Invalid (422).
    """
    running = current_act()
    running.about("task", task_id)
    case = lock_case(actor, case_of_task(task_id))
    running.about("case", case.pk)
    task = next(one for one in case.tasks.all() if one.pk == task_id)
    if task.state in (TaskState.DONE, TaskState.CLOSED):
        raise already_decided(case, task)
    against, params = reason_against(actor, unit_scope(actor, TASK), case, task)
    running.require(not against, against, **params)
    if case.version != version:
        raise Conflict(CHANGED)
    chosen = _chosen(node_of(case, task).acts, act)
    if chosen.once and was_done(case, task.node, chosen.name):
        raise OnceOnly(msgid("“{act}” can be done once in a case, and was done before."), act=text(chosen.titles))
    words, notice = _checked(case, chosen, reason, asks)
    task.asks = notice
    _do(case, task, actor, chosen, words)
    running.note(item=case.item, node=task.node, act=chosen.name, version=case.version)
    running.emit(
        CASE_ADVANCED,
        subject=case.pk,
        data={**event_data(case), "version": case.version, "node": task.node, "act": chosen.name},
    )
    return shape_case(actor, find_case(case.pk), language)


def _checked(case: Case, chosen: Act, reason: str, asks: Sequence[Claimed]) -> tuple[str, list[dict[str, str]]]:
    """Reason and notice, with every fault of both at once."""
    faults: list[FieldFault] = []
    words, notice = "", list[dict[str, str]]()
    try:
        words = checked_reason(reason, chosen.reason)
    except Invalid as invalid:
        faults += invalid.faults
    try:
        notice = checked_notice(case, asks) if chosen.asks else []
    except Invalid as invalid:
        faults += invalid.faults
    if asks and not chosen.asks:
        faults.append(FieldFault("asks", "asks-nothing", msgid("This act asks nothing of the applicant.")))
    if faults:
        raise Invalid(faults=faults)
    return words, notice


def _do(case: Case, task: Task, actor: Actor, chosen: Act, words: str) -> None:
    at = current_act().time
    node = node_of(case, task)
    task.state, task.act, task.done_at = TaskState.DONE, chosen.name, at
    task.done_by_id, task.done_in_post_id = actor.account_id, actor.capacity_id
    task.done_instead_of_id = actor.instead_of
    close_task(task, "act", "done_by", "done_in_post", "done_instead_of", "asks")
    case.version += 1
    case.reason = words
    if node.checks_promises:
        case.materials = found_of_promises(case.materials, MaterialState(chosen.name))
    add_line(case, actor, "decided", at=at, unit_id=actor_unit(actor), node=task.node, act=chosen.name, reason=words)
    run = process_of(definition("item", case.item, case.release), case.release).restore(engine_state(case))
    run.decide(task.step, chosen.name)
    settle(case, node, actor, at=at)
    carry_on(case, run, actor, at=at, known={one.step for one in case.tasks.all()}, left=node, by=chosen.name)
    save_case(case)


def lock_case(actor: Actor, case_id: UUID | None) -> Case:
    """The case, locked until the end of the transaction, with its tasks. Raises NotFound when it does not exist for the actor."""
    case = visible_case(actor, case_id, lock=True) if case_id else None
    if case is None:
        raise NotFound("There is no such case.")
    return load_tasks(case)


_STATE = Prepared(lambda case: EngineState.objects.filter(pk=case), UUID)


def engine_state(case: Case) -> dict[str, Any]:
    """Where the process of an open case stands. One query."""
    state: dict[str, Any] = _STATE(case.pk)[0].state
    return state


def checked_reason(reason: str, needed: str) -> str:
    """The reason as it is read: without what is invisible. Raises Invalid when it is missing (`needed`: required) or too long."""
    words = several_lines(reason)
    if words is None:
        fault = FieldFault(
            "reason",
            "control-character",
            msgid("The reason holds a control character. Type it again instead of pasting."),
        )
        raise Invalid(faults=[fault])
    if needed == "required" and not words:
        raise Invalid(faults=[FieldFault("reason", "required", msgid("Give a reason; the applicant reads it."))])
    if len(words) > REASON_LENGTH:
        fault = FieldFault(
            "reason", "too-long", msgid("A reason has at most {longest} characters."), {"longest": REASON_LENGTH}
        )
        raise Invalid(faults=[fault])
    return "" if needed == "none" else words


def _chosen(acts: tuple[Act, ...], name: str) -> Act:
    for one in acts:
        if one.name == name:
            return one
    fault = FieldFault("act", "unknown", msgid("Choose one of: {acts}."), {"acts": ", ".join(one.name for one in acts)})
    raise Invalid(faults=[fault])


def already_decided(case: Case, task: Task) -> AlreadyDecided:
    """Who was first, what he did, and when."""
    last = (
        CourseEntry.objects.filter(
            case=case,
            code__in=["withdrawn", "cancelled"] if task.state == TaskState.CLOSED else ["decided", "answered"],
        )
        .filter(**({} if task.state == TaskState.CLOSED else {"node": task.node}))
        .select_related("unit", "post")
        .order_by("-position")
        .first()
    )
    if last is None:
        return AlreadyDecided()
    what = next((text(one.titles) for one in node_of(case, task).acts if one.name == last.act), last.code)
    if last.post is None:
        return AlreadyDecided(
            msgid("The applicant withdrew the case at {when}.")
            if last.code == "withdrawn"
            else msgid("The applicant answered at {when}."),
            who="applicant",
            what=last.code,
            when=last.at.isoformat(),
        )
    return AlreadyDecided(
        msgid("{who} already did this at {when}: {what}."),
        who=f"{last.unit.title if last.unit else ''} {last.post.title}".strip(),
        what=what,
        when=last.at.isoformat(),
    )
