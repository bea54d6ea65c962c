"""Who sits in which post: the work of the security administrator."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ASSIGNMENT_ENDED, ASSIGNMENT_MADE
from yiwang.identity.models import Account, Assignment, Post, PostDuty, Unit
from yiwang.identity.queries import duties, persons_behind
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.careers import Sitting, document_faults, terms_faults
from yiwang.identity.rules.seats import Period, excluded_pair, first_conflict
from yiwang.identity.services.consents import asked_on, require_consent
from yiwang.identity.services.headcounts import HeadcountFull, full_faults, limits
from yiwang.identity.services.reach import refuse_post_of_another, refuse_seat_of_another
from yiwang.identity.services.settling import settle_ended
from yiwang.identity.values import Administrator, AssignmentKind, DutyView, EndReason, Terms
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import today

__all__ = [
    "AlreadyAssigned",
    "AlreadySeconded",
    "AssignmentEnded",
    "DeputyTaken",
    "DutiesExclude",
    "LastAdministrator",
    "administers_post",
    "assign_post",
    "end_assignment",
    "end_seat",
    "seat",
    "exclusion_faults",
    "holders_of",
    "period_of",
    "lock_administrators",
    "refuse_to_lose_the_last",
    "system_assign_posts",
]

REGULARLY = Terms()


class AlreadyAssigned(Conflict):
    """The account already sits in this post on some of these days."""

    code = "already-assigned"
    title = msgid("This officer already holds this post")
    next_step = msgid("Choose other dates, or leave the assignment as it is.")


class AlreadySeconded(Conflict):
    """An officer is lent to one place at a time."""

    code = "already-seconded"
    title = msgid("This officer is already seconded on these days")
    next_step = msgid("Choose other dates, or end the other secondment first.")


class DeputyTaken(Conflict):
    """One deputy stands in for one holder on one day, so that everybody knows who acts for whom."""

    code = "deputy-taken"
    title = msgid("Somebody else stands in on these days")
    next_step = msgid("Choose other dates, or end the other deputy's days first.")


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
def assign_post(
    actor: Actor,
    account_id: UUID,
    post_id: UUID,
    valid_from: date,
    valid_to: date | None = None,
    terms: Terms = REGULARLY,
) -> UUID:
    """Put an account into a post from `valid_from` until the day before `valid_to` (civil dates), and return the assignment.

    terms: in which way: regularly, acting, seconded, or as a deputy, and on which document.
    Nobody assigns himself, not by a deputy either. The days begin today or later: rights are not made for the past. Locks the account's
    row, so two assignments at once cannot pass the exclusions side by side.
    Raises NotFound (account or post), NotAllowed (oneself), Invalid (422) with everything wrong: dates, terms, an account that is closed
    or without a person; else a conflict (409) with every reason: AlreadyAssigned, AlreadySeconded, DeputyTaken, DutiesExclude,
    HeadcountFull; KeptElsewhere (409) where another system says who holds the post. LastAdministrator (409) when the post that rests is
    the last of an administrator; ConsentDue at last for an administrator's post, or one that rests.
    Source: 三员分立, GB/T 22239-2019 安全管理中心: the three administrators are three persons.
    """
    refuse_post_of_another(actor, post_id, terms.kind)
    # dates of the day on which consent was asked for are not past: rights begin today at the earliest
    earliest = asked_on() or today()
    period = Period(max(valid_from, today()) if valid_from >= earliest else valid_from, valid_to)
    made = seat(actor, account_id, post_id, period, terms, not_before=today())
    rests = Assignment.objects.filter(id=terms.home).first() if terms.home and terms.home_rests else None
    if administers_post(post_id) or (rests is not None and administers_post(rests.post_id)):
        require_consent(
            actor,
            Administrator.SYSTEM,
            account_id=account_id,
            post_id=post_id,
            valid_from=valid_from,
            valid_to=valid_to,
            terms=terms,
        )
    return made


@service("assignment.end")
def end_assignment(
    actor: Actor, assignment_id: UUID, on: date | None = None, reason: EndReason | None = None, document: str = ""
) -> None:
    """End an assignment: `on` (default today) is the first civil date without the post. Ended today, its rights go at once.

    reason: None where nobody says why.  document: number of the document 文号 that ends it.
    Who stands in for the holder leaves with him. An assignment that has not begun never will.
    Raises NotFound, Invalid (422) with everything wrong, AssignmentEnded and LastAdministrator (409);
    ConsentDue at last for an administrator's post.
    """
    last_day = max(on or today(), today())
    faults = document_faults("document", document, needed=False)
    if on is not None and on < (asked_on() or today()):
        faults.insert(0, FieldFault("on", "in-past", msgid("An assignment ends today or later.")))
    if reason is EndReason.ACCOUNT_CLOSED:
        faults.append(FieldFault("reason", "not-said", msgid("That is written down when an account is closed.")))
    if reason is EndReason.REVIEWED:
        faults.append(FieldFault("reason", "not-said", msgid("That is written down when rights are reviewed.")))
    if faults:
        raise Invalid(faults=faults)
    # A review that is being opened writes lines that refer to it, and holds the lock of administrators: a lock of the key would deadlock.
    assignment = Assignment.objects.select_for_update(no_key=True).filter(id=assignment_id).first()
    if assignment is None:
        raise NotFound(msgid("There is no such assignment."))
    if assignment.valid_to is not None and assignment.valid_to <= max(last_day, assignment.valid_from):
        raise AssignmentEnded(msgid("The assignment ends on {on}."), on=assignment.valid_to.isoformat())
    refuse_seat_of_another(actor, assignment)
    lock_administrators()
    refuse_to_lose_the_last(assignment.post, {duty.duty for duty in assignment.post.duties.all()}, assignment)
    if administers_post(assignment.post_id):
        require_consent(
            actor, Administrator.SYSTEM, assignment_id=assignment_id, on=on, reason=reason, document=document
        )
    end_seat(actor, assignment, last_day, reason, document)


def administers_post(post_id: UUID) -> bool:
    """Whether one of the three administrators sits in this post."""
    known = duties()
    held = PostDuty.objects.filter(post_id=post_id).values_list("duty", flat=True)
    return any(id in known and known[id].administrator is not None for id in held)


def end_seat(
    actor: Actor, assignment: Assignment, on: date, reason: EndReason | None = None, document: str = ""
) -> None:
    """Let an assignment end on a civil date, and those of its deputies who would sit there longer, within the service that is running."""
    assignment.valid_to = max(on, assignment.valid_from)
    assignment.ended_by_id = actor.account_id
    assignment.end_reason, assignment.end_document = reason or "", document.strip()
    assignment.save(update_fields=["valid_to", "ended_by", "end_reason", "end_document"])
    settle_ended(assignment.id)
    act = current_act()
    act.about("assignment", assignment.id)
    said = {"reason": reason, "document": assignment.end_document}
    ids = {"account": str(assignment.account_id), "post": str(assignment.post_id)}
    act.note(**ids, on=assignment.valid_to.isoformat(), **{name: value for name, value in said.items() if value})
    act.emit(
        ASSIGNMENT_ENDED,
        subject=str(assignment.id),
        data={
            "account_id": str(assignment.account_id),
            "post_id": str(assignment.post_id),
            "on": assignment.valid_to.isoformat(),
            "kind": assignment.kind,
            "reason": assignment.end_reason,
        },
    )
    deputies = assignment.deputies.select_for_update(no_key=True).filter(valid_to__gt=assignment.valid_to)
    for deputy in deputies.exclude(valid_to=F("valid_from")).order_by("id"):
        end_seat(actor, deputy, assignment.valid_to, EndReason.OVER, document)


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


def seat(
    actor: Actor,
    account_id: UUID,
    post_id: UUID,
    period: Period,
    terms: Terms = REGULARLY,
    *,
    not_before: date | None = None,
) -> UUID:
    """Put an account into a post, within the service that is running. Raises what `assign_post` says.

    not_before: the first day that may be given; None where the past may be written down.
    Locks, always in this order: the seat that a deputy is to fill, the administrators, the post, the account, the headcount.
    """
    instead = (
        Assignment.objects.select_for_update(no_key=True).filter(id=terms.instead_of).first()
        if terms.instead_of
        else None
    )
    if terms.home_rests:
        lock_administrators()
    post = Post.objects.select_for_update().filter(id=post_id).first()
    account = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if account is None or post is None:
        raise NotFound(msgid("There is no such account.") if account is None else msgid("There is no such post."))
    if actor.capacity is not CapacityKind.SYSTEM and account.id in persons_behind(actor):
        raise NotAllowed(msgid("Nobody assigns a post to himself."))
    home = Assignment.objects.select_related("post").filter(id=terms.home).first() if terms.home else None
    wanted = Sitting(account.id, post.id, post.unit_id, terms.kind, period)
    _refuse_bad_input(account, post, wanted, terms, home, instead, not_before)
    refuse_conflicts(account, post, period, terms)
    if home is not None and terms.home_rests:
        refuse_to_lose_the_last(home.post, {duty.duty for duty in home.post.duties.all()}, home)
    from_unit = terms.from_unit if home is None else home.post.unit_id
    assignment = Assignment.objects.create(
        account=account,
        post=post,
        kind=terms.kind,
        valid_from=period.since,
        valid_to=period.until,
        document=terms.document.strip(),
        establishment=terms.establishment or "",
        instead_of=instead,
        home=home,
        from_unit_id=from_unit,
        home_rests=terms.home_rests,
        assigned_by_id=actor.account_id,
        origin=actor.origin,
    )
    _tell_of(assignment)
    return assignment.id


def _tell_of(made: Assignment) -> None:
    """What the audit entry keeps of a seat that was given, and the event."""
    more = {
        "instead_of": str(made.instead_of_id) if made.instead_of_id else None,
        "home": str(made.home_id) if made.home_id else None,
        "from_unit": str(made.from_unit_id) if made.from_unit_id else None,
    }
    act = current_act()
    act.about("assignment", made.id)
    noted = {**more, "document": made.document, "establishment": made.establishment, "home_rests": made.home_rests}
    ids = {"account": str(made.account_id), "post": str(made.post_id), "kind": made.kind}
    act.note(**ids, **{name: value for name, value in noted.items() if value})
    act.emit(
        ASSIGNMENT_MADE,
        subject=str(made.id),
        data={
            "account_id": str(made.account_id),
            "post_id": str(made.post_id),
            "valid_from": made.valid_from.isoformat(),
            "valid_to": made.valid_to.isoformat() if made.valid_to else None,
            "kind": made.kind,
            "home_rests": made.home_rests,
            **more,
        },
    )


def _refuse_bad_input(
    account: Account,
    post: Post,
    wanted: Sitting,
    terms: Terms,
    home: Assignment | None,
    instead: Assignment | None,
    not_before: date | None,
) -> None:
    faults = []
    period = wanted.period
    if not_before is not None and period.since < not_before:
        faults.append(FieldFault("valid_from", "in-past", msgid("An assignment begins today or later.")))
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
    faults += terms_faults(
        terms,
        wanted,
        home=None if home is None else sitting(home),
        instead=None if instead is None else sitting(instead),
        from_unit_known=terms.from_unit is None or Unit.objects.filter(id=terms.from_unit).exists(),
        is_limited=bool(limits(post.unit_id)),
    )
    if faults:
        raise Invalid(faults=faults)


def refuse_conflicts(account: Account, post: Post, period: Period, terms: Terms) -> None:
    """Refuse what stands against a seat, with every reason at once: the first says which kind of conflict it is called."""
    wanted = set(post.duties.values_list("duty", flat=True))
    others = Assignment.objects.filter(account=account).select_related("post").prefetch_related("post__duties")
    held = [one for one in others.order_by("valid_from", "id") if period_of(one).overlaps(period)]
    found: list[tuple[type[Conflict], FieldFault]] = []
    if same := next((one for one in held if one.post_id == post.id), None):
        found.append((AlreadyAssigned, _overlap(msgid("The officer holds this post on some of these days."), same)))
    if terms.kind is AssignmentKind.SECONDMENT:
        other = next((one for one in held if one.kind == AssignmentKind.SECONDMENT), None)
        if other is not None:
            message = msgid("The officer is seconded elsewhere on some of these days.")
            found.append((AlreadySeconded, _overlap(message, other)))
    if terms.instead_of is not None:
        deputies = Assignment.objects.filter(instead_of_id=terms.instead_of).order_by("valid_from", "id")
        taken = next((one for one in deputies if period_of(one).overlaps(period)), None)
        if taken is not None:
            found.append((DeputyTaken, _overlap(msgid("Another deputy stands in on some of these days."), taken)))
    found += [(DutiesExclude, fault) for fault in _exclusions(wanted, period, held)]
    if terms.establishment is not None:
        found += [
            (HeadcountFull, fault) for fault in full_faults(post.unit_id, terms.establishment, account.id, period)
        ]
    if found:
        kind, first = found[0]
        raise kind(first.message, faults=[fault for _, fault in found], **first.params)


def _overlap(message: str, one: Assignment) -> FieldFault:
    return FieldFault("valid_from", "overlaps", message, {"since": one.valid_from.isoformat()})


def _exclusions(wanted: Collection[str], period: Period, held: Sequence[Assignment]) -> list[FieldFault]:
    """Every two duties that one person would hold at once and may not."""
    known = duties()
    pairs = [excluded_pair(wanted, wanted, known.get)]
    pairs += [excluded_pair(wanted, {duty.duty for duty in one.post.duties.all()}, known.get) for one in held]
    message = msgid("One person may not hold both {one} and {other}.")
    return [
        FieldFault(
            "post_id", "duties-exclude", message, {"one": text(known[one].title), "other": text(known[other].title)}
        )
        for one, other in dict.fromkeys(pair for pair in pairs if pair is not None)
    ]


def period_of(one: Assignment) -> Period:
    """Its days."""
    return Period(one.valid_from, one.valid_to)


def sitting(one: Assignment) -> Sitting:
    """An assignment as the rules see it."""
    return Sitting(one.account_id, one.post_id, one.post.unit_id, AssignmentKind(one.kind), period_of(one))


def holders_of(post: Post) -> list[Assignment]:
    """Who sits in the post today or will, their accounts locked, so that nobody assigns them elsewhere meanwhile."""
    held = list(Assignment.objects.filter(not_over(today()), post=post).order_by("account_id"))
    list(Account.objects.select_for_update(no_key=True).filter(id__in={one.account_id for one in held}).order_by("id"))
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

    taken: the duties that go.  assignment: the one that ends with them, or rests; None: they go from everybody who holds the post.
    Who is seconded elsewhere, so that his post rests, now or later, is not there either.
    """
    resting = Assignment.objects.filter(not_over(today()), home_rests=True)
    for duty in [one for id, one in duties().items() if id in taken and one.administrator is not None]:
        stands = Assignment.objects.filter(
            Q(valid_to__isnull=True), post__duties__duty=duty.id, valid_from__lte=today(), account__is_active=True
        ).exclude(id__in=resting.values("home_id"))
        others = stands.exclude(post=post) if assignment is None else stands.exclude(id=assignment.id)
        concerned = stands.filter(post=post) if assignment is None else [assignment]
        if concerned and not others.exists():
            raise LastAdministrator(msgid("Nobody else holds {duty}."), duty=text(duty.title))
