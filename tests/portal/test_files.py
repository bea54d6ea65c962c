"""Files from the form to the case, its officer and the record: with and without scripts, and what must not be lost or shown."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from support import contents
from support.demo import NEIGHBOUR, OFFICER, OTHER_OFFICER, RESIDENT, Demo, call
from support.handing_in import ITEM, NOTE, PLAN

FORM = f"/items/{ITEM}/apply/"


def plan(
    content: bytes | None = None, name: str = "平面图.pdf", declared: str = "application/pdf"
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, contents.pdf() if content is None else content, declared)


def answers(city: Demo, page: Any, **more: Any) -> dict[str, Any]:
    filled = {name: value for name, value in city.answers().items() if name.startswith("residence.address")}
    form = {"form_digest": page.context["form"].digest, "idempotency_key": page.context["idempotency_key"]}
    return {**filled, **form, **more}


def fill(city: Demo, client: Any, **more: Any) -> Any:
    """Open the form, fill it and send it as a browser without scripts does."""
    return client.post(
        FORM, answers(city, client.get(FORM), **{name.replace("__", "."): one for name, one in more.items()})
    )


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def widget_of(answer: Any, name: str) -> Any:
    return next(one for section in answer.context["sections"] for one in section.widgets if one.name == name)


def sent(answer: Any) -> UUID:
    assert answer.status_code == 303, text_of(answer)[-1500:]
    return UUID(answer["Location"].split("/")[2])


def test_the_form_says_what_it_takes_and_works_without_scripts(filing: Demo) -> None:
    page = filing.client(RESIDENT).get(FORM)
    assert 'enctype="multipart/form-data"' in page.content.decode()
    assert 'accept=".pdf,.jpg,.jpeg,.jpe,.jfif,.png"' in page.content.decode()
    assert "PDF、JPEG、PNG，不超过 2 MB" in text_of(page)


def test_a_file_goes_from_the_form_to_the_case_to_the_officer_to_the_record(filing: Demo) -> None:
    resident, officer = filing.client(RESIDENT), filing.client(OFFICER, post=True)
    case = sent(fill(filing, resident, trial__plan=plan(), trial__note=plan(contents.docx(), "说明.docx", "")))
    values = {one["name"]: one for one in resident.get(f"/api/v1/cases/{case}").json()["values"]}
    frozen = values[PLAN]["value"]
    assert (values[PLAN]["shown"], frozen["name"], frozen["media_type"]) == (
        "平面图.pdf",
        "平面图.pdf",
        "application/pdf",
    )
    for client, page in ((resident, f"/my/cases/{case}/"), (officer, f"/desk/cases/{case}/")):
        assert f'href="/files/{frozen["id"]}/"' in client.get(page).content.decode()
        assert content_of(client.get(f"/files/{frozen['id']}/")) == contents.pdf()
    task, version = filing.task_of(officer, case)
    assert call(officer, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version}).status_code == 200
    filing.settle()
    facts = {one["element"]: one for one in resident.get("/api/v1/facts?purpose=own-data").json()["rows"]}
    assert facts[PLAN]["shown"] == "平面图.pdf"
    assert facts[NOTE]["shown"] == "说明.docx"


def test_nobody_else_opens_it(filing: Demo) -> None:
    case = sent(fill(filing, filing.client(RESIDENT), trial__plan=plan()))
    value = filing.client(RESIDENT).get(f"/api/v1/cases/{case}").json()["values"][1]["value"]
    for client in (
        filing.client(NEIGHBOUR),
        filing.client(OTHER_OFFICER, post=True),
        filing.client("sys.admin", post=True),
    ):
        assert client.get(f"/files/{value['id']}/").status_code == 404
        assert client.get(f"/api/v1/files/{value['id']}").status_code == 404
    assert filing.client().get(f"/files/{value['id']}/").status_code == 302
    assert filing.client().get(f"/api/v1/files/{value['id']}").status_code == 401
    assert filing.client(RESIDENT).get(f"/api/v1/files/{value['digest']}").status_code == 422


def test_a_file_can_do_nothing_in_the_browser(filing: Demo) -> None:
    client = filing.client(RESIDENT)
    for content, name, declared, disposition in (
        (contents.pdf(), "平面图.pdf", "application/pdf", "attachment"),
        (contents.png(), "a; x.png", "image/png", "inline"),
    ):
        case = sent(fill(filing, client, trial__plan=plan(content, name, declared)))
        id = client.get(f"/api/v1/cases/{case}").json()["values"][1]["value"]["id"]
        opened = client.get(f"/api/v1/files/{id}")
        assert content_of(opened) == content
        assert opened["Content-Type"] == declared
        assert opened["Content-Disposition"].startswith(f"{disposition}; filename")
        assert "\n" not in opened["Content-Disposition"]
        assert opened["X-Content-Type-Options"] == "nosniff"
        assert opened["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        assert opened["Cache-Control"] == "no-store"
        saved = client.get(f"/api/v1/files/{id}?save=true")
        assert content_of(saved) == content
        assert saved["Content-Disposition"].startswith("attachment")


def test_a_zip_that_calls_itself_pdf_is_refused_with_everything_else_that_is_wrong(filing: Demo) -> None:
    client = filing.client(RESIDENT)
    evil = plan(contents.container({"a.txt": b"x"}))
    answer = fill(filing, client, trial__plan=evil, **{"residence__address__detail": ""})
    assert answer.status_code == 422
    said = text_of(answer)
    assert "“平面图.pdf”的内容其实是 ZIP。可以上传：PDF, JPEG, PNG。" in said
    assert "门牌" in said or "街道" in said
    assert len(answer.context["summary"]) == 2
    assert client.get("/api/v1/cases").json()["rows"] == []


def test_a_bomb_is_refused(filing: Demo) -> None:
    answer = fill(
        filing, filing.client(RESIDENT), trial__plan=plan(), trial__note=plan(contents.bomb(), "说明.docx", "")
    )
    assert answer.status_code == 422
    assert "膨胀" in text_of(answer)
    assert widget_of(answer, PLAN).file.name == "平面图.pdf"


def test_an_optional_file_that_is_refused_stops_the_form_too(filing: Demo) -> None:
    answer = fill(filing, filing.client(RESIDENT), trial__plan=plan(), trial__note=plan(b"x", "说明.docx", ""))
    assert answer.status_code == 422


def test_a_file_too_large_loses_no_answer_and_no_other_file(filing: Demo) -> None:
    client = filing.client(RESIDENT)
    large = plan(contents.docx() + bytes(3 << 20), "说明.docx", "")
    answer = fill(filing, client, trial__plan=plan(), trial__note=large)
    assert answer.status_code == 422
    assert "最大 1 MB" in text_of(answer)
    assert widget_of(answer, PLAN).file.name == "平面图.pdf"
    assert 'value="金盘路30号5栋1202室"' in answer.content.decode()
    again = answers(filing, answer)
    again[f"{PLAN}.id"] = str(widget_of(answer, PLAN).file.id)
    assert sent(client.post(FORM, again))


def test_sent_twice_it_is_one_case(filing: Demo) -> None:
    client = filing.client(RESIDENT)
    page = client.get(FORM)
    once, twice = (sent(client.post(FORM, answers(filing, page, **{PLAN: plan()}))) for _ in range(2))
    assert once == twice


def test_a_file_can_be_taken_out_again(filing: Demo) -> None:
    client = filing.client(RESIDENT)
    answer = client.post(FORM, answers(filing, client.get(FORM), **{PLAN: plan(), "show_places": "1"}))
    assert answer.status_code == 200
    id = str(widget_of(answer, PLAN).file.id)
    removed = client.post(FORM, answers(filing, answer, **{f"{PLAN}.id": id, "remove_file": PLAN}))
    assert removed.status_code == 200
    assert widget_of(removed, PLAN).file is None
    assert client.post(FORM, answers(filing, removed)).status_code == 422


def test_somebody_elses_file_cannot_be_sent_as_ones_own(filing: Demo) -> None:
    neighbour, resident = filing.client(NEIGHBOUR), filing.client(RESIDENT)
    shown = neighbour.post(FORM, answers(filing, neighbour.get(FORM), **{PLAN: plan(), "show_places": "1"}))
    stolen = str(widget_of(shown, PLAN).file.id)
    assert fill(filing, resident, **{f"{PLAN}.id".replace(".", "__"): stolen}).status_code == 422
    form = resident.get(f"/api/v1/items/{ITEM}/form").json()
    body = {
        "form_digest": form["digest"],
        "values": {
            "residence.address": {"place": filing.village("海秀街道"), "detail": "金盘路30号"},
            PLAN: {"id": stolen, "digest": "0" * 64, "name": "x.pdf", "media_type": "application/pdf", "size": 1},
        },
    }
    answer = call(resident, "POST", f"/api/v1/items/{ITEM}/cases", body, **{"Idempotency-Key": uuid4().hex})
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(PLAN, "not-a-file")]


def test_a_visitor_writes_nothing_and_loses_no_answer(filing: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    client = filing.client(RESIDENT)
    filled = answers(filing, client.get(FORM), **{PLAN: plan()})
    client.logout()
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: pytest.fail("A visitor's file was written."))
    answer = client.post(FORM, filled)
    assert answer.status_code == 401
    assert 'value="金盘路30号5栋1202室"' in answer.content.decode()


def test_a_full_disk_keeps_the_answers(filing: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = fill(filing, filing.client(RESIDENT), trial__plan=plan())
    assert answer.status_code == 422
    assert "现在没有空间存放文件" in text_of(answer)
    assert 'value="金盘路30号5栋1202室"' in answer.content.decode()
