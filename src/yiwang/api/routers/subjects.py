"""Subjects for posts and systems: found by an identifier, their facts for a purpose, their history, corrections by the source."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.kernel.errors import NotFound, msgid
from yiwang.records import queries as records
from yiwang.records import services
from yiwang.records.values import FactView, RecordView, RelatedView

router = Router(tags=["subjects"], auth=SignedIn())


class Identifier(Schema):
    """An identifier to look for: its scheme and its value. It travels in the body, never in an address."""

    scheme: str
    value: str


class Found(Schema):
    """The subject that bears it today."""

    id: UUID


class Facts(Schema):
    """Facts in the order of the catalogue."""

    rows: list[FactView]


class Relations(Schema):
    """Relations by kind and beginning."""

    rows: list[RelatedView]


class Records(Schema):
    """Records, the latest first."""

    rows: list[RecordView]


class Correction(Schema):
    """What is otherwise. values: element → the right value; null takes it away.  reason: shown with the fact."""

    values: dict[str, object]
    reason: str


class RelationCorrection(Schema):
    """How a relation is right: both days, None for no end.  swapped: the two stood the wrong way round.  reason: both see it.

    case_number: of a case that shows it.
    """

    valid_from: date
    valid_to: date | None = None
    swapped: bool = False
    reason: str
    case_number: str = ""


class Retraction(Schema):
    """Why a relation was never so; both see it.  case_number: of a case that shows it."""

    reason: str
    case_number: str = ""


class Corrected(Schema):
    """The new record."""

    id: UUID


@router.post("/subjects/search", response=Found, operation_id="find_subject")
def find_subject(request: HttpRequest, body: Identifier) -> Found:
    """Whose identifier this is."""
    return Found(id=records.find_subject(actor_of(request), body.scheme, body.value))


@router.get("/subjects/{subject_id}/facts", response=Facts, operation_id="list_subject_facts")
def list_subject_facts(
    request: HttpRequest,
    subject_id: UUID,
    purpose: str,
    agreement: str | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> Facts:
    """What the reader may know of the subject for this purpose; the subject sees that it was read."""
    return Facts(
        rows=records.facts(
            actor_of(request), subject_id, purpose=purpose, agreement=agreement, valid_at=valid_at, known_at=known_at
        )
    )


@router.get("/subjects/{subject_id}/facts/{element}", response=FactView, operation_id="get_fact")
def get_fact(
    request: HttpRequest,
    subject_id: UUID,
    element: str,
    purpose: str,
    agreement: str | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> FactView:
    """One fact from its source; 404 when nobody knows it."""
    found = records.fact(
        actor_of(request),
        subject_id,
        element,
        purpose=purpose,
        agreement=agreement,
        valid_at=valid_at,
        known_at=known_at,
    )
    if found is None:
        raise NotFound(msgid("Nobody knows this fact."))
    return found


@router.get("/subjects/{subject_id}/relations", response=Relations, operation_id="list_subject_relations")
def list_subject_relations(
    request: HttpRequest,
    subject_id: UUID,
    purpose: str,
    agreement: str | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> Relations:
    """To whom the subject is related, as far as the reader may know it for this purpose; both ends see that it was read."""
    rows = records.related(
        actor_of(request), subject_id, purpose=purpose, agreement=agreement, valid_at=valid_at, known_at=known_at
    )
    return Relations(rows=rows)


@router.get("/subjects/{subject_id}/relations/history", response=Relations, operation_id="list_relation_history")
def list_relation_history(
    request: HttpRequest, subject_id: UUID, purpose: str, agreement: str | None = None
) -> Relations:
    """Every word about the subject's relations, corrections and retractions included, the latest first."""
    return Relations(rows=records.relation_history(actor_of(request), subject_id, purpose=purpose, agreement=agreement))


@router.post("/relations/{word_id}/corrections", response={201: Corrected}, operation_id="correct_relation")
def correct_relation(request: HttpRequest, word_id: UUID, body: RelationCorrection) -> Status[Corrected]:
    """Correct since when and until when two are related, as the officer of the relation's source."""
    id = services.correct_relation(
        actor_of(request),
        word_id,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        swapped=body.swapped,
        reason=body.reason,
        evidence=_evidence(body.case_number),
    )
    return Status(201, Corrected(id=id))


@router.post("/relations/{word_id}/retraction", response={201: Corrected}, operation_id="retract_relation")
def retract_relation(request: HttpRequest, word_id: UUID, body: Retraction) -> Status[Corrected]:
    """Say that two were never related so, as the officer of the relation's source."""
    id = services.retract_relation(actor_of(request), word_id, reason=body.reason, evidence=_evidence(body.case_number))
    return Status(201, Corrected(id=id))


def _evidence(case_number: str) -> dict[str, object]:
    return {"case_number": case_number.strip()} if case_number.strip() else {}


@router.get("/subjects/{subject_id}/records/{resource}", response=Records, operation_id="list_records")
def list_records(
    request: HttpRequest, subject_id: UUID, resource: str, purpose: str, agreement: str | None = None
) -> Records:
    """Every word that a resource has about the subject, retractions included."""
    rows = records.history(actor_of(request), subject_id, resource, purpose=purpose, agreement=agreement)
    return Records(rows=rows)


@router.get("/subjects/{subject_id}/events/{resource}", response=Records, operation_id="list_events")
def list_events(
    request: HttpRequest,
    subject_id: UUID,
    resource: str,
    purpose: str,
    since: date,
    until: date | None = None,
    agreement: str | None = None,
) -> Records:
    """The subject's events from `since` to the day before `until`."""
    rows = records.events(
        actor_of(request), subject_id, resource, purpose=purpose, since=since, until=until, agreement=agreement
    )
    return Records(rows=rows)


@router.post("/records/{resource}/{record_id}/corrections", response={201: Corrected}, operation_id="correct_record")
def correct_record(request: HttpRequest, resource: str, record_id: UUID, body: Correction) -> Status[Corrected]:
    """Correct a record, as the officer of its source."""
    id = services.correct_record(actor_of(request), resource, record_id, body.values, reason=body.reason)
    return Status(201, Corrected(id=id))
