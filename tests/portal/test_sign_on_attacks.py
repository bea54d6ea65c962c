"""What goes wrong, or is made to, between a connected system, a browser and the city: each tried and refused."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from support.demo import NEIGHBOUR, OFFICER, OTHER_OFFICER, RESIDENT, Demo, call
from support.relying import BACK, LEFT, Relying, challenge_of, connect, for_residents, returned

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Session
from yiwang.identity.models.single_sign_on import Client, SignOn, SignOnCode, SignOnConsent, SignOnToken
from yiwang.identity.queries import issuer
from yiwang.kernel.time import machine_now


def ended_by() -> list[str]:
    return [one.details["by"] for one in Entry.objects.filter(action="sign-on.end").order_by("id")]


def refused(answer: Any) -> str:
    assert answer.status_code in (400, 401), (answer.status_code, answer.content)
    error: str = answer.json()["error"]
    return error


# ── Codes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_that_comes_twice_ends_what_was_handed_out_for_it(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    code = system.code(officer)
    tokens = system.redeem(code).json()
    assert system.who(tokens).status_code == 200
    assert refused(system.redeem(code)) == "invalid_grant"
    assert system.who(tokens).status_code == 401
    assert refused(system.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert ended_by() == ["code-replayed"]


def test_a_code_is_of_no_use_to_another_system(demo: Demo) -> None:
    system, thief, officer = connect(demo), connect(demo), demo.client(OFFICER, post=True)
    code = system.code(officer)
    assert refused(thief.redeem(code, code_verifier=system.verifier)) == "invalid_grant"
    assert system.redeem(code).status_code == 200, "and its owner is not disturbed"


def test_a_code_serves_for_a_minute(demo: Demo) -> None:
    system = connect(demo)
    code = system.code(demo.client(OFFICER, post=True))
    SignOnCode.objects.update(lasts_until=machine_now() - timedelta(seconds=1))
    assert refused(system.redeem(code)) == "invalid_grant"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"redirect_uri": "https://forms.example/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": "w" * 50}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code": None}, "invalid_request"),
        ({"code": "x"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_redeemed_as_it_was_asked_for(demo: Demo, wrong: dict[str, str | None], error: str) -> None:
    system = connect(demo)
    code = system.code(demo.client(OFFICER, post=True))
    assert refused(system.redeem(code, **wrong)) == error
    assert not SignOnToken.objects.exists()


def test_who_guesses_the_verifier_guesses_once(demo: Demo) -> None:
    system = connect(demo)
    code = system.code(demo.client(OFFICER, post=True))
    assert refused(system.redeem(code, code_verifier="w" * 50)) == "invalid_grant"
    assert refused(system.redeem(code)) == "invalid_grant"
    assert ended_by() == ["code-replayed"]


def test_a_program_without_a_secret_proves_by_s256_that_it_asked(demo: Demo) -> None:
    app = connect(demo, public=True, redirect_addresses=[BACK, "cn.example.app:/back"])
    assert app.secret == ""
    officer = demo.client(OFFICER, post=True)
    for wrong in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
    ):
        assert returned(app.ask(officer, **wrong))["error"] == "invalid_request", wrong
    tokens = app.sign_on(officer)
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert refused(app.redeem(app.code(officer), code_verifier=challenge_of(app.verifier))) == "invalid_grant"
    own_scheme = app.ask(officer, redirect_uri="cn.example.app:/back")
    assert own_scheme["Location"].startswith("cn.example.app:/back?code=")


def test_a_system_with_a_secret_shows_it(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    code, kept = system.code(officer), system.secret
    for secret in ("wrong", "", kept[:-1]):
        system.secret = secret
        assert refused(system.redeem(code)) == "invalid_client"
    system.secret = kept
    call(demo.client("sys.admin", post=True), "POST", f"/api/v1/clients/{system.id}/secret")
    assert refused(system.redeem(code)) == "invalid_client", "the old secret serves no more"
    for header in ("Basic", "Basic !!", "Basic /w==", "Basic é", "Bearer x", f"Basic {'A' * 9000}"):
        answer = demo.client().post("/oidc/token", {"grant_type": "refresh_token"}, headers={"Authorization": header})
        assert refused(answer) == "invalid_client", header


# ── Where the browser goes ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": "https://forms.example.evil.example/back"},
        {"redirect_uri": 'https://evil.example/"\\'},
        {"redirect_uri": "https://évil.example/"},
        {"redirect_uri": None},
        {"client_id": str(UUID(int=7))},
        {"client_id": "nobody"},
        {"client_id": 'no"body'},
        {"client_id": None},
    ],
)
def test_nobody_is_sent_to_an_address_that_was_not_entered(demo: Demo, wrong: dict[str, str | None]) -> None:
    system = connect(demo)
    for browser in (demo.client(), demo.client(OFFICER, post=True)):
        answer = system.ask(browser, **wrong)
        assert answer.status_code == 400
        assert "无法为该系统登录" in answer.content.decode()
    assert not SignOn.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
    ],
)
def test_what_is_not_offered_is_refused_with_the_state(demo: Demo, wrong: dict[str, str | None], error: str) -> None:
    system = connect(demo)
    back = returned(system.ask(demo.client(OFFICER, post=True), **wrong))
    assert (back["error"], back["state"], back["iss"]) == (error, system.state, issuer())


def test_a_parameter_that_comes_twice_is_read_in_neither_way(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    twice = f"/oidc/authorize?response_type=code&client_id={system.id}&redirect_uri={BACK}&scope=openid"
    for more in (
        "&redirect_uri=https://evil.example/",
        "&prompt=none&prompt=login",
        "&code_challenge=a&code_challenge=b",
    ):
        assert officer.get(twice + more).status_code == 400
    body = "grant_type=authorization_code&code=a&code=b"
    answer = demo.client().post("/oidc/token", body, content_type="application/x-www-form-urlencoded")
    assert refused(answer) == "invalid_request"


def test_the_state_goes_through_untouched_and_is_not_ours_to_read(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    for state in ("a&code=forged", "<script>", "城市", "a" * 1500):
        back = returned(system.ask(officer, state=state))
        assert back["state"] == state
        assert back["code"] != "forged"
    assert "state" not in returned(system.ask(officer, state=None))


@pytest.mark.parametrize(
    "to", ["https://evil.example/", f"{LEFT}/", f"{LEFT}?x", "//evil.example", "javascript:alert(1)"]
)
def test_signing_out_leads_nobody_astray(demo: Demo, to: str) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    given = {"id_token_hint": system.sign_on(officer)["id_token"], "post_logout_redirect_uri": to}
    answer = officer.get("/oidc/logout", given)
    assert (answer.status_code, "Location" in answer) == (200, False)
    assert officer.get("/desk/tasks/").status_code == 302, "he is signed out all the same"


def test_without_a_token_of_ours_nobody_is_sent_anywhere(demo: Demo) -> None:
    system, other = connect(demo), connect(demo)
    hint = other.sign_on(demo.client(OFFICER, post=True))["id_token"]
    for given in (
        {"client_id": system.id},
        {"client_id": system.id, "id_token_hint": hint},
        {"id_token_hint": "x.y.z"},
    ):
        answer = demo.client().get("/oidc/logout", {**given, "post_logout_redirect_uri": LEFT})
        assert "Location" not in answer, given


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refresh_token_that_comes_twice_ends_the_family(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    first = system.sign_on(officer)
    second = system.refresh(first["refresh_token"]).json()
    assert refused(system.refresh(first["refresh_token"])) == "invalid_grant"
    assert ended_by() == ["refresh-replayed"]
    assert system.who(second).status_code == 401
    assert refused(system.refresh(second["refresh_token"])) == "invalid_grant"
    assert officer.get("/desk/tasks/").status_code == 200, "the session here is another matter"


def test_a_refresh_token_is_of_no_use_to_another_system(demo: Demo) -> None:
    system, thief, officer = connect(demo), connect(demo), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    assert refused(thief.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert system.refresh(tokens["refresh_token"]).status_code == 200


def test_no_token_passes_for_another(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    assert refused(system.refresh(tokens["access_token"])) == "invalid_grant"
    for wrong in (tokens["refresh_token"], tokens["id_token"], "", "x"):
        assert system.who({"access_token": wrong}).status_code == 401
    none = demo.client().get("/oidc/userinfo")
    assert (none.status_code, none["WWW-Authenticate"]) == (401, 'Bearer realm="yiwang"')
    assert officer.get("/oidc/userinfo").status_code == 401, "a cookie counts for nothing there"
    SignOnToken.objects.update(lasts_until=machine_now())
    assert system.who(tokens).status_code == 401


def test_scopes_do_not_grow_by_refreshing(demo: Demo) -> None:
    system = connect(demo)
    tokens = system.sign_on(demo.client(OFFICER, post=True), scope="openid offline_access")
    assert refused(system.refresh(tokens["refresh_token"], scope="openid posts")) == "invalid_scope"


def forged(claims: dict[str, Any]) -> list[str]:
    """Tokens that say the same and are not ours: unsigned, signed by anybody, signed with our public key as if it were a secret."""
    from yiwang.identity.queries import published_keys

    [public] = published_keys()
    none = ".".join(
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in ({"alg": "none"}, claims)
    )
    own = RSAKey.generate_key(2048, {"kid": str(public["kid"])})
    secret = OctKey.import_key(RSAKey.import_key(public).as_pem(private=False).hex())
    return [
        f"{none}.",
        jwt.encode({"alg": "RS256", "kid": public["kid"]}, claims, own, ["RS256"]),
        jwt.encode({"alg": "HS256", "kid": public["kid"]}, claims, secret, ["HS256"]),
    ]


def test_a_forged_hint_signs_nobody_out_and_leads_nowhere(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    claims = system.claims(tokens)
    head, body, signature = tokens["id_token"].split(".")
    other = json.loads(base64.urlsafe_b64decode(body + "=="))
    bent = base64.urlsafe_b64encode(json.dumps({**other, "sid": str(UUID(int=1))}).encode()).rstrip(b"=").decode()
    for hint in [*forged(claims), f"{head}.{bent}.{signature}", f"{head}.{body}.", "", "é"]:
        answer = officer.get("/oidc/logout", {"id_token_hint": hint, "post_logout_redirect_uri": LEFT})
        assert (answer.status_code, "Location" in answer) == (200, False)
        assert officer.get("/desk/tasks/").status_code == 200
        back = returned(system.ask(officer, id_token_hint=hint, prompt="none"))
        assert back.get("error") == ("login_required" if hint else None)
    assert "code" in returned(system.ask(officer, id_token_hint=tokens["id_token"]))


def test_sessions_are_not_mixed(demo: Demo) -> None:
    """Another person sits there than the system thinks; and what one session began another does not carry on."""
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    hint = system.sign_on(officer)["id_token"]
    other = demo.client(OTHER_OFFICER, post=True)
    assert returned(system.ask(other, id_token_hint=hint))["error"] == "login_required"
    residents = for_residents(demo)
    one, another = demo.client(RESIDENT), demo.client(NEIGHBOUR)
    at = residents.ask(one).context["at"]
    code = returned(another.post(at, {"decision": "agree"}))["code"]
    assert SignOnCode.objects.get(sign_on__client_id=residents.id).sign_on.account == Account.objects.get(
        login=NEIGHBOUR
    )
    assert not SignOnConsent.objects.filter(account__login=RESIDENT).exists(), (
        "who pressed the button agreed, and nobody else"
    )
    assert code
    page = residents.ask(one)
    Session.objects.filter(account__login=RESIDENT).delete()
    assert one.post(page.context["at"], {"decision": "agree"}).status_code in (302, 401)
    assert SignOn.objects.filter(account__login=RESIDENT).count() == 0


# ── Who may no longer ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_closed_account_is_nobody_elsewhere_either(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens, code = system.sign_on(officer), system.code(officer)
    account = Account.objects.get(login=OFFICER)
    closed = demo.client("sys.admin", post=True).post(f"/desk/officers/{account.id}/close/", {"sure": "1"})
    assert closed.status_code == 303
    assert refused(system.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert refused(system.redeem(code)) == "invalid_grant"
    assert system.who(tokens).status_code == 401


def test_an_account_that_was_closed_behind_our_backs_is_nobody_either(demo: Demo) -> None:
    """Its session stands still: what is handed out does not rest on somebody having ended that."""
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens, code = system.sign_on(officer), system.code(officer)
    Account.objects.filter(login=OFFICER).update(is_active=False)
    assert system.who(tokens).status_code == 401
    assert refused(system.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert refused(system.redeem(code)) == "invalid_grant"


def test_a_session_that_is_over_hands_out_nothing(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens, code = system.sign_on(officer), system.code(officer)
    Session.objects.filter(account__login=OFFICER).update(lasts_until=machine_now())
    assert system.who(tokens).status_code == 401
    assert refused(system.redeem(code)) == "invalid_grant"
    assert refused(system.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_refreshing_does_not_outlast_the_absolute_limit(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    began = machine_now() - timedelta(hours=7, minutes=59)
    Session.objects.filter(account__login=OFFICER).update(began_at=began, lasts_until=began + timedelta(hours=8))
    assert system.refresh(tokens["refresh_token"]).status_code == 200
    assert Session.objects.get(account__login=OFFICER).lasts_until == began + timedelta(hours=8)


def test_a_disconnected_system_hears_nothing(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    call(demo.client("sys.admin", post=True), "POST", f"/api/v1/clients/{system.id}/closing")
    assert system.who(tokens).status_code == 401
    assert refused(system.refresh(tokens["refresh_token"])) == "invalid_client"
    assert system.ask(officer).status_code == 400
    assert ended_by() == ["closed"]


# ── Consent ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_other_page_agrees_in_somebody_s_name(demo: Demo) -> None:
    from django.test import Client as Browser

    system, resident = for_residents(demo), demo.client(RESIDENT)
    strict = Browser(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    strict.cookies = resident.cookies
    page = strict.get("/oidc/authorize", system.query())
    at = page.context["at"]
    assert strict.post(at, {"decision": "agree"}).status_code == 403
    forged_token = {"decision": "agree", "csrfmiddlewaretoken": secrets.token_hex(32)}
    assert strict.post(at, forged_token).status_code == 403
    assert strict.get(at).status_code == 405, "a link does not agree either"
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert not SignOnConsent.objects.exists()
    assert not SignOn.objects.exists()
    token = str(page.context["csrf_token"])
    assert "code" in returned(strict.post(at, {"decision": "agree", "csrfmiddlewaretoken": token}))


def test_agreeing_to_little_is_not_agreeing_to_more(demo: Demo) -> None:
    system: Relying = connect(demo, asks_consent=True)
    officer = demo.client(OFFICER, post=True)
    system.code(officer, scope="openid")
    assert "code" in returned(system.ask(officer, scope="openid"))
    assert system.ask(officer).status_code == 200, "now it wants to hear of posts, too"


def test_secrets_stand_nowhere(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    code = system.code(officer)
    tokens = system.redeem(code).json()
    kept = json.dumps(
        [
            *map(str, Client.objects.values()),
            *map(str, SignOnCode.objects.values()),
            *map(str, SignOnToken.objects.values()),
            *map(str, Entry.objects.values_list("details", flat=True)),
        ]
    )
    for secret in (system.secret, code, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in kept
