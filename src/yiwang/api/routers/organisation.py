"""Units, posts, officers and who sits where: for posts, and for those who administer them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values import OfficerPage, PostView, UnitNode

router = Router(tags=["organisation"], auth=SignedIn())


class Units(Schema):
    """The tree, each unit before its children."""

    rows: list[UnitNode]


class Posts(Schema):
    """Posts by code."""

    rows: list[PostView]


class NewAssignment(Schema):
    """valid_to: the first civil date without the post."""

    account_id: UUID
    post_id: UUID
    valid_from: date
    valid_to: date | None = None


class AssignmentMade(Schema):
    """The new assignment."""

    id: UUID


class EndOfAssignment(Schema):
    """on: the first civil date without the post; today when left out."""

    on: date | None = None


@router.get("/units", response=Units, operation_id="list_units")
def list_units(request: HttpRequest) -> Units:
    """The organisation."""
    return Units(rows=queries.unit_tree(actor_of(request)))


@router.get("/posts", response=Posts, operation_id="list_posts")
def list_posts(request: HttpRequest, unit_id: UUID | None = None) -> Posts:
    """The posts of a unit, or all."""
    return Posts(rows=queries.list_posts(actor_of(request), unit_id))


@router.get("/officers", response=OfficerPage, operation_id="list_officers")
def list_officers(request: HttpRequest, cursor: str = "") -> OfficerPage:
    """Accounts with their assignments."""
    return queries.list_officers(actor_of(request), cursor)


@router.post("/assignments", response={201: AssignmentMade}, operation_id="assign_post")
def assign_post(request: HttpRequest, given: NewAssignment) -> Status[AssignmentMade]:
    """Put an account into a post."""
    made = services.assign_post(actor_of(request), given.account_id, given.post_id, given.valid_from, given.valid_to)
    return Status(201, AssignmentMade(id=made))


@router.post("/assignments/{assignment_id}/end", response={204: None}, operation_id="end_assignment")
def end_assignment(request: HttpRequest, assignment_id: UUID, given: EndOfAssignment) -> Status[None]:
    """End an assignment."""
    services.end_assignment(actor_of(request), assignment_id, given.on)
    return Status(204, None)
