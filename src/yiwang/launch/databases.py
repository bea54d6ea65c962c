"""What a database must have before the first migration, on the embedded server and on any other: roles, rights, trigrams."""

from __future__ import annotations

from typing import Any, Literal

import psycopg
from psycopg import sql

__all__ = ["APP", "OWNER", "USERS", "Role", "ServerFault", "ensure_roles", "prepare_database", "trigrams_see_chinese"]

Role = Literal["owner", "app", "superuser"]
OWNER = "yiwang_owner"
APP = "yiwang_app"
SUPERUSER = "postgres"
USERS: dict[Role, str] = {"owner": OWNER, "app": APP, "superuser": SUPERUSER}


class ServerFault(Exception):
    """The database server cannot do what was asked; the message says why and what to do."""


def prepare_database(url: str) -> None:
    """Make an empty database ready for the first migration: roles, rights that later tables inherit, trigrams. Idempotent.

    url: of whoever will run the migrations, or of a superuser, who prepares for the owner role too. Raises ServerFault with
    the statements to run where that user may not make roles.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        ensure_roles(connection)
        user, is_superuser = _who(connection)
        for maker in {user, OWNER} if is_superuser else {user}:
            for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
                connection.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} TO {}").format(
                        sql.Identifier(maker), sql.SQL(rights), sql.Identifier(APP)
                    )
                )
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(APP)))
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def ensure_roles(connection: psycopg.Connection[Any]) -> None:
    """Make the roles that are missing: the app's; for a superuser the owner's too (else the owner is whoever asks)."""
    _, is_superuser = _who(connection)
    roles = [OWNER, APP] if is_superuser else [APP]
    known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [roles])}
    wanted = [role for role in roles if role not in known]
    try:
        for role in wanted:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege as fault:
        raise ServerFault(
            "The database's owner may not create roles. Ask the database administrator to run:\n"
            + "".join(f"  CREATE ROLE {role} LOGIN PASSWORD '…';\n" for role in wanted)
            + "and give the URL of that role as YIWANG_APP_DATABASE_URL."
        ) from fault


def trigrams_see_chinese(connection: psycopg.Connection[Any]) -> bool:
    """Whether `pg_trgm` finds trigrams in Chinese text here; without them searching finds nothing and says nothing."""
    row = connection.execute("SELECT cardinality(show_trgm('政务服务')) > 0").fetchone()
    return row is not None and row[0] is True


def _who(connection: psycopg.Connection[Any]) -> tuple[str, bool]:
    """The user of this connection, and whether it is a superuser."""
    row = connection.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return (str(row[0]), bool(row[1])) if row is not None else ("", False)
