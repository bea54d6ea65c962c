"""Rights on application: what a post may ask for, who decides, and how what was granted ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.clock import Clock, own_time

from yiwang.acts.values import Actor, system
from yiwang.audit.models import Entry
from yiwang.identity import queries
from yiwang.identity.models import Account, Assignment, Post, PostDuty
from yiwang.identity.services import (
    ask_for_duty,
    assign_post,
    change_duties,
    end_assignment,
    give_duty_back,
    grant_duty,
    refuse_duty,
    system_end_asked_duties,
    system_let_requests_go,
    system_load_posts,
    withdraw_duty_request,
)
from yiwang.identity.values import AssignmentKind, NewPost, Terms
from yiwang.identity.values.duty_requests import DutyRequestOver, DutyRequestState
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

from .conftest import DUTIES, PERSON, SHOP, duty
from .test_reorganisation import at_once

US = system("tests")
WHY = "六月写办事指南的解读"
WRITE = {**duty("write", "article.write/unit"), "on_application": {"longest_days": 30}}
ORDER = {**duty("order", excludes=("pay",)), "on_application": {"longest_days": 10}}
BOSS = duty("boss", "duty-request.grant/subtree", "duty-request.refuse/subtree")
MONDAY = "2026-03-02T10:00"
LAST = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def clock(tmp_path: Path) -> Iterator[Clock]:
    with own_time(tmp_path) as moved:
        moved.set(MONDAY)
        yield moved


def declared(republish: Any) -> None:
    republish(PERSON, SHOP, WRITE, ORDER, BOSS, *(one for one in DUTIES if one["id"] != "order"))


@pytest.fixture
def bureau(town: Any, republish: Any) -> Any:
    """A town in which the head of the north may grant rights, and so may somebody for the whole city."""
    declared(republish)
    town.clerk, town.head = town.officer("north-a", "decide"), town.officer("north", "boss")
    town.mayor = town.officer("gov", "boss")
    return town


def asked(by: Actor, duty: str = "write", last_day: date = LAST) -> UUID:
    return ask_for_duty(by, duty, last_day, WHY)


def grant(by: Actor, request: UUID) -> None:
    grant_duty(by, request, uuid4(), "20260302-1")


def may_write(actor: Actor) -> bool:
    return queries.why(actor, "article.write").allowed


def state(by: Actor, request: UUID) -> DutyRequestState:
    return queries.duty_request(by, request).state


def faults(raised: Any) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in raised.value.faults]


def told(type: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(type=type).order_by("id").values_list("data", flat=True))


def colleague(town: Any, of: Actor) -> Actor:
    """Somebody else in the same post."""
    account = town.account()
    assign_post(US, account.id, of.capacity_id, today())
    found: Actor = queries.actor_for_post(account, of.capacity_id)
    return found


# ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_sees_what_it_may_ask_for_and_what_it_cannot(bureau: Any) -> None:
    payer = bureau.officer("north", "pay")
    listed = {one.duty.id: one.against.code if one.against else "" for one in queries.askable_duties(payer)}
    assert listed == {"order": "duties-exclude", "write": ""}
    assert queries.askable_duties(bureau.resident()) == []


def test_the_three_administrators_ask_for_nothing(bureau: Any) -> None:
    security = bureau.officer("gov", "security")
    assert not queries.may_ask_for_duties(security)
    with pytest.raises(Invalid) as raised:
        asked(security)
    assert ("duty", "administrator") in faults(raised)


def test_who_asks_is_told_everything_that_is_wrong_at_once(bureau: Any) -> None:
    with pytest.raises(Invalid) as raised:
        ask_for_duty(bureau.clerk, "write", LAST + timedelta(days=90), "")
    assert faults(raised) == [("reason", "required"), ("last_day", "out-of-range")]
    with pytest.raises(Invalid) as raised:
        ask_for_duty(bureau.clerk, "decide", None, "x")
    assert faults(raised) == [("reason", "too-short"), ("duty", "not-on-application")]
    assert told("duty-request.made.v1") == []


@pytest.mark.parametrize(("days", "right"), [(-1, False), (0, True), (29, True), (30, False)])
def test_a_right_is_asked_for_from_today_to_its_longest_time(bureau: Any, days: int, right: bool) -> None:
    last_day = today() + timedelta(days=days)
    if right:
        asked(bureau.clerk, last_day=last_day)
    else:
        with pytest.raises(Invalid) as raised:
            asked(bureau.clerk, last_day=last_day)
        assert faults(raised) == [("last_day", "out-of-range")]


def test_what_is_asked_for_is_asked_for_once(bureau: Any) -> None:
    asked(bureau.clerk)
    with pytest.raises(Invalid) as raised:
        asked(bureau.clerk)
    assert faults(raised) == [("duty", "asked")]


def test_what_excludes_the_duties_of_anybody_in_the_post_is_not_asked_for(bureau: Any) -> None:
    other = colleague(bureau, bureau.clerk)
    assign_post(US, other.account_id, bureau.post("south", "pay"), today())
    with pytest.raises(Invalid) as raised:
        asked(bureau.clerk, "order", today())
    assert faults(raised) == [("duty", "duties-exclude")]


def test_the_nearest_unit_with_somebody_else_who_may_decides(bureau: Any) -> None:
    asked(bureau.clerk)
    asked(bureau.head)
    units = [one["unit_id"] for one in told("duty-request.made.v1")]
    assert units == [str(bureau.units["north"]), str(bureau.units["gov"])], (
        "nobody decides on what he asked for himself"
    )
    with pytest.raises(Invalid) as raised:
        asked(bureau.mayor)
    assert faults(raised) == [("", "nobody-decides")]


def test_an_account_without_a_person_asks_for_nothing(bureau: Any) -> None:
    Account.objects.filter(id=bureau.clerk.account_id).update(subject=None)
    with pytest.raises(Invalid) as raised:
        asked(bureau.clerk)
    assert faults(raised) == [("", "nobody")]


def test_nobody_asks_but_in_a_post(bureau: Any) -> None:
    with pytest.raises(NotAllowed):
        asked(bureau.resident())
    end_assignment(US, Assignment.objects.get(account_id=bureau.clerk.account_id).id)
    with pytest.raises(NotAllowed):
        asked(bureau.clerk)


# ── Deciding ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_granted_may_be_done_at_once_by_everybody_in_the_post(bureau: Any) -> None:
    other, request = colleague(bureau, bureau.clerk), asked(bureau.clerk)
    assert not may_write(bureau.clerk)
    grant(bureau.head, request)
    assert may_write(bureau.clerk)
    assert may_write(other)
    assert told("post.changed.v1")[-1] == {"given": ["write"], "taken": []}
    assert told("duty-request.ended.v1")[-1]["state"] == "granted"
    [post] = [one for one in queries.posts_of(bureau.clerk.account_id) if one.id == bureau.clerk.capacity_id]
    assert post.asked == {"write": LAST}


def test_what_is_refused_says_why_and_gives_nothing(bureau: Any) -> None:
    request = asked(bureau.clerk)
    refuse_duty(bureau.head, request, uuid4(), "20260302-1", "不归这个岗位做")
    found = queries.duty_request(bureau.clerk, request)
    assert (found.state, found.answer) == (DutyRequestState.REFUSED, "不归这个岗位做")
    assert not may_write(bureau.clerk)
    asked(bureau.clerk)


def test_nobody_decides_on_his_own_application_nor_on_his_own_post(bureau: Any) -> None:
    own = asked(bureau.head)
    with pytest.raises(NotAllowed):
        grant(bureau.head, own)
    with pytest.raises(NotAllowed):
        refuse_duty(bureau.head, own, uuid4(), "1", "不")
    request = asked(bureau.clerk)
    assign_post(US, bureau.head.account_id, bureau.clerk.capacity_id, today())
    with pytest.raises(NotAllowed):
        grant(bureau.head, request)
    grant(bureau.mayor, request)


def test_nobody_decides_through_a_deputy_on_what_he_asked_for(bureau: Any) -> None:
    """He who is stood in for holds the post: his deputy's hand is his."""
    request, deputy = asked(bureau.head), bureau.account()
    seat = Assignment.objects.get(account_id=bureau.head.account_id)
    terms = Terms(kind=AssignmentKind.DEPUTY, instead_of=seat.id)
    assign_post(US, deputy.id, bureau.head.capacity_id, today(), today() + timedelta(days=5), terms=terms)
    acting = queries.actor_for_post(deputy, bureau.head.capacity_id)
    with pytest.raises(NotAllowed):
        grant(acting, request)
    assert Entry.objects.filter(action="duty-request.grant", outcome="refused").exists()


def test_the_head_of_another_unit_finds_no_such_application(bureau: Any) -> None:
    elsewhere, request = bureau.officer("south", "boss"), asked(bureau.clerk)
    with pytest.raises(NotFound):
        grant(elsewhere, request)
    with pytest.raises(NotAllowed):
        grant(bureau.clerk, request)


def test_what_has_changed_since_it_was_asked_for_is_not_granted(bureau: Any, clock: Clock) -> None:
    request = asked(bureau.clerk, "order", today())
    change_duties(US, bureau.clerk.capacity_id, {"decide", "pay"})
    with pytest.raises(Invalid) as raised:
        grant(bureau.head, request)
    assert faults(raised) == [("duty", "duties-exclude")]
    change_duties(US, bureau.clerk.capacity_id, {"decide"})
    clock.set("2026-03-03T10:00")
    with pytest.raises(Invalid) as raised:
        grant(bureau.head, request)
    assert faults(raised) == [("", "day-over")]
    other = asked(bureau.clerk)
    end_assignment(US, Assignment.objects.get(account_id=bureau.clerk.account_id).id)
    with pytest.raises(Invalid) as raised:
        grant(bureau.head, other)
    assert faults(raised) == [("", "left")]


def test_it_is_decided_once(bureau: Any) -> None:
    request = asked(bureau.clerk)
    grant(bureau.head, request)
    with pytest.raises(DutyRequestOver):
        grant(bureau.mayor, request)
    with pytest.raises(DutyRequestOver):
        refuse_duty(bureau.mayor, request, uuid4(), "1", "不")


def test_a_case_that_ends_without_a_decision_refuses(bureau: Any) -> None:
    request, done = asked(bureau.clerk), asked(bureau.clerk, "order", today())
    grant(bureau.head, done)
    for one in (request, done, request):
        system_let_requests_go(US, uuid4(), one, case_number="1", reason="单位撤销")
    assert state(bureau.clerk, request) is DutyRequestState.REFUSED
    assert state(bureau.clerk, done) is DutyRequestState.GRANTED


# ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_ends_with_its_last_day_whether_the_scheduler_runs_or_not(bureau: Any, clock: Clock) -> None:
    request = asked(bureau.clerk)
    grant(bureau.head, request)
    clock.set("2026-03-20T23:59")
    assert may_write(bureau.clerk)
    clock.set("2026-03-21T00:00")
    assert not may_write(bureau.clerk)
    assert system_end_asked_duties() == 1
    assert system_end_asked_duties() == 0
    found = queries.duty_request(bureau.clerk, request)
    assert (found.state, found.ended_on) == (DutyRequestState.ENDED, date(2026, 3, 21))
    assert told("post.changed.v1")[-1] == {"given": [], "taken": ["write"]}


def test_a_scheduler_that_was_away_for_a_week_ends_it_on_its_day(bureau: Any, clock: Clock) -> None:
    request = asked(bureau.clerk)
    grant(bureau.head, request)
    clock.set("2026-03-28T09:00")
    system_end_asked_duties()
    assert queries.duty_request(bureau.clerk, request).ended_on == date(2026, 3, 21)


def test_it_is_given_back_by_anybody_in_the_post_and_nobody_else(bureau: Any) -> None:
    other, request = colleague(bureau, bureau.clerk), asked(bureau.clerk)
    grant(bureau.head, request)
    with pytest.raises(NotFound):
        give_duty_back(bureau.head, request)
    give_duty_back(other, request)
    assert not may_write(bureau.clerk)
    assert state(other, request) is DutyRequestState.ENDED
    with pytest.raises(DutyRequestOver):
        give_duty_back(other, request)


def test_it_is_taken_back_by_who_asked_while_it_waits(bureau: Any) -> None:
    other, request = colleague(bureau, bureau.clerk), asked(bureau.clerk)
    with pytest.raises(NotFound):
        withdraw_duty_request(other, request)
    withdraw_duty_request(bureau.clerk, request)
    assert state(other, request) is DutyRequestState.WITHDRAWN
    with pytest.raises(DutyRequestOver):
        withdraw_duty_request(bureau.clerk, request)
    with pytest.raises(DutyRequestOver):
        grant(bureau.head, request)


def test_the_security_administrator_takes_it_with_the_other_duties(bureau: Any) -> None:
    request = asked(bureau.clerk)
    grant(bureau.head, request)
    change_duties(US, bureau.clerk.capacity_id, {"decide", "write", "order"})
    assert state(bureau.clerk, request) is DutyRequestState.GRANTED, "what is left as it is keeps its end"
    change_duties(US, bureau.clerk.capacity_id, {"decide"})
    assert state(bureau.clerk, request) is DutyRequestState.ENDED
    assert not may_write(bureau.clerk)


def test_a_list_of_posts_leaves_it_and_gives_for_good_what_it_names(bureau: Any) -> None:
    kept, given = asked(bureau.clerk), asked(bureau.clerk, "order", today())
    grant(bureau.head, kept)
    grant(bureau.head, given)
    post = Post.objects.get(id=bureau.clerk.capacity_id)
    system_load_posts(US, [NewPost(post.code, "north-a", post.title, frozenset({"decide", "order"}))])
    ends = dict(PostDuty.objects.filter(post=post).values_list("duty", "valid_to"))
    assert ends == {"decide": None, "order": None, "write": LAST + timedelta(days=1)}
    assert (state(bureau.clerk, kept), state(bureau.clerk, given)) == (DutyRequestState.GRANTED, DutyRequestState.ENDED)


def test_who_leaves_the_post_leaves_it_behind(bureau: Any) -> None:
    """Rights are the post's: staff gain and lose them through posts alone."""
    other, request = colleague(bureau, bureau.clerk), asked(bureau.clerk)
    grant(bureau.head, request)
    end_assignment(US, Assignment.objects.get(account_id=bureau.clerk.account_id).id)
    assert not may_write(bureau.clerk)
    assert may_write(other)


# ── Two at once, and what it costs ──────────────────────────────────────────────────────────────────────────────────────


def test_of_two_who_decide_at_once_one_does(own_town: Any, republish: Any) -> None:
    declared(republish)
    clerk, head, mayor = (
        own_town.officer("gov", "decide"),
        own_town.officer("gov", "boss"),
        own_town.officer("gov", "boss"),
    )
    for _ in range(4):
        request = asked(clerk)
        at_once(
            lambda request=request: grant(head, request),
            lambda request=request: refuse_duty(mayor, request, uuid4(), "2", "不归这个岗位做"),
        )
        granted = state(clerk, request) is DutyRequestState.GRANTED
        assert may_write(clerk) is granted
        if granted:
            give_duty_back(clerk, request)


def test_a_grant_and_a_change_of_duties_at_once_leave_one_truth(own_town: Any, republish: Any) -> None:
    declared(republish)
    clerk, head = own_town.officer("gov", "decide"), own_town.officer("gov", "boss")
    for _ in range(4):
        request = asked(clerk, "order", today())
        at_once(lambda request=request: grant(head, request), lambda: change_duties(US, clerk.capacity_id, {"pay"}))
        held = set(PostDuty.objects.filter(post_id=clerk.capacity_id).values_list("duty", flat=True))
        assert held == {"pay"}, "either order ends so: what is granted first is taken, what comes later excludes it"
        assert state(clerk, request) in (DutyRequestState.WAITS, DutyRequestState.ENDED)
        if state(clerk, request) is DutyRequestState.WAITS:
            withdraw_duty_request(clerk, request)
        change_duties(US, clerk.capacity_id, {"decide"})


def test_asking_what_a_post_may_costs_as_much_with_what_was_granted(bureau: Any) -> None:
    actor = bureau.clerk

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as taken:
            assert queries.posts_of(actor.account_id)
            queries.why(actor, "article.write")
        return len(taken)

    statements()
    before = statements()
    grant(bureau.head, asked(actor))
    assert statements() == before
