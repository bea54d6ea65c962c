"""My account, and what the system administrator does for those who lost a password or left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

from support.demo import OFFICER, PASSWORD, RESIDENT, Demo, call

from yiwang.identity.models import Account
from yiwang.identity.queries import accounts
from yiwang.kernel.time import machine_now

from .test_desk import page_of

NEW = "Coconut-harbour-26"


def asked(**changes: str) -> dict[str, str]:
    return {"old": PASSWORD, "new": NEW, "again": NEW, **changes}


def officer_page(login: str) -> str:
    return f"/desk/officers/{Account.objects.get(login=login).id}/"


def test_a_changed_password_ends_every_other_session_and_not_this_one(demo: Demo) -> None:
    here, there = demo.client(RESIDENT), demo.client(RESIDENT)
    page_of(there, "/my/")
    answer = here.post("/my/account/", asked())
    assert (answer.status_code, answer["Location"]) == (303, "/my/account/")
    assert "密码已修改" in page_of(here, "/my/account/")
    assert there.get("/my/").status_code == 302


def test_what_is_wrong_is_all_said_and_nothing_typed_is_shown_again(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    answer = client.post("/desk/account/", asked(old="Wrong-one-26", new="12345678", again="other"))
    page = answer.content.decode()
    assert answer.status_code == 422
    for said in ("现在的密码不对", "很多人都用这个密码", "两次输入的新密码不一样"):
        assert said in page
    assert "Wrong-one-26" not in page
    assert "12345678" not in page
    assert "居住地址核实岗" in page_of(client, "/desk/account/")


def test_an_officer_who_lost_his_password_begins_anew_and_goes_no_further_before_it_is_his_own(demo: Demo) -> None:
    lost = demo.client(OFFICER, post=True)
    helper = demo.client("sys.admin", post=True)
    at = officer_page(OFFICER)
    assert "吴清" in page_of(helper, at)
    answer = helper.post(f"{at}start-password/")
    given = answer.context["given"]
    assert given in answer.content.decode()
    assert given not in page_of(helper, at)
    assert lost.get("/desk/tasks/").status_code == 302
    client = demo.client()
    assert client.post("/desk/sign-in/", {"login": OFFICER, "password": PASSWORD}).status_code == 401
    client.post("/desk/sign-in/", {"login": OFFICER, "password": given})
    for path in ("/desk/tasks/", "/desk/", "/"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer["Location"].endswith("/account/")
    refused = call(client, "GET", "/api/v1/tasks")
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (403, "password-to-change")
    assert "请先改成自己的密码" in page_of(client, "/desk/account/")
    assert client.post("/desk/account/", asked(old=given)).status_code == 303
    page_of(client, "/desk/tasks/")


def test_a_password_that_is_too_old_is_changed_before_anything_else(demo: Demo) -> None:
    given = accounts.configuration().model_copy(update={"password_days": 90})
    account = Account.objects.get(login=OFFICER)
    with mock.patch.object(accounts, "configuration", return_value=given):
        page_of(demo.client(OFFICER, post=True), "/desk/tasks/")
        Account.objects.filter(id=account.id).update(password_changed_at=machine_now() - timedelta(days=90))
        client = demo.client(OFFICER, post=True)
        assert client.get("/desk/tasks/")["Location"] == "/desk/account/"
        refused = call(client, "GET", "/api/v1/tasks")
        assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (403, "password-too-old")
        assert "请先更换密码" in page_of(client, "/desk/account/")
        assert client.post("/desk/account/", asked()).status_code == 303
        page_of(client, "/desk/tasks/")


def test_a_resident_keeps_his_password(demo: Demo) -> None:
    given = accounts.configuration().model_copy(update={"password_days": 90})
    Account.objects.filter(login=RESIDENT).update(password_changed_at=machine_now() - timedelta(days=900))
    with mock.patch.object(accounts, "configuration", return_value=given):
        page_of(demo.client(RESIDENT), "/my/cases/")


def test_a_closed_account_is_out_at_once(demo: Demo) -> None:
    officer, helper = demo.client(OFFICER, post=True), demo.client("sys.admin", post=True)
    at = officer_page(OFFICER)
    assert helper.post(f"{at}close/").status_code == 422
    assert helper.post(f"{at}close/", {"sure": "1"}).status_code == 303
    assert officer.get("/desk/tasks/").status_code == 302
    assert "账号已关闭" in page_of(helper, at)


def test_accounts_are_the_system_administrator_s_work_alone(demo: Demo) -> None:
    at = officer_page(OFFICER)
    security = demo.client("sec.admin", post=True)
    page: Any = page_of(security, at)
    assert "账号和密码由系统管理员管理" in page
    for login in ("sec.admin", "aud.admin", OFFICER):
        client = demo.client(login, post=True)
        assert client.post(f"{at}start-password/").status_code == 403
        assert client.post(f"{at}close/", {"sure": "1"}).status_code == 403
    helper = demo.client("sys.admin", post=True)
    refused = helper.post(f"{officer_page('sec.admin')}start-password/")
    assert refused.status_code == 422
    assert "其他管理员不能代办" in refused.content.decode()
