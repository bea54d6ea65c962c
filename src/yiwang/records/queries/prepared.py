"""Statements that the server has planned already: for what is read at every turn, planning costs more than reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import Cursor

__all__ = ["fetch"]


def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement, prepared once on each connection. Parameters travel apart from it: cast them (`%(id)s::uuid`).

    Part of the present transaction; errors are Django's, as with every other statement.
    """
    if connection.queries_logged or connection.execute_wrappers:  # somebody watches the statements of this connection
        with connection.cursor() as watched:
            watched.execute(statement, parameters)
            seen: list[tuple[Any, ...]] = watched.fetchall()
            return seen
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchall()
