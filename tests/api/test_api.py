"""The face for programs: every fault a problem document, changes only with the session's token, the document of it a snapshot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.demo import ITEM, NEIGHBOUR, OFFICER, RESIDENT, Demo, call

SNAPSHOT = Path(__file__).with_name("openapi.json")


def problem_of(answer: Any, status: int, code: str) -> Any:
    assert answer.status_code == status, answer.content.decode()[:800]
    assert answer["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == f"/docs/problems/{code}"
    assert document["status"] == status
    assert document["title"]
    assert document["next_step"]
    assert document["instance"] == answer["X-Request-Id"]
    return document


def submit(client: Any, demo: Demo, **changes: Any) -> Any:
    digest = client.get(f"/api/v1/items/{ITEM}/form").json()["digest"]
    values = {
        "residence.address": {"place": demo.village("海秀街道"), "detail": "金盘路30号5栋1202室"},
        "residence.since": "2026-03-01",
        "residence.phone": "13807491234",
        **changes.pop("values", {}),
    }
    body = {"values": values, "form_digest": changes.pop("form_digest", digest)}
    key = changes.pop("key", uuid4().hex)
    return call(client, "POST", f"/api/v1/items/{ITEM}/cases", body, **{"Idempotency-Key": key})


def test_the_openapi_document_is_as_reviewed() -> None:
    """After a wanted change: UPDATE_SNAPSHOTS=1 pytest tests/api."""
    from yiwang.api.urls import api

    document = json.dumps(
        json.loads(json.dumps(api.get_openapi_schema(), default=str)), indent=1, sort_keys=True, ensure_ascii=False
    )
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        SNAPSHOT.write_text(document + "\n", "utf-8")
    assert SNAPSHOT.read_text("utf-8") == document + "\n"


def test_every_operation_has_a_name_that_does_not_change_with_the_code() -> None:
    from yiwang.api.urls import api

    names = [one["operationId"] for path in api.get_openapi_schema()["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert not [name for name in names if "yiwang" in name]


def test_a_program_signs_in_sends_and_follows_a_case(demo: Demo) -> None:
    client = demo.client()
    assert client.get("/api/v1/session").json()["signed_in"] is False
    answer = call(client, "POST", "/api/v1/session", {"login": RESIDENT, "password": "Yiwang-demo-2026"})
    assert answer.status_code == 200
    assert answer.json()["capacity"] == "self"
    answer = submit(client, demo)
    assert answer.status_code == 201
    receipt = answer.json()
    case = client.get(f"/api/v1/cases/{receipt['case_id']}").json()
    assert case["number"] == receipt["number"]
    assert client.get("/api/v1/cases").json()["rows"][0]["number"] == receipt["number"]
    answer = call(client, "POST", f"/api/v1/cases/{receipt['case_id']}/withdrawal", {"reason": "填错了"})
    assert answer.json()["outcome"] == "withdrawn"
    assert call(client, "DELETE", "/api/v1/session").status_code == 204
    problem_of(client.get("/api/v1/cases"), 401, "not-signed-in")


def test_a_post_is_chosen_and_left(demo: Demo) -> None:
    client = demo.client(OFFICER)
    session = client.get("/api/v1/session").json()
    [post] = [one["post"] for one in session["capacities"] if one["post"]]
    answer = call(client, "PUT", "/api/v1/session/capacity", {"capacity": "post", "post_id": post["id"]})
    assert (answer.json()["capacity"], answer.json()["capacity_id"]) == ("post", post["id"])
    assert client.get("/api/v1/tasks").status_code == 200
    problem_of(client.get("/api/v1/facts"), 403, "not-allowed")
    call(client, "PUT", "/api/v1/session/capacity", {"capacity": "self"})
    assert client.get("/api/v1/facts").status_code == 200
    answer = call(client, "PUT", "/api/v1/session/capacity", {"capacity": "post", "post_id": str(uuid4())})
    problem_of(answer, 403, "not-allowed")


def test_the_same_key_and_body_give_the_same_receipt_and_another_body_a_conflict(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    key = uuid4().hex
    first, second = submit(client, demo, key=key), submit(client, demo, key=key)
    assert (first.status_code, second.status_code) == (201, 200)
    assert {**first.json(), "repeated": True} == second.json()
    problem_of(submit(client, demo, key=key, values={"residence.phone": "13900000000"}), 409, "key-reused")


def test_every_fault_of_the_answers_is_listed_with_its_place(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    wrong = {"residence.since": "2999-01-01", "residence.phone": "12", "nobody.asks": "x"}
    document = problem_of(submit(client, demo, values=wrong), 422, "invalid")
    assert {one["pointer"] for one in document["errors"]} == set(wrong)


def test_input_that_is_not_as_described_is_refused_without_repeating_it(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    body = {"values": "金盘路30号", "form_digest": 7}
    answer = call(client, "POST", f"/api/v1/items/{ITEM}/cases", body, **{"Idempotency-Key": "k"})
    problem_of(answer, 422, "invalid")
    assert "金盘路" not in answer.content.decode()
    problem_of(call(client, "POST", f"/api/v1/items/{ITEM}/cases", {"values": {}, "form_digest": ""}), 422, "invalid")


def test_broken_json_is_a_problem_document(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    token = client.get("/api/v1/session").json()["csrf_token"]
    answer = client.generic(
        "POST", "/api/v1/session", "{", content_type="application/json", headers={"X-CSRFToken": token}
    )
    problem_of(answer, 400, "bad-request")


def test_a_change_without_the_token_is_refused(demo: Demo) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_HOST="127.0.0.1")
    body = {"login": RESIDENT, "password": "Yiwang-demo-2026"}
    answer = client.post("/api/v1/session", json.dumps(body), content_type="application/json")
    problem_of(answer, 403, "csrf-failed")


def test_wrong_password_unknown_address_and_wrong_method_are_problem_documents(demo: Demo) -> None:
    client = demo.client()
    answer = call(client, "POST", "/api/v1/session", {"login": RESIDENT, "password": "wrong"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/docs/problems/sign-in-refused"
    problem_of(client.get("/api/v1/nowhere"), 404, "not-found")
    answer = call(client, "PATCH", "/api/v1/items")
    problem_of(answer, 405, "method-not-allowed")
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize("cursor", ["x", "eyJ9.AAAA", "A" * 3000])
def test_a_forged_cursor_is_refused(demo: Demo, cursor: str) -> None:
    client = demo.client(RESIDENT)
    for path in ("/api/v1/cases", "/api/v1/reads", "/api/v1/messages"):
        answer = client.get(path, {"cursor": cursor})
        assert 400 <= answer.status_code < 500, (path, answer.content)
        assert answer["Content-Type"] == "application/problem+json"


def test_a_stranger_finds_no_case_by_its_id(demo: Demo) -> None:
    case = submit(demo.client(RESIDENT), demo).json()["case_id"]
    stranger = demo.client(NEIGHBOUR)
    problem_of(stranger.get(f"/api/v1/cases/{case}"), 404, "not-found")
    problem_of(call(stranger, "POST", f"/api/v1/cases/{case}/withdrawal", {"reason": "x"}), 404, "not-found")


def test_a_program_is_answered_in_the_language_that_it_asks_for(demo: Demo) -> None:
    client = demo.client()
    assert client.get("/api/v1/cases").json()["title"] == "请登录"
    assert client.get("/api/v1/cases", headers={"Accept-Language": "en"}).json()["title"] == "Please sign in"


def test_places_are_found_by_parent_and_by_words(demo: Demo) -> None:
    client = demo.client()
    districts = client.get("/api/v1/places").json()["rows"]
    assert len(districts) == 4
    assert client.get("/api/v1/places", {"within": districts[0]["code"]}).json()["rows"]
    assert "海秀街道" in [
        one["title"] for one in client.get("/api/v1/places/search", {"text": "海秀街道"}).json()["rows"]
    ]


def test_a_defect_is_a_problem_with_a_number_and_nothing_else(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.cases import queries

    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(queries, "list_items", broken)
    client = demo.client()
    client.raise_request_exception = False
    answer = client.get("/api/v1/items")
    problem_of(answer, 500, "unexpected")
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        '{"login": "a\\u0000b", "password": "x"}',
        '{"login": "\\ud800", "password": "x"}',
        '{"login": "a", "password": NaN}',
        '{"login": "a", "password": "x", "\\u0000": [[{"y": "\\udfff"}]]}',
        "[" * 100_000,
    ],
)
def test_what_no_text_can_hold_is_refused_and_not_a_defect(demo: Demo, body: str) -> None:
    client = demo.client()
    token = client.get("/api/v1/session").json()["csrf_token"]
    answer = client.post("/api/v1/session", body, content_type="application/json", headers={"X-CSRFToken": token})
    problem_of(answer, 400, "bad-request")


@pytest.mark.parametrize("address", ["places?within=%00", "places/search?text=a%00", "cases?number=%00"])
def test_nul_in_an_address_is_refused_and_not_a_defect(demo: Demo, address: str) -> None:
    problem_of(demo.client(RESIDENT).get(f"/api/v1/{address}"), 400, "bad-request")


def test_a_digest_of_odd_digits_is_a_form_that_nobody_read(demo: Demo) -> None:
    problem_of(submit(demo.client(RESIDENT), demo, form_digest="².x"), 409, "form-changed")
