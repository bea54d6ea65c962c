"""What people are called: from one source, as it stands today, and nothing where nobody knows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.packs import PERSON
from support.town import TOWN

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.time import today
from yiwang.records.queries import officer_names, own_name
from yiwang.records.services import retract_record, write_record

TESTS = system("tests")
ROSTER = (
    "kind: duty\nid: roster\ntitle: 花名册\nadministrator: security\nmay:\n  - {action: officer.list, scope: city}\n"
)
NAMED = TOWN | {"kinds/person.yaml": f"{PERSON}called: trial.name\n"}


def called(person: Any, name: str, since: date = date(2026, 1, 1)) -> Any:
    return write_record(TESTS, "trial.people", person, {"trial.name": name}, valid_from=since, door="case")


def test_the_name_that_holds_today_is_shown_to_oneself(town: Any) -> None:
    town.apply(NAMED)
    person, nobody = town.person(), town.person()
    called(person, "林秀瑛")
    assert own_name(town.himself(person)) == "林秀瑛"
    called(person, "林秀英", today())
    called(person, "以后的名字", today() + timedelta(days=1))
    assert own_name(town.himself(person)) == "林秀英"
    assert own_name(town.himself(nobody)) == ""
    assert own_name(VISITOR) == ""


def test_a_name_that_was_retracted_is_nobody_s_and_the_one_before_holds_again(town: Any) -> None:
    town.apply(NAMED)
    person = town.person()
    called(person, "林")
    later = called(person, "误记", date(2026, 6, 1))
    retract_record(TESTS, "trial.people", later, reason="录错了")
    assert own_name(town.himself(person)) == "林"


def test_no_name_is_known_where_the_kind_of_people_names_no_element(town: Any) -> None:
    person = town.person()
    called(person, "林秀英")
    assert own_name(town.himself(person)) == ""


def test_names_of_officers_are_known_to_who_keeps_the_posts_and_nobody_elses_with_them(town: Any) -> None:
    town.apply(NAMED | {"duties/roster.yaml": ROSTER})
    officers = [town.officer("A1", "keep").subject_id, town.officer("A1", "idle").subject_id]
    resident = town.person()
    for person in (*officers, resident):
        called(person, "林秀英")
    keeper = town.officer("A1", "roster")
    assert officer_names(keeper, [*officers, resident]) == dict.fromkeys(officers, "林秀英")
    with CaptureQueriesContext(connection) as captured:
        assert len(officer_names(keeper, officers)) == 2
    assert len([one for one in captured.captured_queries if "trial_people" in one["sql"]]) == 1
    assert officer_names(keeper, []) == {}
    for stranger in (town.officer("A1", "keep"), town.himself(resident), town.himself(officers[0]), VISITOR):
        assert officer_names(stranger, officers) == {}
