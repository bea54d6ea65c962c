"""Passkeys 通行密钥: what browsers are asked for, and whether what they answer is right. The library `fido2` reads and checks.

Source: W3C Web Authentication Level 3, 7.1 (a new credential) and 7.2 (an answer).
"""

from __future__ import annotations

import binascii
import secrets
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from yiwang.identity.values import RelyingParty

__all__ = [
    "Answer",
    "MadePasskey",
    "NotThisPasskey",
    "Seen",
    "StoredKey",
    "challenge_of",
    "check_answer",
    "check_new",
    "count_went_back",
    "creation_options",
    "decoy",
    "new_challenge",
    "read_answer",
    "request_options",
]

ALGORITHMS: Final = (-7, -8, -257)
"""COSE numbers: ECDSA with P-256, Ed25519, RSA with SHA-256. Every platform has one of them."""
TRANSPORTS: Final = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})
CHALLENGE_BYTES = 32
LONGEST_ID = 1023
LONGEST_FIELD = 16_000
"""Characters of one field of an answer; real ones have some hundred."""
RSA_BITS: Final = range(2048, 8193)
"""Lengths of RSA keys: shorter ones can be broken, longer ones make every answer slow to check."""
MILLISECONDS = 300_000
"""So long a browser waits for the person; as long as the challenge lasts."""
UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    struct.error,
    binascii.Error,
    RecursionError,
    OverflowError,
    AssertionError,
    NotImplementedError,
    InvalidSignature,
    UnsupportedAlgorithm,
)
"""What reading or checking something that nobody's authenticator made may end in."""


class NotThisPasskey(Exception):
    """The answer is not one that this site asked this passkey for. Why is not said: it helps only who guesses."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is kept of a passkey.  public_key: COSE, as CBOR."""

    credential_id: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True)
class MadePasskey:
    """A passkey that an authenticator has just made.  transports: how the browser reaches it, those that are known."""

    key: StoredKey
    sign_count: int
    transports: tuple[str, ...]
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that could be read; nothing in it is proved yet.  user_handle: whose the passkey says it is."""

    credential_id: bytes
    challenge: bytes
    user_handle: bytes | None
    response: AuthenticationResponse


@dataclass(frozen=True, slots=True)
class Seen:
    """What a right answer says of the authenticator."""

    sign_count: int
    backed_up: bool


def new_challenge() -> bytes:
    """What a browser is to sign, never asked before."""
    return secrets.token_bytes(CHALLENGE_BYTES)


def creation_options(
    party: RelyingParty,
    *,
    handle: bytes,
    login: str,
    challenge: bytes,
    present: Iterable[tuple[bytes, Iterable[str]]],
) -> dict[str, Any]:
    """What `navigator.credentials.create` is asked for, as JSON.  handle: of the account.  present: those it has, not made twice."""
    return {
        "rp": {"id": party.id, "name": party.name},
        "user": {"id": websafe_encode(handle), "name": login, "displayName": login},
        "challenge": websafe_encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
        "timeout": MILLISECONDS,
        "excludeCredentials": _described(present),
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
        "attestation": "none",
    }


def request_options(
    party: RelyingParty, *, challenge: bytes, allowed: Iterable[tuple[bytes, Iterable[str]]], alone: bool
) -> dict[str, Any]:
    """What `navigator.credentials.get` is asked for, as JSON.  alone: no password stands beside it, so the person is to be verified."""
    return {
        "rpId": party.id,
        "challenge": websafe_encode(challenge),
        "timeout": MILLISECONDS,
        "allowCredentials": _described(allowed),
        "userVerification": "required" if alone else "preferred",
    }


def read_answer(response: Mapping[str, object]) -> Answer:
    """Read an answer of `navigator.credentials.get`. Raises NotThisPasskey."""
    try:
        inner = _fields(response, "clientDataJSON", "authenticatorData", "signature")
        handle = _within(response).get("userHandle")
        if handle:
            inner["userHandle"] = _text(handle)
        parsed = AuthenticationResponse.from_dict({**_outside(response), "response": inner})
        answer = Answer(
            bytes(parsed.raw_id), parsed.response.client_data.challenge, parsed.response.user_handle, parsed
        )
    except UNREADABLE as fault:
        raise NotThisPasskey from fault
    if not 0 < len(answer.credential_id) <= LONGEST_ID:
        raise NotThisPasskey
    return answer


def challenge_of(response: Mapping[str, object]) -> bytes:
    """The challenge that a new passkey answers, not proved yet. Raises NotThisPasskey."""
    try:
        challenge: bytes = CollectedClientData(websafe_decode(_text(_within(response)["clientDataJSON"]))).challenge
    except UNREADABLE as fault:
        raise NotThisPasskey from fault
    return challenge


def check_answer(party: RelyingParty, answer: Answer, key: StoredKey, challenge: bytes, *, alone: bool) -> Seen:
    """Whether this passkey signed this challenge for this site with the person present; alone: and verified.

    Raises NotThisPasskey. Of the count only who remembers the last one can judge (`count_went_back`).
    """
    try:
        public_key = CoseKey.parse(cbor.decode(key.public_key))  # type: ignore[arg-type]
        kept = AttestedCredentialData.create(Aaguid.NONE, key.credential_id, public_key)
        state = {
            "challenge": websafe_encode(challenge),
            "user_verification": UserVerificationRequirement.REQUIRED if alone else None,
        }
        _server(party).authenticate_complete(state, [kept], answer.response)
        client, data = answer.response.response.client_data, answer.response.response.authenticator_data
        return _seen(client, data)
    except UNREADABLE as fault:
        raise NotThisPasskey from fault


def check_new(party: RelyingParty, response: Mapping[str, object], challenge: bytes) -> MadePasskey:
    """What is to be kept of a passkey that was made for this challenge and this site, with a key that we can check. Raises NotThisPasskey.

    Who made the authenticator is not asked (attestation): a person brings what he has.
    """
    try:
        inner = _fields(response, "clientDataJSON", "attestationObject")
        parsed = RegistrationResponse.from_dict({**_outside(response), "response": inner})
        state = {"challenge": websafe_encode(challenge), "user_verification": None}
        data = _server(party).register_complete(state, parsed)
        made = data.credential_data
        seen = _seen(parsed.response.client_data, data)
        if made is None or bytes(parsed.raw_id) != made.credential_id or not 0 < len(made.credential_id) <= LONGEST_ID:
            raise NotThisPasskey
        if made.public_key.ALGORITHM not in ALGORITHMS:
            raise NotThisPasskey
        if not _can_be_checked(made.public_key):
            raise NotThisPasskey
        transports = _within(response).get("transports")
        return MadePasskey(
            StoredKey(made.credential_id, cbor.encode(dict(made.public_key))),
            seen.sign_count,
            tuple(sorted(TRANSPORTS.intersection(transports))) if isinstance(transports, list) else (),
            seen.backed_up,
        )
    except UNREADABLE as fault:
        raise NotThisPasskey from fault


def count_went_back(last: int, seen: int) -> bool:
    """Whether two authenticators seem to hold one key: the count did not grow. Those that do not count always say 0 (WebAuthn 3, 6.1.1)."""
    return (last, seen) != (0, 0) and seen <= last


@lru_cache(maxsize=1)
def decoy() -> StoredKey:
    """A key that nobody holds: an unknown passkey is checked against it, so that it costs what a wrong one costs."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return StoredKey(b"", cbor.encode(dict(ES256.from_cryptography_key(public))))  # type: ignore[no-untyped-call]


def _server(party: RelyingParty) -> Fido2Server:
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=party.id, name=party.name), verify_origin=lambda origin: origin == party.origin
    )


def _seen(client: CollectedClientData, data: AuthenticatorData) -> Seen:
    """Besides what the library checks: not from within another site's page, and nothing backed up that cannot be (7.2, 17)."""
    if client.cross_origin or (data.is_backed_up() and not data.is_backup_eligible()):
        raise NotThisPasskey
    return Seen(data.counter, data.is_backed_up())


def _can_be_checked(key: CoseKey) -> bool:
    """A key that is none would be found out only when its owner wants to come in, and a weak one when somebody else does."""
    if isinstance(key, RS256) and int.from_bytes(key[-1]).bit_length() not in RSA_BITS:
        return False
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return True
    return False


def _described(keys: Iterable[tuple[bytes, Iterable[str]]]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": websafe_encode(id), "transports": sorted(transports)} for id, transports in keys
    ]


def _outside(response: Mapping[str, object]) -> dict[str, str]:
    id = _text(response["rawId"])
    return {"id": id, "rawId": id, "type": "public-key"}


def _within(response: Mapping[str, object]) -> Mapping[str, object]:
    inner = response["response"]
    if not isinstance(inner, Mapping):
        raise TypeError
    return inner


def _fields(response: Mapping[str, object], *names: str) -> dict[str, str]:
    inner = _within(response)
    return {name: _text(inner[name]) for name in names}


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_FIELD:
        raise TypeError
    return value
