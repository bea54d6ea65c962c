"""Where somebody is signed in: until when, how many at once, and how he ends it elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.demo import OFFICER, PASSWORD, RESIDENT, Demo, call

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Session
from yiwang.identity.services import system_end_old_sessions
from yiwang.kernel import time

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)
NEIGHBOUR = "fu.hai"


class Clock:
    """Machine time as sessions see it, to be moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> Any:
        return time.machine_now() + self.ahead


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with (
        mock.patch("yiwang.identity.services.sessions.machine_now", clock),
        mock.patch("yiwang.identity.queries.sessions.machine_now", clock),
    ):
        yield clock


def signed_in(client: Any) -> bool:
    answer = call(client, "GET", "/api/v1/session")
    assert answer.status_code == 200
    return bool(answer.json()["signed_in"])


def sessions(client: Any) -> list[dict[str, Any]]:
    answer = call(client, "GET", "/api/v1/sessions")
    assert answer.status_code == 200
    lines: list[dict[str, Any]] = answer.json()
    return lines


def test_what_the_cookie_carries_is_stored_nowhere(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    key = client.cookies["yiwang_session"].value
    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM identity_session s")
        rows = [row for (row,) in cursor.fetchall()]
    assert rows
    assert not any(key in row or key.encode().hex() in row for row in rows)


def test_a_key_that_was_there_before_signing_in_is_worth_nothing_afterwards(demo: Demo) -> None:
    client, thief = demo.client(RESIDENT), demo.client()
    before = client.cookies["yiwang_session"].value
    call(client, "POST", "/api/v1/session", {"login": RESIDENT, "password": PASSWORD})
    assert client.cookies["yiwang_session"].value != before
    thief.cookies["yiwang_session"] = before
    assert not signed_in(thief)
    assert signed_in(client)


def test_a_key_that_somebody_made_up_opens_nothing_and_is_not_taken_over(demo: Demo) -> None:
    client = demo.client()
    client.cookies["yiwang_session"] = made_up = "x" * 32
    assert not signed_in(client)
    client.post("/sign-in/", {"login": RESIDENT, "password": PASSWORD})
    assert signed_in(client)
    assert client.cookies["yiwang_session"].value != made_up


def test_who_does_nothing_for_half_an_hour_signs_in_again_and_who_goes_on_does_not(demo: Demo, clock: Clock) -> None:
    client, away = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    for _ in range(3):
        clock.ahead += timedelta(minutes=25)
        assert signed_in(client)
    assert not signed_in(away)
    assert away.get("/desk/tasks/").status_code == 302


def test_after_eight_hours_a_session_is_over_however_busy_it_was(demo: Demo, clock: Clock) -> None:
    client = demo.client(RESIDENT)
    for _ in range(19):
        clock.ahead += timedelta(minutes=25)
        assert signed_in(client)
    clock.ahead += timedelta(minutes=6)
    assert not signed_in(client)


def test_what_is_over_is_dropped_and_what_is_not_stays(demo: Demo, clock: Clock) -> None:
    client, away = demo.client(RESIDENT), demo.client(OFFICER)
    clock.ahead = timedelta(minutes=20)
    assert signed_in(client)
    clock.ahead = timedelta(minutes=35)
    assert system_end_old_sessions() >= 1
    assert signed_in(client)
    assert not signed_in(away)
    assert Session.objects.filter(account__login=OFFICER).count() == 0


def test_one_sees_where_one_is_signed_in_and_ends_it_there(demo: Demo) -> None:
    here, there = demo.client(OFFICER, post=True), demo.client(OFFICER, post=True)
    there.post("/desk/sign-in/", {"login": OFFICER, "password": PASSWORD}, HTTP_USER_AGENT=ANDROID)
    mine, other = sessions(here)
    assert (mine["here"], other["here"]) == (True, False)
    assert (other["browser"], other["system"], other["address"]) == ("Chrome", "Android", "127.0.0.1")
    assert mine["post"] == "居住地址核实岗"
    page = here.get("/desk/account/").content.decode()
    assert "Chrome · Android" in page
    assert "本机" in page
    told = here.post("/desk/account/sessions/", {"session": other["id"]}, follow=True).content.decode()
    assert "该处已退出登录" in told
    assert not signed_in(there)
    assert [one["id"] for one in sessions(here)] == [mine["id"]]
    entry = Entry.objects.filter(action="session.end").latest("id")
    assert (entry.outcome, entry.object_id) == ("done", other["id"])


def test_everywhere_else_is_ended_at_once(demo: Demo) -> None:
    here, *others = (demo.client(RESIDENT) for _ in range(3))
    assert here.post("/my/account/sessions/", {"session": "others"}).status_code == 303
    assert signed_in(here)
    assert not any(signed_in(one) for one in others)
    assert call(here, "DELETE", "/api/v1/sessions").status_code == 204
    assert signed_in(here)


def test_nobody_ends_another_one_s_session_or_hears_of_it(demo: Demo) -> None:
    client, neighbour = demo.client(RESIDENT), demo.client(NEIGHBOUR)
    [mine] = sessions(client)
    assert call(neighbour, "DELETE", f"/api/v1/sessions/{mine['id']}").status_code == 404
    assert neighbour.post("/my/account/sessions/", {"session": mine["id"]}).status_code == 404
    assert neighbour.post("/my/account/sessions/", {"session": "not an id"}).status_code == 404
    assert signed_in(client)


def test_a_sixth_place_ends_the_one_used_longest_ago(demo: Demo, clock: Clock) -> None:
    clients = []
    for _ in range(5):
        clients.append(demo.client(RESIDENT))
        clock.ahead += timedelta(minutes=2)
    assert signed_in(clients[0])
    sixth = demo.client(RESIDENT)
    assert [signed_in(one) for one in [*clients, sixth]] == [True, False, True, True, True, True]
    entry = Entry.objects.filter(action="session.make-room").latest("id")
    assert (entry.object_id, entry.details) == (str(Account.objects.get(login=RESIDENT).id), {"ended": 1})


def test_who_signs_in_at_four_places_at_once_is_let_in_at_all_of_them(own_demo: Demo) -> None:
    together = threading.Barrier(4)

    def sign_in() -> int:
        try:
            client = own_demo.client()
            together.wait(30)
            status: int = client.post("/sign-in/", {"login": RESIDENT, "password": PASSWORD}).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [one.result() for one in [pool.submit(sign_in) for _ in range(4)]]
    assert answers == [303] * 4
    assert Session.objects.filter(account__login=RESIDENT).count() == 4


def test_an_administrator_is_signed_in_at_one_place(demo: Demo) -> None:
    before = demo.client("sec.admin", post=True)
    after = demo.client("sec.admin", post=True)
    assert not signed_in(before)
    assert signed_in(after)


def test_who_asks_is_found_in_one_statement(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    client.get("/api/v1/tasks")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/api/v1/tasks").status_code == 200
    statements = [one["sql"] for one in asked]
    [found] = [one for one in statements if "identity_session" in one]
    assert not [
        one for one in statements if one != found and ("identity_account" in one or "identity_assignment" in one)
    ]
