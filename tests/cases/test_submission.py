"""Sending a form: one case, whatever the network does; every fault at once; nothing lost when nobody answers."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from yiwang.cases import queries, services
from yiwang.cases.models import Case, EngineState, Task
from yiwang.cases.values import CaseState, FormChanged, KeyReused, TaskState
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import civil_date

from .conftest import ANSWERS, ITEM, NOWHERE, People, first_task, send


def test_a_sent_form_becomes_a_case_with_a_task_for_the_street_of_the_address(people: People) -> None:
    receipt = send(people.lin)
    case = queries.case(people.lin, receipt.case_id)
    assert case.state is CaseState.OPEN
    assert case.number == receipt.number
    assert case.has_it == ("海秀街道办事处",)
    assert receipt.has_it == "海秀街道办事处"
    assert [line.code for line in case.course] == ["submitted", "assigned"]
    assert [one.shown for one in case.values] == [
        "海南省海口市秀英区海秀街道海港社区居民委员会海港路 8 号 2 栋 301",
        "2026年5月1日",
        "13800000000",
    ]
    [task] = queries.my_tasks(people.wu).rows
    assert task.case_id == receipt.case_id


def test_the_number_holds_unit_item_and_day(people: People) -> None:
    receipt = send(people.lin)
    day = f"{civil_date(receipt.submitted_at):%Y%m%d}"
    assert re.fullmatch("114601999900002874" + "5" + "462099001000" + day + r"\d{6}", receipt.number)


def test_the_limit_is_counted_in_working_days_and_says_when_it_is_provisional(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from yiwang.acts import services as acts

    monkeypatch.setattr(acts, "now", lambda: datetime(2026, 9, 23, 2, 0, tzinfo=UTC))
    receipt = send(people.lin)
    # 24 Sep is day 1; 25–27 is the Mid-Autumn holiday; 28, 29, 30 are days 2 to 4; 1–7 Oct is the National holiday; 8 is day 5.
    assert receipt.due_on == date(2026, 10, 8)
    assert not receipt.due_is_provisional
    monkeypatch.setattr(acts, "now", lambda: datetime(2026, 12, 30, 2, 0, tzinfo=UTC))
    assert send(people.lin).due_is_provisional


def test_every_fault_is_told_at_once_and_nothing_is_written(people: People) -> None:
    before = Case.objects.count()
    with pytest.raises(Invalid) as refused:
        send(
            people.lin,
            {
                "residence.address": {"place": "460202100001", "detail": "x"},
                "residence.since": "2999-01-01",
                "residence.phone": "123",
                "more": 1,
            },
        )
    assert {one.pointer for one in refused.value.faults} == {
        "residence.address/place",
        "residence.since",
        "residence.phone",
        "more",
    }
    assert {one.code for one in refused.value.faults} >= {"outside-city", "check"}
    assert Case.objects.count() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("residence.address", None),
        ("residence.address", "秀华路 1 号"),
        ("residence.address", {"place": "460105002", "detail": "x"}),
        ("residence.address", {"place": "999999999999", "detail": "x"}),
        ("residence.address", {"place": ["460105002001"], "detail": {"a": 1}}),
        ("residence.since", "31.5.2026"),
        ("residence.since", 20260501),
        ("residence.phone", "1380000000"),
        ("residence.phone", {"typename": "Task"}),
        ("residence.phone", "１３８００００００００x"),
    ],
)
def test_a_wrong_value_is_a_fault_at_its_field(people: People, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        send(people.lin, {**ANSWERS, field: value})
    assert {one.pointer.partition("/")[0] for one in refused.value.faults} == {field}


def test_the_same_key_and_content_give_the_same_receipt(people: People) -> None:
    key = uuid4().hex
    first, second = send(people.lin, key=key), send(people.lin, key=key)
    assert (second.case_id, second.number, second.due_on) == (first.case_id, first.number, first.due_on)
    assert (first.repeated, second.repeated) == (False, True)
    assert Case.objects.filter(subject_id=people.lin.subject_id).count() == 1


def test_the_same_key_with_other_content_is_refused(people: People) -> None:
    key = uuid4().hex
    send(people.lin, key=key)
    with pytest.raises(KeyReused):
        send(people.lin, {**ANSWERS, "residence.phone": "13900000000"}, key=key)


def test_a_key_belongs_to_one_person(people: People) -> None:
    key = uuid4().hex
    assert send(people.lin, key=key).case_id != send(people.chen, key=key).case_id


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_has_a_length(people: People, key: str) -> None:
    digest = queries.form_for(people.lin, ITEM).digest
    with pytest.raises(Invalid):
        services.submit(people.lin, ITEM, ANSWERS, idempotency_key=key, form_digest=digest)


def test_a_case_whose_place_nobody_answers_for_stands_and_raises_an_alarm(people: People) -> None:
    receipt = send(people.lin, {**ANSWERS, "residence.address": NOWHERE})
    case = queries.case(people.lin, receipt.case_id)
    assert receipt.has_it == ""
    assert receipt.number.startswith("0" * 18)
    assert case.tasks[0].state is TaskState.UNASSIGNED
    assert case.course[-1].code == "unassigned"
    assert [one.case_id for one in queries.system_list_stuck()] == [receipt.case_id]


def test_an_unassigned_task_goes_to_whoever_answers_later(people: People) -> None:
    from datetime import date as day

    from yiwang.acts.values import system
    from yiwang.places.services import system_load_areas
    from yiwang.places.values import NewArea

    receipt = send(people.lin, {**ANSWERS, "residence.address": NOWHERE})
    assert services.system_assign_waiting() == 0
    area = NewArea("late", "长流镇责任区", frozenset({"460105100"}), frozenset({"confirm-address"}), "south")
    system_load_areas(system("tests"), [area], since=day(2026, 1, 1))
    assert services.system_assign_waiting() == 1
    assert services.system_assign_waiting() == 0
    assert first_task(people.wu, receipt.case_id).state is TaskState.OPEN
    assert queries.system_list_stuck() == []


def test_a_form_that_was_never_given_out_is_refused_without_a_list(people: People) -> None:
    for digest in ("", "1", "1.abc", "99999.00", "x.y", "-1.0"):
        with pytest.raises(FormChanged) as changed:
            services.submit(people.lin, ITEM, ANSWERS, idempotency_key="k", form_digest=digest)
        assert changed.value.faults == ()


def test_an_unknown_item_is_not_found(people: People) -> None:
    with pytest.raises(NotFound):
        services.submit(people.lin, "no-such-item", ANSWERS, idempotency_key="k", form_digest="1.0")


def test_a_post_cannot_send_a_form(people: People) -> None:
    digest = queries.form_for(people.lin, ITEM).digest
    with pytest.raises(NotAllowed):
        services.submit(people.wu, ITEM, ANSWERS, idempotency_key="k", form_digest=digest)


def test_the_engine_never_sees_a_value(people: People) -> None:
    receipt = send(people.lin)
    state = EngineState.objects.get(case_id=receipt.case_id).state
    assert "13800000000" not in str(state)
    assert Task.objects.filter(case_id=receipt.case_id).count() == 1


def test_audit_and_events_tell_of_the_case_without_personal_values(people: People) -> None:
    from yiwang.audit.models import Entry
    from yiwang.outbox.models import Event

    receipt = send(people.lin)
    events = Event.objects.filter(subject=str(receipt.case_id)).order_by("id")
    assert [event.type for event in events] == ["case.clock-started.v1", "case.submitted.v1"]
    entry = Entry.objects.filter(action="case.submit").latest("id")
    for text in (*(str(event.data) for event in events), str(entry.details)):
        assert "13800000000" not in text
        assert "海港路" not in text
