"""The moment of each level, and which of them are due.

A clock counts units (days by a calendar, or hours). What it has counted comes as a list of instants: the k-th is the beginning of the
k-th unit that counts. So a moment is never reckoned anew here: it is looked up in the table that the clock shows to people, and a
pause, an extension or a holiday that is announced late moves it with the clock.
A pause itself is counted in civil days, and no calendar moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from yiwang.kernel.time import CITY_ZONE, civil_date
from yiwang.supervision.values import Level, When

__all__ = [
    "Alarm",
    "Counted",
    "Fired",
    "alarms_of",
    "counted_pause",
    "due_alarms",
    "falls",
    "next_alarm",
    "position",
    "was_fired",
]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a clock has counted.  units[k - 1]: beginning of the k-th unit, the last of them that of the unit in which the limit ends.

    after: the beginning of the n-th unit after the end, from 1.
    """

    units: tuple[datetime, ...]
    after: Callable[[int], datetime]

    @property
    def length(self) -> int:
        """Of the limit, in units."""
        return len(self.units)

    def at(self, number: int) -> datetime:
        """Beginning of the unit `number`, from 1; more than `length` lies after the end."""
        return self.units[number - 1] if number <= self.length else self.after(number - self.length)


def counted_pause(began: datetime, longest: int) -> Counted:
    """The civil days of a pause up to the longest that it may last; that of its beginning is not counted."""
    first = datetime.combine(civil_date(began), time(), CITY_ZONE)
    days = tuple(first + timedelta(days=n) for n in range(1, longest + 1))
    return Counted(days, lambda n: days[-1] + timedelta(days=n))


@dataclass(frozen=True, slots=True)
class Alarm:
    """One level of one watch on one clock.  moment: the instant from which it is to fire.  warns: it comes before the limit is over."""

    watch: str
    level: Level
    moment: datetime
    warns: bool


@dataclass(frozen=True, slots=True)
class Fired:
    """An alarm that has fired.  length: of the limit then, in units."""

    watch: str
    level: Level
    moment: datetime
    length: int
    withdrawn: bool


def position(when: When, length: int) -> int:
    """In which unit of a limit of `length` units a moment lies; over `length`: after it.

    A share is reached in the course of a unit; the moment is the beginning of that unit, so that there is time left to act.
    """
    match when.kind:
        case "used":
            return -(-length * when.amount // 100)  # rounded up
        case "before_due":
            return length - when.amount
        case "overdue":
            return length + when.amount


def alarms_of(watch: str, levels: Sequence[tuple[Level, When]], counted: Counted) -> list[Alarm]:
    """The alarms of one watch on one clock, mildest first.

    A short limit leaves out what makes no sense in it: a level that falls together with a more serious one, and a level that would
    fire on every case the moment its clock starts.
    """
    found: list[Alarm] = []
    for level, when in sorted(levels, key=lambda one: -one[0].height):
        number = position(when, counted.length)
        if number < 1:
            continue
        moment = counted.at(number)
        if not found or moment < found[-1].moment:
            found.append(Alarm(watch, level, moment, warns=number <= counted.length))
    return found[::-1]


def was_fired(alarm: Alarm, length: int, fired: Iterable[Fired]) -> bool:
    """Whether an alarm needs to fire no more.

    It has fired for this length of the limit, whatever the calendar has done to its moment since. An extension makes another limit,
    which may be overrun again; and one that was withdrawn as wrong fires again if its moment has moved to a later time.
    """
    return any(
        one.watch == alarm.watch
        and one.level == alarm.level
        and (one.moment >= alarm.moment or (one.length == length and not one.withdrawn))
        for one in fired
    )


def due_alarms(alarms: Iterable[Alarm], length: int, fired: Collection[Fired], now: datetime) -> list[Alarm]:
    """Alarms to fire now, in the order of their moments: also those that a jump of time or an outage has passed over."""
    due = [one for one in alarms if one.moment <= now and not was_fired(one, length, fired)]
    return sorted(due, key=_order)


def next_alarm(alarms: Iterable[Alarm], length: int, fired: Collection[Fired], now: datetime) -> Alarm | None:
    """The alarm to wait for, once those of `due_alarms` have fired; None when nothing can go wrong any more."""
    ahead = [one for one in alarms if one.moment > now and not was_fired(one, length, fired)]
    return min(ahead, key=_order, default=None)


def falls(levels: Sequence[tuple[Level, When]], length: int) -> tuple[Level, Level] | None:
    """The first two neighbouring levels of which the more serious one comes before the milder one in a limit of `length` units."""
    rising = sorted(levels, key=lambda one: one[0].height)
    for (milder, early), (harder, late) in zip(rising, rising[1:], strict=False):
        if position(late, length) < position(early, length):
            return milder, harder
    return None


def _order(one: Alarm) -> tuple[datetime, int, str]:
    return one.moment, one.level.height, one.watch
