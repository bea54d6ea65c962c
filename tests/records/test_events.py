"""An event happened once: it is never updated, only retracted by a word of its own, and found by its key and its day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from support.packs import element, resource
from support.town import TOWN

from yiwang.acts.values import system
from yiwang.kernel.errors import Invalid
from yiwang.kernel.time import now, today
from yiwang.packs.values import RefusedCity
from yiwang.records.queries import events, facts
from yiwang.records.services import EventRecorded, correct_record, retract_record, system_ingest, write_record
from yiwang.records.values import IngestRow

TESTS = system("tests")
FINES = TOWN | {
    "elements/trial.paper.yaml": element("trial.paper"),
    "elements/trial.amount.yaml": element("trial.amount", "integer"),
    "resources/trial.fines.yaml": resource(
        "trial.fines", "element: trial.paper, role: source, required: true", "trial.amount", key="[trial.paper]"
    ).replace("shape: state", "shape: event"),
}
MAY = date(2026, 5, 4)


@pytest.fixture
def fined(town: Any) -> Any:
    town.apply(FINES)
    return town.person()


def fine(person: Any, paper: str, amount: int, day: date = MAY) -> Any:
    values = {"trial.paper": paper, "trial.amount": amount}
    return write_record(TESTS, "trial.fines", person, values, valid_from=day, door="case")


def known(town: Any, person: Any, since: date = date(2026, 1, 1), until: date | None = None, **when: Any) -> list[Any]:
    found = events(town.himself(person), person, "trial.fines", purpose="own-data", since=since, until=until, **when)
    return [{value.element: value.shown for value in one.values}["trial.paper"] for one in found]


def test_events_of_a_period_are_found_the_latest_first(town: Any, fined: Any) -> None:
    fine(fined, "甲1", 100)
    fine(fined, "甲2", 200)
    fine(fined, "甲3", 300, date(2026, 6, 1))
    assert known(town, fined) == ["甲3", "甲2", "甲1"]
    assert known(town, fined, until=date(2026, 6, 1)) == ["甲2", "甲1"]
    assert known(town, fined, since=date(2026, 6, 1)) == ["甲3"]
    assert known(town, fined, known_at=now() - timedelta(days=1)) == []


def test_the_same_event_again_is_known_and_another_under_its_key_is_refused(town: Any, fined: Any) -> None:
    first = fine(fined, "甲1", 100)
    assert fine(fined, "甲1", 100) == first
    with pytest.raises(EventRecorded):
        fine(fined, "甲1", 150)
    assert known(town, fined) == ["甲1"]


def test_two_people_have_keys_of_their_own(town: Any, fined: Any) -> None:
    other = town.person()
    fine(fined, "甲1", 100)
    fine(other, "甲1", 150)
    assert known(town, other) == ["甲1"]


def test_a_retracted_event_never_happened_and_the_past_still_knows_it(town: Any, fined: Any) -> None:
    id = fine(fined, "甲1", 100)
    before = now()
    retract_record(TESTS, "trial.fines", id, reason="开错了人")
    assert known(town, fined) == []
    assert known(town, fined, known_at=before) == ["甲1"]
    fine(fined, "甲1", 150, date(2026, 6, 1))
    assert known(town, fined) == ["甲1"]


def test_a_correction_retracts_the_event_and_records_it_anew(town: Any, fined: Any) -> None:
    id = fine(fined, "甲1", 100)
    correct_record(TESTS, "trial.fines", id, {"trial.amount": "80"}, reason="金额录错")
    [fact] = facts(town.himself(fined), fined, purpose="own-data", elements=["trial.amount"])
    assert (fact.value, fact.reason, fact.door) == (80, "金额录错", "correction")


def test_an_event_is_not_recorded_before_it_has_happened(town: Any, fined: Any) -> None:
    with pytest.raises(Invalid) as refused:
        fine(fined, "甲1", 100, today() + timedelta(days=1))
    assert [fault.code for fault in refused.value.faults] == ["not-yet-happened"]


def test_a_batch_brings_events_once_and_is_refused_whole_with_one_that_differs(town: Any, fined: Any) -> None:
    people = [town.person() for _ in range(30)]
    rows = [IngestRow(one, {"trial.paper": "乙1", "trial.amount": 5}, MAY) for one in people]
    assert system_ingest(TESTS, "trial.fines", [*rows, *rows], door="feed").written == 30
    assert system_ingest(TESTS, "trial.fines", rows, door="feed").written == 0
    changed = [*rows[:-1], IngestRow(people[-1], {"trial.paper": "乙1", "trial.amount": 6}, MAY)]
    with pytest.raises(Invalid) as refused:
        system_ingest(TESTS, "trial.fines", changed, door="feed")
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("29", "event-recorded")]


def test_a_batch_retracts_events_by_their_keys(town: Any, fined: Any) -> None:
    fine(fined, "甲1", 100)
    rows = [IngestRow(fined, {"trial.paper": paper}, MAY, retracted=True) for paper in ("甲1", "从来没有")]
    assert system_ingest(TESTS, "trial.fines", rows, door="feed").written == 1
    assert known(town, fined) == []


def test_of_events_the_last_one_is_the_fact(town: Any, fined: Any) -> None:
    fine(fined, "甲2", 200, date(2026, 6, 1))
    fine(fined, "甲1", 100)
    [fact] = facts(town.himself(fined), fined, purpose="own-data", elements=["trial.amount"])
    assert fact.value == 200


def test_a_resource_keeps_its_shape(town: Any, fined: Any) -> None:
    state = resource("trial.fines", "element: trial.paper, role: source, required: true", "trial.amount")
    with pytest.raises(RefusedCity, match="holds records of the shape `event`"):
        town.apply(FINES | {"resources/trial.fines.yaml": state})
