"""The action `relate`: what was decided relates the subject of the case to whoever bears an identifier."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.families import FAMILIES
from support.packs import apply_packs, write_pack

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.cases.services.writing import relate
from yiwang.cases.values import ActionCall
from yiwang.kernel.identifiers import invent_citizen_id
from yiwang.kernel.time import now, today
from yiwang.records.queries import related
from yiwang.records.services import RelationTaken
from yiwang.subjects.queries import system_find_subject
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

TESTS = system("tests")
MOTHER = {"relation": "mother", "to": {"scheme": "citizen-id", "element": "trial.number"}, "since": "trial.born"}
HOME = {"relation": "member", "to": {"scheme": "household-number", "element": "trial.name"}}


@pytest.fixture
def families(city: Any, tmp_path: Path) -> None:
    write_pack(tmp_path, "town", FAMILIES)
    apply_packs(tmp_path)


def number(nth: int) -> str:
    return invent_citizen_id("460199", date(1990, 1, 1), nth)


def person(nth: int) -> UUID:
    [id] = system_register_subjects(TESTS, [NewSubject("person", {"citizen-id": number(nth)})])
    return id


def decide(subject_id: UUID, values: dict[str, Any], *relates: dict[str, Any]) -> UUID:
    """Run the action for a case of the subject; return the case's id."""
    case_id = uuid4()
    relate(
        ActionCall(
            actor=TESTS, key="k", case_id=case_id, case_number="46019900000001", item_id="trial", item_titles={},
            release=current_release(), subject_id=subject_id, unit_id=None, parameters={"relates": list(relates)},
            values=values, reason="", due_on=None, now=now(), applicant_id=subject_id,
        )
    )  # fmt: skip
    return case_id


def seen(whose: UUID) -> dict[str, Any]:
    himself = Actor(uuid4(), CapacityKind.SELF, whose, subject_id=whose)
    return {one.relation: one for one in related(himself, whose, purpose="own-data")}


def test_a_case_relates_its_subject_and_stays_the_evidence(families: None) -> None:
    child, mother = person(1), person(2)
    case_id = decide(child, {"trial.number": number(2), "trial.born": date(2026, 1, 10)}, MOTHER)
    found = seen(child)["mother"]
    assert (found.other_id, found.valid_from, found.door) == (mother, date(2026, 1, 10), "case")
    assert (found.case_id, found.case_number) == (case_id, "46019900000001")


def test_whoever_nobody_knew_becomes_a_subject_by_the_identifier(families: None) -> None:
    child = person(1)
    decide(child, {"trial.name": "户0001"}, HOME)
    found = seen(child)["member"]
    assert found.other_id == system_find_subject("household-number", "户0001")
    assert (found.valid_from, found.identifiers[0][1]) == (today(), "户0001")


def test_the_subject_may_stand_at_either_end(families: None) -> None:
    child, mother = person(1), person(2)
    decide(mother, {"trial.number": number(1)}, {"relation": "mother", "from": MOTHER["to"]})
    assert seen(child)["mother"].other_id == mother


def test_without_an_answer_nobody_is_related(families: None) -> None:
    child = person(1)
    decide(child, {"trial.born": date(2026, 1, 10)}, MOTHER, HOME)
    assert seen(child) == {}


def test_a_case_does_not_replace_what_stands(families: None) -> None:
    child = person(1)
    person(2)
    person(3)
    decide(child, {"trial.number": number(2), "trial.born": date(2026, 1, 10)}, MOTHER)
    with pytest.raises(RelationTaken):
        decide(child, {"trial.number": number(3), "trial.born": date(2026, 1, 10)}, MOTHER)
    decide(child, {"trial.number": number(2), "trial.born": date(2026, 1, 10)}, MOTHER)
    assert seen(child)["mother"].other_id == system_find_subject("citizen-id", number(2))
