"""Cursors come back with their types, and only ours do."""

import base64
import random
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.cursors import decode, encode
from yiwang.kernel.errors import Invalid

KEY = b"an installation's secret"
values = st.lists(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
    | st.uuids()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC)),
    max_size=4,
)


@given(values, st.text(max_size=20))
def test_a_cursor_comes_back_as_it_went(given_values: list[Any], scope: str) -> None:
    read = decode(encode(given_values, KEY, scope=scope), KEY, scope=scope)
    assert read == given_values
    assert [type(one) for one in read] == [type(one) for one in given_values]


def test_a_cursor_fits_in_an_address() -> None:
    cursor = encode([datetime(2026, 11, 21, tzinfo=UTC), UUID(int=7)], KEY, scope="cases.my_cases")
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len(cursor) < 200


def test_an_instant_is_the_same_instant_in_any_zone() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=timezone(timedelta(hours=8)))
    assert decode(encode([noon], KEY), KEY) == [noon]


def test_every_changed_character_is_refused() -> None:
    cursor = encode(["a", 1, date(2026, 11, 21)], KEY)
    dice = random.Random(1)
    for place in range(len(cursor)):
        other = dice.choice([c for c in "ABCXYZabcxyz019-_" if c != cursor[place]])
        changed = cursor[:place] + other + cursor[place + 1 :]
        if base64.urlsafe_b64decode(changed + "===") == base64.urlsafe_b64decode(cursor + "==="):
            continue  # the last character has bits that carry nothing
        with pytest.raises(Invalid):
            decode(changed, KEY)


@pytest.mark.parametrize("scope", ["", "cases.my_cases", "cases.my_tasks:b"])
def test_a_cursor_of_another_list_is_refused(scope: str) -> None:
    with pytest.raises(Invalid):
        decode(encode([1], KEY, scope="cases.my_tasks:a"), KEY, scope=scope)


def test_a_cursor_of_another_installation_is_refused() -> None:
    with pytest.raises(Invalid):
        decode(encode([1], KEY), b"another installation's secret")


@given(st.text(max_size=60))
def test_any_other_text_is_refused_with_a_fault_of_its_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode(text, KEY)
    assert [(one.pointer, one.code) for one in caught.value.faults] == [("cursor", "cursor")]


@pytest.mark.parametrize("text", ["", "A" * 1_000_000, "=" * 100, "\x00", "\ud800", "AQ", "é", " ", "AQ==\n"])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text, KEY)


def test_a_short_key_and_a_wrong_value_are_the_callers_mistakes() -> None:
    with pytest.raises(TypeError):
        encode([1], b"short")
    with pytest.raises(TypeError):
        encode([1.5], KEY)  # type: ignore[list-item]
    with pytest.raises(TypeError):
        encode([datetime(2026, 1, 1)], KEY)  # noqa: DTZ001 what must be refused
