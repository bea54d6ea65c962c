"""The workbench: an officer's day, the loser of a race, and who sees what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.demo import NEIGHBOUR, OFFICER, OTHER_OFFICER, RESIDENT, SUPERVISOR, Demo, call

from yiwang.kernel import time


def page_of(client: Any, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[-800:]
    return str(answer.content.decode())


def test_signing_in_leads_an_officer_with_one_post_to_its_tasks(demo: Demo) -> None:
    client = demo.client()
    assert client.get("/desk/tasks/")["Location"] == "/desk/sign-in/?next=%2Fdesk%2Ftasks%2F"
    answer = client.post(
        "/desk/sign-in/", {"login": OFFICER, "password": "Yiwang-demo-2026", "next": "/desk/"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/desk/tasks/"
    assert "居住地址核实岗" in answer.content.decode()


def test_a_resident_without_a_post_is_asked_which_and_told_that_there_is_none(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    answer = client.get("/desk/tasks/", follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0].startswith("/desk/post/")
    assert "今天没有岗位" in page


def test_a_post_that_one_does_not_hold_cannot_be_chosen(demo: Demo) -> None:
    from yiwang.identity.models import Account
    from yiwang.identity.queries import posts_of

    post = posts_of(Account.objects.get(login=OFFICER).id)[0]
    client = demo.client(RESIDENT)
    assert client.post("/desk/post/", {"post": str(post.id)}).status_code == 403
    assert client.post("/desk/post/", {"post": str(uuid4())}).status_code == 403
    assert client.post("/desk/post/", {"post": "nonsense"}).status_code == 404


def test_the_officer_of_the_street_finds_the_task_and_accepts_it(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    number = resident.get(f"/api/v1/cases/{case}").json()["number"]
    page = page_of(officer, "/desk/tasks/")
    assert number[-14:] in page
    assert "个工作日" in page
    task, version = demo.task_of(officer, case)
    page = page_of(officer, f"/desk/tasks/{task}/")
    assert "金盘路30号5栋1202室" in page
    answer = officer.post(f"/desk/tasks/{task}/", {"act": "accept", "version": version}, follow=True)
    assert answer.redirect_chain == [("/desk/tasks/", 303)]
    assert number not in answer.content.decode()
    assert "没有待办" in answer.content.decode()


def test_refusing_needs_a_reason_which_the_applicant_reads(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    task, version = demo.task_of(officer, case)
    answer = officer.post(f"/desk/tasks/{task}/", {"act": "refuse", "version": version, "reason": " "})
    assert answer.status_code == 422
    assert "请写明理由" in answer.content.decode()
    reason = "门牌写的是旧楼号，请核对后重新申请。"
    assert (
        officer.post(f"/desk/tasks/{task}/", {"act": "refuse", "version": version, "reason": reason}).status_code == 303
    )
    demo.settle()
    page = page_of(resident, f"/my/cases/{case}/")
    assert reason in page
    assert "未通过" in page


def test_the_loser_of_a_race_reads_who_decided_and_keeps_what_was_written(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    task, version = demo.task_of(officer, case)
    officer.post(f"/desk/tasks/{task}/", {"act": "accept", "version": version})
    answer = officer.post(f"/desk/tasks/{task}/", {"act": "refuse", "version": version, "reason": "我写了很久的理由"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "这项待办已经办理" in page
    assert "海秀街道办事处" in answer.context["lost"]["detail"]
    assert "我写了很久的理由" in page


def test_an_officer_of_another_street_sees_neither_task_nor_case(demo: Demo) -> None:
    resident, officer, other = (
        demo.client(RESIDENT),
        demo.client(OFFICER, post=True),
        demo.client(OTHER_OFFICER, post=True),
    )
    case = demo.send(resident)
    task, version = demo.task_of(officer, case)
    number = resident.get(f"/api/v1/cases/{case}").json()["number"]
    assert "没有待办" in page_of(other, "/desk/tasks/")
    page_of(other, f"/desk/tasks/{task}/", 404)
    page_of(other, f"/desk/cases/{case}/", 404)
    assert other.post(f"/desk/tasks/{task}/", {"act": "accept", "version": version}).status_code == 404
    assert "没有这个编号的办件" in page_of(other, f"/desk/cases/?number={number}")
    assert call(other, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version}).status_code == 404


def test_a_number_leads_straight_to_its_case(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    number = resident.get(f"/api/v1/cases/{case}").json()["number"]
    answer = officer.get(f"/desk/cases/?number={number}")
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/cases/{case}/")


def test_the_security_administrator_assigns_and_ends_and_others_may_not(demo: Demo) -> None:
    from yiwang.identity.models import Account, Post

    client = demo.client("sec.admin", post=True)
    account = Account.objects.get(login=NEIGHBOUR)
    seat = Post.objects.get(assignments__account__login=OFFICER)
    wanted = {"login": account.login, "valid_from": time.today().isoformat()}
    assign = f"/desk/posts/{seat.id}/assign/"
    page = client.get("/desk/officers/").content.decode()
    assert page.index("没有岗位的账号") > page.index('<optgroup label="人员">')
    looked = client.get("/desk/officers/", {"account": account.id, "post": seat.id}, follow=True)
    assert looked.redirect_chain == [(f"{assign}?login={account.login}", 303)]
    meant = looked.content.decode()
    assert f"{account.login}将担任{seat.unit.title}的“{seat.title}”" in meant
    assert not account.assignments.exists()
    said = client.post(assign, wanted, follow=True).content.decode()
    assert "配岗完成：" in said
    assert f"担任{seat.unit.title} · {seat.title}" in said
    assert demo.client(NEIGHBOUR, post=True).get("/desk/tasks/").status_code == 200
    answer = client.post(assign, wanted)
    assert answer.status_code == 409
    past = {**wanted, "valid_from": (time.today() - timedelta(days=9)).isoformat()}
    answer = client.post(assign, past)
    assert answer.status_code in {409, 422}
    assert answer.context["summary"]
    assert client.post(assign, {"login": "", "valid_from": ""}).status_code == 422
    unsaid = client.get("/desk/officers/", {"account": "", "post": seat.id})
    assert (unsaid.status_code, "请选择人员和岗位" in unsaid.content.decode()) == (422, True)
    [assignment] = account.assignments.all()
    for other in (OFFICER, "aud.admin", "sys.admin"):
        stranger = demo.client(other, post=True)
        assert stranger.get("/desk/officers/", {"account": account.id, "post": seat.id}).status_code == 403
        assert stranger.post(assign, wanted).status_code == 403
        assert stranger.post(f"/desk/assignments/{assignment.id}/end/").status_code == 403
    assert "配岗已结束" in client.post(f"/desk/assignments/{assignment.id}/end/", follow=True).content.decode()


def test_the_audit_administrator_reads_the_log_and_checks_it(own_demo: Demo) -> None:
    from yiwang.audit.services import seal

    own_demo.send(own_demo.client(RESIDENT))
    seal()
    client = own_demo.client("aud.admin", post=True)
    page = page_of(client, "/desk/audit/")
    assert "case.submit" in page
    assert RESIDENT in page
    assert "金盘路" not in page
    answer = client.post("/desk/audit/verify/")
    assert answer.status_code == 200
    assert answer.context["report"].is_sound, answer.context["report"].problems


def test_the_system_administrator_sees_how_the_platform_is(demo: Demo) -> None:
    page = page_of(demo.client("sys.admin", post=True), "/desk/operations/")
    assert "当前发布版" in page
    assert "待投递的事件" in page


def test_units_are_read_one_level_at_a_time_and_found_by_name(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    page = page_of(client, "/desk/units/")
    assert "海口市教育局" in page
    assert "石山镇" not in page
    district = next(
        line.unit for line in client.get("/desk/units/").context["found"].rows if "秀英区" in line.unit.title
    )
    page = page_of(client, f"/desk/units/?in={district.id}")
    assert "石山镇" in page
    assert "海口市人民政府" in page
    assert "石山镇" in page_of(client, "/desk/units/?q=石山镇")
    assert "没有叫这个名称的单位" in page_of(client, "/desk/units/?q=月球局")
    assert client.get("/desk/units/?in=nonsense").status_code == 404
    assert client.get(f"/desk/units/?in={uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("login", "nouns"),
    [
        (
            OFFICER,
            [
                "/desk/tasks/",
                "/desk/cases/",
                "/desk/certificates/",
                "/desk/discrepancies/",
                "/desk/subjects/",
                "/desk/units/",
                "/desk/messages/",
            ],
        ),
        (
            SUPERVISOR,
            [
                "/desk/supervision/",
                "/desk/board/",
                "/desk/tasks/",
                "/desk/cases/",
                "/desk/certificates/",
                "/desk/discrepancies/",
                "/desk/articles/",
                "/desk/site/",
                "/desk/units/",
                "/desk/messages/",
            ],
        ),
        (
            "sec.admin",
            [
                "/desk/officers/",
                "/desk/systems/",
                "/desk/consents/",
                "/desk/reviews/",
                "/desk/emergencies/",
                "/desk/units/",
                "/desk/messages/",
            ],
        ),
        (
            "aud.admin",
            [
                "/desk/audit/",
                "/desk/consents/",
                "/desk/reviews/",
                "/desk/emergencies/",
                "/desk/units/",
                "/desk/messages/",
            ],
        ),
        (
            "sys.admin",
            [
                "/desk/operations/",
                "/desk/officers/",
                "/desk/systems/",
                "/desk/consents/",
                "/desk/emergencies/",
                "/desk/units/",
                "/desk/messages/",
            ],
        ),
    ],
)
def test_the_menu_holds_the_nouns_of_the_post_and_each_opens(demo: Demo, login: str, nouns: list[str]) -> None:
    client = demo.client(login, post=True)
    answer = client.get("/desk/", follow=True)
    assert [one.at for one in answer.context["menu"]] == nouns
    for noun in nouns:
        page_of(client, noun)


def test_after_deciding_the_next_task_opens(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    first, second = demo.send(resident), demo.send(resident)
    task, version = demo.task_of(officer, first)
    following, _ = demo.task_of(officer, second)
    page = page_of(officer, f"/desk/tasks/{task}/")
    assert f'href="/desk/tasks/{following}/"' in page
    answer = officer.post(f"/desk/tasks/{task}/", {"act": "accept", "version": version})
    assert answer["Location"] == f"/desk/tasks/{following}/"
    assert "这是下一件" in page_of(officer, f"/desk/tasks/{following}/")


def test_a_choice_of_tasks_is_kept_for_the_post_until_it_is_let_go(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    number = resident.get(f"/api/v1/cases/{case}").json()["number"]
    assert number not in page_of(officer, "/desk/tasks/?due=over")
    assert number in page_of(officer, "/desk/tasks/")
    answer = officer.get("/desk/tasks/?due=over&keep=yes")
    assert answer.status_code == 302
    assert "没有符合条件的待办" in page_of(officer, "/desk/tasks/")
    assert number in page_of(officer, "/desk/tasks/?item=")
    officer.get("/desk/tasks/?keep=no")
    assert number in page_of(officer, "/desk/tasks/")


def test_what_came_of_each_of_several_is_shown(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    cases = [demo.send(resident) for _ in range(3)]
    tasks = [demo.task_of(officer, case) for case in cases]
    page = page_of(officer, "/desk/tasks/")
    assert page.count("data-pick") == 3
    assert "勾选的一起办：同意" in page
    officer.post(f"/desk/tasks/{tasks[0][0]}/", {"act": "accept", "version": tasks[0][1]})
    ticked = [f"{task}:{version}" for task, version in tasks]
    page = officer.post("/desk/tasks/together/", {"task": ticked, "act": "accept"}).content.decode()
    assert "办成 2 件，未办 1 件" in page
    assert "这项待办已经办理" in page
    answer = officer.post("/desk/tasks/together/", {"act": "accept"}, follow=True)
    assert "请选择 1 到 50 件" in answer.content.decode()


def test_a_case_is_found_by_the_end_of_its_number_as_people_read_it_out(demo: Demo) -> None:
    officer = demo.client(OFFICER, post=True)
    case = demo.send(demo.client(RESIDENT))
    number = officer.get(f"/api/v1/cases/{case}").json()["number"]
    for typed in (number, number[-14:], f"{number[-14:-6]} {number[-6:]}"):
        found = officer.get("/desk/cases/", {"number": typed})
        assert (found.status_code, found["Location"]) == (302, f"/desk/cases/{case}/")
    wrong = officer.get("/desk/cases/", {"number": "20260101999999"})
    assert "没有查到编号" in wrong.content.decode()
    stranger = demo.client("fu.hai", post=True)
    assert stranger.get("/desk/cases/", {"number": number[-14:]}).status_code == 200
