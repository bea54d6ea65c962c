"""A deputy acts for one who holds the post: every act says so, and neither of the two decides what the other may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.permit import Town, run_outside

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.cases import queries, services
from yiwang.cases.models import Case, Task
from yiwang.cases.values import CaseState
from yiwang.identity.models import Account, Assignment
from yiwang.identity.queries import actor_for_post
from yiwang.identity.services import assign_post
from yiwang.identity.values import AssignmentKind, Terms
from yiwang.kernel.errors import NotAllowed
from yiwang.kernel.time import today

from .conftest import People, do, first_task, send


def deputy(login: str, of: Any) -> Any:
    """Who stands in for the holder of a post from today for three days, as an actor."""
    seat = Assignment.objects.get(account_id=of.account_id, post_id=of.capacity_id)
    terms = Terms(AssignmentKind.DEPUTY, instead_of=seat.id)
    account = Account.objects.get(login=login)
    assign_post(system("tests"), account.id, of.capacity_id, today(), today() + timedelta(days=3), terms)
    return actor_for_post(account, of.capacity_id)


def test_what_a_deputy_does_says_for_whom(people: People) -> None:
    receipt = send(people.lin)
    stands_in = deputy("chen", people.wu)
    do(stands_in, receipt.case_id)
    [task] = Task.objects.filter(case_id=receipt.case_id, done_by__isnull=False)
    assert (task.done_by_id, task.done_instead_of_id) == (stands_in.account_id, people.wu.account_id)
    said = [line.sentence for line in queries.case(people.lin, receipt.case_id).course]
    assert any("地址岗，代班" in line for line in said), said
    entry = Entry.objects.filter(action="task.decide", outcome="done").latest("id")
    assert (entry.account_id, entry.details["instead_of"]) == (stands_in.account_id, str(people.wu.account_id))


def test_what_one_does_in_his_own_post_says_nothing_of_the_kind(people: People) -> None:
    receipt = send(people.lin)
    deputy("chen", people.wu)
    do(people.wu, receipt.case_id)
    assert not any("代班" in line.sentence for line in queries.case(people.lin, receipt.case_id).course)
    assert Task.objects.get(case_id=receipt.case_id, done_by__isnull=False).done_instead_of is None


def test_a_deputy_does_not_decide_what_the_holder_applied_for(people: People) -> None:
    receipt = send(people.self("wu.qing"))
    stands_in = deputy("chen", people.wu)
    task = first_task(stands_in, receipt.case_id)
    assert task.acts == ()
    assert "代班" in task.why_not
    with pytest.raises(NotAllowed):
        services.advance(stands_in, task.id, version=1, act="accept")
    assert Entry.objects.filter(action="task.decide", outcome="refused").latest("id").details["instead_of"]
    assert do(people.zhou, receipt.case_id).version == 2


def test_a_deputy_does_not_decide_on_his_own_application_either(people: People) -> None:
    receipt = send(people.chen)
    stands_in = deputy("chen", people.wu)
    with pytest.raises(NotAllowed) as refused:
        services.advance(stands_in, first_task(stands_in, receipt.case_id).id, version=1, act="accept")
    assert "own application" in refused.value.detail


def test_a_deputy_does_not_decide_what_the_holder_took_up(town: Town) -> None:
    sent = town.send()
    town.does("guan", sent.case_id, "accept")
    town.does("shi", sent.case_id, "agree")
    stands_in = deputy("mei", town.post("guan"))
    task = queries.task(stands_in, queries.case(stands_in, sent.case_id).tasks[0].id)
    with pytest.raises(NotAllowed):
        services.advance(stands_in, task.id, version=task.version, act="grant")


def test_the_holder_does_not_decide_what_his_deputy_took_up_for_him(town: Town) -> None:
    sent = town.send()
    stands_in = deputy("kai", town.post("guan"))
    task = queries.task(stands_in, queries.case(stands_in, sent.case_id).tasks[0].id)
    services.advance(stands_in, task.id, version=task.version, act="accept")
    run_outside()
    town.does("shi", sent.case_id, "agree")
    assert "受理审查" in town.task("guan", sent.case_id).why_not
    with pytest.raises(NotAllowed):
        town.does("guan", sent.case_id, "grant")
    assert town.does("tang", sent.case_id, "grant").state is CaseState.OPEN


def test_what_a_deputy_entered_at_a_window_the_holder_does_not_decide(people: People) -> None:
    receipt = send(people.lin)
    Case.objects.filter(pk=receipt.case_id).update(
        channel="hall", entered_in=people.zhou.capacity_id, account=people.chen.account_id,
        entered_instead_of=people.wu.account_id,
    )  # fmt: skip
    assert "entered this case" in reason_of(people.wu, receipt.case_id)
    assert reason_of(people.zhou, receipt.case_id) == ""
    Case.objects.filter(pk=receipt.case_id).update(account=people.wu.account_id, entered_instead_of=None)
    assert "for whom you are a deputy entered" in reason_of(deputy("chen", people.wu), receipt.case_id)


def reason_of(actor: Any, case_id: Any) -> str:
    """Why not, in English."""
    return queries.task(actor, queries.case(actor, case_id).tasks[0].id, "en").why_not
