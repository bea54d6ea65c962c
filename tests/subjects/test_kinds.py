from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yiwang.acts.values import system
from yiwang.kernel.kinds import City, Declaration
from yiwang.subjects.declarations import SubjectKind, SubjectKindBody
from yiwang.subjects.registry import checkers, register_checker
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject


def declared(id: str, *schemes: tuple[str, str], **body: Any) -> Declaration:
    identifiers = [{"scheme": scheme, "title": scheme, "checker": checker} for scheme, checker in schemes]
    shape = SubjectKindBody(kind="subject-kind", id=id, title=id, identifiers=identifiers, **body)
    lines = {"identifiers/0/scheme": 5, "identifiers/0/checker": 7, "natural_person": 9}
    return Declaration("subject-kind", id, "tests", Path(f"tests/kinds/{id}.yaml"), shape, lines)


def faults(one: Declaration, *others: Declaration) -> list[tuple[int, str]]:
    return [(fault.line, fault.message) for fault in SubjectKind().check(one, City([one, *others]))]


def test_a_good_kind_has_no_faults() -> None:
    assert (
        faults(
            declared("person", ("citizen-id", "citizen-id"), natural_person=True), declared("shop", ("shop-number", ""))
        )
        == []
    )


def test_an_unknown_checker_a_shared_scheme_and_a_second_kind_of_people_are_named() -> None:
    one = declared("person", ("citizen-id", "citizen-idd"), natural_person=True)
    other = declared("human", ("citizen-id", "citizen-id"), natural_person=True)
    [(line, checker), (second, scheme), (third, person)] = faults(one, other)
    assert (line, second, third) == (7, 5, 9)
    assert "`citizen-idd`" in checker
    assert "tests/kinds/human.yaml" in scheme
    assert "natural persons" in person


def test_a_kind_that_goes_says_how_many_subjects_stay(kinds: None) -> None:
    system_register_subjects(
        system("tests"), [NewSubject("person", {"library-card": str(number)}) for number in range(3)]
    )
    [change] = SubjectKind().plan({"id": "person"}, None)
    assert change.detail.startswith("3 subjects of this kind stay")


def test_a_checker_is_registered_once() -> None:
    register_checker("citizen-id", checkers["citizen-id"])
    with pytest.raises(ValueError, match="already registered"):
        register_checker("citizen-id", str)
