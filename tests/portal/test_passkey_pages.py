"""Passkeys on the pages and for programs: added under “My account”, at the door alone or as the second step, lost and taken away."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from unittest import mock

import pytest
from support.authenticator import PRESENT, Authenticator
from support.demo import ITEM, OFFICER, PASSWORD, RESIDENT, Demo, call

from yiwang.identity.models import Account, Passkey
from yiwang.identity.queries import passkeys as site
from yiwang.identity.queries import second_factor as reading
from yiwang.kernel.time import machine_now

from .test_pages import page_of
from .test_second_factor_pages import give_password

ACCOUNT, FACTOR = "/my/account/", "/my/account/second-factor/"
DESK_ACCOUNT, DESK_FACTOR = "/desk/account/", "/desk/account/second-factor/"


def asked_for(client: Any, *, alone: bool = False) -> Any:
    """What the page's script asks for before it asks the browser."""
    answer = call(client, "POST", f"/api/v1/session/passkey-challenge?alone={str(alone).lower()}")
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def wanted(page: str) -> Any:
    [options] = re.findall(r'data-options="([^"]+)"', page)
    return json.loads(unescape(options))


def add(client: Any, at: str = FACTOR, account: str = ACCOUNT, *, name: str = "办公电脑") -> tuple[Authenticator, str]:
    """Add the first passkey as a person does; the device, and the page that is shown then."""
    assert client.post(at, {"act": "passkey", "password": PASSWORD}).status_code == 303
    device = Authenticator()
    made = device.make(wanted(page_of(client, account)))
    answer = client.post(at, {"act": "made", "name": name, "passkey": json.dumps(made)})
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return device, answer.content.decode()


def come(client: Any, device: Authenticator, page: str = "/sign-in/", **more: Any) -> Any:
    """What the sign-in page sends after its script has asked the browser."""
    answer = device.answer(asked_for(client, alone=True), **more.pop("wrong", {}))
    return client.post(page, {"login": "", "password": "", "passkey": json.dumps(answer), **more})


def test_adding_one_shows_it_under_its_name_and_ten_recovery_codes_once(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    _device, page = add(client, name="我的<手机>")
    assert len(set(re.findall(r"<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code></li>", page))) == 10
    after = page_of(client, ACCOUNT)
    assert "我的&lt;手机&gt;" in after
    assert "还没有用过" in after
    assert "<code>" not in after


def test_signing_in_by_a_passkey_alone_goes_on_where_one_was_going_with_what_a_form_held(demo: Demo) -> None:
    device, _page = add(demo.client(RESIDENT))
    client, apply = demo.client(), f"/items/{ITEM}/apply/"
    done = come(client, device, next=apply, **{"carried.residence.phone": "13900001111"})
    assert (done.status_code, done["Location"]) == (303, apply)
    assert "13900001111" in page_of(client, apply)


def test_an_officer_comes_to_the_desk_by_a_passkey_alone(demo: Demo) -> None:
    device, _page = add(demo.client(OFFICER, post=True), DESK_FACTOR, DESK_ACCOUNT)
    client = demo.client()
    done = come(client, device, "/desk/sign-in/")
    assert (done.status_code, done["Location"]) == (303, "/desk/")
    page_of(client, "/desk/tasks/")


@pytest.mark.parametrize(("page", "code"), [("/sign-in/", "/sign-in/code/"), ("/desk/sign-in/", "/desk/sign-in/code/")])
def test_after_the_password_the_passkey_is_the_second_step(demo: Demo, page: str, code: str) -> None:
    device, _page = add(demo.client(OFFICER))
    client = give_password(demo.client(), OFFICER, page)
    shown = page_of(client, code)
    assert "用通行密钥继续" in shown
    assert 'id="code"' not in shown, "who has no app is not asked for its code"
    options = asked_for(client)
    assert len(options["allowCredentials"]) == 1
    assert client.post(code, {"passkey": json.dumps(device.answer(options, flags=PRESENT))}).status_code == 303
    assert client.get("/api/v1/session").json()["signed_in"] is True


def test_who_begins_again_after_the_password_of_one_may_come_in_by_the_passkey_of_another(demo: Demo) -> None:
    add(demo.client(OFFICER))
    device, _page = add(demo.client(RESIDENT))
    client = give_password(demo.client(), OFFICER)
    assert asked_for(client, alone=True)["allowCredentials"] == []
    assert come(client, device).status_code == 303
    assert client.get("/api/v1/session").json()["login"] == RESIDENT


def test_a_recovery_code_helps_who_has_no_passkey_at_hand(demo: Demo) -> None:
    _device, page = add(demo.client(RESIDENT))
    recovery = re.findall(r"<li><code>([a-z0-9-]{11})</code></li>", page)[0]
    client = give_password(demo.client(), RESIDENT)
    assert client.post("/sign-in/code/", {"recovery": recovery}).status_code == 303


@pytest.mark.parametrize(
    "sent", ["{}", "[]", "{", "[" * 50_000, '"x"', '{"rawId": 1}', '{"rawId": "AA", "response": []}']
)
def test_nonsense_at_the_door_is_refused_in_words(demo: Demo, sent: str) -> None:
    answer = demo.client().post("/sign-in/", {"passkey": sent})
    assert answer.status_code == 401
    assert "通行密钥没有通过验证" in answer.content.decode()


def test_a_copied_passkey_is_told_and_stays_until_its_person_takes_it_away(demo: Demo) -> None:
    owner = demo.client(RESIDENT)
    device, _page = add(owner)
    refused = come(demo.client(), device, wrong={"count": 1})
    assert refused.status_code == 401
    assert "这个通行密钥可能已被复制" in refused.content.decode()
    assert "办公电脑" in page_of(owner, ACCOUNT)


def test_who_asked_in_another_browser_is_not_let_in(demo: Demo) -> None:
    device, _page = add(demo.client(RESIDENT))
    answer = device.answer(asked_for(demo.client()))
    other = demo.client()
    asked_for(other)
    assert other.post("/sign-in/", {"passkey": json.dumps(answer)}).status_code == 401


def test_the_key_of_the_session_changes_when_somebody_comes_in(demo: Demo) -> None:
    device, _page = add(demo.client(RESIDENT))
    client = demo.client()
    answer = device.answer(asked_for(client))
    before = client.cookies["yiwang_session"].value
    assert client.post("/sign-in/", {"passkey": json.dumps(answer)}).status_code == 303
    assert client.cookies["yiwang_session"].value != before


def test_a_wrong_password_or_name_is_said_beside_its_field_and_adds_nothing(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    wrong = client.post(FACTOR, {"act": "passkey", "password": "wrong"})
    assert wrong.status_code == 422
    assert 'href="#p-password"' in wrong.content.decode()
    client.post(FACTOR, {"act": "passkey", "password": PASSWORD})
    made = Authenticator().make(wanted(page_of(client, ACCOUNT)))
    unnamed = client.post(FACTOR, {"act": "made", "name": " ", "passkey": json.dumps(made)})
    assert unnamed.status_code == 422
    assert 'id="p-name-fault"' in unnamed.content.decode()
    empty = client.post(FACTOR, {"act": "made", "name": "电脑", "passkey": ""})
    assert "通行密钥没有添加成功" in empty.content.decode()
    assert reading.has_second_factor(Account.objects.get(login=RESIDENT).id) is False


def test_another_passkey_is_added_and_one_taken_away_after_confirming_with_one(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    device, _page = add(client)
    assert (
        "请输入动态口令或恢复码，或者用通行密钥确认"
        in client.post(FACTOR, {"act": "passkey", "password": PASSWORD}).content.decode()
    )
    proof = json.dumps(device.answer(asked_for(client)))
    assert client.post(FACTOR, {"act": "passkey", "password": PASSWORD, "passkey": proof}).status_code == 303
    second = Authenticator()
    made = json.dumps(second.make(wanted(page_of(client, ACCOUNT))))
    assert client.post(FACTOR, {"act": "made", "name": "手机", "passkey": made}).status_code == 303
    page = page_of(client, ACCOUNT)
    first, _other = re.findall(r'name="gone" value="([0-9a-f-]{36})"', page)
    proof = json.dumps(second.answer(asked_for(client)))
    assert client.post(FACTOR, {"gone": first, "password": PASSWORD, "passkey": proof}).status_code == 303
    left = page_of(client, ACCOUNT)
    assert "办公电脑" not in left
    assert "手机" in left
    assert come(demo.client(), device).status_code == 401
    assert client.post(FACTOR, {"gone": "nonsense"}).status_code == 404


def test_a_passkey_is_the_second_factor_that_the_city_asks_for(demo: Demo) -> None:
    given = reading.configuration().model_copy(update={"second_factor": "officers"})
    with mock.patch.object(reading, "configuration", return_value=given):
        client = demo.client(OFFICER, post=True)
        assert client.get("/desk/tasks/")["Location"] == DESK_ACCOUNT
        assert "添加通行密钥" in page_of(client, DESK_ACCOUNT)
        device, _page = add(client, DESK_FACTOR, DESK_ACCOUNT)
        page_of(client, "/desk/tasks/")
        again = demo.client()
        assert come(again, device, "/desk/sign-in/").status_code == 303
        page_of(again, "/desk/tasks/")


def test_the_security_administrator_helps_an_officer_who_lost_his_passkey(demo: Demo) -> None:
    device, _page = add(demo.client(OFFICER, post=True), DESK_FACTOR, DESK_ACCOUNT)
    account = Account.objects.get(login=OFFICER)
    client = demo.client("sec.admin", post=True)
    assert "取消第二重验证" in page_of(client, f"/desk/officers/{account.id}/")
    assert client.post(f"/desk/officers/{account.id}/second-factor/").status_code == 303
    assert come(demo.client(), device, "/desk/sign-in/").status_code == 401
    demo.client(OFFICER, post=True)


def test_a_program_adds_one_signs_in_by_it_alone_or_beside_the_password_and_takes_it_away(demo: Demo) -> None:
    client, device = demo.client(RESIDENT), Authenticator()
    options = call(client, "POST", "/api/v1/passkeys/challenge", {"password": PASSWORD}).json()
    added = call(client, "POST", "/api/v1/passkeys", {"name": "程序", "passkey": device.make(options)})
    assert (added.status_code, len(added.json()["recovery_codes"])) == (201, 10)
    alone = demo.client()
    answer = call(alone, "POST", "/api/v1/session/passkey", {"passkey": device.answer(asked_for(alone))})
    assert answer.json()["signed_in"] is True
    beside = demo.client()
    given = {"login": RESIDENT, "password": PASSWORD, "passkey": device.answer(asked_for(beside))}
    assert call(beside, "POST", "/api/v1/session", given).json()["signed_in"] is True
    [held] = call(beside, "GET", "/api/v1/passkeys").json()
    assert held["name"] == "程序"
    proof = {"password": PASSWORD, "passkey": device.answer(asked_for(beside))}
    assert call(beside, "POST", f"/api/v1/passkeys/{held['id']}/removal", proof).status_code == 204
    refused = call(demo.client(), "POST", "/api/v1/session/passkey", {"passkey": device.answer(asked_for(beside))})
    assert (refused.status_code, refused.json()["type"]) == (401, "/docs/problems/passkey-refused")


def test_where_browsers_allow_none_the_pages_offer_none_and_say_why(demo: Demo) -> None:
    given = site.configuration().model_copy(update={"public_address": "http://zwfw.example.gov.cn"})
    with mock.patch.object(site, "configuration", return_value=given):
        assert "用通行密钥登录" not in page_of(demo.client(), "/sign-in/")
        client = demo.client(RESIDENT)
        page = page_of(client, ACCOUNT)
        assert "这里暂时不能添加通行密钥" in page
        assert 'value="passkey"' not in page
        refused = client.post(FACTOR, {"act": "passkey", "password": PASSWORD})
        assert refused.status_code == 409
        assert "系统运行单位为网站配置加密连接的域名后即可使用" in refused.content.decode()
        told = call(client, "POST", "/api/v1/session/passkey-challenge")
        assert told.json()["type"] == "/docs/problems/passkeys-off"


def test_without_a_script_nothing_of_it_is_offered(demo: Demo) -> None:
    for client, page in ((demo.client(), "/sign-in/"), (demo.client(RESIDENT), ACCOUNT)):
        shown = page_of(client, page)
        for tag in re.findall(r"<(?:section|div|button)[^>]*data-passkey(?:-offer)?[ =>][^>]*>", shown):
            assert re.search(r"\shidden[ >]", tag), tag


def test_who_cannot_make_one_after_all_goes_another_way(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    client.post(FACTOR, {"act": "passkey", "password": PASSWORD})
    asked = wanted(page_of(client, ACCOUNT))
    assert client.post(FACTOR, {"act": "stop"}).status_code == 303
    page = page_of(client, ACCOUNT)
    assert "data-options" not in page
    assert 'value="begin"' in page
    made = json.dumps(Authenticator().make(asked))
    assert client.post(FACTOR, {"act": "made", "name": "电脑", "passkey": made}).status_code == 422


def test_the_question_to_the_browser_is_answered_within_five_minutes_or_begun_anew(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    client.post(FACTOR, {"act": "passkey", "password": PASSWORD})
    later = machine_now() + timedelta(minutes=6)
    with mock.patch("yiwang.identity.queries.passkeys.machine_now", return_value=later):
        page = page_of(client, ACCOUNT)
    assert "data-options" not in page
    assert 'value="passkey"' in page


def test_who_has_two_passkeys_sees_both_over_the_api(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    for name in ("电脑", "手机"):
        Passkey.objects.create(
            account=Account.objects.get(login=RESIDENT),
            name=name,
            credential_id=name.encode(),
            public_key=b"",
            sign_count=0,
            backed_up=False,
        )
    assert [one["name"] for one in client.get("/api/v1/passkeys").json()] == ["电脑", "手机"]
