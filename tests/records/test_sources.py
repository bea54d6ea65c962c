"""An element may have several sources, for people of whom the city knows that they differ; each has one for one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.packs import element, resource
from support.town import TOWN

from yiwang.acts.values import system
from yiwang.catalog import queries as catalog
from yiwang.records.queries import fact, facts, list_reads, system_open_discrepancies, system_value
from yiwang.records.services import write_record

TESTS = system("tests")
KINDS = "kind: codelist\nid: kinds\ntitle: 类别\ncodes:\n  - {code: employed, title: 在职}\n  - {code: retired, title: 退休}\n"
CITY = TOWN | {
    "codelists/kinds.yaml": KINDS,
    "elements/trial.kind.yaml": element("trial.kind", "code", code_list="kinds"),
    "elements/trial.income.yaml": element("trial.income", "integer"),
    "resources/trial.residents.yaml": resource("trial.residents", "trial.kind"),
    "resources/trial.wages.yaml": resource(
        "trial.wages", "element: trial.income, role: source, for: {trial.kind: [employed]}"
    ),
    "resources/trial.pensions.yaml": resource(
        "trial.pensions", "element: trial.income, role: source, for: {trial.kind: [retired]}"
    ),
}
CHECKING = {"resources/trial.checks.yaml": resource("trial.checks", "element: trial.income, role: verify")}
SINCE = date(2026, 1, 1)


@pytest.fixture
def person(town: Any) -> Any:
    town.apply(CITY)
    person = town.person()
    for resource_id, income in (("trial.wages", 6000), ("trial.pensions", 4000)):
        write_record(TESTS, resource_id, person, {"trial.income": income}, valid_from=SINCE, door="feed")
    return person


def say(person: Any, kind: str, since: date = SINCE) -> None:
    write_record(TESTS, "trial.residents", person, {"trial.kind": kind}, valid_from=since, door="feed")


def income(town: Any, person: Any, **when: Any) -> Any:
    found = fact(town.himself(person), person, "trial.income", purpose="own-data", **when)
    return None if found is None else (found.value, found.resource)


def test_the_subject_s_own_fact_says_which_source_counts(town: Any, person: Any) -> None:
    say(person, "employed")
    say(person, "retired", date(2026, 7, 1))
    assert income(town, person, valid_at=date(2026, 6, 30)) == (6000, "trial.wages")
    assert income(town, person, valid_at=date(2026, 7, 1)) == (4000, "trial.pensions")
    assert system_value(person, "trial.income", valid_at=date(2026, 6, 30)) == 6000
    [found] = facts(town.himself(person), person, purpose="own-data", elements=["trial.income"])
    assert found.resource == "trial.pensions"


def test_while_it_is_unknown_who_somebody_is_nobody_is_the_source(town: Any, person: Any) -> None:
    assert income(town, person) is None
    assert facts(town.himself(person), person, purpose="own-data", elements=["trial.income"]) == []
    assert system_value(person, "trial.income") is None


def test_the_catalogue_names_all_sources_and_the_one_for_a_subject(town: Any, person: Any) -> None:
    assert [one.resource.id for one in catalog.sources_of("trial.income")] == ["trial.pensions", "trial.wages"]
    assert catalog.source_of("trial.income") is None
    found = catalog.source_of("trial.income", value_of=lambda element: "employed")
    assert found is not None
    assert found.id == "trial.wages"


def test_who_is_read_of_others_is_told_that_the_platform_looked_up_whose_it_is(town: Any, person: Any) -> None:
    say(person, "employed")
    fact(town.officer("u9", "see-secrets"), person, "trial.income", purpose="own-data")
    told = {(one.resource, one.ground) for one in list_reads(town.himself(person)).reads}
    assert told == {("trial.wages", "grant"), ("trial.residents", "platform")}


def test_only_the_source_that_counts_for_a_subject_is_compared(town: Any, person: Any) -> None:
    town.apply(CITY | CHECKING)
    say(person, "retired")
    write_record(TESTS, "trial.checks", person, {"trial.income": 4000}, valid_from=SINCE, door="observation")
    assert system_open_discrepancies(person) == {}
    write_record(TESTS, "trial.checks", person, {"trial.income": 6000}, valid_from=SINCE, door="observation")
    assert list(system_open_discrepancies(person)) == ["trial.income"]
