"""Discrepancies 疑义: that a fact or a relation should be another. The handling goes by the case that each of them begins."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.records import queries, services
from yiwang.records.values import DiscrepancyPage, DiscrepancyView, Evidence

router = Router(tags=["discrepancies"], auth=SignedIn())


class Doubt(Schema):
    """That a fact should be another, and why.

    resource, element: of the fact as it was read.  proposed: as the element is entered.  why: at most 500 characters.
    files: at most five, handed in as `evidence`.  case_number: where it was seen.  purpose: for which the reporter reads the fact; the
    reading is logged.  item: under whose standing agreement, for who handles its cases.
    record_id: of a relation that is doubted; resource and element are then both its id, and proposed is `{"never_so": true}` or
    `{"valid_from": …, "valid_to": …, "swapped": …}`.
    """

    subject_id: UUID
    resource: str
    element: str
    proposed: Any
    purpose: str
    why: str = ""
    files: list[UUID] = []
    case_number: str = ""
    item: str | None = None
    record_id: UUID | None = None


class TakenBack(Schema):
    """Why a report is taken back; may be empty."""

    reason: str = ""


class Reported(Schema):
    """The discrepancy that was opened, or that was open already for the same value."""

    id: UUID


@router.get("/discrepancies", response=DiscrepancyPage, operation_id="list_discrepancies")
def list_discrepancies(
    request: HttpRequest,
    cursor: str = "",
    only: Literal["", "open", "ended", "reported"] = "open",
    subject_id: UUID | None = None,
    limit: int = 50,
) -> DiscrepancyPage:
    """Those about oneself or reported by oneself; in a post those that its sources answer for as well. The newest first, without values."""
    return queries.list_discrepancies(actor_of(request), cursor, limit=limit, only=only, subject_id=subject_id)


@router.post("/discrepancies", response={201: Reported}, operation_id="report_discrepancy")
def report_discrepancy(request: HttpRequest, given: Doubt) -> Status[Reported]:
    """Doubt a fact that one reads uncovered. It reads disputed at once, and its source has a case with a limit."""
    id = services.report_discrepancy(
        actor_of(request),
        given.resource,
        given.subject_id,
        given.element,
        given.proposed,
        Evidence(given.why.strip(), tuple(dict.fromkeys(given.files)), given.case_number.strip()),
        purpose=given.purpose,
        item=given.item,
        record_id=given.record_id,
    )
    return Status(201, Reported(id=id))


@router.get("/discrepancies/{discrepancy_id}", response=DiscrepancyView, operation_id="get_discrepancy")
def get_discrepancy(request: HttpRequest, discrepancy_id: UUID, purpose: str) -> DiscrepancyView:
    """One with both values and its history. The reading of the values is logged."""
    return queries.discrepancy(actor_of(request), discrepancy_id, purpose=purpose)


@router.post("/discrepancies/{discrepancy_id}/withdrawal", response={204: None}, operation_id="withdraw_discrepancy")
def withdraw_discrepancy(request: HttpRequest, discrepancy_id: UUID, given: TakenBack) -> Status[None]:
    """Take back what one reported. With its last reporter a discrepancy ends, and the fact is undisputed again."""
    services.withdraw_discrepancy(actor_of(request), discrepancy_id, reason=given.reason)
    return Status(204, None)
