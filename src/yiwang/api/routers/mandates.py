"""Mandates 委托: who may act for whom, in what, until when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values.mandates import MandateState, MandateView, Principal

router = Router(tags=["mandates"], auth=SignedIn())


class MatterTold(Schema):
    """An item that an agent can be asked to do."""

    id: str
    title: str


class PrincipalTold(Schema):
    """For whom you may give a mandate. title: what the register calls it.  matters: what an agent can be asked to do."""

    subject_id: UUID
    title: str
    is_oneself: bool
    matters: list[MatterTold]

    @classmethod
    def told(cls, one: Principal) -> PrincipalTold:
        """As the API says it."""
        return cls(
            subject_id=one.subject_id,
            title=one.title,
            is_oneself=one.is_oneself,
            matters=[MatterTold(id=each.id, title=each.title) for each in one.matters],
        )


class MandateTold(Schema):
    """A mandate. principal, agent, given_by: what their registers call them.  matters: null for everything that an agent can do.

    received: you are the agent, else you speak for the principal.
    """

    id: UUID
    subject_id: UUID
    principal: str
    agent: str
    given_by: str
    matters: list[MatterTold] | None
    valid_from: date
    last_day: date
    document: str
    offered_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    reason: str
    state: MandateState
    received: bool
    awaits_answer: bool
    may_end: bool

    @classmethod
    def told(cls, one: MandateView) -> MandateTold:
        """As the API says it."""
        return cls(
            id=one.id,
            subject_id=one.subject_id,
            principal=one.principal,
            agent=one.agent,
            given_by=one.given_by,
            matters=None if one.matters is None else [MatterTold(id=each.id, title=each.title) for each in one.matters],
            valid_from=one.valid_from,
            last_day=one.last_day,
            document=one.document,
            offered_at=one.offered_at,
            accepted_at=one.accepted_at,
            ended_at=one.ended_at,
            reason=one.reason,
            state=one.state,
            received=one.received,
            awaits_answer=one.awaits_answer,
            may_end=one.may_end,
        )


class MandatesTold(Schema):
    """Those that you, or those whom you represent, gave, and those that you received, the newest first; and for whom you may give one."""

    given: list[MandateTold]
    received: list[MandateTold]
    principals: list[PrincipalTold]


class MandateGiven(Schema):
    """What is offered. agent_number, agent_name: of who is to act, as they stand on his ID card.  items: ids; null for everything that an
    agent can do.  last_day: at most three years away.
    """

    subject_id: UUID
    agent_number: str
    agent_name: str
    items: list[str] | None
    valid_from: date
    last_day: date
    document: str = ""


class MandateMade(Schema):
    """The new mandate."""

    id: UUID


class MandateAct(Schema):
    """accept or decline what you were offered; end what you gave or accepted.  reason: at most 200 characters, for the other side."""

    act: Literal["accept", "decline", "end"]
    reason: str = ""


@router.get("/mandates", response=MandatesTold, operation_id="list_mandates")
def list_mandates(request: HttpRequest) -> MandatesTold:
    """What you have to do with mandates, as yourself."""
    actor = actor_of(request)
    found = queries.mandates(actor)
    return MandatesTold(
        given=[MandateTold.told(one) for one in found.given],
        received=[MandateTold.told(one) for one in found.received],
        principals=[PrincipalTold.told(one) for one in queries.possible_principals(actor)],
    )


@router.post("/mandates", response={201: MandateMade}, operation_id="give_mandate")
def give_mandate(request: HttpRequest, given: MandateGiven) -> Status[MandateMade]:
    """Offer somebody a mandate, soon after a proof of who you are. It counts once he has accepted."""
    actor = actor_of(request)
    address = request.META.get("REMOTE_ADDR", "")
    agent = services.find_agent(actor, given.agent_number, given.agent_name, address=address)
    after = min(given.last_day, date.max - timedelta(days=1)) + timedelta(days=1)
    new = services.NewMandate(given.subject_id, given.items, given.valid_from, after, given.document)
    return Status(201, MandateMade(id=services.give_mandate(actor, agent, new)))


@router.get("/mandates/{mandate_id}", response=MandateTold, operation_id="get_mandate")
def mandate(request: HttpRequest, mandate_id: UUID) -> MandateTold:
    """One of them."""
    return MandateTold.told(queries.mandate(actor_of(request), mandate_id))


@router.post("/mandates/{mandate_id}", response={204: None}, operation_id="act_on_mandate")
def act_on_mandate(request: HttpRequest, mandate_id: UUID, given: MandateAct) -> Status[None]:
    """Accept it, decline it, or end it."""
    actor = actor_of(request)
    if given.act == "accept":
        services.accept_mandate(actor, mandate_id)
    elif given.act == "decline":
        services.decline_mandate(actor, mandate_id, given.reason)
    else:
        services.end_mandate(actor, mandate_id, given.reason)
    return Status(204, None)
