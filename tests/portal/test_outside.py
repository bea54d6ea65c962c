"""Residents and officers come in through outside identity providers 外部身份源, by OpenID Connect over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from portal.test_mandate_pages import KEEPER, offered
from support.demo import OFFICER, RESIDENT, Demo, call
from support.outside import (
    HIGH,
    LEVELS,
    MIDDLE,
    NUMBER,
    Platform,
    come_in,
    connected,
    described,
    new_ec_key,
    running,
    set_out,
)

from yiwang import settings as site
from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Session
from yiwang.identity.models.outside import OutsideLink, OutsideRequest, Provider
from yiwang.kernel.time import machine_now
from yiwang.outbox.models import Event


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as made:
        yield made


@pytest.fixture(autouse=True)
def consent_is_asked() -> Iterator[None]:
    given = site.configuration().model_copy(update={"consent_days": 7})
    with mock.patch("yiwang.identity.services.consents.configuration", return_value=given):
        yield


def acting(client: Any) -> dict[str, Any]:
    said: dict[str, Any] = client.get("/api/v1/session").json()
    return said


def entries(action: str) -> list[Entry]:
    return list(Entry.objects.filter(action=action).order_by("id"))


def test_the_sign_in_pages_offer_what_is_open_to_their_people(demo: Demo, platform: Platform) -> None:
    visitor = demo.client()
    before = visitor.get("/sign-in/").content.decode()
    assert "/outside/" not in before
    connected(demo, described(platform))
    assert "国家政务服务平台" in visitor.get("/sign-in/").content.decode()
    assert "国家政务服务平台" not in visitor.get("/desk/sign-in/").content.decode()


def test_a_resident_comes_in_and_goes_on_where_he_was(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    where = set_out(browser, provider, next="/my/facts/")
    query = parse_qs(urlsplit(where).query)
    assert query["scope"] == ["openid"]
    assert query["acr_values"] == [f"{HIGH} {MIDDLE}"]
    was = browser.cookies["yiwang_session"].value
    answer = browser.get(f"/outside/{provider}/back", platform.sign_in(where))
    assert (answer.status_code, answer["Location"]) == (303, "/my/facts/")
    assert browser.cookies["yiwang_session"].value != was, "a session that another may have planted is worth nothing"
    assert acting(browser)["login"] == RESIDENT
    [session] = browser.get("/api/v1/sessions").json()
    assert session["provider"] == "国家政务服务平台"
    page = browser.get("/my/account/").content.decode()
    assert "国家政务服务平台" in page
    [let_in] = entries("outside.let-in")
    assert let_in.outcome == "done"
    assert let_in.details["level"] == "substantial"
    [signed_in] = entries("account.sign-in")[-1:]
    assert signed_in.details["factor"] == "outside"
    assert NUMBER not in str([one.details for one in Entry.objects.all()])
    assert not OutsideRequest.objects.exists()


def test_what_a_form_held_goes_on_with_who_signs_in(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    answer = browser.post(f"/outside/{provider}/go/", {"next": "/my/messages/address/", "carried.mail": "a@b.example"})
    browser.get(f"/outside/{provider}/back", platform.sign_in(answer.context["where"]))
    assert browser.session["carried"] == {"path": "/my/messages/address/", "values": {"mail": ["a@b.example"]}}


def test_who_the_registers_know_gets_an_account_and_nobody_else_does(demo: Demo, platform: Platform) -> None:
    from yiwang.kernel.identifiers import invent_citizen_id
    from yiwang.subjects.models import Identifier

    provider = connected(demo, described(platform))
    has = set(Account.objects.exclude(subject=None).values_list("subject_id", flat=True))
    known = Identifier.objects.filter(scheme="citizen-id", valid_to=None).exclude(subject_id__in=has).first()
    assert known is not None
    browser = demo.client()
    assert come_in(browser, platform, provider, sub="new", id_number=known.value).status_code == 303
    account = Account.objects.get(login=acting(browser)["login"])
    assert account.subject_id == known.subject_id
    assert not account.has_usable_password()
    again = demo.client()
    assert come_in(again, platform, provider, sub="new", id_number=known.value).status_code == 303
    assert acting(again)["login"] == account.login

    number = str(invent_citizen_id("460199", machine_now().date() - timedelta(days=9000), 77))
    refused = come_in(demo.client(), platform, provider, sub="x", id_number=number)
    assert refused.status_code == 401
    assert "登记" in refused.content.decode()
    assert entries("outside.let-in")[-1].details["reason"] == "unknown-person"


def test_a_name_that_was_one_person_s_is_never_another_s(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform))
    assert come_in(demo.client(), platform, provider).status_code == 303
    other = number_of("chen.dawen")
    assert come_in(demo.client(), platform, provider, id_number=other).status_code == 401
    assert entries("outside.let-in")[-1].details["reason"] == "other-identifier"
    assert come_in(demo.client(), platform, provider, sub="person-2").status_code == 401
    assert entries("outside.let-in")[-1].details["reason"] == "other-subject"


def number_of(login: str) -> str:
    from yiwang.subjects.models import Identifier

    subject = Account.objects.get(login=login).subject_id
    return Identifier.objects.get(subject_id=subject, scheme="citizen-id", valid_to=None).value


def test_a_person_ends_a_link_and_is_signed_out_where_he_came_in_through_it(demo: Demo, platform: Platform) -> None:
    provider, browser, own = connected(demo, described(platform)), demo.client(), demo.client(RESIDENT)
    come_in(browser, platform, provider)
    [link] = own.get("/api/v1/outside-links").json()["rows"]
    assert link["provider_title"] == "国家政务服务平台"
    assert own.post("/my/account/links/", {"link": link["id"]}).status_code == 303
    assert not acting(browser)["signed_in"]
    assert acting(own)["signed_in"]
    assert not OutsideLink.objects.exists()
    stranger = demo.client("chen.dawen")
    come_in(browser, platform, provider)
    [link] = own.get("/api/v1/outside-links").json()["rows"]
    assert call(stranger, "DELETE", f"/api/v1/outside-links/{link['id']}").status_code == 404


def test_the_security_administrator_ends_a_link_under_which_another_came(demo: Demo, platform: Platform) -> None:
    provider, browser, own = connected(demo, described(platform)), demo.client(), demo.client(RESIDENT)
    come_in(browser, platform, provider)
    account = Account.objects.get(login=RESIDENT)
    security, system = demo.client("sec.admin", post=True), demo.client("sys.admin", post=True)
    [seen] = security.get(f"/api/v1/officers/{account.id}/outside-links").json()["rows"]
    assert call(system, "POST", f"/api/v1/outside-links/{seen['id']}/breaking").status_code == 403
    assert "解除关联" in security.get(f"/desk/officers/{account.id}/").content.decode()
    assert security.post(f"/desk/officers/{account.id}/links/{seen['id']}/break/").status_code == 303
    assert not acting(browser)["signed_in"], "whoever was signed in through it is signed out"
    assert acting(own)["signed_in"], "other sessions of the person go on"
    assert not OutsideLink.objects.exists()
    [entry] = [one for one in entries("outside-link.break") if one.outcome == "done"]
    assert (entry.object_kind, entry.object_id) == ("outside-link", seen["id"])
    assert str(account.id) in str(entry.details)
    [news] = Event.objects.filter(type="account.link-broken.v1")
    assert news.data["provider_title"] == "国家政务服务平台"
    assert news.data["subject_id"] == str(account.subject_id)
    assert call(security, "POST", f"/api/v1/outside-links/{seen['id']}/breaking").status_code == 404
    assert come_in(browser, platform, provider, sub="person-2").status_code == 303, "his own name there links him anew"


def test_nobody_ends_his_own_link_as_an_administrator(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform))
    own = Account.objects.get(login="sec.admin")
    link = OutsideLink.objects.create(provider_id=provider, account=own, subject_digest=b"from before he was one")
    security = demo.client("sec.admin", post=True)
    assert call(security, "POST", f"/api/v1/outside-links/{link.id}/breaking").status_code == 403
    assert OutsideLink.objects.exists()


def test_an_officer_comes_in_to_his_post(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform, people="officers", vouches="login", claim="preferred_username"))
    browser = demo.client()
    answer = come_in(browser, platform, provider, next="/desk/tasks/", desk=True, preferred_username=OFFICER)
    assert (answer.status_code, answer["Location"]) == (303, "/desk/tasks/")
    assert acting(browser)["capacity"] == "post"
    assert browser.get("/desk/tasks/").status_code == 200
    refused = come_in(demo.client(), platform, provider, desk=True, sub="r", preferred_username=RESIDENT)
    assert refused.status_code == 401
    assert entries("outside.let-in")[-1].details["reason"] == "no-post"
    nobody = come_in(demo.client(), platform, provider, desk=True, sub="n", preferred_username="not.there")
    assert nobody.status_code == 401
    assert entries("outside.let-in")[-1].details["reason"] == "no-account"


@pytest.mark.parametrize("login", ["sys.admin", "sec.admin", "aud.admin"])
def test_no_administrator_comes_in_from_outside(demo: Demo, platform: Platform, login: str) -> None:
    platform.said["acr"] = HIGH
    provider = connected(
        demo, described(platform, people="officers", vouches="login", claim="preferred_username", two_factors=True)
    )
    assert come_in(demo.client(), platform, provider, desk=True, preferred_username=login).status_code == 401
    assert entries("outside.let-in")[-1].details["reason"] == "administrator"


def test_a_provider_for_residents_opens_no_post(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    officer = Account.objects.get(login=OFFICER)
    come_in(browser, platform, provider, sub="officer", id_number=number_of(OFFICER))
    assert acting(browser)["login"] == OFFICER
    from yiwang.identity.queries import posts_of

    [post] = posts_of(officer.id)
    assert browser.post("/desk/post/", {"post": str(post.id)}).status_code == 403
    assert (
        call(browser, "PUT", "/api/v1/session/capacity", {"capacity": "post", "post_id": str(post.id)}).status_code
        == 403
    )
    Session.objects.filter(account=officer, provider_id=provider).update(post=post.id)
    assert acting(browser)["capacity"] == "self", "nor does one that got into the session in another way"


def test_a_closed_account_stays_closed(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform))
    Account.objects.filter(login=RESIDENT).update(is_active=False, closed_on=machine_now().date())
    refused = come_in(demo.client(), platform, provider)
    assert refused.status_code == 401
    assert "停用" not in refused.content.decode()
    assert entries("outside.let-in")[-1].details["reason"] == "account-closed"


# ── Second factors and proofs ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_factor_is_still_asked_for(demo: Demo, platform: Platform) -> None:
    from yiwang.identity.models import SecondFactor
    from yiwang.identity.queries.second_factor import seal_secret

    factor = SecondFactor(account=Account.objects.get(login=RESIDENT), begun_at=machine_now())
    factor.confirmed_at, factor.last_step, factor.secret = machine_now(), 0, seal_secret(factor.id, b"s" * 20)
    factor.save(force_insert=True)
    plain = connected(demo, described(platform, levels=LEVELS))
    browser = demo.client()
    answer = come_in(browser, platform, plain, acr=HIGH)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/code/")
    assert not acting(browser)["signed_in"]
    assert browser.post("/sign-in/code/", {"code": "000000"}).status_code == 401
    code = code_of(b"s" * 20)
    answer = browser.post("/sign-in/code/", {"code": code})
    assert (answer.status_code, answer["Location"]) == (303, "/my/")
    assert browser.session["factors"] == ["outside", "app"]
    assert browser.session["provider"] == plain

    surely = connected(demo, described(platform, title="省统一身份认证", two_factors=True))
    low, high = demo.client(), demo.client()
    assert come_in(low, platform, surely, acr=MIDDLE)["Location"] == "/sign-in/code/"
    assert come_in(high, platform, surely, acr=HIGH)["Location"] == "/my/"
    assert acting(high)["login"] == RESIDENT


def code_of(secret: bytes) -> str:
    from yiwang.identity.rules.one_time_codes import code_at

    return code_at(secret, machine_now())


def prove(browser: Any, platform: Platform, provider: str, asked: Any, **said: Any) -> Any:
    """At the provider, from the page that asks for a proof."""
    kept = {name: value for name, value in asked.context["kept"] if name != "csrfmiddlewaretoken"}
    sent = browser.post(f"/outside/{provider}/prove/", {"prove-at": asked.context["at"], **kept})
    where = sent.context["where"]
    query = parse_qs(urlsplit(where).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
    return browser.get(f"/outside/{provider}/back", platform.sign_in(where, **said))


def test_a_dangerous_act_wants_a_proof_that_the_provider_can_give(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    platform.said["id_number"] = number_of(KEEPER)
    come_in(browser, platform, provider, auth_time=int(machine_now().timestamp()) - 7200)
    asked = offered(browser)
    assert asked.status_code == 403, "that he signed in there was long ago"
    assert f"/outside/{provider}/prove/" in asked.content.decode()
    for said, reason in (
        ({"auth_time": int(machine_now().timestamp()) - 600}, "not-anew"),
        ({"auth_time": None}, "not-anew"),
        ({"acr": "other"}, "level"),
        ({"sub": "somebody"}, "somebody-else"),
    ):
        refused = prove(browser, platform, provider, asked, **said)
        assert refused.status_code == 401, reason
        last = entries("account.prove-outside")[-1] if reason != "not-anew" or said["auth_time"] else None
        assert last is None or (last.outcome, last.details["reason"]) == ("refused", reason)
        assert offered(browser).status_code == 403
    proved = prove(browser, platform, provider, asked)
    assert proved.status_code == 200
    kept = dict(proved.context["kept"])
    done = browser.post(proved.context["at"], kept)
    assert done.status_code == 303, done.content.decode()[-1500:]


def test_who_came_in_at_a_low_level_proves_himself_before_a_dangerous_act(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform))
    platform.said["id_number"] = number_of(KEEPER)
    low, sure = demo.client(), demo.client()
    come_in(low, platform, provider, acr="unheard of")
    assert offered(low).status_code == 403
    come_in(sure, platform, provider, acr=MIDDLE)
    assert offered(sure).status_code == 303, "he has just signed in there"


# ── How it is connected ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_opening_needs_the_other_administrator_s_consent_to_this_very_declaration(
    demo: Demo, platform: Platform
) -> None:
    administrator = demo.client("sys.admin", post=True)
    id = call(administrator, "POST", "/api/v1/providers", described(platform)).json()["id"]
    assert demo.client().post(f"/outside/{id}/go/").status_code == 404, "nobody goes there yet"
    seen = administrator.get(f"/api/v1/providers/{id}").json()
    assert "secret" not in seen
    due = call(administrator, "POST", f"/api/v1/providers/{id}/opening", {"digest": seen["digest"]}).json()
    asked = {"action": due["action"], "arguments": due["arguments"], "reason": "试用"}
    request = call(administrator, "POST", "/api/v1/consents", asked).json()["id"]
    changed = described(platform, people="both", digest=seen["digest"])
    assert call(administrator, "PUT", f"/api/v1/providers/{id}", changed).status_code == 204
    consent = call(demo.client("sec.admin", post=True), "POST", f"/api/v1/consents/{request}", {"act": "give"})
    assert consent.status_code == 409, "it is another declaration than the one that he was asked about"
    assert not Provider.objects.get(id=id).is_open


def test_what_is_open_is_not_changed_and_shutting_ends_what_began_there(demo: Demo, platform: Platform) -> None:
    provider, browser, own = connected(demo, described(platform)), demo.client(), demo.client(RESIDENT)
    come_in(browser, platform, provider)
    administrator = demo.client("sys.admin", post=True)
    seen = administrator.get(f"/api/v1/providers/{provider}").json()
    changed = described(platform, digest=seen["digest"])
    assert call(administrator, "PUT", f"/api/v1/providers/{provider}", changed).status_code == 409
    where = set_out(demo.client(), provider)
    assert (
        call(demo.client("sec.admin", post=True), "POST", f"/api/v1/providers/{provider}/shutting").status_code == 204
    )
    assert not acting(browser)["signed_in"]
    assert acting(own)["signed_in"]
    assert demo.client().get(f"/outside/{provider}/back", platform.sign_in(where)).status_code == 404


def test_another_issuer_s_names_are_other_people_s(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform))
    come_in(demo.client(), platform, provider)
    administrator = demo.client("sys.admin", post=True)
    call(administrator, "POST", f"/api/v1/providers/{provider}/shutting")
    with running() as other:
        seen = administrator.get(f"/api/v1/providers/{provider}").json()
        changed = described(other, digest=seen["digest"])
        assert call(administrator, "PUT", f"/api/v1/providers/{provider}", changed).status_code == 204
    assert not OutsideLink.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"title": " "}, "title"),
        ({"issuer": "nowhere"}, "issuer"),
        ({"issuer": "http://127.0.0.1:1"}, "issuer"),
        ({"vouches": "login"}, "vouches"),
        ({"claim": ""}, "claim"),
        ({"levels": {"x": "sure"}}, "levels"),
        ({"levels": {"x": "low"}, "two_factors": True}, "two_factors"),
        ({"kind": "saml", "metadata": ""}, "metadata"),
        ({"kind": "saml", "metadata": "<a/>"}, "metadata"),
        ({"scopes": ["a b"]}, "scopes"),
    ],
)
def test_what_is_declared_wrongly_is_said(demo: Demo, platform: Platform, wrong: dict[str, Any], pointer: str) -> None:
    answer = call(demo.client("sys.admin", post=True), "POST", "/api/v1/providers", described(platform, **wrong))
    assert answer.status_code == 422, answer.content
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


def test_a_provider_that_says_it_is_another_is_not_connected(demo: Demo, platform: Platform) -> None:
    import json

    said = json.dumps({**platform.metadata(), "issuer": "https://other.example"}).encode()
    for status, body in ((200, said), (404, b""), (200, b"[]"), (200, b"x" * 2_000_000), (302, b"")):
        platform.documents["/.well-known/openid-configuration"] = (status, body)
        answer = call(demo.client("sys.admin", post=True), "POST", "/api/v1/providers", described(platform))
        assert answer.status_code == 422, (status, answer.content)


def test_trying_a_connection_says_what_is_wrong(demo: Demo, platform: Platform) -> None:
    provider, administrator = connected(demo, described(platform)), demo.client("sys.admin", post=True)

    def tried() -> list[bool]:
        said = call(administrator, "POST", f"/api/v1/providers/{provider}/trial")
        assert said.status_code == 200, said.content
        return [one["is_well"] for one in said.json()["rows"]]

    assert tried() == [True, True, True]
    platform.documents["/token"] = (401, b'{"error": "invalid_client"}')
    assert tried() == [True, True, False]
    platform.documents["/keys"] = (200, b'{"keys": [{"kty": "oct", "k": "AAAA"}]}')
    assert tried() == [True, False, False]
    platform.documents["/.well-known/openid-configuration"] = (500, b"")
    assert tried() == [False, False, False]


def test_a_provider_may_take_another_key(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform))
    assert come_in(demo.client(), platform, provider).status_code == 303
    platform.key, platform.header = (
        RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"}),
        {"alg": "RS256", "kid": "k2"},
    )
    assert come_in(demo.client(), platform, provider).status_code == 401, "it was asked a moment ago"
    Provider.objects.update(keys_at=machine_now() - timedelta(minutes=1))
    assert come_in(demo.client(), platform, provider).status_code == 303
    platform.key, platform.header = new_ec_key(), {"alg": "ES256", "kid": "e1"}
    Provider.objects.update(keys_at=machine_now() - timedelta(minutes=1))
    assert come_in(demo.client(), platform, provider).status_code == 303


def test_what_only_userinfo_says_is_asked_there(demo: Demo, platform: Platform) -> None:
    provider = connected(demo, described(platform, claim="card", scopes=["profile"]))
    platform.tells = {"card": NUMBER}
    assert come_in(demo.client(), platform, provider).status_code == 303
    platform.tells = {"card": NUMBER, "sub": "another"}
    assert come_in(demo.client(), platform, provider).status_code == 401
    assert entries("outside.turn-away")[-1].details["reason"] == "other-person"


def test_signing_out_says_that_one_is_still_signed_in_there(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    come_in(browser, platform, provider)
    answer = browser.post("/sign-out/")
    assert answer["Location"] == f"/outside/{provider}/signed-out/"
    page = browser.get(answer["Location"]).content.decode()
    assert f"{platform.address}/logout" in page
    assert demo.client(RESIDENT).post("/sign-out/")["Location"] == "/"


def test_the_desk_page_connects_tries_and_shuts(demo: Demo, platform: Platform) -> None:
    administrator = demo.client("sys.admin", post=True)
    assert administrator.get("/desk/providers/").status_code == 200
    form = {**described(platform), "levels": f"{HIGH} = high\n{MIDDLE}=substantial", "scopes": ""}
    wrong = administrator.post("/desk/providers/connect/", {**form, "levels": "high"})
    assert wrong.status_code == 422
    assert "s3cret" not in wrong.content.decode()
    made = administrator.post("/desk/providers/connect/", form)
    assert made.status_code == 303, made.content.decode()[-2000:]
    at = made["Location"]
    page = administrator.get(at)
    assert page.context["view"].levels == LEVELS
    assert administrator.post(f"{at}trial/").status_code == 200
    digest = page.context["view"].digest
    asked = administrator.post(f"{at}open/", {"digest": digest})
    assert asked.status_code == 403
    assert "双人复核" in asked.content.decode() or "同意" in asked.content.decode()
    sent = administrator.post(f"{at}open/", {"digest": digest, "ask-consent": "1", "consent-reason": "省里要求"})
    assert sent.status_code == 303
    assert administrator.get(f"{at}change/").status_code == 200
    changed = {**form, "title": "国家平台", "secret": "", "digest": digest}
    assert administrator.post(f"{at}change/", changed).status_code == 303
    assert Provider.objects.get().title == "国家平台"
    assert Provider.objects.get().secret is not None
    security = demo.client("sec.admin", post=True)
    assert security.get("/desk/providers/").status_code == 200
    assert security.get(at).status_code == 200
    assert security.get("/desk/consents/").status_code == 200
    assert security.post(f"{at}trial/").status_code == 403
