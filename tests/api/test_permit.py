"""A permit over the API: prefill with provenance, refusals as problems, what is asked of the applicant."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from support.demo import call
from support.permit import ANSWERS, ITEM, PLAN, Town, run_outside, stall_of


def form_of(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/items/{ITEM}/form").json()
    return found


def seen_in(form: dict[str, Any]) -> dict[str, str]:
    fields = [one for section in form["sections"] for one in section["fields"]]
    return {one["name"]: one["source"]["record_id"] for one in fields if one["source"]}


def send(client: Any, form: dict[str, Any], values: dict[str, Any], **more: Any) -> Any:
    body = {"values": values, "form_digest": form["digest"], **more}
    return call(client, "POST", f"/api/v1/items/{ITEM}/cases", body, **{"Idempotency-Key": uuid4().hex})


def test_the_form_comes_filled_and_the_receipt_says_what_was_known(town: Town) -> None:
    client = town.client("mei")
    form = form_of(client)
    assert form["subject_id"] == str(town.stall("one"))
    receipt = send(client, form, town.with_files("mei", ANSWERS), facts=seen_in(form))
    assert receipt.status_code == 201
    body = receipt.json()
    assert (body["form_fields"], body["known_fields"]) == (7, 3)
    [name] = [one for one in body["facts"] if one["element"] == "stall.name"]
    assert name["source"]["unit_title"] == "海秀街道办事处"
    assert name["release"] > 0


def test_another_value_for_a_known_fact_is_refused_and_a_change_in_between_is_a_conflict(town: Town) -> None:
    client = town.client("mei")
    form = form_of(client)
    refused = send(client, form, {**town.with_files("mei", ANSWERS), "stall.name": "别的"})
    assert (refused.status_code, [one["code"] for one in refused.json()["errors"]]) == (422, ["known-fact"])
    town.says("stall.register", town.stall("one"), stall_of("mei", "改名小吃", "S-1"), since=date(2026, 6, 1))
    conflict = send(client, form, town.with_files("mei", ANSWERS), facts=seen_in(form))
    assert conflict.status_code == 409
    assert conflict.json()["type"] == "/docs/problems/fact-changed"
    [error] = conflict.json()["errors"]
    assert "梅香小吃" in error["detail"]
    assert "改名小吃" in error["detail"]


def test_a_notice_is_written_read_and_answered(town: Town) -> None:
    sent = town.send(**{"stall.plan": None})
    officer, mei = town.client("qin", post=True), town.client("mei")
    task = town.task("qin", sent.case_id)
    asks = [{"kind": "element", "id": "stall.goods", "words": "请写明品种"}]
    done = call(
        officer,
        "POST",
        f"/api/v1/tasks/{task.id}",
        {"act": "supplement", "version": task.version, "asks": asks},
    )
    assert done.status_code == 200

    run_outside()
    [waiting] = mei.get("/api/v1/tasks").json()["rows"]
    found = mei.get(f"/api/v1/tasks/{waiting['id']}").json()
    assert [(one["id"], one["words"]) for one in found["wanted"]] == [("plan", ""), ("stall.goods", "请写明品种")]
    at = f"/api/v1/tasks/{waiting['id']}/answer"
    lacking = call(mei, "POST", at, {"values": {}, "version": found["version"]})
    assert (lacking.status_code, len(lacking.json()["errors"])) == (422, 2)
    values = {**town.with_files("mei", {"stall.plan": PLAN}), "stall.goods": "椰子冻"}
    assert call(mei, "POST", at, {"values": values, "version": found["version"]}).status_code == 200
    assert call(mei, "POST", at, {"values": values, "version": found["version"]}).status_code == 409


def test_a_task_is_handed_over(town: Town) -> None:
    sent = town.send()
    officer = town.client("qin", post=True)
    found = officer.get(f"/api/v1/tasks/{town.task('qin', sent.case_id).id}").json()
    deputy = next(one for one in found["deputies"] if "受理二岗" in one["title"])
    body = {"post_id": deputy["post_id"], "reason": "培训", "version": found["version"]}
    assert call(officer, "POST", f"/api/v1/tasks/{found['id']}/transfer", body).status_code == 200
    assert officer.get("/api/v1/tasks").json()["rows"] == []
