"""Rights on application 权限申请 on the desk and for programs: asking, the case that decides, giving back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from support.demo import Demo, call

from yiwang.identity.models import PostDuty
from yiwang.identity.models.duty_requests import DutyRequest
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

ASKER, HEAD = "cai.ting", "yan.hong"
POST = "许可证管理岗"
WHY = "写办事指南的解读"


def text_of(answer: Any) -> str:
    return " ".join(lxml.html.fromstring(answer.content.decode()).xpath("//main")[0].text_content().split())


def sent(duty: str = "write-articles", why: str = WHY, days: int = 20) -> dict[str, str]:
    return {"duty": duty, "why": why, "last_day": (today() + timedelta(days=days)).isoformat()}


@pytest.fixture(autouse=True)
def nothing_is_news(demo: Demo) -> None:
    """What the city's samples told was heard when they were loaded."""
    demo.heard = Event.objects.latest("id").id


def asker(demo: Demo) -> Any:
    return demo.client(ASKER, post=POST)


def test_a_post_asks_and_the_head_of_its_unit_grants_it(demo: Demo) -> None:
    clerk, head = asker(demo), demo.client(HEAD, post=True)
    assert clerk.get("/desk/articles/").status_code == 403
    assert clerk.post("/desk/rights/ask/", sent()).status_code == 303
    demo.tell()
    [task] = call(head, "GET", "/api/v1/tasks").json()["rows"]
    shown = text_of(head.get(f"/desk/tasks/{task['id']}/"))
    assert all(words in shown for words in (POST, "撰写新闻公告", WHY, "同意开通"))
    decided = {"act": "grant", "version": call(head, "GET", f"/api/v1/tasks/{task['id']}").json()["version"]}
    assert call(head, "POST", f"/api/v1/tasks/{task['id']}", decided).status_code == 200
    assert clerk.get("/desk/articles/").status_code == 200
    demo.tell()
    assert "申请的权限已经开通" in text_of(clerk.get("/desk/messages/"))
    page = text_of(clerk.get("/desk/rights/"))
    assert "已开通" in page
    assert "依申请，到" in page
    request = DutyRequest.objects.get()
    assert (request.case_number, request.decided_by.login) == (task["case_number"], HEAD)


def test_a_reason_of_several_lines_begins_a_case_as_one_of_one_line_does(demo: Demo) -> None:
    assert asker(demo).post("/desk/rights/ask/", sent(why=" 写解读。\r\n\t六月完成。 ")).status_code == 303
    demo.tell()
    head = demo.client(HEAD, post=True)
    [task] = call(head, "GET", "/api/v1/tasks").json()["rows"]
    assert "写解读。 六月完成。" in text_of(head.get(f"/desk/tasks/{task['id']}/"))
    assert DutyRequest.objects.get().reason == "写解读。\n\t六月完成。"


def test_the_page_of_the_post_says_until_when(demo: Demo) -> None:
    test_a_post_asks_and_the_head_of_its_unit_grants_it(demo)
    post = DutyRequest.objects.get().post_id
    assert "依申请，到" in text_of(demo.client("sec.admin", post=True).get(f"/desk/posts/{post}/"))
    assert "我的岗位权限" in text_of(asker(demo).get(f"/desk/posts/{post}/"))


def test_what_is_wrong_is_said_at_its_question_and_what_was_typed_stays(demo: Demo) -> None:
    clerk = asker(demo)
    answer = clerk.post("/desk/rights/ask/", sent(why="", days=400))
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert page.xpath("//*[@id='f-why-fault']//span/text()") == ["请写明用来做什么。"]
    assert "最多给 60 天" in page.xpath("//*[@id='f-last_day-fault']//span/text()")[0]
    assert page.xpath("//input[@value='write-articles']/@checked")
    assert not DutyRequest.objects.exists()


def test_what_is_given_back_ends_at_once_and_its_case_stays_as_it_was(demo: Demo) -> None:
    test_a_post_asks_and_the_head_of_its_unit_grants_it(demo)
    clerk = asker(demo)
    request = DutyRequest.objects.get()
    assert clerk.post(f"/desk/rights/{request.id}/give-back/").status_code == 303
    assert clerk.get("/desk/articles/").status_code == 403
    assert clerk.post(f"/desk/rights/{request.id}/give-back/").status_code == 409
    assert not PostDuty.objects.filter(request__isnull=False).exists()


def test_a_withdrawn_application_leaves_no_task(demo: Demo) -> None:
    clerk, head = asker(demo), demo.client(HEAD, post=True)
    clerk.post("/desk/rights/ask/", sent())
    demo.tell()
    request = DutyRequest.objects.get()
    assert clerk.post(f"/desk/rights/{request.id}/withdraw/").status_code == 303
    demo.tell()
    assert call(head, "GET", "/api/v1/tasks").json()["rows"] == []


def test_a_case_that_the_head_cancels_tells_the_post_why(demo: Demo) -> None:
    clerk, head = asker(demo), demo.client(HEAD, post=True)
    clerk.post("/desk/rights/ask/", sent())
    demo.tell()
    [task] = call(head, "GET", "/api/v1/tasks").json()["rows"]
    answer = head.post(f"/desk/cases/{task['case_id']}/cancel/", {"reason": "合并到另一件办理", "confirmed": "1"})
    assert answer.status_code == 303, text_of(answer)
    demo.tell()
    assert DutyRequest.objects.get().state == "refused"
    assert "合并到另一件办理" in text_of(clerk.get("/desk/rights/"))


def test_a_program_asks_and_gives_back(demo: Demo) -> None:
    clerk = asker(demo)
    listed = clerk.get("/api/v1/duty-requests").json()
    assert {one["duty"]: one["against"] for one in listed["may_ask_for"]}["write-articles"] == ""
    given = {"duty": "write-articles", "last_day": (today() + timedelta(days=3)).isoformat(), "reason": WHY}
    made = call(clerk, "POST", "/api/v1/duty-requests", given)
    assert made.status_code == 201
    one = clerk.get(f"/api/v1/duty-requests/{made.json()['id']}").json()
    assert (one["state"], one["mine"], one["reason"]) == ("waits", True, WHY)
    assert call(clerk, "POST", f"/api/v1/duty-requests/{one['id']}/withdraw").status_code == 204
    assert (
        call(clerk, "POST", f"/api/v1/duty-requests/{one['id']}/give-back")
        .json()["type"]
        .endswith("/duty-request-over")
    )


def test_who_asks_learns_first_whether_and_where_it_is_decided(demo: Demo) -> None:
    page = text_of(asker(demo).get("/desk/rights/ask/"))
    assert "由海口市秀英区行政审批服务局的其他人审批" in page
    assert "由海口市秀英区人民政府的其他人审批" in text_of(demo.client("wu.qing", post=True).get("/desk/rights/ask/"))
    nobody = text_of(demo.client("mo.lan", post=True).get("/desk/rights/ask/"))
    assert "现在还不能申请" in nobody
    assert "提交申请" not in nobody
