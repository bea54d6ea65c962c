"""Every capacity × every route: one row a route, read by people, compared with what the faces answer.

A new route without a row fails. Each cell is the status of a GET (or, where the row says so, another method) on an address
whose ids are those of a case, task, message and assignment that exist and concern 海秀街道.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from ruamel.yaml import YAML
from support import contents
from support.authenticator import Authenticator, as_text
from support.clock import late_case
from support.demo import ITEM, NEIGHBOUR, OFFICER, OTHER_OFFICER, PASSWORD, RESIDENT, Demo, call

from yiwang.audit.queries import city_key_path
from yiwang.documents.services.signing import signing_chain, signing_key
from yiwang.identity.models import Account
from yiwang.identity.queries import actor_for_self
from yiwang.identity.services import NewMandate, accept_mandate, give_mandate
from yiwang.kernel import time
from yiwang.kernel.crypto import ensure_key_file
from yiwang.kernel.identifiers import CertificateIdentifier
from yiwang.records.queries.names import called

TABLE = Path(__file__).with_name("matrix_routes.yaml")
NO_CERTIFICATE = CertificateIdentifier.make(
    type_code="11100000000013338W001", issuer="11460199990000017H", serial="NOBODY", version=1
)
CAPACITIES = ("visitor", "resident", "agent", "neighbour", "officer", "elsewhere", "system", "security", "audit")
AGENT = "wu.jian"
"""Acts for the resident, under a mandate of the item of the case."""
LOGINS = {
    "resident": (RESIDENT, False),
    "agent": (AGENT, False),
    "neighbour": (NEIGHBOUR, False),
    "officer": (OFFICER, True),
    "elsewhere": (OTHER_OFFICER, True),
    "system": ("sys.admin", True),
    "security": ("sec.admin", True),
    "audit": ("aud.admin", True),
}

EDITORS = "desk/site/"
"""Wagtail's workbench: tests/portal/test_editors_door.py walks every address of it in every capacity."""
WRITTEN = "^"
"""Whatever nothing else is called: pages that editors have published, for everybody. See tests/portal/test_written_pages.py."""
NUMBER = "460199196103089029"
"""The resident's own, invented."""


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every address pattern that the faces answer, with the methods of the API."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        elif isinstance(one, URLPattern):
            yield path


def operations() -> set[str]:
    """`METHOD /path` of every route: the API's from its document, a page's GET and, where it takes one, its POST."""
    from yiwang.api.urls import api

    found = {
        f"{method.upper()} {path}" for path, methods in api.get_openapi_schema()["paths"].items() for method in methods
    }
    pages = {f"/{path}" for path in routes() if not path.startswith(("api/", EDITORS, WRITTEN))}
    return found | {f"GET {path}" for path in pages} | {"GET /api/v1/openapi.json"}


def table() -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = YAML(typ="safe").load(TABLE)
    return rows


def test_every_route_has_a_row_and_every_row_a_route(demo: Demo, things: dict[str, str]) -> None:
    pages = {row.removeprefix("GET ") for row in operations() if not row.partition(" ")[2].startswith("/api/")}
    client = demo.client()
    takes_post = {f"POST {path}" for path in pages if ask(client, *address(f"POST {path}", things), {}) != 405}
    assert set(table()) == operations() | takes_post


def test_every_row_names_every_capacity() -> None:
    assert {row: tuple(cells) for row, cells in table().items() if tuple(cells) != CAPACITIES} == {}


@pytest.fixture
def things(demo: Demo, tmp_path: Path) -> dict[str, str]:
    """Ids that exist: a case of the resident's at 海秀街道, its task, an alert on another, a message to him, the officer's assignment."""
    from yiwang.identity.models import Account, Assignment

    ensure_key_file(city_key_path(), now=time.machine_now())  # what a city publishes from its first seal on
    signing_chain(signing_key())  # and what it publishes from the first certificate or sheet on
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    decided = demo.send(resident)
    task, version = demo.task_of(officer, decided)
    call(officer, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version})
    demo.settle()
    [message] = resident.get("/api/v1/messages").json()["rows"]
    case = demo.send(resident)
    task, version = demo.task_of(officer, case)
    assignment = Assignment.objects.get(account__login=OTHER_OFFICER)
    form = demo.open_form(resident)
    return {
        "alert_id": str(late_case(demo, RESIDENT, tmp_path)["red"]),
        "version": str(version),
        "account_id": str(Account.objects.get(login=NEIGHBOUR).id),
        "post_id": str(assignment.post_id),
        "unit_id": str(assignment.post.unit_id),
        "unit_code": assignment.post.unit.code,
        "parent_id": str(assignment.post.unit.parent_id),
        "duty_id": "confirm-address",
        "digest": form["form_digest"],
        "village": demo.village("海秀街道"),
        "item_id": ITEM,
        "event_id": "home",
        "article_id": str(
            assignment.id
        ),  # nothing is written yet; what the pages answer then is shown in tests/content
        "theme_id": "live",
        "case_id": str(case),
        "discrepancy_id": str(doubt_of(RESIDENT)),
        "subject_id": str(Account.objects.get(login=RESIDENT).subject_id),
        "task_id": str(task),
        "message_id": message["id"],
        "assignment_id": str(assignment.id),
        "reorganisation_id": str(
            assignment.id
        ),  # nothing was reorganised yet; what the pages answer then is shown in tests/desk/test_reorganisation.py
        "request_id": str(UUID(int=1)),  # nobody has asked for consent: whose it is is shown in test_consents.py
        "access_id": str(UUID(int=1)),  # nothing was opened: who reads what is shown in tests/desk/test_emergencies.py
        "review_id": review_of(assignment.post.unit_id),
        "mandate_id": str(mandate_to(NEIGHBOUR)),
        "session_id": str(UUID(int=1)),
        "passkey_id": str(UUID(int=1)),
        "provider_id": str(UUID(int=1)),  # none is connected: who may what is shown in tests/portal/test_outside.py
        "authority_id": str(
            UUID(int=1)
        ),  # none is declared: who may what is shown in tests/portal/test_certificate_sign_in.py
        "link_id": str(UUID(int=1)),
        "client_id": str(UUID(int=1)),  # no system is connected: what they get is shown in tests/portal/test_sign_on.py
        "keeper_id": str(UUID(int=1)),  # no system keeps officers: what those get is shown in test_scim.py
        "token_id": str(UUID(int=1)),
        "receiver_id": str(UUID(int=1)),  # no system is supplied: what those get is shown in test_supplying.py
        "path": "Users",
        "kind": "units",
        "file_id": str(file_of(case)),
        "reception_id": str(
            assignment.id
        ),  # no reception is called so: whose they are is shown in tests/desk/test_hall.py
        "code": "invalid",
        "limit": "address-confirmed",
        "number": NUMBER,
        "resource": "residence.addresses",
        "element": "residence.phone",
        "record_id": resident.get("/api/v1/facts").json()["rows"][-1]["record_id"],
        "word_id": str(relation_of(RESIDENT, unit_id_of(OFFICER))),
        "certificate_id": str(assignment.id),  # no certificate is called so: whose they are is shown in tests/documents
        "application_id": str(
            assignment.id
        ),  # no application is called so, and no bundle: see tests/portal/test_bundles.py
        "bundle_id": "nothing",
        "form": "pdf",
        "token": "nobody",
        "key_id": "nobody",
        "act": "revoke",
        "name": "nothing.png",
    }


def review_of(unit_id: UUID) -> str:
    """A review of the rights of a unit that nobody leads, opened by the security administrator."""
    from yiwang.identity.models import Assignment
    from yiwang.identity.queries import actor_for_post, first_last_day
    from yiwang.identity.services import open_review

    seat = Assignment.objects.get(account__login="sec.admin")
    return str(open_review(actor_for_post(seat.account, seat.post_id), unit_id, "年度权限复核", first_last_day()))


def doubt_of(login: str) -> Any:
    """A discrepancy of the resident's address, which 海秀街道 has just confirmed, reported by himself."""
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_self
    from yiwang.records.services import report_discrepancy
    from yiwang.records.values import Evidence

    himself = actor_for_self(Account.objects.get(login=login))
    phone, why = "13912345678", Evidence("换了号码")
    return report_discrepancy(
        himself, "residence.addresses", himself.capacity_id, "residence.phone", phone, why, purpose="fact-checking"
    )


def unit_id_of(login: str) -> UUID:
    """The unit of an officer's only post."""
    from yiwang.identity.models import Assignment

    return UUID(str(Assignment.objects.get(account__login=login).post.unit_id))


def relation_of(login: str, unit_id: UUID) -> UUID:
    """That somebody else is a child of hers, by the word of this unit."""
    from yiwang.acts.values import system
    from yiwang.identity.models import Account
    from yiwang.records.services import write_relation

    mother, child = (Account.objects.get(login=one).subject_id for one in (login, OTHER_OFFICER))
    since = time.today().replace(month=1, day=1)
    return write_relation(system("tests"), "mother", child, mother, valid_from=since, door="case", unit_id=unit_id)


def file_of(case: UUID) -> UUID:
    """A file that the resident handed in and his case has."""
    from yiwang.documents import services
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_self

    actor = actor_for_self(Account.objects.get(login=RESIDENT))
    plan = io.BytesIO(contents.pdf())
    file = services.receive(actor, plan, name="平面图.pdf", allowed=("pdf",), largest_bytes=1 << 20)
    services.attach(actor, [file.id], owner="case", owner_id=case)
    return file.id


def passkey_of_nobody() -> dict[str, Any]:
    """Another each time: so many wrong answers of one would be locked."""
    return Authenticator(handle=b"nobody").answer({"challenge": as_text(bytes(32)), "rpId": "localhost"})


def address(row: str, things: dict[str, str]) -> tuple[str, str]:
    method, _, path = row.partition(" ")
    for name, value in things.items():
        for form in (f"<uuid:{name}>", f"<slug:{name}>", f"<str:{name}>", f"<path:{name}>", f"{{{name}}}"):
            path = path.replace(form, value)
    assert "<" not in path
    assert "{" not in path
    return method, path


def body_of(row: str, things: dict[str, str]) -> dict[str, Any]:
    """What a caller sends who knows what he does, so that the answer says whether he may."""
    decision = {"act": "accept", "version": int(things["version"]), "reason": ""}
    since = time.today().isoformat()
    answers = {
        "residence.address": {"place": things["village"], "detail": "金盘路30号"},
        "residence.since": "2026-03-01",
        "residence.phone": "13807491234",
    }
    abolished = {"what": "abolish", "unit": things["unit_id"], "successor": things["parent_id"]}
    new_unit = {
        "title": "便民中心",
        "code": "hk-centre",
        "level": "division",
        "credit_code": "11460199990000017H",
        "division_code": "460105",
    }
    bodies: dict[str, dict[str, Any]] = {
        "POST /api/v1/assignments": {
            "account_id": things["account_id"],
            "post_id": things["post_id"],
            "valid_from": since,
        },
        "POST /api/v1/assignments/{assignment_id}/place": {"establishment": "administrative"},
        "POST /desk/assignments/<uuid:assignment_id>/place/": {"establishment": "administrative"},
        "POST /api/v1/units/{unit_id}/headcounts": {"kind": "administrative", "places": 9, "document": "编〔2026〕1号"},
        "POST /desk/units/<uuid:unit_id>/headcount/": {
            "kind": "administrative",
            "places": "9",
            "document": "编〔2026〕1号",
        },
        "POST /api/v1/reorganisations/preview": {"plan": abolished},
        "POST /api/v1/reorganisations": {
            "plan": abolished,
            "reason": "撤并",
            "document": "编〔2026〕1号",
            "fingerprint": "",
        },
        "POST /api/v1/reorganisations/{reorganisation_id}/undo": {"reason": "文件撤销", "fingerprint": ""},
        "POST /api/v1/units/{unit_id}/reopen": {"version": 1},
        "POST /api/v1/posts/{post_id}/reopen": {"version": 1},
        "POST /desk/units/<uuid:unit_id>/reopen/": {"version": 1},
        "POST /desk/posts/<uuid:post_id>/reopen/": {"version": 1},
        "POST /desk/units/<uuid:unit_id>/merge/": {"into": things["parent_id"], "step": "preview"},
        "POST /desk/units/<uuid:unit_id>/abolish/": {"successor": things["parent_id"], "step": "preview"},
        "POST /desk/units/<uuid:unit_id>/split/": {**new_unit, "posts": things["post_id"], "step": "preview"},
        "POST /api/v1/lists/{kind}/look": {"table": ""},
        "POST /api/v1/lists/{kind}": {"table": "", "fingerprint": ""},
        "POST /api/v1/consents": {"action": "account.close", "arguments": {}, "reason": ""},
        "POST /api/v1/consents/{request_id}": {"act": "refuse", "reason": "没有批复"},
        "POST /desk/consents/<uuid:request_id>/<slug:act>/": {"reason": "没有批复"},
        "POST /api/v1/keepers": {
            "title": "人事系统",
            "unit": things["unit_code"],
            "side": "accounts",
            "units": [things["unit_code"]],
        },
        "POST /api/v1/keepers/{keeper_id}/tokens": {"days": 1},
        "PUT /api/v1/posts/{post_id}/leading": {"leading": True},
        "POST /api/v1/receivers": {
            "title": "邮件系统",
            "unit": things["unit_code"],
            "units": [things["unit_code"]],
            "address": "https://mail.example/scim/v2",
            "token": "nobody",
        },
        "PUT /api/v1/receivers/{receiver_id}/token": {"token": "nobody"},
        "POST /api/v1/clients": {
            "title": "信访系统",
            "unit": things["unit_code"],
            "people": "officers",
            "redirect_addresses": ["https://letters.example/back"],
            "scopes": ["openid"],
        },
        "POST /api/v1/providers": {
            **{"title": "某平台", "kind": "oidc", "people": "officers", "vouches": "login", "claim": "uid"},
            "issuer": "nowhere",
        },
        "PUT /api/v1/providers/{provider_id}": {
            **{"title": "某平台", "kind": "oidc", "people": "officers", "vouches": "login", "claim": "uid"},
            **{"issuer": "nowhere", "digest": ""},
        },
        "POST /api/v1/providers/{provider_id}/opening": {"digest": ""},
        "POST /desk/providers/<uuid:provider_id>/shut/": {"sure": "1"},
        "POST /api/v1/authorities": {"title": "某认证机构", "people": "both", "chain": "nothing"},
        "PUT /api/v1/authorities/{authority_id}": {
            **{"title": "某认证机构", "people": "both", "has_list": True, "number_attribute": "", "digest": ""},
        },
        "POST /api/v1/authorities/{authority_id}/list": {"list": "nothing"},
        "POST /api/v1/authorities/{authority_id}/opening": {"digest": ""},
        "POST /desk/authorities/<uuid:authority_id>/shut/": {"sure": "1"},
        "POST /api/v1/session/certificate": {"answer": "nothing"},
        "POST /api/v1/login-certificates": {"name": "密钥", "answer": "nothing"},
        "POST /api/v1/login-certificates/challenge": {"password": "wrong"},
        "PUT /api/v1/login-certificates/{certificate_id}": {"name": "密钥"},
        "POST /api/v1/login-certificates/{certificate_id}/removal": {"password": "wrong"},
        "POST /api/v1/mandates": {
            "subject_id": things["subject_id"],
            "agent_number": things["number"],
            "agent_name": called([UUID(things["subject_id"])])[UUID(things["subject_id"])],
            "items": None,
            "valid_from": since,
            "last_day": since,
        },
        "POST /api/v1/emergencies": {"reference": "nothing", "reason": "群众来电，须立即核对"},
        "POST /api/v1/emergencies/{access_id}/review": {"verdict": "proper", "remark": "理由成立"},
        "POST /api/v1/duty-requests": {"duty": "nothing", "last_day": since, "reason": "写解读"},
        "POST /api/v1/reviews": {"reason": "年度权限复核", "last_day": since},
        "POST /api/v1/reviews/{review_id}/answers": {"lines": [], "answer": "keep"},
        "POST /desk/reviews/<uuid:review_id>/answer/": {"answer": "keep"},
        "POST /api/v1/mandates/{mandate_id}": {"act": "accept"},
        "POST /my/mandates/<uuid:mandate_id>/answer/": {"decision": "accept"},
        "POST /api/v1/session/proof": {"password": PASSWORD},
        "POST /api/v1/session/passkey": {"passkey": passkey_of_nobody()},
        "POST /api/v1/passkeys": {"name": "电脑", "passkey": {}},
        "POST /api/v1/passkeys/challenge": {"password": "wrong"},
        "POST /api/v1/passkeys/{passkey_id}/removal": {"password": "wrong"},
        "POST /api/v1/alerts/{alert_id}/closing": {"reason": "已督促"},
        "POST /api/v1/alerts/{alert_id}/explanation": {"reason": "本周内办完"},
        "POST /api/v1/alerts/{alert_id}/withdrawal": {"reason": "误报"},
        "POST /api/v1/cases/{case_id}/cancellation": {"reason": "重复申请"},
        "POST /api/v1/cases/{case_id}/clocks/{limit}/extension": {"reason": "案情复杂"},
        "POST /api/v1/cases/{case_id}/withdrawal": {"reason": "填错了"},
        **{
            f"POST /api/v1/certificates/{{certificate_id}}/{act}": {"reason": "有原因"}
            for act in ("suspension", "resumption", "revocation", "replacement")
        },
        "POST /api/v1/verification/identifier": {"identifier": NO_CERTIFICATE},
        "POST /desk/certificates/<uuid:certificate_id>/<slug:act>/": {"reason": "有原因"},
        "POST /api/v1/applications/{application_id}/answer": {"item": "nothing", "goes_on": True},
        "POST /api/v1/applications/{application_id}/withdrawal": {"reason": "不办了"},
        "POST /api/v1/bundles/{bundle_id}/applications": {"values": {}, "form_digest": "1.nothing"},
        "POST /api/v1/items/{item_id}/cases": {"values": answers, "form_digest": things["digest"]},
        **{
            row: {
                "scheme": "citizen-id",
                "value": things["number"],
                "shown": "card",
                "means": "signed",
                "agreed": True,
            }
            for row in ("POST /api/v1/items/{item_id}/receptions", "POST /api/v1/bundles/{bundle_id}/receptions")
        },
        "POST /api/v1/records/{resource}/{record_id}/corrections": {
            "values": {"residence.phone": "13907491234"},
            "reason": "录错了一位",
        },
        "POST /desk/records/<str:resource>/<uuid:record_id>/correct/": {
            "residence.phone": "13907491234",
            "reason": "录错了一位",
        },
        "POST /api/v1/relations/{word_id}/corrections": {"valid_from": "2026-03-01", "reason": "录错了一天"},
        "POST /api/v1/relations/{word_id}/retraction": {"reason": "录错了人"},
        "POST /desk/relations/<uuid:word_id>/correct/": {"act": "retract", "why-never": "录错了人"},
        **{
            f"POST {path}relations/<uuid:word_id>/doubt/": {"what": "never", "why": "录错了人"}
            for path in ("/my/", "/desk/subjects/<uuid:subject_id>/")
        },
        "POST /api/v1/discrepancies": {
            "subject_id": things["subject_id"],
            "resource": things["resource"],
            "element": "residence.phone",
            "proposed": "13912345678",
            "why": "换了号码",
            "purpose": "fact-checking",
        },
        "POST /api/v1/subjects/search": {"scheme": "citizen-id", "value": things["number"]},
        "POST /desk/subjects/": {
            "scheme": "citizen-id",
            "value": things["number"],
            "purpose": "case-handling",
        },
        "POST /api/v1/session": {"login": RESIDENT, "password": PASSWORD},
        "PUT /api/v1/session/capacity": {"capacity": "self"},
        "POST /api/v1/tasks/{task_id}": decision,
        "POST /api/v1/tasks/{task_id}/answer": {"values": {}, "version": int(things["version"])},
        "POST /api/v1/tasks/{task_id}/transfer": {
            "post_id": things["post_id"],
            "reason": "出差",
            "version": int(things["version"]),
        },
        "POST /desk/cases/<uuid:case_id>/cancel/": {"reason": "重复申请"},
        "POST /desk/cases/<uuid:case_id>/clocks/<slug:limit>/extend/": {"reason": "案情复杂", "length": "1"},
        "POST /desk/officers/<uuid:account_id>/close/": {"sure": "1"},
        "POST /desk/post/": {"post": "self"},
        "POST /desk/posts/<uuid:post_id>/assign/": {"login": NEIGHBOUR, "valid_from": since},
        "POST /desk/posts/<uuid:post_id>/close/": {"version": 1},
        "POST /desk/posts/<uuid:post_id>/duties/": {"version": 1, "duties": ["confirm-address"]},
        "POST /desk/units/<uuid:unit_id>/close/": {"version": 1},
        "POST /desk/units/<uuid:unit_id>/move/": {"version": 1, "parent": things["parent_id"]},
        "POST /desk/units/<uuid:unit_id>/open/": new_unit,
        "POST /desk/units/<uuid:unit_id>/posts/": {"title": "夜间窗口", "code": "hk-night"},
        "POST /desk/units/<uuid:unit_id>/rename/": {"version": 1, "title": "海秀街道"},
        "POST /desk/sign-in/": {"login": OFFICER, "password": PASSWORD},
        "POST /desk/supervision/<uuid:alert_id>/": {"act": "explain", "reason": "本周内办完"},
        "POST /desk/tasks/<uuid:task_id>/": decision,
        "POST /my/cases/<uuid:case_id>/withdraw/": {"reason": "填错了"},
        "POST /sign-in/": {"login": RESIDENT, "password": PASSWORD},
    }
    return bodies.get(row, {})


def query_of(path: str) -> str:
    """What a reader asks with: facts are read for a purpose, events of a period."""
    if "/api/v1/discrepancies/" in path:
        return "?purpose=fact-checking"
    if any(part in path for part in ("/subjects/", "/records/", "/desk/relations/")):
        return "?purpose=case-handling&since=2026-01-01"
    return ASKED if path.endswith(("/explanation", "/why/")) else QUERIES.get(path, "")


QUERIES = {"/places/picker/": "?field=residence.address", "/api/v1/places/search": "?text=海秀"}
ASKED = "?action=task.decide"
"""About what rights are asked."""


def signed_in(demo: Demo, capacity: str) -> Any:
    login, post = LOGINS.get(capacity, ("", False))
    client = demo.client(login, post=post)
    if capacity == "agent":
        mandate = mandate_to(AGENT)
        accept_mandate(actor_for_self(Account.objects.get(login=AGENT)), mandate)
        assert client.post("/my/capacity/", {"capacity": f"mandate:{mandate}"}).status_code == 303
    return client


def mandate_to(login: str) -> UUID:
    """The resident asks somebody to act for her, in the item of her case."""
    resident = actor_for_self(Account.objects.get(login=RESIDENT))
    new = NewMandate(resident.subject_id, [ITEM], time.today(), time.today() + timedelta(days=30))
    return give_mandate(resident, Account.objects.get(login=login).id, new)


def ask(client: Any, method: str, path: str, body: dict[str, Any]) -> int:
    """The status, with everything that the request did taken back."""
    from django.db import transaction

    cookies = client.cookies.copy()
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]
    with around:
        if path.startswith("/api/") and method != "GET":
            answer = call(client, method, path, body, **{"Idempotency-Key": "key-of-the-matrix"})
        elif method == "POST":
            answer = client.post(path + query_of(path), body)
        else:
            answer = client.get(path + query_of(path))
        transaction.set_rollback(True)
    if answer.streaming:
        b"".join(answer.streaming_content)
    client.cookies = cookies
    return int(answer.status_code)


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_each_capacity_is_answered_as_its_column_says(demo: Demo, things: dict[str, str], capacity: str) -> None:
    client = signed_in(demo, capacity)
    wrong = {}
    for row, cells in table().items():
        got = ask(client, *address(row, things), body_of(row, things))
        if got != cells[capacity]:
            wrong[row] = f"{got} instead of {cells[capacity]}"
    assert wrong == {}
