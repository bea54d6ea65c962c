"""Rights on application: what a post may ask for, asking, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.identity.values.duty_requests import AskableDuty, DutyRequestState, DutyRequestView

router = Router(tags=["rights on application"], auth=SignedIn())


class AskableRight(Schema):
    """A duty that posts may ask for. longest_days: for so many days at most.  against: why this post cannot now; empty: it may."""

    duty: str
    longest_days: int
    against: str

    @classmethod
    def told(cls, one: AskableDuty) -> AskableRight:
        """As the API says it."""
        return cls(
            duty=one.duty.id, longest_days=one.longest_days, against=sentence(one.against) if one.against else ""
        )


class DutyRequested(Schema):
    """An application for a duty. last_day: the last civil date with it.  mine: whoever asks here made it.  answer: why it was refused.

    case_number: empty until a case has decided.  ended_on: first civil date without what was granted, once it has ended.
    """

    id: UUID
    post_id: UUID
    post_title: str
    unit_title: str
    duty_id: str
    last_day: date
    reason: str
    asked_at: datetime
    mine: bool
    state: DutyRequestState
    answer: str
    case_number: str
    decided_at: datetime | None
    ended_on: date | None

    @classmethod
    def told(cls, one: DutyRequestView) -> DutyRequested:
        """As the API says it."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


class DutiesRequested(Schema):
    """What the post of whoever asks may ask for, and what it asked for, the newest first; at most 50."""

    may_ask_for: list[AskableRight]
    asked: list[DutyRequested]


class NewDutyRequest(Schema):
    """duty: one that is given on application.  last_day: the last civil date with it.  reason: 2–200 characters."""

    duty: str
    last_day: date
    reason: str


class DutyRequestMade(Schema):
    """The new application."""

    id: UUID


@router.get("/duty-requests", response=DutiesRequested, operation_id="list_duty_requests")
def list_duty_requests(request: HttpRequest) -> DutiesRequested:
    """What the post in which one acts may ask for, and what it asked for. Empty for everybody else."""
    actor = actor_of(request)
    return DutiesRequested(
        may_ask_for=[AskableRight.told(one) for one in queries.askable_duties(actor)],
        asked=[DutyRequested.told(one) for one in queries.duty_requests(actor)],
    )


@router.post("/duty-requests", response={201: DutyRequestMade}, operation_id="ask_for_duty")
def ask_for_duty(request: HttpRequest, given: NewDutyRequest) -> Status[DutyRequestMade]:
    """Ask that one's post have a duty until a day. Who decides for its unit has a case at once."""
    made = services.ask_for_duty(actor_of(request), given.duty, given.last_day, given.reason)
    return Status(201, DutyRequestMade(id=made))


@router.get("/duty-requests/{request_id}", response=DutyRequested, operation_id="get_duty_request")
def get_duty_request(request: HttpRequest, request_id: UUID) -> DutyRequested:
    """One application of one's post."""
    return DutyRequested.told(queries.duty_request(actor_of(request), request_id))


@router.post("/duty-requests/{request_id}/withdraw", response={204: None}, operation_id="withdraw_duty_request")
def withdraw_duty_request(request: HttpRequest, request_id: UUID) -> Status[None]:
    """Take back what one asked for oneself, before it is decided."""
    services.withdraw_duty_request(actor_of(request), request_id)
    return Status(204, None)


@router.post("/duty-requests/{request_id}/give-back", response={204: None}, operation_id="give_duty_back")
def give_duty_back(request: HttpRequest, request_id: UUID) -> Status[None]:
    """Let what was granted to one's post end today."""
    services.give_duty_back(actor_of(request), request_id)
    return Status(204, None)
