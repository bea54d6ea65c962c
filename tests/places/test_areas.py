from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import today
from yiwang.places.models import Area, AreaDuty, AreaPlace
from yiwang.places.queries import units_answering
from yiwang.places.services import hand_over_area, system_load_areas
from yiwang.places.values import NewArea

US = system("tests")
SINCE = date(2026, 1, 1)
DAY = timedelta(days=1)


def load(*areas: NewArea, since: date = SINCE) -> None:
    system_load_areas(US, areas, since=since)


def area(code: str, unit: str, *places: str) -> NewArea:
    return NewArea(code, code, frozenset(places), frozenset({"confirm"}), unit)


def test_the_unit_of_the_area_answers_for_every_place_in_it(offices: Any) -> None:
    load(area("a", "west", "460105001"), area("b", "east", "460105002", "460105102"))
    assert units_answering("460105001001", "confirm") == [offices["west"]]
    assert units_answering("460105001", "confirm") == [offices["west"]]
    assert units_answering("460105002001", "confirm") == [offices["east"]]
    assert units_answering("460105102", "confirm") == [offices["east"]]
    for place, duty in (("460106", "confirm"), ("460105", "confirm"), ("460105001", "pay"), ("110101", "confirm")):
        assert units_answering(place, duty) == []


def test_the_area_of_the_smallest_division_goes_first(offices: Any) -> None:
    load(area("district", "east", "460105"), area("community", "west", "460105001001"))
    assert units_answering("460105001001", "confirm") == [offices["west"]]
    assert units_answering("460105001200", "confirm") == [offices["east"]]


def test_overlapping_areas_of_one_division_give_every_unit(offices: Any) -> None:
    load(area("a", "west", "460105001"), area("b", "east", "460105001"))
    assert units_answering("460105001001", "confirm") == sorted(offices.values())


def test_loading_again_changes_nothing_and_a_new_list_ends_what_it_leaves_out(offices: Any) -> None:
    load(area("a", "west", "460105001", "460105002"))
    counts = [model.objects.count() for model in (Area, AreaPlace, AreaDuty)]
    load(area("a", "west", "460105001", "460105002"))
    assert [model.objects.count() for model in (Area, AreaPlace, AreaDuty)] == counts
    load(area("a", "east", "460105001", "460105102"), since=date(2026, 6, 1))
    assert units_answering("460105001", "confirm") == [offices["east"]]
    assert units_answering("460105001", "confirm", date(2026, 5, 31)) == [offices["west"]]
    assert units_answering("460105002", "confirm") == []
    assert units_answering("460105002", "confirm", date(2026, 5, 31)) == [offices["west"]]
    assert units_answering("460105102", "confirm", date(2026, 5, 31)) == []


def test_an_area_is_handed_over_on_a_day_and_history_stays(offices: Any) -> None:
    load(area("a", "west", "460105001"))
    id = Area.objects.get().id
    hand_over_area(US, id, "confirm", offices["east"], on=today() + DAY)
    assert units_answering("460105001", "confirm") == [offices["west"]]
    assert units_answering("460105001", "confirm", today() + DAY) == [offices["east"]]
    hand_over_area(US, id, "confirm", offices["east"], on=today() + 2 * DAY)
    assert AreaDuty.objects.count() == 2


def test_a_hand_over_that_cannot_be_is_refused(offices: Any) -> None:
    load(area("a", "west", "460105001"))
    id = Area.objects.get().id
    with pytest.raises(Invalid) as refused:
        hand_over_area(US, id, "ghost", offices["east"], on=today() - DAY)
    assert [one.code for one in refused.value.faults] == ["unknown-duty", "in-past"]
    with pytest.raises(NotFound):
        hand_over_area(US, offices["east"], "confirm", offices["east"])
    with pytest.raises(NotFound):
        hand_over_area(US, id, "confirm", id)
    with pytest.raises(NotAllowed):
        hand_over_area(VISITOR, id, "confirm", offices["east"])


def test_every_unknown_name_of_a_list_of_areas_is_named(offices: Any) -> None:
    with pytest.raises(Invalid) as refused:
        load(area("a", "west", "460105001"), NewArea("b", "b", frozenset({"110101"}), frozenset({"ghost"}), "nowhere"))
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("1/unit", "unknown-unit"),
        ("1/places", "unknown-place"),
        ("1/duties", "unknown-duty"),
    ]
    assert not Area.objects.exists()
