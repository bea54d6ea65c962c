"""Lists: what is in them, how they go on, and that they cost the same however long they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from yiwang.acts.values import VISITOR
from yiwang.cases import queries
from yiwang.cases.models import Clock, Task
from yiwang.kernel.errors import Invalid, NotSignedIn
from yiwang.kernel.time import civil_date

from .conftest import ITEM, People, do, run_jobs, send


def count(function: Any, *arguments: Any, **named: Any) -> tuple[Any, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    function(*arguments, **named)  # fills the caches of definitions
    with CaptureQueriesContext(connection) as captured:
        answer = function(*arguments, **named)
    return answer, len(captured)


@pytest.mark.parametrize("cases", [1, 7])
def test_the_number_of_queries_does_not_grow_with_the_number_of_rows(people: People, cases: int) -> None:
    receipts = [send(people.lin) for _ in range(cases)]
    do(people.wu, receipts[0].case_id)
    lin, wu = people.lin, people.wu
    mine, queries_of_mine = count(queries.my_cases, lin)
    units, queries_of_units = count(queries.unit_cases, wu)
    tasks, queries_of_tasks = count(queries.my_tasks, wu)
    assert (len(mine.rows), len(units.rows), len(tasks.rows)) == (cases, cases, cases - 1)
    most = {"mine": 6, "units": 11, "tasks": 9}
    assert queries_of_mine <= most["mine"]
    assert queries_of_units <= most["units"]
    assert queries_of_tasks <= most["tasks"]


def test_one_case_and_one_task_cost_a_bounded_number_of_queries(people: People) -> None:
    receipt = send(people.lin)
    case, queries_of_case = count(queries.case, people.lin, receipt.case_id)
    _, queries_of_task = count(queries.task, people.wu, case.tasks[0].id)
    assert queries_of_case <= 10
    assert queries_of_task <= 25


def test_sending_and_deciding_cost_a_bounded_number_of_statements(people: People) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    do(people.wu, send(people.lin).case_id)
    run_jobs()
    with CaptureQueriesContext(connection) as sending:
        receipt = send(people.lin)
    task = queries.case(people.wu, receipt.case_id).tasks[0]
    from yiwang.cases import services

    wu = people.wu
    with CaptureQueriesContext(connection) as deciding:
        services.advance(wu, task.id, version=1, act="accept")
    with CaptureQueriesContext(connection) as returning:
        run_jobs()
    assert len(sending) <= 27
    assert len(deciding) <= 56
    # one counts the beginning of the attempt, two see to it that nobody else is at it, one takes it off the desk
    assert len(returning) <= 33


def test_a_list_goes_on_where_it_stopped(people: People) -> None:
    sent = {send(people.lin).case_id for _ in range(7)}
    seen: list[Any] = []
    cursor = ""
    for _ in range(10):
        page = queries.my_cases(people.lin, cursor, limit=3)
        seen += [one.id for one in page.rows]
        if page.next is None:
            break
        cursor = page.next
    assert len(seen) == 7
    assert set(seen) == sent


def ends_on(task: Task, moment: datetime | None) -> None:
    """Let the one limit of a task's case end on the day of `moment`."""
    day = civil_date(moment) if moment else None
    Clock.objects.filter(case=task.case_id).update(
        due=day, due_at=moment, legal_due=day, legal_due_at=moment, promised_due=day
    )


def test_tasks_go_on_in_the_order_of_urgency(people: People) -> None:
    for _ in range(5):
        send(people.lin)
    for n, task in enumerate(Task.objects.order_by("id")):
        ends_on(task, None if n == 0 else datetime(2026, 12, 20 - n % 3, tzinfo=UTC))
    seen: list[Any] = []
    cursor = ""
    while True:
        page = queries.my_tasks(people.wu, cursor, limit=2)
        seen += page.rows
        if page.next is None:
            break
        cursor = page.next
    assert len({one.id for one in seen}) == 5
    days = [one.due_on or datetime(9999, 1, 1, tzinfo=UTC).date() for one in seen]
    assert days == sorted(days)


@pytest.mark.parametrize("cursor", ["x", "AQ", "é", "A" * 2000])
def test_a_cursor_that_is_not_ours_is_refused(people: People, cursor: str) -> None:
    for ask in (queries.my_cases, queries.unit_cases, queries.my_tasks):
        with pytest.raises(Invalid):
            ask(people.wu, cursor)


def test_a_cursor_is_good_for_its_own_list_only(people: People) -> None:
    for _ in range(3):
        send(people.lin)
    cursor = queries.my_cases(people.lin, limit=1).next
    assert cursor
    with pytest.raises(Invalid):
        queries.my_cases(people.chen, cursor)
    with pytest.raises(Invalid):
        queries.unit_cases(people.wu, cursor)


def test_counts_tell_open_overdue_and_soon(people: People) -> None:
    for _ in range(3):
        send(people.lin)
    first, second, _ = Task.objects.order_by("id")
    from yiwang.kernel.time import now

    ends_on(first, datetime(2020, 1, 2, tzinfo=UTC))
    ends_on(second, now())
    page = queries.my_tasks(people.wu)
    assert (page.counts.open, page.counts.overdue, page.counts.due_soon) == (3, 1, 1)
    assert page.rows[0].days_left is not None
    assert page.rows[0].days_left < 0


def test_items_are_found_by_what_people_call_them(people: People) -> None:
    for words in ("", "地址", "搬家", "居住 声明", "MOVE", "address statement"):
        assert [one.id for one in queries.list_items(search=words)] == [ITEM], words
    assert queries.list_items(search="护照") == []
    assert queries.list_items("en")[0].title == "Address statement"


def test_a_guide_answers_in_the_order_of_the_page(people: People) -> None:
    guide = queries.item_guide(ITEM)
    assert guide.promise == "5 个工作日"
    assert guide.answering_duty == "核实居住地址"
    assert guide.asked == ("居住地址", "何时起居住", "联系电话")
    assert guide.law[0].article == "第二十五条"
    assert guide.codes == {"basic_code": "462099001000", "level": "5"}


def test_a_form_is_made_of_elements(people: People) -> None:
    form = queries.form_for(people.lin, ITEM)
    assert [(one.name, one.type, one.required) for one in form.fields] == [
        ("residence.address", "address", True),
        ("residence.since", "date", True),
        ("residence.phone", "phone", True),
    ]
    with pytest.raises(NotSignedIn):
        queries.form_for(VISITOR, ITEM)
