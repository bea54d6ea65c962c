"""Careers: acting, seconded, as a deputy, and why it ended; who acts for whom, and what rests meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from yiwang.acts.registry import permissions
from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity.models import Assignment
from yiwang.identity.queries import (
    actor_for_post,
    explain_permission,
    held_posts,
    officer,
    persons_behind,
    post_page,
    posts_of,
    stands_in_for,
    system_accounts_in_posts,
)
from yiwang.identity.services import (
    AlreadyAssigned,
    AlreadySeconded,
    AssignmentEnded,
    DeputyTaken,
    DutiesExclude,
    LastAdministrator,
    assign_post,
    close_account,
    end_assignment,
)
from yiwang.identity.values import AssignmentKind, EndReason, Standing, Terms
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

US = system("tests")
DAY = timedelta(days=1)
DOCUMENT = "琼秀人〔2026〕3号"
ACTING = Terms(AssignmentKind.ACTING, DOCUMENT)


def deputy(of: UUID, document: str = "") -> Terms:
    return Terms(AssignmentKind.DEPUTY, document, instead_of=of)


def seconded(home: UUID, *, rests: bool = True) -> Terms:
    return Terms(AssignmentKind.SECONDMENT, DOCUMENT, home=home, home_rests=rests)


def seat_of(actor: Any) -> UUID:
    id: UUID = Assignment.objects.get(account_id=actor.account_id, post_id=actor.capacity_id).id
    return id


@pytest.fixture
def holder(town: Any) -> Any:
    """Somebody who decides in the north."""
    return town.officer("north", "decide")


def test_acting_gives_the_rights_of_the_post_and_stands_with_its_document(town: Any) -> None:
    security, account, post = town.officer("gov", "security"), town.account(), town.post("north", "decide")
    made = assign_post(security, account.id, post, today(), terms=ACTING)
    assert permissions.allows(actor_for_post(account, post), "trial.decide").allowed
    [held] = post_page(security, post).holders
    assert (held.kind, held.document, held.instead_of, held.came_from) == (AssignmentKind.ACTING, DOCUMENT, None, "")
    told = Event.objects.get(type="assignment.made.v1", subject=str(made)).data
    assert (told["kind"], told["instead_of"], told["home"]) == ("acting", None, None)
    entry = Entry.objects.get(action="assignment.assign", object_id=str(made))
    assert (entry.details["kind"], entry.details["document"]) == ("acting", DOCUMENT)


def test_a_deputy_has_the_rights_for_his_days_and_every_act_says_for_whom(town: Any, holder: Any) -> None:
    account = town.account()
    assign_post(US, account.id, holder.capacity_id, today(), today() + 3 * DAY, deputy(seat_of(holder)))
    actor = actor_for_post(account, holder.capacity_id)
    assert permissions.allows(actor, "trial.decide").allowed
    assert permissions.allows(holder, "trial.decide").allowed
    assert actor.instead_of == holder.account_id
    assert persons_behind(actor) == {account.id, holder.account_id}
    assert persons_behind(holder) == {holder.account_id}
    found = stands_in_for(actor)
    assert found is not None
    assert found.subject_id == holder.subject_id
    assert [len(posts_of(account.id, today() + days * DAY)) for days in range(5)] == [1, 1, 1, 0, 0]
    with pytest.raises(NotAllowed):
        actor_for_post(account, holder.capacity_id, today() + 3 * DAY)


def test_the_audit_entry_of_a_deputy_says_for_whom(town: Any) -> None:
    security = town.officer("gov", "security")
    account, somebody, post = town.account(), town.account(), town.post("north")
    assign_post(US, account.id, security.capacity_id, today(), today() + DAY, deputy(seat_of(security)))
    made = assign_post(actor_for_post(account, security.capacity_id), somebody.id, post, today())
    entry = Entry.objects.get(action="assignment.assign", object_id=str(made))
    assert (entry.account_id, entry.details["instead_of"]) == (account.id, str(security.account_id))


def test_nobody_assigns_himself_by_a_deputy(town: Any) -> None:
    security = town.officer("gov", "security")
    account, post = town.account(), town.post("north")
    assign_post(US, account.id, security.capacity_id, today(), today() + DAY, deputy(seat_of(security)))
    actor = actor_for_post(account, security.capacity_id)
    for whom in (security.account_id, account.id):
        with pytest.raises(NotAllowed, match="himself"):
            assign_post(actor, whom, post, today())


def test_a_deputy_leaves_with_the_one_for_whom_he_sits_there(town: Any, holder: Any) -> None:
    now, later, never = town.account(), town.account(), town.account()
    end = today() + 5 * DAY
    first = assign_post(US, now.id, holder.capacity_id, today(), end, deputy(seat_of(holder)))
    second = assign_post(US, later.id, holder.capacity_id, end, end + DAY, deputy(seat_of(holder)))
    third = assign_post(US, never.id, holder.capacity_id, end + DAY, end + 2 * DAY, deputy(seat_of(holder)))
    end_assignment(US, seat_of(holder), today() + 2 * DAY, EndReason.REMOVED, "琼秀人〔2026〕9号")
    rows = {one.id: one for one in Assignment.objects.filter(id__in=[first, second, third])}
    assert rows[first].valid_to == today() + 2 * DAY
    assert {(rows[id].valid_to, rows[id].end_reason) for id in (second, third)} == {(end, "over"), (end + DAY, "over")}
    assert posts_of(later.id, end) == posts_of(never.id, end + DAY) == []
    told = Event.objects.filter(type="assignment.ended.v1").values_list("subject", "data__reason")
    assert set(told) == {(str(seat_of(holder)), "removed")} | {(str(id), "over") for id in (first, second, third)}


def test_a_deputy_whose_days_are_over_before_stays_as_he_is(town: Any, holder: Any) -> None:
    account = town.account()
    made = assign_post(US, account.id, holder.capacity_id, today(), today() + DAY, deputy(seat_of(holder)))
    end_assignment(US, seat_of(holder), today() + 4 * DAY)
    row = Assignment.objects.get(id=made)
    assert (row.valid_to, row.end_reason) == (today() + DAY, "")


def test_an_account_that_closes_takes_its_deputies_along(town: Any, holder: Any, republish: Any) -> None:
    account = town.account()
    made = assign_post(US, account.id, holder.capacity_id, today(), today() + 9 * DAY, deputy(seat_of(holder)))
    close_account(US, holder.account_id)
    assert Assignment.objects.get(id=made).end_reason == "over"
    assert Assignment.objects.get(account_id=holder.account_id).end_reason == "account-closed"
    assert posts_of(account.id) == []


def test_one_deputy_at_a_time_and_no_two_secondments(town: Any, holder: Any) -> None:
    one, other = town.account(), town.account()
    until = today() + 4 * DAY
    assign_post(US, one.id, holder.capacity_id, today(), until, deputy(seat_of(holder)))
    with pytest.raises(DeputyTaken):
        assign_post(US, other.id, holder.capacity_id, until - DAY, until + DAY, deputy(seat_of(holder)))
    assign_post(US, other.id, holder.capacity_id, until, until + DAY, deputy(seat_of(holder)))
    away, further = town.post("south", "decide"), town.post("gov", "decide")
    assign_post(US, holder.account_id, away, today(), until, seconded(seat_of(holder)))
    with pytest.raises(AlreadySeconded):
        assign_post(US, holder.account_id, further, until - DAY, None, seconded(seat_of(holder)))
    assign_post(US, holder.account_id, further, until, None, seconded(seat_of(holder)))


def test_everything_that_stands_against_a_seat_is_told_at_once(town: Any) -> None:
    account, post = town.account(), town.post("north", "pay")
    assign_post(US, account.id, post, today())
    holder = town.officer("south", "order")
    assign_post(US, town.account().id, holder.capacity_id, today(), today() + DAY, deputy(seat_of(holder)))
    with pytest.raises(Conflict) as refused:
        assign_post(US, account.id, holder.capacity_id, today(), today() + DAY, deputy(seat_of(holder)))
    assert [type(refused.value), *(one.code for one in refused.value.faults)] == [
        DeputyTaken, "overlaps", "duties-exclude",
    ]  # fmt: skip
    with pytest.raises(AlreadyAssigned) as twice:
        assign_post(US, account.id, post, today() + DAY)
    assert len(twice.value.faults) == 1
    with pytest.raises(DutiesExclude):
        assign_post(US, account.id, holder.capacity_id, today() + DAY, terms=ACTING)
    with pytest.raises(Invalid) as invalid:
        assign_post(US, account.id, post, today() - DAY, today() - 2 * DAY, Terms(AssignmentKind.SECONDMENT))
    assert {one.pointer for one in invalid.value.faults} == {"valid_from", "valid_to", "document", "home"}


def test_the_home_seat_rests_during_a_secondment_as_the_act_says(town: Any, holder: Any) -> None:
    away = town.post("south", "oversee")
    account = officer(US, holder.account_id).account
    since, until = today() + DAY, today() + 3 * DAY
    made = assign_post(US, account.id, away, since, until, seconded(seat_of(holder)))
    days = [{one.id for one in posts_of(account.id, today() + number * DAY)} for number in range(4)]
    home = holder.capacity_id
    assert days == [{home}, {away}, {away}, {home}]
    assert [bool(held_posts("decide", [town.units["north"]]))] == [True]
    assert system_accounts_in_posts([home, away], since) == {away: [account.id]}
    with pytest.raises(NotAllowed):
        actor_for_post(account, home, since)
    end_assignment(US, made, since + DAY, EndReason.OVER)
    assert [one.id for one in posts_of(account.id, since + DAY)] == [home]


def test_the_home_seat_stays_where_the_act_says_so_and_the_page_says_what_rests(town: Any, holder: Any) -> None:
    security = town.officer("gov", "security")
    away = town.post("south", "oversee")
    account = officer(US, holder.account_id).account
    made = assign_post(US, account.id, away, today(), None, seconded(seat_of(holder), rests=False))
    assert {one.id for one in posts_of(account.id)} == {holder.capacity_id, away}
    end_assignment(US, made)
    assign_post(US, account.id, away, today(), today() + 2 * DAY, seconded(seat_of(holder)))
    home = next(one for one in officer(security, account.id).assignments if one.post.id == holder.capacity_id)
    assert (home.rests, home.rests_until) == (True, today() + 2 * DAY)
    lent = [one for one in officer(security, account.id).assignments if one.post.id == away and one.id != made]
    assert [one.came_from.split()[0] for one in lent] == ["单位north"]
    [resting] = post_page(security, holder.capacity_id).holders
    assert resting.rests
    assert post_page(security, holder.capacity_id).held_by == 0
    told = explain_permission(security, account.id, "trial.decide")
    assert not told.reason.allowed
    assert "secondment" in told.reason.message
    assert [one.assignment.post.id for one in told.held if one.standing is Standing.RESTS] == [holder.capacity_id]


def test_a_secondment_from_a_unit_where_he_holds_no_post(town: Any) -> None:
    account, post = town.account(), town.post("south", "decide")
    terms = Terms(AssignmentKind.SECONDMENT, DOCUMENT, from_unit=town.units["north"])
    assign_post(US, account.id, post, today(), terms=terms)
    [held] = officer(US, account.id).assignments
    assert (held.came_from, held.kind) == ("单位north", AssignmentKind.SECONDMENT)
    with pytest.raises(Invalid):
        assign_post(
            US, town.account().id, post, today(), terms=Terms(AssignmentKind.SECONDMENT, DOCUMENT, home=UUID(int=1))
        )


def test_the_last_administrator_cannot_be_lent_away(town: Any) -> None:
    security = town.officer("gov", "security")
    away = town.post("south")
    with pytest.raises(LastAdministrator):
        assign_post(US, security.account_id, away, today(), today() + DAY, seconded(seat_of(security)))
    assign_post(US, security.account_id, away, today(), today() + DAY, seconded(seat_of(security), rests=False))
    end_assignment(US, Assignment.objects.get(post_id=away).id)
    other = town.officer("gov", "security")
    assign_post(US, security.account_id, away, today() + 5 * DAY, None, seconded(seat_of(security)))
    with pytest.raises(LastAdministrator):
        end_assignment(US, seat_of(other))


def test_a_deputy_is_no_second_administrator(town: Any) -> None:
    security = town.officer("gov", "security")
    assign_post(US, town.account().id, security.capacity_id, today(), today() + 9 * DAY, deputy(seat_of(security)))
    with pytest.raises(LastAdministrator):
        end_assignment(US, seat_of(security))


def test_the_end_says_why_and_on_which_document(town: Any, holder: Any) -> None:
    security = town.officer("gov", "security")
    with pytest.raises(Invalid) as wrong:
        end_assignment(security, seat_of(holder), today() - DAY, EndReason.ACCOUNT_CLOSED, "x" * 101)
    assert {one.pointer for one in wrong.value.faults} == {"on", "reason", "document"}
    end_assignment(security, seat_of(holder), None, EndReason.RETIRED, DOCUMENT)
    row = Assignment.objects.get(id=seat_of(holder))
    assert (row.end_reason, row.end_document, row.valid_to) == ("retired", DOCUMENT, today())
    with pytest.raises(AssignmentEnded):
        end_assignment(security, row.id)
    Assignment.objects.filter(id=row.id).update(valid_from=today() - DAY)
    [former] = post_page(security, holder.capacity_id).former
    assert (former.end_reason, former.end_document) == (EndReason.RETIRED, DOCUMENT)


def test_one_sees_his_own_career_and_nobody_else_s(town: Any, holder: Any) -> None:
    other = town.officer("north", "decide")
    assert [one.post.id for one in officer(holder, holder.account_id).assignments] == [holder.capacity_id]
    with pytest.raises(NotAllowed):
        officer(other, holder.account_id)
