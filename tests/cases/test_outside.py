"""Outside actions: once, tried again, and never silently lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from yiwang.acts.values import system
from yiwang.cases import queries, registry, services
from yiwang.cases.models import ActionRun, Task
from yiwang.cases.services.outside import ATTEMPTS, BEGINNINGS, FIRST_PAUSE, LOST
from yiwang.cases.values import ActionCall, CaseNotOpen, CaseState, TaskState
from yiwang.identity.models import Account
from yiwang.kernel.errors import Conflict, NotAllowed
from yiwang.kernel.time import machine_now
from yiwang.messaging.models import Message

from .conftest import People, do, run_jobs, send


@pytest.fixture
def broken_notify(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ActionCall]]:
    """`notify` fails, and keeps what it was called with."""
    calls: list[ActionCall] = []

    def fail(call: ActionCall) -> None:
        calls.append(call)
        raise ConnectionError("13800000000 does not answer")

    known = registry.action("notify")
    monkeypatch.setitem(registry._actions, "notify", registry.Action("notify", fail, "outside", known.parameters))
    return calls  # type: ignore[return-value]


def decided(people: People) -> ActionRun:
    receipt = send(people.lin)
    do(people.wu, receipt.case_id)
    return ActionRun.objects.get(case_id=receipt.case_id)


def due_now() -> None:
    ActionRun.objects.filter(state="pending").update(due_at=machine_now())


def test_running_an_attempt_again_changes_nothing(people: People) -> None:
    run = decided(people)
    services.system_run_action(run.pk)
    before = queries.case(people.lin, run.case_id)
    services.system_run_action(run.pk)
    services.system_return_action(system("tests"), run.pk)
    assert queries.case(people.lin, run.case_id) == before
    assert Message.objects.filter(case_id=run.case_id).count() == 1


def test_an_effect_that_was_had_before_the_return_is_not_had_twice(people: People) -> None:
    run = decided(people)
    from yiwang.acts.queries import definition
    from yiwang.cases.queries.forms import process_of
    from yiwang.cases.services.movement import action_call

    node = process_of(definition("item", run.case.item), run.case.release).diagram.nodes[run.task.node]
    registry.action("notify").function(action_call(run.case, run.step, node, system("tests"), at=machine_now()))
    assert run_jobs() == 1
    assert Message.objects.filter(case_id=run.case_id).count() == 1
    assert queries.case(people.lin, run.case_id).state is CaseState.ENDED


def test_a_failed_attempt_is_tried_again_later_under_the_same_key(
    people: People, broken_notify: list[ActionCall]
) -> None:
    run = decided(people)
    pauses = []
    for _ in range(ATTEMPTS):
        due_now()
        began = machine_now()
        assert run_jobs() == 1
        following = ActionRun.objects.filter(case_id=run.case_id, state="pending").first()
        if following:
            pauses.append(following.due_at - began)
    assert len(broken_notify) == ATTEMPTS
    assert len({call.key for call in broken_notify}) == 1
    assert [round(pause / FIRST_PAUSE) for pause in pauses] == [1, 4, 16, 64, 256]
    assert list(ActionRun.objects.filter(case_id=run.case_id).order_by("attempt").values_list("attempt", "state")) == [
        (n, "failed") for n in range(1, ATTEMPTS + 1)
    ]


def test_an_action_that_gave_up_is_an_alarm_and_can_be_tried_again(
    people: People, broken_notify: list[ActionCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = decided(people)
    for _ in range(ATTEMPTS):
        due_now()
        run_jobs()
    [stuck] = queries.system_list_stuck()
    assert (stuck.action, stuck.state, stuck.attempts) == ("notify", TaskState.FAILED, ATTEMPTS)
    assert "ConnectionError" in stuck.error
    assert "13800000000" not in stuck.error
    [line] = queries.my_tasks(people.wu, state="failed").rows
    assert (line.id, queries.my_tasks(people.wu).counts.failed) == (stuck.task_id, 1)
    case = queries.case(people.lin, run.case_id)
    assert case.course[-1].code == "action-failed"
    assert not case.may_withdraw
    with pytest.raises(CaseNotOpen):
        services.withdraw(people.lin, run.case_id, reason="")
    monkeypatch.undo()
    assert services.system_retry_failed() == 1
    assert queries.system_list_stuck() == []
    assert run_jobs() == 1
    assert queries.case(people.lin, run.case_id).state is CaseState.ENDED


def test_what_has_not_given_up_is_not_tried_again_by_hand(people: People) -> None:
    run = decided(people)
    with pytest.raises(Conflict):
        services.retry_action(system("tests"), run.task_id)


def test_a_lost_job_is_deferred_again(people: People) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    run = decided(people)
    assert services.system_rescue_actions() == 0
    ProcrastinateJob.objects.all().delete()
    ActionRun.objects.filter(pk=run.pk).update(due_at=machine_now() - timedelta(minutes=10))
    assert services.system_rescue_actions() == 1
    [job] = ProcrastinateJob.objects.filter(task_name="cases.run_action")
    assert job.args == {"run_id": str(run.pk)}
    assert services.system_rescue_actions() == 0


@pytest.fixture
def broken_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step after an outside action cannot be taken."""

    def fail(*_args: object, **_more: object) -> None:
        raise OSError("full")

    monkeypatch.setattr("yiwang.cases.services.outside.carry_on", fail)


def test_a_return_that_keeps_failing_is_given_up_like_an_effect_that_does(
    people: People, broken_return: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = decided(people)
    for _ in range(ATTEMPTS):
        due_now()
        assert run_jobs() == 1
    assert Message.objects.filter(case_id=run.case_id).count() == 1  # the effect was had once all the same
    [stuck] = queries.system_list_stuck()
    assert (stuck.state, stuck.attempts) == (TaskState.FAILED, ATTEMPTS)
    assert "OSError" in stuck.error
    assert services.system_rescue_actions() == 0
    monkeypatch.undo()
    assert services.system_retry_failed() == 1
    assert run_jobs() == 1
    assert queries.case(people.lin, run.case_id).state is CaseState.ENDED


def test_what_gave_up_again_after_a_person_tried_gets_as_many_attempts_anew(
    people: People, broken_notify: list[ActionCall]
) -> None:
    run = decided(people)
    for _ in range(ATTEMPTS):
        due_now()
        run_jobs()
    services.retry_action(system("tests"), run.task_id)
    for _ in range(ATTEMPTS):
        assert Task.objects.get(pk=run.task_id).state == TaskState.RUNNING
        due_now()
        assert run_jobs() == 1
    assert Task.objects.get(pk=run.task_id).state == TaskState.FAILED
    assert len(broken_notify) == 2 * ATTEMPTS


def test_an_attempt_in_which_the_process_dies_each_time_fails_after_a_few_beginnings(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As if the process were gone: nothing after it runs."""

    def die(call: ActionCall) -> None:
        raise Killed

    run = decided(people)
    known = registry.action("notify")
    monkeypatch.setitem(registry._actions, "notify", registry.Action("notify", die, "outside", known.parameters))
    for _ in range(BEGINNINGS):
        with pytest.raises(Killed):
            services.system_run_action(run.pk)
    services.system_run_action(run.pk)
    run.refresh_from_db()
    assert (run.state, run.begun, run.error) == ("failed", BEGINNINGS, LOST)
    assert ActionRun.objects.get(task=run.task, state="pending").attempt == 2


def test_a_worker_that_is_away_for_long_costs_no_attempt(people: People) -> None:
    run = decided(people)
    for _ in range(BEGINNINGS + 2):
        ActionRun.objects.filter(pk=run.pk).update(due_at=machine_now() - timedelta(minutes=10))
        assert services.system_rescue_actions() == 1
    run.refresh_from_db()
    assert (run.state, run.begun) == ("pending", 0)
    services.system_run_action(run.pk)
    assert queries.case(people.lin, run.case_id).state is CaseState.ENDED


def test_the_system_administrator_sees_what_gave_up_and_tries_it_again(
    people: People, broken_notify: list[ActionCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = decided(people)
    for _ in range(ATTEMPTS):
        due_now()
        run_jobs()
    administrator = people.post("admin")
    [line] = queries.failed_actions(administrator)
    assert line.task_id == run.task_id
    with pytest.raises(NotAllowed):
        queries.failed_actions(people.wu)
    with pytest.raises(NotAllowed):
        services.retry_action(people.wu, run.task_id)
    monkeypatch.undo()
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(Account.objects.get(login="admin"))
    session = client.session
    session["capacity"] = str(administrator.capacity_id)
    session.save()
    assert line.case_number in client.get("/desk/operations/").content.decode()
    answer = client.post(f"/desk/operations/actions/{run.task_id}/retry/", follow=True)
    assert line.case_number not in answer.content.decode()
    assert run_jobs() == 1
    assert queries.failed_actions(administrator) == []
    with pytest.raises(Conflict):
        services.retry_action(administrator, run.task_id)


def test_the_job_carries_an_id_and_nothing_else(people: People) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    run = decided(people)
    [job] = ProcrastinateJob.objects.filter(task_name="cases.run_action")
    assert job.args == {"run_id": str(run.pk)}


def test_a_case_that_is_undone_defers_no_job(people: People) -> None:
    from django.db import transaction
    from procrastinate.contrib.django.models import ProcrastinateJob

    receipt = send(people.lin)
    with transaction.atomic():
        do(people.wu, receipt.case_id)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.filter(task_name="cases.run_action").exists()
    assert Task.objects.get(case_id=receipt.case_id).state == TaskState.OPEN


def test_an_inside_action_that_fails_undoes_the_decision(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.action("records.write")

    def fail(call: ActionCall) -> None:
        known.function(call)
        raise OSError("full")

    monkeypatch.setitem(
        registry._actions, "records.write", registry.Action("records.write", fail, "inside", known.parameters)
    )
    receipt = send(people.lin)
    with pytest.raises(OSError, match="full"):
        do(people.wu, receipt.case_id)
    from yiwang.records import queries as records

    assert queries.case(people.wu, receipt.case_id).version == 1
    assert not records.facts(people.lin, people.lin.subject_id, purpose="own-data", elements=["residence.address"])
