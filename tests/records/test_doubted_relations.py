"""Who says that a relation is wrong goes the road of a doubted fact: it reads disputed at both ends until its source has answered."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.translation import override
from support.doubting import ANSWER, REPORT
from support.families import FAMILIES, KEEPER

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.ids import uuid7
from yiwang.outbox.queries import list_events
from yiwang.records.models import Discrepancy
from yiwang.records.queries import (
    discrepancy,
    facts,
    list_discrepancies,
    list_reads,
    related,
    relation_history,
)
from yiwang.records.services import (
    AlreadyEnded,
    accept_discrepancy,
    confirm_discrepancy,
    correct_discrepancy,
    correct_relation,
    reject_discrepancy,
    report_discrepancy,
    retract_relation,
    system_ingest_relations,
    withdraw_discrepancy,
    write_record,
    write_relation,
)
from yiwang.records.values import Evidence, RelationRow

TESTS = system("tests")
BORN = date(2026, 1, 10)
OTHER_DAY = {"valid_from": "2026-01-09", "valid_to": ""}
NEVER = {"never_so": True}
WHY = Evidence("出生证明上是另一天")


@pytest.fixture
def families(town: Any) -> Any:
    town.apply(FAMILIES | {"duties/keep.yaml": KEEPER, "duties/answer.yaml": ANSWER, "duties/report.yaml": REPORT})
    town.keeper = town.officer("u1", "keep")
    town.answerer = town.officer("u1", "answer")
    town.reporter = town.officer("u3", "report")
    return town


@pytest.fixture
def pair(families: Any) -> tuple[UUID, UUID, UUID]:
    """A child, its mother, and the word that says so."""
    child, mother = families.person(), families.person()
    word = write_relation(families.keeper, "mother", child, mother, valid_from=BORN, door="case")
    return child, mother, word


def doubt(actor: Any, subject: UUID, word: UUID, proposed: object = OTHER_DAY, why: Evidence | None = WHY) -> UUID:
    return report_discrepancy(
        actor, "mother", subject, "mother", proposed, why, purpose="own-data", record_id=word
    )  # fmt: skip


def standing(town: Any, *people: UUID) -> list[str]:
    return [str(one.standing) for who in people for one in related(town.himself(who), who, purpose="own-data")]


def state_of(id: UUID) -> str:
    return str(Discrepancy.objects.get(pk=id).state)


def taken_on(id: UUID) -> UUID:
    case = uuid7()
    accept_discrepancy(TESTS, id, case_id=case, case_number="46010000000002")
    return case


def test_a_doubted_relation_reads_disputed_at_both_ends_and_whoever_reports_it_it_is_one(
    families: Any, pair: tuple[UUID, UUID, UUID]
) -> None:
    child, mother, word = pair
    assert standing(families, child, mother) == ["undisputed", "undisputed"]
    first = doubt(families.himself(mother), mother, word)
    assert standing(families, child, mother) == ["disputed", "disputed"]
    assert doubt(families.himself(child), child, word) == first
    assert doubt(families.reporter, child, word) == first
    assert doubt(families.himself(child), child, word, NEVER) != first
    found = Discrepancy.objects.get(pk=first)
    assert found.reports.count() == 3
    assert found.unit is not None
    assert (found.unit.code, found.subject_id, found.other_id) == ("u1", child, mother)
    told = list_events(types=frozenset({"discrepancy.opened.v1"}))
    assert told[0].data["unit_id"] == str(found.unit_id)
    assert (told[0].data["element_title"], told[0].data["resource_title"]) == ("母亲", "登记的关系")


def test_another_link_of_the_same_kind_is_not_disputed(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    _, mother, word = pair
    sibling = families.person()
    other = write_relation(families.keeper, "mother", sibling, mother, valid_from=BORN, door="case")
    first = doubt(families.himself(mother), mother, word, NEVER)
    assert standing(families, sibling) == ["undisputed"]
    assert doubt(families.himself(mother), mother, other, NEVER) != first


def test_what_is_confirmed_is_undisputed_again_and_the_reason_is_read(
    families: Any, pair: tuple[UUID, UUID, UUID]
) -> None:
    child, mother, word = pair
    id = doubt(families.himself(child), child, word)
    taken_on(id)
    assert standing(families, mother) == ["disputed"]
    confirm_discrepancy(families.answerer, id, reason="产房记录也是这一天")
    assert standing(families, child, mother) == ["undisputed", "undisputed"]
    for whose in (child, mother):
        seen = discrepancy(families.himself(whose), id, purpose="own-data")
        assert (seen.line.state, seen.reason) == ("confirmed", "产房记录也是这一天")
    ended = list_events(types=frozenset({"discrepancy.ended.v1"}))[-1]
    assert ended.data["reporters"] == [{"subject_id": str(child)}]


@pytest.mark.parametrize("proposed", [OTHER_DAY, NEVER])
def test_the_case_of_the_source_makes_the_relation_what_was_proposed(
    families: Any, pair: tuple[UUID, UUID, UUID], proposed: object
) -> None:
    child, mother, word = pair
    id = doubt(families.himself(mother), mother, word, proposed)
    case = taken_on(id)
    result = correct_discrepancy(families.answerer, id, case_id=case, case_number="46010000000002", reason="查实")
    assert state_of(id) == "corrected"
    now = related(families.himself(child), child, purpose="own-data")
    if proposed is NEVER:
        assert now == []
    else:
        [one] = now
        assert (one.record_id, one.valid_from, str(one.standing)) == (result, date(2026, 1, 9), "undisputed")
    for whose in (child, mother):
        said = relation_history(families.himself(whose), whose, purpose="own-data")[0]
        assert (said.case_id, said.case_number, said.reason, str(said.door)) == (
            case, "46010000000002", "查实", "correction",
        )  # fmt: skip


def test_the_sources_own_correction_ends_what_it_meets_and_leaves_the_rest_open(
    families: Any, pair: tuple[UUID, UUID, UUID]
) -> None:
    child, mother, word = pair
    met = doubt(families.himself(mother), mother, word)
    other = doubt(families.himself(child), child, word, NEVER)
    new = correct_relation(families.keeper, word, valid_from="2026-01-09", valid_to=None, reason="照出生证明")
    assert (state_of(met), state_of(other)) == ("corrected", "reported")
    assert Discrepancy.objects.get(pk=other).record_id == new
    assert standing(families, child, mother) == ["disputed", "disputed"]
    retract_relation(families.keeper, new, reason="不是母亲")
    assert state_of(other) == "corrected"


def test_a_word_of_a_case_and_a_batch_of_the_source_end_a_doubt_like_a_correction(
    families: Any, pair: tuple[UUID, UUID, UUID]
) -> None:
    child, mother, word = pair
    by_case = doubt(families.himself(child), child, word, {"valid_from": BORN, "valid_to": date(2026, 5, 1)})
    write_relation(
        families.keeper, "mother", child, mother, valid_from=BORN, valid_to=date(2026, 5, 1), door="case"
    )  # fmt: skip
    assert state_of(by_case) == "corrected"
    sibling = families.person()
    other = write_relation(families.keeper, "mother", sibling, mother, valid_from=BORN, door="case")
    by_batch = doubt(families.himself(mother), mother, other, NEVER)
    unit = Discrepancy.objects.get(pk=by_batch).unit_id
    row = RelationRow(sibling, mother, BORN, unit_id=unit, retracted=True)
    system_ingest_relations(TESTS, "mother", [row], door="feed")
    assert state_of(by_batch) == "corrected"


def test_a_relation_that_changes_to_something_else_stays_disputed(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, mother, word = pair
    id = doubt(families.himself(child), child, word)
    correct_relation(families.keeper, word, valid_from="2026-01-08", valid_to=None, reason="又一天")
    assert standing(families, child, mother) == ["disputed", "disputed"]
    with override("zh-hans"):
        seen = discrepancy(families.himself(child), id, purpose="own-data")
    assert [one.code for one in seen.history] == ["opened", "fact-changed"]
    assert "2026年1月8日" in seen.doubted
    assert "2026年1月9日" in seen.proposed


def test_a_report_that_is_taken_back_or_rejected_ends_the_dispute(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, mother, word = pair
    id = doubt(families.himself(mother), mother, word)
    with pytest.raises(NotFound):
        withdraw_discrepancy(families.himself(child), id)
    withdraw_discrepancy(families.himself(mother), id)
    assert (state_of(id), standing(families, child)) == ("withdrawn", ["undisputed"])
    again = doubt(families.himself(mother), mother, word)
    with pytest.raises(NotAllowed):
        reject_discrepancy(families.officer("u2", "answer"), again, reason="不归我管")
    reject_discrepancy(families.answerer, again, reason="已经查过")
    with pytest.raises(AlreadyEnded):
        correct_discrepancy(families.answerer, again, case_id=uuid7(), case_number="1")


def test_a_relation_that_is_gone_is_not_corrected_once_more(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, _, word = pair
    id = doubt(families.himself(child), child, word)
    retract_relation(families.keeper, word, reason="写错了人")
    assert state_of(id) == "reported"
    with pytest.raises(NotFound):
        correct_discrepancy(families.answerer, id, case_id=uuid7(), case_number="1")
    taken_on(id)
    confirm_discrepancy(families.answerer, id, reason="已经撤销")


def test_both_ends_read_it_with_their_names_and_nobody_else_does(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, mother, word = pair
    write_record(families.keeper, "trial.people", mother, {"trial.name": "黎晓雯"}, valid_from=BORN, door="case")
    id = doubt(families.himself(child), child, word, NEVER)
    with override("zh-hans"):
        for reader in (families.himself(child), families.himself(mother), families.answerer):
            seen = discrepancy(reader, id, purpose="own-data")
            assert seen.doubted.startswith("子女 人 ")
            assert seen.doubted.endswith("母亲 黎晓雯，2026年1月10日起")
            assert (seen.proposed, seen.line.element_title) == ("从来不是这样", "母亲")
    assert discrepancy(families.himself(child), id, purpose="own-data").may_see_case
    assert not discrepancy(families.himself(mother), id, purpose="own-data").may_see_case
    with pytest.raises(NotFound):
        discrepancy(families.himself(families.person()), id, purpose="own-data")
    for whose in (child, mother):
        assert [one.id for one in list_discrepancies(families.himself(whose)).rows] == [id]
        assert [one.id for one in list_discrepancies(families.answerer, subject_id=whose).rows] == [id]
        assert any(not one.own for one in list_reads(families.himself(whose)).reads)


def test_nobody_doubts_a_relation_that_he_may_not_read(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, mother, word = pair
    stranger = families.person()
    for actor, subject in (
        (families.himself(stranger), child), (families.himself(stranger), stranger), (families.himself(child), mother),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            doubt(actor, subject, word)
    for actor in (VISITOR, families.officer("u1", "idle"), families.keeper):
        with pytest.raises((NotAllowed, NotSignedIn)):
            doubt(actor, child, word)
    with pytest.raises(NotFound):
        doubt(families.himself(child), child, uuid4())
    retract_relation(families.keeper, word, reason="写错了人")
    with pytest.raises(NotFound):
        doubt(families.himself(child), child, word)


def test_who_sees_a_sensitive_relation_covered_does_not_doubt_it(families: Any) -> None:
    ward, guardian = families.person(), families.person()
    word = write_relation(families.keeper, "guardian", ward, guardian, valid_from=BORN, door="case")
    with pytest.raises(NotAllowed):
        report_discrepancy(
            families.reporter, "guardian", ward, "guardian", NEVER, WHY, purpose="own-data", record_id=word
        )  # fmt: skip
    id = report_discrepancy(
        families.himself(ward), "guardian", ward, "guardian", NEVER, WHY, purpose="own-data", record_id=word
    )  # fmt: skip
    with override("zh-hans"):
        seen = discrepancy(families.answerer, id, purpose="own-data")
    assert (seen.masked, seen.doubted) == (True, "2026年1月10日起")


def test_every_fault_of_a_doubt_is_said_at_once(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, _, word = pair

    def faults(proposed: object, why: Evidence | None = None) -> list[tuple[str, str]]:
        with pytest.raises(Invalid) as refusal:
            doubt(families.himself(child), child, word, proposed, why)
        return [(one.pointer, one.code) for one in refusal.value.faults]

    assert faults(None) == [("proposed", "required"), ("evidence/text", "required")]
    assert faults({"valid_from": "", "valid_to": "gestern"}, WHY) == [
        ("proposed/valid_to", "not-a-date"), ("proposed/valid_from", "required"),
    ]  # fmt: skip
    assert faults({"valid_from": BORN, "valid_to": BORN}, WHY) == [("proposed/valid_to", "ends-too-early")]
    assert faults({"valid_from": BORN, "valid_to": None}, WHY) == [("proposed", "same-value")]
    assert standing(families, child) == ["undisputed"]


def test_a_doubted_relation_disputes_no_fact(families: Any, pair: tuple[UUID, UUID, UUID]) -> None:
    child, _, word = pair
    write_record(families.keeper, "trial.people", child, {"trial.name": "黎一诺"}, valid_from=BORN, door="case")
    doubt(families.himself(child), child, word)
    assert {str(one.standing) for one in facts(families.himself(child), child, purpose="own-data")} == {"undisputed"}
