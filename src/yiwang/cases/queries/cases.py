"""Cases as their applicant and the posts in reach read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Model, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Right
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import Prepared, definition
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Clock, ClockChange, CourseEntry, Task, TaskUnit
from yiwang.cases.queries import wording
from yiwang.cases.queries.calendars import calendars, city_calendar
from yiwang.cases.queries.clocks import clocks_of, due_of, task_due
from yiwang.cases.queries.forms import material_line, process_of
from yiwang.cases.queries.known import frozen_certificate, frozen_view
from yiwang.cases.queries.limits import limits_of_item
from yiwang.cases.queries.paging import after, following, page_size
from yiwang.cases.queries.visibility import APPLYING, stands_for, visible_case, visible_cases
from yiwang.cases.rules.diagram import Diagram
from yiwang.cases.values import (
    NUMBER_TAIL,
    CaseLine,
    CasePage,
    CaseState,
    CaseView,
    Channel,
    CourseLine,
    FrozenFact,
    FrozenValue,
    LimitShown,
    MaterialLine,
    MaterialState,
    Outcome,
    Supplement,
    SupplementLine,
    TaskLine,
    TaskState,
)
from yiwang.catalog.queries import element, shown, thaw
from yiwang.catalog.values import Sensitivity
from yiwang.documents.queries import certificates_of_case
from yiwang.documents.values import CertificateLine
from yiwang.identity.queries import unit_scope
from yiwang.identity.values import UnitScope
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.errors import NotFound
from yiwang.kernel.texts import text
from yiwang.kernel.time import today

__all__ = [
    "CANCEL",
    "WAITING",
    "case",
    "Reading",
    "find_case",
    "frozen_values",
    "held_by",
    "load",
    "load_tasks",
    "masks",
    "may_stop",
    "my_cases",
    "reading",
    "paged",
    "shape_case",
    "state_sentence",
    "task_line",
    "unit_cases",
    "with_masked_facts",
]

CANCEL = "case.cancel"
READ_SENSITIVE = "record.read-sensitive"
ISSUE = "certificate.issue"
WAITING = (TaskState.OPEN, TaskState.UNASSIGNED, TaskState.RUNNING, TaskState.FAILED)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is the same for every case that one call shapes.  reader: the person who reads as himself, or None.  account: of who reads."""

    language: str
    today: date
    calendar: WorkingCalendar
    reader: UUID | None = None
    account: UUID | None = None

    def is_applicant(self, one: Case) -> bool:
        """Whether who reads has applied himself: nobody else has, under a mandate or as its agent."""
        return self.reader is not None and self.reader == (one.agent_id or one.subject_id) and one.mandate_id is None

    def is_said_to(self, one: Case, entry: CourseEntry) -> bool:
        """Whether a line of the course says “you” to who reads: not of what another did for the same applicant, as an agent may."""
        return self.is_applicant(one) and (entry.by != "applicant" or entry.account_id == self.account)

    def days_left(self, due_on: date | None) -> int | None:
        """Working days until `due_on`, negative when it is over."""
        return None if due_on is None else self.calendar.working_days_between(self.today, due_on)


def reading(actor: Actor, language: str) -> Reading:
    """Now, for a reader of this language."""
    reader = actor.capacity_id if actor.capacity is CapacityKind.SELF else None
    return Reading(language, today(), city_calendar(), reader, actor.account_id)


def my_cases(actor: Actor, cursor: str = "", limit: int = 20, language: str = "zh-Hans") -> CasePage:
    """Cases of the actor himself and of those he represents, or of his principal, newest first.

    Four queries, however many there are, and those that tell whom he represents.
    """
    own = visible_cases(actor) if actor.capacity in APPLYING else Case.objects.none()
    return paged(actor, own, cursor, limit, language, scope=f"my-cases:{actor.capacity_id}:{actor.mandate_id}")


def number_tail(digits: str) -> Q:
    """Cases whose number ends so: a predicate that the index `case_by_number_tail` answers."""
    return Q(Exact(Right("number", NUMBER_TAIL), Value(digits)))


def unit_cases(
    actor: Actor, cursor: str = "", limit: int = 50, state: str = "", language: str = "zh-Hans", number: str = ""
) -> CasePage:
    """Cases that the actor's post may see, newest first.  state: open | ended | "" for all.

    number: only what bears it: whole, or its last 14 digits (day and counter), which cases of several items may share; spaces do not count.
    At most six queries.
    """
    rows = visible_cases(actor) if actor.capacity not in APPLYING else Case.objects.none()
    if state:
        rows = rows.filter(state=state)
    if number := "".join(number.split()):
        rows = rows.filter(number_tail(number)) if len(number) == NUMBER_TAIL else rows.filter(number=number)
    return paged(actor, rows, cursor, limit, language, scope=f"unit-cases:{actor.capacity_id}:{state}")


def case(actor: Actor, case_id: UUID, language: str = "zh-Hans") -> CaseView:
    """One case, by its applicant or an officer in scope. Raises NotFound. At most twelve queries."""
    found = visible_case(actor, case_id)
    if found is None:
        raise NotFound("There is no such case.")
    return shape_case(actor, load(found), language)


_CASE = Prepared(lambda id: Case.objects.filter(pk=id).select_related("unit", "entered_in__unit"), UUID)
_TASKS = Prepared(
    lambda case: Task.objects.filter(case_id=case).select_related("deputy").order_by("opened_at", "id"), UUID
)
_ANSWERING = Prepared(
    lambda case: TaskUnit.objects.filter(task__case_id=case).select_related("unit").order_by("unit__code"), UUID
)
_CLOCKS = Prepared(lambda case: Clock.objects.filter(case_id=case).order_by("started_at", "id"), UUID)
_CHANGES = Prepared(lambda case: ClockChange.objects.filter(clock__case_id=case).order_by("position"), UUID)
_COURSE = Prepared(
    lambda case: (
        CourseEntry.objects.filter(case_id=case)
        .select_related("unit", "post", "clock_change__clock")
        .order_by("position")
    ),
    UUID,
)


def find_case(case_id: UUID) -> Case:
    """A case with everything that a view of it needs. Four queries."""
    return load(_CASE(case_id)[0])


def load(case: Case) -> Case:
    """The case with tasks, who answers for them, clocks and course, as prefetching would leave it. Five queries."""
    _keep(case, "course", _COURSE(case.pk))
    clocks, changes = _CLOCKS(case.pk), _CHANGES(case.pk)
    for clock in clocks:
        clock.case = case
        _keep(clock, "changes", [one for one in changes if one.clock_id == clock.pk])
    _keep(case, "clocks", clocks)
    return load_tasks(case)


def load_tasks(case: Case) -> Case:
    """The case with its tasks and who answers for them. Two queries."""
    tasks, answering = _TASKS(case.pk), _ANSWERING(case.pk)
    for task in tasks:
        task.case = case
        _keep(task, "answering", [one for one in answering if one.task_id == task.pk])
    _keep(case, "tasks", tasks)
    return case


def _keep(of: Model, name: str, rows: list[Any]) -> None:
    kept: Any = QuerySet(of._meta.get_field(name).related_model)
    kept._result_cache, kept._prefetch_done = rows, True
    of.__dict__.setdefault("_prefetched_objects_cache", {})[name] = kept


def paged(actor: Actor, rows: QuerySet[Case], cursor: str, limit: int, language: str, *, scope: str) -> CasePage:
    """A page of these cases, newest first.  scope: the list and the reader to whom its cursor belongs. Five queries."""
    limit = page_size(limit)
    if cursor:
        rows = rows.filter(pk__lt=after(cursor, scope)[0])
    # ended ones may have follow-up tasks, which a list does not show
    waiting = Prefetch("tasks", Task.objects.select_related("deputy").filter(state__in=WAITING))
    answering = Prefetch("tasks__answering", TaskUnit.objects.select_related("unit").order_by("unit__code"))
    found = list(
        rows.select_related("unit").prefetch_related(waiting, answering, "clocks").order_by("-pk")[: limit + 1]
    )
    now = reading(actor, language)
    with override(language.lower()):
        lines = tuple(_line(one, now) for one in found[:limit])
    onward = following([found[limit - 1].pk], scope) if len(found) > limit else None
    return CasePage(lines, onward)


def _line(one: Case, now: Reading) -> CaseLine:
    clock = due_of(one)
    due_on = clock.due if clock else None
    return CaseLine(
        id=one.id,
        number=one.number,
        item_id=one.item,
        item_title=item_title(one.item, one.release, now.language),
        state=CaseState(one.state),
        outcome=Outcome(one.outcome) if one.outcome else None,
        state_text=state_sentence(one, now),
        submitted_at=one.submitted_at,
        due_on=due_on,
        ended_at=one.ended_at,
        applicant_name=one.applicant_name,
    )


def shape_case(actor: Actor, one: Case, language: str) -> CaseView:
    """The view of a case that was loaded with `load`. At most four queries: whether it may be cancelled, titles of places."""
    now = reading(actor, language)
    diagram = process_of(definition("item", one.item, one.release), one.release).diagram
    waiting = [task for task in one.tasks.all() if task.state in WAITING]
    stoppable = may_stop(one)
    clock = due_of(one)
    due_on = clock.due if clock else None
    with override(language.lower()):
        days = now.days_left(due_on)
        masked = masks(actor)
        return CaseView(
            id=one.id,
            number=one.number,
            item_id=one.item,
            item_title=item_title(one.item, one.release, language),
            state=CaseState(one.state),
            outcome=Outcome(one.outcome) if one.outcome else None,
            version=one.version,
            applicant_id=one.subject_id,
            submitted_at=one.submitted_at,
            due_on=due_on,
            due_is_provisional=clock.provisional if clock else False,
            days_left=days if one.state == CaseState.OPEN else None,
            ended_at=one.ended_at,
            release=one.release,
            has_it=tuple(held_by(one)),
            waits_for=state_sentence(one, now),
            reason=one.reason,
            values=frozen_values(
                [*one.values, *one.produced], [*one.facts, *_brought(one)], one.release, language, masked=masked
            ),
            course=tuple(_course_line(entry, one, diagram, now) for entry in one.course.all()),
            tasks=tuple(
                task_line(
                    task, one, diagram, now, task_due(task, one), [answer.unit.title for answer in task.answering.all()]
                )
                for task in waiting
            ),
            clocks=clocks_of(one, language, calendars()),
            may_withdraw=stoppable and one.event_id is None and stands_for(actor, one),
            may_cancel=stoppable and actor.capacity is CapacityKind.POST and reaches(unit_scope(actor, CANCEL), one),
            origin=one.origin,
            applicant_name=one.applicant_name,
            agent_id=one.agent_id,
            agent_name=one.agent_name,
            facts=with_masked_facts(one.facts, one.release, language, masked=masked),
            materials=_materials(one, language, masked=masked),
            form_fields=one.form_fields,
            known_fields=one.known_fields,
            supplements=_supplements(one, language, masked=masked),
            certificates=_issued(actor, one, diagram, language),
            channel=Channel(one.channel),
            entered_by=f"{one.entered_in.unit.title} {one.entered_in.title}" if one.entered_in else "",
            limits_to_come=_limits_to_come(one, language),
        )


def _limits_to_come(one: Case, language: str) -> tuple[LimitShown, ...]:
    if one.ended_at is not None:
        return ()
    begun = {clock.limit for clock in one.clocks.all()}
    limits = limits_of_item(definition("item", one.item, one.release), one.release, language)
    return tuple(limit for limit in limits if limit.id not in begun)


def _issued(actor: Actor, one: Case, diagram: Diagram, language: str) -> tuple[CertificateLine, ...]:
    if all(node.action != ISSUE for node in diagram.nodes.values()):
        return ()
    return certificates_of_case(actor, one.pk, language)


def state_sentence(one: Case, now: Reading) -> str:
    """Who has a case and until when, or how it ended. Reads its tasks, their `answering` and its clocks, prefetched or not."""
    clock = due_of(one)
    asked = next((task for task in one.tasks.all() if task.party and task.state == TaskState.OPEN), None)
    if asked is not None and one.state == CaseState.OPEN:
        diagram = process_of(definition("item", one.item, one.release), one.release).diagram
        return wording.asked_sentence(
            wording.node_title(diagram, asked.node, now.language), asked.own_due_on, to_applicant=now.is_applicant(one)
        )
    days = now.days_left(clock.due if clock else None)
    return wording.state_sentence(one, held_by(one), clock, days, to_applicant=now.is_applicant(one))


def masks(actor: Actor) -> bool:
    """Whether sensitive facts are covered for this reader: for an agent, and for a post without the grant to read them."""
    if actor.capacity is CapacityKind.AGENT:
        return True
    return actor.capacity is CapacityKind.POST and unit_scope(actor, READ_SENSITIVE).is_empty


def may_stop(one: Case) -> bool:
    """Whether the case still waits for a decision: what was decided cannot be withdrawn or cancelled any more."""
    states = {task.state for task in one.tasks.all()}
    diagram = process_of(definition("item", one.item, one.release), one.release).diagram
    acts = (diagram.nodes[task.node].act(task.act) for task in one.tasks.all() if task.state == TaskState.DONE)
    return (
        not any(act.decides for act in acts if act is not None)
        and one.state == CaseState.OPEN
        and not states & {TaskState.RUNNING, TaskState.FAILED}
        and bool(states & set(WAITING))
    )


def reaches(scope: UnitScope, one: Case) -> bool:
    """Whether a scope reaches a case: a unit in it answers for one of the case's tasks, or it is everything."""
    return scope.everything or any(
        answer.unit_id in part.unit_ids and task.duty in part.duties
        for part in scope.each
        for task in one.tasks.all()
        for answer in task.answering.all()
    )


def held_by(one: Case) -> list[str]:
    """Titles of the units that have the case now; its own unit while an action is under way."""
    titles: dict[str, None] = {}
    for task in one.tasks.all():
        if task.state in WAITING:
            for answer in task.answering.all():
                titles[answer.unit.title] = None
            if task.action and one.unit:
                titles[one.unit.title] = None
    return list(titles)


def task_line(
    task: Task, one: Case, diagram: Diagram, now: Reading, due_on: date | None, units: Sequence[str]
) -> TaskLine:
    """A task in a list.  due_on: its last day.  units: titles of those that answer for it."""
    return TaskLine(
        id=task.id,
        case_id=one.id,
        case_number=one.number,
        item_id=one.item,
        item_title=item_title(one.item, one.release, now.language),
        title=wording.node_title(diagram, task.node, now.language),
        state=TaskState(task.state),
        units=tuple(units),
        opened_at=task.opened_at,
        due_on=due_on,
        days_left=now.days_left(due_on),
        party=task.party,
        deputy=task.deputy.title if task.deputy else "",
        version=one.version,
        applicant_name=one.applicant_name,
    )


def item_title(item: str, release: int, language: str) -> str:
    """The title that the item had when the case began. No query once the release is cached."""
    return text(definition("item", item, release)["title"], language)


def _course_line(entry: CourseEntry, one: Case, diagram: Diagram, now: Reading) -> CourseLine:
    return CourseLine(
        at=entry.at,
        code=entry.code,
        sentence=wording.course_sentence(entry, diagram, now.language, to_applicant=now.is_said_to(one, entry)),
        by=entry.by,
        unit=entry.unit.title if entry.unit else "",
        reason=entry.reason,
    )


def _brought(one: Case) -> list[dict[str, str]]:
    """What the case brought forth, as what nobody had to type."""
    return [{"element": kept["name"]} for kept in one.produced]


def with_masked_facts(
    facts: Sequence[Mapping[str, Any]], release: int, language: str, *, masked: bool
) -> tuple[FrozenFact, ...]:
    """Kept facts for people.  masked: sensitive ones are covered."""
    views = [frozen_view(kept, language) for kept in facts]
    return tuple(_covered(view) if masked and _is_sensitive(view.element, release) else view for view in views)


def _covered(view: FrozenFact) -> FrozenFact:
    about = element(view.element, view.release)
    [value] = thaw({about.id: view.value}, [about]).values()
    return replace(view, value=None, shown=shown(value, about, masked=True, release=view.release))


def _is_sensitive(name: str, release: int) -> bool:
    return element(name, release).sensitivity is Sensitivity.SENSITIVE


def _materials(one: Case, language: str, *, masked: bool) -> tuple[MaterialLine, ...]:
    """Each declared material with where it stands, what shows it, and whose that is."""
    declared = {material["id"]: material for material in definition("item", one.item, one.release)["materials"]}
    facts = {fact.element: fact for fact in with_masked_facts(one.facts, one.release, language, masked=masked)}
    answers = {
        value.name: value for value in frozen_values(one.values, one.facts, one.release, language, masked=masked)
    }
    lines: list[MaterialLine] = []
    for kept in one.materials:
        material = declared[kept["id"]]
        state = MaterialState(kept["state"])
        known = [facts[name] for name in material["elements"]] if state is MaterialState.KNOWN else []
        certificate = next((held for held in one.certificates if held["material"] == material["id"]), None)
        given = answers.get(material["element"]) if state is MaterialState.GIVEN else None
        lines.append(
            replace(
                material_line(material, language),
                state=state,
                shown=given.shown if given else _("; ").join(f"{fact.title} {fact.shown}" for fact in known),
                sources=tuple({fact.source.record_id: fact.source for fact in known}.values()),
                certificate=frozen_certificate(certificate, language) if certificate else None,
            )
        )
    return tuple(lines)


def _supplements(one: Case, language: str, *, masked: bool) -> tuple[Supplement, ...]:
    """What was asked of the applicant, with what stood before and what he gave."""
    declared = {material["id"]: material for material in definition("item", one.item, one.release)["materials"]}
    found: list[Supplement] = []
    for task in (task for task in one.tasks.all() if task.party):
        kept = task.answered or {"values": [], "before": []}
        now = {
            value.name: value
            for value in frozen_values(kept["values"], one.facts, one.release, language, masked=masked)
        }
        before = {
            value.name: value
            for value in frozen_values(kept["before"], one.facts, one.release, language, masked=masked)
        }
        lines: list[SupplementLine] = []
        for ask in task.asks:
            material = declared[ask["id"]] if ask["kind"] == "material" else None
            name = material["element"] if material is not None else ask["id"]
            title = material["title"] if material is not None else element(name, one.release).title
            known = task.answered is not None and name not in now
            lines.append(SupplementLine(text(title, language), ask["words"], before.get(name), now.get(name), known))
        found.append(Supplement(task.opened_at, task.own_due_on, task.done_at, tuple(lines)))
    return tuple(found)


def frozen_values(
    frozen: Sequence[Mapping[str, Any]],
    facts: Sequence[Mapping[str, Any]],
    release: int,
    language: str,
    *,
    masked: bool = False,
) -> tuple[FrozenValue, ...]:
    """Kept answers for people.  facts: kept with them.  masked: sensitive ones that the city knew are covered."""
    known = {kept["element"] for kept in facts}
    elements = {value["name"]: element(value["name"], release) for value in frozen}
    typed = thaw({value["name"]: value["value"] for value in frozen}, elements.values())
    shaped: list[FrozenValue] = []
    for value in frozen:
        about = elements[value["name"]]
        covered = masked and about.id in known and about.sensitivity is Sensitivity.SENSITIVE
        shaped.append(
            FrozenValue(
                name=about.id,
                title=text(about.title, language),
                type=about.type,
                value=None if covered else value["value"],
                shown=shown(typed.get(about.id), about, language, masked=covered, release=release),
                digest=value["digest"],
                sensitivity=str(about.sensitivity),
                is_known=about.id in known,
            )
        )
    return tuple(shaped)
