"""Systems that keep officers here: which do, of what, and by which tokens. What they write comes by SCIM, `/scim/v2`."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values import Establishment
from yiwang.identity.values.keepers import KeeperLine, KeeperPage, KeeperToken, LeadingPosts, NewKeeper, Side

router = Router(tags=["keepers"], auth=SignedIn())


class KeeperGiven(Schema):
    """A system to be connected.

    unit: code of the unit whose system it is.  side: accounts | holders.  units: codes of the units of which, with all below them, it is
    the source.  posts, establishment: of a system that says who holds posts.
    """

    title: str
    unit: str
    side: Side
    units: list[str]
    posts: LeadingPosts = LeadingPosts.ALL
    establishment: Establishment | None = None


class KeeperMade(Schema):
    """The new system. It has no token yet."""

    id: UUID


class TokenAsked(Schema):
    """days: for how long it serves."""

    days: int


class Keepers(Schema):
    """Systems by name, those that are closed last."""

    rows: list[KeeperLine]


class PostMark(Schema):
    """Whether it is a leading post.  version: of the post as it was looked at; null for who did not look."""

    leading: bool
    version: int | None = None


@router.get("/keepers", response=Keepers, operation_id="list_keepers")
def list_keepers(request: HttpRequest) -> Keepers:
    """Every system that keeps officers here."""
    return Keepers(rows=queries.list_keepers(actor_of(request)))


@router.post("/keepers", response={201: KeeperMade}, operation_id="connect_keeper")
def connect_keeper(request: HttpRequest, given: KeeperGiven) -> Status[KeeperMade]:
    """Make another system the source. One that says who holds posts needs the system administrator's consent."""
    return Status(201, KeeperMade(id=services.connect_keeper(actor_of(request), NewKeeper(**given.dict()))))


@router.get("/keepers/{keeper_id}", response=KeeperPage, operation_id="get_keeper")
def get_keeper(request: HttpRequest, keeper_id: UUID) -> KeeperPage:
    """One of them, with its tokens."""
    return queries.keeper_page(actor_of(request), keeper_id)


@router.post("/keepers/{keeper_id}/tokens", response={201: KeeperToken}, operation_id="give_keeper_token")
def give_token(request: HttpRequest, keeper_id: UUID, given: TokenAsked) -> Status[KeeperToken]:
    """Give it a token, which is in this answer and nowhere else."""
    return Status(201, services.give_keeper_token(actor_of(request), keeper_id, given.days))


@router.delete("/keepers/{keeper_id}/tokens/{token_id}", response={204: None}, operation_id="revoke_keeper_token")
def revoke_token(request: HttpRequest, keeper_id: UUID, token_id: UUID) -> Status[None]:
    """Take a token back."""
    services.revoke_keeper_token(actor_of(request), keeper_id, token_id)
    return Status(204, None)


@router.post("/keepers/{keeper_id}/closing", response={204: None}, operation_id="close_keeper")
def close_keeper(request: HttpRequest, keeper_id: UUID) -> Status[None]:
    """Let it keep officers no more. What it said stands."""
    services.close_keeper(actor_of(request), keeper_id)
    return Status(204, None)


@router.put("/posts/{post_id}/leading", response={204: None}, operation_id="mark_leading")
def mark_leading(request: HttpRequest, post_id: UUID, given: PostMark) -> Status[None]:
    """Say whether a post is a leading one."""
    services.mark_leading(actor_of(request), post_id, given.leading, given.version)
    return Status(204, None)


@router.post("/accounts/{account_id}/reopening", response={204: None}, operation_id="reopen_account")
def reopen_account(request: HttpRequest, account_id: UUID) -> Status[None]:
    """Open a closed account again, without posts and password."""
    services.reopen_account(actor_of(request), account_id)
    return Status(204, None)
