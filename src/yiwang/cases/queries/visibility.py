"""Who sees which cases and tasks: one SQL predicate for each table, from which every query starts.

An applicant sees his own cases, those of whom he represents, and those that he sent for one whom he represented. An agent sees those of
his principal in the items of his mandate, whoever sent them; as himself he sees those that he sent under it, as long as it stands. A post
sees those that it entered for others, and what units in the reach of its grant answer for, by the duty that grants it; who approves
extensions sees the cases of the units for which he approves them. Administrators have no such grant and see nothing.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from yiwang.acts.queries import Prepared
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.identity.queries import mandate_of, unit_scope
from yiwang.identity.values import UnitScope
from yiwang.kernel.errors import msgid
from yiwang.kernel.time import today
from yiwang.records.queries import represented_by, represents

__all__ = [
    "APPLYING",
    "ENTER",
    "EXTEND",
    "NOT_HIS",
    "READ",
    "TASK",
    "Applying",
    "applicants_reach",
    "can_do",
    "cases_in",
    "in_reach",
    "sees_case",
    "stands_for",
    "visible_case",
    "visible_cases",
]

READ = "case.read"
TASK = "task.decide"
EXTEND = "clock.extend"
ENTER = "case.submit"
"""For another, in a post: a person needs no grant for what he applies for himself."""


APPLYING = (CapacityKind.SELF, CapacityKind.AGENT)
NOT_HIS = msgid("This was sent under a mandate. Act under the mandate to go on with it: “Act as somebody else”.")


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """The cases that exist for this actor. At most three queries before the caller's own."""
    return _cases(_reach(actor))


def visible_case(actor: Actor, case_id: UUID, *, lock: bool = False) -> Case | None:
    """One case with its unit, if it exists for this actor; lock: until the end of the transaction. The same queries as above and one."""
    if actor.capacity is CapacityKind.SELF and actor.capacity_id is not None:
        own = _OWN[lock].first(today(), actor.capacity_id, case_id)
        return own or _represented(actor, case_id, lock=lock)
    reach = _reach(actor)
    nothing = isinstance(reach, _Reach) and reach.is_empty
    return None if nothing else _reached(reach, lock).first(case_id)


def _represented(actor: Actor, case_id: UUID, *, lock: bool) -> Case | None:
    """Of whom the actor represents; asked after his own, which are the most."""
    found = Case.objects.filter(pk=case_id, agent__isnull=False).values_list("subject_id", flat=True).first()
    if found is None or actor.capacity_id is None or not represents(actor.capacity_id, found):
        return None
    return _locking(Case.objects.filter(pk=case_id), lock).first()


def stands_for(actor: Actor, case: Case) -> bool:
    """Whether the actor may answer and withdraw as the applicant: he applied, represents who did, or holds a mandate for it.

    What was sent under a mandate is gone on with under one, or by who represents the principal. No query for who applied himself.
    """
    if actor.capacity is CapacityKind.AGENT:
        mandate = mandate_of(actor)
        return mandate is not None and mandate.subject_id == case.subject_id and mandate.covers(case.item)
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        return False
    if actor.capacity_id == case.subject_id or (actor.capacity_id == case.agent_id and case.mandate_id is None):
        return True
    return case.agent_id is not None and represents(actor.capacity_id, case.subject_id)


class _Agency(NamedTuple):
    """What an agent sees: the cases of his principal, in these items; None for all."""

    subject_id: UUID
    items: tuple[str, ...] | None


class _Persons(NamedTuple):
    """What somebody sees as himself: by his own id, and those of whom he represents."""

    own: UUID
    represented: tuple[UUID, ...]


class _Reach(NamedTuple):
    """What a post sees by its tasks, what it sees because it approves extensions, and the post itself when it enters cases for others."""

    reading: UnitScope
    approving: UnitScope
    entering: UUID | None = None

    @property
    def is_empty(self) -> bool:
        return self.reading.is_empty and self.approving.is_empty and self.entering is None


Applying = _Persons | _Agency


def applicants_reach(actor: Actor) -> Applying | None:
    """Whose cases are an applicant's: of who acts for himself, or under a mandate that stands; None for everybody else."""
    if actor.capacity is CapacityKind.SELF and actor.capacity_id is not None:
        return _Persons(actor.capacity_id, tuple(represented_by(actor)))
    if (mandate := mandate_of(actor)) is not None:
        return _Agency(mandate.subject_id, None if mandate.items is None else tuple(sorted(mandate.items)))
    return None


def _reach(actor: Actor) -> _Reach | Applying:
    """Whose cases exist for this actor: the applicant's, the principal's, or what its post reaches."""
    if (applying := applicants_reach(actor)) is not None:
        return applying
    enters = actor.capacity is CapacityKind.POST and not unit_scope(actor, ENTER).is_empty
    return _Reach(unit_scope(actor, READ), unit_scope(actor, EXTEND), actor.capacity_id if enters else None)


def cases_in(reach: Applying, day: date) -> QuerySet[Case]:
    """The cases of who applies, on a civil date."""
    if isinstance(reach, _Persons):
        return Case.objects.filter(_own(day, reach.own) | Q(subject_id__in=reach.represented))
    rows = Case.objects.filter(subject_id=reach.subject_id)
    return rows if reach.items is None else rows.filter(item__in=reach.items)


def _cases(reach: _Reach | Applying) -> QuerySet[Case]:
    if not isinstance(reach, _Reach):
        return cases_in(reach, today())
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


def _own(day: date, subject_id: UUID) -> Q:
    """What somebody applied for himself, and what he applied for on behalf of another; under a mandate, as long as it stands."""
    stands = Q(mandate__ended_at__isnull=True, mandate__valid_to__gt=day)
    return Q(subject_id=subject_id) | (Q(agent_id=subject_id) & (Q(mandate__isnull=True) | stands))


def _locking(rows: QuerySet[Case], lock: bool) -> QuerySet[Case]:
    shown = rows.select_related("unit", "entered_in__unit")
    return shown.select_for_update(of=("self",)) if lock else shown


_OWN = {
    False: Prepared(
        lambda day, of, id: _locking(Case.objects.filter(_own(day, of)), False).filter(pk=id), date, UUID, UUID
    ),
    True: Prepared(
        lambda day, of, id: _locking(Case.objects.filter(_own(day, of)), True).filter(pk=id), date, UUID, UUID
    ),
}


@lru_cache(maxsize=2_000)  # one for each post that is at work
def _reached(reach: _Reach | Applying, lock: bool) -> Prepared[Case]:
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
