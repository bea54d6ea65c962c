"""By which algorithms certificates and what their holders sign may be signed, in one place for both suites.

`intl`: ECDSA on P-256 (authorities also P-384) and RSA from 2,048 bits on, with SHA-256 and longer. `sm`: SM2 with SM3, where this machine
can check it. Nothing else counts: no SHA-1, no MD5, no shorter key, whatever a library would still take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asn1crypto import keys as asn1_keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from yiwang.identity.values.login_certificates import NotBelieved
from yiwang.kernel import sm2

__all__ = ["SIGNERS", "Key", "digest_of", "key_of", "signed_by"]

RSA_BITS: Final = range(2048, 8193)
"""Shorter keys can be broken, longer ones make every answer slow to check."""
EC_KEY, SM2_CURVE = "1.2.840.10045.2.1", "1.2.156.10197.1.301"
SHA256, SM3 = "2.16.840.1.101.3.4.2.1", "1.2.156.10197.1.401"
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {SHA256: hashes.SHA256(), SM3: hashes.SM3()}
_RSA: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_ECDSA: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
}
_SM2: Final = frozenset({"1.2.156.10197.1.501"})


@dataclass(frozen=True, slots=True)
class Key:
    """A public key that is strong enough.  kind: P-256, P-384, RSA, SM2.  spki: SubjectPublicKeyInfo in DER."""

    kind: str
    spki: bytes


SIGNERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "P-256": (SHA256, {"1.2.840.10045.4.3.2": "1.2.840.10045.4.3.2"}),
    "RSA": (
        SHA256,
        {
            "1.2.840.113549.1.1.1": "1.2.840.113549.1.1.11",
            "1.2.840.113549.1.1.11": "1.2.840.113549.1.1.11",
        },
    ),
    "SM2": (
        SM3,
        {
            "1.2.156.10197.1.501": "1.2.156.10197.1.501",
            "1.2.156.10197.1.301.1": "1.2.156.10197.1.501",  # GM/T 0010-2012, 8.1: what signs, without the digest beside it
            "1.2.156.10197.1.301": "1.2.156.10197.1.501",
        },
    ),
}
"""Kind of a person's key → the digest that its signatures use, and by what names a message may call the algorithm → which it is."""


def key_of(spki: bytes) -> Key:
    """What kind of key it is. Raises NotBelieved: `weak-key`, `algorithm`, `sm2-unavailable`, or ValueError for what is no key."""
    info = asn1_keys.PublicKeyInfo.load(spki, strict=True)
    named = info["algorithm"]
    if named["algorithm"].dotted == EC_KEY and named["parameters"].chosen.dotted == SM2_CURVE:
        if not sm2.is_available():
            raise NotBelieved("sm2-unavailable")
        return Key("SM2", spki)
    try:
        loaded = load_der_public_key(spki)
    except UnsupportedAlgorithm:
        raise NotBelieved("algorithm") from None
    if isinstance(loaded, rsa.RSAPublicKey):
        if loaded.key_size not in RSA_BITS:
            raise NotBelieved("weak-key")
        return Key("RSA", spki)
    if isinstance(loaded, ec.EllipticCurvePublicKey) and isinstance(loaded.curve, ec.SECP256R1):
        return Key("P-256", spki)
    if isinstance(loaded, ec.EllipticCurvePublicKey) and isinstance(loaded.curve, ec.SECP384R1):
        return Key("P-384", spki)
    raise NotBelieved("weak-key" if isinstance(loaded, ec.EllipticCurvePublicKey) else "algorithm")


def signed_by(key: Key, algorithm: str, data: bytes, signature: bytes) -> bool:
    """Whether the holder of the key signed `data`.  algorithm: dotted. Raises NotBelieved(`algorithm`) for one that does not count."""
    if key.kind == "SM2":
        if algorithm not in _SM2:
            raise NotBelieved("algorithm")
        return sm2.verify(key.spki, data, signature)
    loaded = load_der_public_key(key.spki)
    try:
        if isinstance(loaded, rsa.RSAPublicKey) and algorithm in _RSA:
            loaded.verify(signature, data, padding.PKCS1v15(), _RSA[algorithm])
        elif isinstance(loaded, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
            loaded.verify(signature, data, ec.ECDSA(_ECDSA[algorithm]))
        else:
            raise NotBelieved("algorithm")
    except InvalidSignature:
        return False
    return True


def digest_of(algorithm: str, data: bytes) -> bytes:
    """The digest of `data`.  algorithm: dotted, of `SIGNERS`."""
    made = hashes.Hash(_HASHES[algorithm])
    made.update(data)
    return made.finalize()
