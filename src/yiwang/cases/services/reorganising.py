"""What of cases goes with a unit: open cases, and tasks that wait. What ended stays with the unit that did it.

Set-wise: the statements do not grow with cases. Cases are locked first and in the order of their ids, as every step locks them. Every
case that goes, or of which a task goes, gets one line in its course: who reads it sees why another unit has it now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.cases.models import Case, CourseEntry, Task, TaskUnit
from yiwang.cases.services.course import add_line, save_cases
from yiwang.cases.services.recounting import recount_moved
from yiwang.cases.values import CaseState
from yiwang.identity.queries import system_late_moves
from yiwang.identity.registry import Kept, KeptRows, among
from yiwang.identity.values import Moved, Moving
from yiwang.kernel.errors import msgid
from yiwang.places.queries import decided_by

__all__ = ["Cases", "Tasks", "system_bring_after", "system_bring_work_after"]


class Cases(KeptRows):
    """Open cases. Of a split: those whose tasks all go."""

    kind = "case"
    title = msgid("Open cases")
    order = 10
    why_not_back = msgid("It has ended or was given to somebody else since.")
    model = Case
    stands = Q(state=CaseState.OPEN)

    def rows(self, moving: Moving) -> QuerySet[Case]:
        """What goes."""
        cases = Case.objects.filter(unit_id__in=moving.sources, state=CaseState.OPEN)
        if moving.whole:
            return cases
        going = Tasks().rows(moving)
        staying = _waiting(moving).exclude(pk__in=going.values("pk"))
        its = Q(task__case=OuterRef("pk"))
        return cases.filter(Exists(going.filter(its)), ~Exists(staying.filter(its)))

    def move(self, moving: Moving) -> list[Moved]:
        """Let it go, and say what went."""
        concerned = Q(unit_id__in=moving.sources, state=CaseState.OPEN) | Q(
            pk__in=_waiting(moving).values("task__case_id")
        )
        _lock(Case.objects.filter(concerned))
        going = Q(pk__in=self.rows(moving).values("pk")) | Q(pk__in=Tasks().rows(moving).values("task__case_id"))
        _tell(Case.objects.filter(going), moving.to)
        moved = super().move(moving)
        if moved:
            recount_moved(among(Case, moved))
        return moved

    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands."""
        _lock(among(Case, moved))
        super().back(moved, to)
        if moved:
            recount_moved(among(Case, moved))
        _tell_back(moved, lambda ones: among(Case, ones))

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Case.objects.filter(id__in=ids).values_list("id", "number"))


class Tasks(Kept):
    """Tasks that wait for a unit. Where the unit that takes answers for one already, the other's part in it is over."""

    kind = "task"
    title = msgid("Tasks that wait")
    order = 20
    why_not_back = msgid("It was done or closed since.")

    def rows(self, moving: Moving) -> QuerySet[TaskUnit]:
        """What goes."""
        return _waiting(moving) if moving.whole else _waiting(moving).filter(_goes(moving))

    def ids(self, moving: Moving, most: int | None = None) -> list[UUID]:
        """By task, for it is the task that goes."""
        return list(self.rows(moving).order_by("task_id").values_list("task_id", flat=True)[:most])

    def move(self, moving: Moving) -> list[Moved]:
        """Let it go, and say what went."""
        rows = self.rows(moving).order_by("pk").select_for_update(no_key=True, of=("self",))
        found = list(rows.values_list("pk", "task_id", "unit_id"))
        asked = [Moved(task, None) for _, task, _ in found]
        there = set(
            among(TaskUnit, asked, "task_id").filter(unit_id=moving.to).values_list("task_id", flat=True)
            if found
            else ()
        )
        moved: list[Moved] = []
        going: list[Moved] = []
        over: list[Moved] = []
        for pk, task, unit in found:
            moved.append(Moved(task, unit, task in there))
            (over if task in there else going).append(Moved(pk, None))
            there.add(task)
        if over:
            among(TaskUnit, over).delete()
        if going:
            among(TaskUnit, going).update(unit_id=moving.to)
        return moved

    def standing(self, moved: Sequence[Moved], to: UUID) -> set[UUID]:
        """What is still as it went."""
        rows = among(TaskUnit, moved, "task_id").filter(waits=True, unit_id=to)
        return set(rows.values_list("task_id", flat=True))

    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands."""
        _lock(Case.objects.filter(pk__in=among(Task, moved).values("case_id")))
        for source in {one.source for one in moved}:  # one statement a unit that gave
            went = [one for one in moved if one.source == source and not one.was_there]
            among(TaskUnit, went, "task_id").filter(unit_id=to).update(unit_id=source)
        TaskUnit.objects.bulk_create(
            TaskUnit(task_id=one.object_id, unit_id=one.source)
            for one in moved
            if one.was_there and one.source is not None
        )
        _tell_back(moved, lambda ones: Case.objects.filter(pk__in=among(Task, ones).values("case_id")))

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Task.objects.filter(id__in=ids).values_list("id", "case__number"))


def _lock(cases: QuerySet[Case]) -> None:
    list(cases.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _tell(cases: QuerySet[Case], unit_id: UUID) -> None:
    """Write into the courses of these cases, which are locked, that a reorganisation gave them to the unit: once an act."""
    act = current_act()
    told = CourseEntry.objects.filter(case=OuterRef("pk"), code="reorganised", at=act.time, unit_id=unit_id)
    found = list(cases.filter(~Exists(told)).order_by("pk").only("pk", "course_length"))
    for case in found:
        add_line(case, act.actor, "reorganised", at=act.time, unit_id=unit_id)
    save_cases(found)


def _tell_back(moved: Sequence[Moved], cases_of: Callable[[Sequence[Moved]], QuerySet[Case]]) -> None:
    """The same of what came back: one unit that gave at a time."""
    for source in {one.source for one in moved if one.source is not None}:
        _tell(cases_of([one for one in moved if one.source == source]), source)


def _waiting(moving: Moving) -> QuerySet[TaskUnit]:
    return TaskUnit.objects.filter(waits=True, unit_id__in=moving.sources)


def _goes(moving: Moving) -> Q:
    """Of a split: what was handed to a post that goes, what only posts that go can do, and what an area that goes decides."""
    goes = Q(task__deputy_id__in=moving.posts) | Q(task__duty__in=moving.duties)
    if not moving.areas:
        return goes
    asked = _waiting(moving).exclude(task__case__place="").values_list("task__case__place", "task__duty").distinct()
    places: dict[str, list[str]] = {}
    for place, duty in sorted(decided_by(moving.areas, list(asked))):
        places.setdefault(duty, []).append(place)
    for duty, there in places.items():
        goes |= Q(task__duty=duty, task__case__place__in=there)
    return goes


def system_bring_after() -> int:
    """Bring work after that an act gave to a unit of which it did not know yet that it was reorganised; return how much.

    Called by the scheduler: who makes a task looks up who answers first and writes then, and neither waits for the other.
    """
    brought = 0
    for moving in system_late_moves():
        if Cases().rows(moving).exists() or Tasks().rows(moving).exists():
            brought += system_bring_work_after(system("cases.assignment"), moving)
    return brought


@service("case.bring-after")
def system_bring_work_after(actor: Actor, moving: Moving) -> int:
    """Let open cases and waiting tasks go where a reorganisation sent the others; return how many."""
    act = current_act()
    act.about("unit", moving.to)
    moved: dict[str, Any] = {each.kind: len(each.move(moving)) for each in (Cases(), Tasks())}
    act.note(**moved)
    return sum(moved.values())
