"""Who sits in which post: the work of the security administrator."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Q

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ASSIGNMENT_ENDED, ASSIGNMENT_MADE
from yiwang.identity.models import Account, Assignment, Post, PostDuty
from yiwang.identity.queries import duties
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.seats import Period, excluded_pair, first_conflict
from yiwang.identity.services.consents import asked_on, require_consent
from yiwang.identity.values import Administrator, DutyView
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
    "end_seat",
    "seat",
    "exclusion_faults",
    "holders_of",
    "lock_administrators",
    "refuse_to_lose_the_last",
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
    AlreadyAssigned and DutiesExclude (409); ConsentDue for an administrator's post.
    Source: 三员分立, GB/T 22239-2019 安全管理中心: the three administrators are three persons.
    """
    if valid_from < (asked_on() or today()):
        raise Invalid(faults=[FieldFault("valid_from", "in-past", msgid("An assignment begins today or later."))])
    made = seat(actor, account_id, post_id, Period(max(valid_from, today()), valid_to))
    if _is_administrators(post_id):
        require_consent(
            actor,
            Administrator.SYSTEM,
            account_id=account_id,
            post_id=post_id,
            valid_from=valid_from,
            valid_to=valid_to,
        )
    return made


@service("assignment.end")
def end_assignment(actor: Actor, assignment_id: UUID, on: date | None = None) -> None:
    """End an assignment: `on` (default today) is the first civil date without the post. Ended today, its rights go at once.

    An assignment that has not begun never will. Raises NotFound, Invalid (a past date), AssignmentEnded and LastAdministrator (409);
    ConsentDue for an administrator's post.
    """
    last_day = max(on or today(), today())
    if on is not None and on < (asked_on() or today()):
        raise Invalid(faults=[FieldFault("on", "in-past", msgid("An assignment ends today or later."))])
    assignment = Assignment.objects.select_for_update().filter(id=assignment_id).first()
    if assignment is None:
        raise NotFound(msgid("There is no such assignment."))
    if assignment.valid_to is not None and assignment.valid_to <= last_day:
        raise AssignmentEnded(msgid("The assignment ends on {on}."), on=assignment.valid_to.isoformat())
    lock_administrators()
    refuse_to_lose_the_last(assignment.post, {duty.duty for duty in assignment.post.duties.all()}, assignment)
    if _is_administrators(assignment.post_id):
        require_consent(actor, Administrator.SYSTEM, assignment_id=assignment_id, on=on)
    end_seat(actor, assignment, last_day)


def _is_administrators(post_id: UUID) -> bool:
    """Whether one of the three administrators sits in this post."""
    known = duties()
    held = PostDuty.objects.filter(post_id=post_id).values_list("duty", flat=True)
    return any(id in known and known[id].administrator is not None for id in held)


def end_seat(actor: Actor, assignment: Assignment, on: date) -> None:
    """Let an assignment end on a civil date, within the service that is running."""
    assignment.valid_to = max(on, assignment.valid_from)
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
            seat(actor, account_id, post_id, Period(valid_from))
            made += 1
    current_act().about("assignment", "batch")
    current_act().note(given=len(seats), made=made)
    return made


def seat(actor: Actor, account_id: UUID, post_id: UUID, period: Period) -> UUID:
    """Put an account into a post, within the service that is running. Raises what `assign_post` says."""
    post = Post.objects.select_for_update().filter(id=post_id).first()
    account = Account.objects.select_for_update().filter(id=account_id).first()
    if account is None or post is None:
        raise NotFound(msgid("There is no such account.") if account is None else msgid("There is no such post."))
    if actor.capacity is not CapacityKind.SYSTEM and actor.account_id == account.id:
        raise NotAllowed(msgid("Nobody assigns a post to himself."))
    _refuse_bad_input(account, post, period)
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


def _refuse_bad_input(account: Account, post: Post, period: Period) -> None:
    faults = []
    if post.closed_on is not None:
        faults.append(FieldFault("post_id", "post-closed", msgid("This post is closed.")))
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


def holders_of(post: Post) -> list[Assignment]:
    """Who sits in the post today or will, their accounts locked, so that nobody assigns them elsewhere meanwhile."""
    held = list(Assignment.objects.filter(not_over(today()), post=post).order_by("account_id"))
    list(Account.objects.select_for_update().filter(id__in={one.account_id for one in held}).order_by("id"))
    return held


def exclusion_faults(held: Assignment, wanted: Collection[str], known: Mapping[str, DutyView]) -> list[FieldFault]:
    """Which of the wanted duties its holder could not have beside the posts that he holds elsewhere."""
    others = [
        (Period(one.valid_from, one.valid_to), {duty.duty for duty in one.post.duties.all()})
        for one in Assignment.objects.filter(account_id=held.account_id)
        .exclude(post_id=held.post_id)
        .prefetch_related("post__duties")
    ]
    pair = first_conflict((Period(held.valid_from, held.valid_to), wanted), others, known.get)
    if pair is None:
        return []
    titles = [text(known[id].title) for id in pair]
    return [
        FieldFault(
            "duties",
            "duties-exclude",
            msgid("Somebody who holds this post holds another one: nobody may hold both {one} and {other}."),
            {"one": titles[0], "other": titles[1]},
        )
    ]


def lock_administrators() -> None:
    """One change of administrators at a time: two who take each other away would each still see the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('identity.administrators'))")


def refuse_to_lose_the_last(post: Post, taken: Collection[str], assignment: Assignment | None = None) -> None:
    """Refuse what leaves nobody to assign posts or to read the log: such a city could not be mended from inside.

    taken: the duties that go.  assignment: the one that ends with them; None: they go from everybody who holds the post.
    """
    for duty in [one for id, one in duties().items() if id in taken and one.administrator is not None]:
        stands = Assignment.objects.filter(
            Q(valid_to__isnull=True), post__duties__duty=duty.id, valid_from__lte=today(), account__is_active=True
        )
        others = stands.exclude(post=post) if assignment is None else stands.exclude(id=assignment.id)
        concerned = stands.filter(post=post) if assignment is None else [assignment]
        if concerned and not others.exists():
            raise LastAdministrator(msgid("Nobody else holds {duty}."), duty=text(duty.title))
