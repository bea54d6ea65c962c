"""How the verbs of a plan's row are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.packs.rules.verbs import find_verb, verbs_of


@pytest.mark.parametrize(
    ("must", "clauses"),
    [
        ("Accept applications (named only; the seed gives no functions).", ["Accept applications"]),
        (
            "Collect, store and use base data of land, civil affairs and police.",
            ["Collect", "store", "use base data of land, civil affairs and police"],
        ),
        (
            "Link market and site; enforce against firms and persons; admit by credit.",
            ["Link market and site", "enforce against firms and persons", "admit by credit"],
        ),
        (
            "Application, verification, review and issue; supervision after issue.",
            ["Application", "verification", "review", "issue", "supervision after issue"],
        ),
        (
            "Normed application, approval and planning of projects of city and districts.",
            ["Normed application", "approval", "planning of projects of city and districts"],
        ),
        (
            "Common, ordered, manageable resource bases that support services.",
            ["Common, ordered, manageable resource bases that support services"],
        ),
        ("Give time to all devices, applications and users.", ["Give time to all devices, applications and users"]),
        ("Measure targets; software side: recorded duties.", ["Measure targets", "recorded duties"]),
        ("Plan (topics, agenda), approval, venue.", ["Plan (topics, agenda)", "approval", "venue"]),
        ("Used by 200 agencies and nearly 5,000 users.", ["Used by 200 agencies and nearly 5,000 users"]),
        (
            "数源: civil affairs. 验证: family planning, registration. 调用: none named.",
            ["数源 civil affairs", "验证 family planning, registration"],
        ),
        ("Keep traces. 数源/验证/调用: none named.", ["Keep traces"]),
        ("", []),
    ],
)
def test_verbs_are_read_by_one_rule(must: str, clauses: list[str]) -> None:
    assert [one.clause for one in verbs_of(must)] == clauses


def test_a_verb_is_called_by_as_many_words_as_tell_it_from_the_others() -> None:
    assert [one.name for one in verbs_of("Exchange data; exchange documents; show both.")] == [
        "exchange data",
        "exchange documents",
        "show",
    ]


def test_a_verb_is_found_by_its_name_its_clause_and_any_beginning_that_fits_one_only() -> None:
    verbs = verbs_of("Exchange data with districts; exchange documents; show both.")
    assert find_verb("Show", verbs) == verbs[2]
    assert find_verb("exchange data with", verbs) == verbs[0]
    assert find_verb("exchange documents", verbs) == verbs[1]
    assert find_verb("exchange", verbs) is None
    assert find_verb("exch", verbs) is None
    assert find_verb("", verbs) is None


WORDS = st.sampled_from(
    [
        "accept",
        "data",
        "of",
        "Review",
        "the",
        "case",
        "时限",
        "数源:",
        "none named",
        "(a, b)",
        ",",
        ";",
        ".",
        ":",
        "and",
        "5,000",
        ")",
        "(",
    ]
)


@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_every_text_has_verbs_with_names_of_their_own(must: str) -> None:
    verbs = verbs_of(must)
    assert verbs_of(must) == verbs
    assert all(verb.name and verb.clause == verb.clause.strip() for verb in verbs)
    for verb in verbs:
        found = find_verb(verb.clause, verbs)
        assert found is not None
        assert found.clause.lower().split() == verb.clause.lower().split() or found.name == verb.name
