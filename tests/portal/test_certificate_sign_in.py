"""Residents and officers sign in by certificates 数字证书: registered, used, shown as a proof, lost, revoked; on pages and over the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from support.authorities import (
    OF_PERSON,
    Authority,
    Holder,
    answer,
    begin,
    bring,
    challenge,
    come_in,
    declared,
    hand_in,
    open_again,
    opened,
    register,
    shut,
)
from support.demo import ITEM, NEIGHBOUR, OFFICER, PASSWORD, RESIDENT, Demo, call

from yiwang import settings as site
from yiwang.audit.models import Entry
from yiwang.identity.checks import certificate_authorities
from yiwang.identity.models import Account, Session
from yiwang.identity.models.login_certificates import Authority as Declared
from yiwang.identity.models.login_certificates import CertificateChallenge, LoginCertificate
from yiwang.identity.rules.single_sign_on import acr_of, amr_of
from yiwang.kernel import sm2
from yiwang.kernel.time import machine_now
from yiwang.messaging.models import Message
from yiwang.messaging.services import system_tell
from yiwang.outbox.models import Event
from yiwang.outbox.values import DeliveredEvent

NUMBER = "460199196103089029"
"""The resident's own, invented."""
SHOWN_CLOCK = "yiwang.identity.queries.login_certificates.machine_now"
ACCOUNT, FACTOR = "/my/account/", "/my/account/second-factor/"


@pytest.fixture
def city(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture(autouse=True)
def consent_is_asked() -> Iterator[None]:
    given = site.configuration().model_copy(update={"consent_days": 7})
    with mock.patch("yiwang.identity.services.consents.configuration", return_value=given):
        yield


def entry(action: str) -> Entry:
    return Entry.objects.filter(action=action).latest("id")


def who(client: Any) -> str:
    login: str = client.get("/api/v1/session").json()["login"]
    return login


def page_of(client: Any, path: str) -> str:
    shown = client.get(path)
    assert shown.status_code == 200, (shown.status_code, shown.content.decode()[-500:])
    return str(shown.content.decode())


def told(login: str) -> list[str]:
    """Titles of the messages about certificates that a person has by now, the oldest first."""
    for one in Event.objects.filter(type__startswith="account.certificate-").order_by("id"):
        system_tell(
            DeliveredEvent(
                one.id,
                one.event_id,
                one.type,
                one.source,
                one.subject,
                one.time,
                one.machine_time,
                one.data,
                one.correlation_id,
                one.origin,
            )
        )
    subject = Account.objects.get(login=login).subject_id
    found = Message.objects.filter(to_subject_id=subject).order_by("id")
    return [title for one in found if "证书" in (title := one.texts["zh-Hans"]["title"])]


def as_file(signed: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("challenge.p7s", signed)


@pytest.mark.parametrize("kind", ["P-256", "RSA", "SM2"])
def test_a_registered_certificate_signs_in_alone(demo: Demo, tmp_path: Path, kind: str) -> None:
    city = Authority(tmp_path / kind, kind)
    opened(demo, city)
    holder = city.issue()
    register(demo.client(RESIDENT), holder)
    visitor = demo.client()
    done = come_in(visitor, holder)
    assert (done.status_code, done.json()["login"]) == (200, RESIDENT)
    last = entry("account.sign-in")
    held = LoginCertificate.objects.get()
    assert (last.outcome, last.details["factor"], last.details["certificate"]) == ("done", "certificate", str(held.id))
    assert Session.objects.get(account__login=RESIDENT, certificate=held).data["factors"] == ["certificate"]
    assert held.used_at is not None
    [own] = visitor.get("/api/v1/login-certificates").json()
    assert (own["name"], own["standing"], own["serial"]) == ("蓝色密钥", "serves", held.serial)


def test_a_proof_of_possession_by_a_certificate_is_two_factors_and_binds_no_page() -> None:
    assert amr_of(["certificate"]) == ["mfa", "pop"]
    assert acr_of(["certificate"]) == "urn:yiwang:acr:two-factors"
    assert acr_of(["passkey-alone"]) == "phr"


def test_the_pages_register_a_certificate_and_sign_in_by_it(demo: Demo, city: Authority) -> None:
    client = demo.client(RESIDENT)
    assert "还没有开放" in page_of(client, ACCOUNT)
    assert "证书登录" not in page_of(demo.client(), "/sign-in/")
    opened(demo, city, people="residents")
    assert client.post(FACTOR, {"act": "certificate", "password": PASSWORD}).status_code == 303
    assert "登记这个证书" in page_of(client, ACCOUNT)
    asked = client.get("/certificate/challenge?for=register")
    assert asked["Content-Disposition"] == 'attachment; filename="yiwang-challenge.txt"'
    holder = city.issue()
    made = client.post(
        FACTOR, {"act": "certificate-made", "name": "我的<钥匙>", "answer": as_file(holder.sign(asked.content))}
    )
    shown = made.content.decode()
    assert made.status_code == 200, shown[-2000:]
    assert "我的&lt;钥匙&gt;" in shown
    assert len(made.context["codes"]) == 10, "the first factor brings recovery codes"

    visitor, apply = demo.client(), f"/items/{ITEM}/apply/"
    assert "证书登录" in page_of(visitor, "/sign-in/")
    assert "证书登录" not in page_of(visitor, "/desk/sign-in/")
    set_out = visitor.post("/certificate/go/", {"next": apply, "carried.residence.phone": "13900001111"})
    assert set_out["Location"] == "/certificate/"
    page_of(visitor, "/certificate/")
    text = visitor.get("/certificate/challenge").content
    assert visitor.get("/certificate/challenge").content == text, "a page that is opened anew spoils nothing"
    was = visitor.cookies["yiwang_session"].value
    done = visitor.post("/certificate/", {"answer": as_file(holder.sign(text))})
    assert (done.status_code, done["Location"]) == (303, apply)
    assert visitor.cookies["yiwang_session"].value != was, "a session that another may have planted is worth nothing"
    assert "13900001111" in page_of(visitor, apply)


def test_what_a_program_shows_as_text_may_be_pasted(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    holder, visitor = city.issue(), demo.client()
    register(demo.client(RESIDENT), holder)
    visitor.post("/certificate/go/", {})
    text = visitor.get("/certificate/challenge").content
    done = visitor.post("/certificate/", {"pasted": holder.sign(text, form="PEM").decode()})
    assert (done.status_code, done["Location"]) == (303, "/")
    assert who(visitor) == RESIDENT


def test_an_officer_comes_to_the_desk_by_a_certificate(demo: Demo, city: Authority) -> None:
    opened(demo, city, people="officers")
    holder = city.issue()
    register(demo.client(OFFICER, post=True), holder)
    visitor = demo.client()
    assert "证书登录" in page_of(visitor, "/desk/sign-in/")
    visitor.post("/certificate/go/", {"desk": "1", "next": "/desk/tasks/"})
    done = visitor.post(
        "/certificate/", {"answer": as_file(holder.sign(visitor.get("/certificate/challenge").content))}
    )
    assert (done.status_code, done["Location"]) == (303, "/desk/tasks/")
    page_of(visitor, "/desk/tasks/")


def test_an_authority_for_officers_lets_in_who_holds_a_post_and_one_for_residents_opens_none(
    demo: Demo, city: Authority, tmp_path: Path
) -> None:
    opened(demo, city, people="officers")
    refused = hand_in(client := demo.client(RESIDENT), city.issue().sign(begin(client)))
    assert refused.json()["errors"][0]["code"] == "no-post"
    assert entry("account.refuse-certificate").details["reason"] == "no-post"

    private = Authority(tmp_path / "private", name="居民认证中心")
    opened(demo, private, people="residents")
    officer, holder = demo.client(OFFICER, post=True), private.issue()
    register(officer, holder)
    post = officer.get("/api/v1/session").json()["capacity_id"]
    visitor = demo.client()
    assert come_in(visitor, holder).status_code == 200
    assert call(visitor, "PUT", "/api/v1/session/capacity", {"capacity": "post", "post_id": post}).status_code == 403
    desk = demo.client()
    desk.post("/certificate/go/", {"desk": "1"})
    desk.post("/certificate/", {"answer": as_file(holder.sign(desk.get("/certificate/challenge").content))})
    assert desk.get("/desk/tasks/").status_code == 302, "at the desk he stands without a post"


def test_with_a_certificate_the_password_alone_signs_nobody_in(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    codes = register(demo.client(RESIDENT), city.issue())["recovery_codes"]
    visitor = demo.client()
    step = visitor.post("/sign-in/", {"login": RESIDENT, "password": PASSWORD, "next": "/my/facts/"})
    assert step["Location"] == "/sign-in/code/"
    shown = page_of(visitor, "/sign-in/code/")
    assert "/certificate/go/" in shown
    assert visitor.post("/sign-in/code/", {"recovery": codes[0]}).status_code == 303
    assert who(visitor) == RESIDENT


def test_who_gave_his_password_first_goes_where_he_was_going(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    holder, visitor = city.issue(), demo.client()
    register(demo.client(RESIDENT), holder)
    visitor.post("/sign-in/", {"login": RESIDENT, "password": PASSWORD, "next": "/my/facts/"})
    visitor.post("/certificate/go/", {})
    done = visitor.post(
        "/certificate/", {"answer": as_file(holder.sign(visitor.get("/certificate/challenge").content))}
    )
    assert done["Location"] == "/my/facts/"


def test_a_first_certificate_ends_the_sessions_that_began_with_a_password_alone(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    elsewhere, client = demo.client(RESIDENT), demo.client(RESIDENT)
    register(client, city.issue())
    assert who(client) == RESIDENT
    assert who(elsewhere) == ""


def test_registering_asks_for_the_password_and_the_factor_that_counts(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    client = demo.client(RESIDENT)
    wrong = call(client, "POST", "/api/v1/login-certificates/challenge", {"password": "wrong"})
    assert wrong.status_code == 422
    register(client, first := city.issue())
    without = call(client, "POST", "/api/v1/login-certificates/challenge", {"password": PASSWORD})
    assert without.json()["errors"][0]["pointer"] == "code"
    pretended = call(
        client, "POST", "/api/v1/login-certificates/challenge", {"password": PASSWORD, "certificate_shown": True}
    )
    assert pretended.json()["errors"][0]["code"] == "not-shown"
    assert answer(client, first.sign(challenge(client))).status_code == 200
    assert entry("account.prove-by-certificate").outcome == "done"
    register(client, city.issue(), certificate_shown=True)
    assert len(client.get("/api/v1/login-certificates").json()) == 2
    with mock.patch(SHOWN_CLOCK, return_value=machine_now() + timedelta(minutes=6)):
        late = call(
            client, "POST", "/api/v1/login-certificates/challenge", {"password": PASSWORD, "certificate_shown": True}
        )
    assert late.json()["errors"][0]["code"] == "not-shown"


def test_a_proof_in_one_browser_counts_in_no_other(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    client, holder = demo.client(RESIDENT), city.issue()
    register(client, holder)
    other = demo.client()
    assert come_in(other, holder).status_code == 200
    assert answer(client, holder.sign(challenge(client))).status_code == 200
    refused = call(
        other, "POST", "/api/v1/login-certificates/challenge", {"password": PASSWORD, "certificate_shown": True}
    )
    assert refused.json()["errors"][0]["code"] == "not-shown"


def test_before_a_dangerous_act_a_certificate_shows_who_sits_there(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    admin, holder = demo.client("sys.admin", post=True), city.issue()
    register(admin, holder)
    chosen = Account.objects.get(login=OFFICER).id
    path, act = f"/desk/officers/{chosen}/close/", {"sure": "1"}
    later = machine_now() + timedelta(minutes=30)
    given = site.configuration().model_copy(update={"proof_minutes": 15, "session_idle_minutes": 60})
    with (
        mock.patch("yiwang.identity.queries.permission.configuration", return_value=given),
        mock.patch("yiwang.identity.queries.permission.machine_now", return_value=later),
    ):
        due = admin.post(path, act)
        assert due.status_code == 403
        assert "/certificate/prove/" in due.content.decode()
        assert admin.post("/certificate/prove/", {"prove-at": path, **act})["Location"] == "/certificate/"
        text = admin.get("/certificate/challenge").content
        assert b"purpose: prove" in text
        with mock.patch("yiwang.forms.certificate_ways.machine_now", return_value=later):
            shown = admin.post("/certificate/", {"answer": as_file(holder.sign(text))})
        assert 'name="sure" value="1"' in shown.content.decode()
        assert admin.post(path, act).status_code == 303
    assert not Account.objects.get(login=OFFICER).is_active


def test_who_has_to_have_a_second_factor_has_one_with_a_certificate(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    given = site.configuration().model_copy(update={"second_factor": "officers"})
    with mock.patch("yiwang.identity.queries.second_factor.configuration", return_value=given):
        client, holder = demo.client(OFFICER), city.issue()
        assert client.get("/my/")["Location"] == ACCOUNT
        register(client, holder)
        page_of(client, "/my/")
        [held] = client.get("/api/v1/login-certificates").json()
        assert answer(client, holder.sign(challenge(client))).status_code == 200
        last = call(
            client,
            "POST",
            f"/api/v1/login-certificates/{held['id']}/removal",
            {"password": PASSWORD, "certificate_shown": True},
        )
        assert last.status_code == 403


def test_a_person_names_and_takes_away_his_certificates_and_is_told(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    client, holder = demo.client(RESIDENT), city.issue()
    id = register(client, holder)["certificate"]["id"]
    assert client.post(FACTOR, {"act": "certificate-rename", "named": id, "name": " 红色  密钥 "}).status_code == 303
    assert "红色 密钥" in page_of(client, ACCOUNT)
    assert client.post(FACTOR, {"act": "certificate-rename", "named": id, "name": " "}).status_code == 422
    stranger = demo.client(NEIGHBOUR)
    assert call(stranger, "PUT", f"/api/v1/login-certificates/{id}", {"name": "我的"}).status_code == 404
    gone = {"password": PASSWORD}
    assert call(stranger, "POST", f"/api/v1/login-certificates/{id}/removal", gone).status_code == 404
    assert answer(client, holder.sign(challenge(client))).status_code == 200
    assert client.post(FACTOR, {"certificate-gone": id, "password": PASSWORD, "shown": "1"}).status_code == 303
    assert not LoginCertificate.objects.exists()
    assert come_in(demo.client(), holder).status_code == 401
    assert who(demo.client(RESIDENT)) == RESIDENT, "the password alone signs in again"
    assert told(RESIDENT) == ["您的账号登记了一个数字证书", "您的账号移除了一个数字证书"]


def test_a_lost_key_is_ended_by_the_security_administrator_who_can_add_none(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    holder = city.issue()
    id = register(demo.client(OFFICER), holder)["certificate"]["id"]
    account = Account.objects.get(login=OFFICER)
    inside = demo.client()
    assert come_in(inside, holder).status_code == 200
    security, system = demo.client("sec.admin", post=True), demo.client("sys.admin", post=True)
    [seen] = security.get(f"/api/v1/officers/{account.id}/login-certificates").json()
    assert seen["id"] == id
    assert call(system, "POST", f"/api/v1/login-certificates/{id}/ending").status_code == 403
    assert "停用这个证书" in page_of(security, f"/desk/officers/{account.id}/")
    ended = security.post(f"/desk/officers/{account.id}/certificates/{id}/end/")
    assert ended.status_code == 303
    assert who(inside) == "", "whoever was signed in by it is signed out"
    assert come_in(demo.client(), holder).status_code == 401
    assert told(OFFICER)[-1] == "管理员停用了您登记的数字证书"
    register(demo.client(OFFICER), holder)


def test_nobody_ends_his_own_as_an_administrator(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    security = demo.client("sec.admin", post=True)
    id = register(security, city.issue())["certificate"]["id"]
    assert call(security, "POST", f"/api/v1/login-certificates/{id}/ending").status_code == 403


def test_taking_the_second_factor_away_takes_the_certificates(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    holder = city.issue()
    register(demo.client(OFFICER), holder)
    account = Account.objects.get(login=OFFICER).id
    assert demo.client("sec.admin", post=True).post(f"/desk/officers/{account}/second-factor/").status_code == 303
    assert come_in(demo.client(), holder).status_code == 401
    assert who(demo.client(OFFICER)) == OFFICER


# ── Authorities ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_authority_is_opened_with_the_consent_of_another_and_shut_at_once(demo: Demo, city: Authority) -> None:
    id = declared(demo, city)
    admin = demo.client("sys.admin", post=True)
    digest = admin.get(f"/api/v1/authorities/{id}").json()["digest"]
    assert admin.get("/api/v1/session/certificate").status_code == 409
    assert call(admin, "POST", f"/api/v1/authorities/{id}/opening", {"digest": "0" * 64}).status_code == 409
    due = call(admin, "POST", f"/api/v1/authorities/{id}/opening", {"digest": digest})
    assert due.json()["type"].endswith("consent-due")
    waits = admin.post(f"/desk/authorities/{id}/open/", {"digest": digest})
    assert waits.status_code == 403
    bring(demo, id, city.list())
    open_again(demo, id)
    holder = city.issue()
    register(demo.client(RESIDENT), holder)
    inside = demo.client()
    come_in(inside, holder)
    assert shut(demo, id, "sec.admin").status_code == 204
    assert who(inside) == ""
    assert shut(demo, id).status_code == 409
    assert demo.client().get("/api/v1/session/certificate").status_code == 409
    open_again(demo, id)
    assert come_in(demo.client(), holder).status_code == 200, "what people registered stays"


def test_what_is_open_is_not_changed_and_what_is_shut_is(demo: Demo, city: Authority) -> None:
    id = opened(demo, city)
    admin = demo.client("sys.admin", post=True)
    view = admin.get(f"/api/v1/authorities/{id}").json()
    change = {"title": "改名", "people": "officers", "has_list": False, "number_attribute": "2.5.4.5"}
    sent = {**change, "digest": view["digest"]}
    assert call(admin, "PUT", f"/api/v1/authorities/{id}", sent).status_code == 409
    shut(demo, id)
    admin = demo.client("sys.admin", post=True)
    assert call(admin, "PUT", f"/api/v1/authorities/{id}", {**sent, "digest": ""}).status_code == 409
    assert call(admin, "PUT", f"/api/v1/authorities/{id}", sent).status_code == 204
    now = admin.get(f"/api/v1/authorities/{id}").json()
    assert (now["line"]["title"], now["line"]["list_state"]) == ("改名", "not-kept")
    assert now["digest"] != view["digest"]
    done = admin.post(f"/desk/authorities/{id}/change/", {**change, "title": "再改", "digest": now["digest"]})
    assert done.status_code == 303


def test_an_authority_that_is_declared_badly_is_told_everything_at_once(demo: Demo, city: Authority) -> None:
    declared(demo, city)
    admin = demo.client("sys.admin", post=True)
    bad = call(
        admin,
        "POST",
        "/api/v1/authorities",
        {"title": " ", "people": "both", "chain": "x", "number_attribute": "one.two"},
    )
    assert {one["pointer"] for one in bad.json()["errors"]} == {"title", "chain", "number_attribute"}
    again = call(admin, "POST", "/api/v1/authorities", {"title": city.name, "people": "both", "chain": city.pem})
    assert {one["code"] for one in again.json()["errors"]} == {"known", "taken"}
    page = admin.post("/desk/authorities/add/", {"title": "", "people": "both", "chain": ""})
    assert page.status_code == 422
    assert 'href="#f-chain"' in page.content.decode()


def test_the_pages_add_an_authority_and_bring_its_list(demo: Demo, city: Authority) -> None:
    admin = demo.client("sys.admin", post=True)
    assert "还没有" in page_of(admin, "/desk/authorities/")
    made = admin.post(
        "/desk/authorities/add/",
        {"title": "市政务认证中心", "people": "both", "chain": city.pem, "number_attribute": ""},
    )
    assert made.status_code == 303
    at = made["Location"]
    assert "还没有导入" in page_of(admin, at)
    city.revoke(city.issue())
    taken = admin.post(f"{at}list/", {"list": SimpleUploadedFile("ca.crl", city.list())})
    assert taken.status_code == 303
    assert "1 个" in page_of(admin, at)
    refused = admin.post(f"{at}list/", {"pasted": "nonsense"})
    assert refused.status_code == 422
    assert "f-list-fault" in refused.content.decode()
    assert "证书登录" in page_of(admin, "/desk/systems/") or "认证机构" in page_of(admin, "/desk/systems/")
    assert admin.post(f"{at}shut/", {}).status_code == 422, "say that you are sure"


def test_who_is_named_by_a_new_list_is_told_and_signed_out(demo: Demo, city: Authority) -> None:
    id = opened(demo, city)
    holder = city.issue()
    register(demo.client(RESIDENT), holder)
    inside = demo.client()
    come_in(inside, holder)
    city.revoke(holder)
    assert bring(demo, id, city.list()).json() == {"revoked": 1}
    assert who(inside) == ""
    refused = come_in(demo.client(), holder)
    assert refused.status_code == 401
    assert entry("account.sign-in").details["reason"] == "revoked"
    bring(demo, id, city.list())
    assert told(RESIDENT).count("认证机构吊销了您登记的数字证书") == 1
    assert Declared.objects.get().revoked.count() == 1


def test_an_overdue_list_lets_nobody_in_unless_the_authority_has_none(demo: Demo, city: Authority) -> None:
    id = opened(demo, city)
    holder = city.issue()
    register(demo.client(RESIDENT), holder)
    Declared.objects.update(list_until=machine_now() - timedelta(seconds=1))
    assert come_in(demo.client(), holder).status_code == 401
    assert entry("account.sign-in").details["reason"] == "list-overdue"
    admin = demo.client("sys.admin", post=True)
    assert admin.get(f"/api/v1/authorities/{id}").json()["line"]["list_state"] == "overdue"
    assert "超期" in page_of(admin, "/desk/systems/")
    [finding] = certificate_authorities()
    assert city.name in finding.detail
    bring(demo, id, city.list())
    assert list(certificate_authorities()) == []
    assert come_in(demo.client(), holder).status_code == 200
    shut(demo, id)
    Declared.objects.update(list_until=machine_now() - timedelta(seconds=1), has_list=False)
    open_again(demo, id)
    assert come_in(demo.client(), holder).status_code == 200


def test_without_its_list_an_authority_lets_nobody_in(demo: Demo, city: Authority) -> None:
    id = declared(demo, city)
    open_again(demo, id)
    client = demo.client(RESIDENT)
    refused = hand_in(client, city.issue().sign(begin(client)))
    assert refused.json()["errors"][0]["code"] == "list-missing"


@pytest.mark.parametrize("what", ["another's", "an impostor's", "older", "overdue", "garbage"])
def test_a_list_that_is_not_its_own_or_not_the_present_one_is_refused_and_written_down(
    demo: Demo, city: Authority, tmp_path: Path, what: str
) -> None:
    id = opened(demo, city)
    lists = {
        "another's": (lambda: Authority(tmp_path / "o", name="别的").list(), "other-authority"),
        "an impostor's": (lambda: Authority(tmp_path / "i").list(), "signature"),
        "older": (lambda: city.list(since=timedelta(hours=-3)), "older"),
        "overdue": (lambda: city.list(until=timedelta(seconds=-3)), "overdue"),
        "garbage": (lambda: b"garbage", "unreadable"),
    }
    made, reason = lists[what]
    refused = bring(demo, id, made())
    assert refused.json()["errors"][0]["code"] == reason
    last = entry("authority.bring-list")
    assert (last.outcome, last.details["reason"]) == ("refused", reason)


def test_a_machine_without_sm2_says_so_on_the_pages(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    visitor = demo.client()
    visitor.post("/certificate/go/", {})
    assert "国密" in page_of(visitor, "/certificate/")
    with mock.patch.object(sm2, "is_available", return_value=False):
        assert "还不能核验" in page_of(visitor, "/certificate/")
        assert "不能添加" in page_of(demo.client("sys.admin", post=True), "/desk/authorities/add/")


# ── Whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_number_in_a_certificate_is_its_persons(demo: Demo, city: Authority) -> None:
    opened(demo, city, number_attribute="2.5.4.5")
    register(demo.client(RESIDENT), city.issue(number=NUMBER))
    other = demo.client(NEIGHBOUR)
    for number, reason in (
        (NUMBER, "other-person"),
        ("460199197001010018", "other-person"),
        ("12345", "number-unreadable"),
    ):
        refused = hand_in(other, city.issue(number=number).sign(begin(other)))
        assert refused.json()["errors"][0]["code"] == reason
        assert entry("account.refuse-certificate").details["reason"] == reason
    register(other, city.issue())
    assert NUMBER not in str([one.details for one in Entry.objects.all()])


def test_a_certificate_is_registered_once(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    holder = city.issue()
    register(demo.client(RESIDENT), holder)
    other = demo.client(NEIGHBOUR)
    refused = hand_in(other, holder.sign(begin(other)))
    assert refused.json()["errors"][0]["code"] == "known"
    assert entry("account.refuse-certificate").details["reason"] == "known"
    held = LoginCertificate.objects.get()
    assert held.account.login == RESIDENT
    again = Holder(holder.kind, holder.key, holder.certificate)
    assert come_in(demo.client(), again).json()["login"] == RESIDENT


def test_what_is_wrong_with_a_registration_is_said_and_another_file_may_be_handed_in(
    demo: Demo, city: Authority
) -> None:
    opened(demo, city)
    client = demo.client(RESIDENT)
    client.post(FACTOR, {"act": "certificate", "password": PASSWORD})
    until = CertificateChallenge.objects.get().lasts_until
    text = client.get("/certificate/challenge?for=register").content
    bad = city.issue(extensions=tuple(one for one in OF_PERSON if "keyUsage" not in one))
    refused = client.post(FACTOR, {"act": "certificate-made", "name": "蓝", "answer": as_file(bad.sign(text))})
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert "另一个" in shown
    assert 'value="蓝"' in shown
    assert CertificateChallenge.objects.get().lasts_until == until, "the proof behind it grows no younger"
    good, text = city.issue(), client.get("/certificate/challenge?for=register").content
    assert (
        client.post(FACTOR, {"act": "certificate-made", "name": "蓝", "answer": as_file(good.sign(text))}).status_code
        == 200
    )


def test_a_registration_that_was_given_up_is_over(demo: Demo, city: Authority) -> None:
    opened(demo, city)
    client = demo.client(RESIDENT)
    text = begin(client)
    assert client.post(FACTOR, {"act": "certificate-stop"}).status_code == 303
    assert client.get("/certificate/challenge?for=register").status_code == 404
    assert hand_in(client, city.issue().sign(text)).json()["errors"][0]["code"] == "not-asked"


def test_who_set_out_for_nothing_is_sent_to_the_sign_in_page(demo: Demo) -> None:
    visitor = demo.client()
    assert visitor.get("/certificate/")["Location"] == "/sign-in/"
    assert visitor.get("/certificate/challenge").status_code == 404
    assert visitor.post("/certificate/prove/").status_code == 401
