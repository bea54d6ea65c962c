"""Whoever has a certificate can have it checked; whoever changes a single byte of it is found out; whoever guesses learns nothing."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.signed import pdf_reader_trusts

from yiwang.acts.values import VISITOR
from yiwang.documents import queries, services
from yiwang.documents.models import Certificate, Guesses
from yiwang.documents.rules.pades import make_certificate, sign_pdf
from yiwang.documents.services.guessing import MOST_MISSES, WITHIN
from yiwang.documents.values import CertificateStatus, Finding, Form, TooManyGuesses, Verification
from yiwang.kernel.canonical import canonical_json
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import Invalid
from yiwang.kernel.identifiers import CertificateIdentifier
from yiwang.kernel.time import machine_now

from .conftest import ANSWERS, People, issue

FLIPS = 64
HOME = "198.51.100.7"


def forms(people: People, one: UUID) -> dict[Form, bytes]:
    return {form: queries.download(people.lin, one, form).content for form in Form}


def flipped(content: bytes, seed: str) -> list[bytes]:
    """The content with one bit of one byte turned over, 64 times elsewhere."""
    chance = random.Random(seed)
    made = []
    for _ in range(FLIPS):
        at = chance.randrange(len(content))
        made.append(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
    return made


def page(document: bytes, signature: bytes | None = None) -> Finding:
    """What the page of verification finds."""
    return queries.verify_document(VISITOR, document, signature).finding


def openssl(folder: Path, public: bytes, document: bytes, signature: bytes) -> bool:
    """What `openssl dgst -sha256 -verify` says, as the documentation prints it."""
    for name, content in (("city.pub", public), ("document", document), ("document.sig", signature)):
        (folder / name).write_bytes(content)
    command = ["openssl", "dgst", "-sha256", "-verify", "city.pub", "-signature", "document.sig", "document"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


# ── Genuine ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_four_ways_find_a_genuine_certificate(people: People, tmp_path: Path) -> None:
    one = issue(people)
    given = forms(people, one)
    row = Certificate.objects.get(pk=one)
    public = queries.published_keys()[0].pem
    assert page(given[Form.JSON]) is Finding.GENUINE
    assert page(given[Form.JSON], given[Form.JSON_SIGNATURE]) is Finding.GENUINE
    assert page(given[Form.PDF]) is Finding.GENUINE
    assert page(given[Form.PDF], given[Form.PDF_SIGNATURE]) is Finding.GENUINE
    assert queries.verify_token(VISITOR, row.token).finding is Finding.GENUINE
    found = services.verify_identifier(VISITOR, row.identifier, address=HOME)
    assert found.finding is Finding.GENUINE
    assert openssl(tmp_path, public, given[Form.JSON], given[Form.JSON_SIGNATURE])
    assert openssl(tmp_path, public, given[Form.PDF], given[Form.PDF_SIGNATURE])
    assert pdf_reader_trusts(given[Form.PDF], queries.signing_certificate())


def test_who_has_it_sees_what_was_signed_with_what_is_personal_covered(people: People) -> None:
    one = issue(people)
    row = Certificate.objects.get(pk=one)
    for found in (
        queries.verify_token(VISITOR, row.token),
        queries.verify_document(VISITOR, forms(people, one)[Form.PDF]),
    ):
        assert found.title == "摊位经营许可证"
        assert found.issuer == "海秀街道办事处"
        assert found.holder == "林*英"
        assert {field.element: field.shown for field in found.fields} == {
            "stall.keeper": "****",
            "stall.keeper-number": "460199********9029",
            "stall.goods": "清补凉",
            "stall.place": "海南省海口市秀英区海秀街道海港社区居民委员会海港路 8 号",
        }


def test_who_names_an_identifier_learns_nothing_of_a_person(people: People) -> None:
    row = Certificate.objects.get(pk=issue(people))
    found = services.verify_identifier(VISITOR, row.identifier, address=HOME)
    assert (found.status, found.title, found.issuer) == (CertificateStatus.VALID, "摊位经营许可证", "海秀街道办事处")
    assert found.holder == ""
    assert found.fields == ()
    said = repr(found)
    for word in ("林", "460199196103089029", "9029", "清补凉", "海港路", row.token):
        assert word not in said


@pytest.mark.parametrize(
    ("acts", "status"),
    [
        ((), CertificateStatus.VALID),
        (("suspend",), CertificateStatus.SUSPENDED),
        (("suspend", "resume"), CertificateStatus.VALID),
        (("revoke",), CertificateStatus.REVOKED),
        (("replace",), CertificateStatus.REPLACED),
    ],
)
def test_every_way_says_where_it_stands_now(people: People, acts: tuple[str, ...], status: CertificateStatus) -> None:
    one = issue(people)
    row, document = Certificate.objects.get(pk=one), forms(people, one)[Form.JSON]
    for act in acts:
        getattr(services, act)(people.he, one, reason="有原因")
    for found in (
        queries.verify_token(VISITOR, row.token),
        queries.verify_document(VISITOR, document),
        services.verify_identifier(VISITOR, row.identifier, address=HOME),
    ):
        assert (found.finding, found.status) == (Finding.GENUINE, status)
        assert found.since is not None


def test_what_was_signed_with_a_former_key_goes_on_being_genuine(people: People, keys: Path) -> None:
    one = issue(people)
    given = forms(people, one)
    former = queries.published_keys()[0]
    keys.rename(keys.with_name("city-signing-former.pem"))
    keys.with_suffix(".pub").rename(keys.with_name("city-signing-former.pub"))
    keys.with_suffix(".crt").rename(keys.with_name("city-signing-former.crt"))
    from yiwang.kernel.crypto import ensure_key_file

    ensure_key_file(keys, now=machine_now())
    assert page(given[Form.JSON]) is Finding.GENUINE
    assert page(given[Form.PDF]) is Finding.GENUINE
    published = queries.published_keys()
    assert [key.is_current for key in published] == [True, False]
    assert published[1].key_id == former.key_id
    later = queries.download(people.self("chen"), issue(people, who="chen"), Form.JSON)
    assert json.loads(later.content)["key_id"] == published[0].key_id


# ── Changed ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_64_changed_bytes_of_the_signed_content_are_refused_by_page_and_openssl(people: People, tmp_path: Path) -> None:
    given = forms(people, issue(people))
    public = queries.published_keys()[0].pem
    for changed in flipped(given[Form.JSON], "json"):
        assert page(changed) is not Finding.GENUINE
        assert page(changed, given[Form.JSON_SIGNATURE]) is not Finding.GENUINE
        assert not openssl(tmp_path, public, changed, given[Form.JSON_SIGNATURE])


def test_64_changed_bytes_of_the_signature_are_refused_by_page_and_openssl(people: People, tmp_path: Path) -> None:
    given = forms(people, issue(people))
    public = queries.published_keys()[0].pem
    for form, signature in ((Form.JSON, Form.JSON_SIGNATURE), (Form.PDF, Form.PDF_SIGNATURE)):
        for changed in flipped(given[signature], f"signature of {form}"):
            assert page(given[form], changed) is Finding.OTHER_SIGNATURE
            assert not openssl(tmp_path, public, given[form], changed)


def test_64_changed_bytes_of_the_page_are_refused_by_page_openssl_and_pdf_readers(
    people: People, tmp_path: Path
) -> None:
    given = forms(people, issue(people))
    public, certificate = queries.published_keys()[0].pem, queries.signing_certificate()
    for changed in flipped(given[Form.PDF], "pdf"):
        assert page(changed) is not Finding.GENUINE
        assert page(changed, given[Form.PDF_SIGNATURE]) is not Finding.GENUINE
        assert not openssl(tmp_path, public, changed, given[Form.PDF_SIGNATURE])
        assert pdf_reader_trusts(changed, certificate) == is_the_same_hexadecimal(given[Form.PDF], changed)


def is_the_same_hexadecimal(pdf: bytes, changed: bytes) -> bool:
    """Whether only a letter of the written signature became small or capital: the same number, which readers must overlook."""
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", start)
    around = (pdf[:start], pdf[end:]) == (changed[:start], changed[end:])
    return around and pdf[start:end].lower() == changed[start:end].lower()


def test_the_page_refuses_even_what_readers_of_pdf_must_overlook(people: People, tmp_path: Path) -> None:
    """A signature in a PDF is written in hexadecimal; a small letter for a capital one is the same number."""
    given = forms(people, issue(people))
    pdf = given[Form.PDF]
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    at = next(n for n in range(start, len(pdf)) if pdf[n : n + 1].isalpha())
    changed = pdf[:at] + pdf[at : at + 1].lower() + pdf[at + 1 :]
    assert changed != pdf
    assert pdf_reader_trusts(changed, queries.signing_certificate())
    assert page(changed) is not Finding.GENUINE
    assert not openssl(tmp_path, queries.published_keys()[0].pem, changed, given[Form.PDF_SIGNATURE])


def test_the_signature_in_the_page_leaves_no_room_for_anything(people: People) -> None:
    pdf = forms(people, issue(people))[Form.PDF]
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    from asn1crypto import cms

    written = bytes.fromhex(pdf[start : pdf.index(b">", start)].decode("ascii"))
    assert cms.ContentInfo.load(written, strict=True).dump() == written


def test_something_added_after_the_page_was_signed_is_refused(people: People) -> None:
    given = forms(people, issue(people))
    assert page(given[Form.PDF] + b"\n") is not Finding.GENUINE
    assert page(given[Form.JSON] + b"\n") is not Finding.GENUINE
    assert page(b" " + given[Form.JSON]) is Finding.CHANGED


def test_a_valid_certificate_of_another_key_is_refused_by_page_openssl_and_pdf_readers(
    people: People, tmp_path: Path
) -> None:
    given = forms(people, issue(people))
    public, certificate = queries.published_keys()[0].pem, queries.signing_certificate()
    forger = INTL.generate(not_before=machine_now() - timedelta(days=1), not_after=machine_now() + timedelta(days=1))
    said = json.loads(given[Form.JSON])
    said["fields"][2]["shown"] = "海鲜"
    said["key_id"] = forger.public.key_id
    forged = canonical_json(said)
    assert openssl(tmp_path, forger.public.pem, forged, forger.sign(forged))  # it is signed all right
    for document in (forged, given[Form.JSON]):
        assert page(document, forger.sign(document)) is Finding.OTHER_SIGNATURE
        assert not openssl(tmp_path, public, document, forger.sign(document))
    theirs = make_certificate(forger, "海口市 一网", at=machine_now())
    unsigned = given[Form.PDF][: given[Form.PDF].index(b"%%EOF") + len(b"%%EOF\n")]  # the page before it was signed
    pdf = sign_pdf(unsigned, forger, [theirs], name="海秀街道办事处")
    assert page(pdf) is not Finding.GENUINE
    assert page(pdf, forger.sign(pdf)) is Finding.OTHER_SIGNATURE
    assert not pdf_reader_trusts(pdf, certificate)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x00" * 1000,
        b"%PDF-1.7\n",
        b"{",
        b"[" * 100_000,
        b'{"identifier": ' + b'{"a":' * 50_000,
        b'{"identifier": 5}',
        b'{"identifier": "1.2.156.3005.2"}',
        b"\xff\xfe{",
        "{“identifier”: 1}".encode(),
    ],
)
def test_what_is_no_certificate_is_unknown_and_breaks_nothing(people: People, hostile: bytes) -> None:
    assert page(hostile) is Finding.UNKNOWN
    assert page(hostile, b"\x30\x00") is Finding.OTHER_SIGNATURE


@pytest.mark.parametrize("token", ["", "x", "x" * 65, "%", "\x00", "林"])
def test_a_token_that_nobody_gave_finds_nothing(people: People, token: str) -> None:
    issue(people)
    assert queries.verify_token(VISITOR, token) == Verification(Finding.UNKNOWN)


# ── Guessing ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def guess(serial: int, address: str = HOME, actor: Any = VISITOR) -> Finding:
    identifier = CertificateIdentifier.make(
        type_code="11100000000013338W201", issuer="114601999900002874", serial=f"TW2099{serial:04d}", version=1
    )
    return services.verify_identifier(actor, identifier, address=address).finding


def guess_until_refused(address: str = HOME, actor: Any = VISITOR) -> None:
    for serial in range(MOST_MISSES):
        assert guess(serial, address, actor) is Finding.UNKNOWN
    with pytest.raises(TooManyGuesses):
        guess(MOST_MISSES, address, actor)


def test_who_guesses_is_slowed_down_and_may_go_on_later(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    guess_until_refused()
    later = machine_now() + WITHIN
    monkeypatch.setattr("yiwang.documents.services.guessing.machine_now", lambda: later)
    assert guess(1) is Finding.UNKNOWN


def test_while_a_neighbour_guesses_codes_and_files_go_on_working_and_signing_in_helps(people: People) -> None:
    one = issue(people)
    row, given = Certificate.objects.get(pk=one), forms(people, one)
    guess_until_refused()
    with pytest.raises(TooManyGuesses):
        services.verify_identifier(VISITOR, row.identifier, address=HOME)
    assert queries.verify_token(VISITOR, row.token).finding is Finding.GENUINE
    assert page(given[Form.PDF]) is Finding.GENUINE
    assert services.verify_identifier(people.self("chen"), row.identifier, address=HOME).finding is Finding.GENUINE
    assert services.verify_identifier(VISITOR, row.identifier, address="198.51.100.8").finding is Finding.GENUINE


def test_slips_of_the_pen_and_what_exists_do_not_count(people: People) -> None:
    row = Certificate.objects.get(pk=issue(people))
    wrong = row.identifier[:-1] + ("0" if row.identifier[-1] != "0" else "1")
    for _ in range(MOST_MISSES + 1):
        with pytest.raises(Invalid):
            services.verify_identifier(VISITOR, wrong, address=HOME)
        assert services.verify_identifier(VISITOR, row.identifier, address=HOME).finding is Finding.GENUINE
    assert not Guesses.objects.exists()


def test_a_household_is_one_however_many_addresses_it_has(people: People) -> None:
    for serial in range(MOST_MISSES):
        assert guess(serial, f"2001:db8:1:2::{serial:x}") is Finding.UNKNOWN
    with pytest.raises(TooManyGuesses):
        guess(99, "2001:db8:1:2:ffff::1")
    assert guess(99, "2001:db8:1:3::1") is Finding.UNKNOWN


def test_counts_name_nobody_and_are_forgotten(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    guess(1)
    assert HOME.encode() not in bytes(Guesses.objects.get().key)
    assert services.system_forget_guesses() == 0
    tomorrow = machine_now() + timedelta(days=1, hours=1)
    monkeypatch.setattr("yiwang.documents.services.guessing.machine_now", lambda: tomorrow)
    assert services.system_forget_guesses() == 1


def test_the_planted_number_is_found_only_by_who_has_the_certificate(people: People) -> None:
    one = issue(people)
    row = Certificate.objects.get(pk=one)
    number = ANSWERS["stall.keeper-number"]
    assert number.encode() in forms(people, one)[Form.JSON]
    shown: list[Callable[[], Any]] = [
        lambda: queries.verify_token(VISITOR, row.token),
        lambda: queries.verify_document(VISITOR, forms(people, one)[Form.JSON]),
        lambda: services.verify_identifier(VISITOR, row.identifier, address=HOME),
        lambda: replace(queries.certificate(people.he, one), key_id=""),
        lambda: queries.list_certificates(people.he),
    ]
    for ask in shown:
        assert number not in repr(ask())
