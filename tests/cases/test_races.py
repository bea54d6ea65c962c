"""Real threads with real transactions: one case, one decision, whoever is first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from yiwang.cases import queries, services
from yiwang.cases.models import ActionRun, Case, CourseEntry
from yiwang.cases.values import AlreadyDecided, CaseNotOpen, CaseState, Receipt
from yiwang.kernel.errors import Fault
from yiwang.messaging.models import Message

from .conftest import ANSWERS, ITEM, People, do, first_task, send

Outcome = Any


def at_once(*acts: Callable[[], Any]) -> list[Outcome]:
    """Do all of them at the same moment, each on a connection of its own; results or faults in their order."""
    barrier = threading.Barrier(len(acts))
    results: list[Outcome] = [None] * len(acts)

    def run(n: int) -> None:
        from django.db import connection

        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            results[n] = acts[n]()
        except Fault as fault:
            results[n] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert not any(one.is_alive() for one in threads)
    return results


def test_a_form_that_is_sent_eight_times_at_once_is_one_case(own_city: People) -> None:
    lin = own_city.lin
    digest = queries.form_for(lin, ITEM).digest
    receipts = at_once(*[lambda: services.submit(lin, ITEM, ANSWERS, idempotency_key="once", form_digest=digest)] * 8)
    assert all(isinstance(one, Receipt) for one in receipts), receipts
    assert len({one.case_id for one in receipts}) == 1
    assert sum(not one.repeated for one in receipts) == 1
    assert Case.objects.count() == 1


def test_of_two_officers_at_once_one_decides_and_the_other_reads_what(own_city: People) -> None:
    for _ in range(5):
        receipt = send(own_city.lin)
        wu, zhou = own_city.wu, own_city.zhou
        task = first_task(wu, receipt.case_id)
        results = at_once(
            lambda task=task, wu=wu: services.advance(wu, task.id, version=1, act="accept"),
            lambda task=task, zhou=zhou: services.advance(zhou, task.id, version=1, act="refuse", reason="查无此处"),
        )
        losers = [one for one in results if isinstance(one, AlreadyDecided)]
        assert len(losers) == 1, results
        decided = CourseEntry.objects.get(case_id=receipt.case_id, code="decided")
        assert losers[0].params["what"] == {"accept": "同意", "refuse": "不同意"}[decided.act]
        assert ActionRun.objects.filter(case_id=receipt.case_id).count() == 1


def test_of_a_withdrawal_and_a_decision_at_once_one_counts(own_city: People) -> None:
    for _ in range(5):
        receipt = send(own_city.lin)
        lin, wu = own_city.lin, own_city.wu
        task = first_task(wu, receipt.case_id)
        results = at_once(
            lambda task=task, wu=wu: services.advance(wu, task.id, version=1, act="accept"),
            lambda receipt=receipt, lin=lin: services.withdraw(lin, receipt.case_id, reason=""),
        )
        assert sum(isinstance(one, AlreadyDecided | CaseNotOpen) for one in results) == 1, results
        codes = set(CourseEntry.objects.filter(case_id=receipt.case_id).values_list("code", flat=True))
        assert len(codes & {"withdrawn", "decided"}) == 1


def test_an_action_that_returns_eight_times_at_once_moves_the_case_once(own_city: People) -> None:
    receipt = send(own_city.lin)
    do(own_city.wu, receipt.case_id)
    run = ActionRun.objects.get(case_id=receipt.case_id)
    at_once(*[lambda: services.system_run_action(run.pk)] * 8)
    case = queries.case(own_city.lin, receipt.case_id)
    assert case.state is CaseState.ENDED
    assert [line.code for line in case.course].count("ended") == 1
    assert Message.objects.filter(case_id=receipt.case_id).count() == 1


def test_numbers_differ_however_many_are_given_at_once(own_city: People) -> None:
    lin = own_city.lin
    digest = queries.form_for(lin, ITEM).digest
    acts = [
        lambda n=n: services.submit(lin, ITEM, ANSWERS, idempotency_key=f"key-{n}", form_digest=digest)
        for n in range(8)
    ]
    receipts = at_once(*acts)
    assert len({one.number for one in receipts}) == 8
