"""One seat, for whoever administers it."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.identity.models import Assignment
from yiwang.identity.queries.organisation import holder_views, officer
from yiwang.identity.queries.permission import require
from yiwang.identity.values import AssignmentKind, AssignmentView, SeatPage
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["lending_seats", "seat_page"]


def seat_page(actor: Actor, assignment_id: UUID) -> SeatPage:
    """An assignment, its post and whom it is about, for the administrators. Ten queries. Raises NotAllowed, NotFound."""
    require(actor, "officer.list")
    row = Assignment.objects.filter(id=assignment_id).first()
    if row is None:
        raise NotFound(msgid("There is no such assignment."))
    [holder] = holder_views(Assignment.objects.filter(id=assignment_id))
    found = officer(actor, row.account_id)
    return SeatPage(holder, next(one for one in found.assignments if one.id == assignment_id))


def lending_seats(actor: Actor, account_id: UUID) -> tuple[AssignmentView, ...]:
    """The seats that an officer may be lent from: his own, today or later. Six queries. Raises NotAllowed, NotFound."""
    own = (AssignmentKind.REGULAR, AssignmentKind.ACTING)
    return tuple(
        one
        for one in officer(actor, account_id).assignments
        if one.kind in own and (one.valid_to is None or one.valid_to > max(today(), one.valid_from))
    )
