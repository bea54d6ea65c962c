"""Several matters in one, on the public's pages, the desk and the API: one form, one receipt, one page that says how far everything is."""

from __future__ import annotations

import io
import json
from typing import Any

from support import contents
from support.moving import BUNDLE, TITLES, Moving, follow

from yiwang.cases.models import Application

GUIDE = f"/bundles/{BUNDLE}/"
APPLY = f"{GUIDE}apply/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def filled(page: Any) -> dict[str, Any]:
    """What a browser sends from the page that was opened, everything answered."""
    form = page.context["form"]
    paper = io.BytesIO(contents.pdf())
    paper.name = "合同.pdf"
    return {
        "form_digest": form.digest,
        "idempotency_key": page.context["idempotency_key"],
        **{f"fact.{name}": record for name, record in page.context["facts_seen"].items()},
        "home.address.county": "460105",
        "home.address.township": "460105002",
        "home.address.village": "460105002001",
        "home.address.detail": "海港路 9 号",
        "home.people": "3",
        "school.child": "小梅",
        "parking.plate": "琼A00001",
        "proof.paper": paper,
    }


def send(moving: Moving) -> tuple[Any, str]:
    """Apply in a browser; the browser, and the address of the application."""
    client = moving.client("mei")
    answer = client.post(APPLY, filled(client.get(APPLY)))
    assert answer.status_code == 303, text_of(answer)
    return client, answer["Location"].removesuffix("receipt/")


def test_the_guide_says_the_order_and_what_a_refusal_means_beforehand(moving: Moving) -> None:
    page = text_of(moving.client().get(GUIDE))
    assert "一张表 6 个问题，分开办要答 13 个" in page
    assert f"如果“{TITLES['enter']}”没有办成或者撤回了，“{TITLES['school']}”就不办了。" in page
    assert "提交以后马上开始" in page
    home = text_of(moving.client().get("/"))
    assert "搬家一件事" in home


def test_a_step_of_the_one_form_is_checked_before_it_is_left(moving: Moving) -> None:
    client = moving.client("mei")
    typed = {**filled(client.get(APPLY)), "home.people": "drei"}
    del typed["proof.paper"]
    asked = {**typed, "check": ["home.people", "home.address", "school.child", "proof.paper"]}
    faults = client.post(APPLY, asked).json()["faults"]
    assert [one["target"] for one in faults] == ["f-home-people", "f-proof-paper"]


def test_all_faults_are_shown_at_once_and_nothing_that_was_typed_is_lost(moving: Moving) -> None:
    client = moving.client("mei")
    sent = filled(client.get(APPLY)) | {"home.people": "许多", "school.child": ""}
    del sent["proof.paper"]
    answer = client.post(APPLY, sent)
    assert answer.status_code == 422
    assert len(answer.context["summary"]) == 3
    assert 'value="琼A00001"' in text_of(answer)
    assert not Application.objects.exists()


def test_one_receipt_has_one_number_and_that_of_what_has_begun(moving: Moving) -> None:
    client, at = send(moving)
    page = text_of(client.get(f"{at}receipt/"))
    one = Application.objects.get()
    assert one.number in page
    assert "分开办要答 13 个问题，一起办只有 6 个，其中 1 个不用填写" in page
    assert f"{TITLES['enter']}办好以后，这一项自动开始" in page
    assert "梅香" in page


def test_the_progress_page_says_who_has_each_part_and_what_comes_next(moving: Moving) -> None:
    client, at = send(moving)
    page = text_of(client.get(at))
    assert "海秀街道办事处" in page
    assert "还没开始" in page
    assert "4 项中已经办好 0 项。" in page
    one = Application.objects.get()
    moving.decides("qin", one.id, "enter", "refuse", "查无此处")
    after = text_of(client.get(at))
    assert "等您回答" in after
    assert f"没有开始办，因为“{TITLES['enter']}”没有办成或者撤回了。" in after
    assert "查无此处" in after
    answer = client.post(f"{at}answer/", {"item": "parking", "goes_on": "yes"}, follow=True)
    assert "好的，继续办理。" in text_of(answer)
    assert text_of(client.get("/my/cases/")).count("搬家一件事") >= 1
    case = moving.part(one.id, "parking").case_id
    assert "这是“搬家一件事”中的一项" in text_of(client.get(f"/my/cases/{case}/"))


def test_one_part_or_all_of_it_is_taken_back_on_the_page(moving: Moving) -> None:
    client, at = send(moving)
    too_long = client.post(f"{at}withdraw/", {"item": "parking", "reason": "长" * 201})
    assert too_long.status_code == 422
    assert "长" * 201 in text_of(too_long)
    one = client.post(f"{at}withdraw/", {"item": "parking"}, follow=True)
    assert "已经撤回。" in text_of(one)
    every = client.post(f"{at}withdraw/", {"reason": "不搬了"}, follow=True)
    assert "已经结束：4 项中办成了 0 项。" in text_of(every)
    again = client.post(f"{at}withdraw/", {})
    assert again.status_code == 409
    follow()


def test_the_desk_shows_that_a_case_is_a_part_and_hides_what_the_post_may_not_see(moving: Moving) -> None:
    _client, at = send(moving)
    one = Application.objects.get()
    moving.decides("qin", one.id, "enter")
    desk = moving.client("shi", post=True)
    school = moving.part(one.id, "school")
    page = text_of(desk.get(f"/desk/cases/{school.case_id}/"))
    assert "属于“搬家一件事”" in page
    assert "由其他单位办理，您的岗位看不到办理情况。" in page
    assert moving.part(one.id, "enter").case_number not in page
    task = moving.task("shi", school.case_id)
    assert "属于“搬家一件事”" in text_of(desk.get(f"/desk/tasks/{task.id}/"))


def test_the_api_applies_shows_and_takes_back(moving: Moving) -> None:
    client = moving.client("mei")

    def call(path: str, body: dict[str, Any], **headers: str) -> Any:
        return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)

    assert [one["id"] for one in client.get("/api/v1/bundles").json()["rows"]] == [BUNDLE]
    assert len(client.get(f"/api/v1/bundles/{BUNDLE}").json()["steps"]) == 4
    form = client.get(f"/api/v1/bundles/{BUNDLE}/form").json()
    values = moving.with_files(
        "mei",
        {
            "home.address": {"place": "460105002001", "detail": "海港路 9 号"},
            "home.people": "3",
            "school.child": "小梅",
            "parking.plate": "琼A1",
            "proof.paper": {"name": "平面图.pdf"},
        },
    )
    sent = {"values": values, "form_digest": form["digest"]}
    first = call(f"bundles/{BUNDLE}/applications", sent, **{"Idempotency-Key": "k"})
    assert first.status_code == 201, first.content
    assert call(f"bundles/{BUNDLE}/applications", sent, **{"Idempotency-Key": "k"}).status_code == 200
    id = first.json()["id"]
    assert client.get("/api/v1/applications").json()["rows"][0]["id"] == id
    assert client.get(f"/api/v1/applications/{id}").json()["parts"][1]["state"] == "waiting"
    assert moving.client("kai").get(f"/api/v1/applications/{id}").status_code == 404
    not_asked = call(f"applications/{id}/answer", {"item": "parking", "goes_on": True})
    assert (not_asked.status_code, not_asked.json()["type"].rsplit("/", 1)[-1]) == (409, "not-asked")
    back = call(f"applications/{id}/withdrawal", {"item": "parking"})
    assert back.json()["parts"][2]["state"] == "withdrawn"


def test_the_one_form_is_kept_for_another_day_and_gone_when_it_is_sent(moving: Moving) -> None:
    client = moving.client("mei")
    form = filled(client.get(APPLY))
    form.pop("proof.paper")
    answer = client.post(APPLY, {**form, "keep": "yes"})
    assert (answer.status_code, answer["Location"]) == (303, "/my/")
    space = text_of(client.get("/my/"))
    assert "搬家一件事" in space
    assert APPLY in space
    assert "您已经开始填了" in text_of(client.get(GUIDE))
    again = client.get(APPLY)
    assert "海港路 9 号" in text_of(again)
    assert "琼A00001" in text_of(again)
    assert "琼A00001" not in text_of(moving.client("kai").get(APPLY))
    assert client.post(APPLY, filled(again)).status_code == 303
    assert APPLY not in text_of(client.get("/my/"))


def test_the_script_keeps_the_one_form_as_it_is_typed_and_throwing_it_away_leaves_nothing(moving: Moving) -> None:
    client = moving.client("mei")
    kept = client.post(f"/my/drafts/{BUNDLE}/", {"parking.plate": "琼A00009"})
    assert set(kept.json()) == {"saved_at"}
    assert "琼A00009" in text_of(client.get(APPLY))
    gone = client.post(f"/my/drafts/{BUNDLE}/", {"discard": "yes", "next": APPLY})
    assert gone["Location"] == APPLY
    assert "琼A00009" not in text_of(client.get(APPLY))
    assert client.post("/my/drafts/nothing/", {"x": "y"}).status_code == 404
