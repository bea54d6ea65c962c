"""Who sits in which post: the work of the security administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Q

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ASSIGNMENT_ENDED, ASSIGNMENT_MADE
from yiwang.identity.models import Account, Assignment, Post
from yiwang.identity.queries import duties
from yiwang.identity.rules.seats import Period, excluded_pair, first_conflict
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import today

__all__ = [
    "AlreadyAssigned",
    "AssignmentEnded",
    "DutiesExclude",
    "LastAdministrator",
    "assign_post",
    "end_assignment",
    "system_assign_posts",
]


class AlreadyAssigned(Conflict):
    """The account already sits in this post on some of these days."""

    code = "already-assigned"
    title = msgid("This officer already holds this post")
    next_step = msgid("Choose other dates, or leave the assignment as it is.")


class DutiesExclude(Conflict):
    """One person may not hold both duties at the same time."""

    code = "duties-exclude"
    title = msgid("These duties exclude each other")
    next_step = msgid("Choose somebody else, or end the other assignment first.")


class AssignmentEnded(Conflict):
    """The assignment has already ended."""

    code = "assignment-ended"
    title = msgid("This assignment has already ended")
    next_step = msgid("Nothing needs to be done.")


class LastAdministrator(Conflict):
    """Without this assignment nobody would be left for the work of this administrator."""

    code = "last-administrator"
    title = msgid("Nobody else holds this administrator's post")
    next_step = msgid("Assign somebody else first.")


@service("assignment.assign")
def assign_post(actor: Actor, account_id: UUID, post_id: UUID, valid_from: date, valid_to: date | None = None) -> UUID:
    """Put an account into a post from `valid_from` until the day before `valid_to` (civil dates), and return the assignment.

    Nobody assigns himself. The days begin today or later: rights are not made for the past. Locks the account's row, so two
    assignments at once cannot pass the exclusions side by side.
    Raises NotFound (account or post), NotAllowed (oneself), Invalid (dates; an account that is closed or without a person),
    AlreadyAssigned and DutiesExclude (409).
    Source: 三员分立, GB/T 22239-2019 安全管理中心: the three administrators are three persons.
    """
    if valid_from < today():
        raise Invalid(faults=[FieldFault("valid_from", "in-past", msgid("An assignment begins today or later."))])
    return _assign(actor, account_id, post_id, Period(valid_from, valid_to))


@service("assignment.end")
def end_assignment(actor: Actor, assignment_id: UUID, on: date | None = None) -> None:
    """End an assignment: `on` (default today) is the first civil date without the post. Ended today, its rights go at once.

    An assignment that has not begun never will. Raises NotFound, Invalid (a past date), AssignmentEnded and LastAdministrator (409).
    """
    last_day = on or today()
    if last_day < today():
        raise Invalid(faults=[FieldFault("on", "in-past", msgid("An assignment ends today or later."))])
    assignment = Assignment.objects.select_for_update().filter(id=assignment_id).first()
    if assignment is None:
        raise NotFound(msgid("There is no such assignment."))
    if assignment.valid_to is not None and assignment.valid_to <= last_day:
        raise AssignmentEnded(msgid("The assignment ends on {on}."), on=assignment.valid_to.isoformat())
    _refuse_to_lose_the_last(assignment)
    assignment.valid_to = max(last_day, assignment.valid_from)
    assignment.ended_by_id = actor.account_id
    assignment.save(update_fields=["valid_to", "ended_by"])
    act = current_act()
    act.about("assignment", assignment.id)
    act.note(account=str(assignment.account_id), post=str(assignment.post_id), on=assignment.valid_to.isoformat())
    act.emit(
        ASSIGNMENT_ENDED,
        subject=str(assignment.id),
        data={
            "account_id": str(assignment.account_id),
            "post_id": str(assignment.post_id),
            "on": assignment.valid_to.isoformat(),
        },
    )


@service("assignment.load")
def system_assign_posts(actor: Actor, seats: Sequence[tuple[UUID, UUID, date]]) -> int:
    """Assign (account, post, from) of samples, past days allowed; those that stand already are kept. Return how many were made."""
    made = 0
    for account_id, post_id, valid_from in seats:
        if not Assignment.objects.filter(account_id=account_id, post_id=post_id, valid_to__isnull=True).exists():
            _assign(actor, account_id, post_id, Period(valid_from))
            made += 1
    current_act().about("assignment", "batch")
    current_act().note(given=len(seats), made=made)
    return made


def _assign(actor: Actor, account_id: UUID, post_id: UUID, period: Period) -> UUID:
    account = Account.objects.select_for_update().filter(id=account_id).first()
    post = Post.objects.filter(id=post_id).first()
    if account is None or post is None:
        raise NotFound(msgid("There is no such account.") if account is None else msgid("There is no such post."))
    if actor.capacity is not CapacityKind.SYSTEM and actor.account_id == account.id:
        raise NotAllowed(msgid("Nobody assigns a post to himself."))
    _refuse_bad_input(account, period)
    _refuse_conflicts(account, post, period)
    assignment = Assignment.objects.create(
        account=account,
        post=post,
        valid_from=period.since,
        valid_to=period.until,
        assigned_by_id=actor.account_id,
        origin=actor.origin,
    )
    act = current_act()
    act.about("assignment", assignment.id)
    act.note(account=str(account.id), post=str(post.id))
    act.emit(
        ASSIGNMENT_MADE,
        subject=str(assignment.id),
        data={
            "account_id": str(account.id),
            "post_id": str(post.id),
            "valid_from": period.since.isoformat(),
            "valid_to": period.until.isoformat() if period.until else None,
        },
    )
    return assignment.id


def _refuse_bad_input(account: Account, period: Period) -> None:
    faults = []
    if period.until is not None and period.until <= period.since:
        faults.append(FieldFault("valid_to", "not-after", msgid("An assignment ends after it begins.")))
    if not account.is_active:
        faults.append(FieldFault("account_id", "account-closed", msgid("This account is closed.")))
    if account.subject_id is None:
        faults.append(
            FieldFault("account_id", "no-person", msgid("An account without a known person cannot hold a post."))
        )
    if faults:
        raise Invalid(faults=faults)


def _refuse_conflicts(account: Account, post: Post, period: Period) -> None:
    wanted = set(post.duties.values_list("duty", flat=True))
    held = [
        (Period(one.valid_from, one.valid_to), one.post_id, {duty.duty for duty in one.post.duties.all()})
        for one in Assignment.objects.filter(account=account).select_related("post").prefetch_related("post__duties")
    ]
    if any(post_id == post.id and period.overlaps(other) for other, post_id, _ in held):
        raise AlreadyAssigned(msgid("The officer holds this post on some of these days."))
    known = duties()
    pair = excluded_pair(wanted, wanted, known.get) or first_conflict(
        (period, wanted), [(other, ids) for other, _, ids in held], known.get
    )
    if pair is not None:
        titles = [text(known[id].title) for id in pair]
        raise DutiesExclude(msgid("One person may not hold both {one} and {other}."), one=titles[0], other=titles[1])


def _refuse_to_lose_the_last(assignment: Assignment) -> None:
    """A city in which nobody is left to assign posts, or to read the log, could not be mended from inside."""
    held = {duty.duty for duty in assignment.post.duties.all()}
    administrators = [one for id, one in duties().items() if id in held and one.administrator is not None]
    if administrators:  # one at a time: two who take each other away would each still see the other
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('identity.administrators'))")
    for duty in administrators:
        others = Assignment.objects.filter(
            Q(valid_to__isnull=True), post__duties__duty=duty.id, valid_from__lte=today(), account__is_active=True
        )
        if not others.exclude(id=assignment.id).exists():
            raise LastAdministrator(msgid("Nobody else holds {duty}."), duty=text(duty.title))
