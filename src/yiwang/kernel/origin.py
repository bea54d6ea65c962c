"""Whether everything that this process does is real, or belongs to a city that only rehearses.

A rehearsal's rows are flagged wherever they come to lie, whoever makes them, and are left out of indicators.
"""

from __future__ import annotations

__all__ = ["LIVE", "origin_here", "use_origin"]

LIVE = "live"

_here = LIVE


def use_origin(origin: str) -> None:
    """Flag what every actor of this process does as `origin`; `live` lets each actor keep its own."""
    global _here
    _here = origin


def origin_here(own: str) -> str:
    """The origin of what an actor whose own is `own` does in this process."""
    return own if _here == LIVE else _here
