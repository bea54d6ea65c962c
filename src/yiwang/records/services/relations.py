"""Relations come in: one link of a case, a correction or a retraction of the source, a batch of its feed. All pass one merge.

A word says that two subjects are related from a day on, or to the day before another. The last word about the same two and the same
beginning counts. How many links one subject may have at one time, and that nobody stands above himself, is kept by triggers of the
table, which see every writer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from yiwang.records.queries.keeping import CORRECT_RELATION, RETRACT_RELATION, may_correct
from yiwang.records.queries.relation_kinds import relation
from yiwang.records.queries.relations import last_word_about, last_word_of, link_of, standing_link
from yiwang.records.rules.links import Link, read_days
from yiwang.records.services.doubting_relations import follow_links, follow_words
from yiwang.records.services.locks import lock_ends, lock_relation
from yiwang.records.services.writing import MOST_FAULTS, RecordSuperseded, batches, reaches, require_reason
from yiwang.records.values import Door, IngestReport, RelationRow, RelationView
from yiwang.subjects.queries import system_kinds_of

__all__ = [
    "Limits",
    "RelationCircle",
    "RelationTaken",
    "correct_link",
    "correct_relation",
    "keep_limits",
    "retract_link",
    "retract_relation",
    "system_ingest_relations",
    "write_relation",
]

LONGEST_NUMBER = 60


class RelationTaken(Conflict):
    """One of the two already has such a relation at that time, and can have one alone."""

    code = "relation-taken"
    title = msgid("There is another relation at that time")
    next_step = msgid("Look at the relation that stands. Correct it or end it first if it is not so any more.")


class RelationCircle(Conflict):
    """In a hierarchy somebody would stand above himself on some day: be his own ancestor, or a part of his own part."""

    code = "relation-circle"
    title = msgid("Somebody would stand above himself")
    next_step = msgid("Look at the relations of both. One of them is wrong: correct it or end it first.")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the table keeps of a relation.  one_from, one_to: how the ends are limited.  hierarchy: in which `from` stands below `to`."""

    one_from: bool
    one_to: bool
    is_symmetric: bool
    hierarchy: str = ""


def keep_limits(limits: Mapping[str, Limits]) -> None:
    """Let the table keep these limits, by relation. Those of relations that went stay. For `apply`."""
    RelationLimit.objects.bulk_create(
        [
            RelationLimit(
                relation=id,
                one_from=one.one_from,
                one_to=one.one_to,
                is_symmetric=one.is_symmetric,
                hierarchy=one.hierarchy,
            )
            for id, one in limits.items()
        ],
        update_conflicts=True,
        unique_fields=["relation"],
        update_fields=["one_from", "one_to", "is_symmetric", "hierarchy"],
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
    RelationTaken (409) when one of the two has another and can have one alone, RelationCircle (409) when one would stand above
    himself.
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
    lock_ends(view, [from_id, to_id])
    if stands := standing_link(relation_id, row.from_id, row.to_id, valid_from):
        if valid_to in (None, stands.valid_to):
            return stands.pk
        row = replace(row, valid_from=stands.valid_from)
    id = _say(act, view, row, Door(door), case_id)
    follow_words(act, view, [id])
    return id


@service("relation.correct", open_to=())
def correct_relation(
    actor: Actor,
    record_id: UUID,
    *,
    valid_from: date | str,
    valid_to: date | str | None,
    swapped: bool = False,
    reason: str,
    evidence: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> UUID:
    """Correct since when and until when two are related, and who is what to whom; return the word that stands now.

    record_id: of the word that the officer has looked at; when another has come since, nothing is written.  valid_from, valid_to: as it
    is right, both, typed or as entered.  swapped: the two stood the wrong way round, where both ends are of one kind.  reason: kept as
    evidence, 1–200 characters, shown with the relation.  evidence: canonical JSON; `case_number` is shown.
    What begins otherwise is retracted and said anew in one transaction. Somebody else at an end is another relation: retract this one.
    The post needs `relation.correct` for the source's unit by the duty that keeps the relation.
    Raises NotFound, NotAllowed (403), RecordSuperseded (409), RelationTaken (409), RelationCircle (409), Invalid (422) with every fault,
    or when nothing would change.
    """
    act = current_act()
    view, word = _of_source(act, actor, record_id, CORRECT_RELATION)
    since, until, faults = read_days(valid_from, valid_to)
    if swapped and not view.may_swap:
        message = msgid("The two ends of this relation cannot change places.")
        faults.append(FieldFault("swapped", "cannot-swap", message))
    kept = {"corrects": record_id, **_shown_with(reason, evidence, faults)}
    if faults or since is None:
        raise Invalid(faults=faults)
    to = Link(word.from_subject_id, word.to_subject_id, since, until)
    return correct_link(act, view, word, to.turned() if swapped else to, kept)


@service("relation.retract", open_to=())
def retract_relation(
    actor: Actor,
    record_id: UUID,
    *,
    reason: str,
    evidence: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> UUID:
    """Say, as the source's officer, that a relation was never so, as a word of its own; return that word's id.

    The right one is then written through the door `correction`. reason: kept as evidence, 1–200 characters, shown with the relation.
    evidence: as `correct_relation` takes it.  The post needs `relation.retract` for the source's unit by the duty that keeps the relation.
    Raises NotFound, NotAllowed (403), RecordSuperseded (409) when a later word stands, Invalid (422).
    """
    act = current_act()
    view, word = _of_source(act, actor, record_id, RETRACT_RELATION)
    faults: list[FieldFault] = []
    kept = {"retracts": record_id, **_shown_with(reason, evidence, faults)}
    if faults:
        raise Invalid(faults=faults)
    return retract_link(act, view, word, kept)


def correct_link(
    act: Act,
    view: RelationView,
    word: Relation,
    to: Link,
    evidence: Mapping[str, object],
    case_id: UUID | None = None,
) -> UUID:
    """Say what a link is instead, within the act of whoever may; return the new word. Raises as `correct_relation` does."""
    said = link_of(word)
    lock_ends(view, said.key[:2])
    _require_last(word)
    row = RelationRow(to.from_id, to.to_id, to.valid_from, to.valid_to, act.time, word.unit_id, evidence=evidence)
    _require_fit(view, [row])
    if to == said:
        raise Invalid(faults=[FieldFault("", "nothing-changed", msgid("Nothing differs from what is recorded."))])
    if to.key != said.key:
        standing = last_word_of(view.id, to)
        if standing is not None and not standing.retracted:
            raise RelationTaken
        _say(act, view, _taken_back(act, word, evidence), Door.CORRECTION, case_id)
    id = _say(act, view, row, Door.CORRECTION, case_id)
    follow_links(act, view, {said.key: Relation.objects.get(pk=id)})
    return id


def retract_link(
    act: Act, view: RelationView, word: Relation, evidence: Mapping[str, object], case_id: UUID | None = None
) -> UUID:
    """Say that a link was never so, within the act of whoever may; return the new word. Raises RecordSuperseded (409)."""
    key = link_of(word).key
    lock_ends(view, key[:2])
    _require_last(word)
    id = _say(act, view, _taken_back(act, word, evidence), Door.CORRECTION, case_id)
    follow_links(act, view, {key: Relation.objects.get(pk=id)})
    return id


def _of_source(act: Act, actor: Actor, record_id: UUID, action: str) -> tuple[RelationView, Relation]:
    """The word, for the officer of its source. Raises NotFound, NotAllowed."""
    word = Relation.objects.filter(pk=record_id).first()
    act.about("relation-word", record_id)
    if word is None:
        raise NotFound
    view = relation(word.relation)
    may = may_correct(actor, view.kept_by, word.unit_id, action)
    act.require(may, msgid("Only the source corrects its records."))
    return view, word


def _shown_with(reason: str, evidence: Mapping[str, object] | None, faults: list[FieldFault]) -> dict[str, object]:
    """What is kept of why; faults of it go to `faults`."""
    kept: dict[str, object] = dict(evidence or {})
    if len(str(kept.get("case_number", ""))) > LONGEST_NUMBER:
        params = {"longest": LONGEST_NUMBER}
        faults.append(FieldFault("case_number", "too-long", msgid("At most {longest} characters."), params))
    try:
        kept["reason"] = require_reason(reason)
    except Invalid as refused:
        faults.extend(refused.faults)
    return kept


def _require_last(word: Relation) -> None:
    if word.retracted or last_word_about(word).pk != word.pk:
        raise RecordSuperseded


def _taken_back(act: Act, word: Relation, evidence: Mapping[str, object]) -> RelationRow:
    row = RelationRow(word.from_subject_id, word.to_subject_id, word.valid_from, word.valid_to, act.time, word.unit_id)
    return replace(row, retracted=True, evidence=evidence)


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
    lock_relation(view)
    written = given = 0
    for start, batch in batches(rows):
        ordered = [_ordered(view, replace(row, registered_at=row.registered_at or act.time)) for row in batch]
        _require_fit(view, ordered, start)
        ids = _merge(act, view, ordered, Door(door), None, start)
        written += len(ids)
        follow_words(act, view, ids)
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
        refused = _refused(error)
        if refused is None:
            raise
    fault, clashing = refused
    if start is None:
        raise fault
    message = fault.title
    faulty = sorted(start + numbers[id] for id in clashing if id in numbers)
    raise Invalid(faults=[FieldFault(f"{number}", fault.code, message) for number in faulty[:MOST_FAULTS]])


_COLUMNS = ("from_id", "to_id", "valid_from", "valid_to", "registered_at", "retracted", "unit_id")


_REFUSALS: Mapping[tuple[str, str], type[Conflict]] = {
    ("23P01", ""): RelationTaken,
    ("23514", "relation_goes_up"): RelationCircle,
}
"""What the table's triggers say: state and constraint."""


def _refused(error: IntegrityError) -> tuple[type[Conflict], list[UUID]] | None:
    """Why the table's triggers refused, and which words; None when something else did."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return None
    fault = _REFUSALS.get((diagnosis.sqlstate, diagnosis.constraint_name or ""))
    return None if fault is None else (fault, [UUID(id) for id in json.loads(diagnosis.message_detail)])
