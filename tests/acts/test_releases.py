"""Releases are numbered without gaps; what a release declared stays readable as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from yiwang.acts import queries
from yiwang.acts.models import Definition, Release, Source
from yiwang.acts.services import ReleaseMoved, current_act, service, system_publish_release
from yiwang.acts.values import Actor, NewDefinition, system
from yiwang.kernel.errors import NotFound

TESTS = system("tests")


def thing(name: str, text: str = "one", kind: str = "trial-thing", **sources: bytes) -> NewDefinition:
    return NewDefinition(kind, name, "trial-pack", {"kind": kind, "id": name, "text": text}, sources)


def publish(*changed: NewDefinition, retired: tuple[tuple[str, str], ...] = (), **more: Any) -> int:
    return system_publish_release(TESTS, changed, retired, **more)


@pytest.fixture(autouse=True)
def first(db: None) -> int:
    """The template may hold a release already; numbers below count from here."""
    queries.forget_releases()
    return queries.current_release()


def test_what_is_published_can_be_read(first: int) -> None:
    assert publish(thing("b"), thing("a")) == first + 1
    assert queries.current_release() == first + 1
    assert queries.definition("trial-thing", "a")["text"] == "one"
    assert list(queries.list_definitions("trial-thing")) == ["a", "b"]
    assert queries.find_definition("trial-thing", "c") is None
    with pytest.raises(NotFound):
        queries.definition("trial-thing", "c")


@service("trial.apply")
def system_apply(actor: Actor, *changed: NewDefinition) -> list[str]:
    current_act().about("trial", "apply")
    before = queries.current_release()
    number = system_publish_release(actor, changed)
    assert queries.current_release() == number == before + 1
    return list(queries.list_definitions("trial-thing"))


def test_what_is_published_is_in_force_within_the_same_act(first: int) -> None:
    assert system_apply(TESTS, thing("a")) == ["a"]


def test_a_release_stays_as_it_was(first: int) -> None:
    publish(thing("a"), thing("b"))
    publish(thing("a", "two"), thing("c"), retired=(("trial-thing", "b"),))
    assert {name: one["text"] for name, one in queries.list_definitions("trial-thing", first + 1).items()} == {
        "a": "one",
        "b": "one",
    }
    assert {name: one["text"] for name, one in queries.list_definitions("trial-thing").items()} == {
        "a": "two",
        "c": "one",
    }
    assert queries.definition("trial-thing", "b", first + 1)["text"] == "one"
    with pytest.raises(NotFound):
        queries.definition("trial-thing", "b")
    with pytest.raises(NotFound):
        queries.definition("trial-thing", "a", first + 9)


def test_what_is_equal_is_left_alone_and_makes_no_release(first: int) -> None:
    publish(thing("a"), thing("b"))
    assert publish(thing("a")) == first + 1
    assert publish(thing("a"), thing("b", "two")) == first + 2
    assert Definition.objects.filter(kind="trial-thing", name="a").count() == 1


def test_a_definition_may_come_back(first: int) -> None:
    publish(thing("a"))
    publish(retired=(("trial-thing", "a"),))
    publish(thing("a"))
    assert queries.find_definition("trial-thing", "a", first + 2) is None
    assert queries.definition("trial-thing", "a")["text"] == "one"


def test_files_are_stored_once_and_belong_to_the_digest(first: int) -> None:
    publish(thing("a", rows=b"1,2"), thing("b", rows=b"1,2"))
    assert Source.objects.filter(content=b"1,2").count() == 1
    assert queries.definition_source("trial-thing", "a", "rows") == b"1,2"
    publish(thing("a", rows=b"3,4"))
    assert queries.definition_source("trial-thing", "a", "rows") == b"3,4"
    assert queries.definition_source("trial-thing", "a", "rows", first + 1) == b"1,2"
    with pytest.raises(NotFound):
        queries.definition_source("trial-thing", "a", "other")


def test_retiring_what_does_not_stand_is_refused(first: int) -> None:
    with pytest.raises(NotFound):
        publish(retired=(("trial-thing", "never"),))
    assert queries.current_release() == first


def test_a_plan_made_on_an_older_release_is_refused(first: int) -> None:
    publish(thing("a"))
    with pytest.raises(ReleaseMoved):
        publish(thing("b"), planned_on=first)
    assert publish(thing("b"), planned_on=first + 1) == first + 2


def test_a_publishing_that_is_undone_leaves_no_gap_and_no_memory(first: int) -> None:
    with transaction.atomic():
        publish(thing("a", "undone"))
        assert queries.definition("trial-thing", "a")["text"] == "undone"
        transaction.set_rollback(True)
    assert queries.find_definition("trial-thing", "a") is None
    assert publish(thing("a", "done")) == first + 1
    assert queries.definition("trial-thing", "a")["text"] == "done"


def test_the_digest_of_a_release_says_all_that_is_in_it(first: int) -> None:
    publish(thing("a"), thing("b"))
    publish(thing("b", "two"))
    publish(thing("b"))
    digests = [bytes(row.digest) for row in Release.objects.filter(number__gt=first).order_by("number")]
    assert digests[0] == digests[2] != digests[1]


def test_a_definition_is_read_from_memory_the_second_time(first: int, django_assert_num_queries: Any) -> None:
    publish(thing("a"), thing("b"))
    queries.list_definitions("trial-thing")
    with django_assert_num_queries(1):  # which release is in force
        queries.list_definitions("trial-thing")
    with django_assert_num_queries(0):
        queries.definition("trial-thing", "a", first + 1)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM acts_release",
        "UPDATE acts_release SET digest = ''",
        "UPDATE acts_source SET content = ''",
        "DELETE FROM acts_definition",
        "UPDATE acts_definition SET body = '{}'",
    ],
)
def test_the_application_cannot_change_what_was_released(first: int, statement: str) -> None:
    publish(thing("one"))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
