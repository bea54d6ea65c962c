"""One's own facts, who read them, and messages."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from yiwang.acts.values import CapacityKind
from yiwang.api.authentication import SignedIn, actor_of, language_of
from yiwang.kernel.errors import NotAllowed, msgid
from yiwang.messaging import queries as messaging
from yiwang.messaging import services as messages
from yiwang.messaging.values import Inbox, MessageView
from yiwang.records import queries as records
from yiwang.records.values import FactView, ReadPage, RelatedView

router = Router(tags=["facts"], auth=SignedIn())
OWN_DATA = "own-data"


class Facts(Schema):
    """Facts in the order of the catalogue."""

    rows: list[FactView]


@router.get("/facts", response=Facts, operation_id="list_facts")
def list_facts(request: HttpRequest) -> Facts:
    """What the city knows about the person: value, whose, since when, how old."""
    actor = actor_of(request)
    if actor.capacity is not CapacityKind.SELF or actor.subject_id is None:
        raise NotAllowed(msgid("You may read your own facts only."))
    return Facts(rows=records.facts(actor, actor.subject_id, purpose=OWN_DATA))


class Relations(Schema):
    """Relations by kind and beginning."""

    rows: list[RelatedView]


@router.get("/relations", response=Relations, operation_id="list_relations")
def list_relations(request: HttpRequest) -> Relations:
    """To whom the person is related: who it is, what to him, since when, who says so."""
    actor = actor_of(request)
    if actor.capacity is not CapacityKind.SELF or actor.subject_id is None:
        raise NotAllowed(msgid("You may read your own facts only."))
    return Relations(rows=records.related(actor, actor.subject_id, purpose=OWN_DATA))


@router.get("/relations/history", response=Relations, operation_id="list_own_relation_history")
def list_own_relation_history(request: HttpRequest) -> Relations:
    """Every word about the person's relations, corrections and retractions included, the latest first."""
    actor = actor_of(request)
    if actor.capacity is not CapacityKind.SELF or actor.subject_id is None:
        raise NotAllowed(msgid("You may read your own facts only."))
    return Relations(rows=records.relation_history(actor, actor.subject_id, purpose=OWN_DATA))


@router.get("/reads", response=ReadPage, operation_id="list_reads")
def list_reads(
    request: HttpRequest,
    cursor: str = "",
    about: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    purpose: str = "",
    unit_id: UUID | None = None,
) -> ReadPage:
    """Who has read the person's facts, or those of a subject that he represents (`about`). Dates are half-open."""
    return records.list_reads(
        actor_of(request), cursor, about=about, since=since, until=until, purpose=purpose, unit_id=unit_id
    )


@router.get("/messages", response=Inbox, operation_id="list_messages")
def list_messages(request: HttpRequest, cursor: str = "") -> Inbox:
    """Messages to the person or the post, newest first."""
    return messaging.inbox(actor_of(request), cursor, language=language_of(request))


@router.post("/messages/{message_id}/read", response=MessageView, operation_id="mark_message_read")
def mark_message_read(request: HttpRequest, message_id: UUID) -> MessageView:
    """Say that it has been read."""
    return messages.mark_read(actor_of(request), message_id, language_of(request))
