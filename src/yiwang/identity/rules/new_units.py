"""What is wrong with a unit that somebody wants to open."""

from __future__ import annotations

from collections.abc import Collection

from yiwang.identity.values import NewUnit
from yiwang.kernel.errors import FieldFault, msgid
from yiwang.kernel.identifiers import CreditCode, DivisionCode, IdentifierFault

__all__ = ["LEVELS", "blank_faults", "unit_faults"]

LEVELS = ("city", "district", "township", "community", "division")


def unit_faults(unit: NewUnit, at: str, known: Collection[str]) -> list[FieldFault]:
    """Everything wrong with it, `at` before each field.  known: the codes of units that stand."""
    faults = blank_faults(at, code=unit.code, title=unit.title)
    for field, value, checker in (
        ("credit_code", unit.credit_code, CreditCode.parse),
        ("division_code", unit.division_code, DivisionCode.parse),
    ):
        try:
            checker(value)
        except IdentifierFault as fault:
            faults.append(fault.at(at + field))
    if unit.level not in LEVELS:
        faults.append(
            FieldFault(
                at + "level",
                "unknown-level",
                msgid("The level of a unit is one of {levels}."),
                {"levels": ", ".join(LEVELS)},
            )
        )
    if unit.parent_code and unit.parent_code not in known:
        faults.append(
            FieldFault(
                at + "parent",
                "unknown-unit",
                msgid("There is no unit with the code {code}."),
                {"code": unit.parent_code},
            )
        )
    return faults


def blank_faults(at: str, **values: str) -> list[FieldFault]:
    """Those that are empty."""
    return [
        FieldFault(at + name, "required", msgid("This is required."))
        for name, value in values.items()
        if not value.strip()
    ]
