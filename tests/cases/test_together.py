"""Narrowing the list of tasks, going on to the next one, and doing several in one go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from yiwang.acts.values import VISITOR
from yiwang.cases import queries, services
from yiwang.cases.models import Case, Clock, Task
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.values import Due, TaskFilter, Whose
from yiwang.kernel.errors import Invalid, NotAllowed, NotSignedIn

from .conftest import ITEM, PACKS, People, do, run_jobs, send

pytestmark = pytest.mark.engine


def ended_long_ago(case_id: Any) -> None:
    moment = datetime(2020, 1, 2, tzinfo=UTC)
    Clock.objects.filter(case=case_id).update(due=moment.date(), due_at=moment)


def chosen(people: People) -> list[tuple[Any, int]]:
    return [(one.id, one.version) for one in queries.my_tasks(people.wu).rows]


def test_a_list_is_narrowed_by_item_by_what_is_due_and_by_for_whom_it_waits(people: People) -> None:
    late, calm = send(people.lin), send(people.lin)
    ended_long_ago(late.case_id)

    def shown(**wanted: Any) -> list[Any]:
        return [one.case_id for one in queries.my_tasks(people.wu, wanted=TaskFilter(**wanted)).rows]

    assert shown(due=Due.OVER) == [late.case_id]
    assert shown(due=Due.CALM) == [calm.case_id]
    assert shown(due=Due.SOON) == []
    assert shown(item=ITEM) == [late.case_id, calm.case_id]
    assert shown(item="another") == []
    assert shown(whose=Whose.MINE) == []
    Task.objects.filter(case=calm.case_id).update(deputy=people.wu.capacity_id)
    assert shown(whose=Whose.MINE) == [calm.case_id]
    assert shown(whose=Whose.SHARED) == [late.case_id]
    page = queries.my_tasks(people.wu, wanted=TaskFilter(due=Due.OVER))
    assert (page.counts.open, page.counts.overdue, page.counts.calm, page.counts.mine) == (2, 1, 1, 1)
    assert [(one.item_id, one.open) for one in page.items] == [(ITEM, 2)]


def test_a_cursor_of_a_narrowed_list_is_good_for_it_alone(people: People) -> None:
    for _ in range(3):
        send(people.lin)
    cursor = queries.my_tasks(people.wu, limit=1, wanted=TaskFilter(item=ITEM)).next
    assert cursor
    with pytest.raises(Invalid):
        queries.my_tasks(people.wu, cursor)


def test_after_a_task_comes_the_one_that_stands_behind_it_and_after_the_last_the_first(people: People) -> None:
    for _ in range(3):
        send(people.lin)
    order = [one.id for one in queries.my_tasks(people.wu).rows]
    assert [queries.next_task(people.wu, one) for one in order] == [order[1], order[2], order[0]]
    do(people.wu, Task.objects.get(pk=order[1]).case_id)
    assert queries.next_task(people.wu, order[0]) == order[2]
    do(people.wu, Task.objects.get(pk=order[2]).case_id)
    assert queries.next_task(people.wu, order[0]) is None
    assert queries.next_task(people.fu, order[0]) is None


def test_tasks_whose_checks_have_passed_are_done_in_one_go_each_for_itself(people: People) -> None:
    cases = [send(people.lin).case_id for _ in range(3)]
    rows = queries.my_tasks(people.wu).rows
    assert {one.together.name for one in rows if one.together} == {"accept"}
    together = chosen(people)
    do(people.wu, rows[1].case_id)  # somebody was faster
    done = services.advance_together(people.wu, together, "accept")
    assert [one.fault.code if one.fault else "" for one in done] == ["", "already-decided", ""]
    assert [one.case_number for one in done] == [one.case_number for one in rows]
    run_jobs()
    assert set(Case.objects.filter(pk__in=cases).values_list("outcome", flat=True)) == {"accepted"}
    from yiwang.audit.models import Entry

    assert Entry.objects.filter(action="task.decide-together", outcome="done").count() == 2
    assert Entry.objects.filter(action="task.decide", outcome="done").count() == 3


def test_nothing_is_ever_refused_in_one_go(people: People) -> None:
    send(people.lin)
    [done] = services.advance_together(people.wu, chosen(people), "refuse")
    assert done.fault is not None
    assert done.fault.code == "not-together"
    assert Task.objects.get().state == "open"


@pytest.mark.parametrize("wrong", ["missing", "disputed", "own"])
def test_a_task_with_a_check_that_stands_open_is_looked_at_by_itself(people: People, wrong: str) -> None:
    send(people.lin)
    case = Case.objects.get()
    if wrong == "missing":
        case.materials = [{"id": "paper", "state": "missing"}]
    elif wrong == "disputed":
        case.facts = [{"standing": "disputed"}]
    else:
        case.subject_id = people.wu.subject_id
    case.save()
    assert queries.my_tasks(people.wu).rows[0].together is None
    from yiwang.cases.models import Task as Row
    from yiwang.cases.queries.tasks import node_of, together_act

    task = Row.objects.select_related("case").get()
    assert together_act(people.wu, task.case, task, node_of(task.case, task), "en") is None


def test_who_may_not_decide_may_not_decide_several(people: People) -> None:
    send(people.lin)
    together = chosen(people)
    for stranger, fault in ((people.lin, NotAllowed), (VISITOR, NotSignedIn)):
        [done] = services.advance_together(stranger, together, "accept")
        assert isinstance(done.fault, (fault, NotAllowed))
    [done] = services.advance_together(people.fu, together, "accept")
    assert done.fault is not None
    assert done.fault.status == 404
    assert Task.objects.get().state == "open"


def test_a_choice_is_between_one_and_fifty_and_of_one_kind(people: People) -> None:
    with pytest.raises(Invalid):
        services.advance_together(people.wu, [], "accept")
    with pytest.raises(Invalid):
        services.advance_together(people.wu, [(uuid4(), 1) for _ in range(51)], "accept")
    send(people.lin)
    send(people.lin)
    first = Task.objects.order_by("id").first()
    assert first is not None
    together = chosen(people)
    Task.objects.filter(pk=first.pk).update(node="another")
    with pytest.raises(Invalid) as caught:
        services.advance_together(people.wu, together, "accept")
    assert caught.value.faults[0].code == "different"


def test_a_diagram_may_not_declare_that_refusals_are_done_together() -> None:
    text = (PACKS / "base" / "processes" / "one-decision.bpmn").read_text()
    text = text.replace('reason="required" />', 'reason="required" together="true" />')
    messages = [one.message for one in read_diagram(text.encode(), None).faults]
    assert any("“refuse” needs words for each case" in one for one in messages)
