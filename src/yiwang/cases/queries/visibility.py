"""Who sees which cases and tasks: one SQL predicate for each table, from which every query starts.

An applicant sees his own cases, and those that he sent for another whom he represents. A post sees what units in the reach of its
grant answer for, by the duty that grants it; who approves extensions sees the cases of the units for which he approves them.
Administrators have no such grant and see nothing.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.identity.queries import unit_scope
from yiwang.identity.values import UnitScope

__all__ = ["EXTEND", "READ", "TASK", "can_do", "in_reach", "visible_cases"]

READ = "case.read"
TASK = "task.decide"
EXTEND = "clock.extend"


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """The cases that exist for this actor. At most three queries before the caller's own."""
    if actor.capacity is CapacityKind.SYSTEM:
        return Case.objects.all()
    if actor.capacity is CapacityKind.SELF and actor.capacity_id is not None:
        return Case.objects.filter(Q(subject_id=actor.capacity_id) | Q(agent_id=actor.capacity_id))
    scope = unit_scope(actor, READ)
    approving = unit_scope(actor, EXTEND)
    if scope.everything or approving.everything:
        return Case.objects.all()
    reach = Q(pk__in=[])
    if not scope.is_empty:
        reach |= Q(Exists(Task.objects.filter(in_reach(scope), case=OuterRef("pk"))))
    if approving.unit_ids:
        reach |= Q(unit__in=approving.unit_ids)
    return Case.objects.filter(reach)


def in_reach(scope: UnitScope) -> Q:
    """Tasks of the scope's duties for which one of its units answers, or that one of its posts has done."""
    reach = Q(pk__in=[])
    for part in scope.each:
        if part.everything:
            reach |= Q(duty__in=part.duties)
        elif part.unit_ids:
            answering = Exists(TaskUnit.objects.filter(task=OuterRef("pk"), unit__in=part.unit_ids))
            reach |= Q(answering, duty__in=part.duties)
    return reach | Q(done_in_post__in=scope.post_ids) if scope.post_ids else reach


def can_do(scope: UnitScope, task: Task) -> bool:
    """Whether a scope of `task.decide` reaches this task. Uses the prefetched `answering`."""
    return any(
        task.duty in part.duties
        and (part.everything or any(one.unit_id in part.unit_ids for one in task.answering.all()))
        for part in scope.each
    )
