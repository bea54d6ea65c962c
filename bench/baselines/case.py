"""The baseline of `case`: the statements of a life, issued straight to PostgreSQL.

The same statements in the same transactions, prepared once on each connection, sent in pipelines that wait for an answer only where
a later statement needs one, and once at each commit. No Python of the platform's runs in between.
"""

from __future__ import annotations

import json
import multiprocessing
import pickle
import random
import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.capture import BEGIN, COMMIT, Composed, Fresh, Given, Statement
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import civil_date, machine_now


class Player:
    """Plays the script on one connection."""

    def __init__(self, url: str, script: list[Statement]) -> None:
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        self.connection.execute("SET TIME ZONE 'UTC'")
        self.script = script
        self.literal = self._not_preparable()

    def _not_preparable(self) -> frozenset[int]:
        """Statements whose parameters only make sense as literals: found by one life outside pipelines, undone at its end."""
        found: set[int] = set()
        life = _Life()
        self.connection.execute("BEGIN")
        for number, one in enumerate(self.script):
            if one.sql in (BEGIN, COMMIT):
                continue
            params = [life.value(param) for param in one.params]
            sql = one.sql
            self.connection.execute("SAVEPOINT baseline")
            try:
                cursor = self.connection.execute(sql, params or None)
            except (psycopg.errors.SyntaxError, psycopg.errors.IndeterminateDatatype, psycopg.errors.AmbiguousFunction,
                    psycopg.errors.UndefinedFunction, psycopg.errors.DatatypeMismatch, psycopg.errors.InvalidTextRepresentation,
                    psycopg.errors.AmbiguousParameter, psycopg.errors.UndefinedObject) as fault:  # fmt: skip
                self.connection.execute("ROLLBACK TO baseline")
                found.add(number)
                try:
                    cursor = psycopg.ClientCursor(self.connection).execute(sql, params or None)
                except psycopg.Error as second:
                    raise SystemExit(
                        f"The baseline cannot issue this statement: {sql[:300]}\n{params}\n{fault}\n{second}"
                    ) from second
            except psycopg.Error as fault:
                raise SystemExit(f"The baseline cannot issue this statement: {sql[:300]}\n{params}\n{fault}") from fault
            if one.reads:
                life.rows[number] = cursor.fetchall()
        self.connection.execute("ROLLBACK")
        return frozenset(found)

    def live(self) -> None:
        """One life."""
        life = _Life()
        connection = self.connection
        pending: dict[int, psycopg.Cursor[Any]] = {}
        with connection.pipeline() as pipeline:
            for number, one in enumerate(self.script):
                params = [self._value(life, pending, param) for param in one.params]
                if number in self.literal:
                    sql = psycopg.ClientCursor(connection).mogrify(one.sql, params)
                    cursor = connection.execute(sql.encode(), prepare=False)
                else:
                    cursor = connection.execute(one.sql, params or None)
                if one.reads and "fetch_job" in one.sql:
                    life.rows[number] = self._job(one.sql, cursor)
                elif one.reads:
                    pending[number] = cursor
                if one.sql == COMMIT:
                    pipeline.sync()

    def _job(self, sql: str, cursor: psycopg.Cursor[Any]) -> list[Any]:
        """A job to do. When another worker has just locked the one that was seen, ask again, as a real worker does."""
        rows = cursor.fetchall()
        while rows[0][0] is None:
            rows = self.connection.execute(sql).fetchall()
        return rows

    def _value(self, life: _Life, pending: dict[int, psycopg.Cursor[Any]], param: Any) -> Any:
        return life.value(param, pending)


class _Life:
    """The slots of one life, filled as they are needed."""

    def __init__(self) -> None:
        self.slots: dict[int, Any] = {}
        self.rows: dict[int, list[Any]] = {}

    def value(self, param: Any, pending: dict[int, psycopg.Cursor[Any]] | None = None) -> Any:
        match param:
            case Fresh():
                if param.name not in self.slots:
                    self.slots[param.name] = _fresh(param)
                return self.slots[param.name]
            case Given():
                if param.statement not in self.rows:
                    assert pending is not None
                    self.rows[param.statement] = pending[param.statement].fetchall()
                rows = self.rows[param.statement]
                return rows[min(param.row, len(rows) - 1)][param.column]
            case Composed():
                return "".join(
                    part if isinstance(part, str) else _text(self.value(part, pending)) for part in param.parts
                )
            case list() | tuple():
                return type(param)(self.value(one, pending) for one in param)
            case _:
                return param


def _fresh(slot: Fresh) -> Any:
    match slot.kind:
        case "uuid":
            return uuid7()
        case "uuid-text":
            return str(uuid7())
        case "instant":
            return machine_now()
        case "instant-text":
            return machine_now().isoformat()
        case "date":
            return civil_date(machine_now())
        case "bytes":
            return secrets.token_bytes(slot.size)
        case "digits":
            return str(random.randrange(10 ** (slot.size - 1), 10**slot.size))
        case "number":
            return random.randrange(1, 2**31)
        case _:
            return secrets.token_hex((slot.size + 1) // 2)[: slot.size]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def run_lives(url: str, script_file: Path, lives: int, workers: int) -> float:
    """Play `lives` lives with so many workers; return the seconds from the first statement to the last commit."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(workers + 1), context.Event()
    share = [lives // workers + (number < lives % workers) for number in range(workers)]
    processes = [
        context.Process(target=_work, args=(url, script_file, number, share[number], ready, go))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    ready.wait(120)
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise SystemExit("A worker of the baseline failed; the reason stands above.")
    return seconds


def _work(url: str, script_file: Path, number: int, lives: int, ready: Any, go: Any) -> None:
    scripts = pickle.loads(script_file.read_bytes())
    player = Player(url, scripts[number % len(scripts)])
    ready.wait(120)
    go.wait()
    for _ in range(lives):
        player.live()
