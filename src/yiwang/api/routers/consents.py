"""Consent of another administrator: what waits, asking, and deciding."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values import Administrator, ConsentState, ConsentView

router = Router(tags=["organisation"], auth=SignedIn())


class Line(Schema):
    """One thing about the act, in words."""

    label: str
    value: str


class Consent(Schema):
    """A request for consent. of: whose it needs.  reply: why it was refused.  yours: it waits for you."""

    id: UUID
    action: str
    words: str
    lines: list[Line]
    by: str
    by_post: str
    of: Administrator
    reason: str
    asked_at: datetime
    lasts_until: datetime
    state: ConsentState
    decided_by: str
    decided_at: datetime | None
    reply: str
    yours: bool
    mine: bool

    @classmethod
    def told(cls, one: ConsentView) -> Consent:
        """As the API says it."""
        return cls(
            id=one.id,
            action=one.action,
            words=_(one.words),
            lines=[Line(label=_(label), value=value) for label, value in one.lines],
            by=one.by,
            by_post=one.by_post,
            of=one.of,
            reason=one.reason,
            asked_at=one.asked_at,
            lasts_until=one.lasts_until,
            state=one.state,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            reply=one.reply,
            yours=one.yours,
            mine=one.mine,
        )


class Consents(Schema):
    """What waits, the oldest first, then what was decided in the last 90 days; at most 100."""

    rows: list[Consent]


class NewConsent(Schema):
    """action, arguments: as an answer of 403 `consent-due` gave them.  reason: 1–200 characters."""

    action: str
    arguments: dict[str, Any]
    reason: str


class ConsentMade(Schema):
    """The new request."""

    id: UUID


class Decided(Schema):
    """act: what to do.  reason: why it is refused, 1–200 characters."""

    act: Literal["give", "refuse", "withdraw"]
    reason: str = ""


@router.get("/consents", response=Consents, operation_id="list_consents")
def list_consents(request: HttpRequest) -> Consents:
    """What waits for consent, and what was decided lately."""
    return Consents(rows=[Consent.told(one) for one in queries.consents(actor_of(request))])


@router.post("/consents", response={201: ConsentMade}, operation_id="ask_consent")
def ask_consent(request: HttpRequest, given: NewConsent) -> Status[ConsentMade]:
    """Ask another administrator to consent, after an answer of 403 `consent-due`."""
    made = services.ask_consent(actor_of(request), given.action, given.arguments, given.reason)
    return Status(201, ConsentMade(id=made))


@router.get("/consents/{request_id}", response=Consent, operation_id="consent")
def consent(request: HttpRequest, request_id: UUID) -> Consent:
    """One request."""
    return Consent.told(queries.consent(actor_of(request), request_id))


@router.post("/consents/{request_id}", response={204: None}, operation_id="decide_consent")
def decide_consent(request: HttpRequest, request_id: UUID, given: Decided) -> Status[None]:
    """Consent, with which it is done; refuse; or withdraw one's own request."""
    actor = actor_of(request)
    if given.act == "give":
        services.give_consent(actor, request_id)
    elif given.act == "refuse":
        services.refuse_consent(actor, request_id, given.reason)
    else:
        services.withdraw_consent(actor, request_id)
    return Status(204, None)
