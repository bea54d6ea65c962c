"""Households of invented people: couples, children, parents, and where they have lived since they keep house together.

What a household is like, who marries and has children at what age and how often one moves are data of the pack; what is here only draws.
Always true: a mother is older than her child by what the pack says, spouses are grown up, a child bears the name of a parent, a household
has an adult, and nobody lives anywhere before he is born.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Protocol

from pydantic import Field, model_validator

from yiwang.kernel.identifiers import CitizenId, Sex
from yiwang.kernel.kinds import Part
from yiwang.records.samples.addresses import Addresses, Place

__all__ = ["AgeBand", "Home", "HouseholdKind", "HouseholdRules", "InventedPerson", "Role", "draw_household"]

YEAR = 365.2425
MAJORITY = 18
"""Whole years. Source: 民法典 art. 17."""
SPACING = (600, 2200)
"""Days between two children of one mother."""
FIRST_CHILD_WITHIN = 3300
"""Days, from the day on which a mother may have a child that still lives with her."""
BOYS = 526
"""Of 1,000 births. Source: 第七次全国人口普查公报（第四号）, sex ratio at birth 111.3."""
KEEPS_HOUSE_WITHIN = 12
"""Years after majority within which the head of a household begins to keep house."""
A_MONTH = 30
"""Days that lie at least between two moves."""


class AgeBand(Part):
    """Whole years, both ends included; weight in any unit; men: percent."""

    youngest: int = Field(ge=0, le=120)
    oldest: int = Field(ge=0, le=120)
    weight: float = Field(default=1, gt=0)
    men: int = Field(default=50, ge=0, le=100)


class HouseholdKind(Part):
    """One kind of household.

    head: whole years of its first adult.  couple: whether he or she lives with a spouse.  children: how many at most live with them.
    parents: how many old parents at most live with them, at least one.
    """

    weight: float = Field(gt=0)
    head: AgeBand
    couple: bool = False
    children: int = Field(default=0, ge=0, le=5)
    parents: int = Field(default=0, ge=0, le=2)

    @model_validator(mode="after")
    def _grown_up(self) -> HouseholdKind:
        if self.head.youngest < MAJORITY:
            raise ValueError(f"the head of a household is at least {MAJORITY}")
        return self


class HouseholdRules(Part):
    """How households are made up.

    mother: whole years of a mother at a birth.  apart: at most so many years lie between spouses.  leaves_home: whole years at which
    children live elsewhere.  fathers_name: percent of children with their father's surname.  moves: weights of having moved so often,
    from never.
    stated: percent of households whose address the city knows.  widowed: percent of old parents who are the last of a couple.
    """

    kinds: tuple[HouseholdKind, ...] = Field(min_length=1)
    mother: AgeBand
    apart: int = Field(ge=0, le=20)
    leaves_home: int = Field(ge=MAJORITY)
    fathers_name: int = Field(ge=0, le=100)
    moves: tuple[float, ...] = Field(min_length=1)
    stated: int = Field(ge=0, le=100)
    widowed: int = Field(default=40, ge=0, le=100)


class Role(StrEnum):
    """What somebody is in his household, to its head."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives from a civil date on."""

    since: date
    place: Place


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """Somebody who does not exist.

    surname: what children inherit, empty for those who are named in the file.  household: its number, 0 for those who are named in the
    file and keep house with nobody.  mother, father, spouse: their ID numbers, empty for those who live elsewhere.  homes: in order of
    time.  stated: whether the city knows where he lives.
    """

    name: str
    number: CitizenId
    surname: str = ""
    household: int = 0
    role: Role = Role.HEAD
    mother: str = ""
    father: str = ""
    spouse: str = ""
    homes: tuple[Home, ...] = ()
    stated: bool = False

    def age(self, day: date) -> int:
        """Whole years on a civil date."""
        born = self.number.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Born(Protocol):
    """Makes people: a name by sex, year and perhaps a surname, and a number that nobody has."""

    def __call__(self, chance: Random, sex: Sex, birth: date, surname: str = "") -> InventedPerson: ...


def draw_household(
    number: int,
    rules: HouseholdRules,
    ages: Sequence[AgeBand],
    as_of: date,
    born: Born,
    addresses: Addresses,
    chance: Random,
) -> list[InventedPerson]:
    """One household, its head first, as it is on `as_of`."""
    [kind] = chance.choices(rules.kinds, [one.weight for one in rules.kinds])
    head = _head(kind, ages, as_of, born, chance)
    people = {Role.HEAD: [head]}
    if kind.couple:
        spouse = _spouse(head, rules, as_of, born, chance)
        head = replace(head, spouse=str(spouse.number))
        people[Role.HEAD], people[Role.SPOUSE] = [head], [replace(spouse, spouse=str(head.number))]
    adults = [one for some in people.values() for one in some]
    people[Role.CHILD] = _children(kind.children, adults, rules, as_of, born, chance)
    if kind.parents:
        people[Role.HEAD], people[Role.PARENT] = _with_parents(head, kind.parents, rules, as_of, born, chance)
    stated = chance.randrange(100) < rules.stated
    homes = _homes(people[Role.HEAD][0], rules, as_of, addresses, chance)
    return [
        replace(one, household=number, role=role, stated=stated, homes=_lived_in(one, role, homes))
        for role, some in people.items()
        for one in some
    ]


def _head(kind: HouseholdKind, ages: Sequence[AgeBand], as_of: date, born: Born, chance: Random) -> InventedPerson:
    """Of an age that the city's pyramid and the kind of household both have."""
    fitting = [
        (max(band.youngest, kind.head.youngest), min(band.oldest, kind.head.oldest), band)
        for band in ages
        if band.oldest >= kind.head.youngest and band.youngest <= kind.head.oldest
    ]
    weights = [band.weight * (last - first + 1) / (band.oldest - band.youngest + 1) for first, last, band in fitting]
    [(first, last, band)] = chance.choices(fitting, weights)
    sex = Sex.MALE if chance.randrange(100) < band.men else Sex.FEMALE
    return born(chance, sex, _birth(chance, as_of, first, last))


def _birth(chance: Random, as_of: date, youngest: int, oldest: int) -> date:
    """A day of birth of somebody of so many whole years on `as_of`."""
    return as_of - timedelta(days=round(chance.randint(youngest, oldest) * YEAR) + chance.randrange(1, 365))


def _spouse(head: InventedPerson, rules: HouseholdRules, as_of: date, born: Born, chance: Random) -> InventedPerson:
    sex = Sex.FEMALE if head.number.sex is Sex.MALE else Sex.MALE
    apart = round(chance.triangular(-rules.apart, rules.apart, 0 if sex is Sex.MALE else 1) * YEAR)
    youngest = as_of - timedelta(days=round(MAJORITY * YEAR) + 5)
    return born(chance, sex, min(head.number.birth_date + timedelta(days=apart), youngest))


def _children(
    most: int, adults: Sequence[InventedPerson], rules: HouseholdRules, as_of: date, born: Born, chance: Random
) -> list[InventedPerson]:
    """At least one if the parents are of an age for it, the eldest first; those who have left home are not among them."""
    if not most:
        return []
    mother = next((one for one in adults if one.number.sex is Sex.FEMALE), None)
    father = next((one for one in adults if one.number.sex is Sex.MALE), None)
    counted_from = mother or adults[0]  # a widower's children are as old as if he were their mother
    since, until = (
        counted_from.number.birth_date + timedelta(days=round(age * YEAR))
        for age in (rules.mother.youngest, rules.mother.oldest)
    )
    earliest = as_of - timedelta(days=round(rules.leaves_home * YEAR))
    first, last = max(since, earliest), min(until, as_of - timedelta(days=1))
    children: list[InventedPerson] = []
    day = first + timedelta(days=chance.randrange(max(1, min((last - first).days, FIRST_CHILD_WITHIN))))
    for _ in range(chance.randint(1, most)):
        if not first <= day <= last:
            break
        sex = Sex.MALE if chance.randrange(1000) < BOYS else Sex.FEMALE
        named_after = father if father and (not mother or chance.randrange(100) < rules.fathers_name) else mother
        child = born(chance, sex, day, named_after.surname if named_after else "")
        children.append(
            replace(child, mother=str(mother.number) if mother else "", father=str(father.number) if father else "")
        )
        day += timedelta(days=chance.randint(*SPACING))
    return children


def _with_parents(
    head: InventedPerson, most: int, rules: HouseholdRules, as_of: date, born: Born, chance: Random
) -> tuple[list[InventedPerson], list[InventedPerson]]:
    """The head who has parents now, and the parents: a mother, a father, or both."""
    age = chance.randint(rules.mother.youngest, rules.mother.oldest)
    birth = head.number.birth_date - timedelta(days=round(age * YEAR) + chance.randrange(1, 365))
    mother = born(chance, Sex.FEMALE, birth)
    if most == 1 or chance.randrange(100) < rules.widowed:
        return [replace(head, mother=str(mother.number))], [mother]
    apart = timedelta(days=round(chance.randint(0, rules.apart) * YEAR))
    father = born(chance, Sex.MALE, birth - apart, head.surname)
    couple = [replace(mother, spouse=str(father.number)), replace(father, spouse=str(mother.number))]
    return [replace(head, mother=str(mother.number), father=str(father.number))], couple


def _homes(
    head: InventedPerson, rules: HouseholdRules, as_of: date, addresses: Addresses, chance: Random
) -> list[Home]:
    """Where the household has lived since its head keeps house, the first home first; no two moves within a month."""
    grown = head.number.birth_date + timedelta(days=round(MAJORITY * YEAR) + 5)
    keeps_house = grown + timedelta(days=chance.randrange(round(KEEPS_HOUSE_WITHIN * YEAR)))
    began = min(keeps_house, as_of - timedelta(days=A_MONTH))
    [moves] = chance.choices(range(len(rules.moves)), rules.moves)
    span = (as_of - began).days
    days = sorted(
        {began, *(began + timedelta(days=chance.randrange(A_MONTH, max(A_MONTH + 1, span))) for _ in range(moves))}
    )
    apart = [day for number, day in enumerate(days) if number == 0 or (day - days[number - 1]).days >= A_MONTH]
    return [Home(day, addresses.home(chance)) for day in apart if day <= as_of]


def _lived_in(one: InventedPerson, role: Role, homes: Sequence[Home]) -> tuple[Home, ...]:
    """What of a household's homes somebody has lived in: children from their birth on, spouses since they are grown up."""
    joined = one.number.birth_date
    if role is Role.SPOUSE:
        joined += timedelta(days=round(MAJORITY * YEAR) + 5)
    last_before = max((number for number, home in enumerate(homes) if home.since <= joined), default=0)
    return tuple(replace(home, since=max(home.since, joined)) for home in homes[last_before:])
