"""When a certificate and what its key signed are believed: what the real `openssl` makes, and whatever an attacker would make of it."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from support.authorities import (
    KEYS,
    OF_AUTHORITY,
    OF_PERSON,
    Authority,
    Holder,
    message_of,
    openssl,
    parts_of,
    sm2_message,
)

from yiwang.identity.rules.authorities import CHAIN_WORDS, LIST_WORDS, called, chain_in, read_list
from yiwang.identity.rules.login_certificates import (
    LONGEST_ANSWER,
    REFUSALS,
    UNREADABLE,
    challenge_text,
    check_certificate,
    check_message,
    check_times,
    fingerprint_of,
    new_nonce,
    numbers_in,
    read_message,
)
from yiwang.identity.values.login_certificates import NotBelieved, SignedFor
from yiwang.kernel import sm2
from yiwang.kernel.time import machine_now

NOW = machine_now()
TEXT = challenge_text(
    site="https://city.example",
    signed_for=SignedFor.SIGN_IN,
    account="",
    session=b"\1" * 32,
    nonce=new_nonce(),
    until=NOW,
).encode()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="session")
def holder(authority: Authority) -> Holder:
    return authority.issue()


def loaded(holder: Holder) -> x509.Certificate:
    return x509.load_pem_x509_certificate(holder.pem.encode())


def chain(authority: Authority) -> list[x509.Certificate]:
    return chain_in(authority.pem, has_list=True, now=machine_now())


def refused_by(words: Collection[str], check: Callable[[], object]) -> str:
    """The word by which something is refused, which has a sentence for people; empty when it is not."""
    said = ""
    try:
        check()
    except NotBelieved as fault:
        said = str(fault)
    assert said in {"", *words}
    return said


def why(answer: bytes, text: bytes = TEXT) -> str:
    """Why an answer is not believed; empty when it is."""
    return refused_by(REFUSALS, lambda: check_message(read_message(answer), text))


def why_not(authority: Authority, holder: Holder, *, attribute: str = "") -> str:
    def check() -> None:
        check_certificate(loaded(holder), chain(authority)[0], attribute)
        check_times(loaded(holder), chain(authority), machine_now())

    return refused_by(REFUSALS, check)


def why_no_chain(pem: str, *, has_list: bool = True) -> str:
    return refused_by(CHAIN_WORDS, lambda: chain_in(pem, has_list=has_list, now=machine_now()))


def why_no_list(given: bytes, authority: Authority) -> str:
    return refused_by(LIST_WORDS, lambda: read_list(given, chain(authority)[0], now=machine_now()))


# ── What is signed ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["P-256", "RSA", "SM2"])
@pytest.mark.parametrize("attached", [True, False], ids=["attached", "detached"])
@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_what_a_key_program_makes_is_believed(tmp_path: Path, kind: str, attached: bool, form: str) -> None:
    city = Authority(tmp_path / "ca", kind)
    signed = city.issue().sign(TEXT, form=form, attached=attached)
    assert why(signed) == ""
    assert why(b"\xef\xbb\xbf" + signed if form == "PEM" else base64.encodebytes(signed)) == ""
    assert why_not(city, city.issue()) == ""


SIGNING_PDFS_AFTERWARDS = """
import sys
from yiwang.identity.rules.login_certificates import read_message
read_message(sys.stdin.buffer.read())
from pyhanko.sign import signers
from asn1crypto.cms import CMSAttributeType
print(CMSAttributeType("signing_certificate_v2").dotted)
"""


def test_who_has_read_an_answer_can_still_sign_pdfs(holder: Holder) -> None:
    """The first that uses the library's names of attributes fixes them for its process, and pyHanko adds some of its own."""
    signed = holder.sign(TEXT)
    command = [sys.executable, "-c", SIGNING_PDFS_AFTERWARDS]
    done = subprocess.run(command, input=signed, capture_output=True, check=False)
    assert done.stdout.split() == [b"1.2.840.113549.1.9.16.2.47"], done.stderr.decode()


def test_a_program_that_turns_line_ends_into_those_of_mail_changes_nothing(holder: Holder) -> None:
    signed = openssl("cms", "-sign", "-signer", holder.certificate, "-inkey", holder.key, "-outform", "DER", given=TEXT)
    assert why(signed) == ""


def test_a_signature_over_the_content_alone_is_believed_too(holder: Holder, tmp_path: Path) -> None:
    assert why(holder.sign(TEXT, more=["-noattr"])) == ""
    assert why(sm2_message(Authority(tmp_path / "ca", "SM2").issue(), TEXT, attributes=False)) == ""


def test_signers_that_are_named_by_their_key_are_found(holder: Holder) -> None:
    assert why(holder.sign(TEXT, more=["-keyid"])) == ""


def test_other_content_is_refused_attached_or_not(holder: Holder) -> None:
    other = TEXT.replace(b"purpose: sign-in", b"purpose: prove")
    for attached in (True, False):
        assert why(holder.sign(other, attached=attached)) == "other-content"
    assert why(holder.sign(other, more=["-noattr"])) == "other-content"
    assert why(holder.sign(other, attached=False, more=["-noattr"])) == "signature"
    assert why(holder.sign(TEXT[:-2])) == "other-content"


def test_the_right_content_put_beside_the_signature_of_another_is_refused(holder: Holder) -> None:
    signer, certificates, _content = parts_of(holder.sign(b"a contract"))
    assert why(message_of(signer, certificates, TEXT)) == "other-content"
    signer, certificates, _content = parts_of(holder.sign(b"a contract", more=["-noattr"]))
    assert why(message_of(signer, certificates, TEXT)) == "signature"


def test_attributes_that_were_rearranged_are_refused(holder: Holder) -> None:
    signer, certificates, content = parts_of(holder.sign(TEXT))
    attributes = list(signer["signed_attrs"])

    def with_attributes(*given: Any) -> bytes:
        changed = signer.copy()
        changed["signed_attrs"] = cms.CMSAttributes(list(given))
        return message_of(changed, certificates, content)

    digest = next(one for one in attributes if one["type"].native == "message_digest")
    others = [one for one in attributes if one["type"].native != "message_digest"]
    assert why(with_attributes(*others)) == "attributes"
    assert why(with_attributes(*attributes, digest)) == "attributes"
    assert why(with_attributes(digest)) == "attributes"
    twice = cms.CMSAttribute({"type": "message_digest", "values": [digest["values"][0].native, b"x" * 32]})
    assert why(with_attributes(*others, twice)) == "attributes"
    assert why(with_attributes(*reversed(attributes))) in {"", "signature"}
    gone = signer.copy()
    del gone["signed_attrs"]
    assert why(message_of(gone, certificates, content)) == "signature"


def test_the_content_type_in_the_attributes_has_to_be_that_of_the_content(holder: Holder) -> None:
    signer, certificates, content = parts_of(holder.sign(TEXT))
    assert why(message_of(signer, certificates, content, data="1.2.156.10197.6.1.4.2.1")) == "attributes"
    assert why(message_of(signer, certificates, content, data="1.2.840.113549.1.9.16.1.4")) == "content-type"


def test_two_signers_are_refused_and_so_is_none(authority: Authority, holder: Holder) -> None:
    other = authority.issue("陈大文")
    both = holder.sign(TEXT, more=["-signer", other.certificate, "-inkey", other.key])
    assert why(both) == "signers"
    signer, certificates, content = parts_of(holder.sign(TEXT))
    assert why(message_of([], certificates, content)) == "signers"
    assert why(message_of([signer, signer], certificates, content)) == "signers"


def test_the_certificate_of_the_signer_has_to_come_along(authority: Authority, holder: Holder) -> None:
    assert why(holder.sign(TEXT, more=["-nocerts"])) == "no-certificate"
    signer, certificates, content = parts_of(holder.sign(TEXT))
    stranger = asn1_x509.Certificate.load(authority.issue("陈大文").der)
    assert why(message_of(signer, [stranger], content)) == "no-certificate"
    assert why(message_of(signer, [*certificates, stranger], content)) == ""
    assert why(message_of(signer, [stranger] * 11, content)) == "certificates"


def test_the_certificate_of_another_beside_ones_own_signature_is_refused(authority: Authority, holder: Holder) -> None:
    victim = asn1_x509.Certificate.load(authority.issue("陈大文").der)
    signer, _own, content = parts_of(holder.sign(TEXT))
    signer["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number", {"issuer": victim.issuer, "serial_number": victim.serial_number}
    )
    assert why(message_of(signer, [victim], content)) == "signature"


@pytest.mark.parametrize(("kind", "reason"), [("RSA-1024", "weak-key"), ("P-384", "algorithm"), ("P-521", "weak-key")])
def test_keys_of_other_lengths_are_refused(authority: Authority, kind: str, reason: str) -> None:
    assert why(authority.issue(kind=kind).sign(TEXT)) == reason


@pytest.mark.parametrize("md", ["sha1", "sha384", "md5"])
@pytest.mark.parametrize("kind", ["P-256", "RSA"])
def test_other_digests_are_refused(authority: Authority, kind: str, md: str) -> None:
    if (kind, md) == ("P-256", "md5"):
        md = "sha224"
    assert why(authority.issue(kind=kind).sign(TEXT, md=md)) == "algorithm"


def test_without_sm2_on_the_machine_its_signatures_are_refused_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = Authority(tmp_path / "ca", "SM2").issue().sign(TEXT)
    monkeypatch.setattr(sm2, "is_available", lambda: False)
    assert why(signed) == "sm2-unavailable"


def test_what_is_too_long_is_not_even_read(holder: Holder) -> None:
    assert why(b"\x30" * (LONGEST_ANSWER + 1)) == "too-long"
    assert why(holder.sign(TEXT) + b"\0" * LONGEST_ANSWER) == "too-long"


def test_anything_behind_the_message_is_refused(holder: Holder) -> None:
    assert why(holder.sign(TEXT) + b"\0") == "unreadable"


def test_what_is_signed_is_no_envelope(holder: Holder) -> None:
    closed = openssl("cms", "-encrypt", "-binary", "-outform", "DER", holder.certificate, given=TEXT)
    assert why(closed) in {"unreadable", "not-signed-data"}


@given(st.binary(max_size=600))
@settings(max_examples=300)
def test_garbage_is_refused_in_words(garbage: bytes) -> None:
    assert why(garbage) != ""
    assert why(b"\x30" + garbage) != ""
    assert why(base64.b64encode(garbage)) != ""


@given(place=st.integers(min_value=0), bit=st.integers(0, 7), cut=st.booleans())
@settings(max_examples=400)
def test_one_changed_bit_opens_nothing_more(
    authority: Authority, holder: Holder, place: int, bit: int, cut: bool
) -> None:
    """Where the bit does not count (an unused label), the same certificate is shown; or one that its authority has not issued."""
    signed = SIGNED.setdefault(str(holder.key), holder.sign(TEXT))
    at = place % len(signed)
    changed = signed[:at] if cut else signed[:at] + bytes([signed[at] ^ 1 << bit]) + signed[at + 1 :]
    if why(changed) == "":
        shown = read_message(changed).certificate
        if fingerprint_of(shown) != fingerprint_of(loaded(holder)):
            with pytest.raises(NotBelieved):
                check_certificate(shown, chain(authority)[0])


SIGNED: dict[str, bytes] = {}


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@pytest.mark.parametrize("kind", ["P-256", "RSA"])
def test_no_bit_of_a_certificate_can_be_changed(kind: str, tmp_path: Path) -> None:
    """Not even one that its signature does not cover: a certificate has one form, by which it is known."""
    authority = Authority(tmp_path / "ca", kind=kind)
    issued, [issuer] = loaded(authority.issue()).public_bytes(Encoding.DER), chain(authority)
    check_certificate(x509.load_der_x509_certificate(issued), issuer)
    believed = [
        (place, bit)
        for place in range(len(issued))
        for bit in range(8)
        if holds(with_a_bit(issued, place, bit), issuer)
    ]
    assert believed == []


def with_a_bit(der: bytes, place: int, bit: int) -> bytes:
    return der[:place] + bytes([der[place] ^ 1 << bit]) + der[place + 1 :]


def holds(der: bytes, issuer: x509.Certificate) -> bool:
    try:
        check_certificate(x509.load_der_x509_certificate(der), issuer)
    except (NotBelieved, *UNREADABLE):
        return False
    return True


# ── Certificates ────────────────────────────────────────────────────────────────────────────────────────────────────────


def without(kind: str) -> tuple[str, ...]:
    return tuple(one for one in OF_PERSON if not one.startswith(kind))


@pytest.mark.parametrize(
    ("extensions", "reason"),
    [
        (("basicConstraints=critical,CA:TRUE", *without("basic")), "authority-itself"),
        (without("keyUsage"), "key-usage"),
        (("keyUsage=critical,keyEncipherment", *without("keyUsage")), "key-usage"),
        (("extendedKeyUsage=serverAuth,emailProtection", *without("extended")), "extended-key-usage"),
        (without("extended"), ""),
        (("extendedKeyUsage=emailProtection,clientAuth", *without("extended")), ""),
        ((*OF_PERSON, "1.2.3.4.5=critical,ASN1:UTF8String:strange"), "critical-extension"),
        ((*OF_PERSON, "1.2.3.4.5=ASN1:UTF8String:strange"), ""),
        ((*OF_PERSON, "subjectAltName=critical,email:a@example.cn"), ""),
        (without("basic"), ""),
    ],
)
def test_a_certificate_says_what_it_is_for(authority: Authority, extensions: tuple[str, ...], reason: str) -> None:
    assert why_not(authority, authority.issue(extensions=extensions)) == reason


@pytest.mark.parametrize(("days", "reason"), [((-9, -1), "expired"), ((1, 9), "early"), ((-1, 1), "")])
def test_a_certificate_serves_in_its_time(authority: Authority, days: tuple[int, int], reason: str) -> None:
    assert why_not(authority, authority.issue(days=days)) == reason


def test_nobody_comes_in_below_an_authority_whose_own_time_is_over(authority: Authority) -> None:
    issued = authority.issue(days=(-1, 300))
    assert why_not(authority, issued) == ""
    with pytest.raises(NotBelieved, match="authority-expired"):
        check_times(loaded(issued), chain(authority), machine_now() + timedelta(days=31))


def test_who_bears_the_name_of_an_authority_is_not_it(authority: Authority, tmp_path: Path) -> None:
    impostor = Authority(tmp_path / "impostor")
    assert why_not(authority, impostor.issue()) == "issuer-signature"


def test_a_certificate_that_signed_itself_is_of_no_authority(authority: Authority, tmp_path: Path) -> None:
    own = Authority(tmp_path / "self", name="林秀英", extensions=OF_PERSON)
    assert why_not(authority, Holder("P-256", own.folder / "ca.key", own.folder / "ca.pem")) == "issuer-signature"


@pytest.mark.parametrize("md", ["sha1", "sha224"])
def test_a_certificate_by_an_old_digest_is_refused(tmp_path: Path, md: str) -> None:
    city = Authority(tmp_path / "ca", "RSA")
    assert why_not(city, city.issue(md=md)) == "algorithm"


def test_the_number_in_a_certificate_is_found_where_the_authority_writes_it(authority: Authority) -> None:
    number = "460199196103089029"
    assert numbers_in(loaded(authority.issue(number=number)), "2.5.4.5") == [number]
    assert numbers_in(loaded(authority.issue(number=f"SF{number}")), "2.5.4.5") == [number]
    assert numbers_in(loaded(authority.issue()), "2.5.4.5") is None
    assert numbers_in(loaded(authority.issue(number="1234567890")), "2.5.4.5") == []
    held = (*OF_PERSON, f"1.2.156.10260.4.1.1=ASN1:UTF8String:{number}")
    assert numbers_in(loaded(authority.issue(extensions=held)), "1.2.156.10260.4.1.1") == [number]
    long = (*OF_PERSON, f"1.2.156.10260.4.1.1=ASN1:UTF8String:9{number}")
    assert numbers_in(loaded(authority.issue(extensions=long)), "1.2.156.10260.4.1.1") == []


# ── Authorities ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA", "SM2"])
def test_a_chain_is_taken_in_whatever_order_it_was_pasted(tmp_path: Path, kind: str) -> None:
    root = Authority(tmp_path / "root", kind, name="根")
    below = Authority(tmp_path / "below", kind, name="发证", below=root)
    names = [called(one) for one in chain_in("".join(reversed(below.chain)), has_list=True, now=machine_now())]
    assert names == ["发证", "根"]
    assert why_not(below, below.issue()) == ""
    assert why_not(root, below.issue()) == "issuer-signature"


@pytest.mark.parametrize(
    ("extensions", "reason"),
    [
        (OF_PERSON, "no-authority"),
        (("keyUsage=critical,keyCertSign,cRLSign",), "no-authority"),
        (("basicConstraints=critical,CA:TRUE",), "no-authority"),
        (("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"), "no-lists"),
        ((*OF_AUTHORITY, "nameConstraints=permitted;DNS:example.cn"), "critical-extension"),
        ((*OF_AUTHORITY, "1.2.3.4.5=critical,ASN1:UTF8String:strange"), "critical-extension"),
    ],
)
def test_a_chain_is_of_authorities(tmp_path: Path, extensions: tuple[str, ...], reason: str) -> None:
    assert why_no_chain(Authority(tmp_path / "ca", extensions=extensions).pem) == reason


def test_an_authority_stands_no_lower_than_the_one_above_it_lets_it(tmp_path: Path) -> None:
    narrow = ("basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign")
    root = Authority(tmp_path / "root", name="根", extensions=narrow)
    assert why_no_chain(root.pem) == ""
    assert why_no_chain(Authority(tmp_path / "below", name="发证", below=root).pem) == "no-authority"


def test_what_is_no_chain_is_refused(tmp_path: Path) -> None:
    one, other = Authority(tmp_path / "one", name="甲"), Authority(tmp_path / "other", name="乙")
    below = Authority(tmp_path / "below", name="丙", below=one)
    false = Authority(tmp_path / "false", name="甲")
    assert why_no_chain("") == "unreadable"
    assert why_no_chain("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == "unreadable"
    assert why_no_chain("认证机构") == "unreadable"
    assert why_no_chain(one.pem + other.pem) == "no-path"
    assert why_no_chain(below.chain[0]) == "no-path"
    assert why_no_chain(below.chain[0] + false.pem) == "issuer-signature"
    assert why_no_chain(one.pem * 6) == "too-many"
    assert why_no_chain(Authority(tmp_path / "old", days=(-9, -1)).pem) == "expired"
    assert why_no_chain(Authority(tmp_path / "weak", "RSA-1024").pem) == "weak-key"
    assert why_no_chain(Authority(tmp_path / "sha1", "RSA", md="sha1").pem) == "algorithm"
    assert set(KEYS) > {"RSA-1024"}


def test_without_sm2_on_the_machine_its_authorities_are_refused_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = Authority(tmp_path / "ca", "SM2").pem
    monkeypatch.setattr(sm2, "is_available", lambda: False)
    assert why_no_chain(pem) == "sm2-unavailable"


# ── Lists of revoked certificates ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["P-256", "RSA", "SM2"])
def test_a_list_names_what_was_revoked(tmp_path: Path, kind: str) -> None:
    city = Authority(tmp_path / "ca", kind)
    kept, lost = city.issue(), city.issue()
    city.revoke(lost)
    der = city.list()
    now = machine_now()
    found = read_list(der, chain(city)[0], now=now)
    assert set(found.serials) == {f"{loaded(lost).serial_number:x}"}
    assert f"{loaded(kept).serial_number:x}" not in found.serials
    assert found.number == str(0x1000)
    assert found.valid_from < now < found.until
    assert why_no_list(openssl("crl", "-inform", "DER", given=der), city) == ""


def test_a_list_has_to_be_whole_present_and_of_this_authority(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", name="别的认证中心")
    impostor = Authority(tmp_path / "impostor")
    assert why_no_list(other.list(), authority) == "other-authority"
    assert why_no_list(impostor.list(), authority) == "signature"
    assert why_no_list(authority.list(until=timedelta(seconds=-5)), authority) == "overdue"
    assert why_no_list(authority.list(since=timedelta(hours=1)), authority) == "early"
    assert why_no_list(authority.list(more="deltaCRL=critical,ASN1:INTEGER:1"), authority) in {"partial", "unreadable"}
    partial = authority.list(more="issuingDistributionPoint=critical,@part\n[part]\nonlyuser=TRUE")
    assert why_no_list(partial, authority) == "partial"
    strange = authority.list(more="1.2.3.4.5=critical,ASN1:UTF8String:strange")
    assert why_no_list(strange, authority) == "partial"
    assert why_no_list(b"", authority) == "unreadable"
    assert why_no_list(b"0" * ((10 << 20) + 1), authority) == "too-long"


def test_a_list_by_an_old_digest_is_refused(tmp_path: Path) -> None:
    city = Authority(tmp_path / "ca", "RSA")
    first = chain(city)[0]
    city.md = "sha1"
    with pytest.raises(NotBelieved, match="algorithm"):
        read_list(city.list(), first, now=machine_now())


def test_no_changed_list_is_taken(authority: Authority) -> None:
    """Every bit of it, turned. A signature that ends in 0 could say that this bit is none of its own, so such a list is among them."""
    der = next(one for one in iter(authority.list, None) if one[-1] % 2 == 0)
    turned = {
        (at, bit): der[:at] + bytes([der[at] ^ 1 << bit]) + der[at + 1 :] for at in range(len(der)) for bit in range(8)
    }
    assert [where for where, changed in turned.items() if why_no_list(changed, authority) == ""] == []


@given(st.binary(max_size=400))
def test_garbage_is_no_list(authority: Authority, garbage: bytes) -> None:
    assert why_no_list(garbage, authority) != ""
