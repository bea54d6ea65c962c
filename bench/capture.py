"""The statements of one life, as the platform issues them: recorded in this process, from two lives one after the other.

Where the two lives differ, something is particular to a life: an id, a number, an instant, a digest. Comparing them turns the
record into a script with slots, which the baseline plays for any number of lives.

`python -m bench.capture FILE` (with the settings of a city in the environment) writes the script.
"""

from __future__ import annotations

import json
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

WARM_UP_LIVES = 3
BEGIN, COMMIT = "BEGIN", "COMMIT"
OWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+(\.\d+)?")
NAMED = re.compile(r"%\((\w+)\)s")
SAVEPOINT = re.compile(r'"s\d+_x\d+"')


@dataclass(slots=True)
class Seen:
    """A statement that was issued, with its parameters and, for reading, what it gave back."""

    sql: str
    params: tuple[Any, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A slot that each life fills anew.  kind: uuid | instant | bytes | text.  size: of bytes or text."""

    name: int
    kind: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """A slot filled from what an earlier statement of the same life gave back."""

    statement: int
    row: int
    column: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A text in which slots stand: its pieces and slots in turn.  is_json: a jsonb parameter."""

    parts: tuple[Any, ...]
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the script.  reads: later statements need its result."""

    sql: str
    params: tuple[Any, ...]
    reads: bool = False


def _positional(sql: str, params: Any) -> tuple[str, tuple[Any, ...]]:
    if not isinstance(params, dict):
        return sql, tuple(params or ())
    names = NAMED.findall(sql)
    return NAMED.sub("%s", sql), tuple(params[name] for name in names)


# ── Recording ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Recorder:
    """Sees every statement of Django's connection, and where its transactions begin and end."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._savepoints: dict[str, str] = {}

    def _steady(self, sql: str) -> str:
        """Savepoints are called by thread and count; call them by their order in the life."""
        return SAVEPOINT.sub(lambda name: self._savepoints.setdefault(name.group(), f'"s{len(self._savepoints)}"'), sql)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        for one in params if many else [params]:
            self.seen.append(Seen(*_positional(self._steady(sql), one)))
        done = execute(sql, params, many, context)
        result = context["cursor"].cursor.pgresult
        if result is not None and result.ntuples:
            loader = context["cursor"].cursor._tx
            self.seen[-1].rows = [tuple(row) for row in loader.load_rows(0, min(result.ntuples, 50), tuple)]
        return done


@contextmanager
def recorded() -> Iterator[Recorder]:
    """Record Django's statements for the time of the block."""
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    recorder = Recorder()
    commit, set_autocommit = BaseDatabaseWrapper.commit, BaseDatabaseWrapper.set_autocommit

    def mark_commit(self: Any) -> None:
        recorder.seen.append(Seen(COMMIT, ()))
        commit(self)

    def mark_begin(self: Any, autocommit: bool, *args: Any, **kwargs: Any) -> None:
        if not autocommit:
            recorder.seen.append(Seen(BEGIN, ()))
        set_autocommit(self, autocommit, *args, **kwargs)

    BaseDatabaseWrapper.commit, BaseDatabaseWrapper.set_autocommit = mark_commit, mark_begin  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(recorder):
            yield recorder
    finally:
        BaseDatabaseWrapper.commit, BaseDatabaseWrapper.set_autocommit = commit, set_autocommit  # type: ignore[method-assign]


class InProcess:
    """The same life as `bench.lives`, in this process: through the same middleware and views, without a network."""

    def __init__(self, pair: int) -> None:
        from bench.lives import PAIRS
        from yiwang.outbox.models import Subscription
        from yiwang.outbox.registry import subscribers

        Subscription.objects.bulk_create([Subscription(one.name) for one in subscribers()], ignore_conflicts=True)
        resident, officer, self.place = PAIRS[pair]
        self.resident, _ = self._signed_in(resident, in_post=False)
        self.officer, _ = self._signed_in(officer, in_post=True)
        self.digest = self._ask(self.resident, "GET", "/api/v1/items/address-statement/form")["digest"]

    def _signed_in(self, login: str, *, in_post: bool) -> tuple[Any, Any]:
        from django.test import Client

        from bench.lives import PASSWORD

        client = Client(headers={"host": "127.0.0.1"})
        found = self._ask(client, "POST", "/api/v1/session", {"login": login, "password": PASSWORD})
        if in_post:
            post = next(one["post"]["id"] for one in found["capacities"] if one["post"])
            found = self._ask(client, "PUT", "/api/v1/session/capacity", {"capacity": "post", "post_id": post})
        return client, found

    @staticmethod
    def _ask(client: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = client.generic(
            method, path, json.dumps(body) if body is not None else "", "application/json", headers=headers
        )
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.content[:500].decode()}")
        return answer.json()

    def live(self, number: int) -> None:
        """One life; its job is done and its events take effect here and now."""
        values = {
            "residence.address": {"place": self.place, "detail": "滨海大道 1 号 2 栋 301"},
            "residence.since": "2026-03-01",
            "residence.phone": "13800000001",
        }
        key = str(UUID(int=number << 80 | 0x7 << 76 | 0x2 << 62 | number))
        with _subjects_of_events() as subjects:
            self._visit(values, key)
            self.do_job()
        self.deliver(subjects)

    def _visit(self, values: dict[str, Any], key: str) -> None:
        receipt = self._ask(
            self.resident, "POST", "/api/v1/items/address-statement/cases",
            {"values": values, "form_digest": self.digest}, **{"Idempotency-Key": key},
        )  # fmt: skip
        case = self._ask(self.officer, "GET", f"/api/v1/cases/{receipt['case_id']}")
        decision = {"act": "accept", "version": case["version"]}
        self._ask(self.officer, "POST", f"/api/v1/tasks/{case['tasks'][0]['id']}", decision)

    @staticmethod
    def do_job() -> None:
        """Do what the worker would do for this life: take its job, run it, put it away."""
        from django.db import connection
        from procrastinate.contrib.django import app

        app.perform_import_paths()  # type: ignore[no-untyped-call]
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, task_name, args FROM procrastinate_fetch_job_v2(NULL::varchar[], NULL::bigint)")
            id, task, args = cursor.fetchone()
        app.tasks[task].func(**(json.loads(args) if isinstance(args, str) else args))
        with connection.cursor() as cursor:
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [id])

    @staticmethod
    def deliver(subjects: list[str]) -> None:
        """Let the events of this life take effect on every subscriber, in one transaction.

        What the worker issues besides, to look what is due and to move its positions, is left out: it does that for up to twenty events
        at once, so the baseline has it for nothing.
        """
        from django.db import transaction

        from yiwang.outbox.models import Event, Subscription
        from yiwang.outbox.registry import subscribers
        from yiwang.outbox.services import _take

        with transaction.atomic():
            own = Event.objects.extra(where=["subject = ANY(%s::uuid[]::text[])"], params=[subjects])
            events = list(own.order_by("id"))
            for subscriber in subscribers():
                for event in events:
                    if event.type in subscriber.types and (
                        error := _take(subscriber, Subscription(subscriber.name), event)
                    ):
                        raise SystemExit(f"{event.type} did not take effect on {subscriber.name}: {error}")


@contextmanager
def _subjects_of_events() -> Iterator[list[str]]:
    """The subjects of the events that are told in the block, in their order, each once."""
    from yiwang.outbox import services as outbox

    append = outbox.append
    subjects: list[str] = []

    def noted(events: Any) -> None:
        told = list(events)
        subjects.extend(one.subject for one in told if one.subject not in subjects)
        append(told)

    outbox.append = noted
    try:
        yield subjects
    finally:
        outbox.append = append


def deliveries_of(scripts: list[list[Statement]]) -> list[int]:
    """How many events take effect in a life, for each script."""
    return [sum(one.sql.startswith("INSERT INTO outbox_delivery") for one in script) for script in scripts]


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Comparison:
    """Two lives laid beside each other, and the slots where they differ."""

    def __init__(self, first: list[Seen], second: list[Seen]) -> None:
        if [one.sql for one in first] != [one.sql for one in second]:
            for one, other in zip(first, second, strict=False):
                if one.sql != other.sql:
                    raise SystemExit(f"Two lives issue different statements:\n{one.sql[:500]}\n{other.sql[:500]}")
            raise SystemExit(f"Two lives issue {len(first)} and {len(second)} statements.")
        self._pairs = list(zip(first, second, strict=True))
        self._slots: dict[tuple[str, str], Any] = {}
        self._given: dict[tuple[str, str], Given] = {}

    def script(self) -> list[Statement]:
        found = []
        for number, (one, other) in enumerate(self._pairs):
            params = tuple(self._slot(a, b) for a, b in zip(one.params, other.params, strict=True))
            found.append(Statement(one.sql, params))
            self._take_rows(number, one, other)
        needed = {
            slot.statement
            for one in found
            for param in one.params
            for slot in _slots_in(param)
            if isinstance(slot, Given)
        }
        return [Statement(one.sql, one.params, number in needed) for number, one in enumerate(found)]

    def _take_rows(self, number: int, one: Seen, other: Seen) -> None:
        for row, (a_row, b_row) in enumerate(zip(one.rows, other.rows, strict=False)):
            for column, (a, b) in enumerate(zip(a_row, b_row, strict=True)):
                key = (_key(a), _key(b))
                if a != b and key not in self._slots and isinstance(a, UUID | int | str):
                    self._given[key] = Given(number, row, column, type(a).__name__)  # the latest that gave it

    def _slot(self, a: Any, b: Any) -> Any:
        a, b = _plain(a), _plain(b)
        if isinstance(a, _Json):
            return Composed(tuple(_joined(self._json(json.loads(a.text), json.loads(b.text)))), is_json=True)
        if a == b:
            return a
        if isinstance(a, list | tuple):
            if len(a) != len(b):
                raise SystemExit(f"Two lives give lists of different length: {a!r} {b!r}")
            return type(a)(self._slot(x, y) for x, y in zip(a, b, strict=True))
        key = (_key(a), _key(b))
        if key in self._slots:
            return self._slots[key]
        if key in self._given:
            return self._given[key]
        made = self._compose(a, b) if isinstance(a, str) and not _is_uuid(a) else self._fresh(a)
        self._slots[key] = made
        return made

    def _fresh(self, a: Any) -> Fresh:
        name = len(self._slots)
        match a:
            case UUID():
                return Fresh(name, "uuid")
            case datetime():
                return Fresh(name, "instant")
            case date():
                return Fresh(name, "date")
            case bytes():
                return Fresh(name, "bytes", len(a))
            case str():
                return Fresh(name, "uuid-text" if _is_uuid(a) else "text", len(a))
            case _:
                return Fresh(name, "number")

    def _json(self, a: Any, b: Any) -> Iterator[Any]:
        """Pieces of a JSON text and the slots between them."""
        if isinstance(a, dict):
            if len(a) != len(b):
                raise SystemExit(f"Two lives give objects of different size: {a!r} {b!r}"[:1000])
            yield "{"
            for number, ((key, value), (other_key, other)) in enumerate(zip(_aligned(a), _aligned(b), strict=True)):
                yield ", " if number else ""
                yield from self._json(key, other_key)
                yield ": "
                yield from self._json(value, other)
            yield "}"
        elif isinstance(a, list):
            if len(a) != len(b):
                raise SystemExit(f"Two lives give lists of different length: {a!r} {b!r}"[:1000])
            yield "["
            for number, (value, other) in enumerate(zip(a, b, strict=True)):
                yield ", " if number else ""
                yield from self._json(value, other)
            yield "]"
        elif a == b:
            yield json.dumps(a, ensure_ascii=False)
        else:
            slot = self._slot(a, b)
            quote = '"' if isinstance(a, str) else ""
            yield quote
            for part in slot.parts if isinstance(slot, Composed) else (slot,):
                yield json.dumps(part, ensure_ascii=False)[1:-1] if isinstance(part, str) else part
            yield quote

    def _compose(self, a: str, b: str) -> Any:
        """Find the known slots inside two texts; what differs beyond them is a text of a life's own."""
        parts: list[Any] = []
        known = {
            **{key: slot for key, slot in self._slots.items() if isinstance(slot, Fresh | Given | Composed)},
            **self._given,
        }
        at = other = 0
        while at < len(a) or other < len(b):
            if at < len(a) and other < len(b):
                inside = next(
                    (
                        (key, slot) for key, slot in known.items()
                        if len(key[0]) > 5 and a.startswith(key[0], at) and b.startswith(key[1], other)
                    ), None,
                )  # fmt: skip
                if inside is not None:
                    parts.append(inside[1])
                    at, other = at + len(inside[0][0]), other + len(inside[0][1])
                    continue
                if a[at] == b[other]:
                    if parts and isinstance(parts[-1], str):
                        parts[-1] += a[at]
                    else:
                        parts.append(a[at])
                    at, other = at + 1, other + 1
                    continue
            here = _token(a, at)
            there = _token(b, other)
            if not here and not there:
                raise SystemExit(f"Two lives give texts that cannot be laid beside each other:\n{a[:300]}\n{b[:300]}")
            begin = _back(parts)
            key = (begin + here, begin + there)
            slot = self._slots.get(key) or self._given.get(key) or self._own(begin + here)
            self._slots.setdefault(key, slot)
            known[key] = slot
            parts.append(slot)
            at, other = at + len(here), other + len(there)
        return parts[0] if len(parts) == 1 else Composed(tuple(parts))

    def _own(self, text: str) -> Fresh:
        name = len(self._slots)
        if _is_uuid(text):
            return Fresh(name, "uuid-text", len(text))
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return Fresh(name, "digits" if text.isdecimal() else "text", len(text))
        return Fresh(name, "instant-text", len(text))


def _aligned(one: dict[str, Any]) -> list[tuple[str, Any]]:
    """Items of an object in an order that two lives share, even where its keys are ids of a life's own."""
    if not all(_is_uuid(key) for key in one):
        return list(one.items())
    return sorted(one.items(), key=lambda item: OWN.sub("", json.dumps(item[1], sort_keys=True)))


def _joined(pieces: Iterator[Any]) -> Iterator[Any]:
    """Neighbouring texts as one."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
            text = ""
        yield piece
    if text:
        yield text


class _Json:
    """A jsonb parameter as text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Json) and self.text == other.text

    __hash__ = None  # type: ignore[assignment]


def _plain(value: Any) -> Any:
    from psycopg import Binary
    from psycopg.types.json import Json, Jsonb

    if isinstance(value, Json | Jsonb):
        return _Json(json.dumps(value.obj, ensure_ascii=False, default=str))
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    if isinstance(value, Binary):
        return bytes(value.obj)
    if isinstance(value, dict):
        return _Json(json.dumps(value, ensure_ascii=False, default=str))
    if hasattr(value, "adapted"):
        return _plain(value.adapted)
    return value


def _key(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _token(text: str, at: int) -> str:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in "-_:.+"):
        end += 1
    return text[at:end]


def _back(parts: list[Any]) -> str:
    """Take back the characters of a word that two different words begin with alike."""
    if not parts or not isinstance(parts[-1], str):
        return ""
    text = parts[-1]
    begin = len(text)
    while begin and (text[begin - 1].isalnum() or text[begin - 1] in "-_:.+"):
        begin -= 1
    parts[-1] = text[:begin]
    if not parts[-1]:
        parts.pop()
    return text[begin:]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _slots_in(param: Any) -> Iterator[Any]:
    if isinstance(param, Fresh | Given):
        yield param
    elif isinstance(param, Composed):
        for part in param.parts:
            yield from _slots_in(part)
    elif isinstance(param, list | tuple):
        for part in param:
            yield from _slots_in(part)


def main(file: Path) -> None:
    """Write the scripts, one for each pair of people, to `file`."""
    from bench.lives import PAIRS
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    scripts = []
    for pair in range(len(PAIRS)):
        lives = InProcess(pair)
        for number in range(WARM_UP_LIVES):
            lives.live(pair * 1000 + number + 1)
        recordings = []
        for number in range(2):
            with recorded() as recorder:
                lives.live(pair * 1000 + number + 101)
            recordings.append(recorder.seen)
        scripts.append(Comparison(*recordings).script())
    file.write_bytes(pickle.dumps(scripts))


if __name__ == "__main__":
    from bench import capture  # so that what is pickled is found again under this name

    capture.main(Path(sys.argv[1]))
