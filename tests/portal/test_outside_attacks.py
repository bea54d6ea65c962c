"""What an attacker tries between a provider, a browser and the city: each refused, each written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from support.demo import RESIDENT, Demo
from support.outside import NUMBER, Platform, come_in, connected, described, running, set_out
from support.saml import Idp, brought, request_in

from yiwang.audit.models import Entry
from yiwang.identity.models.outside import OutsideRequest, Provider
from yiwang.kernel.time import machine_now


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as made:
        yield made


def signed_in(client: Any) -> bool:
    said: bool = client.get("/api/v1/session").json()["signed_in"]
    return said


def reason() -> str:
    last = Entry.objects.filter(action__in=["outside.turn-away", "outside.let-in"]).order_by("id").last()
    assert last is not None
    assert last.outcome == "refused"
    said: str = last.details["reason"]
    return said


def turned_away(client: Any, provider: str, **query: str) -> str:
    answer = client.get(f"/outside/{provider}/back", query)
    assert answer.status_code == 401, answer.status_code
    assert not signed_in(client)
    return reason()


# ── State, sessions, codes ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_signed_in_by_an_answer_that_he_did_not_ask_for(demo: Demo, platform: Platform) -> None:
    """Login CSRF: the attacker's own answer in the victim's browser."""
    provider, attacker, victim = connected(demo, described(platform)), demo.client(), demo.client()
    answer = platform.sign_in(set_out(attacker, provider))
    set_out(victim, provider)
    assert turned_away(victim, provider, **answer) == "not-asked"
    assert turned_away(demo.client(), provider, **answer) == "not-asked"
    assert attacker.get(f"/outside/{provider}/back", answer).status_code == 303, "his own way is not disturbed"


def test_state_is_forged_left_out_or_comes_twice(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    answer = platform.sign_in(set_out(browser, provider))
    assert turned_away(browser, provider, code=answer["code"], state="_forged") == "not-asked"
    assert turned_away(browser, provider, code=answer["code"]) == "not-asked"
    assert browser.get(f"/outside/{provider}/back", answer).status_code == 303
    other = demo.client()
    assert turned_away(other, provider, **answer) == "not-asked", "and it serves once"
    twice = browser.get(f"/outside/{provider}/back?state=a&state=b&code=c")
    assert (twice.status_code, reason()) == (401, "twice")


def test_a_way_that_took_too_long_ends_nowhere(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    answer = platform.sign_in(set_out(browser, provider))
    OutsideRequest.objects.update(lasts_until=machine_now())
    assert turned_away(browser, provider, **answer) == "not-asked"


def test_a_code_that_was_used_is_refused_by_the_provider_and_a_code_of_another_is_none(
    demo: Demo, platform: Platform
) -> None:
    provider, thief, victim = connected(demo, described(platform)), demo.client(), demo.client()
    stolen = platform.sign_in(set_out(victim, provider))["code"]
    state = parse_qs(urlsplit(set_out(thief, provider)).query)["state"][0]
    assert turned_away(thief, provider, code=stolen, state=state) == "no-token", "PKCE: it was asked for by another"


def test_one_provider_s_answer_is_not_taken_for_another_s(demo: Demo, platform: Platform) -> None:
    """Mix-up: the honest provider's answer comes to the address of the attacker's, or the other way round."""
    with running() as evil:
        honest = connected(demo, described(platform))
        other = connected(demo, described(evil, title="另一平台"))
        browser = demo.client()
        answer = platform.sign_in(set_out(browser, honest))
        assert turned_away(browser, other, **answer) == "not-asked"
        assert "/token" not in evil.asked, "and no code goes to the other"
        answer = platform.sign_in(set_out(browser, honest))
        assert turned_away(browser, honest, **answer, iss=evil.address) == "other-issuer"
        Provider.objects.filter(id=honest).update(
            described={**Provider.objects.get(id=honest).described, "says_issuer": True}
        )
        answer = platform.sign_in(set_out(browser, honest))
        assert turned_away(browser, honest, **answer) == "no-issuer"
        answer = platform.sign_in(set_out(browser, honest))
        assert browser.get(f"/outside/{honest}/back", {**answer, "iss": platform.address}).status_code == 303


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_nobody_is_sent_elsewhere_afterwards(demo: Demo, platform: Platform, next: str) -> None:
    provider = connected(demo, described(platform))
    assert come_in(demo.client(), platform, provider, next=next)["Location"] == "/"
    browser = demo.client()
    assert come_in(browser, platform, provider, next="/my/", desk=True)["Location"].startswith("/desk/")
    asked = browser.post(f"/outside/{provider}/prove/", {"prove-at": next})
    assert browser.session["outside"]["next"] == "/"
    assert asked.status_code == 200


def test_a_session_that_an_attacker_planted_is_worth_nothing(demo: Demo, platform: Platform) -> None:
    provider, attacker, victim = connected(demo, described(platform)), demo.client(), demo.client()
    set_out(attacker, provider)
    planted = attacker.cookies["yiwang_session"].value
    victim.cookies["yiwang_session"] = planted
    come_in(victim, platform, provider)
    assert signed_in(victim)
    assert victim.cookies["yiwang_session"].value != planted
    assert not signed_in(attacker)


def test_a_page_of_another_site_sends_nobody_anywhere(demo: Demo, platform: Platform) -> None:
    from django.test import Client

    provider = connected(demo, described(platform))
    strict = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    assert strict.post(f"/outside/{provider}/go/").status_code == 403


# ── ID tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOW = int(machine_now().timestamp())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["another", "third"]}, "aud"),
        ({"aud": ["city-of-haidao", "another"]}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": NOW - 3600}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": NOW + 86_400}, "iat"),
        ({"iat": NOW - 3600}, "iat"),
        ({"iat": True}, "iat"),
        ({"nbf": NOW + 86_400}, "nbf"),
        ({"auth_time": NOW + 86_400}, "auth_time"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"id_number": 46}, "no-identifier"),
        ({"id_number": "4" * 100}, "no-identifier"),
        ({"id_number": "460199000000000000"}, "unknown-person"),
    ],
)
def test_an_id_token_that_does_not_hold_lets_nobody_in(
    demo: Demo, platform: Platform, said: dict[str, Any], why: str
) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    platform.change = lambda claims: claims.update(said)
    assert come_in(browser, platform, provider).status_code == 401
    assert reason() == why
    assert not signed_in(browser)


def test_only_rs256_and_es256_by_a_published_key_count(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    own, header = platform.key, platform.header
    assert come_in(browser, platform, provider).status_code == 303

    platform.header = {"alg": "none"}
    assert come_in(demo.client(), platform, provider).status_code == 401
    assert reason() == "alg"

    platform.published = [own]
    platform.key, platform.header = own.as_pem(private=False), {"alg": "HS256", "kid": "k1"}
    assert come_in(demo.client(), platform, provider).status_code == 401
    assert reason() == "alg"

    platform.key, platform.header = RSAKey.generate_key(2048, {"kid": "k1"}), header
    assert come_in(demo.client(), platform, provider).status_code == 401
    assert reason() == "signature"

    platform.key, platform.header = own, {"alg": "PS256", "kid": "k1"}
    assert come_in(demo.client(), platform, provider).status_code == 401
    assert reason() == "alg"


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/token", (500, b""), "no-token"),
        ("/token", (302, b""), "no-token"),
        ("/token", (200, b"<html>"), "not-json"),
        ("/token", (200, b"[" * 100_000), "not-json"),
        ("/token", (200, b'{"id_token": 1}'), "token"),
        ("/token", (200, b'{"id_token": "a.b.c"}'), "token"),
        ("/token", (200, b" " * 2_000_000), "not-reached too-large"),
        ("/keys", (200, b'{"keys": []}'), "no-key"),
        ("/keys", (404, b""), "no-key"),
    ],
)
def test_a_provider_that_answers_anything_lets_nobody_in(
    demo: Demo, platform: Platform, path: str, answer: tuple[int, bytes], why: str
) -> None:
    provider = connected(demo, described(platform))
    platform.documents[path] = answer
    assert come_in(demo.client(), platform, provider).status_code == 401
    assert reason() == why


def test_a_claim_of_userinfo_does_not_outdo_what_was_signed(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    platform.tells = {"id_number": "460199198811129019"}
    come_in(browser, platform, provider)
    assert browser.get("/api/v1/session").json()["login"] == RESIDENT


def test_an_error_of_the_provider_is_told_plainly_and_not_repeated(demo: Demo, platform: Platform) -> None:
    provider, browser = connected(demo, described(platform)), demo.client()
    state = parse_qs(urlsplit(set_out(browser, provider)).query)["state"][0]
    answer = browser.get(
        f"/outside/{provider}/back", {"error": "access_denied", "error_description": "<b>pay</b>", "state": state}
    )
    assert (answer.status_code, reason()) == (401, "provider-refused")
    assert "<b>pay" not in answer.content.decode()


# ── SAML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def idp() -> Idp:
    made = Idp.make()
    made.said = {"number": NUMBER}
    return made


def by_saml(demo: Demo, idp: Idp) -> str:
    given = {
        **{"title": "大学城统一认证", "kind": "saml", "people": "residents", "vouches": "citizen-id"},
        **{"claim": "id_number", "metadata": idp.metadata()},
    }
    return connected(demo, given)


def answered(idp: Idp, where: str, **said: Any) -> str:
    asked = request_in(where)
    us = asked.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
    assert us is not None
    at = str(asked.get("AssertionConsumerServiceURL"))
    return brought(idp.signed(idp.response(str(asked.get("ID")), us, at, **said)))


def carried(client: Any, provider: str, response: str) -> Any:
    """A page of the provider sends the form: no cookie of ours comes along."""
    kept = client.cookies.copy()
    client.cookies.clear()
    answer = client.post(f"/outside/{provider}/consume", {"SAMLResponse": response})
    client.cookies.update(kept)
    return answer


def test_an_assertion_serves_once_and_in_one_browser(demo: Demo, idp: Idp) -> None:
    provider, browser, thief = by_saml(demo, idp), demo.client(), demo.client()
    response = answered(idp, set_out(browser, provider, next="/my/"))
    brought_once = carried(browser, provider, response)
    assert brought_once.status_code == 303
    again = carried(thief, provider, response)
    assert (again.status_code, reason()) == (401, "replayed")
    assert thief.get(brought_once["Location"]).status_code == 401, "another browser has not asked"
    assert browser.get(brought_once["Location"])["Location"] == "/my/"
    assert browser.get("/api/v1/session").json()["login"] == RESIDENT
    assert carried(thief, provider, response).status_code == 401


def test_an_answer_to_nothing_that_was_asked_is_refused(demo: Demo, idp: Idp) -> None:
    """IdP-initiated or stolen from elsewhere: no request, no sign-in."""
    provider, browser = by_saml(demo, idp), demo.client()
    where = set_out(browser, provider)
    assert carried(browser, provider, answered(idp, where, request="_unasked")).status_code == 401
    assert reason() == "not-asked"
    assert browser.get(f"/outside/{provider}/arrived/?to={request_in(where).get('ID')}").status_code == 401
    assert reason() == "not-answered"
    assert browser.get(f"/outside/{provider}/arrived/").status_code == 401


def test_another_s_signature_and_another_audience_are_refused_and_written_down(demo: Demo, idp: Idp) -> None:
    provider, browser, other = by_saml(demo, idp), demo.client(), Idp.make()
    other.said = idp.said
    for made, why in (
        (lambda where: answered(other, where), "signature"),
        (lambda where: answered(idp, where, audience="https://other.example"), "audience"),
        (lambda where: answered(idp, where, recipient="https://other.example"), "confirmation"),
    ):
        answer = carried(browser, provider, made(set_out(browser, provider)))
        assert (answer.status_code, reason()) == (401, why)
        assert not signed_in(browser)


def test_an_openid_answer_does_not_come_in_by_the_saml_door(demo: Demo, platform: Platform, idp: Idp) -> None:
    openid, saml = connected(demo, described(platform)), by_saml(demo, idp)
    browser = demo.client()
    where = set_out(browser, openid)
    assert browser.get(f"/outside/{saml}/back", platform.sign_in(where)).status_code == 404
    assert carried(browser, openid, "x").status_code == 404
    assert browser.get(f"/outside/{openid}/arrived/?to=x").status_code == 404
