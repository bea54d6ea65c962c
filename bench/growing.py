"""A city with many cases, made from few real ones: every row of every real case is copied set-wise, with new keys, as often as needed.

A copy is a whole case: its tasks, clocks, course, attempts, messages, watchings and the record that it wrote, with a subject of its own.
New keys are computed from the old ones and the number of the copy, so references among the copies agree without a look-up, and foreign
keys need not be checked while the rows go in. They begin with an instant as every key of the platform does (UUIDv7), each copy's some
hours before the last one's: a city's cases lie in the order of its days. The copies lie with every unit of the city in turn; but what
waits, with the others alone: the desks of the officers who are measured stay as full as they were, before a growing past and among all
that waits elsewhere. Not copied: the audit log, whose chain nobody can copy, and events, which are over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

__all__ = ["grow", "units_at_work"]

TABLES = (
    "public.cases_case",
    "public.cases_enginestate",
    "public.cases_task",
    "public.cases_taskunit",
    "public.cases_clock",
    "public.cases_clockchange",
    "public.cases_courseentry",
    "public.cases_actionrun",
    "public.messaging_message",
    "public.supervision_watching",
    "records.residence_addresses",
)
SUBJECTS = "public.subjects_subject"
TEXTS_OF_ONE = {("public.cases_case", "number"), ("public.messaging_message", "key")}
"""Texts of which each row has its own."""
KEYS_OF_NO_TABLE = {"step", "record_id"}
ROWS_AT_ONCE = 25_000
"""Cases in one transaction."""
GROWTH = sql.SQL("current_setting('bench.growth')")
HOURS = sql.SQL("current_setting('bench.hours')::bigint")
CASES_AN_HOUR = 1_000


@dataclass(frozen=True)
class Column:
    """A column and how a copy fills it."""

    name: str
    filled: sql.Composable


def grow(url: str, cases: int, spared: Sequence[UUID]) -> int:
    """Copy the cases that are there until there are about so many; return how many there are. Connects as a superuser.

    spared: units that get no copy that waits.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        there = int(connection.execute("SELECT count(*) FROM cases_case").fetchall()[0][0])
        copies = cases // there - 1
        if copies <= 0:
            return there
        connection.execute("SET session_replication_role = replica")  # references agree by construction
        for table in TABLES:
            connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT * FROM {}").format(_original(table), _named(table))
            )
        shapes = {table: _columns(connection, table) for table in TABLES}
        for table in TABLES:
            if "case_id" in {one.name for one in shapes[table]}:  # what came otherwise than by a case is nobody's copy
                connection.execute(sql.SQL("DELETE FROM {} WHERE case_id IS NULL").format(_original(table)))
        shapes["public.cases_taskunit"] = [
            Column("unit_id", _unit_of_copy(connection, spared)) if one.name == "unit_id" else one
            for one in shapes["public.cases_taskunit"]
        ]
        connection.execute(sql.SQL("SET bench.growth = {}").format(sql.Literal(str(cases))))
        connection.execute(sql.SQL("SET bench.hours = {}").format(sql.Literal(str(there // CASES_AN_HOUR + 1))))
        began = time.monotonic()
        at_once = max(1, ROWS_AT_ONCE // there)
        for first in range(1, copies + 1, at_once):
            last = min(first + at_once - 1, copies)
            with connection.transaction():
                _copy_subjects(connection, first, last)
                for table in TABLES:
                    _copy(connection, table, shapes[table], first, last)
            print(f"  {there * (last + 1):>9,} cases  ({time.monotonic() - began:.0f} s)", flush=True)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")  # or the copies are still on their way to the disk while lives are measured
    return there * (copies + 1)


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _original(table: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"original_{table.partition('.')[2]}")


def _new(of: sql.Composable) -> sql.Composable:
    """The key of a copy. `copy` is its number; it is another one each time that the city grows."""
    return _key(of, ":")


def _of_case(case: sql.Composable) -> sql.Composable:
    """The key of the subject that a copy of a case is about."""
    return _key(case, ":subject:")


def _key(of: sql.Composable, what: str) -> sql.Composable:
    """48 bits of milliseconds, so many hours before those of the old key, then what is the copy's own."""
    instant = sql.SQL("('x' || left(replace({}::text, '-', ''), 12))::bit(48)::bigint - copy * {} * 3600000").format(
        of, HOURS
    )
    own = sql.SQL("right(md5({}::text || {} || {} || ':' || copy), 20)").format(of, sql.Literal(what), GROWTH)
    return sql.SQL("(lpad(to_hex({}), 12, '0') || {})::uuid").format(instant, own)


def _columns(connection: psycopg.Connection, table: str) -> list[Column]:
    targets: dict[str, str] = dict(
        connection.execute(
            "SELECT a.attname, n.nspname || '.' || t.relname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " JOIN pg_class t ON t.oid = c.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
            " WHERE c.conrelid = %s::regclass AND c.contype = 'f'",
            [table],
        ).fetchall()
    )
    names = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [table],
    ).fetchall()
    return [Column(name, _filled(table, name, targets.get(name, ""))) for (name,) in names]


def units_at_work(url: str) -> list[UUID]:
    """Units that answer for a task of some case."""
    with psycopg.connect(url) as connection:
        return [id for (id,) in connection.execute("SELECT DISTINCT unit_id FROM cases_taskunit").fetchall()]


def _unit_of_copy(connection: psycopg.Connection, spared: Sequence[UUID]) -> sql.Composable:
    statement = "SELECT id FROM identity_unit WHERE closed_on IS NULL ORDER BY code"
    every = [id for (id,) in connection.execute(statement).fetchall()]
    others = [id for id in every if id not in spared]
    return sql.SQL("CASE WHEN o.waits THEN {} ELSE {} END").format(_in_turn(others), _in_turn(every))


def _in_turn(units: Sequence[UUID]) -> sql.Composable:
    return sql.SQL("({}::uuid[])[1 + mod(copy, {})]").format(sql.Literal(list(units)), sql.Literal(len(units)))


def _filled(table: str, name: str, target: str) -> sql.Composable:
    column = sql.Identifier("o", name)
    if (table, name) in TEXTS_OF_ONE:
        return sql.SQL("{} || '-' || {} || '-' || copy").format(column, GROWTH)
    if name == "subject_id" or target == SUBJECTS:
        case = sql.Identifier("o", "id" if table == TABLES[0] else "case_id")
        return sql.SQL("CASE WHEN {} IS NOT NULL THEN {} END").format(column, _of_case(case))
    if name == "id" or name in KEYS_OF_NO_TABLE or target in TABLES or name == "case_id":
        return _new(column)
    return column


def _copy(connection: psycopg.Connection, table: str, columns: list[Column], first: int, last: int) -> None:
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} AS o, generate_series({}, {}) AS copy").format(
            _named(table),
            sql.SQL(", ").join(sql.Identifier(one.name) for one in columns),
            sql.SQL(", ").join(one.filled for one in columns),
            _original(table),
            sql.Literal(first),
            sql.Literal(last),
        )
    )


def _copy_subjects(connection: psycopg.Connection, first: int, last: int) -> None:
    connection.execute(
        sql.SQL(
            "INSERT INTO subjects_subject (id, kind, created_at, origin)"
            " SELECT {}, s.kind, s.created_at, s.origin FROM {} AS o JOIN subjects_subject s ON s.id = o.subject_id,"
            " generate_series({}, {}) AS copy"
        ).format(_of_case(sql.Identifier("o", "id")), _original(TABLES[0]), sql.Literal(first), sql.Literal(last))
    )
