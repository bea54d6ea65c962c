"""What may become of a discrepancy, whatever is tried in whatever order; and what makes two values mean the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from yiwang.catalog.registry import element_types
from yiwang.catalog.values import Address, FileValue
from yiwang.kernel.typed import FOLDED, folded
from yiwang.records.rules.discrepancies import FOLLOWS, OPEN, Doubt, WrongMove
from yiwang.records.values import DiscrepancyState as State

REPORTERS = st.sampled_from(["resource:a", "post:1", "subject:2"])
TRIES = st.lists(
    st.one_of(
        st.tuples(st.just("joined"), REPORTERS),
        st.tuples(st.just("left"), REPORTERS),
        st.tuples(st.just("moved"), st.sampled_from(list(State))),
    ),
    max_size=12,
)


def walk(tries: list[tuple[str, Any]]) -> list[Doubt]:
    """The states that a discrepancy goes through; what is refused changes nothing."""
    course = [Doubt.opened("subject:2")]
    for verb, what in tries:
        try:
            course.append(getattr(course[-1], verb)(what))
        except WrongMove:
            continue
    return course


@given(TRIES)
def test_it_moves_along_the_six_states_and_never_out_of_an_end(tries: list[tuple[str, Any]]) -> None:
    course = walk(tries)
    for before, after in zip(course, course[1:], strict=False):
        assert before.is_open
        assert after.state == before.state or after.state in FOLLOWS[before.state]


@given(TRIES)
def test_an_open_one_always_has_somebody_who_doubts(tries: list[tuple[str, Any]]) -> None:
    for one in walk(tries):
        assert one.is_open == (one.state in OPEN)
        assert bool(one.reporters) == (one.state is not State.WITHDRAWN)


@given(TRIES)
def test_nothing_is_confirmed_that_nobody_looked_into(tries: list[tuple[str, Any]]) -> None:
    states = [one.state for one in walk(tries)]
    assert State.CONFIRMED not in states or State.ACCEPTED in states


@given(st.sampled_from(list(State)), REPORTERS)
def test_withdrawal_comes_from_the_reporters_alone(state: State, reporter: str) -> None:
    with pytest.raises(WrongMove):
        Doubt(state, frozenset({reporter})).moved(State.WITHDRAWN)


def test_every_state_is_reached_and_four_of_six_are_ends() -> None:
    reached = {State.REPORTED} | {after for following in FOLLOWS.values() for after in following}
    assert reached == set(State) == set(FOLLOWS)
    assert {state for state, following in FOLLOWS.items() if not following} == set(State) - OPEN


# ── Sameness ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_spellings_of_the_same_are_the_same() -> None:
    text, address = element_types["text"], element_types["address"]
    assert text.comparable("海口市 ＡＢ－１ 号") == text.comparable("海口市ab-1号")
    assert text.comparable("林秀英") != text.comparable("林秀瑛")
    assert address.comparable(Address("460105002001", "海港路 8 号")) == address.comparable(
        Address("460105002001", "海港路８号")
    )
    assert address.comparable(Address("460105002001", "8 号")) != address.comparable(Address("460105002002", "8 号"))
    assert element_types["decimal"].comparable(Decimal("1.50")) == element_types["decimal"].comparable(Decimal("1.5"))
    assert element_types["date"].comparable(date(2026, 1, 1)) != element_types["date"].comparable(date(2026, 1, 2))
    one, other = (FileValue(UUID(int=1), "a" * 64, name, "application/pdf", 3) for name in ("a.pdf", "b.pdf"))
    assert element_types["file"].comparable(one) == element_types["file"].comparable(other)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30), min_size=1, max_size=20))
def test_the_database_folds_as_python_does(db_once: Any, texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT translate(one, %s, %s) FROM unnest(%s::text[]) WITH ORDINALITY AS t(one, n) ORDER BY n",
                       [*FOLDED, texts])  # fmt: skip
        assert [row[0] for row in cursor.fetchall()] == [folded(one) for one in texts]


@pytest.fixture(scope="module")
def db_once(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """The database for all examples of one test; nothing is written."""
    with django_db_blocker.unblock():
        yield
