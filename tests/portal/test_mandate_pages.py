"""Mandates on pages and by program: given, answered, acted under, ended; in the demonstration city with its restaurant."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from support.demo import NEIGHBOUR, PASSWORD, Demo, call

from yiwang.kernel.time import today

pytestmark = pytest.mark.engine
KEEPER, AGENT = NEIGHBOUR, "wu.jian"
NUMBER, NAME = "460199199302279056", "吴健"
KEEPERS_NUMBER = "460199198811129019"
PERMIT = "food-permit"


def offered(keeper: Any, **changes: Any) -> Any:
    """The form as somebody sends it who lets an agent apply for his restaurant."""
    form = keeper.get("/my/mandates/new/")
    whom = next(one for one in form.context["entries"] if one.name == "subject_id").options
    sent = {
        "subject_id": whom[1][0],
        "number": NUMBER,
        "name": NAME,
        "extent": "some",
        "items": PERMIT,
        "valid_from": today().isoformat(),
        "last_day": (today() + timedelta(days=30)).isoformat(),
    }
    return keeper.post("/my/mandates/new/", {**sent, **changes})


def given(keeper: Any, agent: Any) -> str:
    """The address of a mandate that the agent has accepted."""
    answer = offered(keeper)
    assert answer.status_code == 303, answer.content.decode()[-2000:]
    at = answer["Location"]
    assert agent.post(f"{at}answer/", {"decision": "accept"}).status_code == 303
    return str(at)


def taken_up(agent: Any, at: str) -> None:
    mandate = at.rstrip("/").rpartition("/")[2]
    assert agent.post("/my/capacity/", {"capacity": f"mandate:{mandate}"})["Location"] == "/my/cases/"


def test_the_keeper_lets_somebody_act_who_accepts_and_opens_the_filled_form(own_demo: Demo) -> None:
    keeper, agent = own_demo.client(KEEPER), own_demo.client(AGENT)
    at = given(keeper, agent)
    assert "海口大文餐饮有限公司" in agent.get("/my/mandates/").content.decode()
    taken_up(agent, at)
    page = agent.get(f"/items/{PERMIT}/apply/").content.decode()
    assert "您正在受托代海口大文餐饮有限公司办事" in page
    assert "陈大文" in page
    assert KEEPERS_NUMBER not in page, "what identifies the keeper is used, and shown covered"


def test_an_agent_sees_cases_and_certificates_and_is_told_how_to_come_back(own_demo: Demo) -> None:
    keeper, agent = own_demo.client(KEEPER), own_demo.client(AGENT)
    taken_up(agent, given(keeper, agent))
    assert {path: agent.get(path).status_code for path in ("/my/cases/", "/my/certificates/", "/my/capacity/")} == {
        "/my/cases/": 200, "/my/certificates/": 200, "/my/capacity/": 200,
    }  # fmt: skip
    refused = agent.get("/my/facts/")
    assert refused.status_code == 403
    assert "切换身份" in refused.content.decode()
    assert agent.post("/my/capacity/", {"capacity": "self"})["Location"] == "/my/"
    assert agent.get("/my/facts/").status_code == 200


def test_whose_mandate_is_taken_back_acts_as_himself_from_the_next_request_on(own_demo: Demo) -> None:
    keeper, agent = own_demo.client(KEEPER), own_demo.client(AGENT)
    at = given(keeper, agent)
    taken_up(agent, at)
    assert agent.get("/api/v1/session").json()["capacity"] == "agent"
    assert keeper.post(f"{at}end/", {"reason": "人员变动"}).status_code == 303
    assert agent.get("/api/v1/session").json()["capacity"] == "self"
    mandate = at.rstrip("/").rpartition("/")[2]
    assert agent.post("/my/capacity/", {"capacity": f"mandate:{mandate}"}).status_code == 403
    assert "人员变动" in agent.get(at).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "别人"}, "没有找到可以接受委托的人"),
        ({"name": ""}, "请填写受托人的姓名"),
        ({"subject_id": ""}, "请选择替谁办"),
        ({"extent": "some", "items": ""}, "请在可以委托的事项里选"),
        ({"last_day": "2099-01-01"}, "委托最长三年"),
        ({"last_day": "tomorrow"}, "请填写日期"),
        ({"last_day": "9999-12-31"}, "委托最长三年"),
        ({"valid_from": date(2020, 1, 1).isoformat()}, "不能早于今天"),
    ],
)
def test_what_is_wrong_stands_beside_it_and_nothing_typed_is_lost(own_demo: Demo, changes: Any, said: str) -> None:
    answer = offered(own_demo.client(KEEPER), **changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert f'value="{changes.get("number", NUMBER)}"' in page


def test_a_foreign_capacity_is_nobodys(own_demo: Demo) -> None:
    keeper, agent, stranger = (own_demo.client(one) for one in (KEEPER, AGENT, "lin.xiuying"))
    mandate = given(keeper, agent).rstrip("/").rpartition("/")[2]
    answers = [
        stranger.post("/my/capacity/", {"capacity": chosen}).status_code
        for chosen in (f"mandate:{mandate}", "mandate:nothing", "0199aaaa-0000-7000-8000-000000000000", "")
    ]
    assert answers == [403, 404, 404, 404]
    assert stranger.get(f"/my/mandates/{mandate}/").status_code == 404


def test_an_old_proof_asks_once_more_who_gives_it_and_then_it_is_given(own_demo: Demo) -> None:
    from yiwang.identity.models import Session
    from yiwang.kernel.time import machine_now

    keeper = own_demo.client(KEEPER)
    Session.objects.update(began_at=machine_now() - timedelta(hours=2))
    asked = offered(keeper)
    assert asked.status_code == 403
    kept = {name: value for name, value in asked.context["kept"] if name != "csrfmiddlewaretoken"}
    done = keeper.post("/my/mandates/new/", {**kept, "prove-password": PASSWORD, "prove": "1"})
    assert done.status_code == 303, done.content.decode()[-1500:]


def test_the_same_by_program(own_demo: Demo) -> None:
    keeper, agent = own_demo.client(KEEPER), own_demo.client(AGENT)
    [business] = [one for one in keeper.get("/api/v1/mandates").json()["principals"] if not one["is_oneself"]]
    assert [one["id"] for one in business["matters"]] == [PERMIT]
    new = {
        "subject_id": business["subject_id"],
        "agent_number": NUMBER,
        "agent_name": NAME,
        "items": [PERMIT],
        "valid_from": today().isoformat(),
        "last_day": today().isoformat(),
    }
    made = call(keeper, "POST", "/api/v1/mandates", new)
    assert made.status_code == 201, made.content
    again = call(keeper, "POST", "/api/v1/mandates", new)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "mandate-stands")
    id = made.json()["id"]
    assert call(agent, "POST", f"/api/v1/mandates/{id}", {"act": "accept"}).status_code == 204
    session = call(agent, "PUT", "/api/v1/session/capacity", {"capacity": "agent", "mandate_id": id}).json()
    assert (session["capacity"], session["capacity_id"]) == ("agent", business["subject_id"])
    assert call(agent, "GET", f"/api/v1/items/{PERMIT}/form").status_code == 200
    assert call(agent, "GET", "/api/v1/facts").status_code == 403
    assert call(keeper, "POST", f"/api/v1/mandates/{id}", {"act": "end"}).status_code == 204
    ended = keeper.get(f"/api/v1/mandates/{id}").json()
    assert (ended["state"], ended["received"]) == ("revoked", False)
