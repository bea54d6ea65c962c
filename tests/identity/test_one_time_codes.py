"""One-time codes: as RFC 6238 counts them, with the slack of a telephone's clock, and read however they are typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.identity.rules.one_time_codes import (
    STEP_SECONDS,
    address_for_app,
    canonical_code,
    code_at,
    new_recovery_code,
    new_secret,
    readable_secret,
    step_of_code,
)

RFC_SECRET = b"12345678901234567890"
moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone here


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    """RFC 6238 appendix B, SHA-1; of the eight digits there an app shows the last six."""
    assert code_at(RFC_SECRET, datetime.fromtimestamp(second, UTC)) == code


@given(moments, st.integers(-1, 1))
def test_a_code_comes_in_within_half_a_minute_of_its_own(moment: datetime, steps: int) -> None:
    secret = new_secret()
    code = code_at(secret, moment + timedelta(seconds=steps * STEP_SECONDS))
    assert step_of_code(secret, code, moment) is not None


@given(moments)
def test_a_code_belongs_to_the_half_minute_in_which_it_was_shown(moment: datetime) -> None:
    step = step_of_code(RFC_SECRET, code_at(RFC_SECRET, moment), moment)
    assert step is not None
    assert abs(step - int(moment.timestamp()) // STEP_SECONDS) <= 1


def test_a_code_of_another_time_or_secret_is_none() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert step_of_code(RFC_SECRET, code_at(RFC_SECRET, moment + timedelta(minutes=2)), moment) is None
    assert step_of_code(b"x" * 20, code_at(RFC_SECRET, moment), moment) is None
    for typed in ("", "12345", "1234567", "abcdef", "１２３４５６", "0" * 64):
        assert step_of_code(RFC_SECRET, typed, moment) is None


@pytest.mark.parametrize("typed", ["123 456", "１２３４５６", "123-456", " 123456 "])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert canonical_code(typed) == "123456"


@given(st.text())
def test_any_text_is_read_to_something(typed: str) -> None:
    assert canonical_code(canonical_code(typed)) == canonical_code(typed)


def test_the_address_tells_an_app_all_that_it_needs() -> None:
    parts = urlsplit(address_for_app(RFC_SECRET, issuer="海口市 政务", login="wu.qing"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/海口市 政务:wu.qing"
    asked = parse_qs(parts.query)
    assert asked["secret"] == [readable_secret(RFC_SECRET).replace(" ", "")]
    assert (asked["algorithm"], asked["digits"], asked["period"]) == (["SHA1"], ["6"], ["30"])
    assert asked["issuer"] == ["海口市 政务"]


def test_recovery_codes_are_easily_read_and_differ() -> None:
    codes = {new_recovery_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(one) == 11 and not set("0o1il") & set(one) for one in codes)
