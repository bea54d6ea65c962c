"""A prepared query gives what the ORM gives, from any thread, and refuses arguments that it cannot bind."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from yiwang.acts.models import Definition, Release
from yiwang.acts.queries import Prepared, current_release, fetch
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.identity.models import Account
from yiwang.kernel.time import now

BY_NAME = Prepared(lambda name: Definition.objects.filter(name=name, kind="trial-thing").order_by("from_release"), str)
BY_NUMBER = Prepared(lambda number: Release.objects.filter(number__gte=number), int)
BETWEEN = Prepared(
    lambda first, last: Release.objects.filter(applied_at__gt=first, applied_at__lt=last), datetime, datetime
)
NAMES = Prepared(lambda kind: Definition.objects.filter(kind=kind).values_list("name", flat=True).order_by("name"), str)


def publish(*names: str) -> int:
    bodies = [
        NewDefinition("trial-thing", name, "trial-pack", {"kind": "trial-thing", "id": name}, {}) for name in names
    ]
    return system_publish_release(system("tests"), bodies)


def test_it_gives_the_rows_of_its_argument_every_time(db: None) -> None:
    publish("a", "b")
    for name in ("a", "b", "a"):
        assert [row.name for row in BY_NAME(name)] == [name]
        assert BY_NAME(name) == list(Definition.objects.filter(kind="trial-thing", name=name))
    assert BY_NAME("c") == []
    assert BY_NAME.first("c") is None
    assert NAMES("trial-thing") == ["a", "b"]


def test_a_question_is_one_statement_that_is_built_once(db: None) -> None:
    publish("a")
    BY_NAME("a")
    with CaptureQueriesContext(connection) as asked:
        BY_NAME("a")
        BY_NAME("b")
    assert len(asked) == 2


def test_numbers_are_bound_as_the_column_has_them(db: None) -> None:
    number = publish("a")
    assert [one.number for one in BY_NUMBER(number)] == [number]
    assert BY_NUMBER(number + 1) == []


def test_hostile_text_stays_a_value(db: None) -> None:
    publish("a")
    assert BY_NAME("a' OR '1'='1") == []
    assert BY_NAME("%s %(a)s {}") == []


def test_a_query_built_in_one_thread_serves_another(city: Any) -> None:
    publish("a")
    fresh: Prepared[Any] = Prepared(lambda number: Release.objects.filter(number=number), int)
    number = current_release()
    found: list[Any] = []

    def ask() -> None:
        try:
            found.extend(fresh(number))
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert [one.number for one in found] == [one.number for one in fresh(number)] == [number]


def test_rows_are_locked_only_within_a_transaction(city: Any) -> None:
    locking: Prepared[Any] = Prepared(lambda login: Account.objects.filter(login=login).select_for_update(), str)
    with pytest.raises(transaction.TransactionManagementError):
        locking("nobody")
    with transaction.atomic():
        assert locking("nobody") == []


def test_an_argument_that_does_not_reach_the_database_as_it_is_is_refused(db: None) -> None:
    containing: Prepared[Any] = Prepared(lambda name: Definition.objects.filter(name__contains=name), str)
    with pytest.raises(TypeError, match="Not every argument"):
        containing("a")
    with pytest.raises(TypeError, match="takes no bool"):
        Prepared(lambda yes: Release.objects.filter(number=yes), bool)(True)
    with pytest.raises(TypeError, match="takes 1 arguments"):
        BY_NAME("a", "b")


def test_several_arguments_each_keep_their_place(db: None) -> None:
    publish("a")
    moment = now()
    day = timedelta(days=1)
    assert BETWEEN(moment - day, moment + day)
    assert not BETWEEN(moment + day, moment - day)


def end_connections(city: Any) -> None:
    """As a database does that is started again, or a proxy that has waited for too long."""
    with psycopg.connect(city.url("superuser"), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [city.name],
        )


def test_the_first_question_of_a_request_survives_a_connection_that_was_cut_meanwhile(city: Any) -> None:
    assert fetch("SELECT 1", {}) == [(1,)]
    end_connections(city)
    connection.close_if_unusable_or_obsolete()  # a request begins
    assert fetch("SELECT 1", {}) == [(1,)]


def test_a_connection_cut_within_a_request_is_a_fault(city: Any) -> None:
    fetch("SELECT 1", {})
    end_connections(city)
    with pytest.raises(OperationalError):
        fetch("SELECT 1", {})
    connection.close()


def test_nothing_of_a_transaction_is_said_again_on_another_connection(city: Any) -> None:
    def cut_in_the_middle() -> None:
        with transaction.atomic():
            end_connections(city)
            fetch("SELECT 1", {})

    connection.close_if_unusable_or_obsolete()
    with pytest.raises(OperationalError):
        cut_in_the_middle()
    connection.close()


def test_the_first_question_of_a_request_is_also_the_look_whether_the_connection_stands(city: Any) -> None:
    fetch("SELECT 1", {})
    connection.close_if_unusable_or_obsolete()
    assert not connection.health_check_done
    fetch("SELECT 1", {})
    assert connection.health_check_done
