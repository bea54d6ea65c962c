"""Tables follow the resources: columns are added, renamed and converted while people read; nothing that was written is lost."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from support.packs import apply_packs, connected_as, element, resource
from support.town import TOWN

from yiwang.acts.queries import current_release
from yiwang.acts.values import system
from yiwang.kernel.health import all_checks
from yiwang.packs.queries import plan_reading, read_city
from yiwang.packs.services import TablesBusy, apply
from yiwang.packs.values import RefusedCity
from yiwang.records.queries import differing_tables, facts
from yiwang.records.services import write_record

SINCE = date(2026, 1, 1)
PEOPLE = "resources/trial.people.yaml"
NAME = "element: trial.name, role: source, required: true"


def with_people(*fields: str, **more: str | bytes) -> dict[str, str | bytes]:
    return (
        TOWN
        | {PEOPLE: resource("trial.people", *fields)}
        | {f"elements/{key}.yaml": text for key, text in more.items()}
    )


def plan_of(town: Any, files: dict[str, str | bytes]) -> str:
    from support.packs import write_pack

    write_pack(town.packs, "town", files)
    return str(plan_reading(read_city([town.packs])))


def known(town: Any, person: Any) -> dict[str, Any]:
    return {one.element: one.value for one in facts(town.himself(person), person, purpose="own-data")}


def write(person: Any, **values: Any) -> None:
    named = {f"trial.{name}": value for name, value in values.items()}
    write_record(system("tests"), "trial.people", person, named, valid_from=SINCE, door="feed")


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'records' AND table_name = %s",
            [table],
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def person(town: Any) -> Any:
    person = town.person()
    write(person, name="林秀英", sex="2", born="1990-01-01")
    return person


def test_a_new_field_is_a_new_column_and_old_records_stay(town: Any, person: Any) -> None:
    fields = (NAME, "trial.sex", "trial.number", "trial.born", "trial.home")
    files = with_people(*fields, **{"trial.home": element("trial.home", "address")})
    assert (
        "~ table     records.trial_people: adds trial_home_place, trial_home_detail (lock ACCESS EXCLUSIVE for a moment)"
        in plan_of(town, files)
    )
    town.apply(files)
    assert {"trial_home_place", "trial_home_detail"} <= columns("trial_people")
    assert known(town, person)["trial.name"] == "林秀英"


def test_a_field_that_goes_leaves_its_column_and_finds_it_again(town: Any, person: Any) -> None:
    assert "keeps trial_sex, which takes no more values" in plan_of(town, with_people(NAME, "trial.born"))
    town.apply(with_people(NAME, "trial.born"))
    assert plan_reading(read_city([town.packs])).is_empty
    assert "trial.sex" not in known(town, person)
    assert "takes values in trial_sex again" in plan_of(town, with_people(NAME, "trial.born", "trial.sex"))
    town.apply(with_people(NAME, "trial.born", "trial.sex"))
    assert known(town, person)["trial.sex"] == "2"


def test_was_renames_and_values_go_along(town: Any, person: Any) -> None:
    files = with_people(
        NAME,
        "element: trial.birthday, role: source, was: trial.born",
        **{"trial.birthday": element("trial.birthday", "date")},
    )
    assert "renames trial_born to trial_birthday" in plan_of(town, files)
    town.apply(files)
    assert known(town, person)["trial.birthday"] == date(1990, 1, 1)
    assert plan_reading(read_city([town.packs])).is_empty


def test_a_resource_that_is_renamed_takes_its_records_along(town: Any, person: Any) -> None:
    files = dict(TOWN)
    del files[PEOPLE]
    files["resources/trial.residents.yaml"] = resource(
        "trial.residents", NAME, "trial.sex", "trial.number", "trial.born", was="trial.people"
    )
    assert "records.trial_residents: was records.trial_people" in plan_of(town, files)
    town.apply(files)
    assert known(town, person)["trial.name"] == "林秀英"
    assert plan_reading(read_city([town.packs])).is_empty
    assert not differing_tables()


def test_a_type_changes_in_a_copy_with_the_rows_counted(town: Any, person: Any) -> None:
    write(town.person(), name="陈", born="2001-02-03")
    files = with_people(
        NAME, "trial.sex", "trial.number", "trial.born", **{"trial.born": element("trial.born", "text")}
    )
    assert (
        "~ table    records.trial_people: trial_born changes from date to text in a copy"
        " (2 rows, lock SHARE ROW EXCLUSIVE while copying (readers go on))" in plan_of(town, files)
    )
    town.apply(files)
    assert known(town, person) == {"trial.name": "林秀英", "trial.sex": "2", "trial.born": "1990-01-01"}
    assert plan_reading(read_city([town.packs])).is_empty
    assert not differing_tables()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'records' AND tablename = 'trial_people'")
        assert {row[0] for row in cursor.fetchall()} == {"trial_people_pkey", "trial_people_history"}
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.connection.cursor() as raw:
            raw.execute("DELETE FROM records.trial_people")


def test_all_changes_of_a_table_can_come_together(town: Any, person: Any) -> None:
    files = with_people(
        NAME, "element: trial.birthday, role: source, was: trial.born", "trial.home",
        **{"trial.birthday": element("trial.birthday", "text"), "trial.home": element("trial.home", "address")},
    )  # fmt: skip
    town.apply(files)
    assert known(town, person) == {"trial.name": "林秀英", "trial.birthday": "1990-01-01"}
    assert plan_reading(read_city([town.packs])).is_empty


def test_values_that_do_not_fit_the_new_type_are_counted_and_refused(town: Any, person: Any) -> None:
    files = with_people(
        NAME, "trial.sex", "trial.number", "trial.born", **{"trial.name": element("trial.name", "integer")}
    )
    with pytest.raises(RefusedCity, match="1 stored values of `trial.name` do not fit the type `integer`"):
        plan_of(town, files)


def test_numbers_that_were_texts_become_numbers(town: Any) -> None:
    person = town.person()
    write(person, name="12")
    files = with_people(
        NAME, "trial.sex", "trial.number", "trial.born", **{"trial.name": element("trial.name", "integer")}
    )
    town.apply(files)
    assert known(town, person)["trial.name"] == 12


def test_readers_go_on_while_a_type_changes(town: Any, person: Any) -> None:
    """One reader after the other with one second each, from before the copy until after the swap."""
    with connection.cursor() as cursor:
        name = connection.settings_dict["NAME"]
        cursor.execute("SELECT 1")
    url = {"dbname": name, "user": "yiwang_app", "host": connection.settings_dict["HOST"]}
    with psycopg.connect(**url, autocommit=True) as filler:
        filler.execute(
            "INSERT INTO records.trial_people (record_id, subject_id, valid_from, registered_at, arrived_at, retracted, door, evidence,"
            " release, origin, digest, trial_name, trial_born) SELECT gen_random_uuid(), gen_random_uuid(), '2026-01-01', now(), now(),"
            " false, 'sample', '{}', 1, 'invented', '\\x00', 'x', '1990-01-01' FROM generate_series(1, 60000)"
        )
    done, failures, reads = threading.Event(), [], [0]

    def read() -> None:
        with psycopg.connect(**url, autocommit=True) as reader:
            reader.execute("SET statement_timeout = '1s'")
            while not done.is_set():
                try:
                    reader.execute(
                        "SELECT trial_name FROM records.trial_people WHERE subject_id = %s", [person]
                    ).fetchall()
                    reads[0] += 1
                except psycopg.Error as error:
                    failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        town.apply(
            with_people(
                NAME, "trial.sex", "trial.number", "trial.born", **{"trial.born": element("trial.born", "text")}
            )
        )
    finally:
        done.set()
        thread.join()
    assert not failures
    assert reads[0] > 10


def test_a_table_in_use_for_too_long_is_given_up_and_nothing_is_left(
    town: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yiwang.packs.services.applying.LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr("yiwang.packs.services.applying.TRIES", 2)
    before = current_release()
    name, host = connection.settings_dict["NAME"], connection.settings_dict["HOST"]
    files = with_people(
        NAME,
        "trial.sex",
        "trial.number",
        "trial.born",
        "trial.home",
        **{"trial.home": element("trial.home", "address")},
    )
    with psycopg.connect(dbname=name, user="yiwang_app", host=host) as busy:
        busy.execute("SELECT count(*) FROM records.trial_people")
        with pytest.raises(TablesBusy):
            town.apply(files)
    assert current_release() == before
    assert apply_packs(town.packs) == before + 1


def test_a_table_changed_by_hand_stops_start_up_and_is_named_by_the_doctor(town: Any, person: Any) -> None:
    call_command("check", databases=["default"])
    with connected_as("yiwang_owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records.trial_people ADD COLUMN by_hand text")
    assert differing_tables() == ["trial_people"]
    with pytest.raises(SystemCheckError, match=r"records\.trial_people"):
        call_command("check", databases=["default"])
    [finding] = all_checks()["generated-tables"]()
    assert not finding.is_well
    with pytest.raises(RefusedCity, match="changed by hand"):
        apply_packs(town.packs)


def test_django_migrations_leave_the_schema_alone() -> None:
    from django.apps import apps

    assert not [model for model in apps.get_models() if model._meta.db_table.startswith(("records.", 'records"."'))]


def test_apply_says_what_it_did(town: Any) -> None:
    said: list[str] = []
    with connected_as("yiwang_owner"):
        apply(system("tests"), [town.packs], say=said.append)
    assert said == [f"Nothing to change: release {current_release()} says the same."]
