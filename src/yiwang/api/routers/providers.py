"""Outside identity providers 外部身份源: through whom residents and officers may sign in, and who is known to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values.outside import (
    Kind,
    LinkView,
    NewProvider,
    ProviderLine,
    ProviderView,
    Vouches,
    Whom,
)

router = Router(tags=["outside providers"], auth=SignedIn())


class ProviderGiven(Schema):
    """A provider to be connected.

    issuer: of OpenID Connect.  metadata: of SAML, XML.  vouches: which identifier of ours it says, in the claim or attribute `claim`.
    levels: what it calls a level → low, substantial, high; any other is low.  two_factors: its level `high` stands for two factors.
    An empty secret keeps the one before.
    """

    title: str
    kind: Kind
    people: Whom
    vouches: Vouches
    claim: str
    issuer: str = ""
    client_id: str = ""
    secret: str = ""
    scopes: list[str] = []
    metadata: str = ""
    levels: dict[str, str] = {}
    two_factors: bool = False


class ProviderChange(ProviderGiven):
    """The same, for one that is connected.  digest: as `get_provider` showed it."""

    digest: str


class Seen(Schema):
    """digest: of what is declared, as `get_provider` showed it; consent is given to that and nothing else."""

    digest: str


class ProviderMade(Schema):
    """The id of a provider."""

    id: UUID


class Providers(Schema):
    """Providers by name, those that are open first."""

    rows: list[ProviderLine]


class Found(Schema):
    """One thing that was tried."""

    is_well: bool
    words: str


class Trial(Schema):
    """What came of trying a connection."""

    rows: list[Found]


class OutsideLinks(Schema):
    """Providers by name."""

    rows: list[LinkView]


@router.get("/providers", response=Providers, operation_id="list_providers")
def list_providers(request: HttpRequest) -> Providers:
    """Every provider."""
    return Providers(rows=queries.list_providers(actor_of(request)))


@router.post("/providers", response={201: ProviderMade}, operation_id="connect_provider")
def connect_provider(request: HttpRequest, given: ProviderGiven) -> Status[ProviderMade]:
    """Connect a provider. Nobody comes in through it before it is opened."""
    return Status(201, ProviderMade(id=services.connect_provider(actor_of(request), _new(given.dict()))))


@router.get("/providers/{provider_id}", response=ProviderView, operation_id="get_provider")
def get_provider(request: HttpRequest, provider_id: UUID) -> ProviderView:
    """One provider, without its secret."""
    return queries.provider_page(actor_of(request), provider_id)


@router.put("/providers/{provider_id}", response={204: None}, operation_id="change_provider")
def change_provider(request: HttpRequest, provider_id: UUID, given: ProviderChange) -> Status[None]:
    """Connect it in another way, while nobody comes in through it."""
    fields = given.dict()
    digest = fields.pop("digest")
    services.change_provider(actor_of(request), provider_id, _new(fields), digest=digest)
    return Status(204, None)


@router.post("/providers/{provider_id}/trial", response=Trial, operation_id="try_provider")
def try_provider(request: HttpRequest, provider_id: UUID) -> Trial:
    """Try the connection, as far as that goes without a person."""
    found = services.try_provider(actor_of(request), provider_id)
    return Trial(rows=[Found(is_well=one.is_well, words=_(one.words).format_map(one.params)) for one in found])


@router.post("/providers/{provider_id}/opening", response={204: None}, operation_id="open_provider")
def open_provider(request: HttpRequest, provider_id: UUID, given: Seen) -> Status[None]:
    """Let people sign in through it. 403 `consent-due`: the security administrator has to consent."""
    services.open_provider(actor_of(request), provider_id, given.digest)
    return Status(204, None)


@router.post("/providers/{provider_id}/shutting", response={204: None}, operation_id="shut_provider")
def shut_provider(request: HttpRequest, provider_id: UUID) -> Status[None]:
    """Let nobody come in through it any more; whoever did is signed out."""
    services.shut_provider(actor_of(request), provider_id)
    return Status(204, None)


@router.get("/outside-links", response=OutsideLinks, operation_id="list_outside_links")
def list_outside_links(request: HttpRequest) -> OutsideLinks:
    """The providers that know who asks."""
    return OutsideLinks(rows=queries.links_of(actor_of(request)))


@router.delete("/outside-links/{link_id}", response={204: None}, operation_id="end_outside_link")
def end_outside_link(request: HttpRequest, link_id: UUID) -> Status[None]:
    """Let a provider know who asks no more."""
    services.end_link(actor_of(request), link_id)
    return Status(204, None)


@router.get("/officers/{account_id}/outside-links", response=OutsideLinks, operation_id="list_outside_links_of")
def list_outside_links_of(request: HttpRequest, account_id: UUID) -> OutsideLinks:
    """The providers that know the person of an account: for the security administrator."""
    return OutsideLinks(rows=queries.links_of_account(actor_of(request), account_id))


@router.post("/outside-links/{link_id}/breaking", response={204: None}, operation_id="break_outside_link")
def break_outside_link(request: HttpRequest, link_id: UUID) -> Status[None]:
    """Let a provider know somebody no more, whose name there another has: for the security administrator."""
    services.break_link(actor_of(request), link_id)
    return Status(204, None)


def _new(fields: dict[str, Any]) -> NewProvider:
    return NewProvider(**{**fields, "scopes": tuple(fields["scopes"])})
