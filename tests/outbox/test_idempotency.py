"""An answer is kept under the key of its request, once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from yiwang.outbox import queries, services
from yiwang.outbox.values import KeyReused


@pytest.mark.django_db
def test_an_answer_is_remembered_by_scope_and_key() -> None:
    services.remember("account-1 case.submit", "k1", b"\x01", {"case": "c1"})
    found = queries.recall("account-1 case.submit", "k1")
    assert found is not None
    assert (found.body_digest, found.result) == (b"\x01", {"case": "c1"})
    assert queries.recall("account-2 case.submit", "k1") is None
    assert queries.recall("account-1 case.submit", "k2") is None


@pytest.mark.django_db
def test_a_key_that_is_taken_is_refused_and_the_transaction_can_go_on() -> None:
    services.remember("s", "k", b"\x01", {"n": 1})
    with pytest.raises(KeyReused):
        services.remember("s", "k", b"\x01", {"n": 2})
    services.remember("other", "k", b"\x01", {"n": 3})
    found = queries.recall("s", "k")
    assert found is not None
    assert found.result == {"n": 1}


def test_of_two_at_once_one_waits_and_is_refused_with_the_others_answer(city: Any) -> None:
    taken, may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            services.remember("s", "k", b"\x01", {"n": 1})
            taken.set()
            may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert taken.wait(30)
    threading.Timer(0.05, may_commit.set).start()
    with pytest.raises(KeyReused), transaction.atomic():
        services.remember("s", "k", b"\x02", {"n": 2})
    thread.join(30)
    found = queries.recall("s", "k")
    assert found is not None
    assert found.body_digest == b"\x01"


def test_a_key_whose_taker_gave_up_is_free_again(city: Any) -> None:
    with transaction.atomic():
        services.remember("s", "k", b"\x01", {"n": 1})
        transaction.set_rollback(True)
    services.remember("s", "k", b"\x02", {"n": 2})
