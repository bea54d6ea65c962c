"""What stands in the schema of generated tables, and whether it is what `apply` left there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier

from yiwang.acts.queries import Prepared
from yiwang.catalog.values import Shape
from yiwang.records.models import GeneratedTable
from yiwang.records.rules.tables import ColumnSet, StoredTable, TableShape, fingerprint, fixed_columns

__all__ = [
    "KnownTable",
    "ResourceShapes",
    "count_misfits",
    "count_rows",
    "differing_tables",
    "real_fingerprint",
    "stored_table",
    "stored_tables",
]

ResourceShapes = Iterable[TableShape]


@dataclass(frozen=True, slots=True)
class KnownTable(StoredTable):
    """A stored table with its state. retired: no pack declares its resource any more."""

    retired: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        """Names of the columns that every table of its shape has."""
        return tuple(name for name, _, _ in fixed_columns(self.shape))

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, SQL type) of every column that takes values, the fixed ones first."""
        own = tuple(column for one in self.sets if not one.left for column in one.columns)
        return (*((name, sql) for name, sql, _ in fixed_columns(self.shape)), *own)


def stored_tables() -> dict[str, KnownTable]:
    """Every generated table by resource. One query."""
    return {row.resource: _known(row) for row in GeneratedTable.objects.order_by("resource")}


_TABLE = Prepared(lambda resource: GeneratedTable.objects.filter(resource=resource), str)


def stored_table(resource: str) -> KnownTable | None:
    """The table of one resource, or None. One query."""
    row = _TABLE.first(resource)
    return None if row is None else _known(row)


def _known(row: GeneratedTable) -> KnownTable:
    sets = tuple(ColumnSet.from_json(one) for one in row.columns)
    return KnownTable(row.resource, row.name, sets, Shape(row.shape), tuple(row.lookups), row.retired)


def count_rows(table: str) -> int:
    """How many versions a table holds. One query over the whole table."""
    return _count(SQL("SELECT count(*) FROM {}").format(Identifier("records", table)))


def count_misfits(table: str, column: str, misfit: str) -> int:
    """How many stored values cannot be converted. misfit: a condition of `rules.tables.conversion`."""
    name = Identifier(column)
    condition = SQL(misfit).format(name)  # from the closed list of conversions
    return _count(
        SQL("SELECT count(*) FROM {} WHERE {} IS NOT NULL AND ({})").format(
            Identifier("records", table), name, condition
        )
    )


def _count(statement: Composable) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None))
        return int(cursor.fetchone()[0])


def real_fingerprint(table: str) -> str:
    """The fingerprint of a table as the database has it; that of no columns when there is no such table. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
            " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            [f'records."{table}"'],
        )
        columns = cursor.fetchall()
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'records' AND tablename = %s", [table])
        return fingerprint(columns, [row[0] for row in cursor.fetchall()])


def differing_tables() -> list[str]:
    """Names of generated tables that somebody changed by hand since `apply` left them. Two queries for each table."""
    return [
        row.name for row in GeneratedTable.objects.order_by("name") if real_fingerprint(row.name) != row.fingerprint
    ]
