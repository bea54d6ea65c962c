"""What units have to do goes where a reorganisation sends it: areas, open cases and tasks; and comes back when it is undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yiwang.acts.values import system
from yiwang.cases import queries, services
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.identity import queries as identity
from yiwang.identity.models import Unit
from yiwang.identity.services import ReorganisationStopped, reorganise, undo_reorganisation
from yiwang.identity.values import Merge, NewUnit, Split
from yiwang.kernel.errors import Invalid, NotFound
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import today
from yiwang.places.models import Area, AreaDuty
from yiwang.places.queries import units_answering
from yiwang.places.services import hand_over_area

from .conftest import People, do, first_task, run_jobs, send
from .test_races import at_once

US = system("tests")
WHY = ("机构改革", "琼编〔2026〕12号")
DUTY = "confirm-address"
PLACE = "460105002001"


def unit(code: str) -> UUID:
    return UUID(str(Unit.objects.get(code=code).id))


def sees(actor: Any, case_id: UUID) -> bool:
    try:
        queries.case(actor, case_id)
    except NotFound:
        return False
    return True


def holders(case_id: UUID) -> set[str]:
    return set(TaskUnit.objects.filter(task__case_id=case_id).values_list("unit__code", flat=True))


def test_open_work_and_areas_go_with_the_unit_and_ended_cases_stay(people: People) -> None:
    ended, case = send(people.lin).case_id, send(people.chen).case_id
    do(people.wu, ended, "refuse", "查无此处")
    run_jobs()
    plan = Merge((unit("south"),), unit("north"))
    seen = identity.preview_reorganisation(US, plan)
    assert {one.kind: one.number for one in seen.lines} == {"post": 3, "area": 1, "task": 1, "case": 1}
    assert [words for one in seen.lines if one.kind == "case" for _, words in one.examples] == [
        Case.objects.get(pk=case).number
    ]
    assert not sees(people.fu, case)
    done = reorganise(US, plan, *WHY, seen.fingerprint)
    assert {one.kind: one.number for one in identity.reorganisation_page(US, done).lines} == {
        one.kind: one.number for one in seen.lines
    }
    assert holders(case) == {"north"}
    assert holders(ended) == {"south"}
    assert Case.objects.get(pk=case).unit.code == "north"
    assert Case.objects.get(pk=ended).unit.code == "south"
    assert sees(people.fu, case)
    assert sees(people.fu, ended)
    assert units_answering(PLACE, DUTY) == [unit("north")]
    later = send(people.lin).case_id
    assert holders(later) == {"north"}
    do(people.fu, case)
    undo_reorganisation(US, done, "文件撤销")
    assert units_answering(PLACE, DUTY) == [unit("south")]
    assert holders(case) == {"north"}
    assert holders(ended) == {"south"}
    assert not sees(people.fu, ended)
    assert sees(people.wu, ended)


def told(reader: Any, case_id: UUID) -> list[str]:
    return [one.sentence for one in queries.case(reader, case_id).course if one.code == "reorganised"]


def test_who_reads_a_case_sees_why_another_unit_has_it(people: People) -> None:
    case, other = send(people.lin).case_id, send(people.chen).case_id
    Case.objects.filter(pk=other).update(unit_id=unit("gov"))  # of which a task alone goes
    south, north = (Unit.objects.get(code=code).title for code in ("south", "north"))
    done = reorganise(US, Merge((unit("south"),), unit("north")), *WHY)
    assert told(people.lin, case) == told(people.fu, case) == [f"因单位重组，现由{north}办理。"]
    assert told(people.chen, other) == told(people.lin, case)
    undo_reorganisation(US, done, "文件撤销")
    assert told(people.lin, case) == [f"因单位重组，现由{name}办理。" for name in (north, south)]
    assert told(people.chen, other) == told(people.lin, case)
    do(people.wu, case)


def test_what_came_since_and_only_posts_that_go_back_can_do_goes_with_them(people: People) -> None:
    gov, south = unit("gov"), unit("south")
    done = reorganise(US, Merge((south,), gov), *WHY)
    case = send(people.lin).case_id
    assert holders(case) == {"gov"}
    assert {one.kind: one.number for one in identity.preview_undoing(US, done).lines}["task"] == 1
    undo_reorganisation(US, done, "文件撤销")
    assert holders(case) == {"south"}
    do(people.wu, case)


def test_a_split_takes_along_what_its_posts_and_its_areas_decide(people: People) -> None:
    south, case = unit("south"), send(people.lin).case_id
    area = Area.objects.get(code="south").id
    new = NewUnit("east", "海秀街道东片办事处", "", "114601999900002874", "township", "460105002", "gov")
    wu, zhou = people.wu, people.zhou
    without_post = Split(south, new, areas=frozenset({area}), posts=frozenset({people.post("reader").capacity_id}))
    without_area = Split(south, new, posts=frozenset({wu.capacity_id, zhou.capacity_id}))
    for plan, code in ((without_post, "area-without-post"), (without_area, "area-left")):
        with pytest.raises(ReorganisationStopped) as refused:
            reorganise(US, plan, *WHY)
        assert [one.code for one in refused.value.faults] == [code]
    plan = Split(south, new, posts=frozenset({wu.capacity_id}), areas=frozenset({area}))
    seen = identity.preview_reorganisation(US, plan)
    assert {one.kind: one.number for one in seen.lines} == {"post": 1, "area": 1, "task": 1, "case": 1}
    done = reorganise(US, plan, *WHY, seen.fingerprint)
    assert holders(case) == {"east"}
    assert Case.objects.get(pk=case).unit.code == "east"
    assert sees(wu, case)
    assert not sees(zhou, case)
    undo_reorganisation(US, done, "文件撤销")
    assert holders(case) == {"south"}
    assert sees(zhou, case)


def test_a_task_for_which_both_answered_is_one_of_the_other_s_and_comes_back_to_both(people: People) -> None:
    case = send(people.lin).case_id
    task = Task.objects.get(case_id=case)
    TaskUnit.objects.create(task=task, unit_id=unit("north"))
    done = reorganise(US, Merge((unit("south"),), unit("north")), *WHY)
    assert holders(case) == {"north"}
    undo_reorganisation(US, done, "文件撤销")
    assert holders(case) == {"north", "south"}


def test_an_area_that_was_handed_over_since_stays_there(people: People) -> None:
    done = reorganise(US, Merge((unit("south"),), unit("north")), *WHY)
    hand_over_area(US, Area.objects.get(code="south").id, DUTY, unit("gov"))
    [line] = [one for one in identity.preview_undoing(US, done).lines if one.kind == "area"]
    assert line.number == 0
    assert line.stays is not None
    assert line.stays.number == 1
    undo_reorganisation(US, done, "文件撤销")
    assert units_answering(PLACE, DUTY) == [unit("gov")]


def test_nobody_hands_an_area_to_a_unit_that_was_merged(people: People) -> None:
    reorganise(US, Merge((unit("south"),), unit("north")), *WHY)
    with pytest.raises(Invalid) as refused:
        hand_over_area(US, Area.objects.get(code="north").id, DUTY, unit("south"))
    assert [one.code for one in refused.value.faults] == ["unit-closed"]


def more_tasks(case_id: UUID, number: int) -> None:
    """Copies of the case's open task, each in a case of its own."""
    case, task = Case.objects.get(pk=case_id), Task.objects.get(case_id=case_id)
    cases, tasks = [], []
    for n in range(number):
        copy = Case(**{one.attname: getattr(case, one.attname) for one in Case._meta.concrete_fields})
        copy.pk, copy.number, copy.event_id = uuid7(), f"{case.number}-{number}-{n}", None
        cases.append(copy)
        fields = {f.attname: getattr(task, f.attname) for f in Task._meta.concrete_fields}
        tasks.append(Task(**fields | {"id": uuid7(), "case_id": copy.pk, "step": uuid7()}))
    Case.objects.bulk_create(cases)
    Task.objects.bulk_create(tasks)
    TaskUnit.objects.bulk_create(TaskUnit(task=one, unit_id=unit("south")) for one in tasks)


def test_statements_do_not_grow_with_tasks(people: People) -> None:
    case, plan = send(people.lin).case_id, Merge((unit("south"),), unit("north"))
    counts = []
    for number in (3, 300):
        more_tasks(case, number)
        with CaptureQueriesContext(connection) as looked:
            identity.preview_reorganisation(US, plan)
        with CaptureQueriesContext(connection) as did:
            done = reorganise(US, plan, *WHY)
        with CaptureQueriesContext(connection) as undid:
            undo_reorganisation(US, done, "文件撤销")
        counts.append((len(looked), len(did), len(undid)))
    assert counts[0] == counts[1]
    assert TaskUnit.objects.filter(unit__code="south", waits=True).count() == 304


def test_a_form_that_is_sent_during_a_merger_arrives_where_the_work_went(own_city: People) -> None:
    south, north = unit("south"), unit("north")
    lin, chen = own_city.lin, own_city.chen
    results = at_once(lambda: reorganise(US, Merge((south,), north), *WHY), lambda: send(lin), lambda: send(chen))
    assert isinstance(results[0], UUID), results
    services.system_bring_after()
    assert not TaskUnit.objects.filter(waits=True, unit_id=south).exists()
    assert not Case.objects.filter(state="open", unit_id=south).exists()
    assert services.system_bring_after() == 0
    for receipt in results[1:]:
        do(own_city.fu, receipt.case_id)


def test_work_that_an_act_brings_late_is_brought_after(people: People) -> None:
    case = send(people.lin).case_id
    reorganise(US, Merge((unit("south"),), unit("north")), *WHY)
    TaskUnit.objects.filter(task__case_id=case).update(unit_id=unit("south"))
    Case.objects.filter(pk=case).update(unit_id=unit("south"))
    assert services.system_bring_after() == 2
    assert holders(case) == {"north"}


def test_an_officer_who_decides_during_a_merger_and_the_merger_both_come_through(own_city: People) -> None:
    wu, receipts = own_city.wu, [send(own_city.lin) for _ in range(4)]
    tasks = [first_task(wu, one.case_id) for one in receipts]
    results = at_once(
        lambda: reorganise(US, Merge((unit("south"),), unit("north")), *WHY),
        *[lambda task=task: services.advance(wu, task.id, version=1, act="accept") for task in tasks],
    )
    assert isinstance(results[0], UUID), results
    services.system_bring_after()
    for receipt in receipts:
        waiting = TaskUnit.objects.filter(task__case_id=receipt.case_id, waits=True)
        assert set(waiting.values_list("unit__code", flat=True)) <= {"north"}


def test_an_area_that_is_handed_over_during_a_merger_is_answered_by_an_open_unit(own_city: People) -> None:
    area, south = Area.objects.get(code="north").id, unit("south")
    at_once(lambda: reorganise(US, Merge((south,), unit("gov")), *WHY), lambda: hand_over_area(US, area, DUTY, south))
    now = AreaDuty.objects.filter(valid_to__isnull=True)
    assert not now.filter(unit__closed_on__isnull=False).exists()
    assert now.count() == 2
    assert not AreaDuty.objects.filter(valid_from__gt=today()).exists()
