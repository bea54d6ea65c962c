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
from yiwang.records.queries.tables import KnownTable
from yiwang.records.rules.tables import FIXED, ColumnSet

__all__ = ["StoredVersion", "version_by_id", "version_in_force"]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One row. fixed: the columns of every table by name.  values: element → typed value, absent ones left out."""

    fixed: Mapping[str, Any]
    values: Mapping[str, Any]


# For each beginning the latest word (DISTINCT ON over the index), then the latest beginning that was not retracted.
_IN_FORCE = SQL(
    "SELECT {columns} FROM (SELECT DISTINCT ON (valid_from) {columns} FROM {table}"
    " WHERE subject_id = %s AND valid_from <= %s AND arrived_at <= %s"
    " ORDER BY valid_from DESC, arrived_at DESC) AS last_word WHERE NOT retracted ORDER BY valid_from DESC LIMIT 1"
)
_BY_ID = SQL("SELECT {columns} FROM {table} WHERE record_id = %s")


def version_in_force(
    table: KnownTable, subject_id: UUID, *, valid_at: date, known_at: datetime
) -> StoredVersion | None:
    """The version that holds on `valid_at` as known at `known_at`, or None. One query along the index."""
    return _one(table, _IN_FORCE, [subject_id, valid_at, known_at])


def version_by_id(table: KnownTable, record_id: UUID) -> StoredVersion | None:
    """One version, or None. One query."""
    return _one(table, _BY_ID, [record_id])


def _one(table: KnownTable, statement: SQL, parameters: Sequence[Any]) -> StoredVersion | None:
    sets = [one for one in table.sets if not one.left]
    names = [name for name, _, _ in FIXED] + [name for one in sets for name, _ in one.columns]
    composed = statement.format(
        columns=SQL(", ").join(Identifier(name) for name in names), table=Identifier("records", table.name)
    )
    with connection.cursor() as cursor:
        cursor.execute(composed.as_string(None), parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    fixed = dict(zip((name for name, _, _ in FIXED), row, strict=False))
    return StoredVersion(fixed, dict(_values(sets, row[len(FIXED) :])))


def _values(sets: Sequence[ColumnSet], stored: Sequence[Any]) -> list[tuple[str, Any]]:
    found, position = [], 0
    for one in sets:
        value = element_types[one.type].from_columns(stored[position : position + len(one.columns)])
        position += len(one.columns)
        if value is not None:
            found.append((one.element, value))
    return found
