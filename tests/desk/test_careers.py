"""Careers on the desk: how somebody is put into a post, why he leaves, who stands in, and how many places a unit has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.demo import ITEM, OFFICER, OTHER_OFFICER, RESIDENT, Demo

from yiwang.acts.values import system
from yiwang.cases.services import open_reception
from yiwang.identity.models import Account, Assignment
from yiwang.identity.queries import actor_for_post, subjects_behind
from yiwang.identity.services import assign_post
from yiwang.identity.values import AssignmentKind, Terms
from yiwang.kernel import time
from yiwang.kernel.errors import NotAllowed
from yiwang.subjects.queries import system_identifiers

from .test_desk import page_of
from .test_organisation import AUDIT, SECURITY, SYSTEM, post_of, unit_of

DOCUMENT = "海人社〔2026〕7号"


def seat_of(login: str) -> Any:
    return Assignment.objects.get(account__login=login, valid_to__isnull=True)


@pytest.fixture
def security(demo: Demo) -> Any:
    return demo.client(SECURITY, post=True)


@pytest.fixture
def at(demo: Demo) -> str:
    """The page of the post in which 吴清 confirms addresses."""
    return f"/desk/posts/{post_of(OFFICER).id}/"


def assigned(security: Any, at: str, kind: str, **given: str) -> Any:
    return security.post(f"{at}assign/?kind={kind}", {"valid_from": time.today().isoformat(), **given})


def test_a_form_for_each_way_asks_what_that_way_needs(security: Any, at: str) -> None:
    asked = {"regular": "establishment", "acting": "document", "secondment": "home_rests", "deputy": "instead_of"}
    for kind, name in asked.items():
        page = page_of(security, f"{at}assign/?kind={kind}")
        assert f'name="{name}"' in page
        assert page.count('aria-current="true"') >= 1
        others = {other for other in asked.values() if other not in (name, "document")}
        assert not [other for other in others if f'name="{other}"' in page]
    refused = assigned(security, at, "deputy", login=OTHER_OFFICER)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "请填写不再代班的第一天" in page
    assert "应当是在这个岗位任职的人员" in page


def test_a_deputy_works_for_his_days_and_the_pages_say_for_whom(demo: Demo, security: Any, at: str) -> None:
    until = time.today() + timedelta(days=3)
    given = {"login": OTHER_OFFICER, "valid_to": until.isoformat(), "instead_of": str(seat_of(OFFICER).id)}
    assert assigned(security, at, "deputy", **given).status_code == 303
    assert "代 吴清 的班" in page_of(security, at)
    case = demo.send(demo.client(RESIDENT))
    desk = demo.client(OTHER_OFFICER, post=True)
    held = {one.unit_id: one.id for one in desk.get("/desk/post/").context["held"]}
    assert desk.post("/desk/post/", {"post": held[post_of(OFFICER).unit_id]}).status_code == 303
    task, version = demo.task_of(desk, case)
    assert desk.post(f"/desk/tasks/{task}/", {"act": "accept", "version": version}).status_code == 303
    assert "（居住地址核实岗，代班）" in page_of(demo.client(RESIDENT), f"/my/cases/{case}/")
    log = page_of(demo.client(AUDIT, post=True), "/desk/audit/")
    assert "task.decide" in log


def test_who_is_seconded_is_offered_his_posts_and_his_own_rests(demo: Demo, security: Any, at: str) -> None:
    home = seat_of(OTHER_OFFICER)
    asked = assigned(security, at, "secondment", login=OTHER_OFFICER)
    assert asked.status_code == 422
    page = asked.content.decode()
    assert f'value="{home.id}" checked' in page
    assert "请填写所依据文件的文号" in page
    given = {"login": OTHER_OFFICER, "document": DOCUMENT, "home": str(home.id), "home_rests": "1"}
    assert assigned(security, at, "secondment", **given).status_code == 303
    shown = page_of(security, at)
    assert "借调" in shown
    assert f"依据 {DOCUMENT}" in shown
    assert "借调期间暂停" in page_of(security, f"/desk/posts/{home.post_id}/")
    desk = demo.client(OTHER_OFFICER, post=True)
    assert page_of(desk, f"/desk/officers/{home.account_id}/").count("借调期间暂停") == 1
    assert {str(one.id) for one in desk.get("/desk/post/").context["held"]} == {at.split("/")[3]}


def test_a_secondment_from_a_unit_by_its_code(security: Any, at: str) -> None:
    given = {"login": RESIDENT, "document": DOCUMENT, "from_unit": "no-such-unit"}
    refused = assigned(security, at, "secondment", **given)
    assert refused.status_code == 422
    assert "no-such-unit" in refused.content.decode()
    given["from_unit"] = unit_of("秀英街道办事处").code
    assert assigned(security, at, "secondment", **given).status_code == 303
    assert "来自 海口市秀英区人民政府秀英街道办事处" in page_of(security, at)


def test_an_assignment_is_ended_with_its_reason_and_the_career_keeps_it(demo: Demo, security: Any, at: str) -> None:
    seat = seat_of(OFFICER)
    page = page_of(security, f"/desk/assignments/{seat.id}/end/")
    for reason in ("免职", "调出", "退休", "辞职", "期满"):
        assert reason in page
    assert "账号关闭" not in page
    wrong = security.post(f"/desk/assignments/{seat.id}/end/", {"on": "tomorrow", "reason": "retired"})
    assert wrong.status_code == 422
    given = {"on": time.today().isoformat(), "reason": "retired", "document": DOCUMENT}
    assert security.post(f"/desk/assignments/{seat.id}/end/", given)["Location"] == at
    for where in (at, f"/desk/officers/{seat.account_id}/"):
        page = page_of(security, where)
        assert "离任原因：退休" in page
        assert f"离任依据 {DOCUMENT}" in page
    again = security.post(f"/desk/assignments/{seat.id}/end/", given)
    assert again.status_code == 409


def test_a_slip_is_ended_as_one(security: Any) -> None:
    slip = seat_of(OFFICER)
    assert "配岗有误" in page_of(security, f"/desk/assignments/{slip.id}/end/")
    ended = {"on": time.today().isoformat(), "reason": "mistaken"}
    assert security.post(f"/desk/assignments/{slip.id}/end/", ended).status_code == 303
    assert Assignment.objects.get(id=slip.id).end_reason == "mistaken"
    assert "离任原因：配岗有误" in page_of(security, f"/desk/officers/{slip.account_id}/")


def test_one_sees_his_own_career_and_no_other_s(demo: Demo) -> None:
    desk, seat = demo.client(OFFICER, post=True), seat_of(OFFICER)
    page = page_of(desk, f"/desk/officers/{seat.account_id}/")
    assert "任职经历" in page
    assert "居住地址核实岗" in page
    assert desk.get(f"/desk/officers/{seat_of(OTHER_OFFICER).account_id}/").status_code == 403
    assert f"/desk/officers/{seat.account_id}/" in page_of(desk, "/desk/account/")


def test_places_are_set_by_one_filled_by_another_and_never_overfilled(demo: Demo, security: Any, at: str) -> None:
    street = unit_of("海秀街道办事处")
    keeper, unit = demo.client(SYSTEM, post=True), f"/desk/units/{street.id}/"
    assert "未核定编制" in page_of(keeper, unit)
    wrong = keeper.post(f"{unit}headcount/", {"kind": "administrative", "places": "many", "document": ""})
    assert wrong.status_code == 422
    given = {"kind": "administrative", "places": "1", "document": "琼编〔2026〕12号"}
    assert keeper.post(f"{unit}headcount/", given).status_code == 303
    page = page_of(keeper, unit)
    assert "琼编〔2026〕12号" in page
    assert "有 1 名正式任职人员未登记占用哪类编制" in page
    seat = seat_of(OFFICER)
    assert security.post(f"/desk/assignments/{seat.id}/place/", {"establishment": "administrative"}).status_code == 303
    assert "行政编制" in page_of(security, at)
    unsaid = assigned(security, at, "regular", login=OTHER_OFFICER)
    assert unsaid.status_code == 422
    full = assigned(security, at, "regular", login=OTHER_OFFICER, establishment="administrative")
    assert full.status_code == 409
    assert "核定 1 名，其中有些日子已占用 1 名" in full.content.decode()
    assert "吴清" in page_of(security, unit)
    assert "吴清" not in page_of(demo.client(OTHER_OFFICER, post=True), unit)
    assert keeper.post(f"{unit}headcount/", {**given, "places": "0"}).status_code == 303
    assert "超编 1 人" in page_of(keeper, unit)


def test_a_deputy_at_a_window_serves_neither_himself_nor_the_holder(demo: Demo) -> None:
    window, somebody = (Account.objects.get(login=login) for login in ("zhuo.lin", "chen.dawen"))
    seat, until = seat_of("zhuo.lin"), time.today() + timedelta(days=1)
    terms = Terms(AssignmentKind.DEPUTY, instead_of=seat.id)
    assign_post(system("tests"), somebody.id, seat.post_id, time.today(), until, terms)
    stands_in = actor_for_post(somebody, seat.post_id)
    assert subjects_behind(stands_in) == {somebody.subject_id, window.subject_id}
    for subject in (window.subject_id, somebody.subject_id):
        [number] = [one.value for one in system_identifiers(subject) if one.scheme == "citizen-id"]
        with pytest.raises(NotAllowed, match="own window"):
            open_reception(
                stands_in, ITEM, scheme="citizen-id", value=number, shown="card", means="signed", agreed=True
            )
