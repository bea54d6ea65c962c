"""Move a locked case through its process until it waits or has ended: the same for sending, deciding and returning actions.

An inside action runs here, in the step's transaction: the case and what the action writes stand or fall together. An outside
action is only begun here: its job is deferred in the same transaction, and its return is the next step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

from yiwang.acts.queries import definition, fetch
from yiwang.acts.services import current_act, defer, insert, update
from yiwang.acts.values import Actor
from yiwang.cases import registry
from yiwang.cases.events import CASE_ENDED, CASE_OUTCOME_CHANGED
from yiwang.cases.models import ActionRun, Case, EngineState, Task, TaskUnit
from yiwang.cases.queries.calendars import calendars
from yiwang.cases.queries.clocks import due_of
from yiwang.cases.queries.forms import bound, process_of
from yiwang.cases.queries.tasks import lacks_in
from yiwang.cases.rules.diagram import Node
from yiwang.cases.rules.runtime import Run, Step
from yiwang.cases.services.answering import units_for
from yiwang.cases.services.clocks import end_clocks, enter_step, leave_step, start_own_clocks
from yiwang.cases.services.course import add_line, event_data, who_hears_of
from yiwang.cases.values import ActionCall, CaseState, MaterialState, Outcome, TaskState
from yiwang.catalog.queries import element, freeze, thaw
from yiwang.kernel import failpoints
from yiwang.kernel.canonical import digest
from yiwang.kernel.ids import uuid7
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date, machine_now

__all__ = [
    "JOB",
    "action_call",
    "begin_attempt",
    "carry_on",
    "close_task",
    "end_case",
    "event_data",
    "settle",
]

JOB = "cases.run_action"
QUEUE = "actions"


def carry_on(
    case: Case,
    run: Run,
    actor: Actor,
    *,
    at: datetime,
    known: Collection[UUID],
    left: Node | None,
    by: str = "",
    answers: Mapping[str, Sequence[UUID]] | None = None,
    counted_from: datetime | None = None,
) -> None:
    """Call inside actions until none is left, then open tasks and begin outside actions; end the case when nothing waits.

    known: steps that have a task already; none: the case has just been made.  Saves the engine state; the caller calls `save_case`.
    left: the step that was just done, whose clocks are obeyed now, and the act `by` which; None: the case has just been made.
    counted_from: the trigger of clocks that start in this movement, where that is not `at`.
    answers: duty → units that answer for it at the case's place, where the caller knows already.
    """
    start = counted_from or at
    if left is not None:
        leave_step(case, left, at=at, by=by)
    else:
        start_own_clocks(case, at=at)
        begun = run.begins()
        enter_step(case, begun, at=at, counted_from=start)
        leave_step(case, begun, at=at)
    while inside := [step for step in run.waiting() if _place(step.node) == "inside"]:
        step = inside[0]
        enter_step(case, step.node, at=at, counted_from=start)
        brought = registry.action(step.node.action).function(action_call(case, step.id, step.node, actor, at=at))
        if brought:
            case.produced = [*case.produced, *_kept(brought, case.release)]
        failpoints.reach("cases.after-inside-effect")
        run.finish_action(step.id)
        leave_step(case, step.node, at=at)
        add_line(case, actor, "action-done", at=at, node=step.node.id)
        settle(case, step.node, actor, at=at)
    for step in run.waiting():
        if step.id not in known:
            enter_step(case, step.node, at=at, counted_from=start)
            if step.node.kind == "userTask":
                _open_task(case, step, actor, at=at, answers=answers or {})
            else:
                _begin_outside(case, step, at=at)
                run.begin_outside(step.id)
    if run.is_over:
        EngineState.objects.filter(case=case).delete()
        if case.state == CaseState.ENDED:  # follow-up has clocks of its own
            end_clocks(case, at=at, fulfilled=True)
        end_case(case, actor, Outcome(run.outcome), at=at)
    elif known:
        update(EngineState(case=case, state=run.state()), "state")
    else:
        insert(EngineState(case=case, state=run.state()))


def _place(node: Node) -> str:
    return registry.action(node.action).place if node.kind == "serviceTask" else "person"


def _open_task(case: Case, step: Step, actor: Actor, *, at: datetime, answers: Mapping[str, Sequence[UUID]]) -> None:
    item = definition("item", case.item, case.release)
    if step.node.party:
        _ask_applicant(case, step, actor, item, at=at)
        return
    duty = str(bound(step.node.duty, item)) if step.node.duty else ""
    units = answers[duty] if duty in answers else units_for(case, duty, civil_date(at))
    task = Task(
        case=case,
        step=step.id,
        node=step.node.id,
        duty=duty,
        state=TaskState.OPEN if units else TaskState.UNASSIGNED,
        opened_at=at,
        own_due_on=own_due_on(case, step.node, item, at=at),
    )
    insert(task)
    insert(*(TaskUnit(task=task, unit_id=unit) for unit in units))
    add_line(
        case,
        actor,
        "assigned" if units else "unassigned",
        at=at,
        unit_id=units[0] if units else None,
        node=step.node.id,
    )


def close_task(task: Task, *also: str) -> None:
    """Write that a task is done, with these fields besides, and take it off the desks of the units that answer for it."""
    update(task, "state", "done_at", *also)
    fetch("UPDATE cases_taskunit SET waits = FALSE WHERE task_id = %(task)s::uuid RETURNING id", {"task": task.pk})


def _ask_applicant(case: Case, step: Step, actor: Actor, item: Mapping[str, Any], *, at: datetime) -> None:
    """A task of the applicant: to answer the notice that was written last."""
    Task.objects.create(
        case=case,
        step=step.id,
        node=step.node.id,
        party=step.node.party,
        state=TaskState.OPEN,
        opened_at=at,
        own_due_on=own_due_on(case, step.node, item, at=at),
        asks=last_notice(case),
    )
    add_line(case, actor, "asked", at=at, node=step.node.id)


def last_notice(case: Case) -> list[dict[str, str]]:
    """What an officer asked of the applicant last; empty when nobody did."""
    asking = Task.objects.filter(case=case, party="").exclude(asks=[]).order_by("-done_at", "-id").first()
    return list(asking.asks) if asking else []


def own_due_on(case: Case, node: Node, item: Mapping[str, Any], *, at: datetime) -> date | None:
    """The last day of a task's own limit: as its diagram says, or of the first promise to be checked; None: only clocks run for it.

    Counted by the nation. What the applicant has to do has the local days off of the unit that answers, too, and nobody who is asked loses
    a day by a weekend that is worked there: the later day counts.
    """
    days: int | None = None
    if node.within is not None:
        days = int(bound(node.within, item))
    elif node.checks_promises:
        promised = {one["id"] for one in case.materials if one["state"] == MaterialState.PROMISED}
        days = min(
            (one["promise"]["check"]["working_days"] for one in item["materials"] if one["id"] in promised),
            default=None,
        )
    if days is not None:
        by, on = calendars(), civil_date(at)
        last = by.national.add_working_days(on, days).date
        return max(last, by.local(case.unit_id).add_working_days(on, days).date) if node.party else last
    return None


def _begin_outside(case: Case, step: Step, *, at: datetime) -> None:
    item = definition("item", case.item, case.release)
    task = Task(
        case=case,
        step=step.id,
        node=step.node.id,
        duty=str(bound(step.node.duty, item)) if step.node.duty else "",
        action=step.node.action,
        state=TaskState.RUNNING,
        opened_at=at,
        own_due_on=own_due_on(case, step.node, item, at=at),
    )
    insert(task)
    if case.unit_id:
        insert(TaskUnit(task=task, unit_id=case.unit_id))
    begin_attempt(task, 1)


def begin_attempt(task: Task, attempt: int, *, delay: timedelta = timedelta(0)) -> None:
    """Write the attempt and defer its job in the running transaction; it starts after the commit, `delay` later (machine time)."""
    run = ActionRun(
        id=uuid7(), task=task, case_id=task.case_id, step=task.step, attempt=attempt, due_at=machine_now() + delay
    )
    insert(run)
    job = app.configure_task(JOB, queue=QUEUE, schedule_at=run.due_at if delay else None)
    defer(job, run_id=run.id)


def action_call(case: Case, step: UUID, node: Node, actor: Actor, *, at: datetime) -> ActionCall:
    """What the action of a step is called with."""
    item = definition("item", case.item, case.release)
    titles = item["title"]
    return ActionCall(
        actor=actor,
        key=f"{case.id}:{step}",
        case_id=case.id,
        case_number=case.number,
        item_id=case.item,
        item_titles={"zh-Hans": titles} if isinstance(titles, str) else titles,
        release=case.release,
        subject_id=case.subject_id,
        unit_id=case.unit_id,
        parameters={name: bound(binding, item) for name, binding in node.parameters.items()},
        values=_values(case),
        reason=case.reason,
        due_on=due.due if (due := due_of(case)) else None,
        now=at,
        applicant_id=who_hears_of(case),
        mandate_id=case.mandate_id,
        origin=case.origin,
        wanted=_notice_texts(case),
        event_subject=case.event_subject,
    )


def _values(case: Case) -> dict[str, Any]:
    kept = {one["element"]: one["value"] for one in case.facts}
    kept |= {one["name"]: one["value"] for one in [*case.values, *case.produced]}
    return thaw(kept, [element(name, case.release) for name in kept])


def _kept(brought: Mapping[str, Any], release: int) -> list[dict[str, Any]]:
    """What an action brought forth, as a case keeps it."""
    frozen = freeze(brought, [element(name, release) for name in brought])
    return [
        {"name": name, "value": value, "digest": digest([definition("element", name, release)]).hex()}
        for name, value in frozen.items()
    ]


def _notice_texts(case: Case) -> dict[str, str]:
    """Language → the lines of the last notice in words, each with what the officer wrote. Empty where nobody is ever asked."""
    item = definition("item", case.item, case.release)
    if not process_of(item, case.release).diagram.asks_the_applicant():
        return {}
    materials = {one["id"]: one["title"] for one in item["materials"]}
    notice = last_notice(case)
    texts: dict[str, str] = {}
    for language in ("zh-Hans", "en"):
        lacks, lines = lacks_in(case, notice, language), []
        for one in notice:
            declared = materials[one["id"]] if one["kind"] == "material" else element(one["id"], case.release).title
            lack = lacks.get(one["id"], "") if one["kind"] == "material" else ""
            said = lack or text(declared, language)
            lines.append("· " + said + (f"：{one['words']}" if one["words"] else ""))
        texts[language] = "\n".join(lines)
    return texts


def settle(case: Case, node: Node, actor: Actor, *, at: datetime) -> None:
    """What a step that was done says of the whole case: that it has ended, though follow-up may remain."""
    if node.outcome and node.kind != "endEvent":
        end_case(case, actor, Outcome(node.outcome), at=at)


def end_case(case: Case, actor: Actor, outcome: Outcome, *, at: datetime) -> None:
    """Set the outcome and tell that the case has ended. A case that had ended so is left alone; follow-up that ends otherwise changes the
    outcome, and tells that. The caller calls `save_case`, and forgets the engine state when nothing waits any more.
    """
    if case.state == CaseState.ENDED:
        if case.outcome != outcome:
            before, case.outcome = case.outcome, outcome
            add_line(case, actor, "outcome-changed", at=at, act=outcome, reason=case.reason)
            current_act().emit(
                CASE_OUTCOME_CHANGED,
                subject=case.id,
                data={**event_data(case), "outcome": str(outcome), "before": before},
            )
        return
    case.state, case.outcome, case.ended_at = CaseState.ENDED, outcome, at
    add_line(case, actor, "ended", at=at, act=outcome)
    on_time = end_clocks(case, at=at, fulfilled=outcome in (Outcome.ACCEPTED, Outcome.REFUSED))
    current_act().emit(
        CASE_ENDED, subject=case.id, data={**event_data(case), "outcome": str(outcome), "on_time": on_time}
    )
