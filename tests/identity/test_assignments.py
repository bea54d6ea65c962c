from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from yiwang.acts.registry import permissions
from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity.queries import actor_for_post, posts_of, posts_with_duty, system_accounts_in_posts
from yiwang.identity.rules.seats import Period, excluded_pair, first_conflict
from yiwang.identity.services import (
    AlreadyAssigned,
    AssignmentEnded,
    DutiesExclude,
    LastAdministrator,
    assign_post,
    end_assignment,
)
from yiwang.identity.values import Administrator, DutyView
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

US = system("tests")
DAY = timedelta(days=1)

DATES = st.integers(0, 12).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
PERIODS = st.tuples(DATES, st.none() | st.integers(0, 8)).map(
    lambda pair: Period(pair[0], None if pair[1] is None else pair[0] + timedelta(days=pair[1]))
)
HORIZON = [date(2026, 1, 1) + timedelta(days=days) for days in range(30)]


@given(PERIODS, PERIODS)
def test_periods_overlap_exactly_when_they_have_a_day_in_common(one: Period, other: Period) -> None:
    common = any(one.holds(day) and other.holds(day) for day in HORIZON)
    assert one.overlaps(other) == other.overlaps(one) == common


def known(**administrators: str) -> dict[str, DutyView]:
    return {
        id: DutyView(id, id, (), frozenset(), Administrator(name) if name else None)
        for id, name in administrators.items()
    }


def test_two_administrators_exclude_each_other_even_when_no_pack_says_so() -> None:
    duties = known(a="system", b="security", c="audit", d="", e="system")
    for one in "abc":
        for other in "abc":
            assert (excluded_pair([one], [other], duties.get) is not None) == (one != other)
    assert excluded_pair(["a"], ["d"], duties.get) is None
    assert excluded_pair(["a"], ["e"], duties.get) is None


def test_an_exclusion_counts_whichever_side_declares_it() -> None:
    duties = {
        "pay": DutyView("pay", "pay", (), frozenset(), None),
        "order": DutyView("order", "order", (), frozenset({"pay"}), None),
    }
    assert excluded_pair(["pay"], ["order"], duties.get) == ("pay", "order")
    assert excluded_pair(["order"], ["pay"], duties.get) == ("order", "pay")
    assert excluded_pair(["order"], ["order"], duties.get) is None
    january, may = Period(date(2026, 1, 1), date(2026, 5, 1)), Period(date(2026, 5, 1))
    assert first_conflict((january, {"pay"}), [(may, {"order"})], duties.get) is None
    assert first_conflict((january, {"pay"}), [(Period(date(2026, 4, 30)), {"order"})], duties.get) == ("pay", "order")


def test_an_assignment_gives_a_post_from_its_first_day_until_the_day_before_its_last(town: Any) -> None:
    account, post = town.account(), town.post("north", "decide")
    assign_post(US, account.id, post, today() + DAY, today() + 3 * DAY)
    assert [len(posts_of(account.id, today() + days * DAY)) for days in range(5)] == [0, 1, 1, 0, 0]
    with pytest.raises(NotAllowed):
        actor_for_post(account, post, today())
    assert actor_for_post(account, post, today() + DAY).capacity_id == post
    [held] = posts_of(account.id, today() + DAY)
    assert (held.unit_id, held.unit_title, held.duties) == (town.units["north"], "单位north", frozenset({"decide"}))
    assert system_accounts_in_posts([post], today() + DAY) == {post: [account.id]}
    assert system_accounts_in_posts([post]) == {}


def test_an_ended_assignment_loses_its_rights_at_once(town: Any) -> None:
    security = town.officer("gov", "security")
    account, post = town.account(), town.post("north", "decide")
    assignment = assign_post(security, account.id, post, today())
    actor = actor_for_post(account, post)
    assert permissions.allows(actor, "trial.decide").allowed
    end_assignment(security, assignment)
    assert not permissions.allows(actor, "trial.decide").allowed
    assert "no longer" in permissions.allows(actor, "trial.decide").reason
    assert posts_of(account.id) == []
    with pytest.raises(NotAllowed):
        actor_for_post(account, post)
    with pytest.raises(AssignmentEnded):
        end_assignment(security, assignment)


def test_an_assignment_may_be_ended_on_a_later_day_and_then_earlier_but_not_in_the_past(town: Any) -> None:
    account, post = town.account(), town.post("north")
    assignment = assign_post(US, account.id, post, today())
    end_assignment(US, assignment, today() + 9 * DAY)
    end_assignment(US, assignment, today() + 2 * DAY)
    assert posts_of(account.id, today() + DAY)
    assert not posts_of(account.id, today() + 2 * DAY)
    with pytest.raises(Invalid):
        end_assignment(US, assignment, today() - DAY)


def test_an_assignment_that_has_not_begun_can_be_called_off(town: Any) -> None:
    account, post = town.account(), town.post("north")
    assignment = assign_post(US, account.id, post, today() + 5 * DAY)
    end_assignment(US, assignment)
    assert posts_of(account.id, today() + 6 * DAY) == []
    assign_post(US, account.id, post, today() + 5 * DAY)


def test_nobody_holds_one_post_twice_at_the_same_time(town: Any) -> None:
    account, post = town.account(), town.post("north")
    assign_post(US, account.id, post, today() + 5 * DAY, today() + 9 * DAY)
    for since, until in ((4, 6), (5, 9), (8, 12), (3, None), (6, 7)):
        with pytest.raises(AlreadyAssigned):
            assign_post(US, account.id, post, today() + since * DAY, None if until is None else today() + until * DAY)
    assign_post(US, account.id, post, today(), today() + 5 * DAY)
    assign_post(US, account.id, post, today() + 9 * DAY)


def test_bad_dates_and_accounts_are_refused(town: Any) -> None:
    account, post = town.account(), town.post("north")
    with pytest.raises(Invalid):
        assign_post(US, account.id, post, today() - DAY)
    nobody = town.account(person=False)
    with pytest.raises(Invalid) as refused:
        assign_post(US, nobody.id, post, today(), today())
    assert {one.code for one in refused.value.faults} == {"not-after", "no-person"}
    with pytest.raises(NotFound):
        assign_post(US, post, post, today())
    with pytest.raises(NotFound):
        assign_post(US, account.id, account.id, today())


ADMINISTRATORS = ("system", "security", "audit")


@pytest.mark.parametrize("one", ADMINISTRATORS)
@pytest.mark.parametrize("other", ADMINISTRATORS)
def test_no_person_is_two_administrators_at_overlapping_times(town: Any, one: str, other: str) -> None:
    if one == other:
        return
    account = town.account()
    assign_post(US, account.id, town.post("gov", one), today() + 5 * DAY, today() + 9 * DAY)
    for since, until in ((0, None), (8, 20), (5, 6), (0, 6)):
        with pytest.raises(DutiesExclude):
            assign_post(
                US,
                account.id,
                town.post("south", other),
                today() + since * DAY,
                None if until is None else today() + until * DAY,
            )
    assign_post(US, account.id, town.post("south", other), today(), today() + 5 * DAY)
    assign_post(US, account.id, town.post("south", other), today() + 9 * DAY)


def test_declared_exclusions_hold_for_ordinary_duties_too(town: Any) -> None:
    account = town.account()
    assign_post(US, account.id, town.post("north", "pay"), today())
    with pytest.raises(DutiesExclude) as refused:
        assign_post(US, account.id, town.post("south", "order", "decide"), today())
    assert refused.value.params == {"one": "职责order", "other": "职责pay"}
    assign_post(US, account.id, town.post("south", "decide"), today())


def test_nobody_assigns_a_post_to_himself(town: Any) -> None:
    security = town.officer("gov", "security")
    with pytest.raises(NotAllowed) as refused:
        assign_post(security, security.account_id, town.post("north", "decide"), today())
    assert "himself" in refused.value.detail
    assert posts_of(security.account_id)[0].duties == frozenset({"security"})


def test_the_last_administrator_of_a_kind_cannot_be_taken_away(town: Any) -> None:
    post = town.post("gov", "security")
    one, other = town.account(), town.account()
    first = assign_post(US, one.id, post, today())
    with pytest.raises(LastAdministrator):
        end_assignment(US, first)
    assign_post(US, other.id, post, today())
    end_assignment(US, first)


def test_the_last_two_administrators_cannot_take_each_other_away_at_once(own_town: Any) -> None:
    post = own_town.post("gov", "security")
    seats = [assign_post(US, own_town.account().id, post, today()) for _ in range(2)]
    refused: list[str] = []
    second_has_begun = threading.Event()

    def end_second() -> None:
        try:
            second_has_begun.set()
            end_assignment(US, seats[1])
        except LastAdministrator as fault:
            refused.append(fault.code)
        finally:
            connections.close_all()

    second = threading.Thread(target=end_second)
    with transaction.atomic():
        end_assignment(US, seats[0])
        second.start()
        second_has_begun.wait(10)
        second.join(1)  # it waits for us, or it has looked already
    second.join(10)
    assert refused == ["last-administrator"]


def test_only_the_security_administrator_assigns_and_ends(town: Any) -> None:
    account, post = town.account(), town.post("north", "decide")
    security = town.officer("gov", "security")
    others = [
        town.resident(),
        town.officer("gov", "system"),
        town.officer("gov", "audit"),
        town.officer("north", "decide", "oversee"),
    ]
    for actor in others:
        with pytest.raises(NotAllowed):
            assign_post(actor, account.id, post, today())
    assignment = assign_post(security, account.id, post, today())
    for actor in others:
        with pytest.raises(NotAllowed):
            end_assignment(actor, assignment)
    end_assignment(security, assignment)


def test_assignments_leave_entries_and_events_with_ids_only(town: Any) -> None:
    security = town.officer("gov", "security")
    account, post = town.account(), town.post("north", "decide")
    assignment = assign_post(security, account.id, post, today())
    end_assignment(security, assignment)
    entries = Entry.objects.filter(object_id=str(assignment)).order_by("id")
    assert [(one.action, one.outcome, one.account_id) for one in entries] == [
        ("assignment.assign", "done", security.account_id),
        ("assignment.end", "done", security.account_id),
    ]
    made, ended = Event.objects.filter(subject=str(assignment)).order_by("id")
    assert made.data == {
        "account_id": str(account.id),
        "post_id": str(post),
        "valid_from": today().isoformat(),
        "valid_to": None,
        "kind": "regular",
        "instead_of": None,
        "home": None,
        "from_unit": None,
        "home_rests": False,
    }
    assert ended.type == "assignment.ended.v1"


def test_posts_with_a_duty_are_found_by_unit_held_or_not(town: Any) -> None:
    north, south = town.post("north", "decide"), town.post("south", "decide", "pay")
    town.post("north", "pay")
    assert posts_with_duty("decide", [town.units["north"]]) == [north]
    assert set(posts_with_duty("decide", town.units.values())) == {north, south}
    assert posts_with_duty("decide", []) == []
