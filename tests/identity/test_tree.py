from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.acts.values import VISITOR, system
from yiwang.identity.models import Unit, UnitPath
from yiwang.identity.queries import list_posts, list_units, unit_tree
from yiwang.identity.rules.tree import TreeHasCycle, closure
from yiwang.identity.services import (
    CodeTaken,
    UnitBelowItself,
    move_unit,
    open_post,
    open_unit,
    system_load_posts,
    system_load_units,
)
from yiwang.identity.values import NewPost, NewUnit
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound, NotSignedIn

CREDIT_CODE = "11460199990000017H"
US = system("tests")


def stored_closure() -> dict[tuple[Any, Any], int]:
    return {(path.ancestor_id, path.descendant_id): path.depth for path in UnitPath.objects.all()}


def computed_closure() -> dict[tuple[Any, Any], int]:
    return closure(dict(Unit.objects.values_list("id", "parent_id")))


@given(st.lists(st.integers(0, 30), max_size=30))
def test_the_closure_of_any_tree_has_each_node_below_exactly_its_ancestors(choices: list[int]) -> None:
    parents: dict[int, int | None] = {0: None}
    for node, choice in enumerate(choices, start=1):
        parents[node] = choice % node
    pairs = closure(parents)
    for (ancestor, descendant), depth in pairs.items():
        above: int | None = descendant
        for _ in range(depth):
            assert above is not None
            above = parents[above]
        assert above == ancestor
    for node, parent in parents.items():
        assert pairs[node, node] == 0
        own = {ancestor for ancestor, descendant in pairs if descendant == node}
        assert own == {node} | ({a for a, d in pairs if d == parent} if parent is not None else set())


def test_a_circle_is_refused() -> None:
    with pytest.raises(TreeHasCycle):
        closure({1: 2, 2: 3, 3: 1, 4: None})


@pytest.mark.parametrize("seed", range(6))
def test_opening_and_moving_units_keeps_the_closure_that_the_parents_have(bare_town: Any, seed: int) -> None:
    import random

    draw = random.Random(seed)
    town = bare_town
    for step in range(30):
        codes = list(town.units)
        if len(codes) < 4 or draw.random() < 0.4:
            town.unit(f"u{step}", draw.choice(["", *codes]) if codes else "")
            continue
        moved, parent = draw.choice(codes), draw.choice([None, *codes])
        before = stored_closure()
        try:
            move_unit(US, town.units[moved], None if parent is None else town.units[parent])
        except UnitBelowItself:
            assert parent is not None
            assert (town.units[moved], town.units[parent]) in before
            assert stored_closure() == before
        assert stored_closure() == computed_closure()


def test_loading_a_list_of_units_adds_changes_and_keeps_the_rest(town: Any) -> None:
    def given(code: str, parent: str, title: str = "新") -> NewUnit:
        return NewUnit(code, title, "", CREDIT_CODE, "district", "460105", parent)

    units = [given("east-a", "east"), given("east", "gov"), given("south", "north", "改名")]
    assert system_load_units(US, units) == 2
    assert stored_closure() == computed_closure()
    south = next(one for one in list_units(US) if one.code == "south")
    assert (south.id, south.title, south.parent_id) == (town.units["south"], "改名", town.units["north"])
    before = stored_closure()
    assert system_load_units(US, units) == 0
    assert stored_closure() == before


def test_every_bad_field_of_a_list_of_units_is_named_and_nothing_is_written(town: Any) -> None:
    bad = [
        NewUnit("x", "", "", "11460199990000017X", "planet", "46010", "nowhere"),
        NewUnit("y", "好", "", CREDIT_CODE, "city", "460100", ""),
    ]
    with pytest.raises(Invalid) as refused:
        system_load_units(US, bad)
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("0/title", "required"),
        ("0/credit_code", "credit-code-check"),
        ("0/division_code", "division-shape"),
        ("0/level", "unknown-level"),
        ("0/parent", "unknown-unit"),
    ]
    assert len(list_units(US)) == 4


def test_a_list_that_makes_a_circle_is_refused(town: Any) -> None:
    with pytest.raises(UnitBelowItself):
        system_load_units(US, [NewUnit("gov", "市", "", CREDIT_CODE, "city", "460100", "north-a")])


def test_a_code_is_given_once(town: Any) -> None:
    with pytest.raises(CodeTaken):
        town.unit("north")
    open_post(US, NewPost("p", "north", "岗", frozenset()))
    with pytest.raises(CodeTaken):
        open_post(US, NewPost("p", "north", "岗", frozenset()))


def test_a_post_with_unknown_or_excluding_duties_is_refused(town: Any) -> None:
    with pytest.raises(Invalid) as refused:
        open_post(US, NewPost("p", "nowhere", "岗", frozenset({"pay", "order", "ghost"})))
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("unit", "unknown-unit"),
        ("duties", "unknown-duty"),
        ("duties", "duties-exclude"),
    ]


def test_loading_posts_again_changes_their_duties_and_makes_none_twice(town: Any) -> None:
    system_load_posts(US, [NewPost("p", "north", "岗", frozenset({"pay"}))])
    [post] = list_posts(US, town.units["north"])
    system_load_posts(US, [NewPost("p", "south", "新岗", frozenset({"decide", "tend"}))])
    assert list_posts(US, town.units["north"]) == []
    [moved] = list_posts(US, town.units["south"])
    assert (moved.id, moved.title, moved.duties) == (post.id, "新岗", frozenset({"decide", "tend"}))


def test_the_tree_is_read_from_above_with_siblings_by_code(town: Any) -> None:
    officer = town.officer("south", "decide")
    assert [(node.unit.code, node.depth) for node in unit_tree(officer)] == [
        ("gov", 0),
        ("north", 1),
        ("north-a", 2),
        ("south", 1),
    ]
    assert [(node.unit.code, node.depth) for node in unit_tree(officer, town.units["north"])] == [
        ("north", 0),
        ("north-a", 1),
    ]


def test_the_organisation_is_read_in_a_post_and_not_otherwise(town: Any) -> None:
    with pytest.raises(NotAllowed):
        list_units(town.resident())
    with pytest.raises(NotSignedIn):
        unit_tree(VISITOR)
    with pytest.raises(NotFound):
        unit_tree(town.officer("south"), town.officer("south").capacity_id)


def test_a_unit_that_is_not_there_cannot_be_moved(town: Any) -> None:
    with pytest.raises(NotFound):
        move_unit(US, town.person(), None)
    with pytest.raises(NotFound):
        move_unit(US, town.units["north"], town.person())


def test_only_the_system_administrator_opens_units(town: Any) -> None:
    new = NewUnit("east", "东", "", CREDIT_CODE, "city", "460100", "gov")
    for unit_duties in ((), ("decide", "oversee"), ("security",), ("audit",)):
        with pytest.raises(NotAllowed):
            open_unit(town.officer("gov", *unit_duties), new)
    open_unit(town.officer("gov", "system"), new)
