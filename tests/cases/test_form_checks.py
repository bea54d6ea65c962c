"""Conditions between the answers of a form: told with all other faults, wherever answers are taken; what is absent refuses nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from support.moving import Moving
from support.permit import Town

from yiwang.cases import queries
from yiwang.cases.models import Application, Case
from yiwang.cases.rules.checks import FormCheck, broken
from yiwang.cases.values import Claimed
from yiwang.kernel.errors import FieldFault, Invalid, format_message

pytestmark = pytest.mark.engine

TODAY = date(2026, 11, 21)


def told(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(one.pointer, format_message(one.message, one.params)) for one in refused.value.faults]


# ── The rule ────────────────────────────────────────────────────────────────────────────────────────────────────────────

SPAN = FormCheck(
    "road_use.first_day <= road_use.until",
    {"zh-Hans": "止日早于起日。", "en": "It ends before it begins."},
    "road-use.until",
    "",
    "",
    (("road-use.first-day", "date"), ("road-use.until", "date"), ("road-use.reason", "text")),
)
BOTH = ("road-use.first-day", "road-use.until")


def faults(values: dict[str, Any], asked: tuple[str, ...] = BOTH, check: FormCheck = SPAN) -> list[FieldFault]:
    return broken([check], values, asked=asked, on=TODAY, language="en")


@given(st.dates(date(1900, 1, 1)), st.dates(date(1900, 1, 1)))
def test_a_span_is_refused_exactly_when_it_ends_before_it_begins(first: date, last: date) -> None:
    found = faults({"road-use.first-day": first, "road-use.until": last})
    assert bool(found) == (last < first)
    assert {(one.pointer, one.code) for one in found} <= {("road-use.until", "form-check")}


@given(st.dates(date(1900, 1, 1)), st.sampled_from(BOTH))
def test_an_absent_answer_refuses_nothing(day: date, answered: str) -> None:
    assert faults({answered: day}) == []
    assert faults({**dict.fromkeys(BOTH), answered: day}) == []


def test_a_condition_may_speak_of_today_and_names_its_elements_in_the_order_of_the_form() -> None:
    check = FormCheck("today < road_use.until && road_use.first_day < today", "…", BOTH[1], "", "", SPAN.types)
    assert check.names == list(BOTH)
    assert faults({BOTH[0]: date(2026, 11, 20), BOTH[1]: date(2026, 11, 22)}, check=check) == []
    assert len(faults({BOTH[0]: date(2026, 11, 22), BOTH[1]: date(2026, 11, 22)}, check=check)) == 1


def test_the_message_stands_where_it_can_be_mended_and_nowhere_else() -> None:
    wrong = {"road-use.first-day": date(2026, 7, 2), "road-use.until": date(2026, 7, 1)}
    assert [one.pointer for one in faults(wrong, ("road-use.first-day",))] == ["road-use.first-day"]
    assert faults(wrong, ("road-use.reason",)) == []


def test_what_cannot_be_computed_is_neither_met_nor_passed_over() -> None:
    share = FormCheck("a.all / a.parts > 0", "…", "a.parts", "", "", (("a.all", "integer"), ("a.parts", "integer")))
    [one] = faults({"a.all": 7, "a.parts": 0}, ("a.parts",), share)
    assert (one.pointer, one.code) == ("a.parts", "cannot-be-checked")


# ── Sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_answers_that_do_not_go_together_are_told_with_every_other_fault(town: Town) -> None:
    with pytest.raises(Invalid) as refused, override("en"):
        town.send(**{"stall.goods": "鞭炮", "stall.seats": "4", "stall.plan": None, "stall.rules": None})
    assert [one.pointer for one in refused.value.faults] == ["stall.seats", "stall.rules"], "in the order of the form"
    assert told(refused)[0][1] == "No seats with firecrackers. This is set by 烟花爆竹安全管理条例, 第十六条."
    assert not Case.objects.exists()


def test_an_answer_that_was_left_open_or_is_wrong_by_itself_breaks_no_condition(town: Town) -> None:
    town.send(**{"stall.goods": "鞭炮"})
    with pytest.raises(Invalid) as refused:
        town.send(**{"stall.goods": "鞭炮", "stall.seats": "viele"})
    assert [one.code for one in refused.value.faults] != ["form-check"]
    assert [one.pointer for one in refused.value.faults] == ["stall.seats"]


def test_what_the_city_knows_is_compared_as_its_source_has_it(town: Town) -> None:
    name = next(
        one.shown for one in queries.form_for(town.self("mei"), "stall-permit").fields if one.name == "stall.name"
    )
    with pytest.raises(Invalid) as refused, override("en"):
        town.send(**{"stall.goods": name})
    assert told(refused) == [("stall.goods", "Say what you sell.")]


def test_the_answer_to_a_notice_is_compared_with_what_was_sent_before(town: Town) -> None:
    sent = town.send(**{"stall.seats": "4"})
    town.does("qin", sent.case_id, "supplement", asks=[Claimed("element", "stall.goods")])
    with pytest.raises(Invalid) as refused:
        town.answers("mei", sent.case_id, {"stall.goods": "鞭炮"})
    assert [(one.pointer, one.code) for one in refused.value.faults] == [("stall.goods", "form-check")]
    town.answers("mei", sent.case_id, {"stall.goods": "椰子冻"})


def test_the_one_form_of_a_bundle_honours_the_conditions_of_its_items(moving: Moving) -> None:
    with pytest.raises(Invalid) as refused:
        moving.apply(**{"school.child": "梅香", "home.people": "viele"})
    assert [one.pointer for one in refused.value.faults] == ["home.people", "school.child"]
    assert told(refused)[-1] == ("school.child", "写孩子的姓名。")
    assert not Application.objects.exists()


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_says_its_conditions_in_the_readers_language(town: Town) -> None:
    seats, _name = queries.form_for(town.self("mei"), "stall-permit", "en").checks
    assert seats.message == "No seats with firecrackers. This is set by 烟花爆竹安全管理条例, 第十六条."
    assert (seats.at, dict(seats.names)) == (
        "stall.seats",
        {"stall.goods": "stall.goods", "stall.seats": "stall.seats"},
    )
