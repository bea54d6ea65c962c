"""What higher floors and packs may name: the checkers of identifier schemes."""

from __future__ import annotations

from collections.abc import Callable

from yiwang.kernel.identifiers import CitizenId, CreditCode, DivisionCode

__all__ = ["checkers", "register_checker"]

Checker = Callable[[str], str]
"""Takes a value as typed and returns its canonical form, or raises ValueError (with a stable `.code` where it has one)."""

checkers: dict[str, Checker] = {
    "citizen-id": CitizenId.parse,
    "credit-code": CreditCode.parse,
    "division-code": DivisionCode.parse,
}
"""Checker name, as `kinds/*.yaml` writes it, → checker."""


def register_checker(name: str, checker: Checker) -> None:
    """Offer one more checker to the declarations of identifier schemes. A name is given once."""
    if checkers.setdefault(name, checker) is not checker:
        raise ValueError(f"The checker {name} is already registered.")
