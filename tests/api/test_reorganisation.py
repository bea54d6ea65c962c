"""Reorganisation over the API: the preview, the refusal that carries a new one, the act, its page and its undoing."""

from __future__ import annotations

from support.demo import Demo, call

SYSTEM = "sys.admin"
WHY = {"reason": "机构改革", "document": "琼编〔2026〕12号"}


def test_a_refusal_carries_the_preview_as_it_is_now_and_that_one_is_taken(demo: Demo) -> None:
    from yiwang.identity.models import Unit

    client = demo.client(SYSTEM, post=True)
    street, other = (Unit.objects.get(code=code) for code in ("hk-460105002", "hk-460105001"))
    plan = {"what": "merge", "units": [str(street.id)], "into": str(other.id)}
    seen = call(client, "POST", "/api/v1/reorganisations/preview", {"plan": plan}).json()
    late = call(client, "POST", "/api/v1/reorganisations", {"plan": plan, **WHY, "fingerprint": "0" * 32})
    assert late.status_code == 409
    assert late.json()["type"].endswith("organisation-changed")
    assert late.json()["preview"] == seen
    done = call(client, "POST", "/api/v1/reorganisations", {"plan": plan, **WHY, "fingerprint": seen["fingerprint"]})
    assert done.status_code == 201
    at = f"/api/v1/reorganisations/{done.json()['id']}"
    page = call(client, "GET", at).json()
    assert (page["what"], page["to"]["id"], page["undone_by"]) == ("merge", str(other.id), None)
    assert {one["kind"]: one["number"] for one in page["lines"]} == {
        one["kind"]: one["number"] for one in seen["lines"]
    }
    late = call(client, "POST", f"{at}/undo", {"reason": "文件撤销", "fingerprint": "0" * 32})
    assert late.status_code == 409
    fingerprint = late.json()["preview"]["fingerprint"]
    undone = call(client, "POST", f"{at}/undo", {"reason": "文件撤销", "fingerprint": fingerprint})
    assert undone.status_code == 201
    assert call(client, "GET", at).json()["undone_by"] == undone.json()["id"]
