"""A new release while people write and cases run."""

from __future__ import annotations

from typing import Any

import pytest

from yiwang.acts.queries import definition
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.cases import queries, services
from yiwang.cases.values import FormChanged

from .conftest import ANSWERS, ITEM, People, do, run_jobs, send


def publish(kind: str, name: str, **changes: Any) -> None:
    """A release in which one definition says something else."""
    body = {**definition(kind, name), **changes}
    system_publish_release(system("tests"), [NewDefinition(kind, name, "address-statement", body)])


def ask(*fields: dict[str, Any]) -> None:
    publish(
        "form", ITEM, sections=[{"title": "问", "fields": [{"required": True, "help": "", **one} for one in fields]}]
    )


USUAL = ({"element": "residence.address"}, {"element": "residence.since"})
PHONE = {"element": "residence.phone"}


def test_a_stale_form_is_refused_with_what_changed_and_nothing_is_lost(people: People) -> None:
    old = queries.form_for(people.lin, ITEM)
    publish("element", "residence.since", check="value < today")
    ask(*USUAL, {"element": "person.name"})
    with pytest.raises(FormChanged) as changed:
        services.submit(people.lin, ITEM, ANSWERS, idempotency_key="k", form_digest=old.digest)
    assert [(one.pointer, one.code) for one in changed.value.faults] == [
        ("residence.since", "question-changed"),
        ("person.name", "question-added"),
        ("residence.phone", "question-removed"),
    ]
    assert changed.value.faults[1].params["title"] == "姓名"
    answers = {**ANSWERS, "person.name": "林秀英"}
    del answers["residence.phone"]
    fresh = queries.form_for(people.lin, ITEM).digest
    assert services.submit(people.lin, ITEM, answers, idempotency_key="k", form_digest=fresh).number


def test_a_question_that_may_now_be_left_open_is_named(people: People) -> None:
    old = queries.form_for(people.lin, ITEM)
    ask(*USUAL, {**PHONE, "required": False})
    with pytest.raises(FormChanged) as changed:
        services.submit(people.lin, ITEM, ANSWERS, idempotency_key="k", form_digest=old.digest)
    assert [one.code for one in changed.value.faults] == ["question-optional"]


def test_a_release_that_asks_the_same_takes_the_old_form(people: People) -> None:
    old = queries.form_for(people.lin, ITEM)
    publish("element", "person.name", title="全名")
    publish("form", ITEM, title="另一个标题")
    assert queries.form_for(people.lin, ITEM).release > old.release
    receipt = services.submit(people.lin, ITEM, ANSWERS, idempotency_key="k", form_digest=old.digest)
    assert queries.case(people.lin, receipt.case_id).release > old.release


def test_a_running_case_keeps_the_release_that_it_began_with(people: People) -> None:
    receipt = send(people.lin)
    began = queries.case(people.lin, receipt.case_id).release
    publish(
        "item",
        ITEM,
        title="改了名的事项",
        process="one-decision",
        parameters={**definition("item", ITEM)["parameters"], "accepted_message": "address-refused"},
    )
    publish("message", "address-accepted", title="新的标题")
    publish("element", "residence.phone", title="手机")
    do(people.wu, receipt.case_id)
    run_jobs()
    case = queries.case(people.lin, receipt.case_id)
    assert (case.release, case.item_title) == (began, "居住地址声明")
    assert case.values[2].title == "联系电话"
    from yiwang.messaging import queries as messages

    assert messages.inbox(people.lin).rows[0].title == "您的居住地址已核实"


def test_a_case_goes_on_when_its_item_was_retired(people: People) -> None:
    receipt = send(people.lin)
    system_publish_release(system("tests"), [], [("item", ITEM), ("form", ITEM), ("message", "address-accepted")])
    assert queries.list_items() == []
    do(people.wu, receipt.case_id)
    run_jobs()
    assert queries.case(people.lin, receipt.case_id).waits_for


def test_a_frozen_answer_names_the_definition_that_it_was_checked_against(people: People) -> None:
    first = queries.case(people.lin, send(people.lin).case_id)
    publish("element", "residence.phone", help="新的说明")
    second = queries.case(people.lin, send(people.lin).case_id)
    digests = [{one.name: one.digest for one in case.values} for case in (first, second)]
    assert digests[0]["residence.since"] == digests[1]["residence.since"]
    assert digests[0]["residence.phone"] != digests[1]["residence.phone"]
