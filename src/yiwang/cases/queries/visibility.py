"""Who sees which cases and tasks: one SQL predicate for each table, from which every query starts.

An applicant sees his own cases, and those that he sent for another whom he represents. A post sees those that it entered for others, and
what units in the reach of its grant answer for, by the duty that grants it; who approves extensions sees the cases of the units for which
he approves them.
Administrators have no such grant and see nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from yiwang.acts.queries import Prepared
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.identity.queries import unit_scope
from yiwang.identity.values import UnitScope

__all__ = ["ENTER", "EXTEND", "READ", "TASK", "can_do", "in_reach", "sees_case", "visible_case", "visible_cases"]

READ = "case.read"
TASK = "task.decide"
EXTEND = "clock.extend"
ENTER = "case.submit"
"""For another, in a post: a person needs no grant for what he applies for himself."""


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """The cases that exist for this actor. At most three queries before the caller's own."""
    return _cases(_reach(actor))


def visible_case(actor: Actor, case_id: UUID, *, lock: bool = False) -> Case | None:
    """One case with its unit, if it exists for this actor; lock: until the end of the transaction. The same queries as above and one."""
    reach = _reach(actor)
    if isinstance(reach, UUID):
        return _OWN[lock].first(reach, case_id)
    return None if reach.is_empty else _reached(reach, lock).first(case_id)


class _Reach(NamedTuple):
    """What a post sees by its tasks, what it sees because it approves extensions, and the post itself when it enters cases for others."""

    reading: UnitScope
    approving: UnitScope
    entering: UUID | None = None

    @property
    def is_empty(self) -> bool:
        return self.reading.is_empty and self.approving.is_empty and self.entering is None


def _reach(actor: Actor) -> _Reach | UUID:
    """Whose cases exist for this actor: the applicant's, by his id, or what its post reaches."""
    if actor.capacity is CapacityKind.SELF and actor.capacity_id is not None:
        return actor.capacity_id
    enters = actor.capacity is CapacityKind.POST and not unit_scope(actor, ENTER).is_empty
    return _Reach(unit_scope(actor, READ), unit_scope(actor, EXTEND), actor.capacity_id if enters else None)


def _cases(reach: _Reach | UUID) -> QuerySet[Case]:
    if isinstance(reach, UUID):
        return _own(reach)
    if reach.reading.everything or reach.approving.everything:
        return Case.objects.all()
    seen = Q(pk__in=[])
    if not reach.reading.is_empty:
        seen |= Q(Exists(Task.objects.filter(in_reach(reach.reading), case=OuterRef("pk"))))
    if reach.approving.unit_ids:
        seen |= Q(unit__in=reach.approving.unit_ids)
    if reach.entering is not None:
        seen |= Q(entered_in=reach.entering)
    return Case.objects.filter(seen)


def _own(subject_id: UUID) -> QuerySet[Case]:
    """What somebody applied for himself, and what he applied for on behalf of another."""
    return Case.objects.filter(Q(subject_id=subject_id) | Q(agent_id=subject_id))


def _locking(rows: QuerySet[Case], lock: bool) -> QuerySet[Case]:
    shown = rows.select_related("unit", "entered_in__unit")
    return shown.select_for_update(of=("self",)) if lock else shown


_OWN = {
    False: Prepared(lambda of, id: _locking(_own(of), False).filter(pk=id), UUID, UUID),
    True: Prepared(lambda of, id: _locking(_own(of), True).filter(pk=id), UUID, UUID),
}


@lru_cache(maxsize=2_000)  # one for each post that is at work
def _reached(reach: _Reach, lock: bool) -> Prepared[Case]:
    return Prepared(lambda id: _locking(_cases(reach), lock).filter(pk=id), UUID)


def sees_case(actor: Actor, case_id: UUID) -> bool:
    """Whether the case exists for this actor, who may then open its files."""
    return visible_case(actor, case_id) is not None


def in_reach(scope: UnitScope, *, waiting: bool = False) -> Q:
    """Tasks of the scope's duties for which one of its units answers, or that one of its posts has done.

    waiting: of these only what is neither done nor closed, found without walking through the unit's past.
    """
    reach = Q(pk__in=[])
    for part in scope.each:
        if part.everything:
            reach |= Q(duty__in=part.duties)
        elif part.unit_ids:
            units = TaskUnit.objects.filter(task=OuterRef("pk"), unit__in=part.unit_ids)
            answering = Exists(units.filter(waits=True) if waiting else units)
            reach |= Q(answering, duty__in=part.duties)
    return reach | Q(done_in_post__in=scope.post_ids) if scope.post_ids and not waiting else reach


def can_do(scope: UnitScope, task: Task) -> bool:
    """Whether a scope of `task.decide` reaches this task. Uses the prefetched `answering`."""
    return any(
        task.duty in part.duties
        and (part.everything or any(one.unit_id in part.unit_ids for one in task.answering.all()))
        for part in scope.each
    )
