"""Bundles 一件事: what one application begins, sending it, how far it is, and taking it back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Router, Schema, Status

from yiwang.api.authentication import SignedIn, Visitor, actor_of, language_of
from yiwang.api.routers.items import FilledForm, Items, Received, received
from yiwang.cases import queries, services
from yiwang.cases.values import (
    ApplicationLine,
    ApplicationReceipt,
    ApplicationView,
    BundleGuide,
    FormView,
    ReceptionView,
)

router = Router(tags=["bundles"])


class Applications(Schema):
    """One's own applications, newest first."""

    rows: list[ApplicationLine]


class TakenBack(Schema):
    """What is taken back.  item: one part; left out, all that is not decided yet.  reason: optional; the units read it."""

    item: str = ""
    reason: str = ""


class Answered(Schema):
    """Whether a part goes on although another was not granted.  item: the part."""

    item: str
    goes_on: bool


@router.get("/bundles", response=Items, auth=Visitor(), operation_id="list_bundles")
def list_bundles(request: HttpRequest, search: str = "") -> Items:
    """Bundles open to the public, by title. search: everyday words."""
    return Items(rows=queries.list_bundles(language_of(request), search[:60]))


@router.get("/bundles/{bundle_id}", response=BundleGuide, auth=Visitor(), operation_id="get_bundle")
def get_bundle(request: HttpRequest, bundle_id: str) -> BundleGuide:
    """Its items in order, what is asked and shown once, and what follows when one is not granted."""
    return queries.bundle_guide(bundle_id, language_of(request))


@router.get("/bundles/{bundle_id}/form", response=FormView, auth=SignedIn(), operation_id="get_bundle_form")
def get_bundle_form(request: HttpRequest, bundle_id: str, subject_id: UUID | None = None) -> FormView:
    """The one form for this person, filled with what the city knows. subject_id: for which of `subjects`."""
    return queries.bundle_form_for(actor_of(request), bundle_id, language_of(request), subject_id=subject_id)


@router.post(
    "/bundles/{bundle_id}/receptions",
    response={201: ReceptionView},
    auth=SignedIn(),
    operation_id="open_bundle_reception",
)
def open_reception(request: HttpRequest, bundle_id: str, given: Received) -> Status[ReceptionView]:
    """In a post at a window: who is there and that he agreed. Then `get_bundle_form` and `submit_application` with his `subject_id`."""
    return Status(201, received(request, bundle_id, given))


@router.post(
    "/bundles/{bundle_id}/applications",
    response={201: ApplicationReceipt, 200: ApplicationReceipt},
    auth=SignedIn(),
    operation_id="submit_application",
)
def submit_application(
    request: HttpRequest,
    bundle_id: str,
    form: FilledForm,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key")],
) -> Status[ApplicationReceipt]:
    """Send the one form. The same key with the same content gives the same receipt again (200)."""
    receipt = services.submit_bundle(
        actor_of(request),
        bundle_id,
        form.values,
        idempotency_key=idempotency_key,
        form_digest=form.form_digest,
        language=language_of(request),
        subject_id=form.subject_id,
        facts=form.facts,
    )
    return Status(200 if receipt.repeated else 201, receipt)


@router.get("/applications", response=Applications, auth=SignedIn(), operation_id="list_applications")
def list_applications(request: HttpRequest) -> Applications:
    """One's own applications for bundles."""
    return Applications(rows=list(queries.my_applications(actor_of(request), language_of(request))))


@router.get("/applications/{application_id}", response=ApplicationView, auth=SignedIn(), operation_id="get_application")
def get_application(request: HttpRequest, application_id: UUID) -> ApplicationView:
    """How far it is: all of it for its applicant, for a post the parts whose cases it sees."""
    return queries.application(actor_of(request), application_id, language_of(request))


@router.post(
    "/applications/{application_id}/withdrawal",
    response=ApplicationView,
    auth=SignedIn(),
    operation_id="withdraw_application",
)
def withdraw_application(request: HttpRequest, application_id: UUID, given: TakenBack) -> ApplicationView:
    """Take back one part, or all that is not decided yet."""
    return services.withdraw_application(
        actor_of(request), application_id, item=given.item, reason=given.reason, language=language_of(request)
    )


@router.post(
    "/applications/{application_id}/answer", response=ApplicationView, auth=SignedIn(), operation_id="answer_part"
)
def answer_part(request: HttpRequest, application_id: UUID, given: Answered) -> ApplicationView:
    """Say whether a part goes on although another was not granted."""
    return services.answer_part(
        actor_of(request), application_id, item=given.item, goes_on=given.goes_on, language=language_of(request)
    )
