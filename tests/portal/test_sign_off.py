"""However a session ends, the systems to which it signed somebody in hear of it (back-channel logout)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import pytest
from django.db import connection
from joserfc import jwt
from joserfc.jwk import KeySet
from support.demo import OFFICER, PASSWORD, Demo, call
from support.relying import connect

import yiwang.identity
from yiwang.identity.models import Account, Session
from yiwang.identity.models.single_sign_on import SignOn
from yiwang.identity.services import (
    system_end_left_behind,
    system_end_old_sessions,
    system_rescue_notices,
    system_tell_client,
)
from yiwang.identity.services.sign_on import telling
from yiwang.kernel.time import machine_now

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Ear:
    """Where a connected system hears. answers: what it says, one after the other, the last for ever."""

    address: str = ""
    heard: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [200])


@contextmanager
def listening() -> Iterator[Ear]:
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            ear.heard.append(parse_qs(body)["logout_token"][0])
            self.send_response(ear.answers[0] if len(ear.answers) == 1 else ear.answers.pop(0))
            self.send_header("Location", f"{ear.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ear.address = f"http://127.0.0.1:{server.server_port}/out"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as made:
        yield made


def jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'sign_on_id' FROM procrastinate_jobs WHERE task_name = 'identity.tell-client' ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


def said(demo: Demo, token: str) -> Any:
    keys = KeySet.import_key_set(demo.client().get("/oidc/keys").json())
    return jwt.decode(token, keys, algorithms=["RS256"])


def the_officer() -> Any:
    return Account.objects.get(login=OFFICER)


def signs_out(demo: Demo, officer: Any) -> None:
    assert officer.post("/sign-out/").status_code == 303


def is_ended_elsewhere(demo: Demo, officer: Any) -> None:
    session = Session.objects.get(account=the_officer())
    assert call(demo.client(OFFICER), "DELETE", f"/api/v1/sessions/{session.id}").status_code == 204


def ends_all_others(demo: Demo, officer: Any) -> None:
    assert call(demo.client(OFFICER), "DELETE", "/api/v1/sessions").status_code == 204


def signs_in_anew(demo: Demo, officer: Any) -> None:
    assert officer.post("/desk/sign-in/", {"login": OFFICER, "password": PASSWORD}).status_code == 303


def takes_another_password(demo: Demo, officer: Any) -> None:
    new = {"old": PASSWORD, "new": "Another-one-2026", "again": "Another-one-2026"}
    assert officer.post("/desk/account/", new).status_code == 303


def is_given_a_start_password(demo: Demo, officer: Any) -> None:
    answer = demo.client("sys.admin", post=True).post(f"/desk/officers/{the_officer().id}/start-password/")
    assert answer.status_code == 200


def account_is_closed(demo: Demo, officer: Any) -> None:
    answer = demo.client("sys.admin", post=True).post(f"/desk/officers/{the_officer().id}/close/", {"sure": "1"})
    assert answer.status_code == 303


def others_make_no_room(demo: Demo, officer: Any) -> None:
    Session.objects.filter(account=the_officer()).update(seen_at=machine_now() - timedelta(minutes=5))
    for _ in range(5):
        demo.client(OFFICER)


def runs_out_and_is_tidied(demo: Demo, officer: Any) -> None:
    Session.objects.filter(account=the_officer()).update(lasts_until=machine_now())
    system_end_old_sessions()


def is_idle_too_long(demo: Demo, officer: Any) -> None:
    Session.objects.filter(account=the_officer()).update(lasts_until=machine_now())
    system_end_left_behind()


def is_deleted_by_hand(demo: Demo, officer: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM identity_session WHERE account_id = %s", [the_officer().id])
    system_end_left_behind()


WAYS = [
    signs_out,
    is_ended_elsewhere,
    ends_all_others,
    signs_in_anew,
    takes_another_password,
    is_given_a_start_password,
    account_is_closed,
    others_make_no_room,
    runs_out_and_is_tidied,
    is_idle_too_long,
    is_deleted_by_hand,
]


@pytest.mark.parametrize("end", WAYS)
def test_however_it_ends_the_system_is_told(demo: Demo, ear: Ear, end: Callable[[Demo, Any], None]) -> None:
    system, officer = connect(demo, notice_address=ear.address), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    claims = system.claims(tokens)
    end(demo, officer)
    [job] = jobs()
    assert job == claims["sid"]
    assert system.who(tokens).status_code == 401
    system_tell_client(SignOn.objects.get().id)
    [token] = ear.heard
    told = said(demo, token)
    assert told.header["typ"] == "logout+jwt"
    assert (told.claims["sid"], told.claims["sub"], told.claims["aud"]) == (claims["sid"], claims["sub"], system.id)
    assert told.claims["events"] == {EVENT: {}}
    assert told.claims["iss"] == claims["iss"]
    assert told.claims["jti"]
    assert "nonce" not in told.claims
    assert SignOn.objects.get().notice == "heard"
    assert (system_end_left_behind(), system_rescue_notices()) == (0, 0)


def test_what_goes_on_ends_nothing(demo: Demo, ear: Ear) -> None:
    system, officer = connect(demo, notice_address=ear.address), demo.client(OFFICER, post=True)
    tokens = system.sign_on(officer)
    demo.client(OFFICER)  # somewhere else
    officer.get("/desk/tasks/")
    browser = demo.client()
    browser.post("/desk/sign-in/", {"login": OFFICER, "password": "wrong"})
    assert (system_end_left_behind(), system_end_old_sessions(), jobs()) == (0, 0, [])
    assert system.who(tokens).status_code == 200


def test_who_does_not_hear_is_told_again_with_growing_pauses_and_given_up_in_the_end(demo: Demo, ear: Ear) -> None:
    system, officer = connect(demo, notice_address=ear.address), demo.client(OFFICER, post=True)
    system.sign_on(officer)
    ear.answers = [500, 302, 400, 200]
    officer.post("/sign-out/")
    one = SignOn.objects.get()
    pauses = []
    for attempt in (1, 2, 3):
        system_tell_client(one.id)
        one.refresh_from_db()
        assert (one.notice, one.notice_attempts) == ("waiting", attempt)
        assert one.notice_due_at is not None
        pauses.append(round((one.notice_due_at - machine_now()).total_seconds()))
        system_tell_client(one.id)
        assert len(ear.heard) == attempt, "not before its time, and nobody is followed to another address"
        SignOn.objects.update(notice_due_at=machine_now())
    assert pauses == [15, 60, 240]
    assert len(jobs()) == 4
    system_tell_client(one.id)
    one.refresh_from_db()
    assert one.notice == "heard"
    assert len({said(demo, token).claims["jti"] for token in ear.heard}) == 4
    system_tell_client(one.id)
    assert len(ear.heard) == 4


def test_a_deaf_system_is_given_up_and_the_administrator_sees_it(demo: Demo) -> None:
    with listening() as ear:
        deaf = ear.address
    system, officer = connect(demo, notice_address=deaf), demo.client(OFFICER, post=True)
    system.sign_on(officer)
    officer.post("/sign-out/")
    for _ in range(telling.ATTEMPTS):
        SignOn.objects.update(notice_due_at=machine_now())
        system_tell_client(SignOn.objects.get().id)
    assert SignOn.objects.get().notice == "failed"
    page = demo.client("sys.admin", post=True).get(f"/desk/clients/{system.id}/")
    assert "1 条通知未被接收" in page.content.decode()


def test_a_notice_whose_worker_died_is_sent_by_another(demo: Demo, ear: Ear) -> None:
    system, officer = connect(demo, notice_address=ear.address), demo.client(OFFICER, post=True)
    system.sign_on(officer)
    officer.post("/sign-out/")
    one = SignOn.objects.get()
    with mock.patch.object(telling, "post_form", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        system_tell_client(one.id)
    assert SignOn.objects.get().notice == "sending"
    system_tell_client(one.id)
    assert not ear.heard, "it may still be at it"
    SignOn.objects.update(notice_due_at=machine_now() - timedelta(minutes=3))
    assert system_rescue_notices() == 1
    system_tell_client(one.id)
    assert (len(ear.heard), SignOn.objects.get().notice) == (1, "heard")


def test_who_asked_to_sign_out_hears_of_it_like_the_others_and_who_gave_back_does_not(demo: Demo, ear: Ear) -> None:
    officer = demo.client(OFFICER, post=True)
    one, other = connect(demo, notice_address=ear.address), connect(demo, notice_address=ear.address)
    tokens, _ = one.sign_on(officer), other.sign_on(officer)
    gone = one.sign_on(officer)
    assert one.post("revoke", token=gone["refresh_token"]).status_code == 200
    assert jobs() == []
    officer.get("/oidc/logout", {"id_token_hint": tokens["id_token"]})
    assert len(jobs()) == 2


def test_sessions_end_through_one_door() -> None:
    """Who deletes a session past `end_sessions` leaves it to the look of each minute that others hear of it."""
    services = Path(yiwang.identity.__file__).parent / "services"
    found = {
        path.name
        for path in services.rglob("*.py")
        if re.search(r"\bSession\.objects[^\n]*\.delete\(", path.read_text("utf-8"))
    }
    assert found == {"ending.py"}
