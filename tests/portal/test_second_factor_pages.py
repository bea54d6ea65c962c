"""The second factor on the pages: set up under “My account”, asked for at the door, lost and helped with; and the same for programs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from support.demo import ITEM, OFFICER, PASSWORD, RESIDENT, Demo

from yiwang.identity.models import Account, Session
from yiwang.identity.queries import second_factor as reading
from yiwang.identity.rules.one_time_codes import code_at
from yiwang.kernel.time import machine_now

from .test_pages import page_of

SECURITY = "sec.admin"
ACCOUNT, FACTOR, CODE = "/my/account/", "/my/account/second-factor/", "/sign-in/code/"


def shown_by_app(login: str, ahead: int = 0) -> str:
    account = Account.objects.get(login=login)
    factor = reading.begun_factor(account.id) or reading.confirmed_factor(account.id)
    assert factor is not None
    return code_at(reading.secret_of(factor), machine_now() + timedelta(seconds=30 * ahead))


def take(client: Any, login: str, at: str = FACTOR) -> list[str]:
    """Set it up as a person does; the recovery codes that the page shows."""
    assert client.post(at, {"act": "begin", "password": PASSWORD}).status_code == 303
    answer = client.post(at, {"act": "confirm", "code": shown_by_app(login, -1)})
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return re.findall(r"<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code></li>", answer.content.decode())


def give_password(client: Any, login: str, page: str = "/sign-in/", **more: str) -> Any:
    answer = client.post(page, {"login": login, "password": PASSWORD, **more})
    assert (answer.status_code, answer["Location"]) == (303, f"{page}code/")
    return client


def test_setting_it_up_shows_a_picture_and_the_secret_then_ten_codes_that_no_page_shows_again(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    assert client.post(FACTOR, {"act": "begin", "password": PASSWORD}).status_code == 303
    page = page_of(client, ACCOUNT)
    assert "data:image/svg+xml" in page
    [secret] = re.findall(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert len(secret.replace(" ", "")) == 32
    answer = client.post(FACTOR, {"act": "confirm", "code": shown_by_app(RESIDENT)})
    codes = re.findall(r"<li><code>([a-z0-9-]{11})</code></li>", answer.content.decode())
    assert len(set(codes)) == 10
    after = page_of(client, ACCOUNT)
    assert not any(one in after for one in codes)
    assert secret not in after
    assert "还剩 10 个恢复码" in after


def test_a_wrong_password_or_code_is_said_beside_its_field_and_changes_nothing(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    refused = client.post(FACTOR, {"act": "begin", "password": "wrong"})
    assert refused.status_code == 422
    assert "这不是您现在的密码" in refused.content.decode() or "密码" in refused.content.decode()
    client.post(FACTOR, {"act": "begin", "password": PASSWORD})
    wrong = client.post(FACTOR, {"act": "confirm", "code": "000000x"})
    assert wrong.status_code == 422
    assert "这不是应用现在显示的口令" in wrong.content.decode()
    assert 'href="#p-code"' in wrong.content.decode()
    assert 'action="/my/account/second-factor/"' in wrong.content.decode()
    assert client.post(FACTOR, {"act": "paint"}).status_code == 404


def test_signing_in_asks_for_the_code_and_then_goes_on_where_one_was_going(demo: Demo) -> None:
    take(demo.client(RESIDENT), RESIDENT)
    client = give_password(demo.client(), RESIDENT, next="/my/cases/")
    assert client.get("/my/cases/").status_code == 302, "a right password alone opens nothing"
    page_of(client, CODE)
    wrong = client.post(CODE, {"code": "000000x"})
    assert wrong.status_code == 401
    assert "动态口令不正确" in wrong.content.decode()
    done = client.post(CODE, {"code": shown_by_app(RESIDENT, 1)})
    assert (done.status_code, done["Location"]) == (303, "/my/cases/")
    page_of(client, "/my/cases/")


def test_a_recovery_code_opens_the_door_once(demo: Demo) -> None:
    codes = take(demo.client(RESIDENT), RESIDENT)
    for expected in (303, 401):
        client = give_password(demo.client(), RESIDENT)
        assert client.post(CODE, {"code": "", "recovery": codes[0]}).status_code == expected


def test_the_key_of_the_session_changes_with_the_code_and_the_step_in_between_is_nobody_s(demo: Demo) -> None:
    take(demo.client(RESIDENT), RESIDENT)
    client = give_password(demo.client(), RESIDENT)
    before = client.cookies["yiwang_session"].value
    assert Session.objects.latest("began_at").account_id is None
    assert client.get("/api/v1/session").json()["signed_in"] is False
    client.post(CODE, {"code": shown_by_app(RESIDENT, 1)})
    assert client.cookies["yiwang_session"].value != before


def test_a_right_password_waits_five_minutes_for_its_code(demo: Demo) -> None:
    take(demo.client(RESIDENT), RESIDENT)
    client = give_password(demo.client(), RESIDENT)
    code = shown_by_app(RESIDENT, 1)
    later = machine_now() + timedelta(minutes=6)
    with mock.patch("yiwang.forms.accounts.machine_now", return_value=later):
        assert client.get(CODE)["Location"] == "/sign-in/"
        assert client.post(CODE, {"code": code})["Location"] == "/sign-in/"
    assert demo.client().get(CODE)["Location"] == "/sign-in/", "who gave no password is asked for it first"


def test_what_a_form_held_is_still_there_after_both_steps(demo: Demo) -> None:
    take(demo.client(RESIDENT), RESIDENT)
    apply = f"/items/{ITEM}/apply/"
    client = give_password(demo.client(), RESIDENT, next=apply, **{"carried.residence.phone": "13900001111"})
    client.post(CODE, {"code": shown_by_app(RESIDENT, 1)})
    assert "13900001111" in page_of(client, apply)


def test_an_officer_comes_to_the_desk_by_both_steps(demo: Demo) -> None:
    take(demo.client(OFFICER, post=True), OFFICER, "/desk/account/second-factor/")
    client = give_password(demo.client(), OFFICER, "/desk/sign-in/")
    done = client.post("/desk/sign-in/code/", {"code": shown_by_app(OFFICER, 1)})
    assert (done.status_code, done["Location"]) == (303, "/desk/")
    page_of(client, "/desk/tasks/")


def test_a_program_sends_the_code_with_the_password(demo: Demo) -> None:
    take(demo.client(RESIDENT), RESIDENT)
    client = demo.client()
    given = {"login": RESIDENT, "password": PASSWORD}

    def ask(**more: str) -> Any:
        return client.post("/api/v1/session", {**given, **more}, content_type="application/json")

    asked = ask()
    assert (asked.status_code, asked.json()["type"]) == (401, "/docs/problems/second-factor-asked")
    assert str(Account.objects.get(login=RESIDENT).id) not in asked.content.decode()
    assert ask(code="000000x").json()["type"] == "/docs/problems/second-factor-refused"
    assert ask(code=shown_by_app(RESIDENT, 1)).json()["signed_in"] is True


def test_who_has_to_have_one_does_nothing_before_and_everything_after(demo: Demo) -> None:
    given = reading.configuration().model_copy(update={"second_factor": "officers"})
    with mock.patch.object(reading, "configuration", return_value=given):
        client = demo.client(OFFICER, post=True)
        assert client.get("/desk/tasks/")["Location"] == "/desk/account/"
        refused = client.get("/api/v1/tasks")
        assert (refused.status_code, refused.json()["type"]) == (403, "/docs/problems/second-factor-due")
        assert "请先设置第二重验证" in page_of(client, "/desk/account/")
        take(client, OFFICER, "/desk/account/second-factor/")
        page_of(client, "/desk/tasks/")
        assert "停用动态口令" not in page_of(client, "/desk/account/")


def test_taking_up_a_post_of_which_one_is_asked_asks_for_it(demo: Demo) -> None:
    client = demo.client(OFFICER)
    given = reading.configuration().model_copy(update={"second_factor": "officers"})
    with mock.patch.object(reading, "configuration", return_value=given):
        page_of(client, "/my/cases/")
        [post] = [one["post"]["id"] for one in client.get("/api/v1/session").json()["capacities"] if one["post"]]
        client.post("/desk/post/", {"post": post})
        assert client.get("/desk/tasks/")["Location"] == "/desk/account/"


def test_another_app_is_set_up_with_both_factors_alone(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    codes = take(client, RESIDENT)
    assert client.post(FACTOR, {"act": "begin", "password": PASSWORD}).status_code == 422
    assert client.post(FACTOR, {"act": "begin", "password": PASSWORD, "code": codes[3]}).status_code == 303


def test_no_secret_that_was_typed_waits_in_a_session(demo: Demo) -> None:
    client = demo.client()
    answer = client.post(FACTOR, {"act": "codes", "password": "secret-one", "code": "secret-two"})
    assert answer.status_code == 401
    answer = client.post(ACCOUNT, {"old": "secret-three", "new": "secret-four", "again": "secret-five"})
    assert answer.status_code == 401
    assert "secret-" not in answer.content.decode()


def test_new_recovery_codes_and_going_without_on_the_page(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    old = take(client, RESIDENT)
    fresh = client.post(FACTOR, {"act": "codes", "password": PASSWORD, "code": old[0]}).content.decode()
    assert "您的恢复码" in fresh
    assert client.post(FACTOR, {"act": "remove", "password": PASSWORD, "code": old[1]}).status_code == 422
    assert (
        client.post(FACTOR, {"act": "remove", "password": PASSWORD, "code": shown_by_app(RESIDENT, 1)}).status_code
        == 303
    )
    assert demo.client(RESIDENT).get(ACCOUNT).status_code == 200


def test_the_security_administrator_helps_an_officer_who_lost_the_telephone(demo: Demo) -> None:
    take(demo.client(OFFICER, post=True), OFFICER, "/desk/account/second-factor/")
    account = Account.objects.get(login=OFFICER)
    client = demo.client(SECURITY, post=True)
    page = f"/desk/officers/{account.id}/"
    assert "取消第二重验证" in page_of(client, page)
    assert client.post(f"{page}second-factor/").status_code == 303
    assert "这个账号没有设置第二重验证" in page_of(client, page)
    assert client.post(f"{page}second-factor/").status_code == 422
    demo.client(OFFICER, post=True)


@pytest.mark.parametrize("login", [OFFICER, "sys.admin"])
def test_nobody_else_takes_it_away(demo: Demo, login: str) -> None:
    account = Account.objects.get(login=RESIDENT)
    client = demo.client(login, post=True)
    assert client.post(f"/desk/officers/{account.id}/second-factor/").status_code == 403
