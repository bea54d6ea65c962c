"""One apply at a time."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from yiwang.acts import queries
from yiwang.acts.services import ReleaseMoved, system_publish_release
from yiwang.acts.values import NewDefinition, system


def publish(name: str) -> int:
    return system_publish_release(system("tests"), [NewDefinition("trial-thing", name, "trial-pack", {"id": name})])


def test_of_two_applies_at_once_one_is_refused_clearly(city: Any) -> None:
    published, may_commit = threading.Event(), threading.Event()

    def first_apply() -> None:
        with transaction.atomic():
            publish("a")
            published.set()
            may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=first_apply)
    thread.start()
    assert published.wait(30)
    with pytest.raises(ReleaseMoved, match="Another apply"):
        publish("b")
    may_commit.set()
    thread.join(30)
    number = queries.current_release()
    assert publish("b") == number + 1
    with psycopg.connect(city.url()) as app:
        numbers = [row[0] for row in app.execute("SELECT number FROM acts_release ORDER BY number")]
    assert numbers == list(range(1, number + 2))
