"""Checked values of the places engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from yiwang.kernel.identifiers import DivisionLevel
from yiwang.kernel.opening import ServiceHours

__all__ = ["AreaOfDuty", "DivisionRow", "DivisionView", "NewArea", "WindowView", "level_named"]


@dataclass(frozen=True, slots=True)
class DivisionView:
    """An administrative division on a civil date.

    level: province | city | county | township | village.  full_title: the titles from the province down, joined.
    valid_to: the first civil date on which it no longer was so; None for today's.
    """

    code: str
    title: str
    full_title: str
    level: str
    parent_code: str
    valid_from: date
    valid_to: date | None
    edition: str


@dataclass(frozen=True, slots=True)
class AreaOfDuty:
    """An area for which a unit answers in one duty. since: the civil date from which it does."""

    title: str
    unit_id: UUID
    unit_title: str
    since: date


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One row of a declared list of divisions."""

    code: str
    title: str
    level: str
    parent_code: str


@dataclass(frozen=True, slots=True)
class NewArea:
    """An area of responsibility, its places, and which unit answers for which duties in it."""

    code: str
    title: str
    places: frozenset[str]
    duties: frozenset[str]
    unit_code: str


def level_named(level: DivisionLevel) -> str:
    """The word for a level in lists and tables."""
    return level.name.lower()


@dataclass(frozen=True, slots=True)
class WindowView:
    """A window at which people are served in person, in the language that was asked for.

    place: code of the division that it serves.  hours: when it is open, in words, as it holds today; service_hours: the same to count with.
    """

    id: str
    title: str
    place: str
    address: str
    hours: str
    service_hours: ServiceHours
    phone: str
    note: str
