"""Writing records through the one door: versions, events, corrections, retractions, and whole batches of a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import Shape
from yiwang.identity.queries import actor_unit, unit_scope
from yiwang.kernel import failpoints
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import civil_date
from yiwang.records.events import RECORD_INGESTED, RECORD_RETRACTED, RECORD_WRITTEN
from yiwang.records.queries.keeping import may_correct
from yiwang.records.queries.versions import StoredVersion, last_word, version_by_id, version_in_force
from yiwang.records.services.comparing import compare_arrived
from yiwang.records.services.door import Target, Word, admit, digest_of, event_key, fits, target_of
from yiwang.records.services.locks import lock_batch, lock_subject
from yiwang.records.values import Door, IngestReport, IngestRow
from yiwang.subjects.queries import system_subject

__all__ = [
    "EventRecorded",
    "RecordSuperseded",
    "batches",
    "correct_record",
    "reaches",
    "require_reason",
    "retract_record",
    "system_ingest",
    "write_record",
]

Row = TypeVar("Row")

BATCH = 5_000
MOST_FAULTS = 1_000
ALL_THAT_IS_KNOWN = datetime.max.replace(tzinfo=UTC)


class RecordSuperseded(Conflict):
    """A later word about the same beginning already stands."""

    code = "record-superseded"
    title = "This record has been superseded"
    next_step = "Look at the present record and decide again."


class EventRecorded(Conflict):
    """An event with this key is recorded already, with other content. An event is never updated."""

    code = "event-recorded"
    title = "This event is recorded already, and otherwise"
    next_step = "Look at the recorded event. If it is wrong, retract it and record it anew."


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
    """Write a version of a subject's state, or an event, and return its id. valid_from: a civil date: from it on, or on it.

    values: element id → value, typed or as entered. Of a state, elements that are left out keep what held on that day; None says
    that the fact is absent.  unit_id: the source; the unit of the actor's post by default.  evidence: canonical JSON; `case_number`
    is shown.
    Another version from the same day supersedes the one before; nothing is overwritten. An event that is recorded already gives the
    id of that record.
    Raises Invalid with every fault (422), NotFound for an unknown resource or subject, NotAllowed (403) for a unit out of reach,
    EventRecorded (409) for an event whose key stands with other content.
    """
    act = current_act()
    target = target_of(resource)
    source = unit_id or actor_unit(actor)
    record_id = uuid7()
    act.about("record", record_id)
    act.about("subject", subject_id)
    act.require(reaches(actor, "record.write", source), msgid("Your post may not write records of this unit."))
    _require_subject(subject_id, target)
    lock_subject(resource, subject_id, target.release)
    whole = _whole(act, target, subject_id, values, valid_from)
    word = Word(subject_id, valid_from, whole, registered_at or act.time, source, case_id, evidence)
    return _say(act, target, record_id, word, Door(door))


@service("record.correct", open_to=())
def correct_record(
    actor: Actor,
    resource: str,
    record_id: UUID,
    values: Mapping[str, object],
    *,
    reason: str,
    evidence: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> UUID:
    """Correct what a record says, as the source's officer; return the id of the new word about the same beginning.

    record_id: of the record that the officer has looked at; when another word has come since, nothing is written.
    values: the elements that are otherwise; None takes one away.  reason: kept as evidence, 1–200 characters, shown with the fact.
    An event is retracted and recorded anew in one transaction.
    The post needs `record.correct` for the source's unit by the duty that keeps the resource.
    Raises NotFound, NotAllowed (403), RecordSuperseded (409), Invalid (422) with every fault, or when nothing would change.
    """
    act = current_act()
    target = target_of(resource)
    act.about("record", record_id)
    before = _require_record(target, record_id)
    act.require(
        may_correct(actor, target.view.kept_by, before.fixed["unit_id"]), msgid("Only the source corrects its records.")
    )
    said = require_reason(reason)
    subject_id, since = before.fixed["subject_id"], before.fixed["valid_from"]
    lock_subject(resource, subject_id, target.release)
    if last_word(target.table, subject_id, _same(before)) != record_id or before.fixed["retracted"]:
        raise RecordSuperseded
    clean, faults = catalog.validate(
        {id: value for id, value in values.items() if not catalog.is_absent(value)},
        target.elements.values(),
        today=civil_date(act.time),
        release=target.release,
    )
    standing = {id: value for id, value in before.values.items() if id in target.elements}
    whole = {id: value for id, value in standing.items() if id not in values} | clean
    faults += _missing(target, whole, faults)
    if not faults and whole == standing:
        faults = [FieldFault("", "nothing-changed", msgid("Nothing differs from what is recorded."))]
    if faults:
        raise Invalid(faults=faults)
    kept = {"corrects": record_id, "reason": said, **(evidence or {})}
    word = Word(subject_id, since, whole, act.time, before.fixed["unit_id"], None, kept)
    if target.view.shape is Shape.EVENT:
        _retract(act, target, before, kept)
    version_id = uuid7()
    act.about("record", version_id)
    return _say(act, target, version_id, word, Door.CORRECTION)


@service("record.retract", open_to=())
def retract_record(actor: Actor, resource: str, record_id: UUID, *, reason: str, now: datetime | None = None) -> UUID:
    """Say that what a record said was never so, or never happened, as a word of its own; return that word's id.

    What held before a state's beginning holds again. reason: kept as evidence, 1–200 characters.
    Raises NotFound, RecordSuperseded (409) when a later word stands, Invalid (422), NotAllowed (403).
    """
    act = current_act()
    target = target_of(resource)
    act.about("record", record_id)
    before = _require_record(target, record_id)
    may = reaches(actor, "record.retract", before.fixed["unit_id"])
    act.require(may, msgid("Your post may not retract records of this unit."))
    said = require_reason(reason)
    lock_subject(resource, before.fixed["subject_id"], target.release)
    if last_word(target.table, before.fixed["subject_id"], _same(before)) != record_id or before.fixed["retracted"]:
        raise RecordSuperseded
    version_id = _retract(act, target, before, {"retracts": record_id, "reason": said})
    compare_arrived(act, resource, [before.fixed["subject_id"]], target.release)
    return version_id


@service("record.ingest")
def system_ingest(
    actor: Actor, resource: str, rows: Iterable[IngestRow], *, door: Door | str, now: datetime | None = None
) -> IngestReport:
    """Take a batch from a source: COPY into a staging table, then one set-based merge. The same batch twice changes nothing.

    A row is left out when the latest version of its subject from the same date has the same digest, or when its event is known. The
    batch is refused whole (Invalid, with at most 1,000 faults, pointers `<row number from 0>/<element>`) when any row is. Rows of one
    subject and date: the last counts. An event whose key stands with other content is a fault.
    Cost: validation in Python, then one COPY and one INSERT for each 5,000 rows.
    """
    act = current_act()
    target = target_of(resource)
    act.about("resource", resource)
    lock_batch(resource, target.release)
    written = given = 0
    for start, batch in batches(rows):
        words = _words(act, target, batch, start)
        ids, unlike = admit(act, target, words, Door(door), repeat=False)
        if unlike:
            message = msgid("An event with this key is recorded already, with other content.")
            raise Invalid(faults=[FieldFault(f"{start + number}", "event-recorded", message) for number in unlike])
        given += len(batch)
        if ids:
            written += len(ids)
            compare_arrived(act, resource, list({row.subject_id for row in batch}), target.release)
    act.note(resource=resource, given=given, written=written, door=str(door))
    if written:
        act.emit(RECORD_INGESTED, subject=resource, data={"resource": resource, "written": written, "door": str(door)})
    return IngestReport(written, given - written)


def _same(version: StoredVersion) -> date | str:
    """What a later word would be about too: the event, or the beginning of the state."""
    same: date | str = version.fixed.get("event_key") or version.fixed["valid_from"]
    return same


def _whole(
    act: Act, target: Target, subject_id: UUID, values: Mapping[str, object], valid_from: date
) -> dict[str, Any]:
    """Everything that is so from that day on: what is given, and of a state what held and is not mentioned."""
    elements = target.elements
    given = {id: value for id, value in values.items() if not catalog.is_absent(value)}
    clean, faults = catalog.validate(given, elements.values(), today=civil_date(act.time), release=target.release)
    faults += [
        FieldFault(id, "unknown-field", msgid("Nothing here asks for {field}."), {"field": id})
        for id in values
        if id not in elements and id not in given
    ]
    kept: dict[str, Any] = {}
    if target.view.shape is Shape.STATE:
        before = version_in_force(target.table, subject_id, valid_at=valid_from, known_at=ALL_THAT_IS_KNOWN)
        known = before.values if before else {}
        kept = {id: value for id, value in known.items() if id in elements and id not in values}
    elif valid_from > civil_date(act.time):
        faults.append(_not_yet("valid_from"))
    whole = kept | clean
    faults += _missing(target, whole, faults)
    if faults:
        raise Invalid(faults=faults)
    return whole


def _not_yet(pointer: str) -> FieldFault:
    return FieldFault(pointer, "not-yet-happened", msgid("An event is recorded after it has happened, not before."))


def _say(act: Act, target: Target, record_id: UUID, word: Word, door: Door) -> UUID:
    """Admit one word, and tell of it; the id of what stands now."""
    ids, unlike = admit(act, target, [(record_id, word)], door, repeat=True)
    if unlike:
        raise EventRecorded
    if not ids and (known := last_word(target.table, word.subject_id, event_key(target, word.values))):
        act.about("record", known)
        return known
    _tell(act, RECORD_WRITTEN, target, record_id, word, door)
    compare_arrived(act, target.view.id, [word.subject_id], target.release)
    failpoints.reach("records.after-write")
    return record_id


def _retract(act: Act, target: Target, before: StoredVersion, evidence: Mapping[str, object]) -> UUID:
    fixed = before.fixed
    values = {id: before.values[id] for id in target.view.key}
    unit = fixed["unit_id"]
    word = Word(fixed["subject_id"], fixed["valid_from"], values, act.time, unit, None, evidence, retracted=True)
    version_id = uuid7()
    admit(act, target, [(version_id, word)], Door.CORRECTION, repeat=True)
    act.about("record", version_id)
    _tell(act, RECORD_RETRACTED, target, version_id, word, Door.CORRECTION)
    return version_id


def _require_record(target: Target, record_id: UUID) -> StoredVersion:
    found = version_by_id(target.table, record_id)
    if found is None:
        raise NotFound
    return found


def require_reason(reason: str) -> str:
    """The reason without blanks around it. Raises Invalid for none, or one that is too long to be shown."""
    if not 1 <= len(reason.strip()) <= 200:
        raise Invalid(faults=[FieldFault("reason", "length", msgid("Give a reason of 1 to 200 characters."))])
    return reason.strip()


def _require_subject(subject_id: UUID, target: Target) -> None:
    if system_subject(subject_id).kind != target.view.about:
        fault = FieldFault("", "wrong-kind", msgid("This resource is about another kind of subject."))
        raise Invalid(faults=[fault])


def _missing(target: Target, whole: Mapping[str, Any], faults: Sequence[FieldFault]) -> list[FieldFault]:
    faulty = {fault.pointer.partition("/")[0] for fault in faults}
    return [
        catalog.required_fault(target.elements[element])
        for element in target.required
        if element not in whole and element not in faulty
    ]


def reaches(actor: Actor, action: str, unit_id: UUID | None) -> bool:
    """Whether a post's grant reaches the unit. What is open to other capacities is decided by the registry of permissions."""
    if actor.capacity is not CapacityKind.POST:
        return True
    scope = unit_scope(actor, action)
    return scope.covers(unit_id) or actor.capacity_id in scope.post_ids


def _tell(act: Act, event: str, target: Target, record_id: UUID, word: Word, door: Door) -> None:
    resource = target.view.id
    act.note(resource=resource, door=str(door), digest=digest_of(target, word).hex(), record_release=target.release)
    if word.case_id:
        act.note(case=str(word.case_id))
    data = {"resource": resource, "record_id": str(record_id), "subject_id": str(word.subject_id)}
    act.emit(event, subject=str(record_id), data=data)


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def batches(rows: Iterable[Row]) -> Iterator[tuple[int, list[Row]]]:
    """The rows in portions for one statement each, with the number of the first, from 0."""
    batch: list[Row] = []
    start = 0
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield start, batch
            start, batch = start + len(batch), []
    if batch:
        yield start, batch


def _words(act: Act, target: Target, batch: Sequence[IngestRow], start: int) -> list[tuple[UUID, Word]]:
    faults: list[FieldFault] = []
    words: list[tuple[UUID, Word]] = []
    day = civil_date(act.time)
    is_event = target.view.shape is Shape.EVENT
    for number, row in enumerate(batch, start):
        clean, wrong = fits(target, row.values, day, retracted=row.retracted)
        faults += [FieldFault(f"{number}/{one.pointer}", one.code, one.message, one.params) for one in wrong]
        if is_event and row.valid_from > day:
            faults.append(_not_yet(f"{number}/valid_from"))
        if len(faults) >= MOST_FAULTS:
            break
        at = row.registered_at or act.time
        word = Word(row.subject_id, row.valid_from, clean, at, row.unit_id, None, row.evidence, row.retracted)
        words.append((uuid7(), word))
    if faults:
        raise Invalid(faults=faults[:MOST_FAULTS])
    return words
