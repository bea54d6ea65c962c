"""Reviews of rights 权限复核 on the desk and for programs: opening, answering what is ticked, progress, the report."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.clock import own_time
from support.demo import ADMINISTRATORS, Demo, call

from yiwang.identity.models import Account, Assignment, Unit
from yiwang.identity.models.reviews import Review, ReviewLine
from yiwang.identity.queries import first_last_day
from yiwang.identity.services import system_tend_reviews
from yiwang.kernel.time import today
from yiwang.messaging.services import system_tell
from yiwang.outbox.models import Event
from yiwang.outbox.values import DeliveredEvent

HEAD = "yan.hong"
STREET = "hk-460105002"
SAMPLE = "年度权限复核"


def page_of(answer: Any) -> Any:
    return lxml.html.fromstring(answer.content.decode())


def text_of(answer: Any) -> str:
    return " ".join(page_of(answer).xpath("//main")[0].text_content().split())


def menu_of(answer: Any) -> str:
    found = page_of(answer).xpath("//nav//a[@href='/desk/reviews/']")
    return "".join(found[0].text_content().split()).removesuffix("等待处理") if found else ""


@pytest.fixture
def going_on(demo: Demo) -> Review:
    """The review of the demonstration city."""
    return Review.objects.get(unit__code="hk-460105-approval")


def line(review: Review, login: str, title: str) -> ReviewLine:
    return ReviewLine.objects.get(review=review, account__login=login, post_title=title)


def at(review: Review, act: str = "") -> str:
    return f"/desk/reviews/{review.id}/{act and act + '/'}"


def sent(unit: str = "city", **changes: str) -> dict[str, str]:
    chosen = unit if unit in {"", "city"} else str(Unit.objects.get(code=unit).id)
    given = {"unit": chosen, "why": SAMPLE, "last_day": first_last_day().isoformat(), "unanswered": "report"}
    return given | changes


def test_the_demonstration_city_has_one_that_is_going_on(demo: Demo, going_on: Review) -> None:
    head, security = demo.client(HEAD, post=True), demo.client("sec.admin", post=True)
    listed = head.get("/desk/reviews/")
    assert "秀英区" in text_of(listed)
    assert menu_of(listed) == "权限复核5"
    answered = line(going_on, "xu.jing", "档案管理岗")
    assert (answered.outcome, answered.answered_by.login) == ("ended", HEAD)
    assert Assignment.objects.get(id=answered.assignment_id).valid_to == today()
    progress = text_of(security.get(at(going_on)))
    assert "已答复 3 条，共 9 条" in progress
    assert "负责人岗" in progress
    assert menu_of(security.get(at(going_on))) == "权限复核1"


def test_the_head_reads_names_and_what_each_may_and_ticks_what_stays(demo: Demo, going_on: Review) -> None:
    head = demo.client(HEAD, post=True)
    page = head.get(at(going_on, "answer"))
    said = text_of(page)
    for words in ("蔡婷", "决定岗（副）", "作出决定", "限本单位", "办理待办"):
        assert words in said, words
    assert "颜红" not in said
    kept = [line(going_on, "cai.ting", "许可证管理岗"), line(going_on, "cai.ting", "决定岗（副）")]
    answer = head.post(at(going_on, "answer"), {"answer": "keep", "line": [str(one.id) for one in kept]}, follow=True)
    assert "2 条保留。" in answer.content.decode()
    assert {one.outcome for one in ReviewLine.objects.filter(id__in=[one.id for one in kept])} == {"kept"}
    assert menu_of(answer) == "权限复核3"


def test_what_is_ended_is_gone_with_the_next_request(demo: Demo, going_on: Review) -> None:
    head, officer = demo.client(HEAD, post=True), demo.client("xu.jing", post="审查岗")
    assert officer.get("/desk/tasks/").status_code == 200
    ended = line(going_on, "xu.jing", "审查岗")
    form = {"answer": "end", "line": str(ended.id), "why": ""}
    faulty = head.post(at(going_on, "answer"), form)
    assert faulty.status_code == 422
    assert page_of(faulty).xpath(f"//input[@name='line'][@value='{ended.id}'][@checked]")
    assert officer.get("/desk/tasks/").status_code == 200
    answer = head.post(at(going_on, "answer"), {**form, "why": "已调离审查工作"}, follow=True)
    assert "1 条已立即终止。" in answer.content.decode()
    assert officer.get("/desk/tasks/").status_code != 200
    career = text_of(demo.client("sec.admin", post=True).get(f"/desk/officers/{ended.account_id}/"))
    assert "权限复核" in career


def test_who_comes_second_reads_that_the_line_was_answered(demo: Demo, going_on: Review) -> None:
    head = demo.client(HEAD, post=True)
    one = line(going_on, "cai.ting", "许可证管理岗")
    form = {"answer": "keep", "line": str(one.id)}
    assert head.post(at(going_on, "answer"), form).status_code == 303
    again = head.post(at(going_on, "answer"), {**form, "answer": "end", "why": "不再需要"}, follow=True)
    assert "这一条不用再答复了" in again.content.decode()
    assert line(going_on, "cai.ting", "许可证管理岗").outcome == "kept"


def test_the_head_s_own_line_waits_for_the_security_administrator(demo: Demo, going_on: Review) -> None:
    head, security = demo.client(HEAD, post=True), demo.client("sec.admin", post=True)
    own = line(going_on, HEAD, "负责人岗")
    told = head.post(at(going_on, "answer"), {"answer": "keep", "line": str(own.id)}, follow=True)
    assert "没有这一条" in told.content.decode()
    assert "颜红" in text_of(security.get(at(going_on, "answer")))
    security.post(at(going_on, "answer"), {"answer": "keep", "line": str(own.id)})
    assert line(going_on, HEAD, "负责人岗").answered_by.login == "sec.admin"


def test_a_review_is_opened_from_the_page_and_those_who_lead_hear_of_it(demo: Demo) -> None:
    security = demo.client("sec.admin", post=True)
    found = security.get("/desk/reviews/open/", {"q": "海秀街道"})
    assert "海秀街道办事处" in text_of(found)
    assert not security.get("/desk/reviews/open/").context["entries"][0].chosen - {""}
    for form, faults in (({"unit": "", "unanswered": ""}, 2), (sent(why="", last_day=""), 2)):
        faulty = security.post("/desk/reviews/open/", form)
        assert (faulty.status_code, len(faulty.context["summary"])) == (422, faults)
    late = security.post("/desk/reviews/open/", sent(STREET, last_day=today().isoformat(), why="复"))
    assert (late.status_code, len(late.context["summary"])) == (422, 2)
    made = security.post("/desk/reviews/open/", sent("hk-460105"))
    assert made.status_code == 303
    review = Review.objects.get(unit__code="hk-460105")
    reviewers = Event.objects.filter(type="review.opened.v1", subject=str(review.id)).get().data["reviewers"]
    heads = Account.objects.get(login=HEAD).assignments.get()
    assert {"post_id": str(heads.post_id)} in reviewers
    assert security.post("/desk/reviews/open/", sent("hk-460105")).status_code == 409


def test_those_who_are_waited_for_have_a_message(demo: Demo, going_on: Review) -> None:
    event = Event.objects.get(type="review.opened.v1", subject=str(going_on.id))
    told = {one.name: getattr(event, one.name) for one in fields(DeliveredEvent) if one.name != "position"}
    system_tell(DeliveredEvent(position=event.id, **told))
    messages = demo.client(HEAD, post=True).get("/desk/messages/")
    assert "请复核人员的岗位和权限" in text_of(messages)
    assert "还有 15 个工作日" in text_of(messages)


def test_an_officer_who_leads_nobody_finds_nothing(demo: Demo, going_on: Review) -> None:
    officer, system = demo.client("wu.qing", post=True), demo.client("sys.admin", post=True)
    for one in (officer, system):
        for path in ("/desk/reviews/", at(going_on), at(going_on, "answer"), at(going_on, "report")):
            assert one.get(path).status_code == 403
        assert menu_of(one.get("/desk/units/")) == ""


def test_after_the_last_day_the_auditor_reads_a_report_that_prints(
    demo: Demo, going_on: Review, tmp_path: Path
) -> None:
    with own_time(tmp_path) as clock:
        clock.set(f"{going_on.last_day.isoformat()}T23:59")
        head = demo.client(HEAD, post=True)
        late = str(line(going_on, "cai.ting", "许可证管理岗").id)
        clock.set(f"{going_on.last_day.fromordinal(going_on.last_day.toordinal() + 1).isoformat()}T00:00")
        refused = head.post(at(going_on, "answer"), {"answer": "keep", "line": late}, follow=True)
        assert "这次权限复核已经结束" in refused.content.decode()
        assert system_tend_reviews() == 1
        audit = demo.client("aud.admin", post=True)
        assert "秀英区" in text_of(audit.get("/desk/reviews/"))
        said = audit.get(at(going_on, "report"))
        assert page_of(said).xpath("//button[@data-print]")
        words = text_of(said)
        for expected in (
            "保留",
            "无人答复",
            "档案已移交区档案馆",
            "cai.ting",
            "复核结果" if "复核结果" in words else "结果",
        ):
            assert expected in words
        assert audit.post(at(going_on, "close")).status_code == 403


def test_an_administrator_s_post_is_ended_with_the_consent_of_another(demo: Demo) -> None:
    _system, security, audit = (demo.client(one, post=True) for one in ADMINISTRATORS)
    security.post("/desk/reviews/open/", sent("hk-audit"))
    review = Review.objects.get(unit__code="hk-audit")
    own = ReviewLine.objects.get(review=review, account__login="aud.admin")
    told = security.post(at(review, "answer"), {"answer": "end", "line": str(own.id), "why": "轮岗"}, follow=True)
    assert "管理员岗位" in told.content.decode()
    assert Assignment.objects.get(id=own.assignment_id).valid_to is None
    assert f"/desk/assignments/{own.assignment_id}/end/" in security.get(at(review)).content.decode()
    assert audit.get("/desk/audit/").status_code == 200


def test_programs_do_the_same(demo: Demo, going_on: Review) -> None:
    head, security, audit = (demo.client(one, post=True) for one in (HEAD, "sec.admin", "aud.admin"))
    [row] = head.get("/api/v1/reviews").json()["rows"]
    assert (row["id"], row["yours"], row["unanswered"]) == (str(going_on.id), 5, "report")
    where = f"/api/v1/reviews/{going_on.id}"
    mine = head.get(f"{where}/mine").json()["rows"]
    assert {one["outcome"] for one in mine} == {"waits"}
    assert {one["login"] for one in mine} == {"he.min", "cai.ting", "xu.jing"}
    own = str(line(going_on, HEAD, "负责人岗").id)
    given = {"lines": [mine[0]["id"], own], "answer": "end", "reason": "不再需要"}
    rows = call(head, "POST", f"{where}/answers", given).json()["rows"]
    assert [(one["outcome"], one["code"]) for one in rows] == [("ended", ""), (None, "not-found")]
    assert head.get(where).status_code == 403
    found = audit.get(where).json()
    assert (found["review"]["answered"], found["review"]["lines"]) == (4, 9)
    assert {one["unit_id"] is None for one in found["waiting"]} == {True, False}
    ended = audit.get(f"{where}/lines", {"outcome": "ended"}).json()["rows"]
    assert {one["reason"] for one in ended} == {"不再需要", "档案已移交区档案馆，不再需要（示例）"}
    assert call(audit, "POST", f"{where}/close", {}).status_code == 403
    assert call(security, "POST", f"{where}/close", {}).status_code == 204
    assert call(security, "POST", f"{where}/close", {}).json()["type"].endswith("review-over")
    body = {"reason": SAMPLE, "last_day": first_last_day().isoformat(), "unanswered": "end"}
    made = call(security, "POST", "/api/v1/reviews", body)
    assert made.status_code == 201
    assert Review.objects.get(id=made.json()["id"]).unit_id is None


def test_pages_cost_no_more_with_more_lines(demo: Demo, going_on: Review) -> None:
    security = demo.client("sec.admin", post=True)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert security.get(path).status_code == 200
        return len(asked)

    few = [cost(at(going_on)), cost(at(going_on, "report"))]
    security.post("/desk/reviews/open/", sent())
    whole = Review.objects.get(unit=None)
    assert whole.lines.count() > 3 * going_on.lines.count()
    many = [cost(at(whole)), cost(at(whole, "report"))]
    assert all(more <= one + 1 for one, more in zip(few, many, strict=True)), (few, many)
