"""A fact is shown with whose it is and how old; who reads one is written down where the person sees it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils.translation import override

from yiwang.acts.values import VISITOR, Actor, CapacityKind, system
from yiwang.kernel import time
from yiwang.kernel.errors import Invalid, NotAllowed, NotSignedIn
from yiwang.records.queries import facts, list_reads, system_facts
from yiwang.records.services import write_record

TESTS = system("tests")


@pytest.fixture
def person(town: Any) -> Any:
    number = town.number()
    person = town.person(number)
    values = {"trial.name": "林秀英", "trial.sex": "2", "trial.number": number, "trial.born": "1990-01-01"}
    write_record(
        town.officer("u1", "keep"), "trial.people", person, values, valid_from=date(2026, 1, 1), door="case",
        evidence={"case_number": "46010000000000"}, registered_at=time.now() - timedelta(days=10),
    )  # fmt: skip
    return person


def test_a_fact_says_whose_it_is_and_how_old(town: Any, person: Any) -> None:
    with override("zh-hans"):
        found = {one.element: one for one in facts(town.himself(person), person, purpose="own-data")}
    sex = found["trial.sex"]
    assert (sex.title, sex.value, sex.shown) == ("信息项 trial.sex", "2", "女")
    assert (sex.resource, sex.resource_title, sex.unit_title) == ("trial.people", "资源 trial.people", "单位u1")
    assert (sex.age_days, sex.valid_from, sex.case_number) == (10, date(2026, 1, 1), "46010000000000")
    assert sex.standing == "undisputed"
    assert found["trial.born"].shown == "1990年1月1日"
    with override("en"):
        found = {one.element: one for one in facts(town.himself(person), person, purpose="own-data")}
    assert (found["trial.sex"].title, found["trial.sex"].shown) == ("Element trial.sex", "Female")
    assert found["trial.born"].shown == "1 January 1990"


def test_only_the_elements_that_were_asked_for(town: Any, person: Any) -> None:
    found = facts(town.himself(person), person, purpose="own-data", elements={"trial.name"})
    assert [one.element for one in found] == ["trial.name"]


def test_a_person_reads_his_own_alone(town: Any, person: Any) -> None:
    stranger = town.person()
    with pytest.raises(NotAllowed):
        facts(town.himself(stranger), person, purpose="own-data")
    with pytest.raises(NotSignedIn):
        facts(VISITOR, person, purpose="own-data")
    with pytest.raises(NotAllowed):
        facts(Actor(None, CapacityKind.AGENT, person), person, purpose="own-data")


def test_a_purpose_must_be_registered(town: Any, person: Any) -> None:
    with pytest.raises(Invalid):
        facts(town.himself(person), person, purpose="curiosity")


def test_a_post_sees_facts_of_its_unit_and_sensitive_ones_masked(town: Any, person: Any) -> None:
    found = {one.element: one for one in facts(town.officer("u1", "keep"), person, purpose="own-data")}
    assert found["trial.name"].value == "林秀英"
    number = found["trial.number"]
    assert number.masked
    assert number.value is None
    assert "********" in number.shown
    assert facts(town.officer("u2", "keep"), person, purpose="own-data") == []
    with pytest.raises(NotAllowed):
        facts(town.officer("u1", "idle"), person, purpose="own-data")


def test_a_grant_unmasks(town: Any, person: Any) -> None:
    found = {one.element: one for one in facts(town.officer("u9", "see-secrets"), person, purpose="own-data")}
    assert not found["trial.number"].masked
    assert found["trial.number"].value == found["trial.number"].shown


def test_the_person_sees_who_read_what_and_why(town: Any, person: Any) -> None:
    facts(town.officer("u1", "keep"), person, purpose="own-data", elements=["trial.name", "trial.sex"])
    facts(town.himself(person), person, purpose="own-data", elements=["trial.name"])
    with override("zh-hans"):
        own, other = list_reads(town.himself(person)).reads
    assert own.own
    assert not other.own
    assert other.who == "单位u1 窗口"
    assert other.element_titles == ("信息项 trial.name", "信息项 trial.sex")
    assert other.purpose_title == "查看本人信息"
    assert list_reads(town.himself(town.person())).reads == ()


def test_readings_come_in_pages(town: Any, person: Any) -> None:
    for _ in range(5):
        facts(town.himself(person), person, purpose="own-data", elements=["trial.name"])
    seen, cursor = [], ""
    while True:
        page = list_reads(town.himself(person), cursor, limit=2)
        seen += page.reads
        if not (cursor := page.next_cursor):
            break
    assert len(seen) == 5
    assert sorted(seen, key=lambda one: one.read_at, reverse=True) == seen
    with pytest.raises(Invalid):
        list_reads(town.himself(town.person()), list_reads(town.himself(person), limit=2).next_cursor)
    with pytest.raises(NotAllowed):
        list_reads(town.officer("u1", "keep"))
    with pytest.raises(NotSignedIn):
        list_reads(VISITOR)


def test_a_reading_and_its_note_live_and_die_together(town: Any, person: Any) -> None:
    before = len(list_reads(town.himself(person)).reads)
    with transaction.atomic():
        facts(town.himself(person), person, purpose="own-data")
        transaction.set_rollback(True)
    assert len(list_reads(town.himself(person)).reads) == before


def test_reading_goes_on_in_months_that_nobody_prepared(town: Any, person: Any, tmp_path: Path) -> None:
    later = time.now() + timedelta(days=800)
    before = time._offset_file
    time.use_offset_file(tmp_path / "time.json")
    try:
        time.move_to(later)
        facts(town.himself(person), person, purpose="own-data", elements=["trial.name"])
    finally:
        time.use_offset_file(before)
    assert list_reads(town.himself(person)).reads[0].read_at >= later
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"records_read_log_{time.civil_date(later):%Y_%m}"])
        assert cursor.fetchone()[0]


def test_the_platforms_own_reading_is_logged_too(town: Any, person: Any) -> None:
    assert system_facts(TESTS, person, purpose="own-data", elements=["trial.number"])[0].value
    [read] = list_reads(town.himself(person)).reads
    assert (read.own, read.who) == (False, "")


def test_the_number_of_statements_does_not_grow_with_the_history(
    town: Any, person: Any, django_assert_max_num_queries: Any
) -> None:
    for day in range(1, 20):
        write_record(
            TESTS, "trial.people", person, {"trial.sex": str(1 + day % 2)}, valid_from=date(2026, 2, day), door="feed"
        )
    facts(town.himself(person), person, purpose="own-data")
    with django_assert_max_num_queries(12):
        facts(town.himself(person), person, purpose="own-data")
