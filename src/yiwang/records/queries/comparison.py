"""Compare what verifying resources hold with the source: one statement for each pair of an element, for one subject or for all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier, Literal

from yiwang.catalog.queries import list_resources, source_of, sources_of
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import Condition, FieldRole, ResourceView
from yiwang.kernel.typed import FOLDED
from yiwang.records.queries.tables import KnownTable
from yiwang.records.rules.tables import ColumnSet

__all__ = ["Compared", "Differing", "Pair", "compare_pair", "pairs_of"]


@dataclass(frozen=True, slots=True)
class Pair:
    """An element that the resource `verifier` verifies and the resource `source` says.

    condition: for whom the source counts, None for everybody.  decided_in: the resource that says who that is.
    """

    element: str
    verifier: str
    source: str
    condition: Condition | None = None
    decided_in: str = ""


@dataclass(frozen=True, slots=True)
class Differing:
    """One subject of whom both say something else. said, seen: typed values of the source and of the verifier, with their records."""

    subject_id: UUID
    said: Any
    said_record: UUID
    said_unit: UUID | None
    seen: Any
    seen_record: UUID
    seen_unit: UUID | None


@dataclass(frozen=True, slots=True)
class Compared:
    """compared: subjects of whom both say something.  confirmed: both say the same."""

    compared: int
    confirmed: int
    differing: tuple[Differing, ...]


def pairs_of(resource: str, release: int) -> list[Pair]:
    """The pairs in which a resource stands, as verifier or as source. No query once the release is cached."""
    every = [one for one in list_resources(release).values() if one.shape == "state"]
    return [
        Pair(element, one.id, source.resource.id, source.condition, _decided_in(source.condition, release))
        for one in every
        for element in _elements(one, FieldRole.VERIFY)
        for source in sources_of(element, release)
        if source.resource.shape == "state" and resource in (one.id, source.resource.id)
    ]


def _decided_in(condition: Condition | None, release: int) -> str:
    plain = source_of(condition.element, release) if condition else None
    return plain.id if plain else ""


def _elements(resource: ResourceView, role: FieldRole) -> list[str]:
    return [field.element for field in resource.fields if field.role is role]


_COMPARE = SQL(
    "WITH seen AS ({seen}), said AS ({said}),"
    " pairs AS MATERIALIZED (SELECT said.subject_id, said.record_id AS said_record, said.unit_id AS said_unit, {said_cells},"
    " seen.record_id AS seen_record, seen.unit_id AS seen_unit, {seen_cells}, ({same}) AS same"
    " FROM seen JOIN said USING (subject_id) WHERE said.c0 IS NOT NULL AND seen.c0 IS NOT NULL {counted})"
    " SELECT found.compared, found.confirmed, pairs.* FROM"
    " (SELECT count(*) AS compared, count(*) FILTER (WHERE same) AS confirmed FROM pairs) AS found"
    " LEFT JOIN pairs ON NOT pairs.same"
)
# As `versions`: for each beginning the latest word, then the latest beginning that was not retracted; here for many subjects at once.
_IN_FORCE = SQL(
    "SELECT DISTINCT ON (subject_id) subject_id, record_id, unit_id, {cells} FROM"
    " (SELECT DISTINCT ON (subject_id, valid_from) subject_id, valid_from, retracted, record_id, unit_id, {columns} FROM {table}"
    " WHERE valid_from <= {day} {chosen} ORDER BY subject_id, valid_from DESC, arrived_at DESC) AS last_word"
    " WHERE NOT retracted ORDER BY subject_id, valid_from DESC"
)


def compare_pair(
    pair: Pair,
    verifier: KnownTable,
    source: KnownTable,
    *,
    day: date,
    subjects: Collection[UUID] | None = None,
    decided_in: KnownTable | None = None,
) -> Compared:
    """What is in force on `day` in both tables, side by side. subjects: only these; None for all. One statement.

    decided_in: the table of `pair.decided_in`; only subjects whom the source counts for are compared.
    Two values are the same when `ElementType.comparable` says so. Who one of them says nothing of is not compared.
    """
    seen, said = _set(verifier, pair.element), _set(source, pair.element)
    if seen is None or said is None or seen.type != said.type:
        return Compared(0, 0, ())
    width = len(said.columns)
    statement = _COMPARE.format(
        seen=_in_force(verifier, seen, day, subjects),
        said=_in_force(source, said, day, subjects),
        counted=_counted(pair.condition, decided_in, day, subjects),
        said_cells=_cells("said", width),
        seen_cells=_cells("seen", width),
        same=_same(said.type),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None))
        rows = cursor.fetchall()
    compared, confirmed = rows[0][:2]
    return Compared(compared, confirmed, tuple(_differing(rows, said.type, width)))


def _set(table: KnownTable, element: str) -> ColumnSet | None:
    return next((one for one in table.sets if one.element == element and not one.left), None)


def _in_force(table: KnownTable, one: ColumnSet, day: date, subjects: Collection[UUID] | None) -> Composable:
    names = [name for name, _ in one.columns]
    chosen = SQL("") if subjects is None else SQL("AND subject_id = ANY({})").format(Literal(list(subjects)))
    return _IN_FORCE.format(
        cells=SQL(", ").join(
            SQL("{} AS {}").format(Identifier(name), Identifier(f"c{n}")) for n, name in enumerate(names)
        ),
        columns=SQL(", ").join(Identifier(name) for name in names),
        table=Identifier("records", table.name),
        day=Literal(day),
        chosen=chosen,
    )


def _counted(
    condition: Condition | None, table: KnownTable | None, day: date, subjects: Collection[UUID] | None
) -> Composable:
    """Only those whose own coded element has one of the values for which the source counts."""
    if condition is None:
        return SQL("")
    coded = None if table is None else _set(table, condition.element)
    if table is None or coded is None:
        return SQL("AND false")
    return SQL("AND subject_id IN (SELECT subject_id FROM ({}) AS kind WHERE kind.c0 = ANY({}))").format(
        _in_force(table, coded, day, subjects), Literal(sorted(condition.values))
    )


def _cells(side: str, width: int) -> Composable:
    return SQL(", ").join(
        SQL("{}.{} AS {}").format(Identifier(side), Identifier(f"c{n}"), Identifier(f"{side}_{n}"))
        for n in range(width)
    )


def _same(type: str) -> Composable:
    """What `ElementType.comparable` says, in SQL."""
    return SQL(" AND ").join(
        SQL("{} IS NOT DISTINCT FROM {}").format(_cell("said", position, fold), _cell("seen", position, fold))
        for position, fold in element_types[type].compared
    )


def _cell(side: str, position: int, fold: bool) -> Composable:
    cell = Identifier(side, f"c{position}")
    return SQL("translate({}, {}, {})").format(cell, Literal(FOLDED[0]), Literal(FOLDED[1])) if fold else cell


def _differing(rows: Sequence[Sequence[Any]], type: str, width: int) -> Iterator[Differing]:
    read = element_types[type].from_columns
    for row in rows:
        subject_id, said_record, said_unit, *rest = row[2:]
        if subject_id is not None:
            seen_record, seen_unit = rest[width : width + 2]
            seen = read(rest[width + 2 : 2 * width + 2])
            yield Differing(subject_id, read(rest[:width]), said_record, said_unit, seen, seen_record, seen_unit)
