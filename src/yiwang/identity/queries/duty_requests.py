"""Applications for rights 权限申请: what a post may ask for, what it asked, and where that is decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet

from yiwang.acts.values import Actor
from yiwang.identity.models import Assignment, Post, PostDuty, Unit, UnitPath
from yiwang.identity.models.duty_requests import DutyRequest
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.permission import posts_reaching, seat_of
from yiwang.identity.queries.shapes import in_force, not_over
from yiwang.identity.rules.seats import Period, excluded_pair, first_conflict
from yiwang.identity.values import DutyView
from yiwang.identity.values.duty_requests import AskableDuty, DutyRequestState, DutyRequestView
from yiwang.kernel.errors import FieldFault, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import today

__all__ = [
    "against",
    "askable_duties",
    "deciding_unit",
    "duty_request",
    "duty_requests",
    "last_day_faults",
    "may_ask_for_duties",
    "requests_of",
    "who_decides",
]

MOST = 50
"""Applications on a page; older ones stand in the audit log."""


def may_ask_for_duties(actor: Actor) -> bool:
    """Whether the actor sits in a post that can ask for duties: not of the three administrators, where some are given so. Few queries."""
    seat = seat_of(actor)
    if seat is None or any(one.administrator is not None for one in seat.duties):
        return False
    return any(one.longest_days is not None for one in duties().values())


def askable_duties(actor: Actor) -> list[AskableDuty]:
    """What the post in which the actor acts can ask for, and what it cannot and why, by id. Empty for who sits in none. Few queries."""
    seat = seat_of(actor)
    if seat is None or not may_ask_for_duties(actor):
        return []
    post = Post.objects.get(id=seat.post_id)
    known = duties()
    return [
        AskableDuty(one, one.longest_days, against(post, one, known))
        for _id, one in sorted(known.items())
        if one.longest_days is not None
    ]


def who_decides(actor: Actor) -> str:
    """The title of the unit in which it is decided what the actor's post asks for; empty where nobody may, or he sits in no post. Few
    queries.
    """
    seat = seat_of(actor)
    if seat is None or actor.account_id is None:
        return ""
    unit_id = deciding_unit(Post.objects.get(id=seat.post_id), actor.account_id)
    return "" if unit_id is None else Unit.objects.get(id=unit_id).title


def duty_requests(actor: Actor) -> list[DutyRequestView]:
    """What the post in which the actor acts asked for, the newest first; at most 50. Three queries."""
    rows = requests_of(actor).select_related("post__unit").order_by("-asked_at", "-id")[:MOST]
    return [_view(actor, one) for one in rows]


def duty_request(actor: Actor, request_id: UUID) -> DutyRequestView:
    """One of them. Raises NotFound."""
    row = requests_of(actor).select_related("post__unit").filter(id=request_id).first()
    if row is None:
        raise NotFound(msgid("There is no such application."))
    return _view(actor, row)


def requests_of(actor: Actor) -> QuerySet[DutyRequest]:
    """The applications of the post in which the actor acts. Two queries before the caller's own."""
    seat = seat_of(actor)
    return DutyRequest.objects.none() if seat is None else DutyRequest.objects.filter(post_id=seat.post_id)


def deciding_unit(post: Post, account_id: UUID) -> UUID | None:
    """The unit of the post, or the nearest above it, in which somebody may grant what the account asks for there; None where nobody may.

    Nobody decides on what he asked for himself, or about a post that he holds. Few queries.
    """
    day = today()
    of_post = Assignment.objects.filter(not_over(day), post=post).values("account_id")
    able = Assignment.objects.filter(
        in_force(day), account__is_active=True, post__in=posts_reaching("duty-request.grant", post.unit_id)
    )
    others = able.exclude(account_id=account_id).exclude(account_id__in=of_post)
    near = UnitPath.objects.filter(descendant_id=post.unit_id, ancestor__in=others.values("post__unit_id"))
    return near.order_by("depth").values_list("ancestor_id", flat=True).first()


def against(
    post: Post, asked: DutyView, known: Mapping[str, DutyView], own: DutyRequest | None = None
) -> FieldFault | None:
    """Why the post cannot have a duty now, or None. own: the application that is being decided. Few queries."""
    had = set(PostDuty.objects.filter(post=post).values_list("duty", flat=True))
    if post.closed_on is not None:
        return FieldFault("", "post-closed", msgid("This post is closed."))
    if asked.id in had:
        return FieldFault("duty", "had", msgid("Your post can do this already."))
    waiting = DutyRequest.objects.filter(post=post, duty=asked.id, state=DutyRequestState.WAITS)
    if own is None and waiting.exists():
        return FieldFault("duty", "asked", msgid("Your post has asked for this already. Wait for the answer."))
    if any(id in known and known[id].administrator is not None for id in had):
        return FieldFault("duty", "administrator", msgid("A post of the three administrators has its own duty alone."))
    pair = excluded_pair(had | {asked.id}, had | {asked.id}, known.get) or _excluded_elsewhere(
        post, had | {asked.id}, known
    )
    if pair is not None:
        one, other = (text(known[id].title) for id in pair)
        message = msgid("Nobody may hold both {one} and {other}, and you, or somebody else in this post, would.")
        return FieldFault("duty", "duties-exclude", message, {"one": one, "other": other})
    return None


def _excluded_elsewhere(post: Post, wanted: set[str], known: Mapping[str, DutyView]) -> tuple[str, str] | None:
    """Two duties of which a holder of the post would have one here and one in another post at the same time."""
    day = today()
    held = list(Assignment.objects.filter(not_over(day), post=post))
    elsewhere = Assignment.objects.filter(not_over(day), account__in={one.account_id for one in held}).exclude(
        post=post
    )
    others = list(elsewhere.prefetch_related("post__duties"))
    for one in held:
        beside = [
            (Period(other.valid_from, other.valid_to), {duty.duty for duty in other.post.duties.all()})
            for other in others
            if other.account_id == one.account_id
        ]
        if (pair := first_conflict((Period(one.valid_from, one.valid_to), wanted), beside, known.get)) is not None:
            return pair
    return None


def last_day_faults(last_day: date | None, longest_days: int) -> list[FieldFault]:
    """What is wrong with the last civil date of a duty that is asked for today."""
    if last_day is None:
        return [FieldFault("last_day", "required", msgid("Enter a day."))]
    first, last = today(), today() + timedelta(days=longest_days - 1)
    if not first <= last_day <= last:
        message = msgid("Choose a day from {first} to {last}: this right is given for {most} days at most.")
        params = {"first": first.isoformat(), "last": last.isoformat(), "most": longest_days}
        return [FieldFault("last_day", "out-of-range", message, params)]
    return []


def _view(actor: Actor, row: DutyRequest) -> DutyRequestView:
    return DutyRequestView(
        row.id,
        row.post_id,
        row.post.title,
        row.post.unit.title,
        row.duty,
        duties().get(row.duty),
        row.last_day,
        row.reason,
        row.asked_at,
        row.asked_by_id == actor.account_id,
        DutyRequestState(row.state),
        row.answer,
        row.case_number,
        row.decided_at,
        row.ended_on,
    )
