"""What other engines need of a case to follow it: who has it now, and under which definitions it runs. No values of anybody."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch

from yiwang.acts.queries import definition
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.cases.values import CaseBrief, CaseState, Holder, TaskState
from yiwang.kernel.errors import NotFound

__all__ = ["system_brief"]


def system_brief(case_id: UUID) -> CaseBrief:
    """A case in brief, with the officers whose open tasks hold it, the longest open first. Raises NotFound. Three queries."""
    waiting = Prefetch("tasks", Task.objects.filter(state=TaskState.OPEN, party="").order_by("opened_at", "id"))
    answering = Prefetch("tasks__answering", TaskUnit.objects.order_by("unit__code"))
    one = Case.objects.filter(pk=case_id).prefetch_related(waiting, answering).first()
    if one is None:
        raise NotFound("There is no such case.")
    titles = definition("item", one.item, one.release)["title"]
    return CaseBrief(
        id=one.id,
        number=one.number,
        item_id=one.item,
        item_titles={"zh-Hans": titles} if isinstance(titles, str) else titles,
        release=one.release,
        unit_id=one.unit_id,
        state=CaseState(one.state),
        holders=tuple(
            Holder(task.duty, tuple(answer.unit_id for answer in task.answering.all()), task.deputy_id)
            for task in one.tasks.all()
        ),
        origin=one.origin,
    )
