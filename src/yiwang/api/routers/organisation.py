"""Units, posts, officers and who sits where: for posts, and for those who administer them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.api.pages import problem_response
from yiwang.identity import queries, services
from yiwang.identity.values import (
    Abolish,
    Administrator,
    AssignmentKind,
    EndReason,
    Establishment,
    Explanation,
    Headcounts,
    KeptLine,
    Merge,
    NewUnit,
    OfficerPage,
    OfficerView,
    Plan,
    PostView,
    ReorganisationPreview,
    Scope,
    Split,
    Standing,
    Terms,
    UnitNode,
    UnitView,
)
from yiwang.kernel.errors import Conflict, FieldFault, format_message

router = Router(tags=["organisation"], auth=SignedIn())


class Units(Schema):
    """The tree, each unit before its children."""

    rows: list[UnitNode]


class Posts(Schema):
    """Posts by code."""

    rows: list[PostView]


class NewAssignment(Schema):
    """valid_to: the first civil date without the post.  kind: regular | acting | secondment | deputy.

    document: number of the document it rests on.  establishment: the kind of place that a regular holder fills.
    instead_of: of a deputy, the assignment of the one for whom he sits there.  home, from_unit: of a secondment, the assignment that he
    is lent from, or the unit where he held no post here.  home_rests: he may do nothing there meanwhile.
    """

    account_id: UUID
    post_id: UUID
    valid_from: date
    valid_to: date | None = None
    kind: AssignmentKind = AssignmentKind.REGULAR
    document: str = ""
    establishment: Establishment | None = None
    instead_of: UUID | None = None
    home: UUID | None = None
    from_unit: UUID | None = None
    home_rests: bool = False

    def terms(self) -> Terms:
        """As the engine takes them."""
        return Terms(
            self.kind, self.document, self.establishment, self.instead_of, self.home, self.from_unit, self.home_rests
        )


class AssignmentMade(Schema):
    """The new assignment."""

    id: UUID


class EndOfAssignment(Schema):
    """on: the first civil date without the post; today when left out.  document: number of the document that ends it.

    reason: removed | transferred | retired | resigned | over | mistaken; null where nobody says why.
    """

    on: date | None = None
    reason: EndReason | None = None
    document: str = ""


class Placed(Schema):
    """The kind of place that a regular holder fills; null for none."""

    establishment: Establishment | None


class NewHeadcount(Schema):
    """places: null for no limit.  document: number of the document that says so."""

    kind: Establishment
    places: int | None
    document: str


class HeadcountFound(Schema):
    """The places of one kind. places: null for no limit.  filled: how many officers fill one today.  set_on: null when never set."""

    kind: Establishment
    places: int | None
    filled: int
    document: str
    set_on: date | None


class HeadcountsFound(Schema):
    """The places of a unit, those that are limited or filled. uncounted: regular holders of whom nobody said which place they fill."""

    rows: list[HeadcountFound]
    uncounted: int


class MergePlan(Schema):
    """Units that end; all they have goes to another."""

    what: Literal["merge"]
    units: list[UUID]
    into: UUID

    def plan(self) -> Plan:
        """As the engine takes it."""
        return Merge(tuple(self.units), self.into)


class SplitPlan(Schema):
    """A new unit, and what of the old one goes to it."""

    what: Literal["split"]
    unit: UUID
    new: NewUnit
    posts: frozenset[UUID] = frozenset()
    units: frozenset[UUID] = frozenset()
    areas: frozenset[UUID] = frozenset()

    def plan(self) -> Plan:
        """As the engine takes it."""
        return Split(self.unit, self.new, self.posts, self.units, self.areas)


class AbolishPlan(Schema):
    """A unit that ends, and who takes its place."""

    what: Literal["abolish"]
    unit: UUID
    successor: UUID

    def plan(self) -> Plan:
        """As the engine takes it."""
        return Abolish(self.unit, self.successor)


AnyPlan = Annotated[MergePlan | SplitPlan | AbolishPlan, Field(discriminator="what")]


class AskedPlan(Schema):
    """A plan to be looked at."""

    plan: AnyPlan


class NewReorganisation(AskedPlan):
    """document: number of the document 文号 that it rests on.  fingerprint: of the preview."""

    reason: str
    document: str
    fingerprint: str


class Undoing(Schema):
    """fingerprint: of its preview."""

    reason: str
    document: str = ""
    fingerprint: str


class ReorganisationMade(Schema):
    """The act, or the one that undid it."""

    id: UUID


class Said(Schema):
    """One reason in words."""

    code: str
    message: str


class KindMoved(Schema):
    """How many of a kind go. first: ids and words of the first of them; of an undoing, of those that stay, and why."""

    kind: str
    title: str
    number: int
    first: list[tuple[UUID, str]] = []
    stay: int = 0
    why: str = ""

    @classmethod
    def of(cls, one: KeptLine) -> KindMoved:
        """In the reader's language."""
        stays = one.stays
        return cls(
            kind=one.kind,
            title=_(one.title),
            number=one.number,
            first=list(one.examples),
            stay=stays.number if stays else 0,
            why=_(stays.why) if stays else "",
        )


class Preview(Schema):
    """What an act would move now.  stops: every reason against it.  hints: what it leaves.  fingerprint: to be given back with the act."""

    sources: list[UnitView]
    to: UnitView
    lines: list[KindMoved]
    stops: list[Said]
    hints: list[Said]
    fingerprint: str

    @classmethod
    def of(cls, found: ReorganisationPreview) -> Preview:
        """In the reader's language."""
        return cls(
            sources=list(found.sources),
            to=found.to,
            lines=[KindMoved.of(one) for one in found.lines],
            stops=_said(found.stops),
            hints=_said(found.hints),
            fingerprint=found.fingerprint,
        )


class GrantFound(Schema):
    """A grant of a post.  counts: false across the line of the three administrators.  reaches: the unit that was asked about."""

    duty: str
    scope: Scope
    counts: bool
    reaches: bool


class PostHeld(Schema):
    """A post that the officer holds, held or will hold. standing: now | rests | later | over."""

    post: PostView
    valid_from: date
    valid_to: date | None
    standing: Standing
    grants: list[GrantFound]


class Explained(Schema):
    """Whether an officer may do an action today, and why (not).  why: in the reader's language.  duties: all that grant it.

    reserved: the administrators to whom alone it may be granted; null for the city's business.  posts: the first ten that may do it.
    """

    allowed: bool
    why: str
    held: list[PostHeld]
    reserved: list[Administrator] | None
    duties: list[str]
    posts: list[PostView]
    number_of_posts: int

    @classmethod
    def of(cls, found: Explanation) -> Explained:
        """In the reader's language."""
        held = [
            PostHeld(
                post=one.assignment.post,
                valid_from=one.assignment.valid_from,
                valid_to=one.assignment.valid_to,
                standing=one.standing,
                grants=[
                    GrantFound(duty=each.duty.id, scope=each.scope, counts=each.counts, reaches=each.reaches)
                    for each in one.grants
                ],
            )
            for one in found.held
        ]
        return cls(
            allowed=found.reason.allowed,
            why=format_message(_(found.reason.message), found.reason.params),
            held=held,
            reserved=None if found.reserved is None else sorted(found.reserved),
            duties=[one.id for one in found.duties],
            posts=[one.post for one in found.posts],
            number_of_posts=found.number_of_posts,
        )


class Reorganised(Schema):
    """What a reorganisation moved. what: merge | split | abolish | undo.  undoes, undone_by: ids."""

    id: UUID
    what: str
    at: datetime
    reason: str
    document: str
    sources: list[UnitView]
    to: UnitView
    lines: list[KindMoved]
    undoes: UUID | None
    undone_by: UUID | None


def _said(faults: Iterable[FieldFault]) -> list[Said]:
    return [Said(code=one.code, message=format_message(_(one.message), one.params)) for one in faults]


def _with_preview(request: HttpRequest, fault: Conflict, found: ReorganisationPreview) -> HttpResponse:
    """The refusal, beside what would move now: who looked at another preview decides again without asking again."""
    return problem_response(request, fault, preview=Preview.of(found).model_dump(mode="json"))


class Seen(Schema):
    """version: as it was looked at."""

    version: int


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


@router.get("/officers/{account_id}", response=OfficerView, operation_id="officer")
def officer(request: HttpRequest, account_id: UUID) -> OfficerView:
    """One account with its career: one's own, or any for who administers officers."""
    return queries.officer(actor_of(request), account_id)


@router.get("/officers/{account_id}/explanation", response=Explained, operation_id="explain_permission")
def explain_permission(request: HttpRequest, account_id: UUID, action: str, unit_id: UUID | None = None) -> Explained:
    """Why an officer may or may not do an action today, on what concerns a unit or on anything at all."""
    return Explained.of(queries.explain_permission(actor_of(request), account_id, action, unit_id))


@router.post("/assignments", response={201: AssignmentMade}, operation_id="assign_post")
def assign_post(request: HttpRequest, given: NewAssignment) -> Status[AssignmentMade]:
    """Put an account into a post."""
    actor, days = actor_of(request), (given.valid_from, given.valid_to)
    made = services.assign_post(actor, given.account_id, given.post_id, *days, given.terms())
    return Status(201, AssignmentMade(id=made))


@router.post("/assignments/{assignment_id}/end", response={204: None}, operation_id="end_assignment")
def end_assignment(request: HttpRequest, assignment_id: UUID, given: EndOfAssignment) -> Status[None]:
    """End an assignment."""
    services.end_assignment(actor_of(request), assignment_id, given.on, given.reason, given.document)
    return Status(204, None)


@router.post("/assignments/{assignment_id}/place", response={204: None}, operation_id="place_assignment")
def place_assignment(request: HttpRequest, assignment_id: UUID, given: Placed) -> Status[None]:
    """Say which kind of place a regular holder fills."""
    services.place_assignment(actor_of(request), assignment_id, given.establishment)
    return Status(204, None)


@router.get("/units/{unit_id}/headcounts", response=HeadcountsFound, operation_id="list_headcounts")
def list_headcounts(request: HttpRequest, unit_id: UUID) -> Headcounts:
    """How many places a unit has, by kind, and how many are filled."""
    return queries.headcounts(actor_of(request), unit_id)


@router.post("/units/{unit_id}/headcounts", response={204: None}, operation_id="set_headcount")
def set_headcount(request: HttpRequest, unit_id: UUID, given: NewHeadcount) -> Status[None]:
    """Set how many places of a kind a unit has."""
    services.set_headcount(actor_of(request), unit_id, given.kind, given.places, given.document)
    return Status(204, None)


@router.post("/reorganisations/preview", response=Preview, operation_id="preview_reorganisation")
def preview_reorganisation(request: HttpRequest, given: AskedPlan) -> Preview:
    """What a plan would move now, and what stands against it."""
    return Preview.of(queries.preview_reorganisation(actor_of(request), given.plan.plan()))


@router.post("/reorganisations", response={201: ReorganisationMade}, operation_id="reorganise")
def reorganise(request: HttpRequest, given: NewReorganisation) -> Status[ReorganisationMade] | HttpResponse:
    """Merge, split or abolish units today. A refusal with 409 carries the `preview` as it is now."""
    actor, plan = actor_of(request), given.plan.plan()
    try:
        made = services.reorganise(actor, plan, given.reason, given.document, given.fingerprint)
    except Conflict as fault:
        return _with_preview(request, fault, queries.preview_reorganisation(actor, plan))
    return Status(201, ReorganisationMade(id=made))


@router.get("/reorganisations/{reorganisation_id}", response=Reorganised, operation_id="reorganisation")
def reorganisation(request: HttpRequest, reorganisation_id: UUID) -> Reorganised:
    """What a reorganisation did."""
    found = queries.reorganisation_page(actor_of(request), reorganisation_id)
    return Reorganised(
        id=found.id,
        what=found.what,
        at=found.at,
        reason=found.reason,
        document=found.document,
        sources=list(found.sources),
        to=found.to,
        lines=[KindMoved.of(one) for one in found.lines],
        undoes=found.undoes,
        undone_by=found.undone_by,
    )


@router.get("/reorganisations/{reorganisation_id}/undo", response=Preview, operation_id="preview_undoing")
def preview_undoing(request: HttpRequest, reorganisation_id: UUID) -> Preview:
    """What undoing it would return now, and what stands against it."""
    return Preview.of(queries.preview_undoing(actor_of(request), reorganisation_id))


@router.post(
    "/reorganisations/{reorganisation_id}/undo", response={201: ReorganisationMade}, operation_id="undo_reorganisation"
)
def undo_reorganisation(
    request: HttpRequest, reorganisation_id: UUID, given: Undoing
) -> Status[ReorganisationMade] | HttpResponse:
    """Undo it today. A refusal with 409 carries the `preview` as it is now."""
    actor = actor_of(request)
    try:
        made = services.undo_reorganisation(actor, reorganisation_id, given.reason, given.document, given.fingerprint)
    except Conflict as fault:
        return _with_preview(request, fault, queries.preview_undoing(actor, reorganisation_id))
    return Status(201, ReorganisationMade(id=made))


@router.post("/units/{unit_id}/reopen", response={204: None}, operation_id="reopen_unit")
def reopen_unit(request: HttpRequest, unit_id: UUID, given: Seen) -> Status[None]:
    """Open a closed unit again."""
    services.reopen_unit(actor_of(request), unit_id, given.version)
    return Status(204, None)


@router.post("/posts/{post_id}/reopen", response={204: None}, operation_id="reopen_post")
def reopen_post(request: HttpRequest, post_id: UUID, given: Seen) -> Status[None]:
    """Open a closed post again."""
    services.reopen_post(actor_of(request), post_id, given.version)
    return Status(204, None)
