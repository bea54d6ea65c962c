"""Emergency access: opening one thing with the consent of another administrator, reading it, and reviewing that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of, language_of
from yiwang.cases import services as cases
from yiwang.cases.values import CaseView
from yiwang.identity import queries, services
from yiwang.identity.values.emergencies import EmergencyState, EmergencyView, Verdict

router = Router(tags=["emergency access"], auth=SignedIn())


class Emergency(Schema):
    """One emergency access. Moments are machine time.  title: what kind of thing.  reference: its number.  looks: when it was read."""

    id: UUID
    kind: str
    title: str
    reference: str
    reason: str
    by: str
    by_post: str
    consented_by: str
    begun_at: datetime
    lasts_until: datetime
    ended_at: datetime | None
    seconds_left: int
    looks: list[datetime]
    state: EmergencyState
    verdict: Verdict | None
    remark: str
    reviewed_by: str
    reviewed_at: datetime | None
    mine: bool
    yours: bool
    may_end: bool

    @classmethod
    def told(cls, one: EmergencyView) -> Emergency:
        """As the API says it."""
        given = {name: getattr(one, name) for name in cls.model_fields}
        return cls(**given | {"title": _(one.title), "looks": list(one.looks)})


class Emergencies(Schema):
    """What is open or waits to be reviewed, then the others, the newest first; at most 100."""

    rows: list[Emergency]


class NewEmergency(Schema):
    """kind: of thing, `case`.  reference: its number.  reason: 10–500 characters."""

    kind: str = "case"
    reference: str
    reason: str


class EmergencyMade(Schema):
    """The new access."""

    id: UUID


class Finding(Schema):
    """What the audit administrator finds.  remark: 1–500 characters."""

    verdict: Verdict
    remark: str


@router.get("/emergencies", response=Emergencies, operation_id="list_emergencies")
def list_emergencies(request: HttpRequest) -> Emergencies:
    """What was opened in emergencies, for the three administrators."""
    return Emergencies(rows=[Emergency.told(one) for one in queries.emergencies(actor_of(request))])


@router.post("/emergencies", response={201: EmergencyMade}, operation_id="open_emergency")
def open_emergency(request: HttpRequest, given: NewEmergency) -> Status[EmergencyMade]:
    """Open one thing for reading. Answers 403 `consent-due`: ask for consent with what the answer holds; it is done with the consent."""
    made = services.open_emergency(actor_of(request), given.kind, given.reference.strip(), given.reason.strip())
    return Status(201, EmergencyMade(id=made))


@router.get("/emergencies/{access_id}", response=Emergency, operation_id="get_emergency")
def get_emergency(request: HttpRequest, access_id: UUID) -> Emergency:
    """One of them."""
    return Emergency.told(queries.emergency(actor_of(request), access_id))


@router.post("/emergencies/{access_id}/looks", response=CaseView, operation_id="look_in_emergency")
def look_in_emergency(request: HttpRequest, access_id: UUID) -> CaseView:
    """Read the case that was opened. Each look is written down, and the applicant is told."""
    return cases.read_in_emergency(actor_of(request), access_id, language_of(request))


@router.post("/emergencies/{access_id}/end", response={204: None}, operation_id="end_emergency")
def end_emergency(request: HttpRequest, access_id: UUID) -> Status[None]:
    """End it before its time is up."""
    services.end_emergency(actor_of(request), access_id)
    return Status(204, None)


@router.post("/emergencies/{access_id}/review", response={204: None}, operation_id="review_emergency")
def review_emergency(request: HttpRequest, access_id: UUID, given: Finding) -> Status[None]:
    """Enter what the audit administrator finds."""
    services.review_emergency(actor_of(request), access_id, given.verdict, given.remark)
    return Status(204, None)
