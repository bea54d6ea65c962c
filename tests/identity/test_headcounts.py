"""Establishment and headcount: how many places a unit has, who fills them, and that nobody is seated beyond them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity.models import Assignment
from yiwang.identity.queries import headcounts
from yiwang.identity.services import (
    HeadcountFull,
    assign_post,
    end_assignment,
    place_assignment,
    set_headcount,
)
from yiwang.identity.values import AssignmentKind, Establishment, Terms
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

US = system("tests")
DAY = timedelta(days=1)
DOCUMENT = "琼编〔2026〕1号"
ADMINISTRATIVE = Terms(establishment=Establishment.ADMINISTRATIVE)


def test_the_system_administrator_sets_it_by_a_document_and_nobody_else(town: Any) -> None:
    north = town.units["north"]
    set_headcount(town.officer("gov", "system"), north, Establishment.ADMINISTRATIVE, 3, DOCUMENT)
    [row] = headcounts(US, north).rows
    assert (row.places, row.filled, row.document, row.set_on) == (3, 0, DOCUMENT, today())
    set_headcount(US, north, Establishment.ADMINISTRATIVE, 2, DOCUMENT)
    told = Event.objects.filter(type="unit.headcount-set.v1").order_by("id").values_list("data", flat=True)
    assert [(one["places"], one["was"]) for one in told] == [(3, None), (2, 3)]
    assert Entry.objects.filter(action="unit.set-headcount", details__document=DOCUMENT).count() == 2
    for nobody in ("security", "audit", "decide"):
        with pytest.raises(NotAllowed):
            set_headcount(town.officer("gov", nobody), north, Establishment.CONTRACT, 1, DOCUMENT)
    with pytest.raises(Invalid) as wrong:
        set_headcount(US, north, Establishment.CONTRACT, -1, " ")
    assert {one.pointer for one in wrong.value.faults} == {"document", "places"}
    with pytest.raises(NotFound):
        set_headcount(US, town.person(), Establishment.CONTRACT, 1, DOCUMENT)


def test_a_regular_assignment_beyond_it_is_refused_with_the_figures(town: Any) -> None:
    north = town.units["north"]
    set_headcount(US, north, Establishment.ADMINISTRATIVE, 1, DOCUMENT)
    post = town.post("north")
    first = assign_post(US, town.account().id, post, today(), today() + 5 * DAY, ADMINISTRATIVE)
    late = town.account()
    with pytest.raises(HeadcountFull) as full:
        assign_post(US, late.id, post, today() + 4 * DAY, None, ADMINISTRATIVE)
    [fault] = full.value.faults
    assert {name: fault.params[name] for name in ("places", "filled")} == {"places": 1, "filled": 1}
    assert full.value.params["unit"] == "单位north"
    assign_post(US, late.id, post, today() + 5 * DAY, None, ADMINISTRATIVE)
    with pytest.raises(HeadcountFull):
        assign_post(US, town.account().id, post, today() + 9 * DAY, None, ADMINISTRATIVE)
    end_assignment(US, first)
    assign_post(US, town.account().id, post, today(), today() + 5 * DAY, ADMINISTRATIVE)


def test_only_regular_holders_count_and_each_once_in_a_unit(town: Any) -> None:
    north = town.units["north"]
    set_headcount(US, north, Establishment.ADMINISTRATIVE, 1, DOCUMENT)
    account = town.account()
    one = assign_post(US, account.id, town.post("north"), today(), None, ADMINISTRATIVE)
    assign_post(US, account.id, town.post("north"), today(), None, ADMINISTRATIVE)
    acting = Terms(AssignmentKind.ACTING, DOCUMENT)
    assign_post(US, town.account().id, town.post("north"), today(), None, acting)
    lent = Terms(AssignmentKind.SECONDMENT, DOCUMENT, from_unit=town.units["south"])
    assign_post(US, town.account().id, town.post("north"), today(), None, lent)
    post = Assignment.objects.get(id=one).post_id
    assign_post(US, town.account().id, post, today(), today() + DAY, Terms(AssignmentKind.DEPUTY, instead_of=one))
    found = headcounts(US, north)
    assert [(row.kind, row.places, row.filled) for row in found.rows] == [(Establishment.ADMINISTRATIVE, 1, 1)]
    assert found.uncounted == 0
    assert [who.account.id for who in found.rows[0].by] == [account.id]


def test_who_is_lent_away_still_fills_his_place(town: Any) -> None:
    north = town.units["north"]
    set_headcount(US, north, Establishment.INSTITUTION, 1, DOCUMENT)
    account = town.account()
    terms = Terms(establishment=Establishment.INSTITUTION)
    home = assign_post(US, account.id, town.post("north"), today(), None, terms)
    lent = Terms(AssignmentKind.SECONDMENT, DOCUMENT, home=home, home_rests=True)
    assign_post(US, account.id, town.post("south"), today(), None, lent)
    assert headcounts(US, north).rows[0].filled == 1
    with pytest.raises(HeadcountFull):
        assign_post(US, town.account().id, town.post("north"), today(), None, terms)


def test_kinds_without_a_number_are_unlimited_and_a_limited_unit_wants_to_know_the_kind(town: Any) -> None:
    north = town.units["north"]
    assign_post(US, town.account().id, town.post("north"), today())
    assert headcounts(US, north).rows == ()
    assert headcounts(US, north).uncounted == 1
    set_headcount(US, north, Establishment.ADMINISTRATIVE, 0, DOCUMENT)
    with pytest.raises(Invalid) as unsaid:
        assign_post(US, town.account().id, town.post("north"), today())
    assert [(one.pointer, one.code) for one in unsaid.value.faults] == [("establishment", "required")]
    for _ in range(3):
        terms = Terms(establishment=Establishment.CONTRACT)
        assign_post(US, town.account().id, town.post("north"), today(), None, terms)
    rows = {row.kind: (row.places, row.filled) for row in headcounts(US, north).rows}
    assert rows == {Establishment.ADMINISTRATIVE: (0, 0), Establishment.CONTRACT: (None, 3)}
    set_headcount(US, north, Establishment.ADMINISTRATIVE, None, DOCUMENT)
    assign_post(US, town.account().id, town.post("north"), today())


def test_fewer_places_than_are_filled_take_nobody_s_post_and_let_nobody_in(town: Any) -> None:
    north = town.units["north"]
    for _ in range(2):
        assign_post(US, town.account().id, town.post("north"), today(), None, ADMINISTRATIVE)
    set_headcount(US, north, Establishment.ADMINISTRATIVE, 1, DOCUMENT)
    assert (headcounts(US, north).rows[0].places, headcounts(US, north).rows[0].filled) == (1, 2)
    with pytest.raises(HeadcountFull):
        assign_post(US, town.account().id, town.post("north"), today(), None, ADMINISTRATIVE)


def test_the_security_administrator_says_which_place_somebody_fills(town: Any) -> None:
    north, security = town.units["north"], town.officer("gov", "security")
    one, other = (assign_post(US, town.account().id, town.post("north"), today()) for _ in range(2))
    set_headcount(US, north, Establishment.ADMINISTRATIVE, 1, DOCUMENT)
    place_assignment(security, one, Establishment.ADMINISTRATIVE)
    place_assignment(security, one, Establishment.ADMINISTRATIVE)
    with pytest.raises(HeadcountFull):
        place_assignment(security, other, Establishment.ADMINISTRATIVE)
    with pytest.raises(Invalid):
        place_assignment(security, one, None)
    place_assignment(security, other, Establishment.CONTRACT)
    assert headcounts(US, north).uncounted == 0
    told = Event.objects.filter(type="assignment.placed.v1").order_by("id").values_list("data", flat=True)
    assert [one["establishment"] for one in told] == ["administrative", "administrative", "contract"]
    end_assignment(US, one)
    with pytest.raises(Invalid):
        place_assignment(security, one, Establishment.CONTRACT)
    with pytest.raises(NotAllowed):
        place_assignment(town.officer("gov", "system"), other, Establishment.CONTRACT)


def test_who_fills_them_is_for_administrators_alone(town: Any) -> None:
    assign_post(US, town.account().id, town.post("north"), today(), None, ADMINISTRATIVE)
    north = town.units["north"]
    for duty, seen in (("security", 1), ("system", 1), ("audit", 0), ("decide", 0)):
        [row] = headcounts(town.officer("gov", duty), north).rows
        assert (row.filled, len(row.by)) == (1, seen)
    with pytest.raises(NotAllowed):
        headcounts(town.resident(), north)


def test_the_last_place_is_given_once_whoever_asks_first(own_town: Any) -> None:
    set_headcount(US, own_town.units["gov"], Establishment.ADMINISTRATIVE, 1, DOCUMENT)
    posts, accounts = [own_town.post("gov") for _ in range(4)], [own_town.account() for _ in range(4)]
    refused: list[str] = []

    def ask(number: int) -> None:
        try:
            assign_post(US, accounts[number].id, posts[number], today(), None, ADMINISTRATIVE)
        except HeadcountFull as fault:
            refused.append(fault.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert refused == ["headcount-full"] * 3
    assert headcounts(US, own_town.units["gov"]).rows[0].filled == 1
