"""The pages on which one administrator asks and another consents; and the same for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import lxml.html
import pytest
from support.demo import Demo, call

from yiwang import settings as site
from yiwang.identity.models import Account, ConsentRequest, Post, PostDuty

WHY = "窗口岗位调整，领导已批"


@pytest.fixture(autouse=True)
def consent_is_asked() -> Iterator[None]:
    given = site.configuration().model_copy(update={"consent_days": 7})
    with mock.patch("yiwang.identity.services.consents.configuration", return_value=given):
        yield


@pytest.fixture
def security(demo: Demo) -> Any:
    return demo.client("sec.admin", post=True)


@pytest.fixture
def system(demo: Demo) -> Any:
    return demo.client("sys.admin", post=True)


def post() -> Post:
    return Post.objects.get(code="hk-460105002-address")


def duties() -> set[str]:
    return set(PostDuty.objects.filter(post=post()).values_list("duty", flat=True))


def page_of(answer: Any) -> Any:
    return lxml.html.fromstring(answer.content.decode())


def asking(client: Any) -> tuple[str, dict[str, list[str]]]:
    """Where the page that asks for a reason sends to, and what it carries along."""
    [form] = page_of(change(client)).xpath("//form[.//textarea[@name='consent-reason']]")
    sent: dict[str, list[str]] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return form.get("action"), sent


def change(client: Any) -> Any:
    return client.post(
        f"/desk/posts/{post().id}/duties/",
        {"duties": ["lead-unit", *sorted(duties())], "version": str(post().version)},
    )


def ask(client: Any) -> str:
    """The address of the request, after the page that waited in between."""
    at, sent = asking(client)
    answer = client.post(at, {**sent, "consent-reason": WHY})
    assert answer.status_code == 303
    return str(answer["Location"])


def test_the_act_waits_in_the_page_until_its_reason_is_told(security: Any) -> None:
    before = duties()
    answer = change(security)
    assert answer.status_code == 403
    page = page_of(answer)
    assert "需要另一位管理员同意" in page.text_content()
    assert "增加的职责" in page.text_content()
    at, sent = asking(security)
    assert sorted(sent["duties"]) == sorted(["lead-unit", *before])
    again = security.post(at, {**sent, "consent-reason": ""})
    assert again.status_code == 422
    assert "lead-unit" in again.content.decode()
    assert duties() == before
    assert not ConsentRequest.objects.exists()


def test_what_one_asks_the_other_sees_at_once_and_consents_to(security: Any, system: Any) -> None:
    before = duties()
    at = ask(security)
    mine = page_of(security.get(at))
    assert "撤回申请" in mine.text_content()
    assert not mine.xpath("//form[contains(@action, '/give/')]")
    menu = page_of(system.get("/desk/units/")).xpath("//nav//a[@href='/desk/consents/']")[0]
    assert "1" in menu.text_content()
    listed = page_of(system.get("/desk/consents/"))
    assert at in listed.xpath("//main//a/@href")
    page = page_of(system.get(at))
    assert WHY in page.text_content()
    assert duties() == before
    answer = system.post(f"{at}give/")
    assert answer.status_code == 303
    assert duties() == {"lead-unit", *before}
    assert "已同意并办结" in page_of(security.get(at)).text_content()
    assert system.post(f"{at}give/").status_code == 409


def test_who_asked_cannot_consent_and_the_auditor_only_looks(demo: Demo, security: Any) -> None:
    at = ask(security)
    auditor = demo.client("aud.admin", post=True)
    assert WHY in page_of(auditor.get(at)).text_content()
    assert not page_of(auditor.get(at)).xpath("//main//form[@method='post']")
    for client in (security, auditor):
        assert client.post(f"{at}give/").status_code == 403
    assert "lead-unit" not in duties()


def test_a_refusal_says_why_or_is_shown_again(security: Any, system: Any) -> None:
    at = ask(security)
    empty = system.post(f"{at}refuse/", {"reason": ""})
    assert empty.status_code == 422
    assert page_of(empty).xpath("//*[@id='reason-fault']")
    assert system.post(f"{at}refuse/", {"reason": "没有批复"}).status_code == 303
    assert "没有批复" in page_of(security.get(at)).text_content()
    assert "lead-unit" not in duties()


def test_what_can_be_done_no_longer_is_told_to_who_consents(security: Any, system: Any) -> None:
    at = ask(security)
    Post.objects.filter(id=post().id).update(version=99)
    answer = system.post(f"{at}give/")
    assert answer.status_code == 409
    assert page_of(answer).xpath("//*[@id='faults']//li")
    assert page_of(answer).xpath("//form[contains(@action, '/refuse/')]")
    assert "lead-unit" not in duties()


def test_asking_for_the_same_twice_is_told(security: Any) -> None:
    ask(security)
    at, sent = asking(security)
    answer = security.post(at, {**sent, "consent-reason": WHY})
    assert answer.status_code == 409
    assert ConsentRequest.objects.count() == 1


def test_a_program_is_told_with_what_to_ask(demo: Demo, security: Any, system: Any) -> None:
    account = str(Account.objects.get(login="chen.dawen").id)
    audit_post = Post.objects.get(duties__duty="administer-audit")
    body = {"account_id": account, "post_id": str(audit_post.id), "valid_from": "2099-01-01"}
    due = call(security, "POST", "/api/v1/assignments", body)
    assert due.status_code == 403
    told = due.json()
    assert (told["type"].rsplit("/", 1)[1], told["of"]) == ("consent-due", "system")
    asked = call(
        security,
        "POST",
        "/api/v1/consents",
        {"action": told["action"], "arguments": told["arguments"], "reason": WHY},
    )
    assert asked.status_code == 201
    at = f"/api/v1/consents/{asked.json()['id']}"
    [row] = system.get("/api/v1/consents").json()["rows"]
    assert row["yours"]
    assert row["reason"] == WHY
    assert {"label": "人员", "value": "chen.dawen"} in row["lines"]
    assert call(security, "POST", at, {"act": "give"}).status_code == 403
    assert call(system, "POST", at, {"act": "give"}).status_code == 204
    assert audit_post.assignments.filter(account_id=account).exists()
    assert security.get(at).json()["state"] == "given"
    assert call(system, "POST", at, {"act": "refuse", "reason": "迟了"}).status_code == 409
