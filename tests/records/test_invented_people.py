from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from yiwang.kernel.identifiers import Sex
from yiwang.records.samples import draw_people, read_parameters

PACK = Path(__file__).parents[2] / "packs/demo-haikou/sample"


def test_the_same_parameters_draw_the_same_people_and_another_seed_others() -> None:
    given = read_parameters((PACK / "people.yaml").read_bytes())
    people = list(draw_people(given))
    assert people == list(draw_people(given))
    other = list(draw_people(given.model_copy(update={"seed": 1})))
    assert len({one.number for one in people} & {one.number for one in other}) < 50


def test_two_thousand_plausible_people_with_numbers_of_an_unassigned_division() -> None:
    people = list(draw_people(read_parameters((PACK / "people.yaml").read_bytes())))
    assert len(people) == len({one.number for one in people}) == 2_000
    assert {one.number.place for one in people} == {"460199"}
    assert all(2 <= len(one.name) <= 4 for one in people)
    assert all(one.number.birth_date < date(2026, 1, 1) for one in people)
    sexes = Counter(one.number.sex for one in people)
    assert 0.45 < sexes[Sex.MALE] / 2_000 < 0.58
    ages = Counter(min(9, (2026 - one.number.birth_date.year) // 10) for one in people)
    assert all(ages[decade] > 10 for decade in range(9))
    assert len({one.name for one in people}) > 1_500


def test_the_log_ins_are_among_the_people() -> None:
    import csv

    named = read_parameters((PACK / "people.yaml").read_bytes()).named
    with (PACK / "accounts.csv").open(encoding="utf-8", newline="") as file:
        assert {row["identifier"] for row in csv.DictReader(file)} == set(named)


def test_a_parameter_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError):
        read_parameters((PACK / "people.yaml").read_bytes() + b"colour: red\n")
