"""Reviews of rights that end by themselves: who has not answered is told, what has run out is settled, and what is over is closed.

The scheduler looks each minute. Every line that ends because nobody answered ends in a transaction of its own, and the review is closed
after the last of them: whoever takes up after a crash finds what is left, and nothing is done twice.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, F, Q

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.identity.events import REVIEW_CLOSED, REVIEW_REMINDED
from yiwang.identity.models import Assignment
from yiwang.identity.models.reviews import Review, ReviewLine
from yiwang.identity.queries.permission import posts_reaching
from yiwang.identity.queries.reviews import READ, posts_that_are_waited_for
from yiwang.identity.registry import working_days
from yiwang.identity.services.assignments import administers_post, end_seat
from yiwang.identity.services.reach import note_keeper
from yiwang.identity.values import EndReason
from yiwang.identity.values.reviews import Outcome, Unanswered
from yiwang.kernel.time import now, today

__all__ = ["close", "system_tend_reviews"]

REMIND = 2
"""So many working days before the last day, or less, those who have not answered are told."""


def system_tend_reviews() -> int:
    """Do what is due for every open review; return how many were closed. For the scheduler."""
    closed = 0
    for review_id, origin, last_day, unanswered in list(
        Review.objects.filter(closed_at__isnull=True).values_list("id", "origin", "last_day", "unanswered")
    ):
        actor = system("identity.tend-reviews", origin=origin)
        waiting = ReviewLine.objects.filter(review_id=review_id, outcome=Outcome.WAITS)
        if waiting.filter(_changed()).exists():
            _settle(actor, review_id)
        if today() > last_day and unanswered == Unanswered.END:
            for line_id in list(waiting.order_by("number").values_list("id", flat=True)):
                _end_unanswered(actor, line_id)
        if today() > last_day or not waiting.exists():
            closed += _finish(actor, review_id)
        elif working_days().working_days_between(today(), last_day) <= REMIND:
            _remind(actor, review_id)
    return closed


def close(row: Review, by: UUID | None) -> None:
    """Close a locked review within the act that runs: what still waits is reported, to the security and the audit administrator."""
    row.closed_at, row.closed_by_id = now(), by
    row.save(update_fields=["closed_at", "closed_by"])
    row.lines.filter(outcome=Outcome.WAITS).update(outcome=Outcome.UNANSWERED, answered_at=row.closed_at)
    counts = dict(row.lines.order_by().values_list("outcome").annotate(of=Count("id")))
    told = {
        "lines": sum(counts.values()),
        "kept": counts.get(Outcome.KEPT, 0),
        "ended": counts.get(Outcome.ENDED, 0) + counts.get(Outcome.ASKED, 0),
        "unanswered": counts.get(Outcome.UNANSWERED, 0) + counts.get(Outcome.LAPSED, 0),
    }
    act = current_act()
    act.note(**told)
    readers = [{"post_id": str(one)} for one in posts_reaching(READ, None)]
    act.emit(REVIEW_CLOSED, subject=row.id, data={**told, "readers": readers})


@service("review.settle")
def _settle(actor: Actor, review_id: UUID) -> None:
    """Settle lines whose assignments have run out, or were given another end while the lines were being written."""
    row = Review.objects.select_for_update(no_key=True).get(id=review_id)
    lines = row.lines.filter(_changed(), outcome=Outcome.WAITS)
    act = current_act()
    act.about("review", row.id)
    over = list(lines.order_by("number").select_for_update(no_key=True, of=("self",)).values_list("id", flat=True))
    settled = ReviewLine.objects.filter(id__in=over, outcome=Outcome.WAITS)
    act.note(settled=settled.update(outcome=Outcome.GONE, answered_at=now()))


@service("review.remind")
def _remind(actor: Actor, review_id: UUID) -> None:
    """Tell those who have not answered that the last day is near. Once."""
    row = Review.objects.select_for_update(no_key=True).get(id=review_id)
    act = current_act()
    act.about("review", row.id)
    if row.closed_at is not None or row.reminded_at is not None:
        return
    row.reminded_at = now()
    row.save(update_fields=["reminded_at"])
    data = {
        "lines": row.lines.filter(outcome=Outcome.WAITS).count(),
        "days": working_days().working_days_between(today(), row.last_day),
        "reviewers": [{"post_id": str(one)} for one in posts_that_are_waited_for(row)],
    }
    act.emit(REVIEW_REMINDED, subject=row.id, data=data)


@service("review.end-unanswered")
def _end_unanswered(actor: Actor, line_id: UUID) -> None:
    """End the assignment of a line that nobody has answered, unless one of the three administrators holds it: those are reported."""
    act = current_act()
    act.about("review-line", line_id)
    line = ReviewLine.objects.get(id=line_id)
    row = Review.objects.select_for_update(no_key=True).get(id=line.review_id)
    assignment = Assignment.objects.select_for_update(no_key=True).get(id=line.assignment_id)
    line = ReviewLine.objects.select_for_update(no_key=True).get(id=line_id)
    if row.closed_at is not None or line.outcome != Outcome.WAITS or administers_post(assignment.post_id):
        return
    note_keeper(assignment)
    end_seat(actor, assignment, today(), EndReason.REVIEWED)
    line.outcome, line.answered_at = Outcome.LAPSED, now()
    line.save(update_fields=["outcome", "answered_at"])
    act.note(review=str(row.id), outcome=str(line.outcome), assignment=str(assignment.id))


@service("review.finish")
def _finish(actor: Actor, review_id: UUID) -> bool:
    """Close a review whose last day is over, or in which nothing waits; False when somebody did meanwhile."""
    row = Review.objects.select_for_update(no_key=True).get(id=review_id)
    current_act().about("review", row.id)
    if row.closed_at is not None:
        return False
    close(row, None)
    return True


def _changed() -> Q:
    """Lines whose assignment is over, or does not end any more when it was to end."""
    moved = ~Q(assignment__valid_to=F("valid_to")) & Q(assignment__valid_to__isnull=False, valid_to__isnull=False)
    given = Q(assignment__valid_to__isnull=True, valid_to__isnull=False) | Q(
        assignment__valid_to__isnull=False, valid_to__isnull=True
    )
    return Q(assignment__valid_to__lte=today()) | moved | given
