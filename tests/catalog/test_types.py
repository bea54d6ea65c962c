"""Types of elements: what people type is understood, everything else is refused with a sentence, nothing is a crash."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.catalog.registry import element_types
from yiwang.catalog.values import Address, ElementView, FileValue, Sensitivity, ValueRefused
from yiwang.kernel.canonical import canonical_json
from yiwang.kernel.identifiers import invent_citizen_id

FILE = {
    "id": "01a1fdb3-e584-705f-946a-f32d4d6e1ae4",
    "digest": "0" * 64,
    "name": "平面图.pdf",
    "media_type": "application/pdf",
    "size": 9,
}


def element(type: str, **more: Any) -> ElementView:
    return ElementView("trial.x", "信息项", type, Sensitivity.PERSONAL, **{"types": ("pdf",), "largest": 1, **more})


def clean(type: str, given: object, **more: Any) -> Any:
    return element_types[type].clean(given, element(type, **more))


@pytest.mark.parametrize(
    ("type", "typed", "meant"),
    [
        ("text", "  林　秀英\u200b ", "林 秀英"),
        ("text", "café".encode().decode(), "café"),
        ("code", " ０１ ", "01"),
        ("integer", "１，２３４", 1234),
        ("integer", "-5", -5),
        ("decimal", "12.50", Decimal("12.50")),
        ("decimal", "１２．５", Decimal("12.50")),
        ("money", "1,234.5", 123450),
        ("money", "￥12", 1200),
        ("money", "12元", 1200),
        ("money", 1200, 1200),
        ("date", "２０２６年１月３１日", date(2026, 1, 31)),
        ("date", "2026/1/31", date(2026, 1, 31)),
        ("date", "20260131", date(2026, 1, 31)),
        ("instant", "2026-01-31 09:30", datetime(2026, 1, 31, 1, 30, tzinfo=UTC)),
        ("instant", "2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("boolean", "是", True),
        ("boolean", "off", False),
        ("phone", "+86 138-0000-1234", "13800001234"),
        ("phone", "１３８００００１２３４", "13800001234"),
        ("phone", "(0898) 6812 3456", "089868123456"),
        ("place", " 460105001001 ", "460105001001"),
        ("address", {"place": "460105001001", "detail": " 某路 1 号 "}, Address("460105001001", "某路 1 号")),
    ],
)
def test_what_people_type_is_understood(type: str, typed: object, meant: object) -> None:
    assert clean(type, typed) == meant


@pytest.mark.parametrize(
    ("type", "typed", "code"),
    [
        ("text", "a\x00b", "control-character"),
        ("text", "字" * 501, "too-long"),
        ("text", ["a"], "not-text"),
        ("text", True, "not-text"),
        ("integer", "1.5", "not-a-whole-number"),
        ("integer", "1e3", "not-a-whole-number"),
        ("integer", 2**60, "number-too-large"),
        ("integer", True, "not-a-whole-number"),
        ("decimal", "1.234", "too-many-decimals"),
        ("decimal", "NaN", "not-a-number"),
        ("decimal", float("inf"), "not-a-number"),
        ("decimal", "9" * 40, "number-too-large"),
        ("money", "1.005", "too-many-decimals"),
        ("money", 12.5, "not-money"),
        ("money", "十二", "not-money"),
        ("date", "2026-02-30", "not-a-date"),
        ("date", "31.1.2026", "not-a-date"),
        ("date", "٢٠٢٦-٠١-٣١", "not-a-date"),
        ("date", 20260131, "not-a-date"),
        ("instant", "yesterday", "not-an-instant"),
        ("boolean", "perhaps", "not-yes-or-no"),
        ("boolean", 1, "not-yes-or-no"),
        ("phone", "12345", "not-a-phone"),
        ("phone", "23800001234", "not-a-phone"),
        ("citizen-id", "460199199001010018", "citizen-id-check"),
        ("citizen-id", 5, "citizen-id-shape"),
        ("credit-code", "11460199990000017X", "credit-code-check"),
        ("place", "4601", "not-a-place"),
        ("address", "某路 1 号", "not-an-address"),
        ("address", {"place": "460105001001"}, "detail-missing"),
        ("address", {"place": "", "detail": "某路"}, "place-missing"),
        ("address", {"place": "460105001001", "detail": "x", "more": 1}, "not-an-address"),
        ("address", {"place": {}, "detail": []}, "place-missing"),
        ("file", {"digest": "x"}, "not-a-file"),
        ("file", FILE | {"id": "x"}, "not-a-file"),
        ("file", FILE | {"size": True}, "not-a-file"),
        ("file", FILE | {"name": "a\nb"}, "not-a-file"),
        ("file", FILE | {"more": 1}, "not-a-file"),
        ("file", FILE | {"media_type": "text/html"}, "file-type-not-taken"),
        ("file", FILE | {"size": (1 << 20) + 1}, "file-too-large"),
    ],
)
def test_everything_else_is_refused_by_name(type: str, typed: object, code: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        clean(type, typed)
    assert refusal.value.code == code
    assert refusal.value.at("trial.x", title="信息项").pointer.startswith("trial.x")


INSTANTS = st.integers(-2_000_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
LINES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": LINES.map(lambda text: clean("text", text)).filter(bool),
    "code": st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True),
    "integer": st.integers(-(2**53) + 1, 2**53 - 1),
    "decimal": st.decimals(-(10**9), 10**9, places=2),
    "money": st.integers(-(10**12), 10**12),
    "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    "instant": INSTANTS,
    "boolean": st.booleans(),
    "phone": st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    "citizen-id": st.builds(
        invent_citizen_id, st.just("460199"), st.dates(date(1930, 1, 1), date(2020, 1, 1)), st.integers(0, 999)
    ),
    "credit-code": st.just("11460199990000017H"),
    "place": st.from_regex(r"[0-9]{12}", fullmatch=True),
    "address": st.builds(
        Address, st.from_regex(r"[0-9]{12}", fullmatch=True), LINES.map(lambda text: clean("text", text)).filter(bool)
    ),
    "file": st.builds(
        FileValue,
        st.uuids(),
        st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        st.just("证明.pdf"),
        st.just("application/pdf"),
        st.integers(0, 1 << 20),
    ),
}


def test_every_type_has_values_to_be_tried_with() -> None:
    assert set(VALUES) == set(element_types)


@pytest.mark.parametrize("type", sorted(element_types))
@given(data=st.data())
def test_a_value_survives_freezing_storing_and_entering_again(type: str, data: st.DataObject) -> None:
    value, kind = data.draw(VALUES[type]), element_types[type]
    frozen = kind.to_json(value)
    canonical_json(frozen)
    assert kind.from_json(frozen) == value
    assert kind.from_columns(kind.to_columns(value)) == value
    assert len(kind.to_columns(value)) == len(kind.columns(element(type))) == len(kind.to_columns(None))
    assert kind.from_columns(kind.to_columns(None)) is None
    assert kind.clean(value, element(type)) == value
    assert kind.clean(frozen, element(type)) == value
    assert kind.shown(value, element(type), "zh-hans")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["place", "detail", "id", "digest", "name", "media_type", "size", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("type", sorted(element_types))
@given(given_value=JSON)
def test_no_json_is_a_crash(type: str, given_value: object) -> None:
    with suppress(ValueRefused):
        clean(type, given_value)
