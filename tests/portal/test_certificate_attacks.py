"""Attacks on signing in by a certificate: each is refused in one and the same way, and the audit log says which it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.authorities import (
    OF_PERSON,
    Authority,
    Holder,
    answer,
    begin,
    challenge,
    come_in,
    hand_in,
    opened,
    register,
    shut,
)
from support.demo import NEIGHBOUR, PASSWORD, RESIDENT, Demo

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, SignInAttempt
from yiwang.identity.models.login_certificates import Authority as Declared
from yiwang.identity.models.login_certificates import CertificateChallenge, LoginCertificate
from yiwang.identity.services import system_forget_certificate_challenges
from yiwang.kernel.time import machine_now


@pytest.fixture
def city(demo: Demo, tmp_path: Path) -> Authority:
    """Open for everybody."""
    made = Authority(tmp_path / "ca")
    opened(demo, made)
    return made


@pytest.fixture
def holder(demo: Demo, city: Authority) -> Holder:
    """The resident's key, registered."""
    made = city.issue()
    register(demo.client(RESIDENT), made)
    return made


def why() -> str:
    """What the audit log says of the last who tried to come in. He is nobody's actor."""
    last = Entry.objects.filter(action="account.sign-in").latest("id")
    assert (last.outcome, last.account_id) == ("refused", None)
    return str(last.details["reason"])


def why_not_registered() -> str:
    last = Entry.objects.filter(action="account.refuse-certificate").latest("id")
    assert last.outcome == "refused"
    return str(last.details["reason"])


def refused(done: Any) -> str:
    """What the person reads; the same whatever it was."""
    said = done.json()
    assert done.status_code == 401, said
    assert said["type"].endswith("certificate-refused")
    return f"{said['title']} {said['detail']} {said['next_step']}"


# ── The challenge ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_serves_once(demo: Demo, holder: Holder) -> None:
    client = demo.client()
    signed = holder.sign(challenge(client))
    assert answer(client, signed).status_code == 200
    other = demo.client()
    challenge(other)
    refused(answer(other, signed))
    assert why() == "other-content"
    third = demo.client()
    refused(answer(third, signed))
    assert why() == "not-asked"


def test_an_answer_that_was_refused_uses_the_challenge_up(demo: Demo, city: Authority, holder: Holder) -> None:
    client = demo.client()
    text = challenge(client)
    refused(answer(client, b"garbage"))
    refused(answer(client, holder.sign(text)))
    assert why() == "not-asked"
    assert challenge(client) != text


def test_the_challenge_of_one_browser_opens_no_other(demo: Demo, holder: Holder) -> None:
    theirs, ours = demo.client(), demo.client()
    text = challenge(theirs)
    challenge(ours)
    refused(answer(ours, holder.sign(text)))
    assert why() == "other-content"
    assert answer(theirs, holder.sign(text)).status_code == 200, "who was asked may still answer"


@pytest.mark.parametrize("purpose", ["prove", "register"])
def test_what_was_signed_for_another_purpose_opens_no_door(
    demo: Demo, city: Authority, holder: Holder, purpose: str
) -> None:
    client = demo.client(RESIDENT) if purpose == "prove" else demo.client(NEIGHBOUR)
    client = _signed_in(demo, holder) if purpose == "prove" else client
    text = challenge(client) if purpose == "prove" else begin(client)
    assert f"purpose: {purpose}".encode() in text
    visitor = demo.client()
    challenge(visitor)
    refused(answer(visitor, holder.sign(text)))
    assert why() == "other-content"


def test_what_was_signed_to_come_in_registers_nothing_and_proves_nothing(
    demo: Demo, city: Authority, holder: Holder
) -> None:
    visitor = demo.client()
    text = challenge(visitor)
    inside = _signed_in(demo, holder)
    challenge(inside)
    done = answer(inside, holder.sign(text))
    assert done.status_code == 422
    last = Entry.objects.filter(action="account.prove-by-certificate").latest("id")
    assert (last.outcome, last.details["reason"]) == ("refused", "other-content")
    other = demo.client(NEIGHBOUR)
    begin(other)
    assert hand_in(other, city.issue().sign(text)).json()["errors"][0]["code"] == "other-content"
    assert why_not_registered() == "other-content"


def test_a_challenge_is_over_after_five_minutes(demo: Demo, holder: Holder) -> None:
    client = demo.client()
    text = challenge(client)
    late = machine_now() + timedelta(minutes=5, seconds=1)
    with mock.patch("yiwang.identity.services.certificates.answers.machine_now", return_value=late):
        refused(answer(client, holder.sign(text)))
        challenge(other := demo.client())
    assert why() == "not-asked"
    assert other.get("/api/v1/session/certificate").status_code == 200
    CertificateChallenge.objects.update(lasts_until=machine_now())
    assert system_forget_certificate_challenges() == 1


def test_the_challenge_to_register_is_of_one_account(demo: Demo, city: Authority) -> None:
    client = demo.client(RESIDENT)
    text = begin(client)
    CertificateChallenge.objects.update(account=Account.objects.get(login=NEIGHBOUR))
    assert hand_in(client, city.issue().sign(text)).json()["errors"][0]["code"] == "not-asked"
    assert why_not_registered() == "not-asked"


def test_the_address_of_the_city_stands_in_what_is_signed(demo: Demo, holder: Holder) -> None:
    client = demo.client()
    text = challenge(client)
    assert text.startswith(b"YIWANG CERTIFICATE CHALLENGE 1\r\nsite: http://localhost:")
    refused(answer(client, holder.sign(text.replace(b"localhost", b"false.example"))))
    assert why() == "other-content"


# ── Whose certificate it is ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_certificate_that_nobody_registered_lets_nobody_in(demo: Demo, city: Authority, holder: Holder) -> None:
    refused(come_in(demo.client(), city.issue()))
    assert why() == "not-registered"


def test_a_certificate_proves_its_own_person_and_no_other(demo: Demo, city: Authority, holder: Holder) -> None:
    stranger = city.issue("陈大文")
    neighbour = demo.client(NEIGHBOUR)
    register(neighbour, stranger)
    done = answer(neighbour, holder.sign(challenge(neighbour)))
    assert done.status_code == 422
    assert Entry.objects.filter(action="account.prove-by-certificate").latest("id").details["reason"] == "other-account"


def test_the_certificate_of_an_account_that_was_closed_opens_nothing(demo: Demo, holder: Holder) -> None:
    Account.objects.filter(login=RESIDENT).update(is_active=False)
    refused(come_in(demo.client(), holder))
    assert why() == "account-closed"


def test_a_renewed_certificate_of_the_same_key_is_another_certificate(
    demo: Demo, city: Authority, holder: Holder
) -> None:
    renewed = city.issue(key=holder.key)
    refused(come_in(demo.client(), renewed))
    assert why() == "not-registered"


def test_the_same_fingerprint_under_another_authority_opens_nothing(
    demo: Demo, city: Authority, holder: Holder, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", name="别的认证中心")
    id = opened(demo, other)
    LoginCertificate.objects.update(authority_id=id)
    refused(come_in(demo.client(), holder))
    assert why() == "not-registered"


# ── The certificate and its authority ───────────────────────────────────────────────────────────────────────────────────


def forced(holder: Holder) -> None:
    """As if it had been registered, however bad it is: what is judged then is the certificate alone."""
    from cryptography import x509

    from yiwang.identity.rules.login_certificates import fingerprint_of

    certificate = x509.load_pem_x509_certificate(holder.pem.encode())
    LoginCertificate.objects.create(
        account=Account.objects.get(login=RESIDENT),
        authority=Declared.objects.order_by("id").first(),
        name="强行登记",
        fingerprint=fingerprint_of(certificate),
        serial=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def without(kind: str) -> tuple[str, ...]:
    return tuple(one for one in OF_PERSON if not one.startswith(kind))


BAD: dict[str, Callable[[Authority, Path], Holder]] = {
    "expired": lambda city, _path: city.issue(days=(-9, -1)),
    "early": lambda city, _path: city.issue(days=(1, 9)),
    "weak-key": lambda city, _path: city.issue(kind="RSA-1024"),
    "algorithm": lambda city, _path: city.issue(kind="P-384"),
    "extended-key-usage": lambda city, _path: city.issue(
        extensions=(*without("extended"), "extendedKeyUsage=serverAuth")
    ),
    "key-usage": lambda city, _path: city.issue(extensions=(*without("keyUsage"), "keyUsage=keyEncipherment")),
    "authority-itself": lambda city, _path: city.issue(extensions=(*without("basic"), "basicConstraints=CA:TRUE")),
    "critical-extension": lambda city, _path: city.issue(extensions=(*OF_PERSON, "1.2.3=critical,ASN1:NULL")),
    "unknown-authority": lambda _city, path: Authority(path / "unknown", name="没有登记的认证中心").issue(),
    "issuer-signature": lambda _city, path: Authority(path / "impostor").issue(),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_certificate_opens_nothing_even_if_it_were_registered(
    demo: Demo, city: Authority, tmp_path: Path, reason: str
) -> None:
    bad = BAD[reason](city, tmp_path)
    client = demo.client(NEIGHBOUR)
    said = hand_in(client, bad.sign(begin(client))).json()["errors"][0]
    assert (said["code"], why_not_registered()) == (reason, reason)
    assert said["detail"]
    forced(bad)
    refused(come_in(demo.client(), bad))
    assert why() == reason


def test_a_certificate_that_signed_itself_opens_nothing(demo: Demo, city: Authority, tmp_path: Path) -> None:
    own = Authority(tmp_path / "self", name="林秀英", extensions=OF_PERSON)
    bad = Holder("P-256", own.folder / "ca.key", own.folder / "ca.pem")
    forced(bad)
    refused(come_in(demo.client(), bad))
    assert why() == "unknown-authority"


@pytest.mark.parametrize(
    ("how", "reason"),
    [({"md": "sha1"}, "algorithm"), ({"md": "sha384"}, "algorithm")],
)
def test_a_signature_by_another_digest_opens_nothing(demo: Demo, holder: Holder, how: Any, reason: str) -> None:
    refused(come_in(demo.client(), holder, **how))
    assert why() == reason


def test_two_signers_open_nothing(demo: Demo, city: Authority, holder: Holder) -> None:
    other = city.issue("陈大文")
    refused(come_in(demo.client(), holder, more=["-signer", other.certificate, "-inkey", other.key]))
    assert why() == "signers"


def test_an_authority_that_is_shut_lets_nobody_in(demo: Demo, city: Authority, holder: Holder, tmp_path: Path) -> None:
    opened(demo, Authority(tmp_path / "other", name="别的认证中心"))
    shut(demo, str(Declared.objects.get(title=city.name).id))
    refused(come_in(demo.client(), holder))
    assert why() == "unknown-authority"


# ── What is sent ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_huge_file_is_refused_and_not_read_to_its_end(demo: Demo, holder: Holder) -> None:
    client = demo.client()
    client.post("/certificate/go/", {})
    huge = SimpleUploadedFile("challenge.p7s", b"\x30" * (20 << 20))
    shown = client.post("/certificate/", {"answer": huge})
    assert shown.status_code == 401
    assert "证书没有通过验证" in shown.content.decode()
    some = SimpleUploadedFile("challenge.p7s", b"\x30" * (5 << 20))
    assert client.post("/certificate/", {"answer": some}).status_code == 401
    assert why() == "too-long"


@given(garbage=st.binary(max_size=300))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_at_the_door_is_refused_in_words(demo: Demo, holder: Holder, garbage: bytes) -> None:
    client = demo.client()
    client.post("/certificate/go/", {})
    SignInAttempt.objects.all().delete()  # so much garbage would be locked out
    sent = SimpleUploadedFile("challenge.p7s", garbage)
    assert client.post("/certificate/", {"answer": sent}).status_code == 401
    assert why() in {"unreadable", "not-signed-data", "signers", "no-certificate"}


@pytest.mark.parametrize("sent", [{}, {"pasted": ""}, {"pasted": "证书"}, {"pasted": "x" * 70_000}, {"answer": "text"}])
def test_nonsense_on_the_page_is_refused_in_words(demo: Demo, holder: Holder, sent: dict[str, str]) -> None:
    client = demo.client()
    client.post("/certificate/go/", {})
    shown = client.post("/certificate/", sent)
    assert shown.status_code == 401
    assert "重新取得验证文件" in shown.content.decode()


# ── Guessing and telling apart ──────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def counted() -> Any:
    with CaptureQueriesContext(connection) as asked:
        yield asked


def test_unknown_ended_revoked_and_closed_look_and_cost_the_same(demo: Demo, city: Authority, holder: Holder) -> None:
    """The same words and the same statements; checks of signatures are made in every case, before anything is decided."""
    unknown, revoked = city.issue(), city.issue()
    forced(revoked)
    declared = Declared.objects.get()
    declared.revoked.create(serial=LoginCertificate.objects.get(name="强行登记").serial, since=machine_now())
    said, statements = set(), {}
    for name, one in {"unknown": unknown, "revoked": revoked, "closed": holder}.items():
        if name == "closed":
            Account.objects.filter(login=RESIDENT).update(is_active=False)
        client = demo.client()
        signed = one.sign(challenge(client))
        client.get("/api/v1/session")
        with counted() as asked:
            done = answer(client, signed)
        said.add(refused(done))
        statements[name] = len(asked)
    assert len(said) == 1
    assert len(set(statements.values())) == 1, statements


def test_after_five_failures_nobody_comes_in_by_the_certificates_of_the_account(demo: Demo, holder: Holder) -> None:
    for _again in range(4):
        client = demo.client()
        refused(answer(client, holder.sign(challenge(client) + b"x")))
    client = demo.client()
    locked = answer(client, holder.sign(challenge(client) + b"x"))
    assert locked.status_code == 429
    again = come_in(demo.client(), holder)
    assert again.status_code == 429
    last = Entry.objects.filter(action="account.sign-in").latest("id")
    assert (last.outcome, last.details["reason"]) == ("failed", "locked")
    step = demo.client().post("/sign-in/", {"login": RESIDENT, "password": PASSWORD})
    assert step.status_code == 303, "the password has a count of its own"


def test_what_nobody_registered_is_locked_alike(demo: Demo, city: Authority, holder: Holder) -> None:
    stranger = city.issue()
    for _again in range(4):
        refused(come_in(demo.client(), stranger))
    assert come_in(demo.client(), stranger).status_code == 429


def test_of_two_who_send_one_answer_at_once_one_is_let_in(own_demo: Demo, tmp_path: Path) -> None:
    city = Authority(tmp_path / "ca")
    opened(own_demo, city)
    holder = city.issue()
    register(own_demo.client(RESIDENT), holder)
    client = own_demo.client()
    signed = holder.sign(challenge(client))
    token = client.get("/api/v1/session").json()["csrf_token"]
    barrier, came = threading.Barrier(2), list[int]()

    def send() -> None:
        import base64
        import json

        from django.test import Client

        other = Client(HTTP_HOST="127.0.0.1")
        other.cookies = client.cookies
        body = json.dumps({"answer": base64.b64encode(signed).decode()})
        barrier.wait(timeout=30)
        done = other.generic(
            "POST",
            "/api/v1/session/certificate",
            body,
            content_type="application/json",
            headers={"X-CSRFToken": token},
        )
        came.append(done.status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(came) in ([200, 401], [200, 403])


def _signed_in(demo: Demo, holder: Holder) -> Any:
    client = demo.client()
    assert come_in(client, holder).status_code == 200
    return client
