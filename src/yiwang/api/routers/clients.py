"""Connected systems: what signs officers and residents in here (OpenID Connect)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values.single_sign_on import (
    ClientLine,
    ClientView,
    ConnectedView,
    NewClient,
    NewClientSecret,
    People,
    SignOnScope,
)

router = Router(tags=["connected systems"], auth=SignedIn())


class ClientGiven(Schema):
    """A system to be connected.

    unit: code of the unit whose system it is.  public: it runs where it can keep no secret.  notice_address: for back-channel logout.
    """

    title: str
    unit: str
    people: People
    redirect_addresses: list[str]
    scopes: frozenset[SignOnScope]
    asks_consent: bool = True
    public: bool = False
    leaving_addresses: list[str] = []
    notice_address: str = ""


class KeyRenewal(Schema):
    """withdraw: keys before this one count no more at once; somebody else may have them."""

    withdraw: bool = False


class Clients(Schema):
    """Connected systems by name, those that are closed last."""

    rows: list[ClientLine]


class ConnectedSystems(Schema):
    """Systems by name."""

    rows: list[ConnectedView]


class KeyMade(Schema):
    """The `kid` of the key that signs now."""

    id: UUID


@router.get("/clients", response=Clients, operation_id="list_clients")
def list_clients(request: HttpRequest) -> Clients:
    """Every connected system."""
    return Clients(rows=queries.list_clients(actor_of(request)))


@router.post("/clients", response={201: NewClientSecret}, operation_id="connect_client")
def connect_client(request: HttpRequest, given: ClientGiven) -> Status[NewClientSecret]:
    """Connect a system. Its secret is in this answer and nowhere else."""
    fields = given.dict() | {
        "redirect_addresses": tuple(given.redirect_addresses),
        "leaving_addresses": tuple(given.leaving_addresses),
    }
    return Status(201, services.connect_client(actor_of(request), NewClient(**fields)))


@router.post("/clients/keys", response={201: KeyMade}, operation_id="renew_token_key")
def renew_token_key(request: HttpRequest, given: KeyRenewal) -> Status[KeyMade]:
    """Sign with another key from now on."""
    return Status(201, KeyMade(id=services.renew_token_key(actor_of(request), withdraw=given.withdraw)))


@router.get("/clients/{client_id}", response=ClientView, operation_id="get_client")
def get_client(request: HttpRequest, client_id: UUID) -> ClientView:
    """One connected system."""
    return queries.client_page(actor_of(request), client_id)


@router.post("/clients/{client_id}/secret", response=NewClientSecret, operation_id="renew_client_secret")
def renew_client_secret(request: HttpRequest, client_id: UUID) -> NewClientSecret:
    """Give it another secret, which is in this answer and nowhere else."""
    return services.renew_client_secret(actor_of(request), client_id)


@router.post("/clients/{client_id}/closing", response={204: None}, operation_id="close_client")
def close_client(request: HttpRequest, client_id: UUID) -> Status[None]:
    """Disconnect it."""
    services.close_client(actor_of(request), client_id)
    return Status(204, None)


@router.get("/connected", response=ConnectedSystems, operation_id="list_connected")
def list_connected(request: HttpRequest) -> ConnectedSystems:
    """The systems that hear of who asks, because he agreed."""
    return ConnectedSystems(rows=queries.connected_systems(actor_of(request)))


@router.delete("/connected/{client_id}", response={204: None}, operation_id="forbid_client")
def forbid_client(request: HttpRequest, client_id: UUID) -> Status[None]:
    """Let this system hear nothing any more."""
    services.forbid_client(actor_of(request), client_id)
    return Status(204, None)
