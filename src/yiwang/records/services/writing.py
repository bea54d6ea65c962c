"""Writing records: versions through a lawful door, and whole batches from a source. Nothing is ever changed or deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier
from psycopg.types.json import Jsonb

from yiwang.acts.queries import current_release
from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import ElementView, ResourceView
from yiwang.identity.queries import actor_unit, unit_scope
from yiwang.kernel import canonical, failpoints
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import civil_date
from yiwang.records.queries.tables import KnownTable, stored_table
from yiwang.records.queries.versions import version_by_id, version_in_force
from yiwang.records.rules.tables import FIXED
from yiwang.records.services.comparing import compare_arrived
from yiwang.records.services.locks import lock_batch, lock_subject
from yiwang.records.values import Door, IngestReport, IngestRow
from yiwang.subjects.queries import system_subject

__all__ = ["RecordSuperseded", "retract_record", "system_ingest", "write_record"]

BATCH = 5_000
TICK = timedelta(microseconds=1)


class RecordSuperseded(Conflict):
    """A later word about the same beginning already stands."""

    code = "record-superseded"
    title = "This record has been superseded"
    next_step = "Look at the present record and decide again."


@service("record.write", open_to=())
def write_record(
    actor: Actor,
    resource: str,
    subject_id: UUID,
    values: Mapping[str, object],
    *,
    valid_from: date,
    door: Door | str,
    case_id: UUID | None = None,
    unit_id: UUID | None = None,
    evidence: Mapping[str, object] | None = None,
    registered_at: datetime | None = None,
    now: datetime | None = None,
) -> UUID:
    """Write a version of a subject's record and return its id: from `valid_from` on (a civil date) this is so.

    values: element id → value, typed or as entered. Elements that are left out keep what held on that day; None says that the
    fact is absent.  unit_id: the source; the unit of the actor's post by default.  evidence: canonical JSON; `case_number` is shown.
    Another version from the same day supersedes the one before; nothing is overwritten.
    Raises Invalid with every fault (422), NotFound for an unknown resource or subject, NotAllowed (403) for a unit out of reach.
    """
    act = current_act()
    target = _target(resource)
    table, elements = target.table, target.elements
    source = unit_id or actor_unit(actor)
    record_id = uuid7()
    act.about("record", record_id)
    act.about("subject", subject_id)
    act.require(_reaches(actor, "record.write", source), msgid("Your post may not write records of this unit."))
    _require_subject(subject_id, target.view)
    lock_subject(resource, subject_id, target.release)
    given = {id: value for id, value in values.items() if not catalog.is_absent(value)}
    clean, faults = catalog.validate(given, elements.values(), today=civil_date(act.time), release=target.release)
    faults += [
        FieldFault(id, "unknown-field", msgid("Nothing here asks for {field}."), {"field": id})
        for id in values
        if id not in elements and id not in given
    ]
    before = version_in_force(
        table, subject_id, valid_at=valid_from, known_at=datetime.max.replace(tzinfo=act.time.tzinfo)
    )
    kept = {id: value for id, value in (before.values if before else {}).items() if id in elements and id not in values}
    whole = kept | clean
    faults += _missing(target, whole, {fault.pointer for fault in faults})
    if faults:
        raise Invalid(faults=faults)
    arrived = _after_last(table, subject_id, act.time)
    row = _fixed(act, target, record_id, subject_id, valid_from, Door(door), whole, arrived)
    row |= {"case_id": case_id, "unit_id": source, "evidence": _json(evidence or {})}
    row |= {"registered_at": registered_at or act.time}
    _insert(table, row, whole)
    _tell(act, "record.written.v1", row, resource)
    compare_arrived(act, resource, [subject_id], target.release)
    failpoints.reach("records.after-write")
    return record_id


@service("record.retract", open_to=())
def retract_record(actor: Actor, resource: str, record_id: UUID, *, reason: str, now: datetime | None = None) -> UUID:
    """Say that what a record said was never so, as a version of its own; return that version's id.

    What held before its beginning holds again. reason: kept as evidence, 1–200 characters.
    Raises NotFound, RecordSuperseded (409) when a later version has the same beginning, Invalid (422), NotAllowed (403).
    """
    act = current_act()
    target = _target(resource)
    table = target.table
    act.about("record", record_id)
    before = version_by_id(table, record_id)
    if before is None:
        raise NotFound
    fixed = before.fixed
    may = _reaches(actor, "record.retract", fixed["unit_id"])
    act.require(may, msgid("Your post may not retract records of this unit."))
    if not 1 <= len(reason.strip()) <= 200:
        raise Invalid(faults=[FieldFault("reason", "length", msgid("Give a reason of 1 to 200 characters."))])
    lock_subject(resource, fixed["subject_id"], target.release)
    latest = _last_word(table, fixed["subject_id"], fixed["valid_from"])
    if latest != record_id or fixed["retracted"]:
        raise RecordSuperseded
    arrived = _after_last(table, fixed["subject_id"], act.time)
    version_id, subject_id, since = uuid7(), fixed["subject_id"], fixed["valid_from"]
    row = _fixed(act, target, version_id, subject_id, since, Door.CORRECTION, {}, arrived, retracted=True)
    row |= {"case_id": None, "unit_id": fixed["unit_id"], "registered_at": act.time}
    row |= {"evidence": _json({"retracts": record_id, "reason": reason.strip()})}
    act.about("record", version_id)
    _insert(table, row, {})
    _tell(act, "record.retracted.v1", row, resource)
    compare_arrived(act, resource, [subject_id], target.release)
    return version_id


@service("record.ingest")
def system_ingest(
    actor: Actor, resource: str, rows: Iterable[IngestRow], *, door: Door | str, now: datetime | None = None
) -> IngestReport:
    """Take a batch from a source: COPY into a staging table, then one set-based merge. The same batch twice changes nothing.

    A row is left out when the latest version of its subject from the same date has the same digest. The batch is refused whole
    (Invalid, with at most 1,000 faults, pointers `<row number from 0>/<element>`) when any row is. Rows of one subject and date: the
    last counts.
    Cost: validation in Python, then one COPY and one INSERT for each 5,000 rows.
    """
    act = current_act()
    target = _target(resource)
    act.about("resource", resource)
    lock_batch(resource, target.release)
    arrived = act.time
    written = given = 0
    for start, batch in _batches(rows):
        prepared = _prepared(act, target, batch, start, Door(door), arrived)
        given += len(batch)
        if merged := _merge(target.table, prepared):
            written += merged
            compare_arrived(act, resource, list({row.subject_id for row in batch}), target.release)
    act.note(resource=resource, given=given, written=written, door=str(door))
    if written:
        act.emit(
            "record.ingested.v1", subject=resource, data={"resource": resource, "written": written, "door": str(door)}
        )
    return IngestReport(written, given - written)


@dataclass(frozen=True, slots=True)
class _Target:
    """The resource as the release in force declares it, and its table. elements: those of its fields, in their order."""

    release: int
    view: ResourceView
    table: KnownTable
    elements: dict[str, ElementView]


def _target(resource: str) -> _Target:
    release = current_release()
    view = catalog.resource(resource, release)
    table = stored_table(resource)
    if table is None:
        raise NotFound("The resource {resource} has no table.", resource=resource)
    return _Target(release, view, table, {one.element: catalog.element(one.element, release) for one in view.fields})


def _require_subject(subject_id: UUID, view: ResourceView) -> None:
    subject = system_subject(subject_id)
    if subject.kind != view.about:
        fault = FieldFault("", "wrong-kind", msgid("This resource is about another kind of subject."))
        raise Invalid(faults=[fault])


def _missing(target: _Target, whole: Mapping[str, Any], faulty: Iterable[str]) -> list[FieldFault]:
    known = {pointer.partition("/")[0] for pointer in faulty}
    return [
        catalog.required_fault(target.elements[field.element])
        for field in target.view.fields
        if field.required and field.element not in whole and field.element not in known
    ]


def _fixed(
    act: Act,
    target: _Target,
    record_id: UUID,
    subject_id: UUID,
    valid_from: date,
    door: Door,
    values: Mapping[str, Any],
    arrived_at: datetime,
    *,
    retracted: bool = False,
) -> dict[str, Any]:
    actor = act.actor
    return {
        "record_id": record_id,
        "subject_id": subject_id,
        "valid_from": valid_from,
        "arrived_at": arrived_at,
        "retracted": retracted,
        "door": str(door),
        "account_id": actor.account_id,
        "post_id": actor.capacity_id if actor.capacity is CapacityKind.POST else None,
        "release": target.release,
        "origin": actor.origin,
        "digest": _digest(subject_id, valid_from, values, target.elements, retracted),
    }


def _digest(
    subject_id: UUID, valid_from: date, values: Mapping[str, Any], elements: Mapping[str, ElementView], retracted: bool
) -> bytes:
    frozen = catalog.freeze(values, [elements[id] for id in values])
    return canonical.digest({"subject": subject_id, "valid_from": valid_from, "retracted": retracted, "values": frozen})


def _insert(table: KnownTable, row: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    cells = dict(row) | _cells(table, values)
    statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(
        Identifier("records", table.name),
        SQL(", ").join(Identifier(name) for name in cells),
        SQL(", ").join(SQL("%s") for _ in cells),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), list(cells.values()))


def _cells(table: KnownTable, values: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for one in table.sets:
        if not one.left:
            value = values.get(one.element)
            stored = element_types[one.type].to_columns(value)
            cells |= {name: cell for (name, _), cell in zip(one.columns, stored, strict=True)}
    return cells


def _reaches(actor: Actor, action: str, unit_id: UUID | None) -> bool:
    """Whether a post's grant reaches the unit. What is open to other capacities is decided by the registry of permissions."""
    if actor.capacity is not CapacityKind.POST:
        return True
    scope = unit_scope(actor, action)
    return scope.covers(unit_id) or actor.capacity_id in scope.post_ids


def _json(content: Mapping[str, object]) -> Jsonb:
    """As canonical JSON has it: ids and dates as texts. Raises NotCanonical for what JSON cannot hold."""
    return Jsonb(json.loads(canonical.canonical_json(content)))


def _after_last(table: KnownTable, subject_id: UUID, moment: datetime) -> datetime:
    """`moment`, or just after the last arrival: two words about one subject never arrive at once."""
    statement = SQL("SELECT max(arrived_at) FROM {} WHERE subject_id = %s").format(Identifier("records", table.name))
    last: datetime | None = _value(statement, [subject_id])
    return moment if last is None or last < moment else last + TICK


def _last_word(table: KnownTable, subject_id: UUID, valid_from: date) -> UUID | None:
    statement = SQL(
        "SELECT record_id FROM {} WHERE subject_id = %s AND valid_from = %s ORDER BY arrived_at DESC LIMIT 1"
    ).format(Identifier("records", table.name))
    found: UUID | None = _value(statement, [subject_id, valid_from])
    return found


def _value(statement: Composable, parameters: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def _tell(act: Act, event: str, row: Mapping[str, Any], resource: str) -> None:
    act.note(resource=resource, door=row["door"], digest=bytes(row["digest"]).hex(), record_release=row["release"])
    if row["case_id"]:
        act.note(case=str(row["case_id"]))
    data = {"resource": resource, "record_id": str(row["record_id"]), "subject_id": str(row["subject_id"])}
    act.emit(event, subject=str(row["record_id"]), data=data)


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


MOST_FAULTS = 1_000


def _batches(rows: Iterable[IngestRow]) -> Iterator[tuple[int, list[IngestRow]]]:
    batch: list[IngestRow] = []
    start = 0
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield start, batch
            start, batch = start + len(batch), []
    if batch:
        yield start, batch


def _prepared(
    act: Act,
    target: _Target,
    batch: Sequence[IngestRow],
    start: int,
    door: Door,
    arrived: datetime,
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    faults: list[FieldFault] = []
    required = [field.element for field in target.view.fields if field.required]
    prepared: dict[tuple[UUID, date], tuple[dict[str, Any], dict[str, Any]]] = {}
    day = civil_date(act.time)
    for number, row in enumerate(batch, start):
        needed = () if row.retracted else required
        clean, wrong = catalog.validate(
            row.values, target.elements.values(), required=needed, today=day, release=target.release
        )
        faults += [FieldFault(f"{number}/{one.pointer}", one.code, one.message, one.params) for one in wrong]
        if len(faults) >= MOST_FAULTS:
            break
        fixed = _fixed(
            act, target, uuid7(), row.subject_id, row.valid_from, door, clean, arrived, retracted=row.retracted
        )
        fixed |= {"case_id": None, "unit_id": row.unit_id, "registered_at": row.registered_at or act.time}
        fixed |= {"evidence": _json(row.evidence)}
        prepared[row.subject_id, row.valid_from] = fixed, clean
    if faults:
        raise Invalid(faults=faults[:MOST_FAULTS])
    return list(prepared.values())


def _merge(table: KnownTable, prepared: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> int:
    """Stage by COPY; insert what differs from the last word on the same beginning, after the last arrival of its subject."""
    if not prepared:
        return 0
    stage = Identifier("records_stage")
    target = Identifier("records", table.name)
    names = [name for name, _, _ in FIXED] + [name for one in table.sets if not one.left for name, _ in one.columns]
    columns = SQL(", ").join(Identifier(name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0")
            .format(stage, columns, target)
            .as_string(None)
        )
        with cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(stage, columns).as_string(None)) as copy:
            for fixed, values in prepared:
                cells = fixed | _cells(table, values)
                copy.write_row([cells[name] for name in names])
        cursor.execute(_MERGE.format(target=target, columns=columns, taken=_taken(names), stage=stage).as_string(None))
        written = int(cursor.rowcount)
        cursor.execute(SQL("DROP TABLE {}").format(stage).as_string(None))
    return written


_MERGE = SQL(
    "INSERT INTO {target} ({columns}) SELECT {taken} FROM {stage} AS s"
    " LEFT JOIN LATERAL (SELECT digest FROM {target} AS t WHERE t.subject_id = s.subject_id AND t.valid_from = s.valid_from"
    "   ORDER BY t.arrived_at DESC LIMIT 1) AS word ON true"
    " LEFT JOIN LATERAL (SELECT max(arrived_at) AS at FROM {target} AS t WHERE t.subject_id = s.subject_id) AS last ON true"
    " WHERE word.digest IS DISTINCT FROM s.digest"
)


def _taken(names: Sequence[str]) -> Composable:
    """Columns of the stage; the arrival comes after the subject's last one."""
    after = SQL("greatest(s.arrived_at, last.at + interval '1 microsecond')")
    return SQL(", ").join(after if name == "arrived_at" else SQL("s.{}").format(Identifier(name)) for name in names)
