"""Lines of reviews of rights that answer themselves, because what they ask about has changed.

Called within the services that change it, after the assignment is locked: lines are always locked last.
"""

from __future__ import annotations

from uuid import UUID

from yiwang.identity.models.reviews import ReviewLine
from yiwang.identity.values.reviews import Outcome
from yiwang.kernel.time import now

__all__ = ["settle_changed", "settle_ended"]


def settle_ended(assignment_id: UUID) -> None:
    """The assignment ends, or was given an end: nobody has to answer any more, and who asked for it has got it."""
    lines = ReviewLine.objects.filter(assignment_id=assignment_id)
    lines.filter(outcome=Outcome.WAITS).update(outcome=Outcome.GONE, answered_at=now())
    lines.filter(outcome=Outcome.ASKED).update(outcome=Outcome.ENDED)


def settle_changed(post_id: UUID) -> None:
    """The post is there for something else now: what was to be kept or ended is no more. An end that was asked for is still asked for."""
    lines = ReviewLine.objects.filter(post_id=post_id, outcome=Outcome.WAITS)
    lines.update(outcome=Outcome.CHANGED, answered_at=now())
