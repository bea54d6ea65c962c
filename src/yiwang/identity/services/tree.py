"""The tree of units. Its closure is written here and nowhere else.

Changes of the tree wait for each other (one advisory lock): they are rare, and two moves at once could make a circle.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from yiwang.identity.models import Post, Unit, UnitChange, UnitPath
from yiwang.identity.registry import tell_placed
from yiwang.identity.rules.tree import TreeHasCycle, closure
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid

__all__ = [
    "UnitBelowItself",
    "closed_faults",
    "hang",
    "hang_elsewhere",
    "hold_open_unit",
    "lock_tree",
    "rebuild",
    "save",
    "write_down",
]


class UnitBelowItself(Conflict):
    """The unit would stand above itself."""

    code = "unit-below-itself"
    title = msgid("A unit cannot stand below itself")
    next_step = msgid("Choose a parent outside the unit.")


def lock_tree() -> None:
    """Let no other change of the tree pass until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('identity.tree', 0))")


def hold_open_unit(unit_id: UUID, at: str = "unit_id") -> None:
    """Let the unit be open until this transaction ends: for who gives it something lasting, within the service that is running.

    at: what the unit is called there. Raises NotFound, Invalid (422) for a closed unit.
    """
    lock_tree()
    unit = Unit.objects.filter(id=unit_id).first()
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    if faults := closed_faults(unit, at):
        raise Invalid(faults=faults)


def closed_faults(one: Unit | Post, at: str = "") -> list[FieldFault]:
    """That a unit or a post is closed, if it is."""
    if one.closed_on is None:
        return []
    closed = msgid("This unit is closed.") if isinstance(one, Unit) else msgid("This post is closed.")
    return [FieldFault(at, "unit-closed" if isinstance(one, Unit) else "post-closed", closed)]


def save(one: Unit | Post, *fields: str) -> None:
    """Write fields of a unit or a post, and that it has changed."""
    one.version += 1
    one.save(update_fields=[*fields, "version"])


def write_down(unit: Unit, what: str, **more: Any) -> None:
    """Keep what became of a unit."""
    UnitChange.objects.create(unit=unit, what=what, title=unit.title, parent_id=unit.parent_id, **more)


def hang(unit_id: UUID, parent_id: UUID | None) -> None:
    """Write the paths of a unit that has nothing below it yet."""
    UnitPath.objects.create(ancestor_id=unit_id, descendant_id=unit_id, depth=0)
    if parent_id is not None:
        _join(parent_id, unit_id)


def hang_elsewhere(unit: Unit, parent_id: UUID | None) -> None:
    """Hang a unit, with everything below it, under another parent (None: make it a root). Raises UnitBelowItself (409)."""
    below = set(UnitPath.objects.filter(ancestor_id=unit.id).values_list("descendant_id", flat=True))
    if parent_id in below:
        raise UnitBelowItself(msgid("{unit} cannot stand below itself."), unit=unit.title)
    UnitPath.objects.filter(descendant_id__in=below).exclude(ancestor_id__in=below).delete()
    unit.parent_id = parent_id
    save(unit, "parent")
    if parent_id is not None:
        _join(parent_id, unit.id)
    tell_placed(below)


def _join(parent_id: UUID, unit_id: UUID) -> None:
    """Write every path from above `parent_id` (itself included) to below `unit_id` (itself included)."""
    above = list(UnitPath.objects.filter(descendant_id=parent_id).values_list("ancestor_id", "depth"))
    below = list(UnitPath.objects.filter(ancestor_id=unit_id).values_list("descendant_id", "depth"))
    UnitPath.objects.bulk_create(
        UnitPath(ancestor_id=ancestor, descendant_id=descendant, depth=up + 1 + down)
        for ancestor, up in above
        for descendant, down in below
    )


def rebuild() -> None:
    """Compute the whole closure anew from the parents."""
    try:
        wanted = closure(dict(Unit.objects.values_list("id", F("parent_id"))))
    except TreeHasCycle as cycle:
        title = Unit.objects.get(id=str(cycle.node)).title
        raise UnitBelowItself(msgid("{unit} cannot stand below itself."), unit=title) from None
    UnitPath.objects.all().delete()
    UnitPath.objects.bulk_create(
        UnitPath(ancestor_id=ancestor, descendant_id=descendant, depth=depth)
        for (ancestor, descendant), depth in wanted.items()
    )
