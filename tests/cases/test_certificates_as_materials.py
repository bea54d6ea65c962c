"""A certificate that the city issued meets a material: shown, frozen, checked again, and when none is valid, what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.permit import Town

from yiwang.cases import queries
from yiwang.cases.models import Case
from yiwang.cases.values import MaterialState
from yiwang.documents import queries as documents
from yiwang.documents import services as certificates
from yiwang.kernel.errors import Invalid
from yiwang.messaging import queries as messages

LIGHTS, LAMPS = "stall-lights", "stall-lamps"
LAMP = {"stall.lamps": 3}


@pytest.fixture
def permit(town: Town) -> Any:
    """The permit that mei's stall has got from its own case."""
    sent = town.send()
    town.granted(sent.case_id)
    town.does("qin", sent.case_id, "delivered")
    [line] = documents.certificates_of_case(town.self("mei"), sent.case_id)
    return line


def material(shown: Any) -> Any:
    [line] = shown.materials
    return line


def test_a_valid_certificate_stands_in_the_form_and_is_kept_with_the_case(town: Town, permit: Any) -> None:
    line = material(queries.form_for(town.self("mei"), LIGHTS))
    assert (line.state, line.lack) == (MaterialState.KNOWN, "")
    assert (line.certificate.number, line.certificate.unit_title) == (permit.number, permit.unit_title)
    assert (line.certificate.status, line.certificate.checked_at) == ("valid", None)

    sent = town.send(item=LIGHTS, **LAMP)
    [shown] = sent.certificates
    kept = material(queries.case(town.self("mei"), sent.case_id)).certificate
    assert shown == kept
    assert (kept.identifier, kept.digest) == (permit.identifier, permit.digest)
    assert (kept.status, kept.checked_at) == ("valid", sent.submitted_at)
    assert material(queries.case(town.post("qin"), sent.case_id)).certificate == kept


def test_what_becomes_of_a_certificate_later_does_not_change_the_evidence(town: Town, permit: Any) -> None:
    sent = town.send(item=LIGHTS, **LAMP)
    certificates.suspend(town.post("tang"), permit.id, reason="卫生整改")
    line = material(queries.case(town.self("mei"), sent.case_id))
    assert (line.state, line.certificate.status) == (MaterialState.KNOWN, "valid")


def test_who_has_none_is_told_so_and_what_to_do(town: Town) -> None:
    line = material(queries.form_for(town.self("mei"), LIGHTS))
    assert line.state is MaterialState.MISSING
    assert line.lack == "摊位许可证：本市没有给您发过有效的。请先申请办理。"
    with pytest.raises(Invalid) as refused:
        town.send(item=LIGHTS, **LAMP)
    assert [(one.pointer, one.code) for one in refused.value.faults] == [("materials/permit", "certificate-missing")]


def test_a_certificate_is_looked_at_again_when_the_form_is_sent(town: Town, permit: Any) -> None:
    queries.form_for(town.self("mei"), LIGHTS)
    certificates.suspend(town.post("tang"), permit.id, reason="卫生整改")
    with pytest.raises(Invalid) as refused:
        town.send(item=LIGHTS, **LAMP)
    [fault] = refused.value.faults
    assert (fault.code, fault.params["number"]) == ("certificate-missing", permit.number)
    assert permit.number in material(queries.form_for(town.self("mei"), LIGHTS)).lack
    certificates.resume(town.post("tang"), permit.id, reason="整改完成")
    assert town.send(item=LIGHTS, **LAMP).certificates[0].number == permit.number


def test_one_that_has_run_out_is_said_to_have_run_out(town: Town, permit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiwang.documents.queries.certificates.today", lambda: permit.valid_until + timedelta(days=1))
    line = material(queries.form_for(town.self("mei"), LIGHTS))
    assert line.state is MaterialState.MISSING
    assert "已于" in line.lack


def test_nobody_elses_certificate_counts(town: Town, permit: Any) -> None:
    town.says(
        "stall.register",
        town.stall("two"),
        {"stall.name": "凯记", "stall.number": "S-2", "stall.keeper-id": "460199198506071316",
         "stall.address": {"place": "460105002001", "detail": "海港路 10 号"}},
    )  # fmt: skip
    assert material(queries.form_for(town.self("kai"), LIGHTS)).state is MaterialState.MISSING


def test_the_one_notice_says_that_none_is_valid_and_is_answered_when_there_is_one(town: Town) -> None:
    sent = town.send(item=LAMPS, **LAMP)
    assert material(queries.case(town.self("mei"), sent.case_id)).state is MaterialState.MISSING
    town.does("qin", sent.case_id, "supplement")
    [wanted] = town.task("mei", sent.case_id, post=False).wanted
    assert (wanted.field, wanted.lack) == (None, "摊位许可证：本市没有给您发过有效的。请先申请办理。")
    [notice] = [one for one in messages.inbox(town.self("mei")).rows if one.title == "please-supply"]
    assert "请先申请办理" in notice.body
    with pytest.raises(Invalid) as refused:
        town.answers("mei", sent.case_id, {})
    assert [one.code for one in refused.value.faults] == ["certificate-missing"]

    other = town.send()
    town.granted(other.case_id)
    [line] = documents.certificates_of_case(town.self("mei"), other.case_id)
    [wanted] = town.task("mei", sent.case_id, post=False).wanted
    assert wanted.lack == ""
    case = town.answers("mei", sent.case_id, {})
    assert material(case).state is MaterialState.KNOWN
    assert material(case).certificate.number == line.number
    [supplement] = case.supplements
    assert [(one.title, one.now, one.is_known) for one in supplement.lines] == [("摊位许可证", None, True)]
    [kept] = Case.objects.get(pk=sent.case_id).certificates
    assert (kept["identifier"], kept["status"], kept["digest"]) == (line.identifier, "valid", line.digest)


def test_form_notice_receipt_and_case_show_number_issuer_and_term(town: Town, permit: Any) -> None:
    mei = town.client("mei")
    form = mei.get(f"/items/{LIGHTS}/apply/").content.decode()
    sent = town.send(item=LIGHTS, **LAMP)
    pages = [form, mei.get(f"/receipts/{sent.case_id}/").content.decode()]
    pages.append(mei.get(f"/my/cases/{sent.case_id}/").content.decode())
    pages.append(town.client("qin", post=True).get(f"/desk/cases/{sent.case_id}/").content.decode())
    for page in pages:
        assert permit.number in page
        assert permit.unit_title in page
        assert permit.identifier in page


def test_a_case_its_receipt_and_the_desk_lead_to_the_certificate_that_it_issued(town: Town, permit: Any) -> None:
    mei, tang = town.client("mei"), town.client("tang", post=True)
    at = f"/my/certificates/{permit.id}/"
    assert at in mei.get(f"/my/cases/{permit.case_id}/").content.decode()
    assert at in mei.get(f"/receipts/{permit.case_id}/").content.decode()
    assert f"/desk/certificates/{permit.id}/" in tang.get(f"/desk/cases/{permit.case_id}/").content.decode()
    assert [one.id for one in queries.case(town.self("mei"), permit.case_id).certificates] == [permit.id]
    assert queries.case(town.post("qin"), permit.case_id).certificates == ()  # who may not see certificates
    told = mei.get(f"/api/v1/cases/{permit.case_id}").json()
    assert [(one["number"], one["status"]) for one in told["certificates"]] == [(permit.number, "valid")]
