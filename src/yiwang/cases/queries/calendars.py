"""By which calendar and in which hours a limit is counted: the nation's, or those of the unit that answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from yiwang.acts.queries import current_release, list_definitions, release_id
from yiwang.cases.models import Case, Clock
from yiwang.cases.rules.clocks import Measure
from yiwang.cases.rules.limits import calendar_of, is_local, local_days
from yiwang.cases.values import ClockUnit
from yiwang.identity.queries import unit_placed, units_placed
from yiwang.identity.values.whereabouts import UnitPlaced
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.opening import ServiceHours
from yiwang.places.queries import hours_of_unit

__all__ = [
    "Calendars",
    "Way",
    "calendar_in",
    "calendars",
    "calendars_of",
    "city_calendar",
    "counts_by_place",
    "counts_locally",
    "has_local_days",
    "measures",
]

NOWHERE = UnitPlaced("", ())
"""Nobody answers yet: the calendar of the nation, the hours of the whole city."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a limit or a promise is counted: its measure, and the calendar that counts for it.  local: that of the unit that answers."""

    measure: Measure
    calendar: WorkingCalendar
    local: bool = False


class Calendars:
    """What one release says about days and hours, for whichever unit counts by it.

    A unit is looked up when something local is counted for it: two statements, none where all count by the nation.
    """

    def __init__(self, release: int, placed: Mapping[UUID, UnitPlaced] | None = None) -> None:
        self.release = release
        self._placed = placed

    @property
    def national(self) -> WorkingCalendar:
        """Working days of the nation."""
        return _national(release_id(self.release), self.release) if self.release else calendar_of(())

    def local(self, unit_id: UUID | None) -> WorkingCalendar:
        """The same with the local days of the division to which a unit belongs; None: nobody answers yet."""
        return (
            calendar_in(self._where(unit_id).division, self.release) if has_local_days(self.release) else self.national
        )

    def hours(self, unit_id: UUID | None, otherwise: int) -> ServiceHours:
        """The service hours of a unit; where the release declares none any more, those of the release `otherwise`.

        Raises LookupError when that has none either: `check` refuses a limit in service hours without hours of the whole city.
        """
        where = self._where(unit_id)
        found = self.declared_hours(unit_id) or hours_of_unit(where.division, where.codes, otherwise)
        if found is None:
            raise LookupError(f"Release {otherwise} declares no service hours of the whole city.")
        return found

    def declared_hours(self, unit_id: UUID | None) -> ServiceHours | None:
        """The service hours of a unit as this release declares them; None when it declares none for it."""
        where = self._where(unit_id)
        return hours_of_unit(where.division, where.codes, self.release)

    def ways(
        self, limit: Mapping[str, Any], clock: Mapping[str, Any], unit_id: UUID | None, release: int
    ) -> tuple[Way, Way | None]:
        """How a declared limit is counted for a unit, and the promise that an item makes within it (`clock`: what the item says of it).

        release: that of the case, in which both are declared.
        """
        legal, promised = measures(limit, clock["promise"])
        if legal.unit is ClockUnit.SERVICE_HOURS:
            hours = self.hours(unit_id, release)
            way = Way(replace(legal, hours=hours), self.local(unit_id), local=True)
            return way, None if promised is None else Way(replace(promised, hours=hours), way.calendar, local=True)
        is_promise_local = promised is not None and counts_locally(clock)
        way = self._way(legal, unit_id, local=counts_locally(limit))
        return way, None if promised is None else self._way(promised, unit_id, local=is_promise_local or way.local)

    def _way(self, measure: Measure, unit_id: UUID | None, *, local: bool) -> Way:
        return Way(measure, self.local(unit_id) if local else self.national, local)

    def _where(self, unit_id: UUID | None) -> UnitPlaced:
        if unit_id is None:
            return NOWHERE
        placed = None if self._placed is None else self._placed.get(unit_id)
        return (
            unit_placed(unit_id) if placed is None else placed
        )  # a case may have got its unit since they were looked up


def calendars(release: int | None = None, *, units: Collection[UUID] | None = None) -> Calendars:
    """Days and hours as a release declares them, by default the one in force: a limit is counted with what is known today.

    units: for which they will be asked, when they are many: looked up at once.
    """
    number = current_release() if release is None else release
    return Calendars(number, None if units is None else units_placed(units))


def city_calendar(release: int | None = None) -> WorkingCalendar:
    """Working days of the nation as a release declares them, by default the one in force."""
    return calendars(release).national


def calendar_in(division: str, release: int | None = None) -> WorkingCalendar:
    """Working days in a division, with the days of its own, as a release declares them; the nation's without a code."""
    number = current_release() if release is None else release
    if not division or not has_local_days(number):
        return city_calendar(number)
    return _local(release_id(number), number, division)


def has_local_days(release: int) -> bool:
    """Whether a release declares a local calendar."""
    return any(is_local(body) for body in list_definitions("calendar", release).values())


@lru_cache(maxsize=8)
def _national(id: UUID, release: int) -> WorkingCalendar:
    return calendar_of(list_definitions("calendar", release).values())


@lru_cache(maxsize=4_096)
def _local(id: UUID, release: int, division: str) -> WorkingCalendar:
    return _national(id, release).at(local_days(list_definitions("calendar", release).values(), division))


def counts_locally(declared: Mapping[str, Any]) -> bool:
    """Whether a limit, or what an item says of one, is counted by the calendar of the unit that answers."""
    return bool(declared.get("calendar") == "local")  # what was declared before there were local calendars says nothing


def counts_by_place(limit: Mapping[str, Any], clock: Mapping[str, Any]) -> bool:
    """Whether a limit or the promise within it (`clock`: what the item says of it) depends on where the unit that answers is."""
    return limit["unit"] == ClockUnit.SERVICE_HOURS or counts_locally(limit) or counts_locally(clock)


def calendars_of(clock: Clock, case: Case) -> Calendars:
    """Days and hours by which a clock counts: those of today, or of its end once it has ended, as also its unit's place was then."""
    if clock.ended_where is None or case.unit_id is None:
        return calendars(clock.ended_under)
    placed = UnitPlaced(clock.ended_where["division"], tuple(clock.ended_where["codes"]))
    return Calendars(clock.ended_under or current_release(), {case.unit_id: placed})


def measures(limit: Mapping[str, Any], promise: int | None) -> tuple[Measure, Measure | None]:
    """The legal and the promised length of a declared limit."""
    legal = Measure(limit["length"], ClockUnit(limit["unit"]), before=limit["counts"] == "before", rolls=limit["rolls"])
    return legal, None if promise is None else replace(legal, length=promise)
