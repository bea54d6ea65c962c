"""What a browser answers for a passkey is checked to the last byte, and what cannot be read is refused and breaks nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.authenticator import (
    ALL_GOOD,
    BACKED_UP,
    CAN_BE_BACKED_UP,
    ORIGIN,
    PRESENT,
    VERIFIED,
    Authenticator,
    as_bytes,
    as_text,
)

from yiwang.identity.rules.passkeys import (
    NotThisPasskey,
    StoredKey,
    challenge_of,
    check_answer,
    check_new,
    count_went_back,
    creation_options,
    decoy,
    new_challenge,
    read_answer,
    request_options,
)
from yiwang.identity.values import RelyingParty

PARTY = RelyingParty("localhost", "一网", ORIGIN)
CHALLENGE = bytes(range(32))
ASKED = request_options(PARTY, challenge=CHALLENGE, allowed=[], alone=True)
WANTED = creation_options(PARTY, handle=b"h" * 16, login="wang.min", challenge=CHALLENGE, present=[])
DEVICE = Authenticator()
KEY = check_new(PARTY, DEVICE.make(WANTED), CHALLENGE).key

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=200).map(as_text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
WRONG: dict[str, dict[str, Any]] = {
    "another site's page": {"origin": "https://localhost.example.cn"},
    "the same host on another port": {"origin": "http://localhost:8461"},
    "the same host without its scheme": {"origin": "https://localhost:8460"},
    "another site's passkey": {"party": "example.cn"},
    "another challenge": {"challenge": as_text(bytes(32))},
    "a page within another site's": {"cross": True},
    "nobody present": {"flags": VERIFIED},
    "backed up what cannot be": {"flags": ALL_GOOD | BACKED_UP},
}


def check(response: dict[str, Any], key: StoredKey = KEY, *, alone: bool = True) -> Any:
    return check_answer(PARTY, read_answer(response), key, CHALLENGE, alone=alone)


def test_a_right_answer_says_how_often_the_device_has_answered_and_whether_it_is_backed_up() -> None:
    seen = check(DEVICE.answer(ASKED, flags=ALL_GOOD | CAN_BE_BACKED_UP | BACKED_UP))
    assert (seen.sign_count, seen.backed_up) == (DEVICE.count, True)


@pytest.mark.parametrize("what", [*WRONG, "an answer for something else"])
def test_an_answer_is_refused_for(what: str) -> None:
    with pytest.raises(NotThisPasskey):
        check(DEVICE.answer(ASKED, **WRONG.get(what, {"kind": "webauthn.create"})))


@pytest.mark.parametrize("what", [*WRONG, "an answer for something else"])
def test_a_new_passkey_is_refused_for(what: str) -> None:
    with pytest.raises(NotThisPasskey):
        check_new(PARTY, Authenticator().make(WANTED, **WRONG.get(what, {"kind": "webauthn.get"})), CHALLENGE)


def test_alone_a_device_that_did_not_verify_its_person_is_refused_and_beside_a_password_it_is_not() -> None:
    with pytest.raises(NotThisPasskey):
        check(DEVICE.answer(ASKED, flags=PRESENT))
    assert check(DEVICE.answer(ASKED, flags=PRESENT), alone=False)


def test_another_key_opens_nothing_nor_does_the_one_that_nobody_holds() -> None:
    other = check_new(PARTY, Authenticator().make(WANTED), CHALLENGE).key
    for key in (StoredKey(DEVICE.credential_id, other.public_key), StoredKey(DEVICE.credential_id, decoy().public_key)):
        with pytest.raises(NotThisPasskey):
            check(DEVICE.answer(ASKED), key)


@pytest.mark.parametrize(
    "key",
    [
        {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)},
        {1: 2, 3: -7, -1: 2, -2: b"1" * 32, -3: b"2" * 32},
        {1: 2, 3: -7},
        {1: 2, 3: -65535, -1: 1, -2: b"1" * 32, -3: b"2" * 32},
        {},
        {1: 3, 3: -257, -1: b"\xff" * 128, -2: b"\1\0\1"},
        {1: 3, 3: -257, -1: b"\xff" * 8_000, -2: b"\1\0\1"},
        {1: 3, 3: -257, -1: 7, -2: b"\1\0\1"},
    ],
)
def test_a_key_that_could_never_be_checked_or_could_be_broken_is_not_kept(key: dict[int, Any]) -> None:
    with pytest.raises(NotThisPasskey):
        check_new(PARTY, Authenticator().make(WANTED, key=key), CHALLENGE)


def test_a_new_passkey_says_its_challenge_and_how_it_is_reached_in_words_that_we_know() -> None:
    response = Authenticator().make(WANTED)
    assert challenge_of(response) == CHALLENGE
    assert check_new(PARTY, response, CHALLENGE).transports == ("internal",)


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), st.integers(0, 5000), st.integers(1, 255))
def test_whatever_byte_of_an_answer_is_changed_it_is_refused(field: str, at: int, by: int) -> None:
    response = DEVICE.answer(ASKED)
    data = bytearray(as_bytes(response["response"][field]))
    data[at % len(data)] ^= by
    response["response"][field] = as_text(bytes(data))
    with pytest.raises(NotThisPasskey):
        check(response)


@given(st.dictionaries(st.sampled_from(["id", "rawId", "response", "type"]), anything))
def test_nothing_that_cannot_be_read_breaks_the_door(response: dict[str, Any]) -> None:
    with pytest.raises(NotThisPasskey):
        check(response)
    with pytest.raises(NotThisPasskey):
        check_new(PARTY, response, CHALLENGE)
    with pytest.raises(NotThisPasskey):
        challenge_of(response)


@given(st.binary(max_size=400), st.binary(max_size=400), st.binary(max_size=100))
def test_no_bytes_at_all_break_the_door(client: bytes, data: bytes, signature: bytes) -> None:
    inner = {"clientDataJSON": as_text(client), "authenticatorData": as_text(data), "signature": as_text(signature)}
    outside = {"rawId": as_text(DEVICE.credential_id)}
    with pytest.raises(NotThisPasskey):
        check({**outside, "response": inner})
    made = DEVICE.make(WANTED)
    made["response"]["attestationObject"] = as_text(data)
    with pytest.raises(NotThisPasskey):
        check_new(PARTY, made, CHALLENGE)


def test_an_answer_that_nests_without_end_is_refused() -> None:
    made = DEVICE.make(WANTED)
    made["response"]["attestationObject"] = as_text(b"\x81" * 11_000)
    with pytest.raises(NotThisPasskey):
        check_new(PARTY, made, CHALLENGE)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_count_grows_or_went_back_and_a_device_that_does_not_count_says_nothing(last: int, seen: int) -> None:
    assert count_went_back(last, seen) == (seen <= last and (last, seen) != (0, 0))
    assert not count_went_back(0, 0)


def test_no_challenge_comes_twice() -> None:
    assert len({new_challenge() for _ in range(1000)}) == 1000
