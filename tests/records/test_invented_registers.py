"""Records of several registers, drawn: the same ones for one seed, and they agree about the same people and organisations."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from yiwang.kernel.identifiers import CitizenId, CreditCode
from yiwang.records.samples import (
    Addresses,
    Community,
    InventedPerson,
    InventedRecord,
    draw_people,
    draw_records,
    read_addresses,
    read_parameters,
    read_registers,
)

PACK = Path(__file__).parents[2] / "packs/demo-haikou/sample"
PEOPLE = read_parameters((PACK / "people.yaml").read_bytes())
RULES = read_addresses((PACK / "addresses.yaml").read_bytes())
PLACES = (
    Community("460105001003", "秀中社区居民委员会", "秀英区"),
    Community("460108003007", "红坎坡社区居委会", "美兰区"),
)
DAY = date(2026, 9, 1)


@cache
def everybody(residents: int) -> tuple[InventedPerson, ...]:
    return tuple(draw_people(PEOPLE, residents, Addresses(RULES, PLACES)))


SMALL = """\
seed: 1
people: people.yaml
registers:
  - resource: trial.shops
    unit: u
    as_of: 2026-01-01
    kind: organisation
    scheme: credit-code
    invent: {division: "460199", class: "92", first: 5, per_thousand: 2}
    person: {youngest: 30, oldest: 40}
    draws:
      word: {one_of: [甲, 乙]}
      opened: {days: [-9, -3]}
      closed: {days: [2, 2], after: opened}
      house: {from: 4, to: 4}
      at: {address: shop}
    values:
      shop.name: "{word}店{serial}"
      shop.address: {detail: "{house}号"}
      shop.county: "{at.county}"
      shop.at: {place: "{at.code}", detail: "{at.detail}"}
      shop.owner: "{human.number}"
      shop.closed: "{closed}"
    valid_from: "{opened}"
"""


def drawn(text: str, day: date = DAY, residents: int = 2_000) -> dict[str, list[InventedRecord]]:
    given, addresses = read_registers(text.encode()), Addresses(RULES, PLACES)
    found = draw_records(given, PEOPLE, everybody(residents), addresses, day)
    return {register.resource: records for register, records in found}


def test_templates_take_words_numbers_days_and_people() -> None:
    [shops] = drawn(SMALL, residents=1_600).values()
    assert [shop.values["shop.name"] in {f"甲店0000{n}", f"乙店0000{n}"} for n, shop in enumerate(shops, 1)] == [
        True
    ] * 3
    assert {str(shop.values["shop.address"]) for shop in shops} == {"{'detail': '4号'}"}
    for shop in shops:
        owner = CitizenId.parse(str(shop.values["shop.owner"]))
        assert 30 <= next(one for one in everybody(1_600) if one.number == owner).age(PEOPLE.as_of) <= 40
        assert date(2025, 12, 23) <= shop.valid_from <= date(2025, 12, 29)
        assert (date.fromisoformat(str(shop.values["shop.closed"])) - shop.valid_from).days == 2
    codes = [CreditCode.parse(shop.identifier) for shop in shops]
    assert [(code.organisation_class, code.division) for code in codes] == [("92", "460199")] * 3
    assert len({shop.values["shop.owner"] for shop in shops}) == 3
    assert {shop.values["shop.county"] for shop in shops} <= {"秀英", "美兰"}


def test_the_registers_of_the_demonstration_city_agree_with_each_other() -> None:
    registers = list(drawn((PACK / "registers.yaml").read_text("utf-8")).values())
    about_organisations = [records for records in registers if records[0].kind == "organisation"]
    about_people, children, parents = [records for records in registers if records[0].kind == "person"]
    assert {one.scheme for one in children}.isdisjoint({one.scheme for one in parents}), (
        "who is just born bears no number yet"
    )
    first, second = about_organisations
    people = everybody(2_000)
    invented = (len(people) - len(PEOPLE.named)) * 150 // 1_000
    assert len(first) == len({one.identifier for one in first}) == invented + 2
    assert {one.identifier for one in second} == {one.identifier for one in first}
    assert {CreditCode.parse(one.identifier).division for one in first} == {"460199"}
    numbers = {value for one in first for value in one.values.values() if isinstance(value, str) and len(value) == 18}
    assert {one.identifier for one in about_people} < numbers
    adults = {str(one.number) for one in people if one.age(PEOPLE.as_of) >= 18}
    assert {str(one.values["enterprise.representative-id"]) for one in first} <= adults
    assert {CitizenId.parse(one.identifier).place for one in about_people} == {"460199"}
    names = Counter(str(one.values[next(key for key in one.values if key.endswith(".name"))]) for one in first)
    assert len(names) > 230


def test_only_what_is_drawn_from_the_day_of_loading_moves_with_it() -> None:
    text = (PACK / "registers.yaml").read_text("utf-8")
    one, same, later = drawn(text), drawn(text), drawn(text, date(2027, 3, 5))
    assert one == same
    moved = [resource for resource in one if one[resource] != later[resource]]
    assert len(moved) == 2
    shift = date(2027, 3, 5) - DAY
    for resource in moved:
        pairs = zip(one[resource], later[resource], strict=True)
        assert {b.valid_from - a.valid_from for a, b in pairs} == {shift}


def test_a_name_that_nothing_has_is_told_with_its_register() -> None:
    with pytest.raises(ValueError, match=r"trial\.shops: nothing is called words"):
        drawn(SMALL.replace("{word}", "{words}"))
    with pytest.raises(ValueError, match="no register above"):
        drawn(
            SMALL + "  - {resource: trial.more, unit: u, as_of: today, same_as: trial.none, values: {a.b: x}}\n",
        )


@pytest.mark.parametrize(
    "wrong", ["    colour: red\n", "    same_as: trial.shops\n", "    scheme: ''\n", "    share: 101\n"]
)
def test_a_parameter_that_is_not_known_or_contradicts_is_refused(wrong: str) -> None:
    text = SMALL.replace("    scheme: credit-code\n", "") if "scheme" in wrong else SMALL
    with pytest.raises(ValidationError):
        read_registers((text + wrong).encode())
