"""The Merkle log over the audit: what was sealed cannot be edited without being found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from yiwang.audit import queries, services
from yiwang.audit.values import NewEntry, Outcome
from yiwang.kernel import merkle
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import machine_now

BEGIN = datetime(2026, 11, 21, 8, tzinfo=UTC)
ACCOUNT = UUID("019a0000-0000-7000-8000-000000000001")


def an_entry(number: int = 0) -> NewEntry:
    return NewEntry(
        time=BEGIN + timedelta(microseconds=number),
        machine_time=machine_now(),
        account_id=ACCOUNT,
        capacity="self",
        capacity_id=None,
        action="trial.change",
        outcome=Outcome.DONE,
        object_kind="trial",
        object_id=str(number),
        details={"number": number, "text": "海口", "list": [1, None, True], "nested": {"z": 1, "a": "é"}},
        release=3,
        correlation_id="abc",
    )


def write(count: int) -> list[int]:
    with transaction.atomic():
        return [services.record(an_entry(number)) for number in range(count)]


@pytest.fixture
def owner(city: Any) -> Iterator[psycopg.Connection[Any]]:
    """Somebody at the database with every right, past the triggers."""
    with psycopg.connect(city.url("superuser"), autocommit=True) as found:
        found.execute("SET session_replication_role = replica")
        yield found


def codes() -> list[tuple[str, int]]:
    return [(one.code, one.number) for one in queries.verify().problems]


@pytest.mark.usefixtures("city")
def test_committed_entries_are_sealed_under_a_signed_head_and_verify() -> None:
    write(3)
    assert services.seal() == 3
    write(700)
    assert services.seal() == 700
    report = queries.verify()
    assert report.is_sound
    assert (report.entries, report.leaves, report.heads, report.backlog) == (703, 703, 2, 0)


@pytest.mark.usefixtures("city")
def test_nothing_new_makes_no_head() -> None:
    assert services.seal() == 0
    assert queries.verify().is_sound
    write(1)
    assert services.seal() == 1
    assert services.seal() == 0
    assert queries.verify().heads == 1


@pytest.mark.usefixtures("city")
def test_a_log_grown_in_many_steps_has_the_root_of_one_grown_at_once() -> None:
    for count in (1, 254, 1, 1, 255, 257, 40):
        write(count)
        services.seal()
    head = queries.latest_head()
    assert head is not None
    hashes = [queries.proof(entry.id).leaf for entry in reversed(queries.system_list_entries(limit=1000))]
    assert head.size == 809
    assert merkle.root(hashes) == head.root


@pytest.mark.usefixtures("city")
def test_an_inclusion_proof_convinces_with_the_signed_head_alone() -> None:
    numbers = write(600)
    services.seal()
    for entry_id in (numbers[0], numbers[255], numbers[256], numbers[599]):
        proof = queries.proof(entry_id)
        assert merkle.verify_inclusion(proof.leaf, proof.index, proof.head.size, proof.path, proof.head.root)
        assert merkle.leaf_hash(entry_id.to_bytes(8, "big") + proof.entry_digest) == proof.leaf


@pytest.mark.usefixtures("city")
def test_an_entry_that_is_not_sealed_has_no_proof() -> None:
    (number,) = write(1)
    with pytest.raises(NotFound):
        queries.proof(number)


@pytest.mark.parametrize(
    "edit",
    [
        "object_id = 'x'",
        "details = '{}'",
        "time = time + interval '1 microsecond'",
        "account_id = null",
        "outcome = 'refused'",
        "digest = '\\x00'",
    ],
)
def test_a_changed_entry_is_named(owner: psycopg.Connection[Any], edit: str) -> None:
    numbers = write(5)
    services.seal()
    write(2)
    services.seal()
    owner.execute(f"UPDATE audit_entry SET {edit} WHERE id = {numbers[3]}")
    assert codes() == [("entry-changed", numbers[3])]


def test_an_entry_changed_together_with_its_digest_is_named(owner: psycopg.Connection[Any]) -> None:
    numbers = write(5)
    services.seal()
    entry = next(one.entry for one in queries.system_list_entries() if one.id == numbers[2])
    forged = replace(entry, object_id="77")
    owner.execute("UPDATE audit_entry SET object_id = '77', digest = %s WHERE id = %s", [forged.digest(), numbers[2]])
    assert codes() == [("entry-changed", numbers[2])]


def test_a_deleted_entry_is_named(owner: psycopg.Connection[Any]) -> None:
    numbers = write(5)
    services.seal()
    owner.execute(f"DELETE FROM audit_entry WHERE id IN ({numbers[0]}, {numbers[4]})")
    assert codes() == [("entry-deleted", numbers[0]), ("entry-deleted", numbers[4])]


def test_an_entry_put_in_afterwards_is_named(owner: psycopg.Connection[Any]) -> None:
    numbers = write(3)
    with transaction.atomic():  # leaves a gap in the numbers, as any rollback does
        services.record(an_entry())
        transaction.set_rollback(True)
    write(1)
    services.seal()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
            "WHERE table_name = 'audit_entry' AND column_name NOT IN ('id', 'xid')"
        )
        columns = cursor.fetchone()[0]
    copied = f"SELECT {numbers[2] + 1}, {columns} FROM audit_entry WHERE id = {numbers[0]}"
    owner.execute(f"INSERT INTO audit_entry (id, {columns}) {copied}")
    assert ("entry-added", numbers[2] + 1) in codes()


def test_a_changed_leaf_is_named(owner: psycopg.Connection[Any]) -> None:
    write(5)
    services.seal()
    write(5)
    services.seal()
    owner.execute("UPDATE audit_leaf SET hash = sha256('x') WHERE index = 2")
    assert codes() == [("leaf-changed", 2)]


def test_a_deleted_leaf_is_named_wherever_it_stood(owner: psycopg.Connection[Any]) -> None:
    write(5)
    services.seal()
    owner.execute("DELETE FROM audit_leaf WHERE index IN (1, 4)")
    assert codes() == [("leaf-missing", 1), ("leaf-missing", 4)]


def test_an_entry_deleted_with_its_leaf_breaks_the_root(owner: psycopg.Connection[Any]) -> None:
    numbers = write(5)
    services.seal()
    owner.execute(f"DELETE FROM audit_entry WHERE id = {numbers[1]}")
    owner.execute(f"DELETE FROM audit_leaf WHERE entry_id = {numbers[1]}")
    assert codes() == [("leaf-missing", 1), ("root-wrong", 5)]


def test_a_leaf_without_a_head_is_named(owner: psycopg.Connection[Any]) -> None:
    write(3)
    services.seal()
    write(2)
    services.seal()
    owner.execute("DELETE FROM audit_head WHERE size = 5")
    assert ("leaf-unsigned", 3) in codes()


def test_a_changed_node_is_named(owner: psycopg.Connection[Any]) -> None:
    write(600)
    services.seal()
    owner.execute("UPDATE audit_node SET hash = sha256('x') WHERE level = 1 AND index = 1")
    assert codes() == [("node-changed", 1)]
    owner.execute("DELETE FROM audit_node WHERE level = 1 AND index = 1")
    assert codes() == [("node-changed", 1)]


@pytest.mark.parametrize(
    "column", ["root = sha256('x')", "signed_at = signed_at + interval '1 day'", "last_entry_id = 99"]
)
def test_a_changed_head_is_named(owner: psycopg.Connection[Any], column: str) -> None:
    write(3)
    services.seal()
    write(3)
    services.seal()
    owner.execute(f"UPDATE audit_head SET {column} WHERE size = 3")
    assert ("signature-wrong", 3) in codes()
    assert not {number for code, number in codes() if code == "root-wrong"} - {3}


def test_a_head_signed_by_a_stranger_is_named(owner: psycopg.Connection[Any]) -> None:
    now = machine_now()
    write(3)
    services.seal(INTL.generate(not_before=now, not_after=now + timedelta(days=1)))
    assert codes() == [("key-unknown", 3)]


def test_entries_that_wait_long_for_their_seal_are_named(owner: psycopg.Connection[Any]) -> None:
    numbers = write(3)
    assert queries.verify().is_sound
    assert queries.verify().backlog == 3
    owner.execute(f"UPDATE audit_entry SET machine_time = now() - interval '1 hour' WHERE id = {numbers[0]}")
    report = queries.verify()
    assert [one.code for one in report.problems] == ["not-sealed"]
    assert report.oldest_unsealed_at is not None


def test_the_sealer_does_not_pass_a_transaction_that_is_still_open(city: Any) -> None:
    first, may_commit = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            services.record(an_entry(1))
            first.set()
            may_commit.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert first.wait(30)
    write(2)
    assert services.seal() == 0
    may_commit.set()
    holder.join(30)
    assert services.seal() == 3
    assert queries.verify().is_sound


def test_two_sealers_do_not_disturb_each_other(city: Any) -> None:
    write(50)
    with psycopg.connect(city.url("app")) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('audit.seal'))")
        assert services.seal() == 0
    assert services.seal() == 50


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_node", "audit_head"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_may_not_change_the_audit(table: str, statement: str) -> None:
    column = {"audit_entry": "action", "audit_leaf": "hash", "audit_node": "hash", "audit_head": "root"}[table]
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_node", "audit_head"])
def test_even_the_owner_is_stopped_from_slips(city: Any, table: str) -> None:
    write(1)
    services.seal()
    with psycopg.connect(city.url("owner"), autocommit=True) as owner:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                owner.execute(statement)


def test_every_audit_table_is_insert_only_for_the_application(city: Any) -> None:
    with psycopg.connect(city.url("owner")) as owner:
        granted = owner.execute(
            "SELECT table_name, string_agg(privilege_type, ',' ORDER BY privilege_type) "
            "FROM information_schema.role_table_grants WHERE grantee = 'yiwang_app' "
            "AND table_name LIKE 'audit\\_%' GROUP BY 1"
        ).fetchall()
    assert len(granted) == 4
    assert {rights for _, rights in granted} == {"INSERT,SELECT"}
