"""Relations come in: one link of a case, a retraction of the source, a batch of its feed. All pass one merge.

A word says that two subjects are related from a day on, or to the day before another. The last word about the same two and the same
beginning counts. How many links one subject may have at one time is kept by a trigger of the table, which sees every writer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from yiwang.acts.queries import current_release
from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.queries import actor_unit
from yiwang.kernel import canonical, failpoints
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.records.events import RELATION_INGESTED, RELATION_RETRACTED, RELATION_WRITTEN
from yiwang.records.models import Relation, RelationLimit
from yiwang.records.queries.relation_kinds import relation
from yiwang.records.queries.relations import last_word_about, standing_link
from yiwang.records.queries.subjects import may_correct
from yiwang.records.services.locks import lock_ends, lock_resource
from yiwang.records.services.writing import MOST_FAULTS, RecordSuperseded, batches, reaches, require_reason
from yiwang.records.values import Door, IngestReport, RelationRow, RelationView
from yiwang.subjects.queries import system_kinds_of

__all__ = ["RelationTaken", "keep_limits", "retract_relation", "system_ingest_relations", "write_relation"]

CLASHES = "23P01"


class RelationTaken(Conflict):
    """One of the two already has such a relation at that time, and can have one alone."""

    code = "relation-taken"
    title = msgid("There is another relation at that time")
    next_step = msgid("Look at the relation that stands. Correct it or end it first if it is not so any more.")


def keep_limits(limits: Mapping[str, tuple[bool, bool, bool]]) -> None:
    """Let the table keep these limits: relation → (one `from`, one `to`, symmetric). Those of relations that went stay. For `apply`."""
    RelationLimit.objects.bulk_create(
        [
            RelationLimit(relation=id, one_from=one_from, one_to=one_to, is_symmetric=symmetric)
            for id, (one_from, one_to, symmetric) in limits.items()
        ],
        update_conflicts=True,
        unique_fields=["relation"],
        update_fields=["one_from", "one_to", "is_symmetric"],
    )


@service("relation.write", open_to=())
def write_relation(
    actor: Actor,
    relation_id: str,
    from_id: UUID,
    to_id: UUID,
    *,
    valid_from: date,
    valid_to: date | None = None,
    door: Door | str,
    case_id: UUID | None = None,
    unit_id: UUID | None = None,
    evidence: Mapping[str, object] | None = None,
    registered_at: datetime | None = None,
    now: datetime | None = None,
) -> UUID:
    """Say that two subjects are related from `valid_from` to the day before `valid_to` (civil dates), and return the word's id.

    from_id, to_id: as the relation's roles are declared; of a symmetric one in any order.  unit_id: the source; the unit of the actor's
    post by default.  evidence: canonical JSON; `case_number` is shown.
    Two who are related on `valid_from` already are not related anew: the id of that word comes back, and with `valid_to` the link that
    stands ends on that day.
    Raises Invalid (422) with every fault, NotFound for an unknown relation or subject, NotAllowed (403) for a unit out of reach,
    RelationTaken (409) when one of the two has another and can have one alone.
    """
    act = current_act()
    view = relation(relation_id)
    source = unit_id or actor_unit(actor)
    act.about("relation", relation_id)
    act.about("subject", from_id)
    act.about("subject", to_id)
    act.require(reaches(actor, "relation.write", source), msgid("Your post may not write records of this unit."))
    at = registered_at or act.time
    row = _ordered(view, RelationRow(from_id, to_id, valid_from, valid_to, at, source, evidence=evidence or {}))
    _require_fit(view, [row])
    lock_ends(relation_id, [from_id, to_id])
    if stands := standing_link(relation_id, row.from_id, row.to_id, valid_from):
        if valid_to in (None, stands.valid_to):
            return stands.pk
        row = replace(row, valid_from=stands.valid_from)
    return _say(act, view, row, Door(door), case_id)


@service("relation.retract", open_to=())
def retract_relation(actor: Actor, record_id: UUID, *, reason: str, now: datetime | None = None) -> UUID:
    """Say, as the source's officer, that a relation was never so, as a word of its own; return that word's id.

    The right one is then written through the door `correction`. reason: kept as evidence, 1–200 characters, shown with the relation.
    The post needs `relation.retract` for the source's unit by the duty that keeps the relation.
    Raises NotFound, NotAllowed (403), RecordSuperseded (409) when a later word stands, Invalid (422).
    """
    act = current_act()
    word = Relation.objects.filter(pk=record_id).first()
    act.about("relation-word", record_id)
    if word is None:
        raise NotFound
    view = relation(word.relation)
    may = may_correct(actor, view.kept_by, word.unit_id, "relation.retract")
    act.require(may, msgid("Only the source corrects its records."))
    kept = {"retracts": record_id, "reason": require_reason(reason)}
    ends = (word.from_subject_id, word.to_subject_id)
    lock_ends(view.id, ends)
    if last_word_about(word).pk != record_id or word.retracted:
        raise RecordSuperseded
    row = RelationRow(*ends, word.valid_from, word.valid_to, act.time, word.unit_id, retracted=True, evidence=kept)
    return _say(act, view, row, Door.CORRECTION, None)


@service("relation.ingest")
def system_ingest_relations(
    actor: Actor, relation_id: str, rows: Iterable[RelationRow], *, door: Door | str, now: datetime | None = None
) -> IngestReport:
    """Take a batch from a source, one statement for each 5,000 rows. The same batch twice changes nothing.

    A link ends by a row with the same beginning and `valid_to`. The batch is refused whole (Invalid, with at most 1,000 faults, pointers
    `<row number from 0>`) when any row is; rows of one link: the last counts.
    """
    act = current_act()
    view = relation(relation_id)
    act.about("relation", relation_id)
    lock_resource(f"relation {relation_id}")
    written = given = 0
    for start, batch in batches(rows):
        ordered = [_ordered(view, replace(row, registered_at=row.registered_at or act.time)) for row in batch]
        _require_fit(view, ordered, start)
        written += len(_merge(act, view, ordered, Door(door), None, start))
        given += len(batch)
    act.note(relation=relation_id, given=given, written=written, door=str(door))
    if written:
        data = {"relation": relation_id, "written": written, "door": str(door)}
        act.emit(RELATION_INGESTED, subject=relation_id, data=data)
    return IngestReport(written, given - written)


def _ordered(view: RelationView, row: RelationRow) -> RelationRow:
    """Of a symmetric relation the lesser id first, so that one link is one link."""
    if view.symmetric and row.from_id > row.to_id:
        return replace(row, from_id=row.to_id, to_id=row.from_id)
    return row


def _require_fit(view: RelationView, rows: Sequence[RelationRow], start: int | None = None) -> None:
    """start: number of the first row of a batch, which the pointers tell; of a single link they tell the end."""
    kinds = system_kinds_of({id for row in rows for id in (row.from_id, row.to_id)})
    faults: list[FieldFault] = []
    for number, row in enumerate(rows, start or 0):
        where = "" if start is None else f"{number}/"
        for end, id, role in (("from", row.from_id, view.start), ("to", row.to_id, view.end)):
            if start is None and id not in kinds:
                raise NotFound(msgid("There is no such subject."))
            if kinds.get(id) != role.kind:
                message = msgid("This relation is between other kinds of subjects.")
                faults.append(FieldFault(f"{where}{end}", "wrong-kind", message))
        if row.from_id == row.to_id:
            message = msgid("Nobody is related to himself.")
            faults.append(FieldFault(f"{where}to", "same-subject", message))
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            message = msgid("A relation ends after it has begun.")
            faults.append(FieldFault(f"{where}valid_to", "ends-too-early", message))
    if faults:
        raise Invalid(faults=faults[:MOST_FAULTS])


def _say(act: Act, view: RelationView, row: RelationRow, door: Door, case_id: UUID | None) -> UUID:
    """Write one word and tell of it."""
    [id] = _merge(act, view, [row], door, case_id)
    act.about("relation-word", id)
    act.note(relation=view.id, door=str(door), record_release=current_release())
    if case_id:
        act.note(case_id=case_id)
    event = RELATION_RETRACTED if row.retracted else RELATION_WRITTEN
    act.emit(event, subject=id, data={"relation": view.id, "from_id": row.from_id, "to_id": row.to_id})
    failpoints.reach("records.after-write")
    return id


# The last word about the same link: what it says is not said again, and a later word arrives later.
_MERGE = """
WITH s AS (
    SELECT * FROM unnest(%(id)s::uuid[], %(from_id)s::uuid[], %(to_id)s::uuid[], %(valid_from)s::date[], %(valid_to)s::date[],
        %(registered_at)s::timestamptz[], %(retracted)s::boolean[], %(unit_id)s::uuid[], %(evidence)s::text[])
        AS given (id, from_id, to_id, valid_from, valid_to, registered_at, retracted, unit_id, evidence)
)
INSERT INTO records_relation (id, relation, from_id, to_id, valid_from, valid_to, registered_at, arrived_at, retracted, door, case_id,
    account_id, post_id, unit_id, evidence, release, origin)
SELECT s.id, %(relation)s, s.from_id, s.to_id, s.valid_from, s.valid_to, s.registered_at,
    greatest(%(arrived_at)s, word.arrived_at + interval '1 microsecond'), s.retracted, %(door)s, %(case_id)s, %(account_id)s, %(post_id)s,
    s.unit_id, s.evidence::jsonb, %(release)s, %(origin)s
FROM s LEFT JOIN LATERAL (
    SELECT t.valid_to, t.retracted, t.arrived_at FROM records_relation AS t
    WHERE (t.from_id, t.to_id, t.relation, t.valid_from) = (s.from_id, s.to_id, %(relation)s, s.valid_from)
    ORDER BY t.arrived_at DESC LIMIT 1
) AS word ON true
WHERE CASE WHEN word.arrived_at IS NULL THEN NOT s.retracted
    ELSE (word.valid_to, word.retracted) IS DISTINCT FROM (s.valid_to, s.retracted) END
RETURNING id
"""


def _merge(
    act: Act,
    view: RelationView,
    rows: Sequence[RelationRow],
    door: Door,
    case_id: UUID | None,
    start: int | None = None,
) -> list[UUID]:
    """Write the words that say something new, and return their ids. The caller holds the lock of the ends or of the relation."""
    actor = act.actor
    kept = {(row.from_id, row.to_id, row.valid_from): number for number, row in enumerate(rows)}
    numbers = {uuid7(): number for number in sorted(kept.values())}
    some = [rows[number] for number in numbers.values()]
    cells: dict[str, Any] = {
        "id": list(numbers),
        **{name: [getattr(row, name) for row in some] for name in _COLUMNS},
        "evidence": [canonical.canonical_json(row.evidence).decode("utf-8") for row in some],
        "relation": view.id,
        "arrived_at": act.time,
        "door": str(door),
        "case_id": case_id,
        "account_id": actor.account_id,
        "post_id": actor.capacity_id if actor.capacity is CapacityKind.POST else None,
        "release": current_release(),
        "origin": actor.origin,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MERGE, cells)
            return [id for (id,) in cursor.fetchall()]
    except IntegrityError as error:
        clashing = _clashing(error)
        if not clashing:
            raise
    if start is None:
        raise RelationTaken
    message = RelationTaken.title
    faulty = sorted(start + numbers[id] for id in clashing if id in numbers)
    raise Invalid(faults=[FieldFault(f"{number}", RelationTaken.code, message) for number in faulty[:MOST_FAULTS]])


_COLUMNS = ("from_id", "to_id", "valid_from", "valid_to", "registered_at", "retracted", "unit_id")


def _clashing(error: IntegrityError) -> list[UUID]:
    """The words that the table's trigger refused; none when something else did."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None or diagnosis.sqlstate != CLASHES:
        return []
    return [UUID(id) for id in json.loads(diagnosis.message_detail)]
