"""The levels of a watch as its stored body has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yiwang.supervision.values import Level, When

__all__ = ["levels_of"]


def levels_of(body: Mapping[str, Any]) -> list[tuple[Level, When]]:
    """The levels with their moments, in the order in which they are declared."""
    found: list[tuple[Level, When]] = []
    for one in body["levels"]:
        [(kind, amount)] = [(kind, amount) for kind, amount in one["when"].items() if amount is not None]
        found.append((Level(one["level"]), When(kind, amount)))
    return found
