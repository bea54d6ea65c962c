"""Cases that events begin: each once, whoever dies; with what the event says, at the unit that it names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils.translation import override
from support.waiting import sessions_of_the_dead_are_over

from yiwang.acts.values import system
from yiwang.cases import queries, services
from yiwang.cases.models import Case, Task
from yiwang.cases.services.assignment import system_assign_waiting
from yiwang.cases.services.starting import system_take_event
from yiwang.cases.values import CaseState, Outcome
from yiwang.kernel.errors import Conflict, Invalid, NotFound
from yiwang.kernel.time import now, today
from yiwang.messaging.models import Message
from yiwang.outbox.queries import list_events, list_parked
from yiwang.outbox.services import deliver_due
from yiwang.records import queries as records
from yiwang.records.models import Discrepancy
from yiwang.records.services import report_discrepancy, withdraw_discrepancy, write_record
from yiwang.records.values import Evidence

from .conftest import ANSWERS, People, do, first_task, run_jobs, send

ITEM = "discrepancy-check"
PHONE = "residence.phone"


def settle() -> None:
    """Deliver what was told until nothing more follows from it."""
    while deliver_due():
        pass


def doubt(town: People, actor: Any = None, value: str = "13900000000", element: str = PHONE) -> UUID:
    """Lin's telephone is known from an accepted statement; she, or `actor`, says that it is another."""
    lin = town.lin
    if not records.facts(lin, lin.capacity_id, purpose="own-data", elements=[PHONE]):
        do(town.wu, send(lin).case_id)
        run_jobs()
    id = report_discrepancy(
        actor or lin, "residence.addresses", lin.capacity_id, element, value, Evidence("换了号码"), purpose="own-data"
    )
    settle()
    return id


def begun() -> Case:
    return Case.objects.get(item=ITEM)


def standing(town: People) -> tuple[str, str]:
    [phone] = records.facts(town.lin, town.lin.capacity_id, purpose="own-data", elements=[PHONE])
    return phone.value, str(phone.standing)


def messages_about(id: UUID) -> list[str]:
    return [one.texts["zh-Hans"]["title"] for one in Message.objects.filter(case_id=id).order_by("id")]


def test_a_doubt_begins_a_case_of_the_unit_that_keeps_the_record(own_city: People) -> None:
    id = doubt(own_city)
    case = begun()
    task = first_task(own_city.wu, case.id)
    assert case.unit is not None
    assert (case.unit.code, case.account_id, case.event_subject) == ("south", None, str(id))
    assert [act.name for act in task.acts] == ["correct", "confirm", "reject"]
    assert task.case.due_on is not None
    assert task.case.due_on > today() + timedelta(days=9)
    assert {one.name: one.value for one in task.case.values} == {"doubt.fact": "联系电话", "doubt.register": "居住地址"}
    assert [line.code for line in task.case.course] == ["begun", "action-done", "assigned"]
    row = Discrepancy.objects.get(pk=id)
    assert (row.state, row.case_id, row.case_number) == ("accepted", case.id, case.number)
    assert standing(own_city) == ("13800000000", "disputed")
    with pytest.raises(NotFound):
        queries.task(own_city.fu, task.id)


def test_the_officer_corrects_and_everybody_learns_it(own_city: People) -> None:
    id = doubt(own_city)
    before = now()
    case = begun()
    assert do(own_city.wu, case.id, "correct").outcome is Outcome.ACCEPTED
    settle()
    assert standing(own_city) == ("13900000000", "undisputed")
    lin = own_city.lin
    [old] = records.facts(lin, lin.capacity_id, purpose="own-data", elements=[PHONE], known_at=before)
    [new] = records.facts(lin, lin.capacity_id, purpose="own-data", elements=[PHONE])
    assert (old.value, str(new.door), new.case_id) == ("13800000000", "correction", case.id)
    assert messages_about(case.id) == ["提出疑义的信息已更正"]
    assert Discrepancy.objects.get(pk=id).state == "corrected"


def test_the_officer_confirms_with_a_reason_and_the_reporters_learn_it(own_city: People) -> None:
    id = doubt(own_city)
    case = begun()
    with pytest.raises(Invalid):
        do(own_city.wu, case.id, "confirm")
    assert begun().state == CaseState.OPEN
    assert do(own_city.wu, case.id, "confirm", "与申请时一致").outcome is Outcome.REFUSED
    settle()
    assert standing(own_city) == ("13800000000", "undisputed")
    row = Discrepancy.objects.get(pk=id)
    assert (row.state, row.reason) == ("confirmed", "与申请时一致")
    assert messages_about(case.id) == ["经核实，记录无误"]


def test_a_doubt_that_is_not_looked_into_is_rejected(own_city: People) -> None:
    doubt(own_city)
    case = begun()
    do(own_city.wu, case.id, "reject", "不属于本单位")
    settle()
    assert Discrepancy.objects.get().state == "rejected"
    assert messages_about(case.id) == ["提出的疑义没有受理"]


def test_a_withdrawn_doubt_ends_its_case_and_nobody_can_decide_it_any_more(own_city: People) -> None:
    id = doubt(own_city)
    case = begun()
    task = first_task(own_city.wu, case.id)
    withdraw_discrepancy(own_city.lin, id, reason="号码没有变")
    with pytest.raises(Conflict):
        services.advance(own_city.wu, task.id, version=task.version, act="correct")
    assert standing(own_city) == ("13800000000", "undisputed")
    settle()
    ended = queries.case(own_city.wu, case.id)
    assert ended.outcome is Outcome.CANCELLED
    assert [line.code for line in ended.course][-2:] == ["settled-elsewhere", "ended"]
    assert Discrepancy.objects.get().state == "withdrawn"
    assert messages_about(case.id) == []


def test_a_source_that_comes_round_by_itself_ends_the_case_and_the_reporter_is_told(own_city: People) -> None:
    doubt(own_city)
    case = begun()
    send_again = dict(ANSWERS) | {PHONE: "13900000000"}
    do(own_city.wu, send(own_city.lin, send_again).case_id)
    settle()
    assert Discrepancy.objects.get().state == "corrected"
    assert queries.case(own_city.wu, case.id).outcome is Outcome.CANCELLED
    assert messages_about(case.id) == ["提出疑义的信息已更正"]


def test_a_case_that_the_unit_ends_without_an_answer_rejects_the_doubt(own_city: People) -> None:
    doubt(own_city)
    services.cancel(own_city.wu, begun().id, reason="重复提出")
    settle()
    row = Discrepancy.objects.get()
    assert (row.state, row.reason) == ("rejected", "重复提出")
    assert standing(own_city)[1] == "undisputed"


def test_a_second_reporter_begins_no_second_case(own_city: People) -> None:
    first = doubt(own_city)
    assert doubt(own_city) == first
    assert Case.objects.filter(item=ITEM).count() == 1


def test_one_event_begins_one_case_however_often_it_is_delivered(own_city: People) -> None:
    doubt(own_city)
    [event] = list_events(types=frozenset({"discrepancy.opened.v1"}))
    with pytest.raises(Exception, match="case_once_for_each_event"):
        system_take_event(event)
    assert Case.objects.filter(item=ITEM).count() == 1


def test_nobody_applies_for_what_events_begin(own_city: People) -> None:
    with pytest.raises(NotFound):
        queries.form_for(own_city.lin, ITEM)
    with pytest.raises(NotFound):
        services.submit(own_city.lin, ITEM, {}, idempotency_key="k", form_digest="x")
    assert ITEM not in [one.id for one in queries.list_items()]


def test_the_person_reads_the_case_about_her_and_cannot_withdraw_it(own_city: People) -> None:
    doubt(own_city)
    case = queries.case(own_city.lin, begun().id)
    assert not case.may_withdraw
    with pytest.raises(NotFound):
        services.withdraw(own_city.lin, case.id)
    with override("zh-hans"):
        assert case.course[0].by == "system"


def test_a_unit_without_the_duty_leaves_the_task_unassigned_until_it_has_it(own_city: People) -> None:
    do(own_city.wu, send(own_city.lin).case_id)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE identity_postduty SET duty = 'read-cases' WHERE duty = 'check-discrepancies'")
    doubt(own_city)
    assert Task.objects.get(case=begun(), node="decide").state == "unassigned"
    assert system_assign_waiting() == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE identity_postduty SET duty = 'check-discrepancies' WHERE duty = 'read-cases'"
            " AND post_id IN (SELECT id FROM identity_post WHERE code = 'south-1')"
        )
    assert system_assign_waiting() == 1
    assert first_task(own_city.wu, begun().id).acts


def test_a_correction_by_another_door_than_the_case_is_not_overwritten(own_city: People) -> None:
    doubt(own_city)
    lin = own_city.lin
    write_record(
        system("tests"), "residence.addresses", lin.capacity_id, {PHONE: "13700000000"}, valid_from=today(), door="feed",
        unit_id=begun().unit_id,
    )  # fmt: skip
    settle()
    assert standing(own_city) == ("13700000000", "disputed")
    do(own_city.wu, begun().id, "confirm", "新号码无误")
    settle()
    assert standing(own_city) == ("13700000000", "undisputed")


PLACES = (
    "outbox.between-read-and-effect",
    "cases.after-inside-effect",
    "cases.after-beginning",
    "outbox.after-effect-before-commit",
    "outbox.after-commit",
)


def test_whoever_is_killed_between_event_and_case_the_case_begins_once(
    own_city: People, server: Any, tmp_path: Path
) -> None:
    do(own_city.wu, send(own_city.lin).case_id)
    settle()
    lin = own_city.lin
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "YIWANG_DATA_DIR": str(tmp_path / "data"),
        "YIWANG_DATABASE_URL": server.url(name, "owner"),
        "YIWANG_APP_DATABASE_URL": server.url(name, "app"),
    }
    for number, place in enumerate(PLACES):
        report_discrepancy(
            lin,
            "residence.addresses",
            lin.capacity_id,
            PHONE,
            f"1390000000{number}",
            Evidence("换了号码"),
            purpose="own-data",
        )
        command = [sys.executable, str(Path(__file__).with_name("crash_process.py")), "deliver", str(tmp_path)]
        died = subprocess.run(
            command, env=environment | {"YIWANG_FAILPOINT": f"{place}@1"}, capture_output=True, check=False
        )
        assert died.returncode == -signal.SIGKILL, (place, died.stderr[-2000:])
        sessions_of_the_dead_are_over()
        settle()
        assert Case.objects.filter(item=ITEM).count() == number + 1, place
        assert Discrepancy.objects.filter(state="accepted").count() == number + 1, place
    assert list_parked() == []
    assert len(set(Case.objects.filter(item=ITEM).values_list("event_subject", flat=True))) == len(PLACES)
