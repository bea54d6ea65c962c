"""One source for each fact about officers: what a keeper reaches, and what nobody else changes then.

Asked within the services that change accounts and seats, whoever calls them: a keeper that found another door meets the same no.
"""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import current_act
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.models import Assignment, Post, Unit, UnitPath
from yiwang.identity.models.keepers import Keeper, KeptAccount
from yiwang.identity.queries.accounts import administers
from yiwang.identity.queries.keepers import keeping_post, reached_units
from yiwang.identity.values import AssignmentKind
from yiwang.identity.values.keepers import KeptElsewhere
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound, msgid

__all__ = [
    "keeper_acting",
    "note_keeper",
    "note_that_kept",
    "refuse_account_of_another",
    "refuse_post_of_another",
    "refuse_seat_of_another",
    "unit_reached",
]


def keeper_acting(actor: Actor) -> Keeper:
    """The system that acts. For services that nobody else may do. Raises NotAllowed."""
    found = None
    if actor.capacity is CapacityKind.APPLICATION and actor.capacity_id is not None:
        found = Keeper.objects.filter(id=actor.capacity_id, closed_at=None).first()
    if found is None:
        raise NotAllowed(msgid("This system is not connected."))
    return found


def unit_reached(keeper: Keeper, code: str, at: str = "unit") -> Unit:
    """An open unit by its code, of which the keeper is the source. Raises Invalid (422), NotAllowed."""
    unit = Unit.objects.filter(code=code).first()
    if unit is None or unit.closed_on is not None:
        unknown = msgid("There is no unit with the code {code}.")
        closed = msgid("This unit is closed.")
        kind, message = ("unknown-unit", unknown) if unit is None else ("unit-closed", closed)
        raise Invalid(faults=[FieldFault(at, kind, message, {"code": code})])
    if not UnitPath.objects.filter(ancestor__in=keeper.units.values("unit_id"), descendant=unit).exists():
        raise NotAllowed(msgid("{keeper} is not the source for {unit}."), keeper=keeper.title, unit=unit.title)
    return unit


def refuse_post_of_another(actor: Actor, post_id: UUID, kind: AssignmentKind) -> None:
    """Refuse to seat somebody regularly in a post whose holders another says.

    Deputies, acting holders and secondments are made here by hand, wherever the post stands: keepers say who holds it, and no more.
    Raises NotAllowed for a keeper outside its reach, KeptElsewhere (409) for everybody else.
    """
    if actor.capacity is CapacityKind.SYSTEM:
        return
    post = Post.objects.filter(id=post_id).first()
    keeper = None if post is None else keeping_post(post)
    if actor.capacity is CapacityKind.APPLICATION:
        _refuse_outside(actor, keeper, post)
        if kind is not AssignmentKind.REGULAR:
            raise NotAllowed(msgid("A system says who holds a post regularly, and nothing else."))
    elif keeper is not None and kind is AssignmentKind.REGULAR:
        raise KeptElsewhere(msgid("{keeper} says who holds this post."), keeper=keeper.title)


def refuse_seat_of_another(actor: Actor, seat: Assignment) -> None:
    """Refuse a keeper what it is not the source of. By hand a seat can always be ended: rights must be taken away at once if need be.

    The audit entry then says whose word it went against. Raises NotAllowed.
    """
    if actor.capacity is CapacityKind.SYSTEM:
        return
    keeper = keeping_post(seat.post)
    if actor.capacity is CapacityKind.APPLICATION:
        _refuse_outside(actor, keeper, seat.post)
        if seat.kind != AssignmentKind.REGULAR:
            raise NotAllowed(msgid("A system says who holds a post regularly, and nothing else."))
    else:
        _note(keeper, seat)


def note_keeper(seat: Assignment) -> None:
    """Write down against whose word a seat ends that the platform itself ends."""
    _note(keeping_post(seat.post), seat)


def _note(keeper: Keeper | None, seat: Assignment) -> None:
    if keeper is not None and seat.kind == AssignmentKind.REGULAR:
        current_act().note(against=str(keeper.id))


def refuse_account_of_another(actor: Actor, account_id: UUID) -> None:
    """Refuse a keeper an account of which it is not the source, or of an administrator. Raises NotAllowed."""
    if actor.capacity is not CapacityKind.APPLICATION:
        return
    if administers(account_id):
        raise NotAllowed(msgid("No system changes anything about an administrator."))
    kept = KeptAccount.objects.select_related("keeper").filter(account_id=account_id).first()
    if kept is None or kept.keeper_id != actor.capacity_id:
        raise NotAllowed(msgid("This system is not the source of this account."))


def note_that_kept(actor: Actor, account_id: UUID) -> None:
    """By hand an account can always be closed; the audit entry then says whose word that went against."""
    kept = KeptAccount.objects.filter(account_id=account_id, keeper__closed_at=None).first()
    if kept is not None and kept.keeper_id != actor.capacity_id:
        current_act().note(against=str(kept.keeper_id))


def _refuse_outside(actor: Actor, keeper: Keeper | None, post: Post | None) -> None:
    if keeper is not None and keeper.id == actor.capacity_id:
        return
    own = keeper_acting(actor)
    if post is None or not reached_units(own).filter(descendant=post.unit_id).exists():
        raise NotFound(msgid("There is no such post."))
    if keeper is None:
        raise NotAllowed(msgid("Who holds {post} is not said by {keeper}."), post=post.title, keeper=own.title)
    raise NotAllowed(msgid("{keeper} says who holds this post."), keeper=keeper.title)
