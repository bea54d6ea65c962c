"""The source corrects a relation by a word of its own: both ends see who did it, when and why, and nothing is lost."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.translation import override
from support.families import FAMILIES

from yiwang.acts.values import VISITOR, system
from yiwang.audit.queries import system_list_entries
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.outbox.queries import list_events
from yiwang.records.queries import ever_related, list_reads, related, relation_form, relation_history
from yiwang.records.services import (
    RecordSuperseded,
    RelationTaken,
    correct_relation,
    retract_relation,
    write_relation,
)

TESTS = system("tests")
BORN = date(2026, 1, 10)
NEXT_DAY = date(2026, 1, 11)


@pytest.fixture
def families(town: Any) -> Any:
    town.apply(FAMILIES)
    town.keeper = town.officer("u1", "keep")
    return town


def relate(town: Any, kind: str, start: UUID, end: UUID, *, valid_from: date = BORN, **more: Any) -> UUID:
    return write_relation(town.keeper, kind, start, end, valid_from=valid_from, door="case", **more)


def correct(actor: Any, word: UUID, *, valid_from: Any = NEXT_DAY, valid_to: Any = None, **more: Any) -> UUID:
    given = {"reason": "出生证明写错了一天", **more}
    return correct_relation(actor, word, valid_from=valid_from, valid_to=valid_to, **given)


def own(town: Any, whose: UUID, **when: Any) -> list[tuple[str, UUID | None, date, date | None]]:
    with override("zh-hans"):
        found = related(town.himself(whose), whose, purpose="own-data", **when)
    return [(one.title, one.other_id, one.valid_from, one.valid_to) for one in found]


def test_both_ends_see_the_right_days_with_the_reason_and_the_history_keeps_what_was_said(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    correct(families.keeper, word, evidence={"case_number": "46010000000009"})
    for whose, other, title in ((child, mother, "母亲"), (mother, child, "子女")):
        assert own(families, whose) == [(title, other, NEXT_DAY, None)]
        with override("zh-hans"):
            [now] = related(families.himself(whose), whose, purpose="own-data")
            said = relation_history(families.himself(whose), whose, purpose="own-data")
        assert (now.reason, now.case_number) == ("出生证明写错了一天", "46010000000009")
        assert [(one.valid_from, one.retracted, one.superseded) for one in said] == [
            (NEXT_DAY, False, False), (BORN, True, False), (BORN, False, True),
        ]  # fmt: skip
        assert [one.who for one in said] == ["单位u1 窗口"] * 3
        assert [one.reason for one in said] == ["出生证明写错了一天", "出生证明写错了一天", ""]


def test_a_relation_that_ended_is_corrected_by_its_last_day_alone(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    ended = correct(families.keeper, word, valid_from=BORN, valid_to="2026-05-01")
    assert own(families, child) == []
    assert own(families, child, valid_at=date(2026, 4, 30)) == [("母亲", mother, BORN, date(2026, 5, 1))]
    assert len(relation_history(families.himself(child), child, purpose="own-data")) == 2
    correct(families.keeper, ended, valid_from=BORN, valid_to="")
    assert own(families, child) == [("母亲", mother, BORN, None)]


def test_two_who_stood_the_wrong_way_round_are_turned(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", mother, child)
    assert relation_form(families.keeper, word, purpose="own-data").may_swap
    correct(families.keeper, word, valid_from=BORN, swapped=True)
    assert own(families, child) == [("母亲", mother, BORN, None)]


def test_what_cannot_be_is_refused_with_every_fault_and_nothing_is_written(families: Any) -> None:
    one, two = families.person(), families.person()
    word = relate(families, "spouse", one, two)
    assert not relation_form(families.keeper, word, purpose="own-data").may_swap
    with pytest.raises(Invalid) as refusal:
        correct(
            families.keeper, word, valid_from="2026-02-30", valid_to=BORN, swapped=True, reason=" ",
            evidence={"case_number": "4" * 61},
        )  # fmt: skip
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("valid_from", "not-a-date"), ("swapped", "cannot-swap"), ("case_number", "too-long"), ("reason", "length"),
    ]  # fmt: skip
    for given, code in (
        ({"valid_from": ""}, "required"),
        ({"valid_to": NEXT_DAY}, "ends-too-early"),
        ({"valid_from": BORN}, "nothing-changed"),
    ):
        with pytest.raises(Invalid) as refusal:
            correct(families.keeper, word, **given)
        assert [fault.code for fault in refusal.value.faults] == [code]
    with pytest.raises(Invalid):
        retract_relation(families.keeper, word, reason="", evidence={"case_number": "4" * 61})
    assert len(relation_history(families.himself(one), one, purpose="own-data")) == 1


def test_a_correction_keeps_to_what_the_declaration_allows(families: Any) -> None:
    child, first, second = families.person(), families.person(), families.person()
    early = relate(families, "mother", child, first, valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    relate(families, "mother", child, second, valid_from=date(2021, 1, 1))
    with pytest.raises(RelationTaken):
        correct(families.keeper, early, valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 2))
    later = relate(families, "mother", child, first, valid_from=date(2019, 1, 1), valid_to=date(2020, 1, 1))
    with pytest.raises(RelationTaken):  # it would quietly take the place of another word about the same two
        correct(families.keeper, later, valid_from=date(2020, 1, 1), valid_to=date(2020, 6, 1))
    assert own(families, child, valid_at=date(2019, 6, 1)) == [("母亲", first, date(2019, 1, 1), date(2020, 1, 1))]


def test_who_looked_at_an_older_word_corrects_nothing(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    correct(families.keeper, word)
    for late in (correct, lambda actor, id: retract_relation(actor, id, reason="晚了")):
        with pytest.raises(RecordSuperseded):
            late(families.keeper, word)


def test_only_the_officer_of_the_source_who_keeps_it_corrects(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    strangers = [families.officer(unit, duty) for unit, duty in (("u2", "keep"), ("u1", "keep-else"), ("u1", "idle"))]
    for stranger in (*strangers, families.himself(child), VISITOR):
        with pytest.raises((NotAllowed, NotSignedIn)):
            correct(stranger, word)
        with pytest.raises((NotAllowed, NotSignedIn)):
            relation_form(stranger, word, purpose="own-data")
    with pytest.raises(NotFound):
        correct(families.keeper, uuid4())
    with pytest.raises(NotFound):
        relation_form(families.keeper, uuid4(), purpose="own-data")
    seen = related(families.officer("u1", "keep"), child, purpose="own-data")
    assert [(one.may_correct, one.may_retract) for one in seen] == [(True, True)]
    assert [one.may_correct for one in related(families.himself(child), child, purpose="own-data")] == [False]


def test_a_correction_is_audited_and_told(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    new = correct(families.keeper, word)
    [found] = system_list_entries(action="relation.correct")
    assert (found.entry.object_id, found.entry.account_id) == (str(word), families.keeper.account_id)
    assert str(new) in str(found.entry.details)
    told = list_events(types=frozenset({"relation.written.v1", "relation.retracted.v1"}))
    assert [one.type for one in told] == ["relation.written.v1", "relation.retracted.v1", "relation.written.v1"]
    assert told[-1].subject == str(new)


def test_the_form_shows_who_is_at_each_end_and_both_see_that_it_was_read(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    with override("zh-hans"):
        form = relation_form(families.keeper, word, purpose="own-data")
    assert (form.start.other_id, form.start.title, form.end.other_id, form.end.title) == (child, "子女", mother, "母亲")
    assert (form.may_correct, form.may_retract, form.end.valid_from) == (True, True, BORN)
    for whose in (child, mother):
        assert list_reads(families.himself(whose)).reads


def test_that_there_is_a_history_is_known_to_who_may_read_it(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate(families, "mother", child, mother)
    retract_relation(families.keeper, word, reason="写错了人")
    for whose in (child, mother):
        assert own(families, whose) == []
        assert ever_related(families.himself(whose), whose, purpose="own-data")
    assert ever_related(families.keeper, child, purpose="own-data")
    assert not ever_related(families.officer("u2", "keep"), child, purpose="own-data")
