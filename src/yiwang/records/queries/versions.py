"""Versions of one subject's state in the generated tables: the SQL that says what `rules.history` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.sql import SQL, Identifier

from yiwang.catalog.registry import element_types
from yiwang.catalog.values import Shape
from yiwang.records.queries.tables import KnownTable
from yiwang.records.rules.tables import ColumnSet

__all__ = [
    "StoredVersion",
    "distinct_by",
    "events_between",
    "last_word",
    "last_words",
    "values_of",
    "version_by_id",
    "version_in_force",
    "versions_of",
]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One row. fixed: the columns of every table by name.  values: element → typed value, absent ones left out."""

    fixed: Mapping[str, Any]
    values: Mapping[str, Any]


# For each beginning (of an event: each event of a day) the latest word (DISTINCT ON over the index), then the latest beginning that
# was not retracted.
_IN_FORCE = SQL(
    "SELECT {columns} FROM (SELECT DISTINCT ON ({same}) {columns} FROM {table}"
    " WHERE subject_id = %s AND valid_from <= %s AND arrived_at <= %s"
    " ORDER BY {order}, arrived_at DESC) AS last_word WHERE NOT retracted ORDER BY valid_from DESC, arrived_at DESC LIMIT 1"
)
_BY_ID = SQL("SELECT {columns} FROM {table} WHERE record_id = %s")
_ALL = SQL("SELECT {columns} FROM {table} WHERE subject_id = %s ORDER BY arrived_at DESC LIMIT %s")
_PERIOD = SQL(
    "SELECT {columns} FROM (SELECT DISTINCT ON ({same}) {columns} FROM {table}"
    " WHERE subject_id = %s AND valid_from >= %s AND valid_from < %s AND arrived_at <= %s"
    " ORDER BY {order}, arrived_at DESC) AS last_word WHERE NOT retracted ORDER BY valid_from DESC, arrived_at DESC LIMIT %s"
)
_LAST_WORD = SQL("SELECT record_id FROM {table} WHERE subject_id = %s AND {key} = %s ORDER BY arrived_at DESC LIMIT 1")


_LAST_WORDS = SQL(
    "SELECT DISTINCT ON (subject_id) subject_id, valid_from, digest FROM {table}"
    " ORDER BY subject_id, valid_from DESC, arrived_at DESC"
)


def version_in_force(
    table: KnownTable, subject_id: UUID, *, valid_at: date, known_at: datetime
) -> StoredVersion | None:
    """The version that holds on `valid_at` as known at `known_at`, of events the last one; None when none. One query along the index."""
    return next(iter(_rows(table, _IN_FORCE, [subject_id, valid_at, known_at])), None)


def version_by_id(table: KnownTable, record_id: UUID) -> StoredVersion | None:
    """One version, or None. One query."""
    return next(iter(_rows(table, _BY_ID, [record_id])), None)


def versions_of(table: KnownTable, subject_id: UUID, most: int) -> list[StoredVersion]:
    """Every word about a subject, the latest arrival first, retractions included. One query."""
    return _rows(table, _ALL, [subject_id, most])


def events_between(
    table: KnownTable, subject_id: UUID, since: date, until: date, *, known_at: datetime, most: int
) -> list[StoredVersion]:
    """A subject's events from `since` to the day before `until` that stand as known at `known_at`, the latest first. One query."""
    return _rows(table, _PERIOD, [subject_id, since, until, known_at, most])


def last_words(table: KnownTable) -> dict[UUID, tuple[date, bytes]]:
    """Subject → the latest beginning of its state and the digest of the last word about it. One query over the whole table."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_WORDS.format(table=Identifier("records", table.name)).as_string(None))
        return {subject: (begins, bytes(digest)) for subject, begins, digest in cursor.fetchall()}


def last_word(table: KnownTable, subject_id: UUID, same: date | str) -> UUID | None:
    """The id of the last word about a state's beginning (a date) or an event (its key), or None. One query."""
    key = Identifier("event_key" if isinstance(same, str) else "valid_from")
    statement = _LAST_WORD.format(table=Identifier("records", table.name), key=key)
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), [subject_id, same])
        row = cursor.fetchone()
    return row[0] if row else None


def distinct_by(table: KnownTable) -> tuple[SQL, SQL]:
    """What one word is about, as SQL: the columns, and the order that finds the latest of each."""
    if table.shape is Shape.EVENT:
        return SQL("valid_from, event_key"), SQL("valid_from DESC, event_key")
    return SQL("valid_from"), SQL("valid_from DESC")


def _rows(table: KnownTable, statement: SQL, parameters: Sequence[Any]) -> list[StoredVersion]:
    sets = [one for one in table.sets if not one.left]
    same, order = distinct_by(table)
    composed = statement.format(
        columns=SQL(", ").join(Identifier(name) for name, _ in table.columns),
        table=Identifier("records", table.name),
        same=same,
        order=order,
    )
    with connection.cursor() as cursor:
        cursor.execute(composed.as_string(None), parameters)
        rows = cursor.fetchall()
    fixed = table.fixed
    return [StoredVersion(dict(zip(fixed, row, strict=False)), values_of(sets, row[len(fixed) :])) for row in rows]


def values_of(sets: Sequence[ColumnSet], stored: Sequence[Any]) -> dict[str, Any]:
    """Element → typed value of what stands in the columns of `sets`; absent ones left out."""
    found: dict[str, Any] = {}
    position = 0
    for one in sets:
        value = element_types[one.type].from_columns(stored[position : position + len(one.columns)])
        position += len(one.columns)
        if value is not None:
            found[one.element] = value
    return found
