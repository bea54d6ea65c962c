from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from yiwang.acts.registry import permissions
from yiwang.acts.services import current_act, service
from yiwang.acts.values import VISITOR, Actor, CapacityKind, system
from yiwang.identity.models import Post
from yiwang.identity.queries import (
    actor_for_post,
    actor_for_self,
    capacities_of,
    in_scope,
    list_officers,
    posts_of,
    require,
    system_account,
    unit_scope,
    why,
)
from yiwang.identity.services import assign_post
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotSignedIn
from yiwang.kernel.time import today

US = system("tests")


@service("trial.decide", open_to={CapacityKind.AGENT})
def decide_trial(actor: Actor) -> None:
    current_act().about("trial", 1)


def test_a_grant_of_a_duty_allows_its_action_and_nothing_else(town: Any) -> None:
    officer = town.officer("north", "decide")
    assert permissions.allows(officer, "trial.decide").allowed
    assert not permissions.allows(officer, "trial.pay").allowed
    decide_trial(officer)


def test_who_may_not_is_told_why_with_the_post(town: Any) -> None:
    officer = town.officer("north", "pay")
    reason = why(officer, "trial.decide")
    assert (reason.allowed, reason.params) == (False, {"post": posts_of(officer.account_id)[0].title})
    with pytest.raises(NotAllowed) as refused:
        decide_trial(officer)
    assert refused.value.detail == reason.message
    assert refused.value.params == reason.params
    assert why(town.resident(), "trial.decide").message == "This can only be done in a post that has the duty for it."
    assert why(VISITOR, "trial.decide").message == "Sign in first."
    assert "another administrator" in why(officer, "assignment.assign").message
    assert why(town.officer("north", "decide"), "trial.decide").allowed


def test_a_grant_across_the_line_of_the_three_administrators_does_not_count(town: Any, republish: Any) -> None:
    security, officer = town.officer("gov", "security"), town.officer("north", "decide")
    mine, trial, audit = (
        {"action": name, "scope": "city"} for name in ("assignment.assign", "trial.decide", "audit.read")
    )
    republish(
        {"kind": "duty", "id": "security", "title": "x", "administrator": "security", "may": [mine, trial, audit]},
        {"kind": "duty", "id": "decide", "title": "x", "may": [mine]},
    )
    assert permissions.allows(security, "assignment.assign").allowed
    for actor, action in ((security, "trial.decide"), (security, "audit.read"), (officer, "assignment.assign")):
        assert not permissions.allows(actor, action).allowed
        assert unit_scope(actor, action).is_empty


def test_a_change_of_a_duty_counts_from_the_next_release_at_once(town: Any, republish: Any) -> None:
    officer = town.officer("north", "pay")
    assert not permissions.allows(officer, "trial.pay").allowed
    republish({"kind": "duty", "id": "pay", "title": "付", "may": [{"action": "trial.pay", "scope": "unit"}]})
    assert permissions.allows(officer, "trial.pay").allowed


def test_the_scope_of_a_grant_reaches_as_far_as_it_says(town: Any) -> None:
    north, above, below, south = (town.units[code] for code in ("north", "gov", "north-a", "south"))
    decide = town.officer("north", "decide")
    scope = unit_scope(decide, "trial.decide")
    assert (scope.everything, scope.unit_ids, scope.duties, scope.post_ids) == (
        False,
        frozenset({north}),
        frozenset({"decide"}),
        frozenset(),
    )
    assert unit_scope(decide, "trial.read").unit_ids == frozenset({north, below})
    assert unit_scope(town.officer("south", "oversee"), "trial.read").everything
    tend = town.officer("south", "tend")
    assert unit_scope(tend, "trial.decide").post_ids == frozenset({tend.capacity_id})
    assert not unit_scope(tend, "trial.decide").covers(south)
    both = unit_scope(town.officer("gov", "tend", "decide"), "trial.decide")
    assert both.covers(above)
    assert both.duties == frozenset({"tend", "decide"})
    assert unit_scope(town.resident(), "trial.read").is_empty
    assert unit_scope(VISITOR, "trial.read").is_empty
    assert unit_scope(US, "trial.read").everything


def seen(actor: Actor, action: str, **fields: str) -> set[UUID]:
    return set(Post.objects.filter(in_scope(actor, action, **fields)).values_list("id", flat=True))


def test_the_predicate_shows_exactly_the_rows_of_the_scope(town: Any) -> None:
    posts = {code: town.post(code) for code in town.units}
    every = set(Post.objects.values_list("id", flat=True))
    decide = town.officer("north", "decide")
    assert seen(decide, "trial.read") - {decide.capacity_id} == {posts["north"], posts["north-a"]}
    assert seen(decide, "trial.decide") - {decide.capacity_id} == {posts["north"]}
    tend = town.officer("south", "tend")
    assert seen(tend, "trial.decide") == set()
    assert seen(tend, "trial.decide", post_field="id") == {tend.capacity_id}
    oversee = town.officer("south", "oversee")
    assert seen(oversee, "trial.read") >= every
    for actor in (
        VISITOR,
        town.resident(),
        town.officer("gov", "security"),
        town.officer("gov", "audit"),
        town.officer("gov", "system"),
    ):
        assert seen(actor, "trial.read") == set()
    assert seen(US, "trial.read") >= every


def test_the_predicate_is_part_of_one_statement_over_the_closure(town: Any) -> None:
    decide = town.officer("north", "decide")
    with CaptureQueriesContext(connection) as asked:
        seen(decide, "trial.read")
    assert len(asked) == 3  # the seat, the release in force, the rows
    assert "identity_unitpath" in asked[-1]["sql"]
    assert isinstance(in_scope(decide, "trial.read"), Q)


def test_moving_a_unit_moves_what_its_superiors_see(town: Any) -> None:
    from yiwang.identity.services import move_unit

    decide = town.officer("south", "decide")
    assert unit_scope(decide, "trial.read").unit_ids == frozenset({town.units["south"]})
    move_unit(US, town.units["north"], town.units["south"])
    assert unit_scope(decide, "trial.read").unit_ids == {town.units[code] for code in ("south", "north", "north-a")}


def test_one_account_acts_in_one_capacity_at_a_time(town: Any) -> None:
    account = town.account()
    decide, pay = town.post("north", "decide"), town.post("south", "pay")
    for post in (decide, pay):
        assign_post(US, account.id, post, today())
    assert [(one.capacity, one.capacity_id) for one in capacities_of(account.id)] == [
        (CapacityKind.SELF, account.subject_id),
        (CapacityKind.POST, decide),
        (CapacityKind.POST, pay),
    ]
    assert permissions.allows(actor_for_post(account, decide), "trial.decide").allowed
    assert not permissions.allows(actor_for_post(account, pay), "trial.decide").allowed
    assert not permissions.allows(actor_for_self(account), "trial.decide").allowed
    actor = actor_for_self(account)
    assert (actor.subject_id, actor.capacity_id, actor.account_id) == (
        account.subject_id,
        account.subject_id,
        account.id,
    )


def test_a_closed_account_acts_in_nothing(town: Any) -> None:
    from yiwang.identity.models import Account

    officer = town.officer("north", "decide")
    Account.objects.filter(id=officer.account_id).update(is_active=False)
    closed = system_account(officer.account_id)
    assert capacities_of(closed.id) == []
    for make in (lambda: actor_for_self(closed), lambda: actor_for_post(closed, officer.capacity_id)):
        with pytest.raises(NotSignedIn):
            make()
    assert not permissions.allows(officer, "trial.decide").allowed


def test_an_account_without_a_person_cannot_act_as_one(town: Any) -> None:
    with pytest.raises(NotAllowed):
        actor_for_self(town.account(person=False))


def test_a_post_of_somebody_else_cannot_be_taken(town: Any) -> None:
    officer, thief = town.officer("north", "decide"), town.account()
    with pytest.raises(NotAllowed):
        actor_for_post(thief, officer.capacity_id)
    forged = Actor(thief.id, CapacityKind.POST, officer.capacity_id)
    assert not permissions.allows(forged, "trial.decide").allowed


def test_officers_are_listed_page_by_page_for_system_and_security_administrators(town: Any) -> None:
    security = town.officer("gov", "security", login="z-security")
    town.officer("gov", "system", login="z-system")
    for number in range(5):
        town.officer("north", "decide", login=f"a{number}.decide")
    first = list_officers(security, limit=3)
    assert [one.account.login for one in first.officers] == ["a0.decide", "a1.decide", "a2.decide"]
    [assignment] = first.officers[0].assignments
    assert (assignment.post.unit_title, assignment.valid_from, assignment.valid_to) == ("单位north", today(), None)
    second = list_officers(security, first.next_cursor, limit=3)
    third = list_officers(security, second.next_cursor, limit=3)
    logins = [one.account.login for page in (first, second, third) for one in page.officers]
    assert logins == sorted(logins)
    assert len(logins) == 7
    assert third.next_cursor == ""
    with pytest.raises(Invalid):
        list_officers(security, "made-up")
    with pytest.raises(NotAllowed):
        list_officers(town.officer("gov", "audit"))
    with pytest.raises(NotSignedIn):
        require(VISITOR, "officer.list")


def test_duties_of_the_day_count_and_not_those_of_yesterday(town: Any) -> None:
    account, post = town.account(), town.post("north", "decide")
    assign_post(US, account.id, post, today() + timedelta(days=1))
    assert not permissions.allows(Actor(account.id, CapacityKind.POST, post), "trial.decide").allowed


def test_a_release_that_would_make_held_duties_exclude_each_other_is_refused(town: Any) -> None:
    from pathlib import Path

    from yiwang.identity.declarations import DutyBody, DutyKind
    from yiwang.identity.queries import duties
    from yiwang.kernel.kinds import City, Declaration

    town.officer("north", "decide", "oversee")
    given = Declaration(
        "duty",
        "decide",
        "tests",
        Path("tests/duties/decide.yaml"),
        DutyBody(kind="duty", id="decide", title="决", excludes=("oversee",)),
    )
    oversee = Declaration(
        "duty", "oversee", "tests", Path("tests/duties/oversee.yaml"), DutyBody(kind="duty", id="oversee", title="督")
    )
    stored = {id: {"id": id} for id in duties()}
    [fault] = DutyKind().check_succession(City([given, oversee]), stored)
    assert "`decide`" in fault.message
    assert "`oversee`" in fault.message
    with pytest.raises(Conflict):
        DutyKind().apply(2, {"decide": given}, [])
    assert not list(DutyKind().check_succession(City([oversee]), stored))


def test_a_duty_reaches_no_further_because_another_duty_of_the_post_does(town: Any, republish: Any) -> None:
    far = {"kind": "duty", "id": "pay", "title": "付", "may": [{"action": "trial.decide", "scope": "subtree"}]}
    wide = {"kind": "duty", "id": "order", "title": "令", "may": [{"action": "trial.decide", "scope": "city"}]}
    republish(far, wide)
    scope = unit_scope(town.officer("gov", "decide", "pay", "order", "tend"), "trial.decide")
    assert scope.everything
    by_duty = {duty: one for one in scope.each for duty in one.duties}
    assert by_duty["order"].everything
    assert by_duty["decide"].unit_ids == {town.units["gov"]}
    assert by_duty["pay"].unit_ids == set(town.units.values())
    assert not by_duty["tend"].unit_ids
