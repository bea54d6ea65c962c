"""Items, their forms, and sending one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Router, Schema, Status

from yiwang.api.authentication import SignedIn, Visitor, actor_of, language_of
from yiwang.cases import queries, services
from yiwang.cases.values import (
    ConsentMeans,
    FormView,
    IdentityShown,
    ItemGuide,
    ItemSummary,
    LimitRow,
    Receipt,
    ReceptionView,
)

router = Router(tags=["items"])


class FilledForm(Schema):
    """Answers by element.  form_digest: of the form that was read.

    subject_id: for whom, where the item is for another and the reader represents several.  facts: element → `record_id` of its `source`
    as it was read; with it, a fact that has changed since is shown (409) instead of being used unseen.
    """

    values: dict[str, Any]
    form_digest: str
    subject_id: UUID | None = None
    facts: dict[str, str] | None = None


class Received(Schema):
    """Who is at the window, by which document he showed it, and how he agreed.  scheme, value: the identifier on the document."""

    scheme: str
    value: str
    shown: IdentityShown
    means: ConsentMeans
    agreed: bool


class Items(Schema):
    """Items open to the public, by title."""

    rows: list[ItemSummary]


@router.get("/items", response=Items, auth=Visitor(), operation_id="list_items")
def list_items(request: HttpRequest, search: str = "") -> Items:
    """What can be done here. search: everyday words."""
    return Items(rows=queries.list_items(language_of(request), search[:60]))


@router.get("/items/{item_id}", response=ItemGuide, auth=Visitor(), operation_id="get_item")
def get_item(request: HttpRequest, item_id: str) -> ItemGuide:
    """Can I, what do I need, how long and how much, what happens."""
    return queries.item_guide(item_id, language_of(request))


@router.get("/items/{item_id}/form", response=FormView, auth=SignedIn(), operation_id="get_form")
def get_form(request: HttpRequest, item_id: str, subject_id: UUID | None = None) -> FormView:
    """The form for this person, filled with what the city knows, with its digest. subject_id: for which of `subjects`."""
    return queries.form_for(actor_of(request), item_id, language_of(request), subject_id=subject_id)


@router.post(
    "/items/{item_id}/receptions", response={201: ReceptionView}, auth=SignedIn(), operation_id="open_reception"
)
def open_reception(request: HttpRequest, item_id: str, given: Received) -> Status[ReceptionView]:
    """In a post at a window: write down who is there and that he agreed. Then `get_form` and `submit_case` with his `subject_id`."""
    return Status(201, received(request, item_id, given))


def received(request: HttpRequest, id: str, given: Received) -> ReceptionView:
    """Open a reception for an item or a bundle."""
    return services.open_reception(
        actor_of(request),
        id,
        scheme=given.scheme,
        value=given.value,
        shown=given.shown,
        means=given.means,
        agreed=given.agreed,
        language=language_of(request),
    )


@router.post(
    "/items/{item_id}/cases", response={201: Receipt, 200: Receipt}, auth=SignedIn(), operation_id="submit_case"
)
def submit_case(
    request: HttpRequest,
    item_id: str,
    form: FilledForm,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key")],
) -> Status[Receipt]:
    """Send a filled form. The same key with the same content gives the same receipt again (200)."""
    receipt = services.submit(
        actor_of(request),
        item_id,
        form.values,
        idempotency_key=idempotency_key,
        form_digest=form.form_digest,
        language=language_of(request),
        subject_id=form.subject_id,
        facts=form.facts,
    )
    return Status(200 if receipt.repeated else 201, receipt)


@router.get("/limits", response=list[LimitRow], auth=Visitor(), operation_id="list_limits")
def list_limits(request: HttpRequest) -> list[LimitRow]:
    """Every limit that is declared, with its law, its examples and the items in which it runs."""
    return list(queries.limit_register(language_of(request)))
