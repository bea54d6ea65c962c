"""Invented people: the same ones for one seed, in households that could be real, with nobody's number."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from yiwang.kernel.identifiers import CitizenId, Sex
from yiwang.records.samples import (
    Addresses,
    Community,
    InventedPerson,
    Role,
    draw_people,
    read_addresses,
    read_parameters,
)

PACK = Path(__file__).parents[2] / "packs/demo-haikou/sample"
PLACES = Path(__file__).parents[2] / "packs/places-haikou/places/divisions.csv"
GIVEN = read_parameters((PACK / "people.yaml").read_bytes())
RULES = read_addresses((PACK / "addresses.yaml").read_bytes())
AS_OF = GIVEN.as_of


@cache
def haikou() -> tuple[Community, ...]:
    with PLACES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    titles = {row["code"]: row["title"] for row in rows}
    return tuple(
        Community(row["code"], row["title"], titles[row["code"][:6]]) for row in rows if row["level"] == "village"
    )


@cache
def city(residents: int = 5_000, seed: int = GIVEN.seed) -> tuple[InventedPerson, ...]:
    """Everybody who is drawn, in order."""
    parameters = GIVEN.model_copy(update={"seed": seed})
    return tuple(draw_people(parameters, residents, Addresses(RULES, haikou())))


def households(people: tuple[InventedPerson, ...]) -> list[list[InventedPerson]]:
    found: dict[int, list[InventedPerson]] = defaultdict(list)
    for one in people:
        if one.household:
            found[one.household].append(one)
    return list(found.values())


def test_the_same_parameters_draw_the_same_people_and_another_seed_others() -> None:
    again = tuple(draw_people(GIVEN, 5_000, Addresses(RULES, haikou())))
    assert city() == again
    assert len({one.number for one in city()} & {one.number for one in city(seed=1)}) < 100


def test_a_smaller_city_is_the_beginning_of_a_larger_one() -> None:
    small = city(1_000)
    assert city()[: len(small)] == small


def test_five_thousand_plausible_people_with_numbers_of_an_unassigned_division() -> None:
    people = city()
    assert 5_000 <= len(people) == len({one.number for one in people}) <= 5_008
    assert {one.number.place for one in people} == {"460199"}
    assert all(2 <= len(one.name) <= 4 for one in people)
    assert all(one.number.birth_date < AS_OF for one in people)
    sexes = Counter(one.number.sex for one in people)
    assert 0.45 < sexes[Sex.MALE] / len(people) < 0.58
    assert len({one.name for one in people}) > len(people) / 2
    surnames = Counter(one.surname for one in people)
    assert surnames.most_common(1)[0][0] == "陈"


def test_ages_follow_the_pyramid_of_the_pack() -> None:
    people, whole = city(20_000), sum(band.weight for band in GIVEN.ages)
    for band in GIVEN.ages:
        drawn = sum(band.youngest <= one.age(AS_OF) <= band.oldest for one in people) / len(people)
        assert abs(drawn - band.weight / whole) < 0.035, band


@settings(max_examples=12, deadline=None)
@for_all(st.integers(0, 10**9))
def test_every_household_could_be_real(seed: int) -> None:
    people = city(400, seed)
    by_number = {str(one.number): one for one in people}
    youngest_mother = timedelta(days=GIVEN.households.mother.youngest * 365)
    for members in households(people):
        assert members[0].role is Role.HEAD
        assert members[0].age(AS_OF) >= 18
        for one in members:
            assert CitizenId.parse(str(one.number)) == one.number
            if one.mother:
                mother = by_number[one.mother]
                assert mother.number.sex is Sex.FEMALE
                assert one.number.birth_date - mother.number.birth_date >= youngest_mother
            if one.father:
                father = by_number[one.father]
                assert father.number.sex is Sex.MALE
                assert father.number.birth_date < one.number.birth_date - timedelta(days=14 * 365)
            if one.spouse:
                spouse = by_number[one.spouse]
                assert (spouse.spouse, spouse.household) == (str(one.number), one.household)
                assert spouse.number.sex is not one.number.sex
                assert one.age(AS_OF) >= 18
            if one.role is Role.CHILD:
                parents = [by_number[id] for id in (one.mother, one.father) if id]
                assert one.surname in {parent.surname for parent in parents}


@settings(max_examples=12, deadline=None)
@for_all(st.integers(0, 10**9))
def test_nobody_moves_before_he_is_born_and_no_home_is_two_households(seed: int) -> None:
    lived: dict[tuple[str, str], int] = {}
    codes = {one.code for one in haikou()}
    for one in city(400, seed):
        since = [home.since for home in one.homes]
        assert since == sorted(set(since))
        assert all(one.number.birth_date <= day <= AS_OF for day in since)
        assert bool(since) is bool(one.household)
        for home in one.homes:
            assert home.place.code in codes
            assert lived.setdefault((home.place.code, home.place.detail), one.household) == one.household
    today = {(one.household, one.homes[-1].place) for one in city(400, seed) if one.homes}
    assert len(today) == len({household for household, _ in today})


def test_addresses_read_as_the_community_is_called() -> None:
    homes = {home.place for one in city() for home in one.homes}
    titles = {one.code: one.title for one in haikou()}
    for place in homes:
        assert place.detail[0] == titles[place.code][0]
    assert len({place.code for place in homes}) > 400
    assert any("村" in place.detail for place in homes)


def test_many_have_moved_and_the_city_knows_most_addresses() -> None:
    heads = [one for one in city() if one.household and one.role is Role.HEAD]
    assert 0.4 < sum(len(one.homes) > 1 for one in heads) / len(heads) < 0.8
    assert 0.6 < sum(one.stated for one in heads) / len(heads) < 0.8
    assert max(home.since for one in city() for home in one.homes) > date(2025, 6, 1)


def test_the_log_ins_are_among_the_people() -> None:
    with (PACK / "accounts.csv").open(encoding="utf-8", newline="") as file:
        assert {row["identifier"] for row in csv.DictReader(file)} == set(GIVEN.named)
    assert [str(one.number) for one in city()[: len(GIVEN.named)]] == list(GIVEN.named)


def test_full_communities_are_told() -> None:
    one_house = RULES.model_validate(
        {"kinds": [{"endings": [""], "weight": 1, "roads": ["路"], "houses": 1, "home": "{name}", "shop": "{name}"}]}
    )
    with pytest.raises(ValueError, match="more houses"):
        tuple(draw_people(GIVEN, 400, Addresses(one_house, haikou()[:1])))


def test_a_parameter_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError):
        read_parameters((PACK / "people.yaml").read_bytes() + b"colour: red\n")
