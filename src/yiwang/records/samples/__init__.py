"""Sample files that fill registers: people, and records about them and about what they run. All of it is invented."""

from __future__ import annotations

from yiwang.kernel.samples import register_sample
from yiwang.records.samples.people import InventedPerson, PeopleParameters, draw_people, load_people, read_parameters
from yiwang.records.samples.registers import InventedRecord, RegisterFile, draw_records, load_registers, read_registers

__all__ = [
    "InventedPerson",
    "InventedRecord",
    "PeopleParameters",
    "RegisterFile",
    "draw_people",
    "draw_records",
    "load_people",
    "load_registers",
    "read_parameters",
    "read_registers",
    "register",
]


def register() -> None:
    """Offer the loaders, after the organisation's: a register has a unit that keeps it, and its people are there before it."""
    register_sample("people", load_people, order=50)
    register_sample("registers", load_registers, order=60)
