"""Reviews of rights 权限复核: the security administrator lays who holds which post before those who lead, who keep it or have it ended.

The lines are what stood at the opening. Who answers for one is asked when he does (`queries.reviews`), so that a head who came yesterday
answers and one who left does not. To end is to end the assignment at once, within the answer; a post of the three administrators is not
ended so: that it is asked for waits for the security administrator, who ends it with the consent that this needs.

Locks, always in this order: the review, the assignment with its deputies, the line.

Source: GB/T 22239-2019 8.1.4.2 (access control: superfluous and expired accounts are removed in time, least privilege).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Exists

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import REVIEW_ANSWERED, REVIEW_OPENED
from yiwang.identity.models import Assignment, Unit, UnitPath
from yiwang.identity.models.reviews import Review, ReviewLine
from yiwang.identity.queries.consents import administrator_of
from yiwang.identity.queries.permission import require, why
from yiwang.identity.queries.reviews import (
    LONGEST,
    SHORTEST,
    answers_for,
    found,
    posts_that_are_waited_for,
    who_answers,
)
from yiwang.identity.queries.shapes import away, duty_ids, on_the_day
from yiwang.identity.registry import working_days
from yiwang.identity.services.assignments import administers_post, end_seat, lock_administrators
from yiwang.identity.services.closing_reviews import close
from yiwang.identity.services.consents import require_consent
from yiwang.identity.services.reach import refuse_seat_of_another
from yiwang.identity.values import Administrator, EndReason
from yiwang.identity.values.reviews import Answer, Answered, Outcome, Unanswered
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.time import now, today

__all__ = [
    "ReviewAnswered",
    "ReviewOver",
    "ReviewStands",
    "answer_line",
    "answer_lines",
    "close_review",
    "open_review",
]

REASON = (2, 200)
MOST = 200
"""Lines that are answered together."""


class ReviewStands(Conflict):
    """The rights of this unit are being reviewed already."""

    code = "review-stands"
    title = msgid("The rights of this unit are being reviewed already")
    next_step = msgid("Wait until that review has ended, or close it first.")


class ReviewOver(Conflict):
    """The last day of the review is over, or somebody closed it."""

    code = "review-over"
    title = msgid("This review of rights has ended")
    next_step = msgid(
        "Nothing can be answered in it any more. Tell the security administrator if a post has to be ended."
    )


class ReviewAnswered(Conflict):
    """The line waits no longer: somebody answered it, or what it asks about has changed."""

    code = "review-answered"
    title = msgid("This line waits for no answer any more")
    next_step = msgid("Look at what became of it.")


@service("review.open")
def open_review(
    actor: Actor, unit_id: UUID | None, reason: str, last_day: date | None, unanswered: Unanswered = Unanswered.REPORT
) -> UUID:
    """Have the rights of a unit's officers, and of all below it, reviewed until a day; return the review.

    unit_id: None for the whole city.  reason: 2–200 characters, for those who answer.  last_day: the last civil date on which answers
    count, a working day, 3 to 60 working days from today; None was not given.  unanswered: what becomes of lines that nobody answers.

    Each assignment of today becomes a line, those that rest during a secondment included.
    Raises NotFound, Invalid (422) with everything wrong, ReviewStands (409); ConsentDue at last where what nobody answers is to end.
    """
    lock_administrators()  # nobody changes duties or ends posts by hand between the reading and the writing of the lines
    faults = _text_faults("reason", reason) + _day_faults(last_day)
    unit = Unit.objects.filter(id=unit_id).first() if unit_id is not None else None
    if unit is None and unit_id is not None:
        raise NotFound(msgid("There is no such unit."))
    lines = _lines(unit_id)
    if not lines:
        faults.append(FieldFault("unit_id", "nobody", msgid("Nobody holds a post there.")))
    if faults or last_day is None:
        raise Invalid(faults=faults)
    if Review.objects.filter(unit=unit, closed_at__isnull=True).exists():
        raise ReviewStands
    if unanswered is Unanswered.END:
        needed = Administrator.SYSTEM
        require_consent(actor, needed, unit_id=unit_id, reason=reason, last_day=last_day, unanswered=unanswered)
    row = Review.objects.create(
        unit_id=unit_id,
        reason=reason.strip(),
        last_day=last_day,
        unanswered=unanswered,
        opened_by_id=actor.account_id,
        opened_in_id=actor.capacity_id,
        origin=actor.origin,
    )
    for line in lines:
        line.review = row
    ReviewLine.objects.bulk_create(lines)
    act = current_act()
    act.about("review", row.id)
    act.note(unit=str(unit_id) if unit_id else None, lines=len(lines), unanswered=str(unanswered))
    act.emit(
        REVIEW_OPENED,
        subject=row.id,
        data={
            "unit_id": str(unit_id) if unit_id else None,
            "last_day": last_day.isoformat(),
            "days": working_days().working_days_between(today(), last_day),
            "unanswered": str(unanswered),
            "lines": len(lines),
            "reviewers": [{"post_id": str(one)} for one in posts_that_are_waited_for(row)],
        },
    )
    return row.id


def answer_line(actor: Actor, line_id: UUID, answer: Answer, reason: str = "") -> Outcome:
    """Keep a line, or have its assignment ended at once, and return what became of it.

    reason: why it is to end, 2–200 characters; of what is kept none is stored. An assignment of which another system is the source ends
    here all the same; the audit entry says against whose word.
    Raises NotFound (not the actor's line), NotAllowed (it waits for somebody else), Invalid (422), ReviewOver, ReviewAnswered (409).
    """
    service = _answer_last if administrator_of(actor) is Administrator.SECURITY else _answer
    return service(actor, line_id, answer, reason)


def answer_lines(
    actor: Actor, review_id: UUID, line_ids: Sequence[UUID], answer: Answer, reason: str = ""
) -> list[Answered]:
    """Answer lines of a review together, each in a transaction of its own: what stands against one does not keep the others.

    Raises NotAllowed for who answers for nobody, Invalid (422) with everything wrong: no line, more than 200, no reason.
    """
    if not who_answers(actor):
        require(actor, "review.answer")
    ids = list(dict.fromkeys(line_ids))
    faults = _text_faults("reason", reason) if answer is Answer.END else []
    if not ids:
        faults.insert(0, FieldFault("lines", "required", msgid("Tick at least one line.")))
    if len(ids) > MOST:
        faults.insert(0, FieldFault("lines", "too-many", msgid("At most {most} lines at once."), {"most": MOST}))
    if faults:
        raise Invalid(faults=faults)
    there = set(ReviewLine.objects.filter(review_id=review_id, id__in=ids).values_list("id", flat=True))
    told = []
    for id in ids:
        try:
            if id not in there:
                raise NotFound(msgid("There is no such line."))
            told.append(Answered(id, answer_line(actor, id, answer, reason)))
        except (Conflict, NotAllowed, NotFound) as fault:
            told.append(Answered(id, None, fault))
    return told


@service("review.answer")
def _answer(actor: Actor, line_id: UUID, answer: Answer, reason: str) -> Outcome:
    """As who leads."""
    return _answered(actor, line_id, answer, reason)


@service("review.answer-last")
def _answer_last(actor: Actor, line_id: UUID, answer: Answer, reason: str) -> Outcome:
    """As the security administrator, for whom nobody leads."""
    return _answered(actor, line_id, answer, reason)


@service("review.close")
def close_review(actor: Actor, review_id: UUID) -> None:
    """Close a review before its last day: what nobody has answered is reported, and never ended. Raises NotFound, ReviewOver (409)."""
    row = found(Review.objects.select_for_update(no_key=True), review_id)
    current_act().about("review", row.id)
    if row.closed_at is not None:
        raise ReviewOver
    close(row, actor.account_id)


def _answered(actor: Actor, line_id: UUID, answer: Answer, reason: str) -> Outcome:
    act = current_act()
    act.about("review-line", line_id)
    if answer is Answer.END and (faults := _text_faults("reason", reason)):
        raise Invalid(faults=faults)
    line = ReviewLine.objects.filter(id=line_id).first()
    if line is None:
        raise NotFound(msgid("There is no such line."))
    review = Review.objects.select_for_update(no_key=True).get(id=line.review_id)
    assignment = Assignment.objects.select_for_update(no_key=True).get(id=line.assignment_id)
    line = ReviewLine.objects.select_for_update(no_key=True).get(id=line_id)
    if not answers_for(actor, line_id):
        act.require(not why(actor, "review.read").allowed, msgid("This line waits for somebody else's answer."))
        raise NotFound(msgid("There is no such line."))
    if review.closed_at is not None or today() > review.last_day:
        raise ReviewOver
    if line.outcome != Outcome.WAITS or (assignment.valid_to is not None and assignment.valid_to <= today()):
        raise ReviewAnswered
    outcome = Outcome.KEPT
    if answer is Answer.END:
        outcome = Outcome.ASKED if administers_post(assignment.post_id) else Outcome.ENDED
    if outcome is Outcome.ENDED:
        refuse_seat_of_another(actor, assignment)
        end_seat(actor, assignment, today(), EndReason.REVIEWED)
    line.outcome, line.answered_at = outcome, now()
    line.answered_by_id, line.answered_in_id = actor.account_id, actor.capacity_id
    line.reason = reason.strip() if answer is Answer.END else ""
    line.save(update_fields=["outcome", "answered_by", "answered_in", "answered_at", "reason"])
    act.note(review=str(review.id), outcome=str(outcome), assignment=str(assignment.id))
    act.emit(REVIEW_ANSWERED, subject=review.id, data={"line_id": str(line.id), "outcome": str(outcome)})
    return outcome


def _lines(unit_id: UUID | None) -> list[ReviewLine]:
    """What stands today, in the order of units, posts and log-ins; without their review. One query."""
    day = today()
    rows = Assignment.objects.filter(on_the_day(day), account__is_active=True)
    if unit_id is not None:
        rows = rows.filter(post__unit__in=UnitPath.objects.filter(ancestor_id=unit_id).values("descendant_id"))
    fields = ("id", "account_id", "post_id", "kind", "valid_from", "valid_to")
    more = ("account__last_login", "post__title", "post__unit__title")
    listed = rows.values(*fields, *more).annotate(held=duty_ids("post__duties__duty"), away=Exists(away(day)))
    in_order = listed.order_by("post__unit__code", "post__code", "account__login", "id")
    return [
        ReviewLine(
            number=number,
            assignment_id=one["id"],
            account_id=one["account_id"],
            post_id=one["post_id"],
            unit_title=one["post__unit__title"],
            post_title=one["post__title"],
            duties=sorted(one["held"]),
            kind=one["kind"],
            valid_from=one["valid_from"],
            valid_to=one["valid_to"],
            rests=one["away"],
            signed_in_at=one["account__last_login"],
        )
        for number, one in enumerate(in_order, start=1)
    ]


def _text_faults(field: str, text: str) -> list[FieldFault]:
    least, most = REASON
    length = len(text.strip())
    if not length:
        return [FieldFault(field, "required", msgid("This is required."))]
    if length < least:
        return [FieldFault(field, "too-short", msgid("At least {least} characters."), {"least": least})]
    if length > most:
        return [FieldFault(field, "too-long", msgid("At most {most} characters."), {"most": most})]
    return []


def _day_faults(last_day: date | None) -> list[FieldFault]:
    if last_day is None:
        return [FieldFault("last_day", "required", msgid("Enter a day."))]
    calendar, day = working_days(), today()
    first, last = (calendar.add_working_days(day, number).date for number in (SHORTEST, LONGEST))
    if not first <= last_day <= last:
        params = {"first": first.isoformat(), "last": last.isoformat(), "least": SHORTEST, "most": LONGEST}
        said = msgid("Choose a day from {first} to {last}: those who answer need {least} to {most} working days.")
        return [FieldFault("last_day", "out-of-range", said, params)]
    if not calendar.is_working(last_day):
        return [FieldFault("last_day", "day-off", msgid("Nobody works on this day. Choose a working day."))]
    return []
