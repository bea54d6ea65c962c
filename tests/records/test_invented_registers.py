"""Records of several registers, drawn: the same ones for one seed, and they agree about the same people and organisations."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from yiwang.kernel.identifiers import CitizenId, CreditCode
from yiwang.records.samples import InventedRecord, draw_records, read_registers

PACK = Path(__file__).parents[2] / "packs/demo-haikou/sample"
PEOPLE = (PACK / "people.yaml").read_bytes()
DAY = date(2026, 9, 1)

SMALL = """\
seed: 1
people: people.yaml
registers:
  - resource: trial.shops
    unit: u
    as_of: 2026-01-01
    kind: organisation
    scheme: credit-code
    invent: {division: "460199", class: "92", first: 5, count: 3}
    person: {youngest: 30, oldest: 40}
    draws: {word: {one_of: [甲, 乙]}, opened: {days: [-9, -3]}, closed: {days: [2, 2], after: opened}, house: {from: 4, to: 4}}
    values: {shop.name: "{word}店{serial}", shop.address: {detail: "{house}号"}, shop.owner: "{human.number}", shop.closed: "{closed}"}
    valid_from: "{opened}"
"""


def drawn(text: str, day: date = DAY) -> dict[str, list[InventedRecord]]:
    given = read_registers(text.encode())
    return {register.resource: records for register, records in draw_records(given, PEOPLE, day)}


def test_templates_take_words_numbers_days_and_people() -> None:
    [shops] = drawn(SMALL).values()
    assert [shop.values["shop.name"] in {f"甲店0000{n}", f"乙店0000{n}"} for n, shop in enumerate(shops, 1)] == [
        True
    ] * 3
    assert {str(shop.values["shop.address"]) for shop in shops} == {"{'detail': '4号'}"}
    for shop in shops:
        assert 30 <= 2026 - CitizenId.parse(str(shop.values["shop.owner"])).birth_date.year - 1 <= 40
        assert date(2025, 12, 23) <= shop.valid_from <= date(2025, 12, 29)
        assert (date.fromisoformat(str(shop.values["shop.closed"])) - shop.valid_from).days == 2
    codes = [CreditCode.parse(shop.identifier) for shop in shops]
    assert [(code.organisation_class, code.division) for code in codes] == [("92", "460199")] * 3
    assert len({shop.values["shop.owner"] for shop in shops}) == 3


def test_the_registers_of_the_demonstration_city_agree_with_each_other() -> None:
    registers = list(drawn((PACK / "registers.yaml").read_text("utf-8")).values())
    about_organisations = [records for records in registers if records[0].kind == "organisation"]
    [about_people] = [records for records in registers if records[0].kind == "person"]
    first, second = about_organisations
    assert len(first) == len({one.identifier for one in first}) == 302
    assert {one.identifier for one in second} == {one.identifier for one in first}
    assert {CreditCode.parse(one.identifier).division for one in first} == {"460199"}
    people = {value for one in first for value in one.values.values() if isinstance(value, str) and len(value) == 18}
    assert {one.identifier for one in about_people} < people
    assert {CitizenId.parse(one.identifier).place for one in about_people} == {"460199"}
    names = Counter(str(one.values[next(key for key in one.values if key.endswith(".name"))]) for one in first)
    assert len(names) > 250


def test_only_what_is_drawn_from_the_day_of_loading_moves_with_it() -> None:
    text = (PACK / "registers.yaml").read_text("utf-8")
    one, same, later = drawn(text), drawn(text), drawn(text, date(2027, 3, 5))
    assert one == same
    moved = [resource for resource in one if one[resource] != later[resource]]
    [resource] = moved
    shift = date(2027, 3, 5) - DAY
    assert [b.valid_from - a.valid_from for a, b in zip(one[resource], later[resource], strict=True)] == [shift] * len(
        one[resource]
    )


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
