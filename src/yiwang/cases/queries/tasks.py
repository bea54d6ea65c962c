"""Tasks as the posts that do them read them, and the alarms that doctor shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import Prepared, definition, find_definition
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.cases.queries.bundles import title_of
from yiwang.cases.queries.cases import WAITING, Reading, load, reading, shape_case, task_line
from yiwang.cases.queries.clocks import due_of_task, task_due
from yiwang.cases.queries.forms import asking, form_field, process_of
from yiwang.cases.queries.known import certificate_lack, held_by, valid_types
from yiwang.cases.queries.paging import after, following, page_size
from yiwang.cases.queries.visibility import (
    NOT_HIS,
    TASK,
    Applying,
    applicants_reach,
    can_do,
    cases_in,
    in_reach,
    stands_for,
    visible_case,
)
from yiwang.cases.rules.bpmn import APPLICANT
from yiwang.cases.rules.diagram import Diagram, Node
from yiwang.cases.values import (
    ActView,
    Deputy,
    Due,
    MaterialState,
    StuckAction,
    TaskCounts,
    TaskFilter,
    TaskPage,
    TasksOfItem,
    TaskState,
    TaskView,
    Wanted,
    Whose,
)
from yiwang.identity.queries import (
    acts_for,
    held_posts,
    persons_behind,
    stands_in_for,
    subjects_behind,
    unit_scope,
    why,
)
from yiwang.identity.values import UnitScope
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import today
from yiwang.records.queries import represents

__all__ = [
    "RETRY",
    "askable",
    "deputies_of",
    "failed_actions",
    "lacks_in",
    "my_tasks",
    "next_task",
    "node_of",
    "reason_against",
    "system_list_stuck",
    "task",
    "together_act",
    "was_done",
]

ALL = TaskFilter()
RETRY = "action.retry"
NEVER = date(9999, 12, 31)
SOON_DAYS = 2
IN_A_LINE = (
    *("node", "state", "opened_at", "party", "deputy__title", "action", "duty"),
    *("case__number", "case__item", "case__release", "case__version", "case__materials", "case__facts"),
    "case__applicant_name",
    *("case__subject_id", "case__agent_id", "case__account_id", "case__entered_in_id", "case__entered_instead_of_id"),
)
"""What a line of a list is made of: a case is much longer."""


def my_tasks(
    actor: Actor,
    cursor: str = "",
    limit: int = 50,
    state: str = "open",
    language: str = "zh-Hans",
    *,
    wanted: TaskFilter = ALL,
) -> TaskPage:
    """Tasks that the actor's post may do, the most urgent first, with counts. `state`: a `TaskState`. A person gets what is asked of him in
    his own cases; what was handed to a deputy stands in his list alone. The counts are of all tasks of the item and kind that `wanted`
    names, whenever they are due.

    Four queries, however many tasks there are. Raises Invalid for an unknown state.
    """
    if state not in list(TaskState):
        raise Invalid("There is no such state of a task: {state}.", state=state)
    limit = page_size(limit)
    reach = _tasks(_reach(actor), waiting=state in WAITING)
    now = reading(actor, language)
    heaps = _heaps(_reach(actor))
    counts = _counts([one for one in heaps if _is_wanted(one, actor, wanted)], actor, now)
    items: Counter[str] = Counter()
    for heap in heaps:
        items[heap.item] += heap.number if heap.state == TaskState.OPEN else 0
    scope = f"my-tasks:{actor.capacity_id}:{state}:{wanted.item}:{wanted.due}:{wanted.whose}"
    rows = _by_urgency(_narrowed(reach, actor, wanted).filter(state=state), wanted, now)
    if cursor:
        urgency, last = after(cursor, scope)
        rows = rows.filter(Q(urgency__gt=urgency) | Q(urgency=urgency, pk__gt=last))
    found = list(rows.select_related("case", "deputy").only(*IN_A_LINE)[: limit + 1])
    units = _units_answering([one.pk for one in found])
    diagrams: dict[tuple[str, int], Diagram] = {}
    lines = []
    for one in found[:limit]:
        of = one.case.item, one.case.release
        diagram = diagrams.get(of) or diagrams.setdefault(of, _diagram(one.case))
        line = task_line(one, one.case, diagram, now, one.due_on, units.get(one.pk, ()))
        lines.append(replace(line, together=together_act(actor, one.case, one, diagram.nodes[one.node], language)))
    onward = None
    if len(found) > limit:
        onward = following([found[limit - 1].due_on or NEVER, found[limit - 1].pk], scope)
    of_items = [TasksOfItem(id, title_of(id, language), number) for id, number in items.items() if number]
    return TaskPage(tuple(lines), counts, onward, tuple(sorted(of_items, key=lambda one: (one.title, one.item_id))))


def _units_answering(tasks: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Task → titles of the units that answer for it. One query."""
    titles: dict[UUID, list[str]] = {}
    rows = TaskUnit.objects.filter(task__in=tasks).order_by("unit__code")
    for task_id, title in rows.values_list("task_id", "unit__title"):
        titles.setdefault(task_id, []).append(title)
    return titles


def next_task(actor: Actor, task_id: UUID, wanted: TaskFilter = ALL) -> UUID | None:
    """The open task that stands after this one in the actor's list, or the first when nothing follows; None when there is no other.

    Four queries at most.
    """
    now = reading(actor, "zh-Hans")
    open_ones = _tasks(_reach(actor), waiting=True).filter(state=TaskState.OPEN)
    rows = _by_urgency(_narrowed(open_ones, actor, wanted), wanted, now)
    this = Task.objects.filter(pk=task_id).annotate(due_on=due_of_task()).values_list("due_on", flat=True).first()
    others = rows.exclude(pk=task_id).values_list("pk", flat=True)
    behind = Q(urgency__gt=this or NEVER) | Q(urgency=this or NEVER, pk__gt=task_id)
    return others.filter(behind).first() or others.first()


def _narrowed(rows: QuerySet[Task], actor: Actor, wanted: TaskFilter) -> QuerySet[Task]:
    if wanted.item:
        rows = rows.filter(case__item=wanted.item)
    if wanted.whose is not None:
        mine = Q(deputy_id=actor.capacity_id)
        rows = rows.filter(mine if wanted.whose is Whose.MINE else ~mine)
    return rows


@dataclass(frozen=True, slots=True)
class _Heap:
    """Tasks that wait and are alike in all that a list counts by.  due_on: the last civil date, or None."""

    item: str
    state: str
    deputy_id: UUID | None
    due_on: date | None
    number: int


def _heaps(reach: _Reach) -> list[_Heap]:
    """Everything that waits, counted once: what is narrowed, and the numbers beside each choice, are sums of it."""
    if reach.scope is not None and reach.scope.is_empty:
        return []
    return [_Heap(*one) for one in _counted(reach)()]


@lru_cache(maxsize=2_000)  # one for each post that is at work
def _counted(reach: _Reach) -> Prepared[tuple[Any, ...]]:
    waiting = _tasks(reach, waiting=True).filter(state__in=WAITING).annotate(due_on=due_of_task()).order_by()
    alike = waiting.values_list("case__item", "state", "deputy_id", "due_on")
    return Prepared(lambda: alike.annotate(number=Count("pk")))


def _is_wanted(one: _Heap, actor: Actor, wanted: TaskFilter) -> bool:
    mine = one.deputy_id is not None and one.deputy_id == actor.capacity_id
    return wanted.item in ("", one.item) and wanted.whose in (None, Whose.MINE if mine else Whose.SHARED)


def _counts(heaps: Sequence[_Heap], actor: Actor, now: Reading) -> TaskCounts:
    soon = _soon(now)

    def sum_of(state: TaskState, holds: Callable[[_Heap], bool] = lambda _: True) -> int:
        return sum(one.number for one in heaps if one.state == state and holds(one))

    def due(one: _Heap) -> Due:
        if one.due_on is None or one.due_on > soon:
            return Due.CALM
        return Due.OVER if one.due_on < now.today else Due.SOON

    return TaskCounts(
        open=sum_of(TaskState.OPEN),
        overdue=sum_of(TaskState.OPEN, lambda one: due(one) is Due.OVER),
        due_soon=sum_of(TaskState.OPEN, lambda one: due(one) is Due.SOON),
        calm=sum_of(TaskState.OPEN, lambda one: due(one) is Due.CALM),
        mine=sum_of(TaskState.OPEN, lambda one: one.deputy_id is not None and one.deputy_id == actor.capacity_id),
        unassigned=sum_of(TaskState.UNASSIGNED),
        running=sum_of(TaskState.RUNNING),
        failed=sum_of(TaskState.FAILED),
    )


def _soon(now: Reading) -> date:
    return now.calendar.add_working_days(now.today, SOON_DAYS).date


def _due(due: Due, now: Reading) -> Q:
    soon = _soon(now)
    match due:
        case Due.OVER:
            return Q(due_on__lt=now.today)
        case Due.SOON:
            return Q(due_on__gte=now.today, due_on__lte=soon)
        case Due.CALM:
            return Q(due_on__gt=soon) | Q(due_on__isnull=True)


def _by_urgency(rows: QuerySet[Task], wanted: TaskFilter, now: Reading) -> QuerySet[Task, Any]:
    rows = rows.annotate(due_on=due_of_task()).alias(urgency=Coalesce("due_on", NEVER)).order_by("urgency", "pk")
    return rows.filter(_due(wanted.due, now)) if wanted.due is not None else rows


def together_act(actor: Actor, case: Case, one: Task, node: Node, language: str) -> ActView | None:
    """The act by which this task, which stands for `node`, may be done with others in one go; None while a check stands open or its diagram
    declares no such act.

    Passed means: every material is there, no fact that was used is disputed, it is not the actor's own application, and the step may be
    done by whoever did the others.
    """
    declared = next((act for act in node.acts if act.together), None)
    if declared is None or one.state != TaskState.OPEN or actor.capacity is not CapacityKind.POST:
        return None
    passed = (
        not node.other_than
        and not _own_hand(actor, case)
        and all(kept["state"] != MaterialState.MISSING for kept in case.materials)
        and all(kept["standing"] == "undisputed" for kept in case.facts)
    )
    return ActView(declared.name, text(declared.titles, language), declared.reason, declared.asks) if passed else None


def task(actor: Actor, task_id: UUID, language: str = "zh-Hans") -> TaskView:
    """One task with its case, for an actor who may see the case. Raises NotFound. At most twelve queries."""
    case_id = case_of_task(task_id)
    found = visible_case(actor, case_id) if case_id else None
    if found is None:
        raise NotFound("There is no such task.")
    load(found)
    one = next(each for each in found.tasks.all() if each.pk == task_id)
    node = node_of(found, one)
    scope = unit_scope(actor, TASK)
    now = reading(actor, language)
    with override(language.lower()):
        against, params = reason_against(actor, scope, found, one)
        why_not = _(against).format_map(params) if against else ""
        return TaskView(
            id=one.id,
            title=text(node.titles, language) or one.node,
            state=TaskState(one.state),
            acts=()
            if against
            else tuple(
                ActView(act.name, text(act.titles, language), act.reason, act.asks)
                for act in node.acts
                if not (act.once and was_done(found, one.node, act.name))
            ),
            why_not=why_not,
            version=found.version,
            case=shape_case(actor, found, language),
            party=one.party,
            due_on=(due_on := task_due(one, found)),
            days_left=now.days_left(due_on) if one.state == TaskState.OPEN else None,
            wanted=wanted_of(found, one.asks, language) if one.party else (),
            may_ask=askable(found, language) if not against and any(act.asks for act in node.acts) else (),
            deputies=() if against or one.party else deputies_of(actor, one),
        )


def was_done(case: Case, node: str, act: str) -> bool:
    """Whether an act was done on a step of the case before. The case is loaded with its tasks."""
    return any(task.node == node and task.act == act and task.state == TaskState.DONE for task in case.tasks.all())


def deputies_of(actor: Actor, one: Task) -> tuple[Deputy, ...]:
    """Posts that somebody holds today, with the task's duty in the units that answer for it, but the actor's own."""
    posts = held_posts(one.duty, [answer.unit_id for answer in one.answering.all()])
    return tuple(Deputy(id, title) for id, title in posts.items() if id not in (actor.capacity_id, one.deputy_id))


def wanted_of(case: Case, asks: Sequence[Mapping[str, str]], language: str) -> tuple[Wanted, ...]:
    """The lines of a notice, each with its question and what was answered so far."""
    asked = asking(case.item, case.release)
    declared = {one["id"]: one for one in asked.materials}
    answered = {one["name"]: one["value"] for one in case.values}
    lacks = lacks_in(case, asks, language)
    lines: list[Wanted] = []
    for one in asks:
        name = declared[one["id"]]["element"] if one["kind"] == "material" else one["id"]
        question = asked.questions.get(name)
        field = None
        if question is not None:
            field = replace(
                form_field(question, asked.release, language), required=True, value=answered.get(question.element.id)
            )
        title = declared[one["id"]]["title"] if one["kind"] == "material" else asked.questions[name].element.title
        lack = lacks.get(one["id"], "") if one["kind"] == "material" else ""
        lines.append(Wanted(one["kind"], one["id"], text(title, language), one["words"], field, lack))
    return tuple(lines)


def lacks_in(case: Case, asks: Sequence[Mapping[str, str]], language: str) -> dict[str, str]:
    """Material of a notice → why no certificate meets it today, and what to do. No query where none is asked for."""
    asked = asking(case.item, case.release)
    named = {one["id"] for one in asks if one["kind"] == "material"}
    wanted = [one for one in asked.materials if one["kind"] == "certificate" and one["id"] in named]
    certificates = held_by(asked, case.subject_id, case.agent_id) if wanted else {}
    found: dict[str, str] = {}
    with override(language.lower()):
        for one in wanted:
            if one["certificate"] not in valid_types(certificates):
                message, params = certificate_lack(text(one["title"], language), certificates.get(one["certificate"]))
                found[one["id"]] = _(message).format_map(params)
    return found


def askable(case: Case, language: str) -> tuple[Wanted, ...]:
    """What an officer may ask for in a notice: every material that the applicant can give, and every answer that he typed himself."""
    asked = asking(case.item, case.release)
    states = {one["id"]: one["state"] for one in case.materials}
    known = {one["element"] for one in case.facts}
    lines = [
        {"kind": "material", "id": one["id"], "words": ""}
        for one in asked.materials
        if one["element"] or states[one["id"]] == MaterialState.MISSING
    ]
    lines += [
        {"kind": "element", "id": name, "words": ""}
        for name, question in asked.questions.items()
        if not question.material and name not in known and name != asked.item["place"]
    ]
    return wanted_of(case, lines, language)


_CASE_OF_TASK = Prepared(lambda id: Task.objects.filter(pk=id).values_list("case_id", flat=True), UUID)


def case_of_task(task_id: UUID) -> UUID | None:
    """The case that a task belongs to, or None: who may know is for the caller to ask. One query."""
    return _CASE_OF_TASK.first(task_id)


def node_of(case: Case, one: Task) -> Node:
    """The step of the diagram that a task stands for."""
    return _diagram(case).nodes[one.node]


def _diagram(case: Case) -> Diagram:
    return process_of(definition("item", case.item, case.release), case.release).diagram


def reason_against(actor: Actor, scope: UnitScope, case: Case, one: Task) -> tuple[str, dict[str, str]]:
    """Why this actor may not do the task: a msgid and what fills it in; empty when it may.

    Nobody decides on his own application, whatever his post. Source: 公务员法 art. 76 (recusal 回避).
    Who entered a case for somebody at a window does not decide on it.
    Nobody does a step that the diagram wants done by another than who did an earlier one.
    """
    if one.action:
        return msgid("The system does this step."), {}
    if one.party and not stands_for(actor, case):
        return (NOT_HIS if actor.capacity is CapacityKind.SELF else msgid("This waits for the applicant.")), {}
    if one.state == TaskState.UNASSIGNED:
        return msgid("No unit answers for this place yet."), {}
    if one.state != TaskState.OPEN:
        return msgid("This task has already been done."), {}
    if one.party:
        return "", {}
    if actor.capacity is not CapacityKind.POST or not can_do(scope, one):
        duty = find_definition("duty", one.duty)
        return msgid("This is a task of the duty “{duty}” at {units}."), {
            "duty": text(duty["title"]) if duty else one.duty,
            "units": "、".join(answer.unit.title for answer in one.answering.all()),
        }
    if why := _own_hand(actor, case):
        return why, {}
    if one.deputy is not None and one.deputy_id != actor.capacity_id:
        return msgid("This task was handed over to {post}."), {"post": one.deputy.title}
    diagram = _diagram(case)
    hands = persons_behind(actor)
    done = {task.node for task in case.tasks.all() if hands & {task.done_by_id, task.done_instead_of_id}}
    if mine := [name for name in diagram.nodes[one.node].other_than if name in done]:
        titles = "、".join(text(diagram.nodes[name].titles) for name in mine)
        return msgid("You did “{task}” in this case; another officer has to do this."), {"task": titles}
    return "", {}


def failed_actions(actor: Actor) -> list[StuckAction]:
    """Outside actions that gave up, for who may try them again; the oldest first, at most 500. Raises NotAllowed."""
    if not why(actor, RETRY).allowed:
        raise NotAllowed
    return [one for one in system_list_stuck() if one.state is TaskState.FAILED]


def _own_hand(actor: Actor, case: Case) -> str:
    """Why the officer, or the one whose deputy he is, stands too near to a case to decide on it: a msgid, or empty."""
    if actor.subject_id is not None and actor.subject_id in (case.subject_id, case.agent_id):
        return msgid("You cannot decide on your own application; another officer has to.")
    entered_by = {case.account_id, case.entered_instead_of_id} if case.entered_in_id is not None else set()
    if actor.account_id in entered_by:
        return msgid("You entered this case for the applicant; another officer has to decide on it.")
    if case.agent_id is not None and stands_near(actor, case):
        return msgid("You represent the one that this is for, or act for it; another officer has to decide on it.")
    if (holder := stands_in_for(actor)) is None:
        return ""
    if holder.subject_id is not None and holder.subject_id in (case.subject_id, case.agent_id):
        return msgid("The officer for whom you are a deputy applied for this; another officer has to decide on it.")
    if holder.account_id in entered_by:
        return msgid("The officer for whom you are a deputy entered this case; another officer has to decide on it.")
    return ""


def stands_near(actor: Actor, case: Case) -> bool:
    """Whether who decides, or the one whose deputy he is, represents the one that a case is for, or holds a mandate of it."""
    if acts_for(persons_behind(actor), case.subject_id):
        return True
    return any(represents(person, case.subject_id) for person in subjects_behind(actor))


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


class _Reach(NamedTuple):
    """Who asks for tasks; for an officer how far his post reaches, for who applies whose cases are his on the civil date `day`."""

    capacity: CapacityKind
    id: UUID | None
    scope: UnitScope | None
    applying: Applying | None
    day: date


def _reach(actor: Actor) -> _Reach:
    applying = applicants_reach(actor)
    in_post = actor.capacity is not CapacityKind.SYSTEM and applying is None
    return _Reach(actor.capacity, actor.capacity_id, unit_scope(actor, TASK) if in_post else None, applying, today())


def _tasks(reach: _Reach, *, waiting: bool) -> QuerySet[Task]:
    if reach.capacity is CapacityKind.SYSTEM:
        return Task.objects.all()
    if reach.applying is not None:
        return Task.objects.filter(case__in=cases_in(reach.applying, reach.day).values("pk"), party=APPLICANT)
    if reach.scope is None or reach.scope.is_empty:
        return Task.objects.none()
    return Task.objects.filter(in_reach(reach.scope, waiting=waiting), Q(deputy__isnull=True) | Q(deputy_id=reach.id))
