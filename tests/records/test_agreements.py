"""Nobody reads another's fact without a ground: a grant, an agreement, a published item. The person sees which it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.utils.translation import override
from support.packs import element, resource
from support.town import TOWN

from yiwang.acts.values import system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.records import registry
from yiwang.records.queries import fact, facts, list_reads, represented_by, represents
from yiwang.records.services import write_record
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

TESTS = system("tests")
FIRM = (
    "kind: subject-kind\nid: firm\ntitle: 企业\nidentifiers:\n"
    "  - {scheme: credit-code, title: 统一社会信用代码, checker: credit-code}\n"
)


def agreement(id: str, reader: str, fields: str, *, until: str = "2099-12-31", more: str = "") -> str:
    return (
        f"kind: agreement\nid: {id}\ntitle: {{zh-Hans: 协议{id}, en: Agreement {id}}}\nreader: {reader}\n"
        f"resource: trial.people\nfields: {fields}\npurposes: [checking]\nuntil: {until}\n{more}"
    )


CITY = TOWN | {
    "purposes/checking.yaml": "kind: purpose\nid: checking\ntitle: 核对\n",
    "duties/check.yaml": "kind: duty\nid: check\ntitle: 核对\nmay: []\n",
    "agreements/names.yaml": agreement("names", "{units: [u5], duties: [check]}", "[trial.name, trial.number]"),
    "agreements/numbers.yaml": agreement(
        "numbers", "{units: [u6]}", "[trial.number]", more="in_full: [trial.number]\n"
    ),
    "agreements/old.yaml": agreement("old", "{units: [u7]}", "[trial.name]", until="2020-12-31"),
    "kinds/firm.yaml": FIRM,
    "elements/firm.head.yaml": element("firm.head", "citizen-id", "sensitive"),
    "resources/firm.licences.yaml": resource(
        "firm.licences", "element: firm.head, role: source, required: true, represents: citizen-id"
    ).replace("about: person", "about: firm"),
}


@pytest.fixture
def person(town: Any) -> Any:
    town.apply(CITY)
    number = town.number()
    person = town.person(number)
    values = {"trial.name": "林秀英", "trial.sex": "2", "trial.number": number}
    write_record(TESTS, "trial.people", person, values, valid_from=date(2026, 1, 1), door="feed")
    return person


def read(actor: Any, person: Any, name: str = "trial.name", **how: Any) -> Any:
    return fact(actor, person, name, purpose=how.pop("purpose", "checking"), **how)


def test_an_agreement_gives_its_fields_to_its_reader_for_its_purpose(town: Any, person: Any) -> None:
    checker = town.officer("u5", "check")
    assert read(checker, person).value == "林秀英"
    for name, how in (("trial.sex", {}), ("trial.name", {"purpose": "own-data"})):
        with pytest.raises(NotAllowed):
            read(checker, person, name, **how)
    for unit, duty in (("u5", "idle"), ("u4", "check"), ("u7", "check")):
        with pytest.raises(NotAllowed):
            read(town.officer(unit, duty), person)


def test_what_is_sensitive_stays_covered_unless_the_agreement_gives_it_in_full(town: Any, person: Any) -> None:
    covered = read(town.officer("u5", "check"), person, "trial.number")
    assert (covered.masked, covered.value) == (True, None)
    assert covered.shown.count("*") == 8
    full = read(town.officer("u6", "idle"), person, "trial.number")
    assert not full.masked
    assert full.value == full.shown


def test_a_named_agreement_counts_alone_and_says_why_it_does_not(town: Any, person: Any) -> None:
    checker = town.officer("u5", "check")
    assert read(checker, person, agreement="names").value == "林秀英"
    with override("en"):
        for id, actor, reason in (
            ("old", town.officer("u7", "idle"), "ran out"),
            ("numbers", checker, "not with your unit"),
            ("names", town.officer("u5", "idle"), "not with a duty"),
        ):
            with pytest.raises(NotAllowed) as refused:
                read(actor, person, agreement=id)
            assert reason in str(refused.value.detail)
        with pytest.raises(NotAllowed, match="does not cover"):
            read(checker, person, "trial.sex", agreement="names")
    with pytest.raises(Invalid):
        read(checker, person, agreement="nowhere")
    everything = town.officer("u9", "see-secrets")
    assert read(everything, person, "trial.sex") is not None
    with pytest.raises(NotAllowed):
        read(everything, person, "trial.sex", agreement="names")


def test_only_what_is_agreed_is_among_the_facts(town: Any, person: Any) -> None:
    found = facts(town.officer("u5", "check"), person, purpose="checking")
    assert [one.element for one in found] == ["trial.name", "trial.number"]
    with pytest.raises(NotAllowed):
        facts(town.officer("u5", "check"), person, purpose="own-data")


def test_the_person_sees_the_ground_and_the_unit(town: Any, person: Any) -> None:
    read(town.officer("u5", "check"), person)
    read(town.officer("u9", "see-secrets"), person)
    with override("zh-hans"):
        grant, agreed = list_reads(town.himself(person)).reads
    assert (agreed.ground, agreed.ground_title, agreed.unit_title) == ("agreement", "协议names", "单位u5")
    assert (agreed.purpose_title, agreed.element_titles) == ("核对", ("信息项 trial.name",))
    assert (grant.ground, grant.unit_title) == ("grant", "单位u9")


def test_what_was_refused_is_neither_given_nor_noted(town: Any, person: Any) -> None:
    with pytest.raises(NotAllowed):
        read(town.officer("u2", "keep"), person)  # the grant reaches rows of its unit, and this is another's
    with pytest.raises(NotFound):
        read(town.officer("u5", "check"), person, "trial.nothing")
    assert list_reads(town.himself(person)).reads == ()


@pytest.fixture
def published() -> Iterator[None]:
    before = list(registry._elements_of), list(registry._title_of)
    registry.set_standing_agreements(
        lambda item, release: frozenset({"trial.sex"}) if item == "licence" else frozenset(),
        lambda item, language: "许可证",
    )
    yield
    registry._elements_of[:], registry._title_of[:] = before


def test_a_published_item_is_the_agreement_for_what_it_names(town: Any, person: Any, published: None) -> None:
    clerk = town.officer("u8", "idle")
    assert read(clerk, person, "trial.sex", item="licence").value == "2"
    for name, item in (("trial.name", "licence"), ("trial.sex", "another")):
        with pytest.raises(NotAllowed):
            read(clerk, person, name, item=item)
    [told] = list_reads(town.himself(person)).reads
    assert (told.ground, told.ground_title) == ("item", "许可证")


def test_who_is_named_by_the_source_reads_what_is_known_of_whom_he_represents(town: Any, person: Any) -> None:
    number = town.number()
    head, stranger = town.person(number), town.person()
    [firm] = system_register_subjects(TESTS, [NewSubject("firm", {"credit-code": "91330106MA0000015K"})])
    write_record(TESTS, "firm.licences", firm, {"firm.head": number}, valid_from=date(2026, 1, 1), door="feed")
    assert represented_by(town.himself(head)) == [firm]
    assert represented_by(town.himself(stranger)) == []
    assert read(town.himself(head), firm, "firm.head").value == number
    with pytest.raises(NotAllowed):
        read(town.himself(stranger), firm, "firm.head")
    write_record(TESTS, "firm.licences", firm, {"firm.head": town.number()}, valid_from=date(2026, 2, 1), door="feed")
    assert not represents(head, firm)
    assert represented_by(town.himself(head)) == []
