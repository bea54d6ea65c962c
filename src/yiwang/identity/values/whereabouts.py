"""Where a unit stands: what decides by which local calendar and service hours it counts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UnitPlaced"]


@dataclass(frozen=True, slots=True)
class UnitPlaced:
    """division: code of the division that the unit belongs to.  codes: of the unit itself and of those above it, the nearest first."""

    division: str
    codes: tuple[str, ...]
