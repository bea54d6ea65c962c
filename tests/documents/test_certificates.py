"""Certificates: issued once, signed, numbered; suspended, resumed, revoked, replaced; seen by those whom they concern."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from yiwang.acts.values import VISITOR, system
from yiwang.documents import queries, services
from yiwang.documents.checks import certificates_can_be_issued
from yiwang.documents.models import Certificate, File, NumberSeries, StatusEntry, TakenNumber
from yiwang.documents.rules.terms import ALLOWED, LAST_DAY, end_of_term, standing_on
from yiwang.documents.values import (
    CertificateIncomplete,
    CertificateNotOpen,
    CertificateStatus,
    Content,
    Form,
    HolderUnknown,
    SigningKeyEnded,
    SigningKeyMissing,
)
from yiwang.kernel.canonical import canonical_json
from yiwang.kernel.crypto import INTL, load_key_file, write_key_file
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.identifiers import CertificateIdentifier
from yiwang.kernel.time import machine_now, today
from yiwang.outbox.models import Event

from .conftest import ANSWERS, People, issue


def content(one: UUID) -> Any:
    return json.loads(queries.download(system("tests"), one, Form.JSON).content)


def view(people: People, one: UUID) -> Any:
    return queries.certificate(people.he, one)


# ── Issuing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_issued_says_what_was_decided_and_is_signed(people: People, keys: Path) -> None:
    one = issue(people)
    document = queries.download(people.lin, one, Form.JSON).content
    said = json.loads(document)
    assert document == canonical_json(said)
    assert said["type"] == {
        "id": "stall-permit",
        "code": "11100000000013338W201",
        "title": "摊位经营许可证",
        "title_en": "Stall permit",
    }
    assert said["holder"]["name"] == "林秀英"
    assert said["holder"]["identifier"] == "460199196103089029"
    assert said["issuer"] == {"name": "海秀街道办事处", "code": "114601999900002874"}
    assert [(field["title"], field["shown"]) for field in said["fields"]] == [
        ("摊主", "林秀英"),
        ("公民身份号码", "460199196103089029"),
        ("经营品种", "清补凉"),
        ("摆摊地点", "海南省海口市秀英区海秀街道海港社区居民委员会海港路 8 号"),
    ]
    identifier = CertificateIdentifier.parse(said["identifier"])
    assert (identifier.issuer, identifier.serial, identifier.version) == ("114601999900002874", said["number"], 1)
    key = load_key_file(keys).public
    assert said["key_id"] == key.key_id
    assert key.verify(document, queries.download(people.lin, one, Form.JSON_SIGNATURE).content)
    pdf = queries.download(people.lin, one, Form.PDF).content
    assert key.verify(pdf, queries.download(people.lin, one, Form.PDF_SIGNATURE).content)


def test_the_page_carries_what_is_signed_and_its_signature(people: People) -> None:
    one = issue(people)
    attached = PdfReader(io.BytesIO(queries.download(people.lin, one, Form.PDF).content)).attachments
    assert attached["certificate.json"] == [queries.download(people.lin, one, Form.JSON).content]
    assert attached["certificate.json.sig"] == [queries.download(people.lin, one, Form.JSON_SIGNATURE).content]


def test_it_holds_for_its_term_from_the_day_of_issue(people: People) -> None:
    said = content(issue(people))
    assert said["valid_from"] == said["issued_on"] == today().isoformat()
    end = end_of_term(today(), years=3)
    assert said["valid_until"] == (end - timedelta(days=1)).isoformat()
    assert content(issue(people, "stall-badge"))["valid_until"] is None


def test_issuing_again_under_the_same_key_gives_the_same_certificate(people: People) -> None:
    assert issue(people, key="step-1") == issue(people, key="step-1")
    assert Certificate.objects.count() == 1
    assert Event.objects.filter(type="certificate.issued.v1").count() == 1


def test_the_next_one_of_the_same_holder_is_the_next_version_of_the_same_number(people: People) -> None:
    first, second = issue(people), issue(people)
    before, after = queries.certificate(people.lin, first), queries.certificate(people.lin, second)
    assert before.line.status is CertificateStatus.REPLACED
    assert (after.line.status, after.line.version) == (CertificateStatus.VALID, 2)
    assert after.line.number == before.line.number
    assert (before.replaced_by, after.replaces) == (second, first)
    assert content(second)["replaces"] == before.line.identifier


def test_a_kind_of_which_one_may_have_several_gives_each_its_own_number(people: People) -> None:
    first, second = issue(people, "stall-badge"), issue(people, "stall-badge")
    lines = [view(people, one).line for one in (first, second)]
    assert [one.status for one in lines] == [CertificateStatus.VALID] * 2
    assert [one.version for one in lines] == [1, 1]
    assert len({one.number for one in lines}) == 2


def test_gapless_numbers_have_no_gap_whatever_failed_between(people: People, keys: Path, monkeypatch: Any) -> None:
    first = content(issue(people))["number"]
    with monkeypatch.context() as broken:
        broken.setattr("yiwang.documents.services.issuing.typeset", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            issue(people, key="fails once", who="chen")
    third = content(issue(people, who="wu.qing"))["number"]
    second = content(issue(people, key="fails once", who="chen"))["number"]
    year = today().year
    assert [first, second, third] == [f"TW{year}0001", f"TW{year}0002", f"TW{year}0003"]
    assert NumberSeries.objects.get().last == 3


def test_doctor_names_a_number_that_no_certificate_bears(people: People) -> None:
    from yiwang.kernel.time import now

    issue(people)
    TakenNumber.objects.create(key="lost", type="stall-permit", number="TW9", taken_at=now() - timedelta(days=2))
    [wrong] = [one for one in certificates_can_be_issued() if not one.is_well]
    assert "TW9" in wrong.detail
    assert "yiwang retry" in wrong.mend


def test_without_its_key_the_city_issues_nothing_and_takes_no_number(people: People, keys: Path) -> None:
    keys.unlink()
    with pytest.raises(SigningKeyMissing):
        issue(people, key="step-1")
    assert not Certificate.objects.exists()
    assert not TakenNumber.objects.exists()
    assert not File.objects.filter(media_type="application/pdf").exists()


def test_a_key_whose_term_is_over_signs_nothing(people: People, keys: Path) -> None:
    keys.unlink()
    write_key_file(
        keys, INTL.generate(not_before=machine_now() - timedelta(days=9), not_after=machine_now() - timedelta(days=1))
    )
    with pytest.raises(SigningKeyEnded):
        issue(people)


def test_a_certificate_of_another_key_is_not_used_to_sign_with(people: People, keys: Path) -> None:
    issue(people)
    keys.unlink()
    write_key_file(
        keys, INTL.generate(not_before=machine_now() - timedelta(days=1), not_after=machine_now() + timedelta(days=9))
    )
    with pytest.raises(SigningKeyMissing, match="another key"):
        issue(people, who="chen")


def test_everything_that_is_missing_is_said_at_once(people: People) -> None:
    with pytest.raises(CertificateIncomplete) as caught:
        issue(people, **{"stall.keeper": "", "stall.goods": ""})
    assert caught.value.params["elements"] == "stall.goods, stall.keeper"


def test_the_holder_is_who_bears_the_identifier(people: People) -> None:
    chen = people.self("chen")
    one = issue(people, "stall-badge", **{"stall.keeper-number": "460199198811129019", "stall.keeper": "陈大文"})
    assert view(people, one).line.holder_id == chen.capacity_id
    with pytest.raises(HolderUnknown):
        issue(people, "stall-badge", **{"stall.keeper-number": "11010519491231002X"})


def test_audit_and_events_hold_no_word_of_what_it_says(people: People) -> None:
    from yiwang.audit.models import Entry

    one = issue(people)
    services.suspend(people.he, one, reason="林秀英搬走了")
    kept = json.dumps(
        [*Entry.objects.values_list("details", flat=True), *Event.objects.values_list("data", flat=True)],
        ensure_ascii=False,
    )
    assert "certificate" in kept
    for word in ("林秀英", "460199196103089029", "清补凉", "海港路"):
        assert word not in kept


def test_what_is_signed_can_be_read_back(people: People) -> None:
    said = content(issue(people))
    assert json.loads(canonical_json(Content.read(said).plain())) == said


# ── What becomes of it ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_suspended_and_resumed_and_revoked_and_its_history_says_by_whom_and_why(people: People) -> None:
    one = issue(people)
    assert services.suspend(people.he, one, reason="卫生检查不合格").line.status is CertificateStatus.SUSPENDED
    assert services.resume(people.he, one, reason="整改合格").line.status is CertificateStatus.VALID
    services.revoke(people.he, one, reason="提供虚假材料")
    seen = queries.certificate(people.lin, one)
    assert seen.line.status is CertificateStatus.REVOKED
    assert seen.reason == "提供虚假材料"
    assert [(line.status, line.reason) for line in seen.history] == [
        (CertificateStatus.VALID, ""),
        (CertificateStatus.SUSPENDED, "卫生检查不合格"),
        (CertificateStatus.VALID, "整改合格"),
        (CertificateStatus.REVOKED, "提供虚假材料"),
    ]
    assert [line.by for line in seen.history] == ["", *["海秀街道办事处 摊位岗"] * 3]
    events = Event.objects.filter(type="certificate.status-changed.v1").order_by("id")
    assert [(event.data["was"], event.data["status"]) for event in events] == [
        ("valid", "suspended"),
        ("suspended", "valid"),
        ("valid", "revoked"),
    ]


@pytest.mark.parametrize("act", ["suspend", "resume", "revoke", "replace"])
def test_what_was_revoked_stays_revoked(people: People, act: str) -> None:
    one = issue(people)
    services.revoke(people.he, one, reason="错发")
    with pytest.raises(CertificateNotOpen):
        getattr(services, act)(people.he, one, reason="再来")
    assert view(people, one).may == ()


def test_what_was_revoked_is_not_followed_by_a_version_but_by_a_new_number(people: People) -> None:
    one = issue(people)
    services.revoke(people.he, one, reason="错发")
    again = view(people, issue(people)).line
    assert again.version == 1
    assert again.number != view(people, one).line.number


def test_it_expires_by_itself_and_nothing_is_written(people: People, monkeypatch: Any) -> None:
    one = issue(people)
    end = view(people, one).line.valid_until
    for day, status in ((end, CertificateStatus.VALID), (end + timedelta(days=1), CertificateStatus.EXPIRED)):
        monkeypatch.setattr("yiwang.documents.queries.certificates.today", lambda day=day: day)
        assert view(people, one).line.status is status
    assert StatusEntry.objects.count() == 1
    with pytest.raises(CertificateNotOpen):
        services.suspend(people.he, one, reason="晚了")


def test_a_replacement_says_what_the_source_says_today_and_holds_as_long(people: People) -> None:
    from yiwang.records.services import write_record

    one = issue(people)
    unit = Certificate.objects.get(pk=one).unit_id
    write_record(
        system("tests"),
        "stalls.keepers",
        people.lin.capacity_id,
        {"stall.keeper": "林秀莹"},
        valid_from=today(),
        door="feed",
        unit_id=unit,
        evidence={},
    )
    made = services.replace(people.he, one, reason="改名")
    assert (made.line.version, made.line.status, made.replaces) == (2, CertificateStatus.VALID, one)
    assert made.line.holder_name == "林秀莹"
    assert [field.shown for field in made.fields][2:] == [
        "清补凉",
        "海南省海口市秀英区海秀街道海港社区居民委员会海港路 8 号",
    ]
    old = view(people, one)
    assert old.line.status is CertificateStatus.REPLACED
    assert old.line.holder_name == "林秀英"
    assert (old.reason, old.history[-1].by) == ("改名", "海秀街道办事处 摊位岗")
    assert (made.line.valid_from, made.line.valid_until) == (old.line.valid_from, old.line.valid_until)
    assert services.replace(people.he, one, reason="改名").line.id == made.line.id


def test_a_replacement_that_cannot_be_signed_leaves_the_old_one_standing(people: People, keys: Path) -> None:
    one = issue(people)
    keys.unlink()
    with pytest.raises(SigningKeyMissing):
        services.replace(people.he, one, reason="改名")
    assert view(people, one).line.status is CertificateStatus.VALID
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201, "响\x07铃"])
def test_every_act_needs_a_reason_that_can_be_read(people: People, reason: str) -> None:
    one = issue(people)
    for act in (services.suspend, services.revoke, services.replace):
        with pytest.raises(Invalid):
            act(people.he, one, reason=reason)
    assert view(people, one).line.status is CertificateStatus.VALID


def test_a_decision_that_is_taken_back_takes_its_certificate_back(people: People) -> None:
    one = issue(people)
    case_id = Certificate.objects.get(pk=one).case_id
    assert case_id is not None
    revoke = services.system_revoke_of_case
    assert revoke(system("tests"), "stall-permit", case_id, reason="承诺不实") == 1
    assert revoke(system("tests"), "stall-permit", case_id, reason="承诺不实") == 0
    seen = queries.certificate(people.lin, one)
    assert (seen.line.status, seen.reason) == (CertificateStatus.REVOKED, "承诺不实")


# ── Who sees it, who may ────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_those_whom_it_concerns_know_that_it_exists(people: People) -> None:
    one = issue(people)
    for actor in (people.lin, people.he, people.post("duan")):
        assert [line.id for line in queries.list_certificates(actor).rows] == [one]
        assert queries.count_certificates(actor) == 1
    others = [
        people.self("chen"),
        people.post("mali"),
        people.post("qiong"),
        people.post("admin"),
        people.self("heyu"),
        VISITOR,
    ]
    for actor in others:
        assert queries.list_certificates(actor).rows == ()
        for ask in (queries.certificate, lambda actor, id: queries.download(actor, id, Form.PDF)):
            with pytest.raises(NotFound):
                ask(actor, one)
        with pytest.raises((NotFound, NotAllowed)):
            services.revoke(actor, one, reason="不该")
    with pytest.raises(NotAllowed):
        services.revoke(people.post("duan"), one, reason="只可查看")
    assert view(people, one).line.status is CertificateStatus.VALID


def test_what_is_sensitive_is_covered_on_the_desk_and_not_for_its_holder(people: People) -> None:
    one = issue(people)
    own = {field.element: field for field in queries.certificate(people.lin, one).fields}
    desk = {field.element: field for field in view(people, one).fields}
    assert own["stall.keeper-number"].shown == ANSWERS["stall.keeper-number"]
    assert desk["stall.keeper-number"].shown == "460199********9029"
    assert desk["stall.keeper-number"].covered
    assert desk["stall.goods"].shown == own["stall.goods"].shown


def test_the_list_is_searched_by_number_and_identifier_and_paged(people: People) -> None:
    ids = [issue(people, "stall-badge") for _ in range(3)]
    line = view(people, ids[0]).line
    for words in (line.number, line.number.lower(), line.identifier, f" {line.identifier} "):
        assert [one.id for one in queries.list_certificates(people.he, search=words).rows] == [ids[0]]
    first = queries.list_certificates(people.he, limit=2)
    assert first.next is not None
    second = queries.list_certificates(people.he, limit=2, cursor=first.next)
    assert [one.id for one in (*first.rows, *second.rows)] == ids[::-1]
    assert second.next is None


def test_certificates_are_found_by_holder_and_by_case(people: People) -> None:
    one = issue(people)
    case_id = Certificate.objects.get(pk=one).case_id
    assert case_id is not None
    assert [line.id for line in queries.certificates_of(people.lin, people.lin.capacity_id)] == [one]
    assert [line.id for line in queries.certificates_of_case(people.lin, case_id)] == [one]
    assert queries.certificates_of(people.self("chen"), people.lin.capacity_id) == ()
    assert queries.certificates_of_case(people.self("chen"), case_id) == ()
    assert queries.certificates_of_case(people.lin, uuid4()) == ()


def test_the_database_lets_nobody_change_what_was_issued(people: People) -> None:
    from django.db import ProgrammingError, transaction

    one = Certificate.objects.get(pk=issue(people))
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Certificate.objects.filter(pk=one.pk).update(valid_to=None)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Certificate.objects.filter(pk=one.pk)._raw_delete("default")
    for change in (lambda rows: rows.update(reason="别的"), lambda rows: rows.delete()):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change(StatusEntry.objects.all())


def test_the_files_are_named_by_what_they_hold(people: People, files: Path) -> None:
    one = Certificate.objects.get(pk=issue(people))
    for form, file in ((Form.JSON, one.content), (Form.PDF, one.pdf)):
        given = queries.download(people.lin, one.pk, form)
        assert hashlib.sha256(given.content).digest() == bytes(file.digest)
        assert given.name == f"{one.number}-001.{form}"


# ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        (date(2026, 11, 21), {"years": 5}, date(2031, 11, 21)),
        (date(2028, 2, 29), {"years": 5}, date(2033, 3, 1)),
        (date(2028, 2, 29), {"years": 4}, date(2032, 2, 29)),
        (date(2026, 1, 31), {"months": 1}, date(2026, 3, 1)),
        (date(2026, 12, 31), {"months": 2}, date(2027, 3, 1)),
        (date(2026, 10, 31), {"months": 14}, date(2027, 12, 31)),
        (date(2026, 12, 31), {"days": 1}, date(2027, 1, 1)),
        (date(9998, 1, 1), {"years": 5}, LAST_DAY),
    ],
)
def test_a_term_ends_on_the_corresponding_day(start: date, term: dict[str, int], end: date) -> None:
    assert end_of_term(start, **term) == end


@given(st.dates(date(1950, 1, 1), date(2200, 1, 1)), st.integers(1, 1200))
def test_a_term_in_months_is_never_short_and_at_most_a_day_into_the_next_month(start: date, months: int) -> None:
    end = end_of_term(start, months=months)
    last = end - timedelta(days=1)
    passed = (last.year - start.year) * 12 + last.month - start.month
    assert passed in (months, months - 1)
    assert end_of_term(start, months=months + 1) > end
    assert end.day == start.day or end.day == 1


@given(
    st.sampled_from([one for one in CertificateStatus if one is not CertificateStatus.EXPIRED]),
    st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_only_what_was_not_decided_otherwise_expires(status: Any, end: date | None, day: date) -> None:
    shown = standing_on(status, end, day)
    if status in (CertificateStatus.REVOKED, CertificateStatus.REPLACED) or end is None or day < end:
        assert shown is status
    else:
        assert shown is CertificateStatus.EXPIRED


def test_nothing_leaves_what_is_final() -> None:
    for before, _ in ALLOWED.values():
        assert not before & {CertificateStatus.REVOKED, CertificateStatus.REPLACED}
