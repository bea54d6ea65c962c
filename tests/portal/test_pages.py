"""What the public's pages say, to whom, and to whom not."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from support.demo import ADMINISTRATORS, ITEM, NEIGHBOUR, OFFICER, RESIDENT, Demo, call

from yiwang.api.pages import CONTENT_SECURITY_POLICY


def page_of(client: Any, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[-800:]
    return str(answer.content.decode())


def test_the_first_page_lets_anybody_search_and_says_what_to_do_when_nothing_fits(demo: Demo) -> None:
    client = demo.client()
    assert f"/items/{ITEM}/" in page_of(client, "/")
    assert f"/items/{ITEM}/" in page_of(client, "/search/?q=地址")
    nothing = page_of(client, "/search/?q=护照")
    assert "没有找到相符的事项" in nothing
    assert "查看全部事项" in nothing


def test_an_item_answers_can_i_need_how_long_and_what_happens_in_this_order(demo: Demo) -> None:
    page = page_of(demo.client(), f"/items/{ITEM}/")
    asked = [page.index(words) for words in ("我能办吗", "要准备什么", "要多久", "怎么办", "法律依据")]
    assert asked == sorted(asked)
    assert "开始办理" in page


def test_what_one_has_under_way_stands_on_the_first_page_with_a_sentence(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    demo.send(client)
    page = page_of(client, "/")
    assert "您正在办的事" in page
    assert "正在办理" in page


@pytest.mark.parametrize("stranger", [NEIGHBOUR, OFFICER])
def test_a_stranger_who_guesses_the_id_of_a_case_finds_nothing(demo: Demo, stranger: str) -> None:
    case = demo.send(demo.client(RESIDENT))
    client = demo.client(stranger)
    unknown = uuid4()
    for path in ("/my/cases/{}/", "/receipts/{}/"):
        assert client.get(path.format(case)).status_code == client.get(path.format(unknown)).status_code == 404
    assert client.post(f"/my/cases/{case}/withdraw/", {"reason": "x"}).status_code == 404


def test_an_applicant_withdraws_and_reads_it(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    case = demo.send(client)
    answer = client.post(f"/my/cases/{case}/withdraw/", {"reason": "长" * 201})
    assert answer.status_code == 422
    assert "理由最多 200 个字" in answer.content.decode()
    assert "长" * 201 in answer.content.decode()
    answer = client.post(f"/my/cases/{case}/withdraw/", {"reason": "填错了"}, follow=True)
    page = answer.content.decode()
    assert "办件已撤回" in page
    assert "已撤回" in page
    answer = client.post(f"/my/cases/{case}/withdraw/", {"reason": "再来一次"})
    assert answer.status_code == 409


def test_after_acceptance_the_fact_stands_with_its_source_and_the_officer_s_reading_is_listed(demo: Demo) -> None:
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    task, version = demo.task_of(officer, case)
    assert call(officer, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version}).status_code == 200
    demo.settle()
    page = page_of(resident, "/my/facts/")
    assert "金盘路30号5栋1202室" in page
    assert "登记单位" in page
    assert "今天登记" in page
    assert "本人" in page_of(resident, "/my/reads/?own=1")
    assert "还没有人查看过您的信息" in page_of(resident, "/my/reads/"), "one's own looks stand back"


def test_an_officer_is_told_to_come_as_a_person(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    page = page_of(client, "/my/cases/", 403)
    assert "切换身份" in page
    client.post("/desk/post/", {"post": "self"})
    page_of(client, "/my/cases/")


def test_signing_in_with_the_id_number_works_and_a_wrong_password_says_the_same_as_an_unknown_login(demo: Demo) -> None:
    client = demo.client()
    said = [
        client.post("/sign-in/", {"login": login, "password": "wrong"})
        for login in (RESIDENT, "nobody.at.all", "11010519491231002X")
    ]
    assert len({answer.status_code for answer in said}) == 1
    assert all("登录名或密码不正确" in answer.content.decode() for answer in said)


@pytest.mark.parametrize("next_page", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(demo: Demo, next_page: str) -> None:
    answer = demo.client().post("/sign-in/", {"login": RESIDENT, "password": "Yiwang-demo-2026", "next": next_page})
    assert answer["Location"] == "/"


def test_language_and_large_text_are_chosen_and_stay(demo: Demo) -> None:
    client = demo.client()
    assert 'lang="zh-Hans"' in page_of(client, "/")
    client.post("/preferences/", {"language": "en", "next": "/"})
    client.post("/preferences/", {"elder": "1", "next": "/"})
    page = page_of(client, "/")
    assert 'lang="en"' in page
    assert "portal elder" in page
    assert "What would you like to do?" in page


def test_a_browser_s_preference_does_not_change_the_language_of_pages(demo: Demo) -> None:
    answer = demo.client().get("/", headers={"Accept-Language": "en-GB,en"})
    assert 'lang="zh-Hans"' in answer.content.decode()


def test_every_page_is_strict_about_what_it_loads_and_is_not_kept(demo: Demo) -> None:
    for path in ("/", f"/items/{ITEM}/", "/sign-in/", "/nowhere/", "/desk/sign-in/"):
        answer = demo.client().get(path)
        assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Frame-Options"] == "DENY"


def test_a_page_that_does_not_exist_helps(demo: Demo) -> None:
    page = page_of(demo.client(), "/nowhere/", 404)
    assert "没有找到" in page
    assert "/docs/problems/not-found" in page
    assert 'href="/"' in page


def test_a_defect_shows_a_number_and_nothing_else(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.cases import queries

    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(queries, "list_items", broken)
    client = demo.client()
    client.raise_request_exception = False
    answer = client.get("/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in page
    assert "secret" not in page
    assert "RuntimeError" not in page


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_an_administrator_without_a_person_can_still_be_sent_away_politely(demo: Demo, login: str) -> None:
    client = demo.client(login)
    answer = client.get("/my/cases/")
    assert answer.status_code in {200, 403}


def test_nul_in_a_form_and_an_endless_code_are_answered(demo: Demo) -> None:
    assert demo.client().post("/sign-in/", {"login": "a\0b", "password": "x"}).status_code == 400
    assert demo.client().get("/docs/problems/" + "x" * 5_000).status_code == 404


def test_what_came_or_changed_lately_stands_on_the_first_page(demo: Demo) -> None:
    page = page_of(demo.client(), "/")
    assert "最近变化" in page
    assert "新增" in page
