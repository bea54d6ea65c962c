"""The sample file `people.yaml`: parameters from which invented people are drawn, always the same ones for one seed.

Name lists, ages and which elements are filled are data of the pack; what is here only draws. The citizen ID number carries birth
date and sex, and its division must be one that is not assigned, or a number might be somebody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import islice
from random import Random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from ruamel.yaml import YAML

from yiwang.acts.values import system
from yiwang.identity.queries import system_unit_by_code
from yiwang.kernel.identifiers import CitizenId, Sex, invent_citizen_id
from yiwang.kernel.samples import SampleFile
from yiwang.kernel.time import CITY_ZONE
from yiwang.records.services import system_ingest
from yiwang.records.values import Door, IngestRow
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

__all__ = ["InventedPerson", "PeopleParameters", "draw_people", "load_people", "read_parameters"]

BATCH = 5_000
DRAWN_SEQUENCES = 900  # 900 to 999 are for people who are named in the file

Characters = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgeBand(_Part):
    """Whole years, both ends included; weight in any unit; men: percent."""

    youngest: int = Field(ge=0, le=120)
    oldest: int = Field(ge=0, le=120)
    weight: float = Field(gt=0)
    men: int = Field(default=50, ge=0, le=100)


class Era(_Part):
    """The characters of given names of people born before `before` (a year). single: percent of given names of one character."""

    before: int
    men: Characters
    women: Characters
    single: int = Field(default=15, ge=0, le=100)


class FilledElements(_Part):
    """Which element takes what of a person."""

    name: str
    sex: str
    birth_date: str
    identifier: str


class PeopleParameters(_Part):
    """What `people.yaml` says. named: identifier → name of people who are always there.  surnames: surname → weight."""

    seed: int
    count: int = Field(ge=0, le=2_000_000)
    as_of: date
    division: str = Field(pattern=r"^[0-9]{6}$")
    kind: str
    scheme: str
    resource: str
    unit: str
    elements: FilledElements
    named: dict[str, str]
    ages: tuple[AgeBand, ...] = Field(min_length=1)
    surnames: dict[str, float] = Field(min_length=1)
    eras: tuple[Era, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """Somebody who does not exist."""

    name: str
    number: CitizenId


def read_parameters(content: bytes) -> PeopleParameters:
    """Read `people.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return PeopleParameters.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def draw_people(given: PeopleParameters) -> Iterator[InventedPerson]:
    """The named people, then as many drawn ones as make up `count`; the same ones for the same parameters, no number twice."""
    for number, name in given.named.items():
        yield InventedPerson(name, CitizenId.parse(number))
    draw = Random(given.seed)  # noqa: S311 -- repeatable on purpose; nothing secret is drawn
    eras = sorted(given.eras, key=lambda era: era.before)
    surnames, weights = list(given.surnames), list(given.surnames.values())
    taken: set[str] = set()
    while len(taken) < given.count - len(given.named):
        [band] = draw.choices(given.ages, [band.weight for band in given.ages])
        sex = Sex.MALE if draw.randrange(100) < band.men else Sex.FEMALE
        birth = _birth_date(draw, band, given.as_of)
        sequence = draw.randrange(DRAWN_SEQUENCES // 2) * 2 + (1 if sex is Sex.MALE else 0)
        number = invent_citizen_id(given.division, birth, sequence)
        if number in taken:
            continue
        taken.add(number)
        era = next((era for era in eras if birth.year < era.before), eras[-1])
        [surname] = draw.choices(surnames, weights)
        yield InventedPerson(surname + _given_name(draw, era, sex), number)


def load_people(file: SampleFile) -> int:
    """Register the people and write what the register says of them; return how many records are new. Idempotent."""
    given = read_parameters(file.content)
    unit = system_unit_by_code(given.unit)
    if unit is None:
        raise ValueError(f"{file.path}: there is no unit with the code {given.unit}.")
    us = system("samples", origin="invented")
    registered_at = datetime.combine(given.as_of, time(9), CITY_ZONE)
    people = draw_people(given)
    done = made = 0
    while batch := list(islice(people, BATCH)):
        subjects = [NewSubject(given.kind, {given.scheme: str(one.number)}) for one in batch]
        ids = system_register_subjects(us, subjects)
        rows = [
            IngestRow(
                id, _values(given.elements, one), one.number.birth_date, registered_at=registered_at, unit_id=unit.id
            )
            for id, one in zip(ids, batch, strict=True)
        ]
        made += system_ingest(us, given.resource, rows, door=Door.SAMPLE).written
        done += len(batch)
        file.progress(done, given.count)
    return made


def _birth_date(draw: Random, band: AgeBand, as_of: date) -> date:
    age = draw.randint(band.youngest, band.oldest)
    return as_of - timedelta(days=round(age * 365.2425) + draw.randrange(1, 365))


def _given_name(draw: Random, era: Era, sex: Sex) -> str:
    characters = era.men if sex is Sex.MALE else era.women
    return "".join(draw.sample(characters, 1 if draw.randrange(100) < era.single else 2))


def _values(elements: FilledElements, one: InventedPerson) -> dict[str, object]:
    return {
        elements.name: one.name,
        elements.sex: str(one.number.sex),
        elements.birth_date: one.number.birth_date.isoformat(),
        elements.identifier: str(one.number),
    }
