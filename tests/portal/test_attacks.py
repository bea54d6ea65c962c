"""The attacks that everybody tries on who may do what, one after another in one city: each is refused, and each stands in the audit log.

Each engine tests its own part deeper: signing in (tests/identity/test_sign_in.py), sessions (tests/api/test_sessions.py), connected systems
(test_sign_on_attacks.py), deputies (tests/cases/test_deputies.py), mandates with their races (tests/cases/test_mandates.py).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.test import Client
from django.test.utils import CaptureQueriesContext
from support.demo import NEIGHBOUR, OFFICER, OTHER_OFFICER, RESIDENT, Demo, call
from support.relying import connect

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Assignment
from yiwang.identity.services import assign_post
from yiwang.identity.values import AssignmentKind, Terms
from yiwang.kernel.time import today


def last(action: str) -> Entry:
    return Entry.objects.filter(action=action).latest("id")


def id_of(login: str) -> UUID:
    return Account.objects.get(login=login).id


def test_who_tries_log_ins_learns_neither_from_words_nor_from_work_which_there_are(demo: Demo) -> None:
    from django.db import connection

    Client(HTTP_HOST="127.0.0.1").post(
        "/sign-in/", {"login": "first.of-all", "password": "Wrong-password-1"}
    )  # reads the release
    seen = []
    for login in (RESIDENT, "nobody.is-called-so", "460199199001010014"):
        client = Client(HTTP_HOST="127.0.0.1")
        client.get("/sign-in/")
        with CaptureQueriesContext(connection) as asked:
            answer = client.post("/sign-in/", {"login": login, "password": "Wrong-password-1"})
        shown = answer.content.decode().replace(login, "")
        entry = last("account.sign-in")
        seen.append(
            (answer.status_code, shown.split("csrfmiddlewaretoken")[0], len(asked), entry.outcome, entry.account_id)
        )
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][-2:] == ("refused", None)


def test_a_code_that_is_replayed_ends_what_was_handed_out_for_it(demo: Demo) -> None:
    system = connect(demo)
    code = system.code(demo.client(OFFICER, post=True))
    tokens = system.redeem(code).json()
    assert system.redeem(code).status_code == 400
    assert system.who(tokens).status_code == 401
    assert last("sign-on.end").details["by"] == "code-replayed"


def test_a_session_that_somebody_prepared_is_not_the_one_in_which_one_is_signed_in(demo: Demo) -> None:
    thief = Client(HTTP_HOST="127.0.0.1")
    thief.get("/sign-in/")
    victim = Client(HTTP_HOST="127.0.0.1")
    victim.cookies = thief.cookies.copy()
    assert victim.post("/sign-in/", {"login": RESIDENT, "password": "Yiwang-demo-2026"}).status_code == 303
    assert thief.get("/my/").status_code == 302
    assert victim.get("/my/").status_code == 200
    assert last("account.sign-in").account_id == id_of(RESIDENT)


def test_a_form_of_another_site_does_nothing(demo: Demo) -> None:
    case = demo.send(demo.client(RESIDENT))
    forged = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    forged.cookies = demo.client(RESIDENT).cookies
    before = Entry.objects.count()
    assert forged.post(f"/my/cases/{case}/withdraw/", {"reason": ""}).status_code == 403
    assert Entry.objects.count() == before, "who did not mean it has done nothing"


def test_nobody_lengthens_his_own_assignment_by_writing_another(demo: Demo) -> None:
    security = demo.client("sec.admin", post=True)
    held = Assignment.objects.get(account__login="sec.admin")
    sent: dict[str, Any] = {
        "account_id": str(held.account_id),
        "post_id": str(held.post_id),
        "valid_from": (today() + timedelta(days=400)).isoformat(),
    }
    assert call(security, "POST", "/api/v1/assignments", sent).status_code == 403
    entry = last("assignment.assign")
    assert (entry.outcome, entry.account_id) == ("refused", held.account_id)


def test_nobody_takes_back_the_end_of_an_assignment(demo: Demo) -> None:
    held = Assignment.objects.get(account__login=OTHER_OFFICER)
    sent = {"on": (today() + timedelta(days=90)).isoformat(), "reason": "over"}
    himself = demo.client(OTHER_OFFICER, post=True)
    assert call(himself, "POST", f"/api/v1/assignments/{held.id}/end", sent).status_code == 403
    entry = last("assignment.end")
    assert (entry.outcome, entry.account_id) == ("refused", held.account_id)
    Assignment.objects.filter(id=held.id).update(valid_to=today() - timedelta(days=1), end_reason="removed")
    security = demo.client("sec.admin", post=True)
    assert call(security, "POST", f"/api/v1/assignments/{held.id}/end", sent).status_code == 409
    held.refresh_from_db()
    assert held.valid_to == today() - timedelta(days=1)


def test_nobody_decides_on_his_own_application_through_a_deputy(demo: Demo) -> None:
    from yiwang.acts.values import system

    case = demo.send(demo.client(OFFICER))
    seat = Assignment.objects.get(account__login=OFFICER)
    terms = Terms(AssignmentKind.DEPUTY, instead_of=seat.id)
    assign_post(system("tests"), id_of(NEIGHBOUR), seat.post_id, today(), today() + timedelta(days=3), terms)
    stands_in = demo.client(NEIGHBOUR, post=True)
    task, version = demo.task_of(stands_in, case)
    answer = call(stands_in, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version})
    assert answer.status_code == 403
    entry = last("task.decide")
    assert (entry.outcome, entry.account_id) == ("refused", id_of(NEIGHBOUR))
    assert entry.details["instead_of"] == str(id_of(OFFICER))


def test_who_has_left_a_post_keeps_nothing_of_it_in_the_session_that_was_open(demo: Demo) -> None:
    case = demo.send(demo.client(RESIDENT))
    officer = demo.client(OFFICER, post=True)
    task, version = demo.task_of(officer, case)
    Assignment.objects.filter(account__login=OFFICER).update(valid_to=today())
    before = Entry.objects.latest("id").id
    answer = call(officer, "POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": version})
    assert answer.status_code in {403, 404}
    assert officer.get(f"/api/v1/cases/{case}").status_code == 404
    tried = Entry.objects.filter(id__gt=before, action="task.decide").get()
    assert (tried.outcome, tried.account_id) == ("refused", id_of(OFFICER))


def test_a_mandate_that_has_ended_opens_nothing_in_the_session_that_was_open(demo: Demo) -> None:
    from datetime import date

    from yiwang.identity.queries import actor_for_self
    from yiwang.identity.services import NewMandate, accept_mandate, end_mandate, give_mandate

    giver, agent = (actor_for_self(Account.objects.get(login=one)) for one in (RESIDENT, NEIGHBOUR))
    given = NewMandate(giver.capacity_id, ["address-statement"], today(), date(today().year + 1, 1, 1))
    mandate = give_mandate(giver, agent.account_id, given)
    accept_mandate(agent, mandate)
    client = demo.client(NEIGHBOUR, agent=True)
    sent = demo.open_form(client)
    end_mandate(giver, mandate)
    before = Entry.objects.latest("id").id
    answer = client.post("/items/address-statement/apply/", sent)
    assert answer.status_code in {302, 303, 403, 409}
    assert not Entry.objects.filter(id__gt=before, action="case.submit", outcome="done", capacity="agent").exists()
    assert client.get("/my/capacity/").context["able"] == []
