"""What the scheduler does again and again. Each engine adds its own duties; one scheduler in a city does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Periodic", "all_periodic", "register_periodic"]


@dataclass(frozen=True, slots=True)
class Periodic:
    """A function to call every so often. Missed turns are not made up for."""

    name: str
    every: timedelta
    function: Callable[[], object]


_periodic: dict[str, Periodic] = {}


def register_periodic(name: str, every: timedelta, function: Callable[[], object]) -> None:
    """Let the scheduler call `function` every `every` (machine time). It must be idempotent and quick: long work is a
    job.
    """
    known = _periodic.get(name)
    if known is not None and known.function is not function:
        raise ValueError(f"The periodic duty {name} is already registered.")
    _periodic[name] = Periodic(name, every, function)


def all_periodic() -> list[Periodic]:
    """Every duty, in the order of registering."""
    return list(_periodic.values())
