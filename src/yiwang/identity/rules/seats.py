"""Who may sit in which post when: periods, and duties that exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date

from yiwang.identity.values import DutyView

__all__ = ["Period", "excluded_pair", "first_conflict", "most_at_once"]


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open civil dates; `until` None means open."""

    since: date
    until: date | None = None

    def overlaps(self, other: Period) -> bool:
        """Whether a day lies in both. An empty period (ended on the day it began) overlaps nothing."""
        latest_start = max(self.since, other.since)
        return all(one.until is None or latest_start < one.until for one in (self, other))

    def holds(self, day: date) -> bool:
        """Whether `day` lies in it."""
        return self.since <= day and (self.until is None or day < self.until)

    def lies_in(self, other: Period) -> bool:
        """Whether every day of it lies in the other, too. An empty period lies in every other."""
        if self.until is not None and self.until <= self.since:
            return True
        ends_in_time = other.until is None or (self.until is not None and self.until <= other.until)
        return other.since <= self.since and ends_in_time


def most_at_once(period: Period, taken: Iterable[tuple[Hashable, Period]]) -> int:
    """How many different ones hold at most on one day of `period`: of (who, when). Whoever holds twice on a day counts once."""
    taken = list(taken)
    days = {period.since, *(one.since for _, one in taken)}
    return max(
        len({who for who, one in taken if one.holds(day)}) for day in days if period.holds(day) or day == period.since
    )


def excluded_pair(
    some: Collection[str], others: Collection[str], find: Callable[[str], DutyView | None]
) -> tuple[str, str] | None:
    """The first duty of `some` and of `others` that one person may not hold at once, or None.

    Two different administrators exclude each other always; other duties when either names the other in `excludes`, and a duty
    does not exclude itself. A duty that `find` does not know excludes nothing.
    """
    for one in sorted(some):
        for other in sorted(others):
            if one != other and _exclude(find(one), find(other)):
                return one, other
    return None


def _exclude(one: DutyView | None, other: DutyView | None) -> bool:
    if one is None or other is None:
        return False
    administrators = one.administrator, other.administrator
    return (
        other.id in one.excludes
        or one.id in other.excludes
        or (None not in administrators and administrators[0] != administrators[1])
    )


def first_conflict(
    wanted: tuple[Period, Collection[str]],
    held: Iterable[tuple[Period, Collection[str]]],
    find: Callable[[str], DutyView | None],
) -> tuple[str, str] | None:
    """The first (wanted duty, held duty) that exclude each other at overlapping times, or None."""
    period, duties = wanted
    for other_period, other_duties in held:
        if period.overlaps(other_period) and (pair := excluded_pair(duties, other_duties, find)):
            return pair
    return None
