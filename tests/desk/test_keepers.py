"""Pages for systems that keep officers and systems that are told of them: who sees which, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from support.demo import Demo
from support.keeping import connected, unit_code

from yiwang.identity.models import Account, Assignment, Post
from yiwang.identity.models.keepers import Keeper, KeeperToken
from yiwang.identity.models.receivers import Receiver, Supply
from yiwang.identity.values.keepers import Side

STREET = "海口市秀英区人民政府海秀街道办事处"


@pytest.fixture
def street(demo: Demo) -> str:
    return unit_code(STREET)


def said(answer: Any, status: int = 200) -> str:
    text = str(answer.content.decode())
    assert answer.status_code == status, text[-2000:]
    return text


def test_each_administrator_connects_his_side(demo: Demo, street: str) -> None:
    for login, side in (("sys.admin", "accounts"), ("sec.admin", "holders")):
        client = demo.client(login, post=True)
        form = {"title": f"来源{side}", "unit": street, "units": street, "posts": "all", "establishment": ""}
        assert "来源系统" in said(client.get("/desk/keepers/connect/"))
        made = client.post("/desk/keepers/connect/", form)
        assert made.status_code == 303
        assert Keeper.objects.get(title=f"来源{side}").side == side
        page = said(client.get(made["Location"]))
        assert "/scim/v2" in page
        given = client.post(f"{made['Location']}tokens/", {"days": "30"})
        [row] = KeeperToken.objects.filter(keeper__side=side)
        token = given.context["made"].token
        assert token in said(given)
        assert token not in said(client.get(made["Location"]))
        assert said(client.post(f"{made['Location']}tokens/", {"days": "9999"}), 422)
        revoked = client.post(f"{made['Location']}tokens/{row.id}/revoke/")
        assert revoked.status_code == 303
        assert said(client.post(f"{made['Location']}close/"), 422)
        again = client.post("/desk/keepers/connect/", {**form, "title": "另一个"})
        assert f"来源{side}" in said(again, 409), "who keeps it already is named"
        assert client.post(f"{made['Location']}close/", {"sure": "1"}).status_code == 303


def test_pages_say_who_keeps_what(demo: Demo, street: str) -> None:
    personnel = connected(Side.HOLDERS, street, title="街道人事")
    seat = Assignment.objects.get(account__login="wu.qing")
    security = demo.client("sec.admin", post=True)
    assert "街道人事" in said(security.get(f"/desk/posts/{seat.post_id}/"))
    form = {"login": "wu.qing", "valid_from": "2099-01-01"}
    assert "街道人事" in said(security.post(f"/desk/posts/{seat.post_id}/assign/", form), 409)
    assert "街道人事" in said(security.get("/desk/keepers/"))
    page = said(demo.client("sys.admin", post=True).get(f"/desk/keepers/{personnel.id}/"))
    assert "由安全管理员负责" in page, "the other administrator looks on"
    demo.client("sys.admin", post=True).post(
        f"/desk/posts/{seat.post_id}/leading/", {"leading": "1", "version": seat.post.version}
    )
    assert Post.objects.get(id=seat.post_id).leading


def test_a_closed_account_is_opened_again(demo: Demo) -> None:
    client = demo.client("sys.admin", post=True)
    account = Account.objects.get(login="wu.qing")
    client.post(f"/desk/officers/{account.id}/close/", {"sure": "1"})
    assert client.post(f"/desk/officers/{account.id}/reopen/").status_code == 303
    account.refresh_from_db()
    assert account.is_active
    assert not account.has_usable_password()
    assert said(client.post(f"/desk/officers/{account.id}/reopen/"), 422)


def test_a_receiver_is_connected_and_its_page_says_what_failed(demo: Demo, street: str) -> None:
    client = demo.client("sys.admin", post=True)
    form = {
        "title": "邮件系统",
        "unit": street,
        "units": street,
        "address": "http://127.0.0.1:1/v2",
        "token": "a-token",
    }
    assert said(client.post("/desk/receivers/connect/", {**form, "address": "mail"}), 422)
    made = client.post("/desk/receivers/connect/", form)
    assert made.status_code == 303
    Supply.objects.update(state="failed", fault="not-reached:ConnectionRefusedError", attempts=8)
    page = said(client.get(made["Location"]))
    assert "ConnectionRefusedError" in page
    assert "a-token" not in page
    assert client.post(f"{made['Location']}reconcile/").status_code == 303
    assert set(Supply.objects.values_list("state", flat=True)) == {"due"}
    assert client.post(f"{made['Location']}token/", {"token": "other"}).status_code == 303
    assert said(client.post(f"{made['Location']}token/", {"token": ""}), 422)
    assert said(client.post(f"{made['Location']}close/"), 422)
    assert client.post(f"{made['Location']}close/", {"sure": "1"}).status_code == 303
    assert Receiver.objects.get().closed_at is not None
