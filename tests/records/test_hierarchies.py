"""In a hierarchy nobody ever stands above himself: not over several links, not over several relations, not by two who write at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from support.families import FAMILIES, MOTHER, relation

from yiwang.acts.values import system
from yiwang.kernel.errors import Invalid
from yiwang.packs.values import RefusedCity
from yiwang.records.queries import related
from yiwang.records.services import (
    RelationCircle,
    correct_relation,
    retract_relation,
    system_ingest_relations,
    write_relation,
)
from yiwang.records.values import RelationRow

TESTS = system("tests")
BORN = date(2026, 1, 10)
TREE = FAMILIES | {
    "relations/mother.yaml": MOTHER + "hierarchy: descent\n",
    "relations/father.yaml": relation(
        "father", "父亲", "kind: person, title: 子女", "kind: person, title: 父亲, at_most: 1", hierarchy="descent"
    ),
    "relations/part.yaml": relation(
        "part", "部分", "kind: person, title: 部分", "kind: person, title: 整体", hierarchy="parts"
    ),
}
KIND = {"mother": "descent", "father": "descent", "part": "parts"}


@pytest.fixture
def tree(town: Any) -> Any:
    town.apply(TREE)
    return town


def relate(kind: str, low: UUID, high: UUID, *, valid_from: date = BORN, **more: Any) -> UUID:
    return write_relation(TESTS, kind, low, high, valid_from=valid_from, door="case", **more)


def above(town: Any, whose: UUID, kind: str) -> list[UUID | None]:
    found = related(town.himself(whose), whose, purpose="own-data", relations=[kind])
    return [one.other_id for one in found]


def test_nobody_is_his_own_ancestor_over_several_links(tree: Any) -> None:
    people = [tree.person() for _ in range(4)]
    for low, high in zip(people, people[1:], strict=False):
        relate("mother", low, high)
    for high in people[:3]:
        with pytest.raises(RelationCircle) as refusal:
            relate("mother", people[3], high)
        assert (refusal.value.status, refusal.value.code) == (409, "relation-circle")
    assert above(tree, people[3], "mother") == [people[2]]
    relate("mother", people[3], tree.person())


def test_nobody_is_related_to_himself_in_a_hierarchy_either(tree: Any) -> None:
    person = tree.person()
    with pytest.raises(Invalid) as refusal:
        relate("part", person, person)
    assert [one.code for one in refusal.value.faults] == ["same-subject"]


def test_mothers_and_fathers_are_one_hierarchy_and_parts_another(tree: Any) -> None:
    one, two = tree.person(), tree.person()
    relate("mother", one, two)
    with pytest.raises(RelationCircle):
        relate("father", two, one)
    relate("part", two, one)


def test_what_held_at_other_times_makes_no_circle(tree: Any) -> None:
    one, two = tree.person(), tree.person()
    relate("part", one, two, valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    word = relate("part", two, one, valid_from=date(2021, 1, 1))
    with pytest.raises(RelationCircle):
        correct_relation(TESTS, word, valid_from=date(2020, 12, 31), valid_to=None, reason="早一天")
    with pytest.raises(RelationCircle):
        relate("part", one, two, valid_from=date(2026, 1, 1))


def test_what_is_retracted_holds_nobody_back(tree: Any) -> None:
    one, two = tree.person(), tree.person()
    word = relate("mother", one, two)
    retract_relation(TESTS, word, reason="写反了")
    relate("mother", two, one)
    assert above(tree, two, "mother") == [one]


def test_a_link_that_was_the_wrong_way_round_may_be_turned(tree: Any) -> None:
    child, mother = tree.person(), tree.person()
    word = relate("mother", mother, child)
    correct_relation(TESTS, word, valid_from=BORN, valid_to=None, swapped=True, reason="写反了")
    [up] = related(tree.himself(child), child, purpose="own-data", relations=["mother"])
    assert (up.title, up.other_id) in (("母亲", mother), ("Mother", mother))


def test_a_batch_that_closes_a_circle_is_refused_whole_with_the_rows_that_close_it(tree: Any) -> None:
    one, two, three, four = (tree.person() for _ in range(4))
    relate("part", one, two)
    rows = [RelationRow(four, one, BORN), RelationRow(two, three, BORN), RelationRow(three, one, BORN)]
    with pytest.raises(Invalid) as refusal:
        system_ingest_relations(TESTS, "part", rows, door="feed")
    assert [(one.pointer, one.code) for one in refusal.value.faults] == [
        ("1", "relation-circle"), ("2", "relation-circle"),
    ]  # fmt: skip
    assert above(tree, four, "part") == []


def test_the_database_itself_refuses_a_circle(tree: Any) -> None:
    one, two = tree.person(), tree.person()
    relate("mother", one, two)
    copy = (
        "INSERT INTO records_relation (id, relation, from_id, to_id, valid_from, registered_at, arrived_at, retracted, door,"
        " evidence, release, origin) VALUES (gen_random_uuid(), 'father', %s, %s, %s, now(), now(), false, 'case', '{}', 1, 'live')"
    )
    with pytest.raises(Exception) as refusal, transaction.atomic(), connection.cursor() as cursor:  # noqa: PT011
        cursor.execute(copy, [two, one, BORN])
    assert isinstance(refusal.value.__cause__, psycopg.errors.CheckViolation)


DAYS = [BORN + timedelta(days=day) for day in range(5)]
Said = dict[tuple[str, int, int, int], int | None]
LINKS = st.lists(
    st.tuples(
        st.sampled_from(["mother", "father", "part"]), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3),
        st.one_of(st.none(), st.integers(1, 4)), st.booleans(),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


def links_on(said: Said, day: int, hierarchy: str) -> Iterator[tuple[int, int]]:
    for (kind, low, high, since), until in said.items():
        if KIND[kind] == hierarchy and since <= day and (until is None or day < until):
            yield low, high


def goes_round(links: list[tuple[int, int]]) -> bool:
    """Take away whoever has nobody above him until nothing is left, or a circle is: the meaning in plain Python."""
    while links:
        left = [(low, high) for low, high in links if any(high == below for below, _ in links)]
        if len(left) == len(links):
            return True
        links = left
    return False


def is_possible(said: Said) -> bool:
    """Without the other rules: one mother and one father at a time, and no two related twice."""
    for day, kind in product(range(6), KIND):
        pairs = [
            (low, high)
            for (name, low, high, since), until in said.items()
            if name == kind and since <= day and (until is None or day < until)
        ]
        counted: list[Any] = pairs if kind == "part" else [low for low, _ in pairs]
        if len(set(counted)) < len(counted):
            return False
    return True


def test_on_no_day_does_anybody_stand_above_himself_whatever_is_said(tree: Any) -> None:
    people = [tree.person() for _ in range(4)]

    @settings(max_examples=80, deadline=None)
    @given(LINKS)
    def check(links: list[tuple[str, int, int, int, int | None, bool]]) -> None:
        said: Said = {}
        with transaction.atomic():
            for kind, low, high, since, until, retracted in links:
                if low == high or (until is not None and until <= since):
                    continue
                key = (kind, low, high, since)
                then = {one: stands for one, stands in said.items() if one != key}
                then |= {} if retracted else {key: until}
                if not is_possible(then):
                    continue
                ends = None if until is None else DAYS[until]
                row = RelationRow(people[low], people[high], DAYS[since], ends, retracted=retracted)
                if any(
                    goes_round(list(links_on(then, day, name))) for day in range(6) for name in ("descent", "parts")
                ):
                    with pytest.raises(Invalid) as refusal:
                        system_ingest_relations(TESTS, kind, [row], door="feed")
                    assert {one.code for one in refusal.value.faults} == {"relation-circle"}
                else:
                    system_ingest_relations(TESTS, kind, [row], door="feed")
                    said = then
            transaction.set_rollback(True)

    check()


def test_of_two_who_close_a_circle_at_once_without_a_common_end_one_is_refused(tree: Any) -> None:
    one, two, three, four = (tree.person() for _ in range(4))
    relate("mother", two, three)
    relate("father", four, one)
    outcome: list[str] = []

    def come_second() -> None:
        try:
            relate("father", three, four)
            outcome.append("related")
        except RelationCircle:
            outcome.append("refused")
        finally:
            connection.close()

    with transaction.atomic():
        relate("mother", one, two)
        thread = threading.Thread(target=come_second)
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive()
    thread.join()
    assert outcome == ["refused"]
    assert above(tree, three, "father") == []


# ── What packs say ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hierarchy_that_comes_later_counts_and_what_is_recorded_must_be_one(town: Any) -> None:
    town.apply(FAMILIES)
    one, two = town.person(), town.person()
    relate("mother", one, two)
    word = relate("mother", two, one)
    later = FAMILIES | {"relations/mother.yaml": MOTHER + "hierarchy: descent\n"}
    with pytest.raises(RefusedCity, match="2 links that are recorded go round in a circle in the hierarchy `descent`"):
        town.apply(later)
    retract_relation(TESTS, word, reason="写反了")
    town.apply(later)
    with pytest.raises(RelationCircle):
        relate("mother", two, one)
    town.apply(FAMILIES)
    relate("mother", two, one)
