"""The places that units have, and who fills them."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.identity.models import Assignment, Headcount, Unit
from yiwang.identity.queries.organisation import holder_views, require_a_post
from yiwang.identity.queries.permission import why
from yiwang.identity.queries.shapes import on_the_day
from yiwang.identity.values import AssignmentKind, Establishment, Headcounts, HeadcountView
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import civil_date, today

__all__ = ["headcounts", "limits"]


def limits(unit_id: UUID) -> dict[Establishment, int]:
    """Kind → places, for the kinds that are limited there. One query."""
    return {kind: one.places for kind, one in _latest(unit_id).items() if one.places is not None}


def headcounts(actor: Actor, unit_id: UUID) -> Headcounts:
    """The places of a unit by kind; who fills them only for who may list officers. At most eight queries.

    Raises NotSignedIn, NotAllowed outside a post, NotFound.
    """
    require_a_post(actor)
    if not Unit.objects.filter(id=unit_id).exists():
        raise NotFound(msgid("There is no such unit."))
    latest, sees = _latest(unit_id), why(actor, "officer.list").allowed
    regular = Assignment.objects.filter(
        on_the_day(today()), kind=AssignmentKind.REGULAR, post__unit_id=unit_id, account__is_active=True
    )
    seats = holder_views(regular)
    views = []
    for kind in Establishment:
        by = tuple({one.account.id: one for one in seats if one.establishment is kind}.values())
        setting = latest.get(kind)
        if not by and (setting is None or setting.places is None):
            continue
        views.append(
            HeadcountView(
                kind,
                setting.places if setting else None,
                len(by),
                setting.document if setting else "",
                civil_date(setting.set_at) if setting else None,
                by if sees else (),
            )
        )
    placed = {one.account.id for one in seats if one.establishment is not None}
    return Headcounts(tuple(views), len({one.account.id for one in seats} - placed))


def _latest(unit_id: UUID) -> dict[Establishment, Headcount]:
    rows = Headcount.objects.filter(unit_id=unit_id).order_by("kind", "-id").distinct("kind")
    return {Establishment(one.kind): one for one in rows}
