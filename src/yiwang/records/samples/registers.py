"""The sample file `registers.yaml`: how the records of several registers are drawn that speak of the same people and organisations.

Words, ranges and which elements are filled are data of the pack; what is here only draws, always the same for one seed and one day.
A record repeats what another register of the file says by naming its element, as registers of one city do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from io import BytesIO
from random import Random
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from ruamel.yaml import YAML

from yiwang.acts.values import system
from yiwang.identity.queries import system_unit_by_code
from yiwang.kernel.identifiers import invent_credit_code
from yiwang.kernel.kinds import Part
from yiwang.kernel.samples import Portion, Row, SampleFile
from yiwang.kernel.time import civil_date, telling
from yiwang.records.samples.addresses import Addresses, communities, read_addresses
from yiwang.records.samples.arriving import ingest_as_it_came, relate_as_it_came
from yiwang.records.samples.households import InventedPerson
from yiwang.records.samples.people import PeopleParameters, city_of, named_people, read_parameters
from yiwang.records.values import IngestRow, RelationRow
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

__all__ = [
    "InventedRecord",
    "RegisterFile",
    "draw_records",
    "load_more_registers",
    "load_registers",
    "read_registers",
    "registers_drawn",
]

PORTION = 1_000
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Aliased(Part):
    """One whose keys are called otherwise than its attributes, and that is made by either."""

    model_config = ConfigDict(populate_by_name=True)


def _listed(value: object) -> object:
    return [{"": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


class OneOf(Aliased):
    """One of several words or rows. A row has named cells, used as `{draw.cell}`; its `weight` says how often it comes, 1 if absent."""

    one_of: Annotated[tuple[dict[str, str | float], ...], BeforeValidator(_listed)] = Field(min_length=1)

    def draw(self, chance: Random) -> dict[str, str]:
        """Cells of one row."""
        [row] = chance.choices(self.one_of, [float(one.get("weight", 1)) for one in self.one_of])
        return {name: str(cell) for name, cell in row.items() if name != "weight"}


class Whole(Aliased):
    """A whole number, both ends included."""

    lowest: int = Field(alias="from")
    highest: int = Field(alias="to")

    def draw(self, chance: Random) -> dict[str, str]:
        """One cell without a name."""
        return {"": str(chance.randint(self.lowest, self.highest))}


class Day(Aliased):
    """A civil date so many days, both ends included, after another draw of this kind or after the register's `as_of`."""

    days: tuple[int, int]
    after: str = ""


class Premises(Aliased):
    """A standard address for a business. Cells: `code` of the community, `detail`, `county` without the last character of its title."""

    address: Literal["shop"]


class Invented(Aliased):
    """Organisations with codes of their own. class: template of authority and class, as `92`.  first: the lowest number; others follow.

    per_thousand: how many for each 1,000 residents.
    """

    division: str = Field(pattern=r"^[0-9]{6}$")
    first: int = Field(ge=0)
    per_thousand: int = Field(ge=0, le=1_000)
    organisation_class: str = Field(alias="class")


class Band(Aliased):
    """Whole years, both ends included."""

    youngest: int = Field(ge=0)
    oldest: int = Field(ge=0)


def _drawn(value: object) -> object:
    return {"one_of": [value]} if isinstance(value, str) else value


Draw = Annotated[OneOf | Whole | Day | Premises, BeforeValidator(_drawn)]
"""A plain text stands for one that is always drawn."""


class Related(Aliased):
    """A relation that the record's source says with it, from its subject to whoever bears an identifier. to: template of its value."""

    relation: str
    kind: str
    scheme: str
    to: str


class NamedRecord(Aliased):
    """A record that is always there. identifier: its subject's.  person: ID number of its person.

    draws, values: instead of the register's.
    """

    identifier: str
    person: str = ""
    draws: dict[str, Draw] = Field(default_factory=dict)
    values: dict[str, str | dict[str, str]] = Field(default_factory=dict)


class Register(Aliased):
    """One resource and how its records are drawn.

    Whom they are about: `invent`ed organisations, or those that another register of the file has records about (`same_as`), or the
    persons of its records (`people_of`).  share: percent of those that have a record.
    person: the age of the person whom each record also has, nobody twice.
    draws: what is drawn once for a record.  values: element → template with `{draw}`, `{draw.cell}`, `{serial}` (of the record, from
    00001), `{identifier}`, `{human.name}`, `{human.number}`, or an element of the same subject from a register above.
    relates: relations of the record's subject from the same day on.
    valid_from: template of a civil date, by default `{as_of}`.  as_of: a civil date, or the day of loading.
    """

    resource: str
    unit: str
    as_of: date | Literal["today"]
    invent: Invented | None = None
    same_as: str = ""
    people_of: str = ""
    kind: str = ""
    scheme: str = ""
    share: int = Field(default=100, ge=0, le=100)
    person: Band | None = None
    draws: dict[str, Draw] = Field(default_factory=dict)
    values: dict[str, str | dict[str, str]] = Field(min_length=1)
    relates: tuple[Related, ...] = ()
    valid_from: str = "{as_of}"
    named: tuple[NamedRecord, ...] = ()

    @model_validator(mode="after")
    def _about_somebody(self) -> Register:
        if [bool(self.invent), bool(self.same_as), bool(self.people_of)].count(True) != 1:
            raise ValueError("write one of `invent`, `same_as` and `people_of`")
        if self.invent and not (self.kind and self.scheme):
            raise ValueError("who invents names `kind` and `scheme`")
        return self


class RegisterFile(Aliased):
    """What `registers.yaml` says. people: the file beside it from which the people were drawn."""

    seed: int
    people: str
    registers: tuple[Register, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class InventedRecord:
    """A record about a subject that does not exist.  values: element → as a source would write it.

    relates: identifiers of those to whom it is related, in the order of the register's `relates`.
    """

    kind: str
    scheme: str
    identifier: str
    values: Mapping[str, object]
    valid_from: date
    relates: tuple[str, ...] = ()


@dataclass(slots=True)
class _Drawn:
    """One record while its register is being drawn."""

    identifier: str
    person: InventedPerson | None
    named: NamedRecord | None = None
    number: int = 0
    cells: dict[str, object] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    relates: tuple[str, ...] = ()


def read_registers(content: bytes) -> RegisterFile:
    """Read `registers.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return RegisterFile.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def draw_records(
    given: RegisterFile, people: PeopleParameters, everybody: Sequence[InventedPerson], addresses: Addresses, day: date
) -> Iterator[tuple[Register, list[InventedRecord]]]:
    """Each register with its records in the order of the file; the same ones for the same parameters and the same `day` of loading.

    people, everybody: content of the file that `given.people` names, and who was drawn from it. Raises ValueError for a name that nothing
    has.
    """
    drawing = _Drawing(everybody, frozenset(people.named), people.as_of, addresses)
    for position, register in enumerate(given.registers):
        chance = Random(given.seed + position)  # noqa: S311 -- repeatable on purpose; nothing secret is drawn
        drawn = drawing.draw(register, chance, register.as_of if isinstance(register.as_of, date) else day)
        kind, scheme = drawing.kinds[register.resource] = drawing.kind_of(register, people.kind, people.scheme)
        yield (
            register,
            [
                InventedRecord(
                    kind,
                    scheme,
                    one.identifier,
                    one.values,
                    date.fromisoformat(str(one.cells["valid_from"])),
                    one.relates,
                )
                for one in drawn
            ],
        )


def load_registers(file: SampleFile) -> int:
    """Register the subjects that the file names and write what the registers say of them; return how many records are new.

    Idempotent for files that were begun on one day.
    """
    named = named_people(read_parameters(file.beside["people.yaml"]))
    return sum(_register(file, register, records) for register, records in _drawn_for(file, tuple(named)))


def load_more_registers(file: SampleFile, at: int) -> Portion:
    """Write the next records of one register. Idempotent for files that were begun on one day."""
    drawn = [
        (register, [one for one in records if one.identifier not in {named.identifier for named in register.named}])
        for register, records in _drawn_for(file, city_of(file))
    ]
    of = sum(len(records) for _, records in drawn)
    start = at
    for register, records in drawn:
        if start < len(records):
            some = records[start : start + PORTION]
            return Portion(at + len(some), of, _register(file, register, some))
        start -= len(records)
    return Portion(of, of, 0)


def registers_drawn(file: SampleFile) -> dict[str, list[Row]]:
    """Every record but those that the file names, by resource, as cells, for other loaders: identifier, valid_from, and its elements."""
    found: dict[str, list[Row]] = {}
    for register, records in _drawn_for(file, city_of(file)):
        named = {one.identifier for one in register.named}
        found[register.resource] = [
            {**one.values, "identifier": one.identifier, "valid_from": one.valid_from.isoformat()}
            for one in records
            if one.identifier not in named
        ]
    return found


def _drawn_for(
    file: SampleFile, everybody: tuple[InventedPerson, ...]
) -> tuple[tuple[Register, tuple[InventedRecord, ...]], ...]:
    day = civil_date(file.begun_at)
    return _records(file.content, file.beside["people.yaml"], file.beside["addresses.yaml"], everybody, day)


@lru_cache(maxsize=2)
def _records(
    registers: bytes, people: bytes, addresses: bytes, everybody: tuple[InventedPerson, ...], day: date
) -> tuple[tuple[Register, tuple[InventedRecord, ...]], ...]:
    known = Addresses(read_addresses(addresses), communities())
    found = draw_records(read_registers(registers), read_parameters(people), everybody, known, day)
    return tuple((register, tuple(records)) for register, records in found)


def _register(file: SampleFile, register: Register, records: Sequence[InventedRecord]) -> int:
    if not records:
        return 0
    unit = system_unit_by_code(register.unit)
    if unit is None:
        raise ValueError(f"{file.path}: there is no unit with the code {register.unit}.")
    us = system("samples", origin="invented")
    with telling(file.begins):
        ids = system_register_subjects(us, [NewSubject(one.kind, {one.scheme: one.identifier}) for one in records])
    rows = [IngestRow(id, one.values, one.valid_from, unit_id=unit.id) for id, one in zip(ids, records, strict=True)]
    made = ingest_as_it_came(us, register.resource, rows, begins=file.begins)
    for position, related in enumerate(register.relates):
        with telling(file.begins):
            others = system_register_subjects(
                us, [NewSubject(related.kind, {related.scheme: one.relates[position]}) for one in records]
            )
        links = [
            RelationRow(id, other, one.valid_from, unit_id=unit.id)
            for id, other, one in zip(ids, others, records, strict=True)
        ]
        made += relate_as_it_came(us, related.relation, links, begins=file.begins)
    return made


class _Drawing:
    """What has been drawn so far. named: ID numbers of those that only named records take."""

    def __init__(
        self, everybody: Sequence[InventedPerson], named: frozenset[str], as_of: date, addresses: Addresses
    ) -> None:
        self.kinds: dict[str, tuple[str, str]] = {}
        self._everybody = {str(one.number): one for one in everybody}
        self._named = named
        self._as_of = as_of
        self._addresses = addresses
        self._registers: dict[str, list[_Drawn]] = {}
        self._known: dict[str, dict[str, object]] = {}

    def kind_of(self, register: Register, person_kind: str, person_scheme: str) -> tuple[str, str]:
        """Kind and identifier scheme of the subjects of a register."""
        if register.people_of:
            return person_kind, person_scheme
        return self.kinds[register.same_as] if register.same_as else (register.kind, register.scheme)

    def draw(self, register: Register, chance: Random, as_of: date) -> list[_Drawn]:
        """The records of one register. What they say of their subjects is known to the registers below."""
        drawn = list(self._subjects(register, chance))
        for serial, one in enumerate(drawn, 1):
            self._fill(one, register, serial, chance, as_of)
            self._known.setdefault(one.identifier, {}).update(one.values)
        self._registers[register.resource] = drawn
        return drawn

    def _subjects(self, register: Register, chance: Random) -> Iterator[_Drawn]:
        """Whom the records are about: named ones first; invented ones get their identifier when they are filled."""
        named = {one.identifier for one in register.named}
        for one in register.named:
            yield _Drawn(one.identifier, self._person(one.person), one)
        if register.invent:
            count = (len(self._everybody) - len(self._named)) * register.invent.per_thousand // 1_000
            people = self._people(register.person, count, chance)
            for position in range(count):
                yield _Drawn("", people[position] if people else None, number=register.invent.first + position)
            return
        for above in self._above(register.same_as or register.people_of, register):
            if register.people_of and above.person is None:
                continue
            identifier = str(above.person.number) if register.people_of and above.person else above.identifier
            if identifier not in named and chance.randrange(100) < register.share:
                yield _Drawn(identifier, above.person)

    def _above(self, resource: str, register: Register) -> list[_Drawn]:
        if resource not in self._registers:
            raise ValueError(f"{register.resource}: no register above has the resource {resource}.")
        return self._registers[resource]

    def _person(self, number: str) -> InventedPerson | None:
        if number and number not in self._everybody:
            raise ValueError(f"Nobody of the people drawn has the number {number}.")
        return self._everybody[number] if number else None

    def _people(self, band: Band | None, count: int, chance: Random) -> Sequence[InventedPerson]:
        if band is None:
            return ()
        fit = [
            one
            for number, one in self._everybody.items()
            if number not in self._named and band.youngest <= one.age(self._as_of) <= band.oldest
        ]
        return chance.sample(fit, count)

    def _fill(self, one: _Drawn, register: Register, serial: int, chance: Random, as_of: date) -> None:
        cells: dict[str, object] = {"as_of": as_of.isoformat(), "serial": f"{serial:05}"}
        for name, draw in (register.draws | (one.named.draws if one.named else {})).items():
            found = self._draw(draw, chance, cells)
            cells |= {f"{name}.{cell}" if cell else name: value for cell, value in found.items()}
        if one.person:
            cells |= {"human.name": one.person.name, "human.number": str(one.person.number)}
        if register.invent and not one.identifier:
            kind = _filled(register.invent.organisation_class, cells, register)
            one.identifier = str(invent_credit_code(str(kind), register.invent.division, one.number))
        one.cells = self._known.get(one.identifier, {}) | cells | {"identifier": one.identifier}
        for element, template in (register.values | (one.named.values if one.named else {})).items():
            if isinstance(template, dict):
                one.values[element] = {key: _filled(part, one.cells, register) for key, part in template.items()}
            else:
                one.values[element] = _filled(template, one.cells, register)
        one.cells["valid_from"] = _filled(register.valid_from, one.cells, register)
        known = one.cells | one.values
        one.relates = tuple(str(_filled(related.to, known, register)) for related in register.relates)

    def _draw(
        self, draw: OneOf | Whole | Day | Premises, chance: Random, cells: Mapping[str, object]
    ) -> dict[str, str]:
        """The cells of what is drawn; the one without a name is called as the draw is."""
        if isinstance(draw, Premises):
            place = self._addresses.shop(chance)
            return {"code": place.code, "detail": place.detail, "county": place.county[:-1]}
        if isinstance(draw, Day):
            since = date.fromisoformat(str(cells[draw.after or "as_of"]))
            return {"": (since + timedelta(days=chance.randint(*draw.days))).isoformat()}
        return draw.draw(chance)


def _filled(template: str, cells: Mapping[str, object], register: Register) -> object:
    """The template with what stands for its names; a template that is one name gives that very value."""
    if missing := [name for name in PLACEHOLDER.findall(template) if name not in cells]:
        raise ValueError(f"{register.resource}: nothing is called {', '.join(missing)}.")
    if whole := PLACEHOLDER.fullmatch(template):
        return cells[whole.group(1)]
    return PLACEHOLDER.sub(lambda match: str(cells[match.group(1)]), template)
