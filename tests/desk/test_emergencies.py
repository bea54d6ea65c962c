"""Emergency access 应急查阅: two administrators open one case for minutes, every look is written down, and a third reviews it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import lxml.html
import pytest
from support.demo import ADMINISTRATORS, Demo, call

from yiwang import settings as site
from yiwang.audit.models import Entry
from yiwang.cases.models import Case
from yiwang.identity.models import Account, ConsentRequest
from yiwang.identity.models.emergencies import EmergencyAccess, EmergencyLook
from yiwang.identity.services import system_end_emergencies
from yiwang.kernel.time import machine_now
from yiwang.outbox.models import Event
from yiwang.records.models import Read

WHY = "群众来电称材料丢失，窗口已下班，须核对办件是否收到"
RESIDENT = "lin.xiuying"


def configured(**changes: Any) -> Any:
    given = site.configuration().model_copy(update={"consent_days": 7, **changes})
    where = ("services.consents", "queries.emergencies")
    return [mock.patch(f"yiwang.identity.{one}.configuration", return_value=given) for one in where]


@pytest.fixture(autouse=True)
def consent_is_asked() -> Iterator[None]:
    consents, queries = configured()
    with consents, queries:
        yield


@pytest.fixture
def case(demo: Demo) -> Case:
    return Case.objects.get(pk=demo.send(demo.client(RESIDENT)))


def born(demo: Demo) -> Case:
    """The case of a birth certificate, for which the hospital's record is known, with the mother's citizen ID number."""
    mother = demo.client("li.xiaowen")
    page = mother.get("/bundles/newborn/apply/")
    sent = {
        "form_digest": page.context["form"].digest,
        "idempotency_key": page.context["idempotency_key"],
        **{f"fact.{name}": record for name, record in page.context["facts_seen"].items()},
        "newborn.name": "吴一诺",
        "newborn.phone": "13800000007",
    }
    answer = mother.post("/bundles/newborn/apply/", sent)
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    return Case.objects.exclude(facts=[]).latest("submitted_at")


def administrators(demo: Demo) -> tuple[Any, Any, Any]:
    system, security, audit = (demo.client(one, post=True) for one in ADMINISTRATORS)
    return system, security, audit


def page_of(answer: Any) -> Any:
    return lxml.html.fromstring(answer.content.decode())


def text_of(answer: Any) -> str:
    return " ".join(page_of(answer).xpath("//main")[0].text_content().split())


def ask(client: Any, number: str, why: str = WHY) -> str:
    """The address of the request for consent, after the page that asks for its reason."""
    first = client.post("/desk/emergencies/open/", {"kind": "case", "reference": number, "why": why})
    assert first.status_code == 403, text_of(first)
    [form] = page_of(first).xpath("//form[.//textarea[@name='consent-reason']]")
    answer = client.post(form.get("action"), {**dict(form.form_values()), "consent-reason": "请尽快同意"})
    assert answer.status_code == 303
    return str(answer["Location"])


def opened(asker: Any, consenter: Any, number: str) -> EmergencyAccess:
    assert consenter.post(f"{ask(asker, number)}give/").status_code == 303
    return EmergencyAccess.objects.latest("begun_at")


def at(access: EmergencyAccess, act: str = "") -> str:
    return f"/desk/emergencies/{access.id}/{act and act + '/'}"


def time_is_up(access: EmergencyAccess) -> None:
    begun = machine_now() - timedelta(minutes=31)
    EmergencyAccess.objects.filter(id=access.id).update(begun_at=begun, lasts_until=begun + timedelta(minutes=30))


def told(type: str) -> list[Event]:
    return list(Event.objects.filter(type=type))


# ── Opening and reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_asks_another_consents_and_then_the_case_can_be_read(demo: Demo, case: Case) -> None:
    system, security, _audit = administrators(demo)
    request = ask(system, case.number)
    asked = text_of(security.get(request))
    assert case.number in asked
    assert WHY in asked
    assert "金盘路" not in asked
    assert security.post(f"{request}give/").status_code == 303
    access = EmergencyAccess.objects.get()
    assert access.lasts_until - access.begun_at == timedelta(minutes=30)
    assert "查看办件" in text_of(system.get(at(access)))
    read = text_of(system.post(at(access, "look")))
    assert case.number in read
    assert "金盘路30号" in read
    assert "应急查阅，到" in read
    assert EmergencyLook.objects.filter(access=access).count() == 1


def test_sensitive_values_stay_covered_and_nothing_can_be_done(demo: Demo) -> None:
    case = born(demo)
    numbers = [str(one["value"]) for one in case.facts if one["element"] in {"birth.mother-id", "birth.father-id"}]
    system, security, _audit = administrators(demo)
    access = opened(security, system, case.number)
    answer = security.post(at(access, "look"))
    assert len(numbers) == 2
    assert not [one for one in numbers if one in answer.content.decode()]
    assert numbers[0][:6] + "********" + numbers[0][-4:] in answer.content.decode()
    assert page_of(answer).xpath("//main//form | //main//a[starts-with(@href, '/files/')]") == []


def test_no_other_door_opens_meanwhile(demo: Demo, case: Case) -> None:
    system, security, audit = administrators(demo)
    access = opened(system, security, case.number)
    for one in (system, security, audit):
        assert one.get(f"/desk/cases/{case.pk}/").status_code == 404
        assert one.get(f"/api/v1/cases/{case.pk}").status_code == 404
    assert security.post(at(access, "look")).status_code == 403
    assert audit.post(at(access, "look")).status_code == 403
    assert EmergencyLook.objects.count() == 0


def test_nobody_opens_anything_alone(demo: Demo, case: Case) -> None:
    system, _security, audit = administrators(demo)
    request = ask(system, case.number)
    assert system.post(f"{request}give/").status_code == 403
    assert audit.post(f"{request}give/").status_code == 403
    assert not EmergencyAccess.objects.exists()


def test_the_auditor_cannot_ask_and_an_officer_sees_none_of_it(demo: Demo, case: Case) -> None:
    audit, officer = demo.client("aud.admin", post=True), demo.client("wu.qing", post=True)
    for one in (audit, officer):
        assert one.get("/desk/emergencies/open/").status_code == 403
        answer = call(one, "POST", "/api/v1/emergencies", {"reference": case.number, "reason": WHY})
        assert answer.status_code == 403
    assert officer.get("/desk/emergencies/").status_code == 403
    assert "应急查阅" not in page_of(officer.get("/desk/units/")).xpath("//nav")[0].text_content()


def test_what_nobody_answers_within_two_hours_was_no_emergency(demo: Demo, case: Case) -> None:
    system, security, _audit = administrators(demo)
    request = ask(system, case.number)
    row = ConsentRequest.objects.get()
    assert row.lasts_until - row.asked_at == timedelta(hours=2)
    ConsentRequest.objects.update(asked_at=row.asked_at - timedelta(hours=2), lasts_until=row.asked_at)
    assert security.post(f"{request}give/").status_code == 409
    assert not EmergencyAccess.objects.exists()


def test_everything_wrong_is_told_at_once(demo: Demo) -> None:
    system, _security, _audit = administrators(demo)
    answer = system.post("/desk/emergencies/open/", {"kind": "case", "reference": "4601", "why": "急"})
    assert answer.status_code == 422
    assert "没有这个编号。请与回执核对。" in text_of(answer)
    assert "至少 10 个字。" in text_of(answer)
    said = call(system, "POST", "/api/v1/emergencies", {"kind": "file", "reference": "", "reason": ""}).json()
    assert {one["pointer"] for one in said["errors"]} == {"/kind", "/reason"} or {
        one["pointer"].strip("/") for one in said["errors"]
    } == {"kind", "reason"}


def test_nobody_opens_what_concerns_himself(demo: Demo) -> None:
    own = Case.objects.get(pk=demo.send(demo.client("sys.admin")))
    system, security, _audit = administrators(demo)
    answer = system.post("/desk/emergencies/open/", {"kind": "case", "reference": own.number, "why": WHY})
    assert answer.status_code == 403
    assert "与本人有关" in text_of(answer)
    assert not ConsentRequest.objects.exists()
    assert opened(security, system, own.number).asked_by == Account.objects.get(login="sec.admin")


def test_one_thing_is_open_at_a_time(demo: Demo, case: Case) -> None:
    system, security, _audit = administrators(demo)
    first = opened(system, security, case.number)
    sent = {"kind": "case", "reference": case.number, "why": WHY}
    assert system.post("/desk/emergencies/open/", sent).status_code == 409
    time_is_up(first)
    second = opened(system, security, case.number)
    assert second.id != first.id
    first.refresh_from_db()
    assert first.ended_at == first.lasts_until


@pytest.mark.parametrize("changes", [{"consent_days": 0}, {"emergency_minutes": 0}])
def test_a_city_without_consents_or_without_minutes_opens_nothing(
    demo: Demo, case: Case, changes: dict[str, int]
) -> None:
    system, _security, _audit = administrators(demo)
    consents, queries = configured(**changes)
    with consents, queries:
        answer = system.post("/desk/emergencies/open/", {"kind": "case", "reference": case.number, "why": WHY})
        assert answer.status_code == 403
        assert "本市没有开放应急查阅" in text_of(system.get("/desk/emergencies/"))
    assert not EmergencyAccess.objects.exists()


# ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_when_its_time_is_up_nothing_can_be_read_whether_anybody_noticed_or_not(demo: Demo, case: Case) -> None:
    system, security, _audit = administrators(demo)
    access = opened(system, security, case.number)
    time_is_up(access)
    answer = system.post(at(access, "look"))
    assert answer.status_code == 409
    assert "金盘路" not in answer.content.decode()
    assert EmergencyLook.objects.count() == 0
    assert system_end_emergencies() == 1
    assert system_end_emergencies() == 0
    assert len(told("emergency.ended.v1")) == 1


@pytest.mark.parametrize("who", [0, 1])
def test_either_of_the_two_ends_it_at_once(demo: Demo, case: Case, who: int) -> None:
    both = administrators(demo)[:2]
    access = opened(both[0], both[1], case.number)
    assert both[who].post(at(access, "end")).status_code == 303
    assert both[0].post(at(access, "look")).status_code == 409
    assert both[who].post(at(access, "end")).status_code == 409


# ── The report ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_look_stands_in_the_audit_log_and_where_the_applicant_sees_it(demo: Demo, case: Case) -> None:
    system, security, audit = administrators(demo)
    access = opened(system, security, case.number)
    system.post(at(access, "look"))
    assert call(system, "POST", f"/api/v1/emergencies/{access.id}/looks", {}).json()["number"] == case.number
    entries = Entry.objects.filter(action="emergency.read-case", outcome="done")
    assert [(one.object_id, one.account_id) for one in entries] == [(str(case.pk), access.asked_by_id)] * 2
    assert {one.details["emergency"] for one in entries} == {str(access.id)}
    assert Entry.objects.filter(action="emergency.look", object_id=str(access.id)).count() == 2
    system.post(at(access, "end"))
    [event] = told("emergency.ended.v1")
    assert event.data["looks"] == 2
    assert event.data["concerned"] == [{"subject_id": str(case.subject_id)}]
    assert len(page_of(audit.get(at(access))).xpath("//section[@aria-labelledby='looks']//li")) == 2


def test_whose_facts_the_case_keeps_finds_the_look_among_his_readings(demo: Demo) -> None:
    kept = born(demo)
    system, security, _audit = administrators(demo)
    access = opened(system, security, kept.number)
    system.post(at(access, "look"))
    whose = {UUID(one["subject"]) for one in kept.facts}
    reads = Read.objects.filter(ground="emergency", ground_id=str(access.id))
    assert {one.subject_id for one in reads} == whose
    assert {name for one in reads for name in one.elements} == {one["element"] for one in kept.facts}


def test_whom_nobody_read_is_not_troubled(demo: Demo, case: Case) -> None:
    system, security, _audit = administrators(demo)
    system.post(at(opened(system, security, case.number), "end"))
    [event] = told("emergency.ended.v1")
    assert event.data["concerned"] == []
    assert [UUID(one["post_id"]) for one in event.data["auditors"]]


def test_the_auditor_reviews_once_after_the_end(demo: Demo, case: Case) -> None:
    system, security, audit = administrators(demo)
    access = opened(system, security, case.number)
    finding = {"verdict": "improper", "remark": "窗口次日即可核对，不算紧急"}
    assert audit.post(at(access, "review"), finding).status_code == 409
    system.post(at(access, "end"))
    assert "1" in page_of(audit.get("/desk/audit/")).xpath("//nav//a[@href='/desk/emergencies/']")[0].text_content()
    assert system.post(at(access, "review"), finding).status_code == 403
    faulty = audit.post(at(access, "review"), {"verdict": "", "remark": ""})
    assert faulty.status_code == 422
    assert len(faulty.context["summary"]) == 2
    assert audit.post(at(access, "review"), {**finding, "remark": "x" * 501}).status_code == 422
    assert audit.post(at(access, "review"), finding).status_code == 303
    assert audit.post(at(access, "review"), {**finding, "verdict": "proper"}).status_code == 409
    for one in (system, security, audit):
        said = text_of(one.get(at(access)))
        assert "审查不合规" in said
        assert finding["remark"] in said


def test_one_whose_end_nobody_noticed_is_reviewed_and_reported_all_the_same(demo: Demo, case: Case) -> None:
    system, security, audit = administrators(demo)
    access = opened(system, security, case.number)
    system.post(at(access, "look"))
    time_is_up(access)
    assert audit.post(at(access, "review"), {"verdict": "proper", "remark": "理由成立"}).status_code == 303
    access.refresh_from_db()
    assert access.ended_at == access.lasts_until
    assert system_end_emergencies() == 0
    assert len(told("emergency.ended.v1")) == 1


def test_programs_do_the_same(demo: Demo, case: Case) -> None:
    system, security, audit = administrators(demo)
    refused = call(system, "POST", "/api/v1/emergencies", {"reference": case.number, "reason": WHY}).json()
    assert refused["type"].endswith("consent-due")
    given = {"action": refused["action"], "arguments": refused["arguments"], "reason": "请同意"}
    request = call(system, "POST", "/api/v1/consents", given).json()["id"]
    assert call(security, "POST", f"/api/v1/consents/{request}", {"act": "give"}).status_code == 204
    [one] = system.get("/api/v1/emergencies").json()["rows"]
    assert (one["state"], one["mine"], one["reference"]) == ("open", True, case.number)
    assert 0 < one["seconds_left"] <= 30 * 60
    where = f"/api/v1/emergencies/{one['id']}"
    assert call(system, "POST", f"{where}/end", {}).status_code == 204
    assert call(audit, "POST", f"{where}/review", {"verdict": "proper", "remark": "理由成立"}).status_code == 204
    assert audit.get(where).json()["verdict"] == "proper"
