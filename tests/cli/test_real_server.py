"""A city on a database server that is not ours, named by YIWANG_DATABASE_URL: an owner without special rights is enough."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from yiwang.launch.postgres import Server


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a city whose database belongs to a plain role of the server's administrator."""
    name = f"elsewhere_{uuid4().hex[:8]}"
    with psycopg.connect(server.url("postgres", "superuser"), autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN")
        administrator.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
        yield {
            **os.environ,
            "YIWANG_DATA_DIR": str(tmp_path),
            "YIWANG_DATABASE_URL": server.url(name, "owner").replace("yiwang_owner", name, 1),
        }
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
        administrator.execute(f"DROP ROLE {name}")


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yiwang.cli", *words], env=environment, capture_output=True, text=True, check=False
    )


def test_migrate_needs_no_superuser_and_the_app_role_gets_its_rights(elsewhere: dict[str, str]) -> None:
    done = run(elsewhere, "migrate")
    assert done.returncode == 0, done.stderr
    assert "migrations: done" in done.stderr
    with psycopg.connect(elsewhere["YIWANG_DATABASE_URL"], user="yiwang_app", autocommit=True) as session:
        assert session.execute("SELECT current_user, count(*) FROM cases_case").fetchone() == ("yiwang_app", 0)
        for table in ("audit_entry", "audit_leaf", "audit_head"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(f"DELETE FROM {table}")
    again = run(elsewhere, "migrate")
    assert again.returncode == 0
    assert "migrations" not in again.stderr


def test_a_wrong_url_is_told_without_a_traceback(elsewhere: dict[str, str]) -> None:
    done = run({**elsewhere, "YIWANG_DATABASE_URL": "postgresql:///city?host=/nonexistent"}, "migrate")
    assert done.returncode == 1
    assert "/nonexistent" in done.stderr
    assert "Traceback" not in done.stderr


def test_audit_verify_finds_a_row_edited_by_hand(city: Any) -> None:
    from yiwang.acts.services import current_act, service
    from yiwang.acts.values import Actor, system
    from yiwang.audit.services import seal

    @service("test.note")
    def note(actor: Actor, number: int) -> None:
        current_act().about("thing", str(number))

    for number in range(3):
        note(system("tests"), number)
    assert seal() == 3
    sound = run(city.environment, "audit", "verify")
    assert sound.returncode == 0, sound.stderr
    assert "3 entries, 3 sealed" in sound.stdout
    with psycopg.connect(city.url("superuser"), autocommit=True) as session:
        session.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        session.execute("UPDATE audit_entry SET object_id = 'other' WHERE object_id = '1'")
    edited = run(city.environment, "audit", "verify")
    assert edited.returncode == 1
    assert "entry-changed" in edited.stdout
