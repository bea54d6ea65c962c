"""Whoever gives away rights or takes them shows once more that it is he, when the last proof is old; what he was doing is not lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import lxml.html
import pytest
from support.demo import OFFICER, OTHER_OFFICER, PASSWORD, Demo, call

from yiwang.identity.models import Account, Assignment, Post
from yiwang.kernel.time import machine_now, today

PROVE = {"prove": "1", "prove-password": PASSWORD}


@pytest.fixture
def security(demo: Demo) -> Any:
    return demo.client("sec.admin", post=True)


@pytest.fixture
def twenty_minutes_later(security: Any) -> Iterator[None]:
    """The security administrator signed in twenty minutes ago: longer than a proof lasts, shorter than a session does unused."""
    later = machine_now() + timedelta(minutes=20)
    with mock.patch("yiwang.identity.queries.permission.machine_now", return_value=later):
        yield


def post() -> Post:
    """One that the other officer does not hold yet."""
    return Post.objects.get(code="hk-460105002-address")


def assigning() -> str:
    return f"/desk/posts/{post().id}/assign/"


def asked() -> dict[str, str]:
    return {"login": OTHER_OFFICER, "valid_from": today().isoformat()}


def held() -> bool:
    return Assignment.objects.filter(account__login=OTHER_OFFICER, post=post()).exists()


def test_soon_after_signing_in_nothing_more_is_asked(security: Any) -> None:
    assert security.post(assigning(), asked()).status_code == 303
    assert held()


@pytest.mark.usefixtures("twenty_minutes_later")
def test_later_the_act_waits_in_the_page_until_the_password_is_right(security: Any) -> None:
    answer = security.post(assigning(), asked())
    assert answer.status_code == 403
    assert not held()
    page = lxml.html.fromstring(answer.content.decode())
    [form] = page.xpath("//form[@id='proof']")
    assert "请再次确认是您本人" in page.text_content()
    sent = {name: value or "" for name, value in form.form_values()}
    assert asked().items() <= sent.items()

    wrong = security.post(assigning(), {**sent, "prove-password": "Wrong-one-2026"})
    assert (wrong.status_code, held()) == (422, False)
    assert asked()["valid_from"] in wrong.content.decode()
    with mock.patch("yiwang.forms.accounts.machine_now", return_value=machine_now() + timedelta(minutes=20)):
        done = security.post(assigning(), {**sent, "prove-password": PASSWORD})
    assert (done.status_code, held()) == (303, True)
    assert security.post(assigning(), {**asked(), "valid_from": "2026-01-01"}).status_code != 403


@pytest.mark.usefixtures("twenty_minutes_later")
def test_a_program_is_told_by_a_problem_and_proves_at_an_address_of_its_own(security: Any) -> None:
    account = Account.objects.get(login=OTHER_OFFICER)
    body = {"account_id": str(account.id), "post_id": str(post().id), "valid_from": asked()["valid_from"]}
    refused = call(security, "POST", "/api/v1/assignments", body)
    assert (refused.status_code, refused.json()["type"]) == (403, "/docs/problems/proof-due")
    assert call(security, "POST", "/api/v1/session/proof", {"password": "Wrong-one-2026"}).status_code == 422
    with mock.patch("yiwang.forms.accounts.machine_now", return_value=machine_now() + timedelta(minutes=20)):
        assert call(security, "POST", "/api/v1/session/proof", {"password": PASSWORD}).status_code == 204
    assert call(security, "POST", "/api/v1/assignments", body).status_code == 201


@pytest.mark.usefixtures("twenty_minutes_later")
def test_looking_and_everyday_work_go_on_without(security: Any, demo: Demo) -> None:
    assert security.get("/desk/officers/").status_code == 200
    assert security.get(assigning()).status_code == 200
    resident = demo.client("lin.xiuying")
    demo.send(resident)
    officer = demo.client(OFFICER, post=True)
    assert officer.get("/desk/tasks/").status_code == 200


def test_a_proof_beside_another_s_session_proves_nothing(security: Any, demo: Demo) -> None:
    visitor = demo.client()
    assert visitor.post(assigning(), {**asked(), **PROVE}).status_code == 401
    assert not held()


def test_guesses_of_the_proof_are_counted_and_locked_like_those_of_signing_in(security: Any) -> None:
    statuses = [
        security.post(assigning(), {**asked(), **PROVE, "prove-password": f"Wrong-{n}-2026"}).status_code
        for n in range(6)
    ]
    assert statuses[-1] == 429
    assert not held()
