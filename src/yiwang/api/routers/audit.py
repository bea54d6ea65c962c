"""The audit log, for the audit administrator."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from yiwang.acts import queries as acts
from yiwang.api.authentication import SignedIn, actor_of
from yiwang.audit import queries
from yiwang.audit.values import Outcome
from yiwang.identity import queries as identity

router = Router(tags=["audit"], auth=SignedIn())
SHOWN = 50


class Entry(Schema):
    """One act.  sealed: it stands in the signed tree."""

    number: int
    time: datetime
    machine_time: datetime
    account_id: UUID | None
    capacity: str
    capacity_id: UUID | None
    action: str
    outcome: Outcome
    object_kind: str
    object_id: str
    release: int
    correlation_id: str
    sealed: bool


class Entries(Schema):
    """Newest first.  next: cursor of the next page, or null."""

    rows: list[Entry]
    next: str | None


class Verification(Schema):
    """What checking everything found."""

    is_sound: bool
    entries: int
    leaves: int
    heads: int
    backlog: int
    problem_count: int


@router.get("/audit/entries", response=Entries, operation_id="list_audit_entries")
def list_audit_entries(request: HttpRequest, cursor: str = "", action: str = "", object_id: str = "") -> Entries:
    """Entries, newest first."""
    before = int(cursor) if cursor.isdecimal() else None
    found = acts.list_audit_entries(
        actor_of(request), action=action or None, object_id=object_id or None, before=before, limit=SHOWN
    )
    rows = [
        Entry(
            number=one.id,
            time=one.entry.time,
            machine_time=one.entry.machine_time,
            account_id=one.entry.account_id,
            capacity=one.entry.capacity,
            capacity_id=one.entry.capacity_id,
            action=one.entry.action,
            outcome=one.entry.outcome,
            object_kind=one.entry.object_kind,
            object_id=one.entry.object_id,
            release=one.entry.release,
            correlation_id=one.entry.correlation_id,
            sealed=one.sealed,
        )
        for one in found
    ]
    return Entries(rows=rows, next=str(found[-1].id) if len(found) == SHOWN else None)


@router.get("/audit/verification", response=Verification, operation_id="verify_audit")
def verify_audit(request: HttpRequest) -> Verification:
    """Recompute everything and say what does not agree."""
    identity.require(actor_of(request), "audit.read")
    report = queries.verify()
    return Verification(
        is_sound=report.is_sound,
        entries=report.entries,
        leaves=report.leaves,
        heads=report.heads,
        backlog=report.backlog,
        problem_count=report.problem_count,
    )
