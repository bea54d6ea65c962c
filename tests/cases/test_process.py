"""The process of licences: taken up or not, supplemented once, looked over, granted by another officer, delivered, promises checked."""

from __future__ import annotations

from typing import Any

import pytest
from support.permit import ANSWERS, ITEM, PLAN, Town, run_outside

from yiwang.cases import queries, services
from yiwang.cases.models import Case, EngineState, Task
from yiwang.cases.values import (
    AlreadyDecided,
    CaseNotOpen,
    CaseState,
    Claimed,
    MaterialState,
    OnceOnly,
    Outcome,
    TaskState,
)
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from yiwang.messaging import queries as messages
from yiwang.records import queries as records

from .test_races import at_once


def states(case: Any) -> dict[str, str]:
    return {one.id: str(one.state) for one in case.materials}


def test_a_permit_goes_from_the_form_to_the_delivery_and_the_promise_is_checked_later(town: Town) -> None:
    sent = town.send()
    assert town.does("qin", sent.case_id, "accept").state is CaseState.OPEN
    town.does("shi", sent.case_id, "agree")
    case = town.does("tang", sent.case_id, "grant")
    assert (case.state, case.outcome) == (CaseState.OPEN, None)
    case = town.does("qin", sent.case_id, "delivered")
    assert (case.state, case.outcome) == (CaseState.ENDED, Outcome.ACCEPTED)
    [check] = case.tasks
    assert (check.title, check.days_left, check.state) == ("核查承诺", 20, TaskState.OPEN)
    case = town.does("ruan", sent.case_id, "kept")
    assert (case.outcome, case.tasks, states(case)["rules"]) == (Outcome.ACCEPTED, (), "kept")
    assert not EngineState.objects.filter(case_id=sent.case_id).exists()
    said = [one.title for one in messages.inbox(town.self("mei")).rows]
    assert sorted(said) == ["granted", "taken-up"]
    facts = records.facts_for_applicant(
        town.self("mei"), town.stall("one"), purpose="case-handling", elements=["stall.goods"], item="stall-permit"
    )
    assert facts["stall.goods"].case_number == sent.number


def test_a_broken_promise_revokes_what_was_granted(town: Town) -> None:
    sent = town.send()
    town.granted(sent.case_id)
    town.does("qin", sent.case_id, "delivered")
    case = town.does("ruan", sent.case_id, "broken", "未建立卫生制度")
    assert (case.state, case.outcome, states(case)["rules"]) == (CaseState.ENDED, Outcome.REVOKED, "broken")
    assert case.course[-1].code == "outcome-changed"
    assert "revoked" in [one.title for one in messages.inbox(town.self("mei")).rows]


def test_what_cannot_be_taken_up_ends_so_with_its_reason(town: Town) -> None:
    sent = town.send()
    with pytest.raises(Invalid):
        town.does("qin", sent.case_id, "not-accept")
    case = town.does("qin", sent.case_id, "not-accept", "不属于本机关职权")
    assert (case.state, case.outcome, case.reason) == (CaseState.ENDED, Outcome.NOT_ACCEPTED, "不属于本机关职权")
    assert case.waits_for == "不予受理。"


def test_one_notice_lists_everything_missing_and_what_the_officer_adds(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    case = town.does(
        "qin",
        sent.case_id,
        "supplement",
        asks=[Claimed("element", "stall.goods", "请写明品种"), Claimed("material", "rules")],
    )
    [task] = case.tasks
    assert (task.party, task.title, task.days_left) == ("applicant", "补正材料", 5)
    asked = queries.task(town.self("mei"), task.id)
    assert [(one.id, one.words) for one in asked.wanted] == [("plan", ""), ("rules", ""), ("stall.goods", "请写明品种")]
    [notice] = [one for one in messages.inbox(town.self("mei")).rows if one.title == "please-supply"]
    assert "平面图" in notice.body
    assert "请写明品种" in notice.body
    with pytest.raises(Invalid) as refused:
        town.answers("mei", sent.case_id, {})
    assert {fault.pointer for fault in refused.value.faults} == {"stall.plan", "stall.rules", "stall.goods"}
    case = town.answers("mei", sent.case_id, {"stall.plan": PLAN, "stall.rules": True, "stall.goods": "清补凉、椰子冻"})
    assert states(case)["plan"] == "given"
    assert {one.name: one.shown for one in case.values}["stall.goods"] == "清补凉、椰子冻"
    kept = Task.objects.get(pk=task.id).answered
    assert [one["value"] for one in kept["before"]] == ["清补凉", True]
    assert "answered" in [line.code for line in case.course]


def test_a_second_request_for_supplements_is_refused_by_the_engine(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    town.does("qin", sent.case_id, "supplement")
    town.answers("mei", sent.case_id, {"stall.plan": PLAN})
    task = town.task("ruan", sent.case_id)
    assert [one.name for one in task.acts] == ["accept", "not-accept"]
    with pytest.raises(OnceOnly):
        town.does("ruan", sent.case_id, "supplement", asks=[Claimed("element", "stall.goods")])


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ([], "required"),
        ([Claimed("element", "stall.name")], "cannot-be-asked"),
        ([Claimed("material", "nothing")], "cannot-be-asked"),
        ([Claimed("material", "plan", "长" * 201)], "too-long"),
    ],
)
def test_a_notice_asks_for_something_and_only_for_what_the_applicant_can_give(
    town: Town, asks: list[Claimed], code: str
) -> None:
    sent = town.send()
    with pytest.raises(Invalid) as refused:
        town.does("qin", sent.case_id, "supplement", asks=asks)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_who_took_it_up_or_looked_it_over_does_not_decide(town: Town) -> None:
    sent = town.send()
    town.does("guan", sent.case_id, "accept")
    town.does("shi", sent.case_id, "agree")
    assert "受理审查" in town.task("guan", sent.case_id).why_not
    with pytest.raises(NotAllowed):
        town.does("guan", sent.case_id, "grant")
    assert town.does("tang", sent.case_id, "grant").state is CaseState.OPEN
    other = town.send()
    town.does("qin", other.case_id, "accept")
    town.does("guan", other.case_id, "agree")
    with pytest.raises(NotAllowed):
        town.does("guan", other.case_id, "grant")


def test_the_deciding_officer_may_send_it_back_and_experts_may_look(town: Town) -> None:
    sent = town.send()
    town.does("qin", sent.case_id, "accept")
    town.does("shi", sent.case_id, "examine", "需要现场核查")
    town.does("shi", sent.case_id, "done", "现场符合要求")
    town.does("shi", sent.case_id, "agree")
    town.does("tang", sent.case_id, "return", "请补充核查照片")
    assert town.task("shi", sent.case_id).title == "审查"
    town.does("shi", sent.case_id, "disagree", "场所不符")
    case = town.does("tang", sent.case_id, "refuse", "场所不符合要求")
    assert (case.state, case.outcome, case.reason) == (CaseState.ENDED, Outcome.REFUSED, "场所不符合要求")


def test_a_task_is_handed_to_a_deputy_and_then_his_alone(town: Town) -> None:
    sent = town.send()
    task = town.task("qin", sent.case_id)
    assert {one.title for one in task.deputies} == {"海秀街道办事处 受理二岗", "海秀街道办事处 综合岗"}
    ruan, qin = town.post("ruan"), town.post("qin")
    with pytest.raises(Invalid) as refused:
        services.transfer_task(qin, task.id, version=task.version, post_id=town.post("tang").capacity_id, reason=" ")
    assert {fault.pointer for fault in refused.value.faults} == {"reason", "post_id"}
    services.transfer_task(qin, task.id, version=task.version, post_id=ruan.capacity_id, reason="外出培训")
    assert [one.id for one in queries.my_tasks(ruan).rows] == [task.id]
    assert queries.my_tasks(qin).rows == ()
    with pytest.raises(NotAllowed):
        town.does("qin", sent.case_id, "accept")
    task = town.task("qin", sent.case_id)
    services.transfer_task(qin, task.id, version=task.version, post_id=qin.capacity_id, reason="回来了")
    case = town.does("qin", sent.case_id, "accept")
    assert [line.code for line in case.course].count("transferred") == 2


def test_the_applicant_withdraws_until_it_is_decided_and_also_while_he_is_asked(town: Town) -> None:
    mei = town.self("mei")
    asked = town.send(**{"stall.plan": None})
    town.does("qin", asked.case_id, "supplement")
    assert services.withdraw(mei, asked.case_id).outcome is Outcome.WITHDRAWN
    with pytest.raises(NotFound):
        services.answer_task(mei, asked.case_id, {}, version=1)
    decided = town.send()
    town.granted(decided.case_id)
    assert not queries.case(mei, decided.case_id).may_withdraw
    with pytest.raises(CaseNotOpen):
        services.withdraw(mei, decided.case_id)


def test_what_is_asked_of_the_applicant_is_his_alone(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    town.does("qin", sent.case_id, "supplement")
    task = town.task("mei", sent.case_id, post=False)
    assert [one.id for one in queries.my_tasks(town.self("mei")).rows] == [task.id]
    assert queries.my_tasks(town.self("kai")).rows == ()
    with pytest.raises(NotFound):
        services.answer_task(
            town.self("kai"), task.id, town.with_files("kai", {"stall.plan": PLAN}), version=task.version
        )
    with pytest.raises(NotAllowed):
        services.advance(town.post("qin"), task.id, version=task.version, act="answer")
    with pytest.raises(Conflict):
        services.answer_task(
            town.self("mei"), task.id, town.with_files("mei", {"stall.plan": PLAN}), version=task.version - 1
        )
    town.answers("mei", sent.case_id, {"stall.plan": PLAN})
    with pytest.raises(AlreadyDecided):
        services.answer_task(
            town.self("mei"), task.id, town.with_files("mei", {"stall.plan": PLAN}), version=task.version + 1
        )


def test_of_two_officers_at_once_one_asks_for_supplements_and_the_other_reads_so(own_town: Town) -> None:
    sent = own_town.send(**{"stall.plan": None})
    task = own_town.task("qin", sent.case_id)
    qin, ruan = own_town.post("qin"), own_town.post("ruan")
    results = at_once(
        lambda: services.advance(qin, task.id, version=task.version, act="supplement"),
        lambda: services.advance(ruan, task.id, version=task.version, act="accept"),
    )
    assert len([one for one in results if isinstance(one, AlreadyDecided)]) == 1, results
    run_outside()
    assert Task.objects.filter(case_id=sent.case_id, node="accept").count() == 1


def test_of_two_answers_at_once_one_counts(own_town: Town) -> None:
    sent = own_town.send(**{"stall.plan": None})
    own_town.does("qin", sent.case_id, "supplement")
    task = own_town.task("mei", sent.case_id, post=False)
    mei = own_town.self("mei")
    values = own_town.with_files("mei", {"stall.plan": PLAN})
    results = at_once(*[lambda: services.answer_task(mei, task.id, values, version=task.version)] * 4)
    assert len([one for one in results if isinstance(one, AlreadyDecided)]) == 3, results
    assert Case.objects.get(pk=sent.case_id).version == task.version + 1


def test_nothing_promised_leaves_nothing_to_check(town: Town) -> None:
    sent = town.send()
    assert ITEM == "stall-permit"
    assert ANSWERS["stall.rules"] is True
    case = Case.objects.get(pk=sent.case_id)
    assert [one["state"] for one in case.materials] == [
        MaterialState.KNOWN,
        MaterialState.KNOWN,
        MaterialState.GIVEN,
        MaterialState.PROMISED,
    ]
