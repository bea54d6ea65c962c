"""Every change of the places engine. Divisions change by `apply` alone; areas by their services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.queries import duties, find_duty, posts_with_duty, system_unit_by_code
from yiwang.identity.registry import Kept, among
from yiwang.identity.services import hold_open_unit
from yiwang.identity.values import Moved, Moving, Remark
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import today
from yiwang.places.events import AREA_HANDED_OVER, AREA_LOADED
from yiwang.places.models import Area, AreaDuty, AreaPlace
from yiwang.places.queries import find_division
from yiwang.places.values import NewArea

__all__ = ["Areas", "hand_over_area", "remarks_on_areas", "system_load_areas"]


@service("area.hand-over")
def hand_over_area(actor: Actor, area_id: UUID, duty: str, unit_id: UUID, *, on: date | None = None) -> None:
    """Let another unit answer for a duty in an area from the civil date `on` (default today); who answered before stays known.

    Handing over to the unit that answers already changes nothing. Raises NotFound (area, unit), Invalid (a closed unit, an
    unknown duty, a date before today or before the last hand-over).
    """
    begins = on or today()
    hold_open_unit(unit_id)
    area = Area.objects.select_for_update().filter(id=area_id).first()
    if area is None:
        raise NotFound(msgid("There is no such area."))
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
    act.note(duty=duty, unit=str(unit_id), on=begins.isoformat())
    if last is not None and last.unit_id == unit_id:
        return
    _answer(area, duty, unit_id, begins, last)
    act.emit(
        AREA_HANDED_OVER,
        subject=str(area.id),
        data={"duty": duty, "unit_id": str(unit_id), "on": begins.isoformat()},
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


# ── What goes with a unit ───────────────────────────────────────────────────────────────────────────────────────────────


class Areas(Kept):
    """What units answer for, today or later, by area and duty. Who answered before stays known: rows end, and others begin."""

    kind = "area"
    title = msgid("Areas of responsibility, by duty")
    order = 50
    is_structure = True
    why_not_back = msgid("It was handed over to somebody else since.")

    def rows(self, moving: Moving) -> QuerySet[AreaDuty]:
        """What goes."""
        rows = _not_over(AreaDuty.objects.filter(unit_id__in=moving.sources))
        return rows if moving.whole else rows.filter(area_id__in=moving.areas)

    def move(self, moving: Moving) -> list[Moved]:
        """Lock the areas, as handing over one does; end each row today, or before it began, and let the other unit go on with it."""
        _lock_areas(self.rows(moving))
        return [Moved(new.id, old.unit_id) for old, new in _give(self.rows(moving), lambda row: moving.to)]

    def standing(self, moved: Sequence[Moved], to: UUID) -> set[UUID]:
        """What is still as it went."""
        return set(_not_over(among(AreaDuty, moved)).filter(unit_id=to).values_list("id", flat=True))

    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands."""
        sources = {one.object_id: one.source for one in moved if one.source is not None}
        _lock_areas(among(AreaDuty, moved))
        _give(_not_over(among(AreaDuty, moved)).filter(unit_id=to), lambda row: sources[row.id])

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        known = duties()
        rows = AreaDuty.objects.filter(id__in=ids).values_list("id", "area__title", "duty")
        return {id: f"{area} {text(known[duty].title) if duty in known else duty}" for id, area, duty in rows}


def remarks_on_areas(moving: Moving) -> Iterator[Remark]:
    """Of a split: an area must not come to, or stay with, a unit that has no post for what it answers for there."""
    if moving.whole or not moving.posts | moving.areas:
        return
    [source] = moving.sources
    rows = list(
        _not_over(AreaDuty.objects.filter(unit_id=source))
        .order_by("area__code")
        .values_list("area_id", "area__title", "duty")
    )
    if moving.areas - {area for area, _, _ in rows}:
        yield Remark(
            FieldFault("areas", "not-its-area", msgid("The unit does not answer for all of these areas any more."))
        )
    known = duties()
    for area, title, duty in rows:
        said = {"area": title, "duty": text(known[duty].title) if duty in known else duty}
        if area in moving.areas:
            posts = set(posts_with_duty(duty, [source]))
            if posts and not posts & moving.posts:
                message = msgid("The new unit would answer for {area} without a post for “{duty}”: let one go along.")
                yield Remark(FieldFault("posts", "area-without-post", message, said))
        elif duty in moving.duties:
            message = msgid(
                "The old unit would answer for {area} without a post for “{duty}”: let the area go along, or leave a post."
            )
            yield Remark(FieldFault("areas", "area-left", message, said))


def _not_over(rows: QuerySet[AreaDuty]) -> QuerySet[AreaDuty]:
    """Those that hold today or will; those that were ended before they began never will."""
    return rows.filter(Q(valid_to__isnull=True) | (Q(valid_to__gt=today()) & Q(valid_to__gt=F("valid_from"))))


def _lock_areas(rows: QuerySet[AreaDuty]) -> None:
    list(Area.objects.select_for_update().filter(id__in=rows.values("area_id")).order_by("id"))


def _give(rows: QuerySet[AreaDuty], unit_of: Callable[[AreaDuty], UUID]) -> list[tuple[AreaDuty, AreaDuty]]:
    """End rows and begin others for the units that `unit_of` names; say which replaced which."""
    day = today()
    given = [
        (
            one,
            AreaDuty(
                area_id=one.area_id,
                duty=one.duty,
                unit_id=unit_of(one),
                valid_from=max(day, one.valid_from),
                valid_to=one.valid_to,
            ),
        )
        for one in rows.order_by("id")
    ]
    AreaDuty.objects.filter(id__in=[old.id for old, _ in given]).update(valid_to=Greatest("valid_from", Value(day)))
    AreaDuty.objects.bulk_create([new for _, new in given])
    for _, new in given:
        current_act().emit(
            AREA_HANDED_OVER,
            subject=str(new.area_id),
            data={"duty": new.duty, "unit_id": str(new.unit_id), "on": new.valid_from.isoformat()},
        )
    return given


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
