"""Sample files that fill registers: people, and records about them and about what they run. All of it is invented."""

from __future__ import annotations

from yiwang.kernel.samples import nothing_at_once, register_drawing, register_sample, register_sample_aid
from yiwang.records.samples.addresses import Addresses, AddressRules, Community, Place, read_addresses
from yiwang.records.samples.households import Home, InventedPerson, Role
from yiwang.records.samples.officers import load_officers, officers_of, read_officers
from yiwang.records.samples.people import (
    PeopleParameters,
    city_of,
    draw_people,
    load_more_people,
    load_people,
    people_drawn,
    read_parameters,
)
from yiwang.records.samples.registers import (
    InventedRecord,
    RegisterFile,
    draw_records,
    load_more_registers,
    load_registers,
    read_registers,
    registers_drawn,
)

__all__ = [
    "AddressRules",
    "Addresses",
    "Community",
    "Home",
    "InventedPerson",
    "InventedRecord",
    "PeopleParameters",
    "Place",
    "RegisterFile",
    "Role",
    "city_of",
    "draw_people",
    "draw_records",
    "load_officers",
    "load_more_people",
    "load_more_registers",
    "load_people",
    "load_registers",
    "officers_of",
    "read_addresses",
    "read_officers",
    "read_parameters",
    "read_registers",
    "register",
]


def register() -> None:
    """Offer the loaders, after the organisation's: a register has a unit that keeps it, and its people are there before it."""
    register_sample_aid("addresses")
    register_drawing("people", people_drawn)
    register_drawing("registers", registers_drawn)
    register_sample("people", load_people, order=50, more=load_more_people)
    register_sample("registers", load_registers, order=60, more=load_more_registers)
    register_sample("officers", nothing_at_once, order=55, more=load_officers)
