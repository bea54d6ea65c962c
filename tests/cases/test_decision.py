"""Doing a task: who may, what follows, and what the loser of a race reads."""

from __future__ import annotations

from uuid import uuid4

import pytest

from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.cases import queries, services
from yiwang.cases.models import ActionRun, Case, EngineState, Task
from yiwang.cases.queries.visibility import can_do
from yiwang.cases.values import AlreadyDecided, CaseNotOpen, CaseState, Outcome, TaskState
from yiwang.identity.models import PostDuty
from yiwang.identity.queries import unit_scope
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from yiwang.messaging import queries as messages
from yiwang.records import queries as records

from .conftest import People, do, first_task, run_jobs, send


def test_acceptance_writes_the_record_tells_the_applicant_and_ends_the_case(people: People) -> None:
    receipt = send(people.lin)
    decided = do(people.wu, receipt.case_id, "accept", "已与社区核对")
    assert decided.state is CaseState.OPEN
    assert [task.state for task in decided.tasks] == [TaskState.RUNNING]
    assert run_jobs() == 1
    case = queries.case(people.lin, receipt.case_id)
    assert (case.state, case.outcome, case.reason) == (CaseState.ENDED, Outcome.ACCEPTED, "已与社区核对")
    assert [line.code for line in case.course] == [
        "submitted",
        "assigned",
        "decided",
        "action-done",
        "action-done",
        "ended",
    ]
    facts = {fact.element: fact for fact in records.facts(people.lin, people.lin.subject_id, purpose="own-data")}
    assert facts["residence.phone"].value == "13800000000"
    assert facts["residence.address"].case_number == receipt.number
    assert facts["residence.address"].unit_title == "海秀街道办事处"
    inbox = messages.inbox(people.lin)
    assert [(one.title, one.case_id) for one in inbox.rows] == [("您的居住地址已核实", receipt.case_id)]
    assert receipt.number in inbox.rows[0].body
    assert "已与社区核对" in inbox.rows[0].body


def test_refusal_writes_nothing_and_gives_its_reason(people: People) -> None:
    receipt = send(people.lin)
    do(people.wu, receipt.case_id, "refuse", "门牌号查无此处，请写明楼栋")
    run_jobs()
    case = queries.case(people.lin, receipt.case_id)
    assert (case.outcome, case.reason) == (Outcome.REFUSED, "门牌号查无此处，请写明楼栋")
    assert not records.facts(people.lin, people.lin.subject_id, purpose="own-data", elements=["residence.address"])
    assert "门牌号查无此处" in messages.inbox(people.lin).rows[0].body


def test_an_ended_case_keeps_no_engine_state(people: People) -> None:
    receipt = send(people.lin)
    assert EngineState.objects.filter(case_id=receipt.case_id).exists()
    do(people.wu, receipt.case_id)
    run_jobs()
    assert not EngineState.objects.filter(case_id=receipt.case_id).exists()


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("\u200b\u202e\u2066", "required"),
        ("长" * 201, "too-long"),
        ("长" * 1_000_000, "too-long"),
        ("门牌\x00号", "control-character"),
        ("门牌\ud800号", "control-character"),
    ],
)
def test_a_refusal_needs_a_reason_of_1_to_200_characters(people: People, reason: str, code: str) -> None:
    receipt = send(people.lin)
    with pytest.raises(Invalid) as refused:
        do(people.wu, receipt.case_id, "refuse", reason)
    assert [(one.pointer, one.code) for one in refused.value.faults] == [("reason", code)]
    assert queries.case(people.wu, receipt.case_id).version == 1


def test_a_reason_of_200_characters_is_taken(people: People) -> None:
    receipt = send(people.lin)
    assert do(people.wu, receipt.case_id, "refuse", "长" * 200).reason == "长" * 200


def test_only_acts_of_the_task_can_be_done(people: People) -> None:
    receipt = send(people.lin)
    with pytest.raises(Invalid, match="correcting"):
        do(people.wu, receipt.case_id, "approve")


def test_the_officer_of_another_street_does_not_know_that_the_case_exists(people: People) -> None:
    receipt = send(people.lin)
    task = first_task(people.wu, receipt.case_id)
    assert queries.my_tasks(people.fu).rows == ()
    assert queries.unit_cases(people.fu).rows == ()
    for ask in (
        lambda: queries.case(people.fu, receipt.case_id),
        lambda: queries.task(people.fu, task.id),
        lambda: services.advance(people.fu, task.id, version=1, act="accept"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert queries.case(people.lin, receipt.case_id).state is CaseState.OPEN


def test_a_stranger_who_guesses_ids_finds_nothing(people: People) -> None:
    receipt = send(people.lin)
    task = first_task(people.wu, receipt.case_id)
    for ask in (
        lambda: queries.case(people.chen, receipt.case_id),
        lambda: queries.task(people.chen, task.id),
        lambda: queries.case(people.chen, uuid4()),
        lambda: services.withdraw(people.chen, receipt.case_id, reason=""),
    ):
        with pytest.raises(NotFound):
            ask()
    assert queries.my_cases(people.chen).rows == ()


def test_the_applicant_may_not_do_the_task(people: People) -> None:
    receipt = send(people.lin)
    task = queries.task(people.lin, queries.case(people.lin, receipt.case_id).tasks[0].id)
    assert task.acts == ()
    assert "核实居住地址" in task.why_not
    with pytest.raises(NotAllowed):
        services.advance(people.lin, task.id, version=1, act="accept")


def test_who_may_only_read_is_told_why_he_may_not_decide(people: People) -> None:
    """Seen but not done: 403 with the reason, not 404."""
    receipt = send(people.lin)
    boss = people.post("boss")
    task = queries.task(boss, queries.case(boss, receipt.case_id).tasks[0].id)
    assert task.acts == ()
    assert "海秀街道办事处" in task.why_not
    with pytest.raises(NotAllowed):
        services.advance(boss, task.id, version=1, act="accept")


def test_a_grant_reaches_only_cases_of_its_own_duty(people: People) -> None:
    receipt = send(people.lin)
    with pytest.raises(NotFound):
        queries.case(people.post("reader"), receipt.case_id)


def test_an_administrator_sees_no_case(people: People) -> None:
    receipt = send(people.lin)
    with pytest.raises(NotFound):
        queries.case(people.post("admin"), receipt.case_id)
    assert queries.unit_cases(people.post("admin")).rows == ()


def test_nobody_decides_on_his_own_application(people: People) -> None:
    receipt = send(people.self("wu.qing"))
    task = first_task(people.wu, receipt.case_id)
    assert task.acts == ()
    with pytest.raises(NotAllowed) as refused:
        services.advance(people.wu, task.id, version=1, act="accept")
    assert "own application" in refused.value.detail
    assert do(people.zhou, receipt.case_id).version == 2


def test_the_second_officer_reads_who_decided_what_and_when(people: People) -> None:
    receipt = send(people.lin)
    task = first_task(people.zhou, receipt.case_id)
    do(people.wu, receipt.case_id, "refuse", "查无此处")
    with pytest.raises(AlreadyDecided) as lost:
        services.advance(people.zhou, task.id, version=task.version, act="accept")
    assert lost.value.params["who"] == "海秀街道办事处 地址岗"
    assert lost.value.params["what"] == "不同意"
    assert lost.value.params["when"]


def test_a_decision_on_an_old_view_of_the_case_is_refused(people: People) -> None:
    receipt = send(people.lin)
    task = first_task(people.wu, receipt.case_id)
    Case.objects.filter(pk=receipt.case_id).update(version=2)
    with pytest.raises(Conflict):
        services.advance(people.wu, task.id, version=task.version, act="accept")


def test_the_applicant_withdraws_while_the_case_is_open(people: People) -> None:
    receipt = send(people.lin)
    task = first_task(people.wu, receipt.case_id)
    assert queries.case(people.lin, receipt.case_id).may_withdraw
    case = services.withdraw(people.lin, receipt.case_id, reason="填错了")
    assert (case.state, case.outcome) == (CaseState.ENDED, Outcome.WITHDRAWN)
    assert not case.may_withdraw
    assert queries.my_tasks(people.wu).rows == ()
    with pytest.raises(AlreadyDecided) as lost:
        services.advance(people.wu, task.id, version=task.version, act="accept")
    assert lost.value.params["what"] == "withdrawn"
    with pytest.raises(CaseNotOpen):
        services.withdraw(people.lin, receipt.case_id, reason="")


def test_what_was_decided_can_no_longer_be_withdrawn(people: People) -> None:
    receipt = send(people.lin)
    do(people.wu, receipt.case_id)
    assert not queries.case(people.lin, receipt.case_id).may_withdraw
    with pytest.raises(CaseNotOpen):
        services.withdraw(people.lin, receipt.case_id, reason="")


def test_an_officer_of_the_street_may_cancel_with_a_reason(people: People) -> None:
    receipt = send(people.lin)
    with pytest.raises(NotFound):
        services.cancel(people.fu, receipt.case_id, reason="重复")
    with pytest.raises(Invalid):
        services.cancel(people.wu, receipt.case_id, reason=" ")
    case = services.cancel(people.wu, receipt.case_id, reason="与上一件重复")
    assert (case.outcome, case.reason) == (Outcome.CANCELLED, "与上一件重复")
    assert "海秀街道办事处" in case.course[-2].sentence


def test_a_refused_act_leaves_the_case_as_it_was_and_an_entry_in_the_log(people: People) -> None:
    from yiwang.audit.models import Entry

    receipt = send(people.self("wu.qing"))
    task = first_task(people.wu, receipt.case_id)
    with pytest.raises(NotAllowed):
        services.advance(people.wu, task.id, version=1, act="accept")
    assert not ActionRun.objects.filter(case_id=receipt.case_id).exists()
    assert Entry.objects.filter(action="task.decide", outcome="refused").exists()


def test_texts_come_in_the_language_that_is_asked_for(people: People) -> None:
    receipt = send(people.lin)
    do(people.wu, receipt.case_id)
    run_jobs()
    case = queries.case(people.lin, receipt.case_id, language="en")
    assert case.item_title == "Address statement"
    assert case.waits_for == "Accepted."
    assert "Check and decide" in case.course[2].sentence
    assert messages.inbox(people.lin, language="en").rows[0].title == "Your address has been confirmed"


def test_a_duty_that_reaches_the_whole_city_does_not_lend_its_reach_to_another(people: People) -> None:
    far = {"kind": "duty", "id": "far-off", "title": "远", "may": [{"action": "task.decide", "scope": "city"}]}
    system_publish_release(system("tests"), [NewDefinition("duty", "far-off", "tests", far)])
    receipt = send(people.lin)
    fu = people.fu
    PostDuty.objects.create(post_id=fu.capacity_id, duty="far-off")
    assert receipt.case_id not in {one.case_id for one in queries.my_tasks(fu).rows}
    task = Task.objects.get(case_id=receipt.case_id)
    loaded = Task.objects.prefetch_related("answering").get(pk=task.pk)
    assert not can_do(unit_scope(fu, "task.decide"), loaded)
    assert can_do(unit_scope(people.wu, "task.decide"), loaded)
