"""What shows that a fact is wrong: a paper goes with the doubt to the unit that keeps the record, and to nobody else."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from support import contents
from support.demo import NEIGHBOUR, OFFICER, OTHER_OFFICER, RESIDENT, Demo, call

from yiwang.documents.models import FileUse
from yiwang.records.models import Discrepancy

FORM = "/my/facts/doubt/"
RESOURCE, ELEMENT = "residence.addresses", "residence.phone"
DECLARED = ("application/pdf", "租赁合同.pdf")


def paper(content: bytes | None = None) -> SimpleUploadedFile:
    media_type, name = DECLARED
    return SimpleUploadedFile(name, contents.pdf() if content is None else content, media_type)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def known(demo: Demo) -> Demo:
    """The resident's address is in the register, confirmed by 海秀街道."""
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    task, version = demo.task_of(officer, demo.send(resident))
    assert call(officer, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version}).status_code == 200
    demo.settle()
    return demo


def asked(client: Any, **more: Any) -> dict[str, Any]:
    about = client.get(FORM, {"resource": RESOURCE, "element": ELEMENT}).context["about"]
    return {"about": str(about), "resource": RESOURCE, "element": ELEMENT, ELEMENT: "13912345678", **more}


def file_in(answer: Any) -> str:
    [found] = set(re.findall(r'href="(/files/[0-9a-f-]+/)"', answer.content.decode()))
    return str(found)


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_a_paper_goes_with_the_doubt_to_the_unit_that_keeps_the_record_and_to_nobody_else(known: Demo) -> None:
    resident = known.client(RESIDENT)
    sent = resident.post(FORM, asked(resident, why="换了号码", evidence=paper()))
    assert sent.status_code == 303, text_of(sent)[-800:]
    page = resident.get(sent["Location"])
    assert "租赁合同.pdf" in text_of(page)
    file, doubt = file_in(page), sent["Location"].split("/")[3]
    officer, other = known.client(OFFICER, post=True), known.client(OTHER_OFFICER, post=True)
    assert "租赁合同.pdf" in text_of(officer.get(f"/desk/discrepancies/{doubt}/"))
    for client in (resident, officer):
        assert content_of(client.get(file)) == contents.pdf()
    for stranger in (other, known.client(NEIGHBOUR), known.client("sys.admin", post=True)):
        assert stranger.get(file).status_code == 404
    assert known.client().get(file).status_code in (302, 404)


def test_a_paper_alone_says_why(known: Demo) -> None:
    resident = known.client(RESIDENT)
    assert resident.post(FORM, asked(resident)).status_code == 422
    assert resident.post(FORM, asked(resident, evidence=paper())).status_code == 303


def test_what_is_no_paper_is_refused_with_the_words_still_there(known: Demo) -> None:
    resident = known.client(RESIDENT)
    refused = resident.post(FORM, asked(resident, why="换了号码", evidence=paper(contents.docx())))
    assert refused.status_code == 422
    assert "换了号码" in text_of(refused)
    assert "证明材料" in text_of(refused)
    assert not Discrepancy.objects.exists()
    assert not FileUse.objects.filter(owner="discrepancy").exists()


def test_a_paper_taken_out_again_is_not_sent(known: Demo) -> None:
    resident = known.client(RESIDENT)
    page = resident.post(FORM, asked(resident, why="", case_number="", evidence=paper(), **{ELEMENT: ""}))
    id = page.context["paper"].file.id
    shown = resident.post(FORM, asked(resident, why="换了号码", **{"evidence.id": str(id), "remove_file": "evidence"}))
    assert shown.status_code == 200
    assert shown.context["paper"].file is None
    assert "换了号码" in text_of(shown)


def test_programs_name_files_that_they_handed_in_themselves_and_no_others(known: Demo) -> None:
    resident, neighbour = known.client(RESIDENT), known.client(NEIGHBOUR)

    def hand_in(client: Any) -> UUID:
        token = client.get("/api/v1/session").json()["csrf_token"]
        sent = {"element": "evidence", "file": paper()}
        answer = client.post("/api/v1/files", sent, HTTP_X_CSRFTOKEN=token)
        assert answer.status_code == 201, answer.content
        return UUID(answer.json()["id"])

    mine, foreign = hand_in(resident), hand_in(neighbour)
    doubt = {
        "subject_id": asked(resident)["about"], "resource": RESOURCE, "element": ELEMENT, "proposed": "13912345678",
        "purpose": "fact-checking",
    }  # fmt: skip
    for files in ([str(foreign)], [str(mine), str(uuid4())]):
        assert call(resident, "POST", "/api/v1/discrepancies", {**doubt, "files": files}).status_code == 404
    assert not Discrepancy.objects.exists()
    sent = call(resident, "POST", "/api/v1/discrepancies", {**doubt, "files": [str(mine), str(mine)]})
    assert sent.status_code == 201
    assert FileUse.objects.get(owner="discrepancy").owner_id == UUID(sent.json()["id"])


def test_the_desk_asks_for_a_paper_too(known: Demo) -> None:
    officer, resident = known.client(OFFICER, post=True), known.client(RESIDENT)
    about = asked(resident)["about"]
    given = {"resource": RESOURCE, "element": ELEMENT, "purpose": "fact-checking", "proposed": "13912345678"}
    at = f"/desk/subjects/{about}/doubt/"
    assert 'type="file"' in officer.get(at, given).content.decode()
    sent = officer.post(at, {**given, "evidence": paper()})
    assert sent.status_code == 303, text_of(sent)[-800:]
    assert content_of(officer.get(file_in(officer.get(sent["Location"])))) == contents.pdf()
