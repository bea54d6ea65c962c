"""Service hours as packs declare them: what a declaration says, and which of them stand for a unit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from yiwang.kernel.identifiers import DivisionCode
from yiwang.kernel.opening import WEEKDAYS, ServiceHours, Week, read_hours

__all__ = ["around", "hours_id", "service_hours", "stands_for_all", "week_of"]


def week_of(body: Mapping[str, Any]) -> Week:
    """One declared week. A day that it does not name has the hours of `weekdays` from Monday to Friday, else none."""
    weekdays = read_hours(body["weekdays"])
    days = [
        weekdays if body[name] is None and number < 5 else read_hours(body[name] or ())
        for number, name in enumerate(WEEKDAYS)
    ]
    worked = body["worked_weekend"]
    first, second, third, fourth, fifth, sixth, seventh = days
    return Week((first, second, third, fourth, fifth, sixth, seventh), None if worked is None else read_hours(worked))


def service_hours(body: Mapping[str, Any]) -> ServiceHours:
    """What a stored declaration of the kind `service-hours` says."""
    return ServiceHours({date.fromisoformat(str(week["since"])): week_of(week) for week in body["weeks"]})


def around(division: str) -> list[str]:
    """A division and those around it by the structure of their codes, the smallest first; empty for what is no code."""
    try:
        code: DivisionCode | None = DivisionCode.parse(division)
    except ValueError:
        return []
    found: list[str] = []
    while code is not None:
        found.append(str(code))
        code = code.parent
    return found


def hours_id(declared: Mapping[str, Mapping[str, Any]], division: str, units: Sequence[str]) -> str:
    """Which of the declared hours stand for a unit: its own or those of the nearest unit above it, else of its division, else the city's.

    units: codes of the unit and of those above it, the nearest first. Empty when none stand for it.
    """
    for key, named in (("units", units), ("divisions", around(division))):
        for code in named:
            for id, body in declared.items():
                if code in body[key]:
                    return id
    return next((id for id, body in declared.items() if stands_for_all(body["units"], body["divisions"])), "")


def stands_for_all(units: Collection[str], divisions: Collection[str]) -> bool:
    """Whether hours that name these stand for the whole city."""
    return not units and not divisions
