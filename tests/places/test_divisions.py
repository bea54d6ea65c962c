from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.errors import NotFound
from yiwang.kernel.kinds import City
from yiwang.places.declarations import PlacesKind
from yiwang.places.models import Division
from yiwang.places.queries import (
    ancestors,
    children,
    division,
    find_division,
    full_title,
    is_within,
    roots,
    search_places,
)
from yiwang.places.rules.divisions import full_titles, pairs_of, read_rows
from yiwang.places.values import DivisionRow


def titles(found: list[Any]) -> list[str]:
    return [one.title for one in found]


@pytest.mark.usefixtures("province")
class TestReading:
    def test_a_division_is_known_with_its_full_title_and_level(self) -> None:
        community = division("460105001001")
        assert (community.title, community.level, community.parent_code) == (
            "秀华社区居民委员会",
            "village",
            "460105001",
        )
        assert full_title("460105001001") == "海南省海口市秀英区秀英街道秀华社区居民委员会"
        assert find_division("460199") is None
        with pytest.raises(NotFound):
            full_title("460199")

    def test_children_are_listed_by_code_for_pickers(self) -> None:
        assert titles(roots()) == ["海南省"]
        assert titles(children("460105")) == ["秀英街道", "海秀街道", "海秀镇"]
        assert children("460105001001") == []

    def test_within_follows_the_parents_and_not_the_digits(self) -> None:
        assert is_within("460105001001", "460105")
        assert is_within("460105001001", "460105001001")
        assert not is_within("460105001001", "460105002")
        assert not is_within("460106", "460105")
        assert not is_within("110101", "460000")
        assert ancestors("460105001") == ["460105001", "460105", "460100", "460000"]

    def test_search_finds_names_of_any_length_best_first(self) -> None:
        assert titles(search_places("海秀街道")) == ["海秀街道", "海港社区居民委员会"]
        assert titles(search_places("海秀"))[:2] == ["海秀街道", "海秀镇"]
        assert titles(search_places("秀英区"))[0] == "秀英区"
        assert titles(search_places("秀英"))[:2] == ["秀英区", "秀英街道"]
        assert titles(search_places("龙华区")) == ["龙华区"]
        assert titles(search_places("镇")) == ["海秀镇"]
        assert titles(search_places("秀英区 社区"))[0] == "秀华社区居民委员会"

    def test_search_stays_within_a_division_and_within_its_limit(self) -> None:
        assert titles(search_places("社区", within="460105002")) == ["海港社区居民委员会"]
        assert len(search_places("海南省", limit=3)) == 3
        assert search_places("社区", within="460106") == []
        assert search_places("  ") == search_places("没有") == search_places("海秀", limit=0) == []

    def test_search_takes_wildcards_as_characters(self) -> None:
        assert search_places("%%%") == search_places("___") == search_places("秀%道") == []


class TestEditions:
    def test_applying_the_same_list_twice_changes_nothing(self, province: None, declare: Any) -> None:
        before = set(Division.objects.values_list("id", "code"))
        assert not list(PlacesKind().plan({"id": "province"}, declare()))
        PlacesKind().apply(2, {"province": declare()}, [])
        assert set(Division.objects.values_list("id", "code")) == before

    def test_a_new_edition_ends_what_it_says_otherwise_and_keeps_history(self, province: None, declare: Any) -> None:
        rows = declare().sources["divisions.csv"].decode()
        rows = rows.replace("海秀镇", "海秀新镇").replace("460105001200,向荣村委会,village,460105001\n", "")
        rows += "460105001201,书场村委会,village,460105001\n"
        new = declare(rows, as_of=date(2026, 6, 1), edition="second")
        [change] = PlacesKind().plan({"id": "province"}, new)
        assert (change.verb, change.detail, change.rows) == ("change", "1 divisions added, 1 changed, 1 ended", 3)
        PlacesKind().apply(2, {"province": new}, [])
        assert division("460105102").title == "海秀新镇"
        assert division("460105102", date(2026, 5, 31)).title == "海秀镇"
        assert full_title("460105102", date(2026, 5, 31)).endswith("秀英区海秀镇")
        assert find_division("460105001200") is None
        assert is_within("460105001200", "460105", date(2026, 5, 31))
        assert find_division("460105001201", date(2026, 5, 31)) is None
        assert division("460105001").edition == "second"
        assert titles(search_places("海秀镇")) == []

    def test_a_new_name_above_changes_the_full_titles_below(self, province: None, declare: Any) -> None:
        rows = declare().sources["divisions.csv"].decode().replace("秀英区", "秀英新区")
        PlacesKind().apply(2, {"province": declare(rows, as_of=date(2026, 6, 1))}, [])
        assert full_title("460105001001") == "海南省海口市秀英新区秀英街道秀华社区居民委员会"
        assert full_title("460105001001", date(2026, 5, 1)) == "海南省海口市秀英区秀英街道秀华社区居民委员会"

    def test_a_list_that_goes_ends_its_divisions(self, province: None) -> None:
        [change] = PlacesKind().plan({"id": "province"}, None)
        assert (change.verb, change.rows) == ("retire", 10)
        PlacesKind().apply(2, {}, ["province"])
        assert roots() == []
        assert division("460100", date(2026, 2, 1)).title == "海口市"

    def test_applying_takes_the_same_statements_for_ten_rows_and_a_thousand(self, db: None, declare: Any) -> None:
        rows = declare().sources["divisions.csv"].decode()
        rows += "".join(
            f"460106{number // 100 + 1:03d}{number % 100 + 1:03d},村{number},village,460106\n"
            for number in range(1_000)
        )
        with CaptureQueriesContext(connection) as asked:
            PlacesKind().apply(1, {"province": declare(rows)}, [])
        assert len(asked) < 10
        assert Division.objects.count() == 1_010


class TestChecking:
    def test_a_good_list_has_no_faults(self, declare: Any) -> None:
        one = declare()
        assert list(PlacesKind().check(one, City([one]))) == []

    def test_every_bad_row_is_named_with_its_line_in_the_file(self, declare: Any) -> None:
        one = declare(
            "code,title,level,parent\n"
            "460000,海南省,province,\n"
            "460100,海口市,county,460000\n"
            "4601,海口市,city,460000\n"
            "460105000000,秀英区,county,460100\n"
            "460106,,county,460199\n"
            "460106,龙华区,county,460107\n"
            "460107,琼山区,county,460106\n"
        )
        faults = list(PlacesKind().check(one, City([one])))
        assert {str(fault.path) for fault in faults} == {"tests/places/divisions.csv"}
        assert [(fault.line, fault.message.split("`")[1]) for fault in faults] == [
            (3, "460100"),
            (4, "4601"),
            (5, "460105000000"),
            (6, "460106"),
            (7, "460106"),
            (6, "460199"),
            (7, "460107"),
            (8, "460106"),
        ]
        assert all(fault.advice for fault in faults)

    @pytest.mark.parametrize(
        "content", ["a,b\n1,2\n", "code,title,level,parent\n460000,海南省\n", 'code,title,level,parent\n"46\n']
    )
    def test_a_file_that_is_no_list_is_refused_once(self, declare: Any, content: str) -> None:
        one = declare(content)
        [fault] = PlacesKind().check(one, City([one]))
        assert "no list of divisions" in fault.message

    def test_two_lists_cannot_hold_one_division(self, declare: Any) -> None:
        one, other = declare(), declare("code,title,level,parent\n460100,海口,city,\n", id="zone")
        assert list(PlacesKind().check(one, City([one, other]))) == []
        [fault] = PlacesKind().check(other, City([one, other]))
        assert (fault.line, "tests/places/province.yaml" in fault.message) == (2, True)

    def test_a_missing_file_is_named(self, declare: Any) -> None:
        from dataclasses import replace

        one = replace(declare(), sources={})
        [fault] = PlacesKind().check(one, City([one]))
        assert (fault.line, "divisions.csv" in fault.message) == (7, True)


@given(st.lists(st.integers(0, 20), max_size=20))
def test_full_titles_join_the_titles_of_all_parents(choices: list[int]) -> None:
    rows = [DivisionRow("0", "甲0", "province", "")]
    for number, choice in enumerate(choices, start=1):
        rows.append(DivisionRow(str(number), f"甲{number}", "x", str(choice % number)))
    whole = full_titles(rows)
    for row in rows:
        assert whole[row.code] == (whole[row.parent_code] if row.parent_code else "") + row.title


@given(st.text(alphabet="海秀英街道", max_size=12), st.text(alphabet="海秀英街道", min_size=2, max_size=2))
def test_a_name_of_two_characters_is_found_by_its_pair_exactly_when_it_stands_there(text: str, name: str) -> None:
    assert (name in pairs_of(text)) == (name in text)


def test_the_pack_of_the_city_holds_every_district_street_and_community() -> None:
    from collections import Counter
    from pathlib import Path

    rows = read_rows((Path(__file__).parents[2] / "packs/places-haikou/places/divisions.csv").read_bytes())
    assert Counter(row.level for row in rows) == {"province": 1, "city": 1, "county": 4, "township": 46, "village": 467}
