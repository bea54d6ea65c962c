"""Where units stand: their division and the units above them, which are public."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from yiwang.identity.models import Unit, UnitPath
from yiwang.identity.values.whereabouts import UnitPlaced
from yiwang.kernel.remembering import remembered

__all__ = ["unit_placed", "units_placed"]


def units_placed(unit_ids: Collection[UUID] | None = None) -> dict[UUID, UnitPlaced]:
    """Division and line of units upwards; of every unit when none are named. Two queries."""
    rows = UnitPath.objects.order_by("descendant_id", "depth")
    units = Unit.objects.all()
    if unit_ids is not None:
        rows, units = rows.filter(descendant__in=unit_ids), units.filter(pk__in=unit_ids)
    lines: dict[UUID, list[str]] = {}
    for unit_id, code in rows.values_list("descendant_id", "ancestor__code"):
        lines.setdefault(unit_id, []).append(code)
    return {
        unit_id: UnitPlaced(division, tuple(lines[unit_id]))
        for unit_id, division in units.values_list("id", "division_code")
    }


def unit_placed(unit_id: UUID) -> UnitPlaced:
    """The same of one unit, which must exist. Two queries, once in an act or a request."""
    return remembered(("unit placed", unit_id), lambda: units_placed([unit_id])[unit_id])
