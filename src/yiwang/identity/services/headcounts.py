"""Establishment and headcount 编制: how many places of a kind a unit has, and who fills them.

The system administrator sets how many; which officer fills which kind of place is said by the security administrator, who seats him.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import ASSIGNMENT_PLACED, UNIT_HEADCOUNT_SET
from yiwang.identity.models import Assignment, Headcount, Unit
from yiwang.identity.queries.headcounts import limits
from yiwang.identity.rules.careers import document_faults
from yiwang.identity.rules.seats import Period, most_at_once
from yiwang.identity.services.tree import closed_faults
from yiwang.identity.values import AssignmentKind, Establishment
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["HeadcountFull", "full_faults", "limits", "place_assignment", "set_headcount"]

MOST_PLACES = 100_000


class HeadcountFull(Conflict):
    """The unit has no place of this kind left on some of these days."""

    code = "headcount-full"
    title = msgid("The unit has no such place left")
    next_step = msgid("Have the headcount raised, or end another officer's assignment first.")


@service("unit.set-headcount")
def set_headcount(actor: Actor, unit_id: UUID, kind: Establishment, places: int | None, document: str) -> None:
    """Set how many places of a kind a unit has, from now on. None: no limit any more.

    document: number of the document 文号 that says so.  Fewer than are filled may be set: nobody loses his post by it, and nobody is added
    until it fits again. Raises NotFound, Invalid (422) with everything wrong.
    """
    _lock(unit_id)
    unit = Unit.objects.filter(id=unit_id).first()
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    faults = closed_faults(unit) + document_faults("document", document, needed=True)
    if places is not None and not 0 <= places <= MOST_PLACES:
        message = msgid("A whole number from 0 to {most}.")
        faults.append(FieldFault("places", "out-of-range", message, {"most": MOST_PLACES}))
    if faults:
        raise Invalid(faults=faults)
    was = limits(unit_id).get(kind)
    Headcount.objects.create(
        unit=unit, kind=kind, places=places, document=document.strip(), set_at=current_act().time, origin=actor.origin
    )
    act = current_act()
    act.about("unit", unit_id)
    act.note(kind=kind, places=places, was=was, document=document.strip())
    act.emit(UNIT_HEADCOUNT_SET, subject=str(unit_id), data={"kind": kind, "places": places, "was": was})


@service("assignment.place")
def place_assignment(actor: Actor, assignment_id: UUID, establishment: Establishment | None) -> None:
    """Say which kind of place an officer who sits in a post regularly fills there, from today on; None: none.

    Raises NotFound, Invalid (422): he does not hold it regularly, or no longer; HeadcountFull (409) with the figures.
    """
    one = (
        Assignment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("post")
        .filter(id=assignment_id)
        .first()
    )
    if one is None:
        raise NotFound(msgid("There is no such assignment."))
    faults = []
    if one.kind != AssignmentKind.REGULAR:
        message = msgid("Only who holds a post regularly fills a place of the establishment.")
        faults.append(FieldFault("establishment", "regular-only", message))
    if one.valid_to is not None and one.valid_to <= max(today(), one.valid_from):
        faults.append(FieldFault("", "ended", msgid("This assignment has ended.")))
    if establishment is None and limits(one.post.unit_id):
        message = msgid("The places of this unit are limited: say which kind of place is filled.")
        faults.append(FieldFault("establishment", "required", message))
    if faults:
        raise Invalid(faults=faults)
    if establishment is not None and establishment != one.establishment:
        days = Period(max(one.valid_from, today()), one.valid_to)
        if full := full_faults(one.post.unit_id, establishment, one.account_id, days):
            raise HeadcountFull(full[0].message, faults=full, **full[0].params)
    was, one.establishment = one.establishment, establishment or ""
    one.save(update_fields=["establishment"])
    act = current_act()
    act.about("assignment", one.id)
    act.note(establishment=one.establishment, was=was)
    act.emit(ASSIGNMENT_PLACED, subject=str(one.id), data={"establishment": one.establishment, "was": was})


def full_faults(unit_id: UUID, kind: Establishment, account_id: UUID, period: Period) -> list[FieldFault]:
    """That no place of the kind is left for one more on some of these days, with the figures. Who fills one already takes no other.

    Locks the headcount of the unit: two who are seated at once would each still see the last place.
    """
    _lock(unit_id)
    places = limits(unit_id).get(kind)
    if places is None:
        return []
    others = Assignment.objects.filter(post__unit_id=unit_id, establishment=kind).exclude(account_id=account_id)
    seats = [
        (id, Period(since, until)) for id, since, until in others.values_list("account_id", "valid_from", "valid_to")
    ]
    filled = most_at_once(period, [(who, days) for who, days in seats if days.overlaps(period)])
    if filled < places:
        return []
    unit = Unit.objects.get(id=unit_id)
    message = msgid("{unit} has {places} places of this kind, and {filled} are filled on some of these days.")
    return [
        FieldFault("establishment", "headcount-full", message, {"unit": unit.title, "places": places, "filled": filled})
    ]


def _lock(unit_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"identity.headcount.{unit_id}"])
