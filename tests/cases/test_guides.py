"""Items as the public finds and reads them: search by everyday words, life events, the course as a list, what is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.acts.values import VISITOR
from yiwang.cases import queries
from yiwang.cases.registry import signatures
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.rules.flow import steps_of
from yiwang.cases.rules.published import PublishedBody, inconsistencies
from yiwang.cases.rules.search import expanded, normal, score, words_of
from yiwang.cases.services import withdraw
from yiwang.cases.values import MaterialState

from .conftest import ITEM, People, send

PROCESSES = Path(__file__).parents[2] / "packs" / "base" / "processes"
PUBLISHED = {
    "serves": ["person"],
    "handling": "promised",
    "ways": ["web"],
    "visits": 0,
    "online_depth": 7,
    "result_type": "record",
}


@pytest.mark.parametrize(
    "asked", ["地址", "搬家", "住处", "换地方住", "居住地址说明", "ＭＯＶＥ", "address", "moving hous"]
)
def test_an_item_is_found_by_everyday_words_by_synonyms_and_by_most_of_a_word(people: People, asked: str) -> None:
    assert [one.id for one in queries.list_items(search=asked)] == [ITEM]


@pytest.mark.parametrize("asked", ["护照", "居民护照", "地护", "驾驶证换证"])
def test_what_is_not_there_is_not_found(people: People, asked: str) -> None:
    assert queries.list_items(search=asked) == []


def test_every_word_must_be_answered_and_a_title_counts_more_than_a_condition() -> None:
    fields = [("居住地址声明", 10.0), ("说一次您现在住在哪里", 4.0)]
    assert score([["地址"]], fields) > score([["哪里"]], fields) > 0
    assert score([["地址"], ["护照"]], fields) == 0


@given(st.text(max_size=30))
def test_whatever_somebody_types_is_a_few_plain_words(typed: str) -> None:
    words = words_of(typed)
    assert len(words) <= 8
    assert all(word == normal(word) and word for word in words)


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=20))
def test_a_word_that_stands_in_a_text_is_always_found(word: str, around: str) -> None:
    [*words] = words_of(word)
    text = normal(f"{around} {word} {around}")
    assert not words or score([[one] for one in words], [(text, 1.0)]) > 0


def test_a_group_of_synonyms_works_within_a_longer_word_and_never_by_one_character() -> None:
    groups = [("饭店", "餐馆"), ("店", "铺")]
    assert expanded("开饭店", groups) == ["开饭店", "开餐馆"]
    assert expanded("餐馆", groups) == ["餐馆", "饭店"]
    assert expanded("店", groups) == ["店", "铺"]


def test_life_events_and_themes_stand_in_their_order_with_their_items(people: People) -> None:
    events = queries.life_events()
    assert len(events) == 8
    assert [one.title for one in queries.themes()] == ["宜居", "宜学", "宜业", "宜游"]
    assert [one.id for one in next(each for each in events if each.id == "home").items] == [ITEM]
    assert [one.id for one in queries.search_topics("搬家")] == ["home"]


def test_the_course_of_a_licence_reads_as_who_does_what_and_what_follows() -> None:
    diagram = read_diagram((PROCESSES / "licence.bpmn").read_bytes(), signatures())
    steps = {step.node.id: step for step in steps_of(diagram)}
    assert list(steps)[0] == "accept"
    assert steps["supplement"].party == "applicant"
    accept = {tuple(act["zh-Hans"] for act in way.acts): way for way in steps["accept"].ways}
    assert accept[("受理",)].then == "review"
    assert accept[("要求一次性补正",)].then == "supplement"
    assert accept[("不予受理",)].outcome == "not-accepted"
    assert {way.then for step in steps.values() for way in step.ways} <= {*steps, ""}
    assert set(steps) == {node.id for node in diagram.nodes.values() if node.kind == "userTask"}


def test_the_guide_of_an_item_holds_what_it_publishes_in_words_and_in_codes(people: People) -> None:
    guide = queries.item_guide(ITEM)
    assert guide.published is not None
    assert guide.published.serves == "自然人"
    assert guide.published.handling == "承诺件"
    assert guide.published.codes == {"serves": "1", "ways": "2 3 1", "handling": "2", "body": "1", "online_depth": "7"}
    assert guide.published.online
    assert guide.faq
    assert guide.flow[0].who == "核实居住地址"
    assert {way.when for way in guide.flow[0].ways} >= {"同意"}
    english = queries.item_guide(ITEM, "en")
    assert english.published is not None
    assert english.published.serves == "natural persons"


def test_a_visitor_s_guide_marks_nothing_and_reads_nothing(people: People) -> None:
    prepared = queries.prepared_for(VISITOR, ITEM)
    assert not prepared.is_known
    assert prepared.spared == 0
    assert len(prepared.questions) == 3
    assert all(one.state is not MaterialState.KNOWN for one in prepared.materials)


def test_the_figures_of_a_day_are_counted_from_cases(people: People) -> None:
    from yiwang.kernel.time import today

    before = queries.figures_of_the_day(today())
    send(people.lin)
    withdraw(people.lin, send(people.lin).case_id, reason="")
    after = queries.figures_of_the_day(today())
    assert (after.sent, after.ended) == (before.sent + 2, before.ended)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ways": ["window"], "online_depth": 1}, "visits"),
        ({"visits_for": "签字"}, "visits_for"),
        ({"visits": 1, "online_depth": 6}, "visits"),
        ({"visits": 1, "visits_for": "签字"}, "online_depth"),
        ({"ways": ["window", "post"]}, "online_depth"),
        ({"ways": ["web", "web"]}, "ways"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(changes: dict[str, object], pointer: str) -> None:
    body = PublishedBody.model_validate({**PUBLISHED, **changes})
    assert pointer in [one for one, _message, _advice in inconsistencies(body)]


def test_fields_that_fit_are_not() -> None:
    assert list(inconsistencies(PublishedBody.model_validate(PUBLISHED))) == []
