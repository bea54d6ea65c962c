"""Facts change through lawful doors only, as versions; nothing is ever overwritten."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import now, today
from yiwang.records.queries import facts
from yiwang.records.services import RecordSuperseded, retract_record, system_ingest, write_record
from yiwang.records.values import IngestRow

TESTS = system("tests")
SINCE = date(2026, 1, 1)


def write(town: Any, person: Any, actor: Any = TESTS, *, valid_from: date = SINCE, **values: Any) -> Any:
    named = {f"trial.{name}": value for name, value in values.items()}
    return write_record(actor, "trial.people", person, named, valid_from=valid_from, door="case")


def known(town: Any, person: Any, **when: Any) -> dict[str, Any]:
    return {one.element: one.value for one in facts(town.himself(person), person, purpose="own-data", **when)}


def rows(table: str = "trial_people") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM records.{table}")
        return int(cursor.fetchone()[0])


def test_what_was_written_is_known_with_its_types(town: Any) -> None:
    person = town.person()
    number = town.number()
    write(town, person, name="  林秀英 ", sex="２", number=number.lower(), born="1990年1月1日")
    assert known(town, person) == {
        "trial.name": "林秀英", "trial.sex": "2", "trial.number": number, "trial.born": date(1990, 1, 1),
    }  # fmt: skip


def test_a_later_version_holds_from_its_day_and_the_earlier_one_before(town: Any) -> None:
    person = town.person()
    write(town, person, name="林", sex="2")
    write(town, person, name="陈", valid_from=date(2026, 6, 1))
    assert known(town, person, valid_at=date(2026, 5, 31)) == {"trial.name": "林", "trial.sex": "2"}
    assert known(town, person, valid_at=date(2026, 6, 1)) == {"trial.name": "陈", "trial.sex": "2"}
    assert known(town, person, valid_at=date(2025, 12, 31)) == {}
    assert rows() == 2


def test_a_correction_supersedes_and_the_past_still_knows_what_it_knew(town: Any) -> None:
    person = town.person()
    write(town, person, name="林秀瑛")
    before = now()
    write(town, person, name="林秀英")
    assert known(town, person)["trial.name"] == "林秀英"
    assert known(town, person, known_at=before)["trial.name"] == "林秀瑛"


def test_left_out_stays_and_none_goes(town: Any) -> None:
    person = town.person()
    write(town, person, name="林", sex="2", born="1990-01-01")
    write(town, person, sex=None, valid_from=date(2026, 2, 1))
    assert known(town, person) == {"trial.name": "林", "trial.born": date(1990, 1, 1)}


def test_a_retraction_is_a_version_after_which_the_one_before_holds_again(town: Any) -> None:
    person = town.person()
    write(town, person, name="林")
    second = write(town, person, name="陈", valid_from=date(2026, 6, 1))
    retract_record(TESTS, "trial.people", second, reason="写错了人")
    assert known(town, person) == {"trial.name": "林"}
    assert rows() == 3
    with pytest.raises(RecordSuperseded):
        retract_record(TESTS, "trial.people", second, reason="再来一次")
    with pytest.raises(NotFound):
        retract_record(TESTS, "trial.people", uuid4(), reason="没有")


def test_values_that_are_not_valid_are_refused_all_at_once(town: Any) -> None:
    person = town.person()
    tomorrow = today() + timedelta(days=1)
    with pytest.raises(Invalid) as refusal:
        write(town, person, sex="7", number="460199199001010018", born=tomorrow, nothing="x")
    assert {(one.pointer, one.code) for one in refusal.value.faults} == {
        ("trial.name", "required"),
        ("trial.sex", "unknown-code"),
        ("trial.number", "citizen-id-check"),
        ("trial.born", "check"),
        ("trial.nothing", "unknown-field"),
    }
    assert rows() == 0


def test_unknown_resources_and_subjects_are_refused(town: Any) -> None:
    with pytest.raises(NotFound):
        write_record(TESTS, "trial.nobody", town.person(), {}, valid_from=SINCE, door="case")
    with pytest.raises(NotFound):
        write(town, uuid4(), name="林")


def test_a_post_writes_for_its_own_unit_only(town: Any) -> None:
    person, officer = town.person(), town.officer("u1", "keep")
    write(town, person, officer, name="林")
    [fact] = facts(town.himself(person), person, purpose="own-data")
    assert fact.unit_title == "单位u1"
    elsewhere = town.officer("u2", "keep")
    from yiwang.identity.queries import actor_unit

    with pytest.raises(NotAllowed):
        write_record(
            elsewhere,
            "trial.people",
            person,
            {"trial.name": "陈"},
            valid_from=SINCE,
            door="case",
            unit_id=actor_unit(officer),
        )
    for nobody in (town.officer("u1", "idle"), town.himself(person), VISITOR):
        with pytest.raises(NotAllowed):
            write(town, person, nobody, name="陈")
    assert rows() == 1


def test_the_application_can_neither_change_nor_delete_a_record(town: Any) -> None:
    write(town, town.person(), name="林")
    for statement in (
        "UPDATE records.trial_people SET trial_name = 'x'",
        "DELETE FROM records.trial_people",
        "TRUNCATE records.trial_people",
        "ALTER TABLE records.trial_people ADD COLUMN x text",
        "UPDATE records_read_log SET purpose = 'x'",
        "DELETE FROM records_read_log",
        "UPDATE records_generated_table SET name = 'x'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.connection.cursor() as cursor:
            cursor.execute(statement)


def batch(people: list[Any], **values: Any) -> list[IngestRow]:
    return [IngestRow(one, {"trial.name": f"某{n}"} | values, SINCE) for n, one in enumerate(people)]


def test_the_same_batch_twice_changes_nothing(town: Any) -> None:
    people = [town.person() for _ in range(5)]
    first = system_ingest(TESTS, "trial.people", batch(people), door="feed")
    again = system_ingest(TESTS, "trial.people", batch(people), door="feed")
    assert (first.written, first.known) == (5, 0)
    assert (again.written, again.known) == (0, 5)
    changed = system_ingest(
        TESTS, "trial.people", [*batch(people[:4]), IngestRow(people[4], {"trial.name": "改"}, SINCE)], door="feed"
    )
    assert (changed.written, changed.known) == (1, 4)
    assert known(town, people[4]) == {"trial.name": "改"}


def test_a_batch_can_retract_and_say_again(town: Any) -> None:
    person = town.person()
    system_ingest(TESTS, "trial.people", [IngestRow(person, {"trial.name": "林"}, SINCE)], door="feed")
    system_ingest(TESTS, "trial.people", [IngestRow(person, {}, SINCE, retracted=True)], door="feed")
    assert known(town, person) == {}
    system_ingest(TESTS, "trial.people", [IngestRow(person, {"trial.name": "林"}, SINCE)], door="feed")
    assert known(town, person) == {"trial.name": "林"}


def test_one_bad_row_refuses_the_whole_batch_and_is_named(town: Any) -> None:
    people = [town.person() for _ in range(3)]
    bad = batch(people)
    bad[1] = IngestRow(people[1], {"trial.sex": "7"}, SINCE)
    with pytest.raises(Invalid) as refusal:
        system_ingest(TESTS, "trial.people", bad, door="feed")
    assert {one.pointer for one in refusal.value.faults} == {"1/trial.sex", "1/trial.name"}
    assert rows() == 0


def test_many_rows_go_in_together(town: Any) -> None:
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    people = system_register_subjects(TESTS, [NewSubject("person", {"citizen-id": town.number()}) for _ in range(900)])
    report = system_ingest(TESTS, "trial.people", (one for _ in range(7) for one in batch(people)), door="feed")
    assert (report.written, report.known) == (900, 5_400)


def test_writing_one_version_is_a_bounded_number_of_statements(town: Any, django_assert_max_num_queries: Any) -> None:
    person, officer = town.person(), town.officer("u1", "keep")
    write(town, person, officer, name="林", sex="2")
    with django_assert_max_num_queries(20):
        write(town, person, officer, name="陈", sex="1", valid_from=date(2026, 3, 1))
