"""Queries whose SQL is made once, and statements that the server has planned already.

Building SQL through the ORM costs several times what PostgreSQL needs to answer a look-up by key. What is asked in every act or every
request is therefore built once in a process, as the ORM builds it, and from then on only bound to its arguments. For what is read at
every turn, planning, too, costs more than reading: `fetch` asks by statements that are planned once on each connection. Rows that every
step writes go the same way: `insert` and `update`.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections
from django.db.models import Field, Model, QuerySet
from psycopg import Cursor

__all__ = ["Prepared", "fetch", "insert", "update"]

Row = TypeVar("Row")


def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement, prepared once on each connection. Parameters travel apart from it: cast them (`%(id)s::uuid`).

    Part of the present transaction; errors are Django's, as with every other statement.
    """
    return _rows(statement, parameters)


def _rows(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    with _asked(statement, parameters) as cursor:
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


@contextmanager
def _asked(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> Iterator[Any]:
    # This thread's connection, looked up once. Any: the type does not tell whether it was seen to stand since the request began.
    here: Any = connections[DEFAULT_DB_ALIAS]
    if here.queries_logged or here.execute_wrappers:  # somebody watches the statements of this connection
        with here.cursor() as watched:
            watched.execute(statement, parameters)
            yield watched
        return
    # The first statement of a request finds out by itself whether the connection still stands, instead of a question beforehand.
    may_be_cut = not (here.in_atomic_block or here.health_check_done)
    try:
        cursor = _executed(here, statement, parameters)
    except OperationalError:
        if not may_be_cut or here.is_usable():
            raise
        here.close()
        cursor = _executed(here, statement, parameters)
    with here.wrap_database_errors, cursor:
        yield cursor


def _executed(here: Any, statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> Cursor[Any]:
    here.ensure_connection()
    here.validate_no_broken_transaction()
    cursor = Cursor(here.connection)
    with here.wrap_database_errors:
        cursor.execute(statement, parameters, prepare=True)
    here.health_check_done = True
    return cursor


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_inserts: dict[tuple[type[Model], int], tuple[str, list[Field[Any, Any]]]] = {}
_updates: dict[tuple[type[Model], tuple[str, ...]], tuple[str, list[Field[Any, Any]]]] = {}


def insert(*rows: Model) -> None:
    """Write new rows of one model, as `save(force_insert=True)` would; in one statement. For a few rows, whose key we give."""
    if not rows:
        return
    kind = type(rows[0])
    key = kind, len(rows)
    if key not in _inserts:
        fields = [field for field in kind._meta.concrete_fields if not field.generated]
        if kind._meta.auto_field is not None or any(field.has_db_default() for field in fields):
            raise TypeError(f"The database gives {kind.__name__} some of its values.")
        columns = ", ".join(f'"{field.column}"' for field in fields)
        places = ", ".join(["(" + ", ".join(["%s"] * len(fields)) + ")"] * len(rows))
        _inserts[key] = f'INSERT INTO "{kind._meta.db_table}" ({columns}) VALUES {places}', fields  # noqa: S608 - names of columns
    statement, fields = _inserts[key]
    with _asked(statement, [_stored(field, row, add=True) for row in rows for field in fields]):
        for row in rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def update(row: Model, *names: str) -> None:
    """Write these fields as `save(update_fields=…)` would, in one statement. Raises DatabaseError: there is no such row."""
    kind = type(row)
    key = kind, names
    if key not in _updates:
        known = {field.name: field for field in kind._meta.concrete_fields}
        fields = [known[name] for name in names]
        columns = ", ".join(f'"{field.column}" = %s' for field in fields)
        named = kind._meta.pk.column
        _updates[key] = f'UPDATE "{kind._meta.db_table}" SET {columns} WHERE "{named}" = %s', [*fields, kind._meta.pk]  # noqa: S608 - likewise
    statement, fields = _updates[key]
    with _asked(statement, [_stored(field, row, add=False) for field in fields]) as cursor:
        if cursor.rowcount != 1:
            raise DatabaseError(f"There is no such row of {kind.__name__}.")


def _stored(field: Field[Any, Any], row: Model, *, add: bool) -> Any:
    return field.get_db_prep_save(field.pre_save(row, add), connection)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Prepared(Generic[Row]):
    """A query of fixed shape: `Prepared(lambda id: Case.objects.filter(id=id), UUID)`, asked as `query(case_id)`.

    make: builds the query set; it may filter by its arguments in any way that hands them to the database as they are.
    types: what each argument is: UUID, str, int, date or datetime. None is not an argument: `IS NULL` is another query.
    Prefetches are not followed; `select_related` is. A query that locks rows must first be asked within a transaction.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Row]], *types: type) -> None:
        self._make = make
        self._types = types
        self._made: _Made | None = None
        self._making = threading.Lock()

    def __call__(self, *given: Any) -> list[Row]:
        """The rows, in the query's order. One statement."""
        made = self._made or self._prepare()
        if len(given) != len(self._types):
            raise TypeError(f"This query takes {len(self._types)} arguments, not {len(given)}.")
        values = tuple(
            _like(one, given[made.slots[at]]) if at in made.slots else one for at, one in enumerate(made.params)
        )
        compiler = copy.copy(made.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]  # perhaps another thread's than the one that made it
        compiler.execute_sql = lambda *_, **__: [_rows(made.sql, values)]
        compiler.get_converters = lambda _: made.converters
        rows = copy.copy(made.queryset)
        rows._query = _Bound(rows.query, compiler)
        return list(rows._iterable_class(rows))

    def first(self, *given: Any) -> Row | None:
        """The first row or None. One statement."""
        return next(iter(self(*given)), None)

    def _prepare(self) -> _Made:
        with self._making:
            if self._made is None:
                examples = [_example(type, number) for number, type in enumerate(self._types)]
                queryset = self._make(*examples)
                compiler = queryset.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
                sql, params = compiler.as_sql()
                slots = {at: examples.index(one) for at, one in enumerate(params) if one in examples}
                if set(slots.values()) != set(range(len(examples))):
                    raise TypeError(f"Not every argument reaches the database as it is: {sql}")
                columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
                self._made = _Made(queryset, compiler, sql, tuple(params), slots, compiler.get_converters(columns))
        return self._made


@dataclass(frozen=True, slots=True)
class _Made:
    """A query as the ORM builds it.  slots: position among the parameters → which argument stands there."""

    queryset: Any
    compiler: Any
    sql: str
    params: tuple[Any, ...]
    slots: Mapping[int, int]
    converters: Mapping[int, Any]


class _Bound:
    """A query that gives the compiler that was bound, and is itself otherwise."""

    def __init__(self, query: Any, compiler: Any) -> None:
        self._query, self._compiler = query, compiler

    def get_compiler(self, *_: Any, **__: Any) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


def _example(type: type, number: int) -> Any:
    """A value that no query holds by itself."""
    if type is UUID:
        return uuid4()
    if type is str:
        return uuid4().hex
    if type is int:
        return 1_900_000_000 + number
    if type is datetime:
        return datetime.fromisoformat("1583-01-01T00:00:00+00:00") + timedelta(days=number)
    if type is date:
        return date(1582, 1, 1) + timedelta(days=number)
    raise TypeError(f"A prepared query takes no {type.__name__}.")


def _like(example: Any, value: Any) -> Any:
    """Numbers go to the database in a wrapper that says how wide they are; the others as they are."""
    return type(example)(value) if isinstance(example, int) else value
