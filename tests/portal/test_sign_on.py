"""Other systems sign people in here: the road from the request to the tokens, what they say, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from support.demo import NEIGHBOUR, OFFICER, PASSWORD, RESIDENT, Demo, call
from support.relying import BACK, LEFT, a_unit, connect, for_residents, returned

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Assignment, Session
from yiwang.identity.models.single_sign_on import SignOn
from yiwang.identity.queries import single_sign_on as reading
from yiwang.identity.services.sign_on import keys
from yiwang.kernel import time
from yiwang.kernel.time import machine_now


def test_an_officer_is_signed_in_and_the_system_hears_what_he_is(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    answer = system.ask(officer)
    back = returned(answer)
    assert (back["state"], back["iss"]) == (system.state, "http://localhost:8460/oidc")
    tokens = system.redeem(back["code"]).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    claims = system.claims(tokens)
    assert claims["nonce"] == system.nonce
    assert claims["amr"] == ["pwd"]
    assert claims["acr"] == "urn:yiwang:acr:password"
    assert abs(claims["auth_time"] - machine_now().timestamp()) < 60
    assert 0 < claims["exp"] - claims["iat"] <= 600
    told = system.who(tokens).json()
    held = Assignment.objects.get(account__login=OFFICER)
    assert told["preferred_username"] == OFFICER
    assert told["name"]
    assert [one["code"] for one in told["posts"]] == [held.post.code]
    assert told["acting"]["unit"] == held.post.unit.code
    assert "confirm-address" in told["acting"]["duties"]
    assert told["sub"] == claims["sub"]


def test_the_sub_is_nobody_s_login_and_another_in_each_system(demo: Demo) -> None:
    officer = demo.client(OFFICER, post=True)
    account = Account.objects.get(login=OFFICER)
    one, other = connect(demo), connect(demo)
    subs = [system.claims(system.sign_on(officer))["sub"] for system in (one, other, one)]
    assert subs[0] == subs[2] != subs[1]
    assert not {OFFICER, str(account.id), str(account.subject_id)} & set(subs)


def test_a_visitor_signs_in_at_the_door_that_there_is_and_comes_back_by_a_page(demo: Demo) -> None:
    system, browser = connect(demo), demo.client()
    to_door = system.ask(browser)
    assert to_door["Location"].startswith("/desk/sign-in/?next=%2Foidc%2Fgo-on%3F")
    door = browser.get(to_door["Location"])
    signed_in = browser.post("/desk/sign-in/", {"login": OFFICER, "password": PASSWORD, "next": door.context["next"]})
    assert signed_in["Location"].startswith("/oidc/go-on?")
    page = browser.get(signed_in["Location"])
    assert page.status_code == 200, (
        "a redirect from here would be one from the form, which browsers let lead to us alone"
    )
    assert 'http-equiv="refresh"' in page.content.decode()
    assert "code" in returned(browser.get(page.context["where"]))


def test_an_officer_who_acts_as_himself_chooses_his_post_first(demo: Demo) -> None:
    system, browser = connect(demo), demo.client(OFFICER)
    to_choose = system.ask(browser)
    assert to_choose["Location"].startswith("/desk/post/?next=%2Foidc%2Fgo-on")
    page = browser.get(to_choose["Location"])
    chosen = browser.post("/desk/post/", {"post": page.context["held"][0].id, "next": page.context["next"]})
    assert "code" in returned(browser.get(browser.get(chosen["Location"]).context["where"]))
    assert returned(system.ask(demo.client(OFFICER), prompt="none"))["error"] == "interaction_required"


def test_a_resident_is_asked_once_hears_what_for_and_may_change_his_mind(demo: Demo) -> None:
    system, resident = for_residents(demo), demo.client(RESIDENT)
    page = system.ask(resident)
    assert page.status_code == 200
    assert "form-action 'self' https://forms.example;" in page["Content-Security-Policy"]
    assert "同意并继续" in page.content.decode()
    back = returned(resident.post(page.context["at"], {"decision": "agree"}))
    assert back["state"] == system.state
    tokens = system.redeem(back["code"]).json()
    assert set(system.who(tokens).json()) == {"sub"}
    assert "code" in returned(system.ask(resident)), "he is not asked again"
    assert system.ask(resident, prompt="consent").status_code == 200
    listed = resident.get("/my/connected/")
    assert [one.client_id for one in listed.context["rows"]] == [SignOn.objects.first().client_id]  # type: ignore[union-attr]
    assert resident.post(f"/my/connected/{system.id}/withdraw/").status_code == 303
    assert system.who(tokens).status_code == 401
    assert system.ask(resident).status_code == 200, "and now he is asked again"
    assert not resident.get("/my/connected/").context["rows"]
    assert resident.post(f"/my/connected/{system.id}/withdraw/").status_code == 404


def test_who_does_not_want_it_is_sent_back_with_nothing(demo: Demo) -> None:
    system, resident = for_residents(demo), demo.client(RESIDENT)
    back = returned(resident.post(system.ask(resident).context["at"], {"decision": "deny"}))
    assert (back["error"], back["state"]) == ("access_denied", system.state)
    assert returned(system.ask(resident, prompt="none"))["error"] == "consent_required"
    assert not SignOn.objects.exists()


def test_nobody_is_asked_anything_where_the_system_wants_silence(demo: Demo) -> None:
    system = connect(demo)
    assert returned(system.ask(demo.client(), prompt="none"))["error"] == "login_required"
    assert returned(system.ask(demo.client(), prompt="none login"))["error"] == "invalid_request"
    assert "code" in returned(system.ask(demo.client(OFFICER, post=True), prompt="none"))
    assert returned(system.ask(demo.client(RESIDENT), prompt="none"))["error"] == "access_denied", "he holds no post"


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}])
def test_who_is_to_show_himself_again_does_so_once(demo: Demo, wish: dict[str, str]) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    began = Session.objects.get(account__login=OFFICER).began_at
    page = system.ask(officer, **wish)
    assert page.status_code == 200
    assert "请再次证明是本人" in page.content.decode() or "本人" in page.content.decode()
    at = page.context["at"]
    wrong = officer.post(at, {"prove": "1", "prove-password": "wrong"})
    assert wrong.status_code == 422
    right = officer.post(at, {"prove": "1", "prove-password": PASSWORD})
    assert right.status_code == 200
    tokens = system.redeem(returned(officer.get(right.context["where"]))["code"]).json()
    assert system.claims(tokens)["auth_time"] >= int(began.timestamp())
    assert system.ask(officer, **wish).status_code == 200, "the next time he is asked again"
    assert returned(system.ask(officer, **{**wish, "prompt": "none", "max_age": "0"}))["error"] == "login_required"


def test_who_has_just_signed_in_for_it_is_not_asked_twice_and_a_stripped_mark_helps_nobody(demo: Demo) -> None:
    system, browser = connect(demo), demo.client()
    door = browser.get(system.ask(browser, prompt="login")["Location"])
    given = {"login": OFFICER, "password": PASSWORD, "next": door.context["next"]}
    where = browser.get(browser.post("/desk/sign-in/", given)["Location"]).context["where"]
    assert "code" in returned(browser.get(where))
    kept, _, mark = where.rpartition("&yiwang_asked=")
    assert browser.get(kept).status_code == 200, "without the mark it is a new request"
    assert browser.get(f"{kept}&yiwang_asked=0{mark}").status_code == 200
    assert browser.get(f"{kept.replace('nonce-1', 'nonce-2')}&yiwang_asked={mark}").status_code == 200


def test_max_age_counts_from_the_last_proof(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    assert "code" in returned(system.ask(officer, max_age="60"))
    Session.objects.filter(account__login=OFFICER).update(began_at=machine_now() - timedelta(minutes=2))
    assert system.ask(officer, max_age="60").status_code == 200
    assert "code" in returned(system.ask(officer, max_age="3600"))
    assert returned(system.ask(officer, max_age="soon"))["error"] == "invalid_request"


def test_a_system_hears_only_what_it_was_given(demo: Demo) -> None:
    system, officer = connect(demo, scopes=["openid"]), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer, scope="openid profile posts offline_access unheard-of")
    assert tokens["scope"] == "openid"
    assert "refresh_token" not in tokens
    assert set(system.who(tokens).json()) == {"sub"}
    assert returned(system.ask(officer, scope="posts"))["error"] == "invalid_scope"
    less = connect(demo)
    assert "posts" not in less.who(less.sign_on(officer, scope="openid profile")).json()


def test_refreshing_rotates_keeps_the_session_alive_and_tells_posts_as_they_are_now(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    first = system.sign_on(officer)
    session = Session.objects.get(account__login=OFFICER)
    Session.objects.update(lasts_until=machine_now() + timedelta(minutes=1))
    second = system.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert "nonce" not in system.claims(second)
    assert system.claims(second)["auth_time"] == system.claims(first)["auth_time"]
    assert Session.objects.get(id=session.id).lasts_until > machine_now() + timedelta(minutes=20)
    narrow = system.refresh(second["refresh_token"], scope="openid").json()
    assert set(system.who(narrow).json()) == {"sub"}
    assert system.refresh(narrow["refresh_token"]).json()["scope"] == system.scope
    assert system.who(first).json()["acting"]
    Assignment.objects.filter(account__login=OFFICER).update(valid_to=time.today())
    assert system.who(first).status_code == 401, "who holds no post any more is no officer to anybody"


def test_refresh_tokens_are_for_who_asks_for_them(demo: Demo) -> None:
    system = connect(demo)
    assert "refresh_token" not in system.sign_on(demo.client(OFFICER, post=True), scope="openid posts")


def test_what_is_given_back_serves_no_more(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens, other = system.sign_on(officer), connect(demo)
    assert other.post("revoke", token=tokens["refresh_token"]).status_code == 400, "another's is not its to give back"
    assert system.who(tokens).status_code == 200
    assert system.post("revoke", token=tokens["refresh_token"]).status_code == 200
    assert system.who(tokens).status_code == 401
    assert system.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert system.post("revoke", token="unknown").status_code == 200
    assert system.post("revoke").status_code == 400


def test_programs_find_everything_by_one_address(demo: Demo) -> None:
    connect(demo)
    found = demo.client().get("/oidc/.well-known/openid-configuration")
    said = found.json()
    assert found["Cache-Control"] == "public, max-age=3600"
    assert said["issuer"] == "http://localhost:8460/oidc"
    for name in ("authorization", "token", "userinfo", "revocation", "end_session"):
        path = said[f"{name}_endpoint"].removeprefix("http://localhost:8460")
        assert demo.client().get(path).status_code != 404, name
    [key] = demo.client().get(said["jwks_uri"].removeprefix("http://localhost:8460")).json()["keys"]
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key), "the private half is nobody's to read"
    assert set(said["code_challenge_methods_supported"]) == {"S256"}


# ── Signing out ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_system_that_knows_the_session_signs_it_out(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    given = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": LEFT, "state": "s 1"}
    left = officer.get("/oidc/logout", given)
    assert returned(left, LEFT) == {"state": "s 1"}
    assert officer.get("/desk/tasks/").status_code == 302, "he is signed out"
    assert system.who(tokens).status_code == 401
    assert returned(demo.client().get("/oidc/logout", given), LEFT) == {"state": "s 1"}, "who is out goes on"


def test_anybody_else_has_to_be_asked(demo: Demo) -> None:
    system, officer, neighbour = connect(demo), demo.client(OFFICER, post=True), demo.client(NEIGHBOUR)
    hint = system.sign_on(officer)["id_token"]
    for given in ({}, {"client_id": system.id}, {"id_token_hint": "nonsense"}, {"id_token_hint": hint}):
        page = neighbour.get("/oidc/logout", given)
        assert page.status_code == 200, given
        assert neighbour.get("/my/").status_code == 200
    out = neighbour.post(page.context["at"])
    assert out["Location"] == "/oidc/logout"
    assert "您已退出" in neighbour.get(out["Location"]).content.decode()
    assert neighbour.get("/my/").status_code == 302


def test_another_site_s_post_is_read_as_a_link(demo: Demo) -> None:
    system = connect(demo)
    answer = demo.client().post("/oidc/authorize", system.query())
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, "/oidc/authorize")
    assert demo.client().post("/oidc/logout", {"state": "1"})["Location"] == "/oidc/logout?state=1"


# ── The administrator ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_administrator_connects_sees_the_secret_once_and_disconnects(demo: Demo) -> None:
    administrator = demo.client("sys.admin", post=True)
    unit = a_unit()
    form = {
        "title": "信访系统",
        "unit": unit,
        "people": "officers",
        "redirect_addresses": f"{BACK}\n",
        "scopes": ["posts"],
    }
    answer = administrator.post("/desk/clients/connect/", form)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    made = answer.context["made"]
    assert made.secret in answer.content.decode()
    at = f"/desk/clients/{made.id}/"
    assert made.secret not in administrator.get(at).content.decode()
    assert "信访系统" in administrator.get("/desk/clients/").content.decode()
    again = administrator.post(f"{at}secret/").context["made"].secret
    assert again != made.secret
    assert administrator.post(f"{at}close/").status_code == 422
    assert administrator.post(f"{at}close/", {"sure": "1"}).status_code == 303
    assert administrator.post(f"{at}secret/").status_code == 404
    assert [one.action for one in Entry.objects.filter(object_id=str(made.id)).order_by("id")] == [
        "client.connect",
        "client.renew-secret",
        "client.close",
    ]
    assert not Entry.objects.filter(details__icontains=made.secret).exists()


def test_everything_wrong_with_a_system_is_said_at_once(demo: Demo) -> None:
    administrator = demo.client("sys.admin", post=True)
    wrong = {
        "title": " ",
        "unit": "none",
        "people": "everybody",
        "asks_consent": False,
        "redirect_addresses": ["http//x", "https://a.example/#x", "https://u:p@a.example/", "javascript:alert(1)"],
        "leaving_addresses": ["/left"],
        "notice_address": "ftp://a.example/",
        "scopes": ["posts"],
    }
    answer = call(administrator, "POST", "/api/v1/clients", wrong)
    assert answer.status_code == 422
    found = sorted((one["pointer"], one["code"]) for one in answer.json()["errors"])
    assert found == sorted(
        [
            ("title", "required"),
            ("unit", "unknown-unit"),
            *[("redirect_addresses", "not-an-address")] * 4,
            ("leaving_addresses", "not-an-address"),
            ("notice_address", "not-an-address"),
            ("scopes", "required"),
            ("scopes", "officers-only"),
            ("asks_consent", "residents-are-asked"),
        ]
    )
    page = administrator.post("/desk/clients/connect/", {"title": ""})
    assert page.status_code == 422


def test_only_the_system_administrator_connects_and_soon_after_a_proof(demo: Demo) -> None:
    for login in ("sec.admin", "aud.admin", OFFICER):
        other = demo.client(login, post=True)
        assert other.get("/desk/clients/").status_code == 403
        assert call(other, "POST", "/api/v1/clients/keys", {}).status_code == 403
    administrator = demo.client("sys.admin", post=True)
    Session.objects.update(began_at=machine_now() - timedelta(hours=1))
    answer = call(administrator, "POST", "/api/v1/clients/keys", {})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (403, "proof-due")


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def kids(demo: Demo) -> list[str]:
    return [one["kid"] for one in demo.client().get("/oidc/keys").json()["keys"]]


@contextmanager
def at(moment: Any) -> Iterator[None]:
    """The clock of everything that looks at keys."""
    with (
        mock.patch.object(keys, "machine_now", return_value=moment),
        mock.patch.object(reading, "machine_now", return_value=moment),
    ):
        yield


def test_keys_are_published_before_they_sign_and_until_nothing_of_them_counts(demo: Demo) -> None:
    connect(demo)
    [first] = kids(demo)
    began = machine_now()
    seen: dict[int, tuple[list[str], str]] = {}
    for day in (0, 87, 89, 91, 200):
        with at(began + timedelta(days=day)):
            keys.system_tend_token_keys()
            seen[day] = kids(demo), str(keys.signing_key().kid)
    assert seen[0] == ([first], first)
    assert seen[87] == ([first], first)
    [_, second] = seen[89][0]
    assert seen[89] == ([first, second], first), "known before it signs"
    assert seen[91] == ([second], second), "and the old one gone when nothing of it can count"
    assert seen[200][1] not in {first, second}, "a city that slept through a term makes a new one"


def test_a_new_key_signs_at_once_and_the_old_one_stays_known_unless_it_is_withdrawn(demo: Demo) -> None:
    system, officer = connect(demo), demo.client(OFFICER, post=True)
    before = system.sign_on(officer)
    administrator = demo.client("sys.admin", post=True)
    made = call(administrator, "POST", "/api/v1/clients/keys", {}).json()["id"]
    assert len(kids(demo)) == 2
    assert system.claims(before)
    assert system.claims(system.sign_on(officer))
    assert administrator.post("/desk/clients/key/", {"withdraw": "1"}).status_code == 303
    [last] = kids(demo)
    assert last != made
    page = officer.get("/oidc/logout", {"id_token_hint": before["id_token"], "post_logout_redirect_uri": LEFT})
    assert page.status_code == 200, "what a withdrawn key signed counts no more"
