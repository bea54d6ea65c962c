"""Databases of tests: which one Django speaks to, templates that are filled once in a run, and their clones.

Whoever connects elsewhere comes back to where he was: what runs next must not depend on what ran before.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

__all__ = [
    "clone_of",
    "connect_to",
    "connected_to",
    "connected_to_a_clone",
    "made_once",
    "one_at_a_time",
    "rolled_back_in",
]


def connect_to(database: str, user: str = "yiwang_app") -> None:
    """Point Django's connection, of every thread, at another database."""
    from django.db import connections

    connections["default"].close()
    connections.settings["default"].update(NAME=database, USER=user)
    connections["default"].settings_dict.update(NAME=database, USER=user)


@contextmanager
def connected_to(database: str, user: str = "yiwang_app") -> Iterator[None]:
    """Speak to another database meanwhile."""
    from django.db import connections

    before = {key: connections.settings["default"][key] for key in ("NAME", "USER")}
    connect_to(database, user)
    try:
        yield
    finally:
        connections.close_all()
        connect_to(before["NAME"], before["USER"])


@contextmanager
def rolled_back_in(database: str) -> Iterator[None]:
    """Speak to another database meanwhile, and take back all that was written there."""
    from django.db import transaction

    with connected_to(database):
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own TestCase: blocks that must be outermost may stand within
        with around:
            yield
            transaction.set_rollback(True)


@contextmanager
def connected_to_a_clone(server: Any, template: str, prefix: str) -> Iterator[str]:
    """Speak to a clone of `template` meanwhile, whose name begins with `prefix`; it is dropped afterwards."""
    name = clone_of(server, template, f"{prefix}_{uuid4().hex[:10]}")
    try:
        with connected_to(name):
            yield name
    finally:
        server.drop_database(name)


def clone_of(server: Any, template: str, name: str) -> str:
    """The database `name`, a clone of `template`, made when it is not there."""
    with one_at_a_time():
        if not server.has_database(name):
            server.create_database(name, template)
    return name


def made_once(server: Any, name: str, template: str, fill: Callable[[], object]) -> str:
    """The database `name`: `template` and what `fill` does in it as the owner."""
    with one_at_a_time():
        if not server.has_database(name):
            building = f"building_{name}"
            server.drop_database(building)
            server.create_database(building, template)
            with connected_to(building, "yiwang_owner"):
                fill()
            server.create_database(name, building)
    return name


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let no other process of the run make databases meanwhile."""
    with (Path(os.environ["YIWANG_TEST_RUN"]) / "databases.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
