"""The form arrives filled: whose each fact is, that it cannot be overwritten, what is frozen, and what a change in between does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from support.clock import own_time
from support.permit import ANSWERS, ELSEWHERE, IDS, ITEM, PLAN, Town, stall_of

from yiwang.cases import queries, services
from yiwang.cases.models import Case
from yiwang.cases.values import FactChanged, MaterialState
from yiwang.kernel import time
from yiwang.kernel.errors import Invalid, NotAllowed
from yiwang.records import queries as records


def field(form: Any, name: str) -> Any:
    return next(one for one in form.fields if one.name == name)


def codes(refused: Any) -> dict[str, str]:
    return {fault.pointer: fault.code for fault in refused.value.faults}


def submit(town: Town, values: dict[str, Any], form: Any = None, **more: Any) -> Any:
    mei = town.self("mei")
    form = form or queries.form_for(mei, ITEM)
    return services.submit(
        mei, ITEM, town.with_files("mei", values), idempotency_key=uuid4().hex, form_digest=form.digest, **more
    )


def test_the_form_is_filled_with_the_facts_of_the_person_and_of_the_stall_that_she_represents(town: Town) -> None:
    form = queries.form_for(town.self("mei"), ITEM)
    assert form.subject_id == town.stall("one")
    assert [(one.title) for one in form.subjects] == ["梅香小吃"]
    name, stall = field(form, "person.name"), field(form, "stall.name")
    assert (name.shown, stall.shown, stall.value) == ("梅香", "梅香小吃", "梅香小吃")
    assert (stall.source.unit_title, stall.source.resource, stall.source.subject_id) == (
        "海秀街道办事处",
        "stall.register",
        town.stall("one"),
    )
    assert field(form, "stall.address").value == {"place": "460105002001", "detail": "海港路 9 号"}
    assert field(form, "stall.goods").source is None
    # five questions, a plan and a promise; no paper instead of the course that the city knows
    assert [one.name for one in form.fields] == [
        "person.name",
        "stall.name",
        "stall.address",
        "stall.goods",
        "stall.seats",
        "stall.plan",
        "stall.rules",
    ]
    assert form.known == 3


def test_the_materials_show_what_the_city_has_and_whose_it_is(town: Town) -> None:
    form = queries.form_for(town.self("mei"), ITEM)
    by_id = {one.id: one for one in form.materials}
    assert {id: str(one.state) for id, one in by_id.items()} == {
        "register-entry": "known",
        "hygiene": "known",
        "plan": "missing",
        "rules": "missing",
    }
    assert "S-1" in by_id["register-entry"].shown
    assert by_id["register-entry"].sources[0].unit_title == "海秀街道办事处"
    assert by_id["rules"].promise == "我承诺开业三十日内建立卫生制度。"
    guide = queries.item_guide(ITEM)
    assert [(one.kind, one.check_days) for one in guide.to_show] == [
        ("fact", None),
        ("fact", None),
        ("upload", None),
        ("promise", 20),
    ]


def test_every_reading_stands_in_the_log_of_the_stall_and_of_the_person(town: Town) -> None:
    from yiwang.records.models import Read

    queries.form_for(town.self("mei"), ITEM)
    read = {(one.subject_id, one.resource) for one in Read.objects.filter(purpose="case-handling")}
    assert (town.stall("one"), "stall.register") in read
    assert (town.subject("mei"), "town.people") in read


def test_what_was_known_is_frozen_with_record_unit_age_and_release_whatever_the_register_says_later(town: Town) -> None:
    sent = town.send()
    assert (sent.form_fields, sent.known_fields) == (7, 3)
    stored = Case.objects.get(pk=sent.case_id)
    assert (stored.form_fields, stored.known_fields, stored.subject_id) == (7, 3, town.stall("one"))
    town.says("stall.register", town.stall("one"), stall_of("mei", "改名小吃", "S-1"), since=date(2026, 6, 1))
    case = queries.case(town.self("mei"), sent.case_id)
    frozen = {one.element: one for one in case.facts}
    assert frozen["stall.name"].shown == "梅香小吃"
    assert frozen["stall.name"].source.unit_title == "海秀街道办事处"
    assert frozen["stall.name"].release == case.release
    assert frozen["stall.name"].source.record_id is not None
    assert frozen["stall.number"].shown == "S-1"  # shown as a material, not asked by the form
    assert [one.element for one in sent.facts] == list(frozen)
    assert {one.name: one.is_known for one in case.values}["stall.name"]


def test_a_known_fact_cannot_be_overwritten(town: Town) -> None:
    with pytest.raises(Invalid) as refused:
        submit(town, {**ANSWERS, "stall.name": "别的名字"})
    assert codes(refused) == {"stall.name": "known-fact"}
    # the same value is no other value
    assert submit(town, {**ANSWERS, "stall.name": "梅香小吃"}).known_fields == 3


def test_every_fault_comes_at_once_known_and_typed(town: Town) -> None:
    values = {"stall.name": "别的名字", "stall.seats": "很多", "stall.plan": PLAN}
    with pytest.raises(Invalid) as refused:
        submit(town, values)
    assert codes(refused) == {
        "stall.name": "known-fact",
        "stall.goods": "required",
        "stall.seats": "not-a-whole-number",
        "stall.rules": "required",
    }


def test_a_fact_that_changes_in_between_is_shown_with_both_values_and_nothing_is_sent(town: Town) -> None:
    mei = town.self("mei")
    form = queries.form_for(mei, ITEM)
    seen = {one.name: str(one.source.record_id) for one in form.fields if one.source}
    town.says("stall.register", town.stall("one"), stall_of("mei", "改名小吃", "S-1"), since=date(2026, 6, 1))
    with pytest.raises(FactChanged) as changed:
        submit(town, dict(ANSWERS), form, facts=seen)
    [fault] = changed.value.faults
    assert (fault.pointer, fault.params["before"], fault.params["after"]) == ("stall.name", "梅香小吃", "改名小吃")
    assert not Case.objects.exists()


def test_a_fact_that_is_known_by_now_meets_what_was_typed(town: Town) -> None:
    stall = town.stall("one")
    town.says(
        "stall.register",
        stall,
        {"stall.name": "梅香小吃", "stall.number": "S-1", "stall.keeper-id": IDS["mei"]},
        since=date(2026, 6, 1),
    )
    form = queries.form_for(town.self("mei"), ITEM)
    assert field(form, "stall.address").source is None
    seen = {one.name: str(one.source.record_id) for one in form.fields if one.source}
    town.says("stall.register", stall, stall_of("mei", "梅香小吃", "S-1"), since=date(2026, 7, 1))
    with pytest.raises(FactChanged) as changed:
        submit(town, {**ANSWERS, "stall.address": ELSEWHERE}, form, facts=seen)
    [fault] = changed.value.faults
    assert fault.pointer == "stall.address"
    assert "东方洋路 1 号" in str(fault.params["before"])
    assert "海港路 9 号" in str(fault.params["after"])


def test_a_fact_that_is_gone_has_to_be_typed(town: Town) -> None:
    form = queries.form_for(town.self("mei"), ITEM)
    seen = {one.name: str(one.source.record_id) for one in form.fields if one.source}
    town.says(
        "stall.register",
        town.stall("one"),
        {"stall.name": "梅香小吃", "stall.number": "S-1", "stall.keeper-id": IDS["mei"]},
        since=date(2026, 6, 1),
    )
    with pytest.raises(FactChanged) as changed:
        submit(town, dict(ANSWERS), form, facts=seen)
    assert [(one.pointer, one.code) for one in changed.value.faults] == [("stall.address", "fact-gone")]


@pytest.fixture
def movable_time(tmp_path: Path) -> Iterator[None]:
    """A city whose time can be moved."""
    with own_time(tmp_path):
        yield


@pytest.mark.usefixtures("movable_time")
def test_a_fact_that_no_longer_holds_is_a_fault_and_the_paper_may_stand_for_one_that_nobody_knows(town: Town) -> None:
    mei = town.subject("mei")
    tomorrow = time.today() + timedelta(days=1)
    town.says("hygiene.courses", mei, {"hygiene.until": tomorrow.isoformat()}, since=date(2026, 2, 1))
    time.move_to(time.now() + timedelta(days=3))
    with pytest.raises(Invalid) as refused:
        submit(town, dict(ANSWERS))
    assert codes(refused) == {"hygiene.until": "check"}
    town.says("hygiene.courses", mei, {}, since=date(2026, 2, 1), gone=True)
    town.says("hygiene.courses", mei, {}, gone=True)
    form = queries.form_for(town.self("mei"), ITEM)
    assert field(form, "hygiene.paper").required
    with pytest.raises(Invalid) as refused:
        submit(town, dict(ANSWERS))
    assert codes(refused) == {"hygiene.paper": "required"}
    sent = submit(town, {**ANSWERS, "hygiene.paper": PLAN})
    states = {one.id: one.state for one in queries.case(town.self("mei"), sent.case_id).materials}
    assert states["hygiene"] is MaterialState.GIVEN


def test_who_represents_several_chooses_and_nobody_applies_for_a_strangers_stall(town: Town) -> None:
    town.says("stall.register", town.stall("two"), stall_of("mei", "香香二店", "S-2"))
    form = queries.form_for(town.self("mei"), ITEM)
    assert form.subject_id is None
    assert {one.title for one in form.subjects} == {"梅香小吃", "香香二店"}
    assert form.known == 0
    with pytest.raises(Invalid) as refused:
        submit(town, dict(ANSWERS), form)
    assert codes(refused) == {"subject_id": "required"}
    sent = submit(town, dict(ANSWERS), form, subject_id=town.stall("two"))
    assert Case.objects.get(pk=sent.case_id).subject_id == town.stall("two")
    with pytest.raises(NotAllowed):
        queries.form_for(town.self("kai"), ITEM, subject_id=town.stall("one"))
    with pytest.raises(Invalid) as refused:
        services.submit(town.self("kai"), ITEM, dict(ANSWERS), idempotency_key=uuid4().hex, form_digest=form.digest)
    assert codes(refused) == {"subject_id": "represents-nobody"}


def test_who_no_longer_represents_may_no_longer_send(town: Town) -> None:
    form = queries.form_for(town.self("mei"), ITEM)
    town.says("stall.register", town.stall("one"), stall_of("kai", "梅香小吃", "S-1"), since=date(2026, 6, 1))
    with pytest.raises(NotAllowed):
        submit(town, dict(ANSWERS), form, subject_id=town.stall("one"))
    assert queries.form_for(town.self("kai"), ITEM).subject_id == town.stall("one")


def test_sensitive_evidence_is_covered_for_an_officer_without_the_grant(town: Town) -> None:
    sent = town.send()
    frozen = {one.element: one for one in queries.case(town.post("qin"), sent.case_id).facts}
    assert frozen["stall.keeper-id"].value is None
    assert IDS["mei"] not in frozen["stall.keeper-id"].shown
    assert {one.element: one.value for one in queries.case(town.self("mei"), sent.case_id).facts}[
        "stall.keeper-id"
    ] == IDS["mei"]


def test_for_whom_one_applies_is_whom_the_source_says_that_one_represents_today(town: Town) -> None:
    mei = town.self("mei")
    assert records.represented_by(mei) == records.represented_by(mei, "organisation") == [town.stall("one")]
    assert records.represented_by(mei, "person") == []
    assert queries.form_for(mei, ITEM).subject_id == town.stall("one")
    town.says("stall.register", town.stall("one"), stall_of("kai", "梅香小吃", "S-1"), since=date(2026, 6, 1))
    assert records.represented_by(mei) == []
    assert queries.form_for(mei, ITEM).subjects == ()
