"""Making and changing the generated tables. DO NOT call from anywhere but `apply`: DDL belongs into the transaction of a release.

What is added or renamed takes the table for a moment. A change of type copies the table and puts the copy in its place at the end of the
transaction: readers go on meanwhile, writers wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db import connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from yiwang.catalog.values import Shape
from yiwang.records.models import GeneratedTable
from yiwang.records.queries.tables import ResourceShapes, count_rows, real_fingerprint, stored_tables
from yiwang.records.rules.tables import (
    ColumnSet,
    Step,
    StoredTable,
    TableShape,
    conversion,
    fixed_columns,
    sets_after,
    steps,
    table_name,
)

__all__ = ["bring_in_line"]

SCHEMA = "records"
APP = "yiwang_app"


def bring_in_line(release: int, shapes: ResourceShapes) -> None:
    """Make every table serve its resource, and note how it looks. One at a time in the city, until the transaction ends."""
    _run(SQL("SELECT pg_advisory_xact_lock(hashtextextended('records.tables', 0))"))
    stored = stored_tables()
    taken: set[str] = set()
    for shape in sorted(shapes, key=lambda one: one.resource):
        before = stored.get(shape.resource) or (stored.get(shape.was) if shape.was else None)
        if before:
            taken.add(before.resource)
        todo = steps(shape, before)
        if todo:
            _do(shape, before, todo)
        after = sets_after(shape, before, todo)
        if todo or before is None or before.retired:
            _note(release, shape, before, after)
    for resource, table in stored.items():
        if resource not in taken and not table.retired:
            GeneratedTable.objects.filter(resource=resource).update(retired=True, release=release)


def _note(release: int, shape: TableShape, before: StoredTable | None, after: Sequence[ColumnSet]) -> None:
    name = table_name(shape.resource)
    row = GeneratedTable.objects.filter(resource=before.resource).first() if before else None
    row = row or GeneratedTable()
    row.resource, row.name, row.release, row.retired = shape.resource, name, release, False
    row.columns = [one.as_json() for one in after]
    row.shape, row.lookups = str(shape.shape), list(shape.lookups)
    row.fingerprint = real_fingerprint(name)
    row.save()


def _do(shape: TableShape, before: StoredTable | None, todo: Sequence[Step]) -> None:
    name = table_name(shape.resource)
    if before is None:
        _make(name, shape)
        _index(name, shape.lookups)
        return
    anew = any(step.verb in _MOVES_COLUMNS for step in todo)
    for number, _ in enumerate(before.lookups if anew else ()):
        _run(SQL("DROP INDEX {}").format(Identifier(SCHEMA, _lookup(before.name, number))))
    if before.name != name:
        _rename_table(before.name, name, shape.shape)
    for step in todo:
        if step.verb == "rename" and step.before and step.after:
            _rename_columns(name, step.before, step.after)
    conversions = {step.after.element: step for step in todo if step.verb == "convert" and step.after}
    added = [step.after for step in todo if step.verb == "add" and step.after]
    if any(_rewrites(step) for step in conversions.values()):
        _copy(name, shape.shape, sets_after(shape, before, todo), conversions, {one.element for one in added})
    else:
        for one in added:
            for column, sql_type in one.columns:
                _run(SQL("ALTER TABLE {} ADD COLUMN {} {}").format(_table(name), Identifier(column), _type(sql_type)))
    if anew:
        _index(name, shape.lookups)


_MOVES_COLUMNS = {"rename-table", "rename", "convert", "index"}
"""Steps after which an index has another name or another column: it is made anew."""


def _lookup(name: str, number: int) -> str:
    return f"{name}_by{number}"


def _index(name: str, lookups: Iterable[str]) -> None:
    for number, column in enumerate(lookups):
        index = Identifier(_lookup(name, number))
        _run(SQL("CREATE INDEX {} ON {} ({})").format(index, _table(name), Identifier(column)))


def _rename_table(old: str, new: str, shape: Shape) -> None:
    _run(SQL("ALTER TABLE {} RENAME TO {}").format(_table(old), Identifier(new)))
    for suffix in ("pkey", "history", "key") if shape is Shape.EVENT else ("pkey", "history"):
        index = Identifier(SCHEMA, f"{old}_{suffix}")
        _run(SQL("ALTER INDEX {} RENAME TO {}").format(index, Identifier(f"{new}_{suffix}")))


def _rename_columns(name: str, before: ColumnSet, after: ColumnSet) -> None:
    for (old, _), (new, _) in zip(before.columns, after.columns, strict=True):
        if old != new:
            _run(SQL("ALTER TABLE {} RENAME COLUMN {} TO {}").format(_table(name), Identifier(old), Identifier(new)))


def _rewrites(step: Step) -> bool:
    rule = conversion(step.before, step.after) if step.before and step.after else None
    return bool(rule and rule[0])


def _make(name: str, shape: TableShape) -> None:
    _create(name, shape.shape, shape.sets)
    _finish(name, shape.shape)


def _create(name: str, shape: Shape, sets: Iterable[ColumnSet]) -> None:
    columns: list[Composable] = [
        SQL("{} {} {}").format(Identifier(column), _type(sql_type), SQL("NOT NULL" if needed else "NULL"))
        for column, sql_type, needed in fixed_columns(shape)
    ]
    columns += [
        SQL("{} {}").format(Identifier(column), _type(sql_type)) for one in sets for column, sql_type in one.columns
    ]
    _run(SQL("CREATE TABLE {} ({})").format(_table(name), SQL(", ").join(columns)))


def _finish(name: str, shape: Shape) -> None:
    """Keys and rights. A copy gets its keys after it is filled: that is faster."""
    pkey, history = Identifier(f"{name}_pkey"), Identifier(f"{name}_history")
    _run(SQL("ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY (record_id)").format(_table(name), pkey))
    _run(SQL("CREATE INDEX {} ON {} (subject_id, valid_from DESC, arrived_at DESC)").format(history, _table(name)))
    if shape is Shape.EVENT:
        key = Identifier(f"{name}_key")
        _run(SQL("CREATE INDEX {} ON {} (subject_id, event_key, arrived_at DESC)").format(key, _table(name)))
    _run(SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(_table(name), Identifier(APP)))
    _run(SQL("GRANT SELECT, INSERT ON {} TO {}").format(_table(name), Identifier(APP)))


def _copy(name: str, shape: Shape, sets: Sequence[ColumnSet], conversions: dict[str, Step], added: set[str]) -> None:
    """Copy the table into its new form and swap. Writers wait from here on, readers only for the swap."""
    copy, old = f"{name[:48]}__next", f"{name[:48]}__old"
    _run(SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(_table(name)))
    _create(copy, shape, sets)
    fixed = [Identifier(column) for column, _, _ in fixed_columns(shape)]
    pairs: list[tuple[Identifier, Composable]] = [(column, column) for column in fixed]
    pairs += [pair for one in sets if one.element not in added for pair in _copied(one, conversions.get(one.element))]
    _run(
        SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
            _table(copy),
            SQL(", ").join(new for new, _ in pairs),
            SQL(", ").join(value for _, value in pairs),
            _table(name),
        )
    )
    _finish(copy, shape)
    _run(SQL("ANALYZE {}").format(_table(copy)))
    _rename_table(name, old, shape)  # from here on readers wait
    _rename_table(copy, name, shape)
    _run(SQL("DROP TABLE {}").format(_table(old)))


def _copied(one: ColumnSet, step: Step | None) -> Iterator[tuple[Identifier, Composable]]:
    for index, (column, _) in enumerate(one.columns):
        value: Composable = Identifier(column)
        if step and step.before and step.after and (rule := conversion(step.before, step.after)):
            old = Identifier(step.before.columns[index][0])
            value = old if not rule[0] else Composed([SQL("(")]) + SQL(rule[0]).format(old) + SQL(")")
        yield Identifier(column), value


def _table(name: str) -> Identifier:
    return Identifier(SCHEMA, name)


def _type(sql_type: str) -> SQL:
    return SQL(sql_type)  # from the closed list of element types and FIXED, never from a pack


def _run(statement: Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None))


def rows_to_convert(stored: StoredTable, todo: Iterable[Step]) -> int:
    """How many rows a change of type copies; 0 when none is needed. One query."""
    return count_rows(stored.name) if any(_rewrites(step) for step in todo if step.verb == "convert") else 0
