"""A permit in the portal: the form arrives filled, nothing typed is lost when a fact changes, and a notice is answered at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from support.permit import ITEM, PLAN, Town, stall_of

from yiwang.cases.models import Case
from yiwang.cases.values import Claimed

APPLY = f"/items/{ITEM}/apply/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def carried(page: Any) -> dict[str, str]:
    """What the page itself puts into its form."""
    form = page.context["form"]
    return {
        "form_digest": form.digest,
        "idempotency_key": page.context["idempotency_key"],
        "subject_id": str(form.subject_id),
        **{f"fact.{name}": record for name, record in page.context["facts_seen"].items()},
    }


def test_the_guide_says_what_the_city_looks_up_itself_and_what_may_be_promised(town: Town) -> None:
    page = text_of(town.client().get(f"/items/{ITEM}/"))
    assert "不用您交，城市自己查" in page
    assert "作出承诺即可" in page
    assert "我承诺开业三十日内建立卫生制度。" in page


def test_the_form_says_how_much_nobody_has_to_type_and_whose_each_fact_is(town: Town) -> None:
    page = town.client("mei").get(APPLY)
    html = text_of(page)
    assert "本表共 7 项，其中 3 项不用您填写" in html
    assert "梅香小吃" in html
    assert "海秀街道办事处" in html
    assert 'name="stall.name"' not in html
    assert "城市已有、不用您交的材料" in html
    assert "S-1" in html


def test_a_fact_that_changed_meanwhile_is_shown_with_both_values_and_what_was_typed_stays(town: Town) -> None:
    client = town.client("mei")
    filled = {**carried(client.get(APPLY)), "stall.goods": "清补凉", "stall.rules": "true"}
    town.says("stall.register", town.stall("one"), stall_of("mei", "改名小吃", "S-1"), since=date(2026, 6, 1))
    answer = client.post(APPLY, filled)
    html = text_of(answer)
    assert answer.status_code == 409
    assert "梅香小吃" in html
    assert "改名小吃" in html
    assert 'value="清补凉"' in html
    assert not Case.objects.exists()
    again = client.post(APPLY, {**filled, **carried(answer)})
    assert again.status_code == 303
    receipt = text_of(client.get(again["Location"]))
    assert "共 7 项，其中 3 项不用您填写" in receipt
    assert "改名小吃" in receipt


def test_who_represents_several_is_asked_for_whom_and_who_represents_nobody_is_told(town: Town) -> None:
    town.says("stall.register", town.stall("two"), stall_of("mei", "香香二店", "S-2"))
    client = town.client("mei")
    assert "您为谁申请？" in text_of(client.get(APPLY))
    chosen = text_of(client.get(f"{APPLY}?subject={town.stall('two')}"))
    assert "香香二店" in chosen
    assert town.client("kai").get(f"{APPLY}?subject={town.stall('two')}").status_code == 403
    assert "由摊主申请。" in text_of(town.client("kai").get(APPLY))


def test_a_notice_is_shown_whole_and_answered_whole(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    town.does("qin", sent.case_id, "supplement", asks=[Claimed("element", "stall.goods", "请写明品种")])
    client = town.client("mei")
    case = text_of(client.get(f"/my/cases/{sent.case_id}/"))
    task = town.task("mei", sent.case_id, post=False)
    at = f"/my/tasks/{task.id}/"
    assert at in case
    page = text_of(client.get(at))
    assert "一次性告知" in page
    assert "平面图" in page
    assert "请写明品种" in page
    refused = client.post(at, {"version": task.version, "stall.goods": "椰子冻"})
    assert refused.status_code == 422
    assert 'value="椰子冻"' in text_of(refused)
    assert len(refused.context["summary"]) == 1
    town.answers("mei", sent.case_id, {"stall.plan": PLAN, "stall.goods": "椰子冻"})
    late = client.post(at, {"version": task.version, "stall.goods": "椰子冻"})
    assert late.status_code in (409, 422)
    assert town.client("kai").get(at).status_code == 404


def test_a_known_fact_of_the_enterprise_is_doubted_from_the_form_by_who_represents_it(town: Town) -> None:
    client = town.client("mei")
    page = text_of(client.get(APPLY))
    link = f"/my/facts/doubt/?about={town.stall('one')}&amp;resource=stall.register&amp;element=stall.name"
    assert link in page
    asked = {"about": str(town.stall("one")), "resource": "stall.register", "element": "stall.name"}
    assert "梅香小吃" in text_of(client.get("/my/facts/doubt/", asked))
    sent = client.post("/my/facts/doubt/", {**asked, "stall.name": "梅香小吃店", "why": "招牌已换"})
    assert sent.status_code == 303
    assert "梅香小吃店" in text_of(client.get(sent["Location"]))
    assert "有疑义" in text_of(client.get(APPLY))
    assert town.client("kai").get("/my/facts/doubt/", asked).status_code in (403, 404)
    assert town.client("kai").get(sent["Location"]).status_code == 404
