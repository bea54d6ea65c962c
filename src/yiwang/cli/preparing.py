"""What must be true before the first request: tables, definitions and, in a demo, people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from yiwang.launch.configuration import Configuration
from yiwang.launch.databases import prepare_database
from yiwang.settings import database_url

__all__ = ["migrate_tables", "prepare_city"]

MIGRATION_LOCK = 0x59697762  # one preparation at a time, from whichever machine
Say = Callable[[str], None]


def prepare_city(configuration: Configuration, say: Say) -> list[dict[str, str]]:
    """Migrate, apply the packs and load a demo's samples, each only where something is to do; return the demo's
    log-ins.
    """
    migrate_tables(configuration, say)
    from yiwang.acts.values import system
    from yiwang.packs import services as packs

    with one_at_a_time(database_url(configuration, "owner")):
        plan = packs.plan()
        if not plan.is_empty:
            with step(say, f"Packs: {len(plan.changes)} changes"):
                packs.apply(system("serve"), say=say)
        if not configuration.demo:
            return []
        with step(say, "Invented people and offices"):
            packs.load_samples(say=say)
        return packs.demo_logins()


def migrate_tables(configuration: Configuration, say: Say) -> None:
    """Apply what migrations are missing. Safe to run from several machines at once: one works, the others wait."""
    url = database_url(configuration, "owner")
    with one_at_a_time(url):
        prepare_database(url)
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            with step(say, f"Tables: {len(missing)} migrations"):
                call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def one_at_a_time(url: str) -> Iterator[None]:
    """Hold the lock of preparations for the time of the block."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        yield


@contextmanager
def step(say: Say, what: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    began = time.monotonic()
    say(f"{what} …")
    yield
    say(f"{what}: done  ({time.monotonic() - began:.1f} s)")
