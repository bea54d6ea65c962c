"""What supervisors and officers see of alerts on the desk, and do there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.clock import late_case
from support.demo import (
    DISTRICT_SUPERVISOR,
    OFFICER,
    OTHER_OFFICER,
    RESIDENT,
    SUPERVISOR,
    Demo,
    call,
)


@pytest.fixture
def late(demo: Demo, tmp_path: Path) -> Any:
    """The red card of a case at 海秀街道 that was sent three weeks ago."""
    from yiwang.supervision.models import Alert

    return Alert.objects.get(pk=late_case(demo, RESIDENT, tmp_path)["red"])


def page_of(client: Any, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[-800:]
    return str(answer.content.decode())


def test_a_supervisor_begins_with_what_is_late(demo: Demo, late: Any) -> None:
    for login in (SUPERVISOR, DISTRICT_SUPERVISOR):
        answer = demo.client(login, post=True).get("/desk/", follow=True)
        assert answer.redirect_chain[-1][0] == "/desk/supervision/"
        page = answer.content.decode()
        assert page.count("居住地址声明") >= 3
        for words in ("红牌", "黄牌", "预警", "待说明", late.case_number[-14:]):
            assert words in page


def test_the_list_is_narrowed_by_level_unit_item_and_state(demo: Demo, late: Any) -> None:
    client = demo.client(SUPERVISOR, post=True)
    for query, levels in (
        ("", ["red", "yellow", "warning"]),
        ("level=red", ["red"]),
        (f"unit={late.unit_id}&item={late.item}&state=open", ["red", "yellow", "warning"]),
        ("state=closed", []),
        ("unit=nonsense&level=nonsense&state=nonsense", ["red", "yellow", "warning"]),
    ):
        answer = client.get(f"/desk/supervision/?{query}")
        assert [str(one.level) for one in answer.context["page"].rows] == levels, query
    assert "没有这样的提醒" in page_of(client, "/desk/supervision/?state=closed")


def test_the_page_says_which_rule_which_law_and_which_arithmetic(demo: Demo, late: Any) -> None:
    page = page_of(demo.client(DISTRICT_SUPERVISOR, post=True), f"/desk/supervision/{late.id}/")
    for words in (
        "超过时限，还没有办完",
        "中华人民共和国行政许可法 第六十条",
        "分档按各地通行做法",
        "5 个工作日",
        "承诺的最后一天",
        "时限最后一天",
        "周末",
        "民法典第二百零一条",
        "海秀街道办事处",
    ):
        assert words in page, words
    english = demo.client(SUPERVISOR, post=True, language="en")
    assert "The limit is over and the step is not done" in page_of(english, f"/desk/supervision/{late.id}/")


def test_an_officer_sees_the_worst_card_on_his_tasks_and_asks_why_on_the_case(demo: Demo, late: Any) -> None:
    client = demo.client(OFFICER, post=True)
    tasks = page_of(client, "/desk/tasks/")
    assert f'href="/desk/supervision/{late.id}/"' in tasks
    assert "红牌" in tasks
    assert "黄牌" not in tasks
    case = page_of(client, f"/desk/cases/{late.case_id}/")
    assert "为什么是红牌？" in case
    assert "为什么是黄牌？" in case
    assert "为什么预警？" in case
    task, _ = demo.task_of(client, late.case_id)
    assert "为什么是红牌？" in page_of(client, f"/desk/tasks/{task}/")


def test_the_unit_explains_and_the_supervisor_withdraws_on_the_page(demo: Demo, late: Any) -> None:
    unit, supervisor = demo.client(OFFICER, post=True), demo.client(SUPERVISOR, post=True)
    at = f"/desk/supervision/{late.id}/"
    empty = unit.post(at, {"act": "explain", "reason": "  "})
    assert empty.status_code == 422
    assert "请写明理由" in empty.content.decode()
    assert "已记录" in unit.post(at, {"act": "explain", "reason": "本周内办完。"}, follow=True).content.decode()
    assert "本周内办完。" in page_of(supervisor, at)
    answer = supervisor.post(at, {"act": "withdraw", "reason": "当天系统停机。"}, follow=True)
    assert "已撤销（误报）" in answer.content.decode()
    again = supervisor.post(at, {"act": "withdraw", "reason": "再撤一次"})
    assert again.status_code == 409
    assert "这条提醒已经处理过了" in again.content.decode()
    assert supervisor.post(at, {"act": "burn", "reason": "x"}).status_code == 404
    assert unit.post(at, {"act": "close", "reason": "自己了结"}).status_code == 403


def test_who_does_not_supervise_has_neither_the_noun_nor_the_list(demo: Demo, late: Any) -> None:
    for login in (OFFICER, OTHER_OFFICER, "aud.admin"):
        client = demo.client(login, post=True)
        assert "/desk/supervision/" not in [one.at for one in client.get("/desk/units/").context["menu"]]
        page_of(client, "/desk/supervision/", 403)
    page_of(demo.client(OTHER_OFFICER, post=True), f"/desk/supervision/{late.id}/", 404)


def test_a_message_leads_to_the_alert(demo: Demo, late: Any) -> None:
    for login in (OFFICER, DISTRICT_SUPERVISOR):
        assert f'href="/desk/supervision/{late.id}/"' in page_of(demo.client(login, post=True), "/desk/messages/")


def test_programs_do_the_same(demo: Demo, late: Any) -> None:
    unit, supervisor = demo.client(OFFICER, post=True), demo.client(DISTRICT_SUPERVISOR, post=True)
    page = supervisor.get("/api/v1/alerts?level=red").json()
    assert [one["id"] for one in page["rows"]] == [str(late.id)]
    assert page["counts"]["by_level"] == {"red": 1, "yellow": 1, "warning": 1}
    assert unit.get("/api/v1/alerts").json()["type"].endswith("not-allowed")
    view = unit.get(f"/api/v1/alerts/{late.id}").json()
    assert view["law"][0]["article"] == "第六十条"
    assert [row["number"] for row in view["table"]["rows"]][0] == 0
    said = call(unit, "POST", f"/api/v1/alerts/{late.id}/explanation", {"reason": "本周内办完。"})
    assert said.json()["line"]["state"] == "explained"
    closed = call(supervisor, "POST", f"/api/v1/alerts/{late.id}/closing", {"reason": "属实"})
    assert closed.json()["line"]["state"] == "closed"
    withdrawn = call(supervisor, "POST", f"/api/v1/alerts/{late.id}/withdrawal", {"reason": "误报"})
    assert [one["state"] for one in withdrawn.json()["course"]] == ["explained", "closed", "withdrawn"]
