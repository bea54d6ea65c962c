"""An authenticator in software, as a browser and a security key are together: it makes passkeys and answers for them (WebAuthn 3)."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, CAN_BE_BACKED_UP, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = "http://localhost:8460"
ALL_GOOD = PRESENT | VERIFIED


def as_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def as_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one passkey.  count: grows with each answer; stays 0 for a device that does not count."""

    origin: str = ORIGIN
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 1
    counts: bool = True
    handle: bytes = b""

    def public_key(self) -> dict[int, Any]:
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def make(self, options: Any, *, flags: int = ALL_GOOD, **wrong: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives.  wrong: `origin`, `party`, `challenge`, `kind`, `cross`, `key`."""
        self.handle = as_bytes(options["user"]["id"])
        party = wrong.get("party", options["rp"]["id"])
        key = wrong.get("key", self.public_key())
        made = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor.encode(key)
        data = self._data(party, flags | ATTESTED, 0 if not self.counts else self.count) + made
        attested = cbor.encode({"fmt": "none", "authData": data, "attStmt": {}})
        inner = {
            "clientDataJSON": as_text(self._client(options, wrong, "webauthn.create")),
            "attestationObject": as_text(attested),
            "transports": ["internal", "unheard-of"],
        }
        return self._outside(inner)

    def answer(self, options: Any, *, flags: int = ALL_GOOD, **wrong: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives.  wrong: as above, and `handle`, `signature`, `count`."""
        if self.counts:
            self.count += 1
        party = wrong.get("party", options["rpId"])
        data = self._data(party, flags, wrong.get("count", self.count if self.counts else 0))
        client = self._client(options, wrong, "webauthn.get")
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        inner = {
            "clientDataJSON": as_text(client),
            "authenticatorData": as_text(data),
            "signature": as_text(wrong.get("signature", signed)),
            "userHandle": as_text(wrong.get("handle", self.handle)) or None,
        }
        return self._outside(inner)

    def _outside(self, inner: dict[str, Any]) -> dict[str, Any]:
        id = as_text(self.credential_id)
        return {"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": inner}

    def _client(self, options: Any, wrong: dict[str, Any], kind: str) -> bytes:
        said = {
            "type": wrong.get("kind", kind),
            "challenge": wrong.get("challenge", options["challenge"]),
            "origin": wrong.get("origin", self.origin),
            "crossOrigin": wrong.get("cross", False),
        }
        return json.dumps(said).encode()

    def _data(self, party: str, flags: int, count: int) -> bytes:
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")
