"""The sample file `people.yaml`: parameters from which invented people are drawn, always the same ones for one seed.

Name lists, ages, households and which elements are filled are data of the pack; what is here only draws. The citizen ID number carries
birth date and sex, and its division must be one that is not assigned, or a number might be somebody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from random import Random
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from ruamel.yaml import YAML

from yiwang.acts.values import Actor, system
from yiwang.identity.queries import system_unit_by_code
from yiwang.kernel.identifiers import CitizenId, Sex, invent_citizen_id
from yiwang.kernel.kinds import Part
from yiwang.kernel.samples import Portion, Row, SampleFile
from yiwang.kernel.time import telling
from yiwang.places.queries import units_answering
from yiwang.records.samples.addresses import Addresses, communities, read_addresses
from yiwang.records.samples.arriving import ingest_as_it_came, relate_as_it_came
from yiwang.records.samples.households import AgeBand, HouseholdRules, InventedPerson, draw_household
from yiwang.records.values import IngestRow, RelationRow
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

__all__ = [
    "InventedPerson",
    "PeopleParameters",
    "city_of",
    "draw_people",
    "load_more_people",
    "load_people",
    "named_people",
    "people_drawn",
    "read_parameters",
]

PORTION = 2_000
DRAWN_SEQUENCES = 900  # 900 to 999 are for people who are named in the file

Characters = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]


class Era(Part):
    """The characters of given names of people born before `before` (a year). single: percent of given names of one character."""

    before: int
    men: Characters
    women: Characters
    single: int = Field(default=15, ge=0, le=100)


class FilledElements(Part):
    """Which element takes what of a person."""

    name: str
    sex: str
    birth_date: str
    identifier: str


class StatedHomes(Part):
    """The register of where people live: its resource, the elements it takes, and whose duty it is to keep it, at the place."""

    resource: str
    duty: str
    address: str
    since: str


class KeptRelation(Part):
    """A relation, and the code of the unit that keeps it."""

    relation: str
    unit: str


class FamilyRelations(Part):
    """How families are recorded. kind, scheme, prefix: of households as subjects, whose number is the prefix and eight digits.

    member: of a person to his household.  mother, father: of a child to them.  spouse: symmetric.
    """

    kind: str
    scheme: str
    prefix: str
    member: KeptRelation
    mother: KeptRelation
    father: KeptRelation
    spouse: KeptRelation


class PeopleParameters(Part):
    """What `people.yaml` says. named: identifier → name of people who are always there.  surnames: surname → weight.

    ages: the pyramid from which the heads of households are drawn; the others follow from them.
    """

    seed: int
    as_of: date
    division: str = Field(pattern=r"^[0-9]{6}$")
    kind: str
    scheme: str
    resource: str
    unit: str
    elements: FilledElements
    homes: StatedHomes
    relations: FamilyRelations
    named: dict[str, str]
    ages: tuple[AgeBand, ...] = Field(min_length=1)
    households: HouseholdRules
    surnames: dict[str, float] = Field(min_length=1)
    eras: tuple[Era, ...] = Field(min_length=1)


def read_parameters(content: bytes) -> PeopleParameters:
    """Read `people.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return PeopleParameters.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def draw_people(given: PeopleParameters, residents: int, addresses: Addresses) -> Iterator[InventedPerson]:
    """The named people, then households until there are `residents`; the same ones for the same parameters, no number twice.

    A smaller city's households are the first of a larger one's; the last one is whole, so there may be a few people more.
    """
    yield from named_people(given)
    born = _Born(given)
    made, household = len(given.named), 0
    while made < residents:
        household += 1
        chance = Random(f"{given.seed}:{household}")  # noqa: S311 -- repeatable on purpose; nothing secret is drawn
        people = draw_household(household, given.households, given.ages, given.as_of, born, addresses, chance)
        made += len(people)
        yield from people


def named_people(given: PeopleParameters) -> list[InventedPerson]:
    """Those whom the file names."""
    return [InventedPerson(name, CitizenId.parse(number)) for number, name in given.named.items()]


def load_people(file: SampleFile) -> int:
    """Register the people whom the file names and write what the register says of them; return how many records are new. Idempotent."""
    given = read_parameters(file.content)
    return _register(given, file, named_people(given))


def load_more_people(file: SampleFile, at: int) -> Portion:
    """Register the next drawn people, with their homes. Idempotent."""
    given = read_parameters(file.content)
    everybody = city_of(file)
    drawn = everybody[len(given.named) :]
    end = min(at + PORTION, len(drawn))
    while 0 < end < len(drawn) and drawn[end].household == drawn[end - 1].household:
        end += 1  # a household comes whole: its members are related to each other
    return Portion(end, len(drawn), _register(given, file, drawn[at:end]))


def city_of(file: SampleFile) -> tuple[InventedPerson, ...]:
    """Everybody whom the `people.yaml` of this file's pack draws for a city of this size, in order. Drawn once in a process."""
    return _everybody(file.beside["people.yaml"], file.beside["addresses.yaml"], file.residents)


def people_drawn(file: SampleFile) -> dict[str, list[Row]]:
    """Everybody but those whom the file names, as cells, for other loaders: number, name, age, stated, and the last home."""
    as_of = read_parameters(file.beside["people.yaml"]).as_of
    return {
        "people": [
            {
                "number": str(one.number),
                "name": one.name,
                "surname": one.surname,
                "age": one.age(as_of),
                "stated": one.stated,
                "home.code": one.homes[-1].place.code,
                "home.detail": one.homes[-1].place.detail,
                "home.since": one.homes[-1].since.isoformat(),
            }
            for one in city_of(file)
            if one.homes
        ]
    }


@lru_cache(maxsize=2)
def _everybody(people: bytes, addresses: bytes, residents: int) -> tuple[InventedPerson, ...]:
    known = Addresses(read_addresses(addresses), communities())
    return tuple(draw_people(read_parameters(people), residents, known))


def _register(given: PeopleParameters, file: SampleFile, people: Sequence[InventedPerson]) -> int:
    if not people:
        return 0
    unit_id = _unit(file, given.unit)
    us = system("samples", origin="invented")
    with telling(file.begins):
        ids = system_register_subjects(us, [NewSubject(given.kind, {given.scheme: str(one.number)}) for one in people])
    known = [
        IngestRow(id, _values(given.elements, one), one.number.birth_date, unit_id=unit_id)
        for id, one in zip(ids, people, strict=True)
    ]
    made = ingest_as_it_came(us, given.resource, known, begins=file.begins)
    answering: dict[str, UUID | None] = {}
    homes = [
        IngestRow(
            id,
            {given.homes.address: home.place.value(), given.homes.since: home.since.isoformat()},
            home.since,
            unit_id=_keeper(home.place.code, given.homes.duty, answering),
        )
        for id, one in zip(ids, people, strict=True)
        if one.stated
        for home in one.homes
    ]
    made += ingest_as_it_came(us, given.homes.resource, homes, begins=file.begins)
    return made + _relate(us, given, file, people, dict(zip((str(one.number) for one in people), ids, strict=True)))


def _unit(file: SampleFile, code: str) -> UUID:
    unit = system_unit_by_code(code)
    if unit is None:
        raise ValueError(f"{file.path}: there is no unit with the code {code}.")
    return unit.id


def _relate(
    us: Actor, given: PeopleParameters, file: SampleFile, people: Sequence[InventedPerson], ids: Mapping[str, UUID]
) -> int:
    """Register the households of these people, whole ones, and who is whose."""
    living = [one for one in people if one.household]
    if not living:
        return 0
    families = given.relations
    numbers = sorted({one.household for one in living})
    with telling(file.begins):
        homes = system_register_subjects(
            us, [NewSubject(families.kind, {families.scheme: f"{families.prefix}{number:08}"}) for number in numbers]
        )
    household = dict(zip(numbers, homes, strict=True))
    by_number = {str(one.number): one for one in living}
    made = 0
    for kept, rows in (
        (families.member, [(one, household[one.household], one.homes[0].since) for one in living]),
        (families.mother, [(one, ids[one.mother], one.number.birth_date) for one in living if one.mother]),
        (families.father, [(one, ids[one.father], one.number.birth_date) for one in living if one.father]),
        (
            families.spouse,
            [(one, ids[one.spouse], _together(one, by_number[one.spouse])) for one in living if one.spouse],
        ),
    ):
        unit_id = _unit(file, kept.unit)
        links = [RelationRow(ids[str(one.number)], other, since, unit_id=unit_id) for one, other, since in rows]
        made += relate_as_it_came(us, kept.relation, links, begins=file.begins)
    return made


def _together(one: InventedPerson, other: InventedPerson) -> date:
    """Since when two have been a couple: as long as both have lived in one of the household's homes."""
    return max(one.homes[0].since, other.homes[0].since)


def _keeper(place: str, duty: str, answering: dict[str, UUID | None]) -> UUID | None:
    """The unit that answers at a place today; of several the first, None where nobody does."""
    if place not in answering:
        answering[place] = next(iter(units_answering(place, duty)), None)
    return answering[place]


class _Born:
    """Gives people names and numbers."""

    def __init__(self, given: PeopleParameters) -> None:
        self._division = given.division
        self._eras = sorted(given.eras, key=lambda era: era.before)
        self._surnames, self._weights = list(given.surnames), list(accumulate(given.surnames.values()))
        self._taken: set[str] = set()

    def __call__(self, chance: Random, sex: Sex, birth: date, surname: str = "") -> InventedPerson:
        number = self._number(chance, sex, birth)
        if not surname:
            [surname] = chance.choices(self._surnames, cum_weights=self._weights)
        year = number.birth_date.year
        era = next((era for era in self._eras if year < era.before), self._eras[-1])
        return InventedPerson(surname + _given_name(chance, era, sex), number, surname)

    def _number(self, chance: Random, sex: Sex, birth: date) -> CitizenId:
        """A number that nobody has; of the day before, when all of a day are given out."""
        half = DRAWN_SEQUENCES // 2
        start = chance.randrange(half)
        for step in range(half):
            sequence = (start + step) % half * 2 + (1 if sex is Sex.MALE else 0)
            number = invent_citizen_id(self._division, birth, sequence)
            if number not in self._taken:
                self._taken.add(number)
                return number
        return self._number(chance, sex, birth - timedelta(days=1))


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
