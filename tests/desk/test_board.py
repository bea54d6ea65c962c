"""The board: ten numbers over real cases, the list behind each, and what an overseer does not see."""

from __future__ import annotations

from typing import Any

import pytest
from support.demo import DISTRICT_SUPERVISOR, OFFICER, RESIDENT, SUPERVISOR, Demo

from yiwang.supervision.values import Number


def numbers_of(client: Any) -> dict[str, Any]:
    answer = client.get("/desk/board/")
    assert answer.status_code == 200, answer.content.decode()[-1500:]
    return {str(one.number): one for one, _title, _direction in answer.context["numbers"]}


def test_each_of_ten_numbers_leads_to_the_cases_that_it_counts(demo: Demo) -> None:
    from datetime import UTC, datetime

    from yiwang.cases.models import Clock

    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    done, late = demo.send(resident), demo.send(resident)
    task, version = demo.task_of(officer, done)
    officer.post(f"/desk/tasks/{task}/", {"act": "accept", "version": version})
    demo.settle()
    moment = datetime(2020, 1, 2, tzinfo=UTC)
    Clock.objects.filter(case=late).update(due=moment.date(), due_at=moment)
    leader = demo.client(SUPERVISOR, post=True)
    numbers = numbers_of(leader)
    assert len(numbers) == 10
    now = {name: one.now for name, one in numbers.items()}
    assert (now["in-hand"], now["submitted"], now["decided"], now["in-time"], now["overdue"]) == (1, 2, 1, 100, 1)
    for name in Number:
        behind = leader.get(f"/desk/board/{name}/")
        assert behind.status_code == 200, name
        if not numbers[name].percent and name not in (Number.DOUBTED, Number.CERTIFIED):
            assert len(behind.context["page"].rows) == numbers[name].now, name
    page = leader.get(f"/desk/board/cases/{late}/").content.decode()
    assert "海秀街道办事处" in page
    assert "林秀英" not in page
    assert "林秀英" not in leader.get("/desk/board/overdue/").content.decode()
    assert "金盘路30号5栋1202室" not in page
    assert "13807491234" not in page


def test_an_overseer_counts_what_stands_below_his_unit_alone(demo: Demo) -> None:
    case = demo.send(demo.client(RESIDENT))
    from yiwang.cases.models import Case
    from yiwang.identity.models import Unit

    district = demo.client(DISTRICT_SUPERVISOR, post=True)
    assert numbers_of(district)["in-hand"].now == 1
    Case.objects.filter(pk=case).update(unit=Unit.objects.get(code="hk-police"))
    assert numbers_of(district)["in-hand"].now == 0
    assert district.get(f"/desk/board/cases/{case}/").status_code == 404
    assert numbers_of(demo.client(SUPERVISOR, post=True))["in-hand"].now == 1


@pytest.mark.parametrize("cases", [1, 5])
def test_the_board_costs_the_same_however_many_cases_there_are(demo: Demo, cases: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    resident = demo.client(RESIDENT)
    for _ in range(cases):
        demo.send(resident)
    leader = demo.client(SUPERVISOR, post=True)
    numbers_of(leader)
    with CaptureQueriesContext(connection) as captured:
        numbers_of(leader)
    assert len(captured) <= 26


def test_a_number_that_there_is_not_is_not_found_and_who_does_not_oversee_is_refused(demo: Demo) -> None:
    assert demo.client(SUPERVISOR, post=True).get("/desk/board/nonsense/").status_code == 404
    assert demo.client(SUPERVISOR, post=True).get("/desk/board/in-hand/?unit=x").status_code == 404
    assert demo.client(OFFICER, post=True).get("/desk/board/").status_code == 403
