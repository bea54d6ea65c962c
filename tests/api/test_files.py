"""Files over the API: early refusals, honest and lying lengths, problem documents."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from support import contents
from support.demo import NEIGHBOUR, OFFICER, RESIDENT, Demo
from support.handing_in import PLAN


def hand_in(
    client: Any,
    content: bytes,
    name: str = "a.pdf",
    *,
    declared: str = "application/pdf",
    element: str = PLAN,
    **headers: Any,
) -> Any:
    token = client.get("/api/v1/session").json()["csrf_token"]
    file = SimpleUploadedFile(name, content, declared)
    return client.post("/api/v1/files", {"element": element, "file": file}, headers={"X-CSRFToken": token, **headers})


def test_a_file_is_handed_in_and_opened(filing: Demo) -> None:
    client = filing.client(RESIDENT)
    answer = hand_in(client, contents.png(), "plan.png", declared="image/png")
    assert answer.status_code == 201
    file = answer.json()
    assert (file["name"], file["media_type"], file["size"]) == ("plan.png", "image/png", len(contents.png()))
    opened = client.get(f"/api/v1/files/{file['id']}")
    assert b"".join(opened.streaming_content) == contents.png()
    assert opened["Content-Length"] == str(len(contents.png()))
    assert filing.client(NEIGHBOUR).get(f"/api/v1/files/{file['id']}").status_code == 404


def test_an_officer_hands_in_too(filing: Demo) -> None:
    assert hand_in(filing.client(OFFICER, post=True), contents.pdf()).status_code == 201


@pytest.mark.parametrize(
    ("content", "more", "status", "codes"),
    [
        (contents.container({"a": b"x"}), {}, 422, ["file-type-not-taken"]),
        (contents.png(), {}, 422, ["file-name", "file-declared-otherwise"]),
        (contents.pdf() + bytes(3 << 20), {}, 413, []),
        (contents.pdf(), {"element": "residence.phone"}, 422, ["not-a-file"]),
        (contents.pdf(), {"element": "no.such"}, 422, ["not-a-file"]),
    ],
)
def test_what_is_not_taken_is_a_problem_document(
    filing: Demo, content: bytes, more: dict[str, Any], status: int, codes: list[str]
) -> None:
    answer = hand_in(filing.client(RESIDENT), content, **more)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert [one["code"] for one in answer.json().get("errors", [])] == codes


def test_without_a_session_or_its_token_nothing_is_read(filing: Demo) -> None:
    file = {"element": PLAN, "file": SimpleUploadedFile("a.pdf", contents.pdf(), "application/pdf")}
    assert filing.client().post("/api/v1/files", file).status_code == 401
    from django.test import Client

    strict = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    strict.cookies = filing.client(RESIDENT).cookies
    file["file"] = SimpleUploadedFile("a.pdf", contents.pdf(), "application/pdf")
    assert strict.post("/api/v1/files", file).json()["type"].endswith("csrf-failed")


def multipart(length: str) -> dict[str, Any]:
    return {"content_type": "multipart/form-data; boundary=x", "CONTENT_LENGTH": length}


@pytest.mark.parametrize(("length", "status"), [(str(200 << 20), 413), (str(10**15), 413), ("", 400), ("many", 400)])
def test_an_announced_size_is_answered_before_anything_is_read(filing: Demo, length: str, status: int) -> None:
    class Unread:
        def read(self, *_: int) -> bytes:
            raise AssertionError("It was read.")

        readline = read

    client = filing.client(RESIDENT)
    token = client.get("/api/v1/session").json()["csrf_token"]
    answer = client.post(
        "/api/v1/files", b"x", headers={"X-CSRFToken": token}, **multipart(length), **{"wsgi.input": Unread()}
    )
    assert answer.status_code == status
