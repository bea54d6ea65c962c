"""Tasks as the posts that do them read them, and the alarms that doctor shows."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import definition, find_definition
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.cases.queries.cases import WAITING, loaded, reading, shape_case, task_line
from yiwang.cases.queries.forms import process_of
from yiwang.cases.queries.paging import after, following, page_size
from yiwang.cases.queries.visibility import TASK, can_do, in_reach, visible_cases
from yiwang.cases.rules.diagram import Node
from yiwang.cases.values import ActView, StuckAction, TaskCounts, TaskPage, TaskState, TaskView
from yiwang.identity.queries import unit_scope
from yiwang.identity.values import UnitScope
from yiwang.kernel.errors import Invalid, NotFound, msgid
from yiwang.kernel.texts import text

__all__ = ["my_tasks", "node_of", "reason_against", "system_list_stuck", "task"]

NEVER = date(9999, 12, 31)
SOON_DAYS = 2


def my_tasks(
    actor: Actor, cursor: str = "", limit: int = 50, state: str = "open", language: str = "zh-Hans"
) -> TaskPage:
    """Tasks that the actor's post may do, the most urgent first, with counts. `state`: a `TaskState`.

    Six queries at most, however many tasks there are. Raises Invalid for an unknown state.
    """
    if state not in list(TaskState):
        raise Invalid("There is no such state of a task: {state}.", state=state)
    limit = page_size(limit)
    reach = _reach(actor)
    now = reading(language)
    soon = now.calendar.add_working_days(now.today, SOON_DAYS).date
    is_open = Q(state=TaskState.OPEN)
    counted: dict[str, Any] = reach.filter(state__in=WAITING).aggregate(
        open=Count("pk", filter=is_open),
        overdue=Count("pk", filter=is_open & Q(due_on__lt=now.today)),
        due_soon=Count("pk", filter=is_open & Q(due_on__gte=now.today, due_on__lte=soon)),
        unassigned=Count("pk", filter=Q(state=TaskState.UNASSIGNED)),
        running=Count("pk", filter=Q(state=TaskState.RUNNING)),
        failed=Count("pk", filter=Q(state=TaskState.FAILED)),
    )
    scope = f"my-tasks:{actor.capacity_id}:{state}"
    rows = reach.filter(state=state).annotate(urgency=Coalesce("due_on", NEVER))
    if cursor:
        urgency, last = after(cursor, scope)
        rows = rows.filter(Q(urgency__gt=urgency) | Q(urgency=urgency, pk__gt=last))
    answering = Prefetch("answering", TaskUnit.objects.select_related("unit").order_by("unit__code"))
    found = list(rows.select_related("case").prefetch_related(answering).order_by("urgency", "pk")[: limit + 1])
    lines = tuple(
        task_line(
            one,
            one.case,
            process_of(definition("item", one.case.item, one.case.release), one.case.release).diagram,
            now,
        )
        for one in found[:limit]
    )
    onward = None
    if len(found) > limit:
        onward = following([found[limit - 1].due_on or NEVER, found[limit - 1].pk], scope)
    return TaskPage(lines, TaskCounts(**counted), onward)


def task(actor: Actor, task_id: UUID, language: str = "zh-Hans") -> TaskView:
    """One task with its case, for an actor who may see the case. Raises NotFound. At most twelve queries."""
    found = loaded(visible_cases(actor)).filter(tasks__pk=task_id).first()
    if found is None:
        raise NotFound("There is no such task.")
    one = next(each for each in found.tasks.all() if each.pk == task_id)
    node = node_of(found, one)
    scope = unit_scope(actor, TASK)
    with override(language.lower()):
        against, params = reason_against(actor, scope, found, one)
        why_not = _(against).format_map(params) if against else ""
        return TaskView(
            id=one.id,
            title=text(node.titles, language) or one.node,
            state=TaskState(one.state),
            acts=()
            if against
            else tuple(ActView(act.name, text(act.titles, language), act.reason) for act in node.acts),
            why_not=why_not,
            version=found.version,
            case=shape_case(actor, found, language),
        )


def node_of(case: Case, one: Task) -> Node:
    """The step of the diagram that a task stands for."""
    return process_of(definition("item", case.item, case.release), case.release).diagram.nodes[one.node]


def reason_against(actor: Actor, scope: UnitScope, case: Case, one: Task) -> tuple[str, dict[str, str]]:
    """Why this actor may not do the task: a msgid and what fills it in; empty when it may.

    Nobody decides on his own application, whatever his post. Source: 公务员法 art. 76 (recusal 回避).
    """
    if one.action:
        return msgid("The system does this step."), {}
    if one.state == TaskState.UNASSIGNED:
        return msgid("No unit answers for this place yet."), {}
    if one.state != TaskState.OPEN:
        return msgid("This task has already been done."), {}
    if actor.capacity is not CapacityKind.POST or not can_do(scope, one):
        duty = find_definition("duty", one.duty)
        return msgid("This is a task of the duty “{duty}” at {units}."), {
            "duty": text(duty["title"]) if duty else one.duty,
            "units": "、".join(answer.unit.title for answer in one.answering.all()),
        }
    if actor.subject_id is not None and actor.subject_id == case.subject_id:
        return msgid("You cannot decide on your own application; another officer has to."), {}
    return "", {}


def system_list_stuck() -> list[StuckAction]:
    """Alarms: tasks nobody answers for, outside actions that gave up. The oldest first, at most 500. One query."""
    rows = (
        Task.objects.filter(state__in=[TaskState.UNASSIGNED, TaskState.FAILED])
        .select_related("case")
        .annotate(attempts=Coalesce(Max("runs__attempt"), 0), last_error=Max("runs__error"))
        .order_by("opened_at", "id")[:500]
    )
    return [
        StuckAction(
            case_id=one.case_id,
            case_number=one.case.number,
            task_id=one.id,
            action=one.action,
            state=TaskState(one.state),
            attempts=one.attempts,
            since=one.opened_at,
            error=one.last_error or "",
        )
        for one in rows
    ]


def _reach(actor: Actor) -> QuerySet[Task]:
    if actor.capacity is CapacityKind.SYSTEM:
        return Task.objects.all()
    scope = unit_scope(actor, TASK)
    return Task.objects.none() if scope.is_empty else Task.objects.filter(in_reach(scope))
