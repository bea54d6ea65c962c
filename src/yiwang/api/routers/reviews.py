"""Reviews of rights: opening one, answering what waits, and what came of it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values import AssignmentKind
from yiwang.identity.values.reviews import (
    Answer,
    Answered,
    Outcome,
    ReviewLines,
    ReviewLineView,
    ReviewView,
    Unanswered,
)
from yiwang.kernel.errors import problem

router = Router(tags=["reviews of rights"], auth=SignedIn())


class RightsReview(Schema):
    """A review of rights. unit_id: null for the whole city.  last_day: the last civil date on which answers count.

    lines, answered: how many there are, and of how many something became; for who leads a unit, of those of his post.
    counts: how many lines by what became of them.  yours: how many wait for whoever asks.
    """

    id: UUID
    unit_id: UUID | None
    unit_title: str
    reason: str
    last_day: date
    unanswered: Unanswered
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    counts: dict[str, int]
    lines: int
    answered: int
    yours: int
    may_close: bool

    @classmethod
    def told(cls, one: ReviewView) -> RightsReview:
        """As the API says it."""
        given = {name: getattr(one, name) for name in cls.model_fields}
        return cls(**given | {"counts": {str(outcome): number for outcome, number in one.counts.items()}})


class RightsReviews(Schema):
    """Those that are open, then the others, the newest first; at most 100."""

    rows: list[RightsReview]


class WaitedFor(Schema):
    """Who has not answered. unit_id: null for the security administrator.  posts: titles of those that lead there."""

    unit_id: UUID | None
    unit_title: str
    posts: list[str]
    lines: int


class RightsReviewPage(Schema):
    """A review with who has not answered, most lines first."""

    review: RightsReview
    waiting: list[WaitedFor]


class NewRightsReview(Schema):
    """unit_id: null for the whole city.  reason: 2–200 characters.  last_day: a working day, 3 to 60 working days from today.

    unanswered: what becomes of what nobody answers.
    """

    unit_id: UUID | None = None
    reason: str
    last_day: date
    unanswered: Unanswered = Unanswered.REPORT


class RightsReviewMade(Schema):
    """The new review."""

    id: UUID


class RightsLine(Schema):
    """An assignment as it stood at the opening, and what became of it. valid_to: first civil date without it.

    rests: during a secondment elsewhere.  signed_in_at: machine time.  keeper: the system that has to end it as well; empty for none.
    administers: it ends with the consent of two administrators alone.  answered_by: log-in; empty where it came by itself.
    """

    id: UUID
    assignment_id: UUID
    account_id: UUID
    login: str
    post_id: UUID
    unit_title: str
    post_title: str
    duties: list[str]
    kind: AssignmentKind
    valid_from: date
    valid_to: date | None
    rests: bool
    signed_in_at: datetime | None
    keeper: str
    administers: bool
    outcome: Outcome
    answered_by: str
    answered_at: datetime | None
    reason: str

    @classmethod
    def told(cls, one: ReviewLineView) -> RightsLine:
        """As the API says it."""
        given = {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
        return cls(**given | {"account_id": one.account.id, "login": one.account.login, "duties": list(one.duties)})


class RightsLines(Schema):
    """One page of lines, by unit and post. next_cursor: empty on the last."""

    rows: list[RightsLine]
    next_cursor: str

    @classmethod
    def told(cls, found: ReviewLines) -> RightsLines:
        """As the API says it."""
        return cls(rows=[RightsLine.told(one) for one in found.lines], next_cursor=found.next_cursor)


class NewAnswers(Schema):
    """lines: at most 200.  reason: why they are to end, 2–200 characters; left empty for what is kept."""

    lines: list[UUID]
    answer: Answer
    reason: str = ""


class AnswerMade(Schema):
    """What became of one line. outcome: null where a fault stood against it; code, detail: which, in words."""

    line_id: UUID
    outcome: Outcome | None
    code: str = ""
    detail: str = ""

    @classmethod
    def told(cls, one: Answered) -> AnswerMade:
        """As the API says it."""
        if one.fault is None:
            return cls(line_id=one.line_id, outcome=one.outcome)
        said = problem(one.fault, translate=_)
        return cls(line_id=one.line_id, outcome=None, code=one.fault.code, detail=str(said["detail"] or said["title"]))


class AnswersMade(Schema):
    """What became of each, in the order in which they were given."""

    rows: list[AnswerMade]


@router.get("/reviews", response=RightsReviews, operation_id="list_reviews")
def list_reviews(request: HttpRequest) -> RightsReviews:
    """Reviews of rights: all for the security and the audit administrator, one's own for who leads a unit."""
    return RightsReviews(rows=[RightsReview.told(one) for one in queries.reviews(actor_of(request))])


@router.post("/reviews", response={201: RightsReviewMade}, operation_id="open_review")
def open_review(request: HttpRequest, given: NewRightsReview) -> Status[RightsReviewMade]:
    """Have the rights of a unit and all below it reviewed. Where what nobody answers is to end, it answers 403 `consent-due`: ask for
    consent with what the answer holds; the review is opened with the consent.
    """
    made = services.open_review(actor_of(request), given.unit_id, given.reason, given.last_day, given.unanswered)
    return Status(201, RightsReviewMade(id=made))


@router.get("/reviews/{review_id}", response=RightsReviewPage, operation_id="get_review")
def get_review(request: HttpRequest, review_id: UUID) -> RightsReviewPage:
    """One of them, with who has not answered."""
    found = queries.review(actor_of(request), review_id)
    waiting = [
        WaitedFor(unit_id=one.unit_id, unit_title=one.unit_title, posts=list(one.posts), lines=one.lines)
        for one in found.waiting
    ]
    return RightsReviewPage(review=RightsReview.told(found.review), waiting=waiting)


@router.get("/reviews/{review_id}/lines", response=RightsLines, operation_id="list_review_lines")
def list_review_lines(
    request: HttpRequest, review_id: UUID, outcome: Outcome | None = None, cursor: str = ""
) -> RightsLines:
    """Every line of a review, or those of one outcome."""
    return RightsLines.told(queries.review_lines(actor_of(request), review_id, outcome, cursor))


@router.get("/reviews/{review_id}/mine", response=RightsLines, operation_id="list_review_lines_to_answer")
def list_review_lines_to_answer(request: HttpRequest, review_id: UUID, cursor: str = "") -> RightsLines:
    """The lines that wait for whoever asks."""
    return RightsLines.told(queries.lines_to_answer(actor_of(request), review_id, cursor))


@router.post("/reviews/{review_id}/answers", response=AnswersMade, operation_id="answer_review")
def answer_review(request: HttpRequest, review_id: UUID, given: NewAnswers) -> AnswersMade:
    """Keep lines, or end their assignments at once; each for itself, so that what stands against one does not keep the others."""
    told = services.answer_lines(actor_of(request), review_id, given.lines, given.answer, given.reason)
    return AnswersMade(rows=[AnswerMade.told(one) for one in told])


@router.post("/reviews/{review_id}/close", response={204: None}, operation_id="close_review")
def close_review(request: HttpRequest, review_id: UUID) -> Status[None]:
    """Close it before its last day."""
    services.close_review(actor_of(request), review_id)
    return Status(204, None)
