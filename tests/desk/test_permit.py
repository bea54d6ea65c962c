"""A permit on the desk: facts, evidence and materials before the officer's eyes, one notice, a deputy."""

from __future__ import annotations

from typing import Any

from support.permit import PLAN, Town, run_outside


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_task_page_shows_evidence_materials_and_the_course(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    client = town.client("qin", post=True)
    task = town.task("qin", sent.case_id)
    html = text_of(client.get(f"/desk/tasks/{task.id}/"))
    for words in ("固定的证据", "共 7 项，其中 3 项不用申请人填写", "城市已有", "已承诺，待核查", "还缺", "办理过程"):
        assert words in html, words


def test_one_notice_is_written_on_the_task_page_and_the_second_is_not_offered(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    client = town.client("qin", post=True)
    task = town.task("qin", sent.case_id)
    answer = client.post(
        f"/desk/tasks/{task.id}/",
        {
            "act": "supplement",
            "asking": "supplement",
            "version": task.version,
            "words.element:stall.goods": "请写明品种",
        },
    )
    assert answer.status_code == 303

    run_outside()
    wanted = town.task("mei", sent.case_id, post=False).wanted
    assert [(one.id, one.words) for one in wanted] == [("plan", ""), ("stall.goods", "请写明品种")]

    town.answers("mei", sent.case_id, {"stall.plan": PLAN, "stall.goods": "清补凉、椰子冻"})
    task = town.task("qin", sent.case_id)
    assert "要求一次性补正" not in text_of(client.get(f"/desk/tasks/{task.id}/")).split("办理过程")[0]
    lost = client.post(
        f"/desk/tasks/{task.id}/",
        {"act": "supplement", "asking": "supplement", "version": task.version, "ask": "element:stall.goods"},
    )
    assert lost.status_code == 409
    assert "这一步在本办件中已经做过" in text_of(lost)


def test_a_task_is_handed_over_on_its_page_and_leaves_the_list(town: Town) -> None:
    sent = town.send()
    client = town.client("qin", post=True)
    task = town.task("qin", sent.case_id)
    at = f"/desk/tasks/{task.id}/transfer/"
    refused = client.post(at, {"version": task.version, "post": "nobody", "reason": ""})
    assert refused.status_code == 422
    deputy = next(one for one in task.deputies if "受理二岗" in one.title)
    assert client.post(at, {"version": task.version, "post": deputy.post_id, "reason": "培训"}).status_code == 303
    assert sent.number not in text_of(client.get("/desk/tasks/"))
    assert sent.number in text_of(town.client("ruan", post=True).get("/desk/tasks/"))


def test_the_officer_who_took_it_up_reads_why_he_does_not_decide(town: Town) -> None:
    sent = town.send()
    town.does("guan", sent.case_id, "accept")
    town.does("shi", sent.case_id, "agree")
    task = town.task("guan", sent.case_id)
    html = text_of(town.client("guan", post=True).get(f"/desk/tasks/{task.id}/"))
    assert "您在本办件中办理过“受理审查”，这一步须由另外的人办理。" in html
