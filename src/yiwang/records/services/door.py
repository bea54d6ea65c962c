"""The one door by which records come in: cases, batches of a source, corrections and retractions all pass here.

A *word* is one row on its way in. Words are validated against their elements, completed with who brought them by which door,
digested, and merged in one statement that knows what was said before. A state takes another word about the same beginning as a new
version; an event happened once: the same event again is known, another content under its key is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier
from psycopg.types.json import Jsonb

from yiwang.acts.queries import current_release
from yiwang.acts.services import Act
from yiwang.acts.values import CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import ElementView, ResourceView, Shape
from yiwang.kernel import canonical
from yiwang.kernel.errors import FieldFault, NotAllowed, NotFound, msgid
from yiwang.records.queries.tables import KnownTable, stored_table
from yiwang.records.values import Door

__all__ = ["Target", "Word", "admit", "digest_of", "event_key", "fits", "target_of"]

FEW = 20
"""So many words go along in the statement itself; more are staged by COPY."""


@dataclass(frozen=True, slots=True)
class Target:
    """The resource as the release in force declares it, and its table. elements: those of its fields, in their order."""

    release: int
    view: ResourceView
    table: KnownTable
    elements: dict[str, ElementView]

    @property
    def required(self) -> list[str]:
        """Elements without which there is no record."""
        return [field.element for field in self.view.fields if field.required]


@dataclass(frozen=True, slots=True)
class Word:
    """What is said about a subject, checked: from `valid_from` on this is so, or on that day this happened.

    values: typed, by element; what is left out is absent.  retracted: that it was never so, or never happened.
    """

    subject_id: UUID
    valid_from: date
    values: Mapping[str, Any]
    registered_at: datetime
    unit_id: UUID | None
    case_id: UUID | None = None
    evidence: Mapping[str, object] | None = None
    retracted: bool = False


def target_of(resource: str) -> Target:
    """What stands behind a resource today. Raises NotFound."""
    release = current_release()
    view = catalog.resource(resource, release)
    table = stored_table(resource)
    if table is None:
        raise NotFound("The resource {resource} has no table.", resource=resource)
    return Target(release, view, table, {one.element: catalog.element(one.element, release) for one in view.fields})


def fits(
    target: Target, values: Mapping[str, object], day: date, *, retracted: bool
) -> tuple[dict[str, Any], list[FieldFault]]:
    """Typed values of a whole word, and every fault. Of a retraction only an event's key must be there."""
    needed = list(target.view.key) if retracted else target.required
    return catalog.validate(values, target.elements.values(), required=needed, today=day, release=target.release)


def event_key(target: Target, values: Mapping[str, Any]) -> str:
    """What tells this event from others of its subject."""
    frozen = catalog.freeze({id: values[id] for id in target.view.key}, [target.elements[id] for id in target.view.key])
    return canonical.canonical_json([frozen[id] for id in target.view.key]).decode("utf-8")


def admit(
    act: Act, target: Target, words: Sequence[tuple[UUID, Word]], door: Door, *, repeat: bool
) -> tuple[list[UUID], list[int]]:
    """Merge words, each under its record id; return the ids that were written, and which words (by position) an event contradicts.

    Nothing is written when any word is contradicted. Of words about the same state from the same day the last counts.
    repeat: a state's word is a version even when it says what the last one said (a case, a correction); a batch leaves it out.
    The caller holds the lock of the subject or of the resource. Raises NotAllowed for a resource that an engine publishes.
    """
    if target.view.published_by and door is not Door.ENGINE:
        message = msgid("{resource} is what the platform says of itself: change it there, and it is published anew.")
        raise NotAllowed(message, resource=target.view.title_in("zh-Hans"))
    rows = [_row(act, target, id, word, door) for id, word in words]
    is_event = target.view.shape is Shape.EVENT
    unlike = _contradictions_within(rows) if is_event else []
    about = ("subject_id", "event_key", "retracted") if is_event else ("subject_id", "valid_from")
    last = {tuple(row[name] for name in about): number for number, row in enumerate(rows)}
    kept = sorted(last.values())
    if unlike or not kept:
        return [], unlike
    return _merge(target.table, [(number, rows[number]) for number in kept], repeat=repeat)


def _contradictions_within(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    said: dict[tuple[Any, ...], bytes] = {}
    return [
        number
        for number, row in enumerate(rows)
        if said.setdefault((row["subject_id"], row["event_key"], row["retracted"]), row["digest"]) != row["digest"]
    ]


def _row(act: Act, target: Target, id: UUID, word: Word, door: Door) -> dict[str, Any]:
    """The cells of a word."""
    actor = act.actor
    row: dict[str, Any] = {
        "record_id": id,
        "subject_id": word.subject_id,
        "valid_from": word.valid_from,
        "registered_at": word.registered_at,
        "arrived_at": act.time,
        "retracted": word.retracted,
        "door": str(door),
        "case_id": word.case_id,
        "account_id": actor.account_id,
        "post_id": actor.capacity_id if actor.capacity is CapacityKind.POST else None,
        "unit_id": word.unit_id,
        "evidence": _json(word.evidence or {}),
        "release": target.release,
        "origin": actor.origin,
        "digest": digest_of(target, word),
    }
    if target.view.shape is Shape.EVENT:
        row["event_key"] = event_key(target, word.values)
    for one in target.table.sets:
        if not one.left:
            cells = element_types[one.type].to_columns(word.values.get(one.element))
            row |= {name: cell for (name, _), cell in zip(one.columns, cells, strict=True)}
    return row


def digest_of(target: Target, word: Word) -> bytes:
    """SHA-256 over what a word says, of whom and since when."""
    frozen = catalog.freeze(word.values, [target.elements[id] for id in word.values])
    said = {"subject": word.subject_id, "valid_from": word.valid_from, "retracted": word.retracted, "values": frozen}
    return canonical.digest(said)


def _json(content: Mapping[str, object]) -> Jsonb:
    """As canonical JSON has it: ids and dates as texts. Raises NotCanonical for what JSON cannot hold."""
    return Jsonb(json.loads(canonical.canonical_json(content)))


# ── one statement ───────────────────────────────────────────────────────────────────────────────────────────────────────

# The last word on the same beginning of a state, or on the same event; and when the subject was last spoken of.
_STATE = SQL("t.subject_id = s.subject_id AND t.valid_from = s.valid_from")
_EVENT = SQL("t.subject_id = s.subject_id AND t.event_key = s.event_key")
_KNOWN = SQL(
    "WITH s AS ({stage}), word AS ("
    "SELECT s.number, last.digest, last.retracted, last.arrived_at"
    " FROM s CROSS JOIN LATERAL (SELECT t.digest, t.retracted, t.arrived_at FROM {target} AS t WHERE {same}"
    "   ORDER BY t.arrived_at DESC LIMIT 1) AS last)"
)
_CONTRADICTED = SQL(
    " SELECT s.number FROM s JOIN word USING (number)"
    " WHERE NOT word.retracted AND NOT s.retracted AND word.digest <> s.digest ORDER BY s.number"
)
# A retraction of an event that never stood says nothing; an event that stands is known.
_NEW_EVENT = SQL("CASE WHEN s.retracted THEN word.retracted IS FALSE ELSE word.retracted IS NOT FALSE END")
_NEW_STATE = SQL("(%(repeat)s OR word.digest IS DISTINCT FROM s.digest)")
_MERGE = SQL(
    " INSERT INTO {target} ({columns}) SELECT {taken} FROM s LEFT JOIN word USING (number)"
    " LEFT JOIN LATERAL (SELECT max(t.arrived_at) AS at FROM {target} AS t WHERE t.subject_id = s.subject_id) AS last ON true"
    " WHERE {new} ORDER BY s.number RETURNING record_id"
)


def _merge(
    table: KnownTable, rows: Sequence[tuple[int, Mapping[str, Any]]], *, repeat: bool
) -> tuple[list[UUID], list[int]]:
    is_event = table.shape is Shape.EVENT
    names = [name for name, _ in table.columns]
    target = Identifier("records", table.name)
    with connection.cursor() as cursor:
        if len(rows) > FEW:
            _stage(cursor, table, rows)
            stage: Composable = SQL("SELECT * FROM records_stage")
            cells: dict[str, Any] = {}
        else:
            stage, cells = _inline(table, rows)
        known = _KNOWN.format(stage=stage, target=target, same=_EVENT if is_event else _STATE)
        unlike: list[int] = []
        if is_event:
            cursor.execute((known + _CONTRADICTED).as_string(None), cells)
            unlike = [number for (number,) in cursor.fetchall()]
        written: list[UUID] = []
        if not unlike:
            merge = _MERGE.format(
                target=target,
                columns=SQL(", ").join(Identifier(name) for name in names),
                taken=_taken(names),
                new=_NEW_EVENT if is_event else _NEW_STATE,
            )
            cursor.execute((known + merge).as_string(None), cells | {"repeat": repeat})
            written = [id for (id,) in cursor.fetchall()]
        if len(rows) > FEW:
            cursor.execute("DROP TABLE records_stage")
    return written, unlike


def _stage(cursor: Any, table: KnownTable, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    names = [name for name, _ in table.columns]
    columns = SQL(", ").join(Identifier(name) for name in names)
    cursor.execute(
        SQL("CREATE TEMPORARY TABLE records_stage ON COMMIT DROP AS SELECT 0 AS number, {} FROM {} LIMIT 0")
        .format(columns, Identifier("records", table.name))
        .as_string(None)
    )
    with cursor.copy(SQL("COPY records_stage (number, {}) FROM STDIN").format(columns).as_string(None)) as copy:
        for number, row in rows:
            copy.write_row([number, *(row[name] for name in names)])


def _inline(table: KnownTable, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> tuple[Composable, dict[str, Any]]:
    cells: dict[str, Any] = {}
    lines: list[Composable] = []
    for number, row in rows:
        line: list[Composable] = [SQL(str(number))]
        for position, (name, sql) in enumerate(table.columns):
            cells[f"c{number}_{position}"] = row[name]
            line.append(SQL(f"%(c{number}_{position})s::{sql}"))  # sql: from the closed list of element types
        lines.append(SQL("({})").format(SQL(", ").join(line)))
    names = SQL(", ").join([SQL("number"), *(Identifier(name) for name, _ in table.columns)])
    return SQL("SELECT * FROM (VALUES {}) AS given ({})").format(SQL(", ").join(lines), names), cells


def _taken(names: Sequence[str]) -> Composable:
    """Columns of the stage; the arrival comes after the subject's last one."""
    after = SQL("greatest(s.arrived_at, last.at + interval '1 microsecond')")
    return SQL(", ").join(after if name == "arrived_at" else SQL("s.{}").format(Identifier(name)) for name in names)
