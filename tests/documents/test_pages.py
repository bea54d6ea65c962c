"""The pages of certificates: one's own, the desk's, and the one on which anybody checks them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from yiwang.documents import queries, services
from yiwang.documents.models import Certificate
from yiwang.documents.values import Form

from .conftest import ANSWERS, People, issue
from .test_verification import MOST_MISSES, flipped, guess


def browser(login: str = "", *, post: bool = False) -> Client:
    """A browser in which somebody has signed in, as himself or in his post."""
    from yiwang.identity.models import Account
    from yiwang.identity.queries import posts_of

    client = Client()
    if login:
        account = Account.objects.get(login=login)
        client.force_login(account)
        session = client.session
        session["capacity"] = str(posts_of(account.id)[0].id) if post else "self"
        session.save()
    return client


def shown(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:3000]
    return str(answer.content.decode())


def upload(content: bytes, name: str = "certificate") -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def test_the_holder_finds_reads_and_downloads_it(people: People) -> None:
    one = issue(people)
    client = browser("lin")
    assert "摊位经营许可证" in shown(client.get("/my/certificates/"))
    page = shown(client.get(f"/my/certificates/{one}/"))
    for words in ("林秀英", ANSWERS["stall.keeper-number"], "清补凉", "有效", "下载证照"):
        assert words in page
    for form in Form:
        answer = client.get(f"/my/certificates/{one}/{form}")
        assert answer.content == queries.download(people.lin, one, form).content
        assert answer["Content-Disposition"].startswith("attachment")
    assert client.get(f"/my/certificates/{one}/docx").status_code == 404
    assert browser("chen").get(f"/my/certificates/{one}/").status_code == 404
    assert "还没有证照" in shown(browser("chen").get("/my/certificates/"))


def test_the_desk_suspends_resumes_and_says_what_is_wrong_with_a_reason(people: People) -> None:
    one = issue(people)
    client = browser("heyu", post=True)
    assert "摊位经营许可证" in shown(client.get("/desk/certificates/"))
    page = shown(client.get(f"/desk/certificates/{one}/"))
    assert "460199********9029" in page
    assert ANSWERS["stall.keeper-number"] not in page
    assert "请写明理由" in shown(client.post(f"/desk/certificates/{one}/suspend/", {"reason": " "}), 422)
    assert client.post(f"/desk/certificates/{one}/suspend/", {"reason": "卫生不合格"}).status_code == 303
    assert "卫生不合格" in shown(client.get(f"/desk/certificates/{one}/"))
    assert "卫生不合格" in shown(browser("lin").get(f"/my/certificates/{one}/"))
    assert client.post(f"/desk/certificates/{one}/resume/", {"reason": "整改好了"}).status_code == 303
    assert client.post(f"/desk/certificates/{one}/melt/", {"reason": "x"}).status_code == 404
    assert browser("duan", post=True).post(f"/desk/certificates/{one}/revoke/", {"reason": "x"}).status_code == 403


def test_anybody_checks_by_file_code_and_identifier(people: People) -> None:
    one = issue(people)
    row, client = Certificate.objects.get(pk=one), browser()
    given = {form: queries.download(people.lin, one, form).content for form in Form}
    for answer in (
        client.post("/verify/", {"document": upload(given[Form.PDF])}),
        client.post("/verify/", {"document": upload(given[Form.JSON])}),
        client.post(
            "/verify/", {"document": upload(given[Form.JSON]), "signature": upload(given[Form.JSON_SIGNATURE])}
        ),
        client.get(f"/verify/t/{row.token}/"),
    ):
        page = shown(answer)
        assert "真实，今天有效" in page
        assert "林*英" in page
        assert ANSWERS["stall.keeper-number"] not in page
    page = shown(client.post("/verify/", {"identifier": row.identifier}))
    assert "真实，今天有效" in page
    for personal in ("林*英", "清补凉", "9029"):
        assert personal not in page
    services.revoke(people.he, one, reason="错发")
    assert "已撤销，不再有效" in shown(client.get(f"/verify/t/{row.token}/"))
    assert "本市没有颁发过" in shown(client.get("/verify/t/nobody/"))


def test_the_page_refuses_every_changed_byte(people: People) -> None:
    one, client = issue(people), browser()
    given = {form: queries.download(people.lin, one, form).content for form in Form}
    for form in (Form.JSON, Form.PDF):
        for changed in flipped(given[form], f"page {form}"):
            assert "真实，今天有效" not in shown(client.post("/verify/", {"document": upload(changed)}))
    for changed in flipped(given[Form.JSON_SIGNATURE], "page signature"):
        sent = {"document": upload(given[Form.JSON]), "signature": upload(changed)}
        assert "签名不是本市的" in shown(client.post("/verify/", sent))


def test_slips_are_told_and_guessers_wait_while_files_go_on_working(people: People) -> None:
    one, client = issue(people), browser()
    row = Certificate.objects.get(pk=one)
    slip = row.identifier[:-1] + ("1" if row.identifier[-1] != "1" else "2")
    assert "最后一位与前面各位对不上" in shown(client.post("/verify/", {"identifier": slip}), 422)
    assert "五段" in shown(client.post("/verify/", {"identifier": "食品"}), 422)
    assert "请输入证照标识" in shown(client.post("/verify/", {}), 422)
    for serial in range(MOST_MISSES):
        guess(serial, "127.0.0.1")
    answer = client.post("/verify/", {"identifier": row.identifier})
    assert "请扫描二维码" in shown(answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 600
    sent = {"document": upload(queries.download(people.lin, one, Form.PDF).content)}
    assert "真实，今天有效" in shown(client.post("/verify/", sent))


def test_a_file_that_is_too_large_is_refused_in_words(people: People) -> None:
    answer = browser().post("/verify/", {"document": upload(b"x" * ((10 << 20) + 1))})
    assert "比任何证照都大" in shown(answer, 413)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_programs_verify_through_the_api(people: People, language: str) -> None:
    one, client = issue(people), browser()
    row = Certificate.objects.get(pk=one)
    pdf = queries.download(people.lin, one, Form.PDF).content
    headers = {"headers": {"Accept-Language": language}}
    by_file = client.post("/api/v1/verification/document", {"document": upload(pdf)}, **headers).json()
    assert "finding" in by_file, by_file
    by_code = client.get(f"/api/v1/verification/codes/{row.token}", **headers).json()
    by_name = client.post(
        "/api/v1/verification/identifier",
        {"identifier": row.identifier},
        content_type="application/json",
        **headers,
    ).json()
    assert [one["finding"] for one in (by_file, by_code, by_name)] == ["genuine"] * 3
    assert by_file["holder"] == by_code["holder"] == "林*英"
    assert (by_name["holder"], by_name["fields"]) == ("", [])
    assert by_file["title"] == ("Stall permit" if language == "en" else "摊位经营许可证")
