"""Wanting one's messages by e-mail: asked for, confirmed by a code, stopped; on the portal and the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.demo import OFFICER, RESIDENT, Demo

from yiwang.messaging import registry


@pytest.fixture
def sends_mail() -> Iterator[None]:
    before = registry._mail, registry._public
    registry.send_mail_by(lambda: "mailto://127.0.0.1:1?from=a@b.cn&mode=insecure", lambda: "https://city.example")
    yield
    registry._mail, registry._public = before


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def code() -> str:
    from yiwang.messaging.models import Contact
    from yiwang.messaging.queries import code_of

    return code_of(Contact.objects.get())


@pytest.mark.parametrize(
    ("login", "in_post", "at"), [(RESIDENT, False, "/my/messages/"), (OFFICER, True, "/desk/messages/")]
)
def test_an_address_is_asked_for_confirmed_and_stopped(
    demo: Demo, sends_mail: None, login: str, in_post: bool, at: str
) -> None:
    client = demo.client(login, post=in_post)
    asked = client.post(f"{at}address/", {"address": "lin@example.com"}, follow=True)
    assert "发送到 lin@example.com 的验证码" in text_of(asked)
    wrong = client.post(f"{at}address/code/", {"code": "000000" if code() != "000000" else "111111"})
    assert wrong.status_code == 422
    assert "验证码不对" in text_of(wrong)
    confirmed = client.post(f"{at}address/code/", {"code": code()}, follow=True)
    assert "新消息也会发到 lin@example.com" in text_of(confirmed)
    stopped = client.post(f"{at}address/", {"stop": "1"}, follow=True)
    assert "lin@example.com" not in text_of(stopped)


def test_what_was_typed_stays_when_it_is_no_address(demo: Demo, sends_mail: None) -> None:
    answer = demo.client(RESIDENT).post("/my/messages/address/", {"address": "lin@"})
    assert answer.status_code == 422
    assert 'value="lin@"' in answer.content.decode()


def test_a_city_without_mail_says_so(demo: Demo) -> None:
    assert "本市还没有开通邮件通知" in text_of(demo.client(RESIDENT).get("/my/messages/"))
