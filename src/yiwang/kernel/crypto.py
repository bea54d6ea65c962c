"""Signing and sealing behind one interface, so that a city can change its suite of algorithms and not its engines.

`intl` is ECDSA on P-256 with SHA-256 (FIPS 186-5) and AES-256-GCM (NIST SP 800-38D); `sm` (SM2/SM3/SM4, GB/T 32918)
takes the same places. A key file is PKCS #8 PEM that openssl reads, with a few header lines above it that say from when
until when the key serves. Signatures are DER: `openssl dgst -sha256 -verify city.pub -signature FILE` checks them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = [
    "INTL",
    "Intl",
    "KeyFault",
    "NotSealed",
    "PublicKey",
    "SigningKey",
    "Suite",
    "ensure_key_file",
    "load_key_file",
    "suite_named",
    "write_key_file",
]

KEY_TERM = timedelta(days=3 * 365)
CLOCK_SLACK = timedelta(minutes=5)  # for machines whose clocks lag a little
NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2: a random 96-bit nonce
LONGEST_KEY_FILE = 64_000


class KeyFault(ValueError):
    """A key or key file cannot be used.

    `code` is stable: missing, readable-by-others, unreadable, wrong-suite, unknown-suite, empty-term, exists.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotSealed(ValueError):
    """The sealed bytes were changed, belong to something else, or were sealed with another key."""


class Suite(Protocol):
    """A set of algorithms that belong together. All bytes in and out; instants are aware UTC."""

    @property
    def name(self) -> str:
        """Stable name that is stored beside signatures: `intl`, `sm`."""

    def digest(self, data: bytes) -> bytes:
        """The suite's hash of `data`."""

    def generate(self, *, not_before: datetime, not_after: datetime) -> SigningKey:
        """Make a new signing key that serves from `not_before` until before `not_after`."""

    def load_private(self, pem: bytes, *, not_before: datetime | None, not_after: datetime | None) -> SigningKey:
        """Read a PKCS #8 PEM. Raises KeyFault."""

    def load_public(self, pem: bytes) -> PublicKey:
        """Read a SubjectPublicKeyInfo PEM. Raises KeyFault."""

    def new_secret(self) -> bytes:
        """A fresh secret for `seal`."""

    def seal(self, secret: bytes, plain: bytes, *, about: bytes) -> bytes:
        """Encrypt and authenticate `plain`; `about` (say, table, column and row id) must be the same when opening."""

    def open(self, secret: bytes, sealed: bytes, *, about: bytes) -> bytes:
        """Decrypt what `seal` made. Raises NotSealed."""


class PublicKey(Protocol):
    """What anybody may have: checks signatures."""

    @property
    def key_id(self) -> str:
        """Thumbprint of the public key (RFC 7638): the same wherever it is computed."""

    @property
    def pem(self) -> bytes:
        """SubjectPublicKeyInfo PEM."""

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether `signature` was made over `data` by the holder of the private key."""


class SigningKey(Protocol):
    """A private key and when it serves."""

    @property
    def suite(self) -> str:
        """Name of its suite."""

    @property
    def public(self) -> PublicKey:
        """Its public half."""

    @property
    def not_before(self) -> datetime | None:
        """From when it serves; None when its file does not say."""

    @property
    def not_after(self) -> datetime | None:
        """Until before when it serves; None when its file does not say."""

    def serves_at(self, instant: datetime) -> bool:
        """Whether a signature made at `instant` (machine time) is within the key's term."""

    def sign(self, data: bytes) -> bytes:
        """Sign `data`. Does not look at the term: the caller knows which time counts."""

    def private_pem(self) -> bytes:
        """PKCS #8 PEM, not encrypted. Only for key files."""


@dataclass(frozen=True, slots=True, eq=False)
class IntlPublicKey:
    """P-256 public key."""

    _key: ec.EllipticCurvePublicKey

    @property
    def key_id(self) -> str:
        numbers = self._key.public_numbers()
        # RFC 7638 §3.2: the required members of an EC key, in lexicographic order, without spaces.
        members = {
            "crv": "P-256",
            "kty": "EC",
            "x": _base64url(numbers.x.to_bytes(32, "big")),
            "y": _base64url(numbers.y.to_bytes(32, "big")),
        }
        return _base64url(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode("ascii")).digest())

    @property
    def pem(self) -> bytes:
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def verify(self, data: bytes, signature: bytes) -> bool:
        try:
            self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IntlSigningKey:
    """P-256 private key."""

    _key: ec.EllipticCurvePrivateKey
    not_before: datetime | None
    not_after: datetime | None
    suite: str = "intl"

    @property
    def public(self) -> IntlPublicKey:
        return IntlPublicKey(self._key.public_key())

    def serves_at(self, instant: datetime) -> bool:
        return (self.not_before is None or self.not_before <= instant) and (
            self.not_after is None or instant < self.not_after
        )

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def private_pem(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def __repr__(self) -> str:
        return f"<intl signing key {self.public.key_id} until {self.not_after}>"


class Intl:
    """ECDSA P-256 with SHA-256, AES-256-GCM."""

    name = "intl"

    def digest(self, data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    def generate(self, *, not_before: datetime, not_after: datetime) -> IntlSigningKey:
        if not_before >= not_after:
            raise KeyFault("empty-term", "The key would end before it begins.")
        return IntlSigningKey(ec.generate_private_key(ec.SECP256R1()), not_before, not_after)

    def load_private(
        self, pem: bytes, *, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> IntlSigningKey:
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFault("unreadable", "This is no unencrypted PKCS #8 private key in PEM.") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeyFault("wrong-suite", "The suite intl signs with P-256; this key is of another kind.")
        return IntlSigningKey(key, not_before, not_after)

    def load_public(self, pem: bytes) -> IntlPublicKey:
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFault("unreadable", "This is no public key in PEM.") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeyFault("wrong-suite", "The suite intl signs with P-256; this key is of another kind.")
        return IntlPublicKey(key)

    def new_secret(self) -> bytes:
        return AESGCM.generate_key(256)

    def seal(self, secret: bytes, plain: bytes, *, about: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(secret).encrypt(nonce, plain, about)

    def open(self, secret: bytes, sealed: bytes, *, about: bytes) -> bytes:
        if len(sealed) < NONCE_BYTES + 16:
            raise NotSealed("The sealed value is too short.")
        try:
            return AESGCM(secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except InvalidTag as error:
            raise NotSealed("The sealed value was changed or belongs to something else.") from error


INTL: Suite = Intl()
_suites: dict[str, Suite] = {"intl": INTL}


def suite_named(name: str) -> Suite:
    """The suite called `name`. Raises KeyFault (unknown-suite)."""
    try:
        return _suites[name]
    except KeyError:
        raise KeyFault("unknown-suite", f"There is no suite {name}; known are {', '.join(_suites)}.") from None


# ── key files ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Header:
    """The lines above the PEM. RFC 7468 §2 lets readers pass over them; openssl does."""

    suite: str = "intl"
    not_before: datetime | None = None
    not_after: datetime | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        values: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("-----BEGIN"):
                break
            name, colon, value = line.partition(":")
            if colon:
                values[name.strip().lower()] = value.strip()
        try:
            return cls(
                values.get("suite", "intl"),
                _instant(values.get("not-before")),
                _instant(values.get("not-after")),
            )
        except ValueError as error:
            raise KeyFault("unreadable", "The lines above the key name a time that is not ISO 8601.") from error


def write_key_file(path: Path, key: SigningKey) -> None:
    """Write `key` to `path`, readable by its owner alone, and its public half to `path` with the suffix `.pub`.

    The private file appears whole or not at all and never replaces another: raises KeyFault (exists) when there is one.
    """
    lines = [f"Suite: {key.suite}", f"Key-Id: {key.public.key_id}"]
    if key.not_before:
        lines.append(f"Not-Before: {key.not_before.astimezone(UTC).isoformat()}")
    if key.not_after:
        lines.append(f"Not-After: {key.not_after.astimezone(UTC).isoformat()}")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(temporary, "\n".join(lines).encode("ascii") + b"\n\n" + key.private_pem(), 0o600)
        os.link(temporary, path)  # unlike rename, refuses to replace
    except FileExistsError as error:
        raise KeyFault("exists", f"There is a key at {path} already; it is not replaced.") from error
    finally:
        temporary.unlink(missing_ok=True)
    public = path.with_suffix(".pub")
    public.unlink(missing_ok=True)
    _write(public, key.public.pem, 0o644)


def ensure_key_file(path: Path, *, now: datetime) -> SigningKey:
    """Load the key at `path`; if there is none, make one of suite intl that serves three years from `now` (machine time).

    Of several processes that find none, all get the key of one.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            write_key_file(path, INTL.generate(not_before=now - CLOCK_SLACK, not_after=now + KEY_TERM))
        except KeyFault as fault:
            if fault.code != "exists":
                raise
    return load_key_file(path)


def load_key_file(path: Path) -> SigningKey:
    """Read a signing key and its term. A key without header lines is of suite intl and has no known end.

    Raises KeyFault: missing, readable-by-others (mend: chmod 600), unreadable, wrong-suite, unknown-suite.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe must not hold us
    except FileNotFoundError as error:
        raise KeyFault("missing", f"There is no key at {path}.") from error
    except OSError as error:
        raise KeyFault("unreadable", f"The key at {path} cannot be read: {error.strerror}.") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFault("unreadable", f"{path} is no file.")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFault("readable-by-others", f"Others can read the key at {path}. Run: chmod 600 {path}")
        content = os.read(descriptor, LONGEST_KEY_FILE)
    finally:
        os.close(descriptor)
    header = _Header.read(content.decode("ascii", "replace"))
    return suite_named(header.suite).load_private(content, not_before=header.not_before, not_after=header.not_after)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
