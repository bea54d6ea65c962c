"""What `yiwang doctor` looks at. Each engine adds the checks that only it can make; nobody keeps a list of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Check", "Finding", "all_checks", "register_check"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    is_well: False asks the operator to act.  detail: a sentence with the figures.  mend: the command, or the words,
    that mend it.
    """

    is_well: bool
    detail: str
    mend: str = ""


Check = Callable[[], Iterable[Finding]]

_checks: dict[str, Check] = {}


def register_check(name: str, function: Check) -> None:
    """Add a check. `name`: kebab-case, stable, shown to the operator (`lost-file`). It reads and changes nothing."""
    if _checks.get(name, function) is not function:
        raise ValueError(f"The check {name} is already registered.")
    _checks[name] = function


def all_checks() -> dict[str, Check]:
    """Every check by name, in the order of registering."""
    return dict(_checks)
