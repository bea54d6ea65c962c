"""Why somebody may do an action or may not: the explanation never disagrees with what is asked before every act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from yiwang.acts.values import system
from yiwang.identity.models import Unit
from yiwang.identity.queries import (
    actions,
    explain_permission,
    in_scope,
    posts_of,
    system_account,
    unit_scope,
    whose_rights,
)
from yiwang.identity.services import assign_post, end_assignment
from yiwang.identity.values import Explanation, Standing
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import today

US = system("tests")


@pytest.fixture
def asker(town: Any) -> Any:
    return town.officer("gov", "security")


def explained(asker: Any, of: Any, action: str, unit: Any = None) -> Explanation:
    return explain_permission(asker, of.account_id, action, unit)


def test_it_agrees_with_the_predicate_for_every_duty_action_and_unit(town: Any, asker: Any) -> None:
    officers = [
        town.officer(unit, *duties)
        for unit in ("gov", "north", "north-a")
        for duties in (("decide",), ("oversee",), ("pay",), ("decide", "oversee"), ("system",))
    ]
    known = [action for action in actions() if action.startswith(("trial.", "unit.", "officer.", "assignment."))]
    for officer in officers:
        for action in known:
            reach = unit_scope(officer, action)
            assert explained(asker, officer, action).reason.allowed is not reach.is_empty
            visible = set(Unit.objects.filter(in_scope(officer, action, "id")).values_list("id", flat=True))
            for unit in town.units.values():
                told = explained(asker, officer, action, unit)
                assert told.reason.allowed is (unit in visible), (action, told.reason)
                assert told.reason.allowed is (reach.everything or unit in reach.unit_ids)


def test_a_grant_that_does_not_reach_the_unit_is_named_with_the_post_and_the_unit(town: Any, asker: Any) -> None:
    officer = town.officer("north", "decide")
    told = explained(asker, officer, "trial.decide", town.units["south"])
    assert (told.reason.allowed, told.reason.params["unit"]) == (False, "单位south")
    assert "beyond its reach" in told.reason.message
    [held] = told.held
    assert [(one.duty.id, one.counts, one.reaches) for one in held.grants] == [("decide", True, False)]


def test_it_names_who_else_may_do_it_there(town: Any, asker: Any) -> None:
    clerk, decider = town.officer("south", "pay"), town.officer("south", "decide")
    town.officer("north", "decide")
    told = explained(asker, clerk, "trial.decide", town.units["south"])
    assert "No duty of the posts held today" in told.reason.message
    assert [one.post.id for one in told.posts] == [decider.capacity_id]
    assert (told.number_of_posts, [one.id for one in told.duties]) == (1, ["decide", "tend"])


def test_a_post_that_is_held_later_or_no_longer_is_said_with_its_day(town: Any, asker: Any) -> None:
    account, tomorrow = town.account(), today() + timedelta(days=1)
    coming = assign_post(US, account.id, town.post("north", "decide"), tomorrow)
    told = explain_permission(asker, account.id, "trial.decide")
    assert (told.held[0].standing, told.reason.params["day"]) == (Standing.LATER, tomorrow.isoformat())
    end_assignment(US, coming, tomorrow)
    former = town.officer("north", "decide")
    [held] = posts_of(former.account_id)
    ended = explained(asker, former, "trial.decide").held[0].assignment.id
    end_assignment(US, ended, today())
    told = explained(asker, former, "trial.decide")
    assert (told.held[0].standing, told.reason.params["day"]) == (Standing.OVER, today().isoformat())
    assert held.title in str(told.reason.params["post"])


def test_administration_names_the_administrators_to_whom_it_is_reserved(town: Any, asker: Any) -> None:
    told = explained(asker, town.officer("north", "decide"), "assignment.assign")
    assert "Only the administrators named below" in told.reason.message
    assert [str(one) for one in told.reserved or ()] == ["security"]


def test_who_holds_nothing_is_told_that_rights_come_from_posts(town: Any, asker: Any) -> None:
    told = explain_permission(asker, town.account().id, "trial.decide")
    assert "rights come from posts alone" in told.reason.message
    assert told.held == ()


def test_one_asks_about_himself_and_only_who_lists_officers_about_others(town: Any, asker: Any) -> None:
    officer, other = town.officer("north", "decide"), town.officer("south", "pay")
    assert explained(officer, officer, "trial.decide").reason.allowed
    with pytest.raises(NotAllowed):
        whose_rights(officer, other.account_id)
    assert whose_rights(asker, other.account_id) == system_account(other.account_id)


def test_what_is_not_there_is_refused(town: Any, asker: Any) -> None:
    officer = town.officer("north", "decide")
    with pytest.raises(Invalid):
        explained(asker, officer, "trial.fly")
    with pytest.raises(NotFound):
        explained(asker, officer, "trial.decide", uuid7())
    with pytest.raises(NotFound):
        explain_permission(asker, uuid7(), "trial.decide")
