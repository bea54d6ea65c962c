"""One value, one byte string."""

import hashlib
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.canonical import DEEPEST, NotCanonical, canonical_json, digest

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def test_the_escapes_of_the_rfc() -> None:
    # RFC 8785 §3.2.2.2, without its floats.
    value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f", "literals": [None, True, False]}
    assert canonical_json(value) == (
        b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_the_order_of_the_rfc_is_by_utf_16() -> None:
    # RFC 8785 §3.2.3
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(names)).values()) == [2, 4, 6, 7, 1, 5, 3]


@given(values)
def test_it_reads_back_and_is_stable(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written
    assert digest(value) == hashlib.sha256(written).digest()


@given(st.dictionaries(texts, st.integers(0, 9), max_size=8), st.randoms())
def test_the_order_of_making_does_not_matter(value: dict[str, int], random: object) -> None:
    items = list(value.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert canonical_json(dict(items)) == canonical_json(value)


def test_what_has_one_text_is_written_as_it() -> None:
    shanghai = timezone(timedelta(hours=8))
    value = [
        UUID("018f3c1e-0000-7000-8000-000000000001"),
        date(2026, 11, 21),
        datetime(2026, 11, 21, 8, tzinfo=shanghai),
        datetime(999, 1, 1, tzinfo=UTC),
    ]
    assert json.loads(canonical_json(value)) == [
        "018f3c1e-0000-7000-8000-000000000001",
        "2026-11-21",
        "2026-11-21T00:00:00.000000Z",
        "0999-01-01T00:00:00.000000Z",
    ]


def test_enumerations_are_their_values() -> None:
    class Word(StrEnum):
        YES = "yes"

    class Number(IntEnum):
        ONE = 1

    assert canonical_json({Word.YES: [Word.YES, Number.ONE]}) == b'{"yes":["yes",1]}'


def test_any_mapping_and_tuple_will_do() -> None:
    assert canonical_json(MappingProxyType({"a": (1, 2)})) == b'{"a":[1,2]}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        math.nan,
        math.inf,
        Decimal("1.0"),
        b"bytes",
        {1, 2},
        object(),
        2**53,
        -(2**53),
        10**5000,
        {1: "a"},
        {None: "a"},
        {"a": {("b",): 1}},
        "\ud800",
        {"\udfff": 1},
        datetime(2026, 1, 1),  # noqa: DTZ001 what must be refused
    ],
    ids=range(16),
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_json({"value": [value]})


def test_deep_nesting_is_refused_before_it_hurts() -> None:
    deep: object = 1
    for _ in range(DEEPEST):
        deep = [deep]
    assert canonical_json(deep).startswith(b"[[[")
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical_json(deep)


def test_a_value_that_holds_itself_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(NotCanonical):
        canonical_json(circle)
