"""Systems to which officers' accounts are supplied by SCIM: which they are, and how far each account has come there."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values.receivers import NewReceiver, ReceiverLine, ReceiverPage

router = Router(tags=["receivers"], auth=SignedIn())


class ReceiverGiven(Schema):
    """A system to be connected.

    unit: code of the unit whose system it is.  units: codes of the units whose officers, with all below them, have accounts there.
    address: of its SCIM service.  token: what it gave us to show.
    """

    title: str
    unit: str
    units: list[str]
    address: str
    token: str


class ReceiverMade(Schema):
    """The new system."""

    id: UUID


class ReceiverToken(Schema):
    """Another token that the system gave us."""

    token: str


class Receivers(Schema):
    """Systems by name, those that are closed last."""

    rows: list[ReceiverLine]


class Reconciled(Schema):
    """How many accounts it is told of again."""

    accounts: int


@router.get("/receivers", response=Receivers, operation_id="list_receivers")
def list_receivers(request: HttpRequest) -> Receivers:
    """Every system to which accounts are supplied."""
    return Receivers(rows=queries.list_receivers(actor_of(request)))


@router.post("/receivers", response={201: ReceiverMade}, operation_id="connect_receiver")
def connect_receiver(request: HttpRequest, given: ReceiverGiven) -> Status[ReceiverMade]:
    """Supply the accounts of these units' officers to a system from now on."""
    return Status(201, ReceiverMade(id=services.connect_receiver(actor_of(request), NewReceiver(**given.dict()))))


@router.get("/receivers/{receiver_id}", response=ReceiverPage, operation_id="get_receiver")
def get_receiver(request: HttpRequest, receiver_id: UUID) -> ReceiverPage:
    """One of them: what it was told, what failed and why."""
    return queries.receiver_page(actor_of(request), receiver_id)


@router.put("/receivers/{receiver_id}/token", response={204: None}, operation_id="renew_receiver_token")
def renew_token(request: HttpRequest, receiver_id: UUID, given: ReceiverToken) -> Status[None]:
    """Enter another token; what failed is told again."""
    services.renew_receiver_token(actor_of(request), receiver_id, given.token)
    return Status(204, None)


@router.post("/receivers/{receiver_id}/reconciliation", response=Reconciled, operation_id="reconcile_receiver")
def reconcile_receiver(request: HttpRequest, receiver_id: UUID) -> Reconciled:
    """Tell it again of every account that it has or should have."""
    return Reconciled(accounts=services.reconcile_receiver(actor_of(request), receiver_id))


@router.post("/receivers/{receiver_id}/closing", response={204: None}, operation_id="close_receiver")
def close_receiver(request: HttpRequest, receiver_id: UUID) -> Status[None]:
    """Supply nothing to it any more."""
    services.close_receiver(actor_of(request), receiver_id)
    return Status(204, None)
