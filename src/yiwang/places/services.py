"""Every change of the places engine. Divisions change by `apply` alone; areas by their services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.queries import find_duty, system_unit, system_unit_by_code
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import today
from yiwang.places.events import AREA_HANDED_OVER, AREA_LOADED
from yiwang.places.models import Area, AreaDuty, AreaPlace
from yiwang.places.queries import find_division
from yiwang.places.values import NewArea

__all__ = ["hand_over_area", "system_load_areas"]


@service("area.hand-over")
def hand_over_area(actor: Actor, area_id: UUID, duty: str, unit_id: UUID, *, on: date | None = None) -> None:
    """Let another unit answer for a duty in an area from the civil date `on` (default today); who answered before stays known.

    Handing over to the unit that answers already changes nothing. Raises NotFound (area, unit), Invalid (an unknown duty, a
    date before today or before the last hand-over).
    """
    begins = on or today()
    area = Area.objects.select_for_update().filter(id=area_id).first()
    if area is None:
        raise NotFound(msgid("There is no such area."))
    unit = system_unit(unit_id)
    last = AreaDuty.objects.filter(area=area, duty=duty, valid_to__isnull=True).first()
    faults = []
    if find_duty(duty) is None:
        faults.append(FieldFault("duty", "unknown-duty", msgid("There is no duty named {duty}."), {"duty": duty}))
    if begins < today() or (last is not None and begins < last.valid_from):
        faults.append(
            FieldFault("on", "in-past", msgid("An area is handed over today or later, and after the last time."))
        )
    if faults:
        raise Invalid(faults=faults)
    act = current_act()
    act.about("area", area.id)
    act.note(duty=duty, unit=str(unit.id), on=begins.isoformat())
    if last is not None and last.unit_id == unit.id:
        return
    _answer(area, duty, unit.id, begins, last)
    act.emit(
        AREA_HANDED_OVER,
        subject=str(area.id),
        data={"duty": duty, "unit_id": str(unit.id), "on": begins.isoformat()},
    )


@service("area.load")
def system_load_areas(actor: Actor, areas: Sequence[NewArea], *, since: date) -> int:
    """Bring areas in line with a list, by code; none is removed. Return how many are new. Idempotent.

    since: the civil date from which new places and duties count. Raises Invalid (422) naming every bad row as `<row>/<field>`.
    """
    faults = [fault for row, area in enumerate(areas) for fault in _area_faults(area, f"{row}/")]
    if faults:
        raise Invalid(faults=faults)
    new = sum(_load_area(actor, area, since) for area in areas)
    act = current_act()
    act.about("area", "batch")
    act.note(given=len(areas), new=new)
    act.emit(AREA_LOADED, subject="batch", data={"given": len(areas), "new": new})
    return new


def _load_area(actor: Actor, given: NewArea, since: date) -> bool:
    area, is_new = Area.objects.update_or_create(
        code=given.code, defaults={"title": given.title}, create_defaults={"title": given.title, "origin": actor.origin}
    )
    places = AreaPlace.objects.filter(area=area, valid_to__isnull=True)
    known = set(places.values_list("place_code", flat=True))
    for place in places.exclude(place_code__in=given.places):
        place.valid_to = max(since, place.valid_from)
        place.save(update_fields=["valid_to"])
    AreaPlace.objects.bulk_create(
        AreaPlace(area=area, place_code=code, valid_from=since) for code in sorted(given.places - known)
    )
    unit = system_unit_by_code(given.unit_code)
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    for duty in sorted(given.duties):
        last = AreaDuty.objects.filter(area=area, duty=duty, valid_to__isnull=True).first()
        if last is None or last.unit_id != unit.id:
            _answer(area, duty, unit.id, since, last)
    return is_new


def _answer(area: Area, duty: str, unit_id: UUID, begins: date, last: AreaDuty | None) -> None:
    if last is not None:
        last.valid_to = max(begins, last.valid_from)
        last.save(update_fields=["valid_to"])
    AreaDuty.objects.create(area=area, duty=duty, unit_id=unit_id, valid_from=begins)


def _area_faults(area: NewArea, at: str) -> list[FieldFault]:
    faults = []
    if system_unit_by_code(area.unit_code) is None:
        faults.append(
            FieldFault(
                at + "unit", "unknown-unit", msgid("There is no unit with the code {code}."), {"code": area.unit_code}
            )
        )
    for code in sorted(area.places):
        if find_division(code) is None:
            faults.append(
                FieldFault(
                    at + "places", "unknown-place", msgid("There is no division with the code {code}."), {"code": code}
                )
            )
    for duty in sorted(area.duties):
        if find_duty(duty) is None:
            faults.append(
                FieldFault(at + "duties", "unknown-duty", msgid("There is no duty named {duty}."), {"duty": duty})
            )
    return faults
