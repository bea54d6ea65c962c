from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Invalid, NotAllowed
from yiwang.kernel.identifiers import invent_citizen_id
from yiwang.kernel.time import today
from yiwang.outbox.models import Event
from yiwang.subjects.queries import (
    system_find_subject,
    system_find_subject_as_of,
    system_find_subjects,
    system_identifiers,
    system_subject,
)
from yiwang.subjects.services import (
    IdentifierTaken,
    system_end_identifier,
    system_give_identifier,
    system_register_subjects,
)
from yiwang.subjects.values import NewSubject

pytestmark = pytest.mark.usefixtures("kinds")
US = system("tests")
NUMBER = str(invent_citizen_id("460199", date(1990, 1, 31), 42))
OTHER = str(invent_citizen_id("460199", date(1991, 2, 28), 43))


def person(**identifiers: str) -> NewSubject:
    return NewSubject("person", {name.replace("_", "-"): value for name, value in identifiers.items()})


def test_a_registered_subject_is_found_by_its_identifier() -> None:
    [id] = system_register_subjects(US, [person(citizen_id=NUMBER)])
    assert system_find_subject("citizen-id", NUMBER) == id
    assert system_find_subject("citizen-id", OTHER) is None
    seen = system_subject(id)
    assert (seen.kind, seen.origin, [(one.scheme, one.value) for one in seen.identifiers]) == (
        "person",
        "live",
        [("citizen-id", NUMBER)],
    )


def test_an_identifier_is_kept_in_its_one_spelling() -> None:
    [id] = system_register_subjects(US, [person(citizen_id=f" {NUMBER[:6]} {NUMBER[6:].lower()}")])
    assert system_find_subject("citizen-id", NUMBER) == id


def test_registering_again_gives_the_same_id_and_makes_nothing() -> None:
    first = system_register_subjects(US, [person(citizen_id=NUMBER), person(citizen_id=OTHER)])
    events = Event.objects.count()
    assert system_register_subjects(US, [person(citizen_id=OTHER), person(citizen_id=NUMBER)]) == first[::-1]
    assert Event.objects.count() == events


def test_one_batch_may_name_one_subject_twice_and_by_different_identifiers() -> None:
    ids = system_register_subjects(
        US,
        [
            person(citizen_id=NUMBER),
            person(library_card="B 7"),
            person(citizen_id=NUMBER, library_card="B 7"),
            person(citizen_id=OTHER),
        ],
    )
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_an_identifier_that_is_new_for_a_known_subject_is_added() -> None:
    [id] = system_register_subjects(US, [person(citizen_id=NUMBER)])
    assert system_register_subjects(US, [person(citizen_id=NUMBER, library_card="B7")]) == [id]
    assert system_find_subject("library-card", "B7") == id


def test_identifiers_of_two_subjects_cannot_be_given_for_one() -> None:
    system_register_subjects(US, [person(citizen_id=NUMBER), person(citizen_id=OTHER, library_card="B7")])
    with pytest.raises(IdentifierTaken):
        system_register_subjects(US, [person(citizen_id=NUMBER, library_card="B7")])


def test_every_bad_kind_scheme_and_value_of_a_batch_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        system_register_subjects(
            US,
            [
                person(citizen_id="460199199001310420"),
                NewSubject("ghost", {"citizen-id": NUMBER}),
                person(passport="E12345678"),
                NewSubject("person", {}),
                person(library_card="  "),
            ],
        )
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("0/identifiers/citizen-id", "citizen-id-check"),
        ("1/kind", "unknown-kind"),
        ("2/identifiers/passport", "unknown-scheme"),
        ("3/identifiers", "required"),
        ("4/identifiers/library-card", "bad-identifier"),
    ]


def test_nobody_but_the_system_registers_subjects() -> None:
    with pytest.raises(NotAllowed):
        system_register_subjects(VISITOR, [person(citizen_id=NUMBER)])


def test_two_thousand_people_take_less_than_two_seconds_and_few_statements() -> None:
    people = [
        person(
            citizen_id=str(invent_citizen_id("460199", date(1950, 1, 1) + timedelta(days=9 * number), number % 1000))
        )
        for number in range(2_000)
    ]
    started = time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        ids = system_register_subjects(US, people)
    assert time.perf_counter() - started < 2
    assert len(set(ids)) == 2_000
    assert len(asked) < 25
    numbers = [one.identifiers["citizen-id"] for one in people]
    assert system_find_subjects("citizen-id", numbers) == dict(zip(numbers, ids, strict=True))
    told = [id for event in Event.objects.filter(type="subject.registered.v1") for id in event.data["ids"]]
    assert told == [str(id) for id in ids]


def test_an_identifier_passes_to_another_subject_once_it_has_ended() -> None:
    one, other = system_register_subjects(US, [person(citizen_id=NUMBER, library_card="B7"), person(citizen_id=OTHER)])
    with pytest.raises(IdentifierTaken):
        system_give_identifier(US, other, "library-card", "B7")
    system_end_identifier(US, one, "library-card", "B7")
    system_give_identifier(US, other, "library-card", "B7")
    assert system_find_subject("library-card", "B7") == other
    assert system_find_subject_as_of("library-card", "B7", today()) == other
    assert [one.valid_to for one in system_identifiers(one) if one.scheme == "library-card"] == [today()]


def test_an_identifier_cannot_be_given_for_days_on_which_another_bore_it() -> None:
    one, other = system_register_subjects(US, [person(citizen_id=NUMBER), person(citizen_id=OTHER)])
    system_give_identifier(US, one, "library-card", "B7", valid_from=today() - timedelta(days=9))
    system_end_identifier(US, one, "library-card", "B7", on=today() - timedelta(days=2))
    with pytest.raises(IdentifierTaken):
        system_give_identifier(US, other, "library-card", "B7", valid_from=today() - timedelta(days=3))
    system_give_identifier(US, other, "library-card", "B7", valid_from=today() - timedelta(days=2))
    assert system_find_subject_as_of("library-card", "B7", today() - timedelta(days=3)) == one
    assert system_find_subject_as_of("library-card", "B7", today() - timedelta(days=2)) == other


def test_an_identifier_that_is_not_borne_cannot_end() -> None:
    [id] = system_register_subjects(US, [person(citizen_id=NUMBER)])
    with pytest.raises(Invalid):
        system_end_identifier(US, id, "citizen-id", OTHER)
    with pytest.raises(Invalid):
        system_end_identifier(US, id, "citizen-id", NUMBER, on=today() + timedelta(days=1))
