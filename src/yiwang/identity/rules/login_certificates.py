"""Signing in by a certificate 数字证书: what is to be signed, and when what a key program made of it is believed.

Sources: RFC 5652 (CMS), 5.3 to 5.6; RFC 5280, 4.2 and 6.1; for SM2 GM/T 0010-2012 and GM/T 0015-2012. Pure: nothing here asks who
registered what. A message is read by structures of our own and once; what it says of its own content is believed only where its
signature holds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from yiwang.identity.rules.signatures import SIGNERS, Key, digest_of, key_of, signed_by
from yiwang.identity.values.login_certificates import NotBelieved, SignedFor
from yiwang.kernel.errors import msgid

__all__ = [
    "LONGEST_ANSWER",
    "REFUSALS",
    "UNREADABLE",
    "WHOLE_BYTES",
    "Message",
    "check_certificate",
    "check_message",
    "check_times",
    "challenge_text",
    "fingerprint_of",
    "issued_by",
    "new_nonce",
    "numbers_in",
    "read_message",
    "refuse_critical",
    "spki_of",
]

LONGEST_ANSWER = 64_000
"""Bytes. An answer holds a signature and a few certificates; real ones have some thousand."""
MOST_CERTIFICATES = 10
WHOLE_BYTES = b"\0"
"""How a signature's BIT STRING begins: no bit of its last byte is left out. Other numbers would be another form of the same signature."""
SIGNED_DATA: Final = frozenset({"1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2"})
DATA: Final = frozenset({"1.2.840.113549.1.7.1", "1.2.156.10197.6.1.4.2.1"})
"""What CMS and GM/T 0010 call signed data, and the plain data in it."""
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
EVALUATED: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)
"""Extensions that may be marked critical: what they say is looked at, or opens nothing here. Any other refuses (RFC 5280, 4.2)."""
UNREADABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    RecursionError,
    OverflowError,
    AssertionError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
)
"""What reading something that nobody's key program made may end in."""
_AGAIN = msgid(
    "It is not the answer to the challenge of this page. Take the challenge anew, sign that very file, and hand it in here."
)
_FORM = msgid(
    "This is no signed message with one signer and his certificate. Let the key program make “PKCS7” or “CMS”, in DER or PEM."
)
_NOT_OURS = msgid("Your certificate is not of an authority that is open here.")
_NOT_FIT = msgid("This certificate is not one for signing: a key usually holds two, take the other one.")
_LIST = msgid("The authority's list of revoked certificates is overdue here. Try later, and tell the service desk.")
REFUSALS: Final[dict[str, str]] = {
    "not-asked": _AGAIN,
    "other-content": _AGAIN,
    "too-long": _FORM,
    "unreadable": _FORM,
    "not-signed-data": _FORM,
    "signers": _FORM,
    "no-certificate": _FORM,
    "certificates": _FORM,
    "content-type": _FORM,
    "attributes": _FORM,
    "signature": msgid("The signature does not hold: what was signed was changed, or another key signed it."),
    "algorithm": msgid("It is signed in a way that does not count here: P-256 or RSA with SHA-256, or SM2 with SM3."),
    "weak-key": msgid(
        "The key of the certificate is too short: RSA has to have 2,048 bits. Ask the authority for another one."
    ),
    "sm2-unavailable": msgid("This city cannot check certificates of the suite SM2 yet. Use one of P-256 or RSA."),
    "unknown-authority": _NOT_OURS,
    "issuer-signature": _NOT_OURS,
    "authority-itself": _NOT_FIT,
    "key-usage": _NOT_FIT,
    "extended-key-usage": _NOT_FIT,
    "critical-extension": msgid(
        "The certificate makes a demand that is not understood here. Ask the authority for another one."
    ),
    "early": msgid("The certificate does not serve yet."),
    "expired": msgid("The certificate serves no more. Let the authority renew it, then register the new one."),
    "authority-expired": _NOT_OURS,
    "list-missing": _LIST,
    "list-overdue": _LIST,
    "revoked": msgid("The authority has revoked this certificate."),
    "other-person": msgid("The certificate was issued to somebody else: it bears another ID number than yours."),
    "number-unreadable": msgid("The ID number in the certificate cannot be read. Ask the authority for another one."),
    "no-post": msgid("This authority is for who holds a post today, and you hold none."),
    "known": msgid("This certificate cannot be registered: it has been already."),
}
"""Why a certificate is not taken → what its person is told when he registers it. At the door one sentence stands for them all."""
ARMOUR = re.compile(rb"-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA)-----(?P<body>[A-Za-z0-9+/=\s]+)-----END \1-----")
NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9Xx])")


class _Content(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("type", core.ObjectIdentifier),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]


class _Attributes(core.SetOf):  # type: ignore[misc]
    _child_spec = _Attribute


class _Signer(core.Sequence):  # type: ignore[misc]
    """RFC 5652, 5.3. Not the library's own: the first that reads one of those fixes the names of attributes for the whole process, and
    what signs PDFs could add its own no more.
    """

    _fields: ClassVar = [
        ("version", core.Integer),
        ("sid", cms.SignerIdentifier),
        ("digest_algorithm", cms.DigestAlgorithm),
        ("signed_attrs", _Attributes, {"implicit": 0, "optional": True}),
        ("signature_algorithm", cms.SignedDigestAlgorithm),
        ("signature", core.OctetString),
        ("unsigned_attrs", _Attributes, {"implicit": 1, "optional": True}),
    ]


class _Signers(core.SetOf):  # type: ignore[misc]
    _child_spec = _Signer


class _Signed(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("version", core.Integer),
        ("digest_algorithms", cms.DigestAlgorithms),
        ("content", _Content),
        ("certificates", cms.CertificateSet, {"implicit": 0, "optional": True}),
        ("crls", cms.RevocationInfoChoices, {"implicit": 1, "optional": True}),
        ("signer_infos", _Signers),
    ]


class _Outer(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("type", core.ObjectIdentifier), ("content", _Signed, {"explicit": 0})]


@dataclass(frozen=True, slots=True)
class Message:
    """An answer that could be read; nothing in it is proved yet.  content: None where it is detached.

    signed: what the signature is over, None for the content itself.  told_type, told_digest: what the signed attributes say.
    """

    certificate: x509.Certificate
    content_type: str
    content: bytes | None
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    signed: bytes | None
    told_type: str
    told_digest: bytes


def new_nonce() -> bytes:
    """What makes a challenge one that was never signed before."""
    return secrets.token_bytes(32)


def challenge_text(
    *, site: str, signed_for: SignedFor, account: str, session: bytes, nonce: bytes, until: datetime
) -> str:
    """What is to be signed. In ASCII and with CR LF, so that no program writes it in another way before it signs.

    site: the city's address.  account: whose proof it is to be, empty before anybody is signed in.  session: a digest of the browser's.
    """
    lines = [
        "YIWANG CERTIFICATE CHALLENGE 1",
        f"site: {site}",
        f"purpose: {signed_for}",
        f"account: {account or '-'}",
        f"session: {session.hex()[:32]}",
        f"nonce: {base64.urlsafe_b64encode(nonce).rstrip(b'=').decode()}",
        f"until: {until:%Y-%m-%dT%H:%M:%SZ}",
    ]
    return "".join(f"{line}\r\n" for line in lines)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_message(given: bytes) -> Message:
    """Read an answer: CMS SignedData of one signer, in DER, PEM or Base64. Raises NotBelieved."""
    if len(given) > LONGEST_ANSWER:
        raise NotBelieved("too-long")
    try:
        return _read(_in_der(given))
    except UNREADABLE as fault:
        raise NotBelieved("unreadable") from fault


def _in_der(given: bytes) -> bytes:
    stripped = given.removeprefix(b"\xef\xbb\xbf").strip()
    if armoured := ARMOUR.fullmatch(stripped):
        stripped = armoured["body"]
    elif given[:1] == b"\x30":
        return given
    try:
        return base64.b64decode(b"".join(stripped.split()), validate=True)
    except binascii.Error as fault:
        raise NotBelieved("unreadable") from fault


def _read(der: bytes) -> Message:
    outer = _Outer.load(der, strict=True)
    if outer["type"].dotted not in SIGNED_DATA:
        raise NotBelieved("not-signed-data")
    signed = outer["content"]
    signers = signed["signer_infos"]
    if len(signers) != 1:
        raise NotBelieved("signers")
    [signer] = signers
    content = signed["content"]
    held = content["content"]
    attributes = signer["signed_attrs"]
    told: tuple[str, bytes] = ("", b"")
    over: bytes | None = None
    if not isinstance(attributes, core.Void):
        told, over = _told(attributes), _over(attributes)
    return Message(
        certificate=_certificate_of(signed["certificates"], signer["sid"]),
        content_type=content["type"].dotted,
        content=None if isinstance(held, core.Void) else bytes(held),
        digest_algorithm=signer["digest_algorithm"]["algorithm"].dotted,
        signature_algorithm=signer["signature_algorithm"]["algorithm"].dotted,
        signature=bytes(signer["signature"]),
        signed=over,
        told_type=told[0],
        told_digest=told[1],
    )


def _over(attributes: Any) -> bytes:
    """The bytes that were signed: the attributes under the tag of a SET (RFC 5652, 5.4)."""
    raw: bytes = attributes.dump()
    if raw[:1] != b"\xa0":
        raise NotBelieved("attributes")
    return b"\x31" + raw[1:]


def _told(attributes: Any) -> tuple[str, bytes]:
    """Content type and digest, each said once (RFC 5652, 11.1 and 11.2)."""
    found: dict[str, Any] = {}
    for one in attributes:
        name = one["type"].dotted
        if name in {CONTENT_TYPE, MESSAGE_DIGEST}:
            if name in found or len(one["values"]) != 1:
                raise NotBelieved("attributes")
            found[name] = one["values"][0]
    if set(found) != {CONTENT_TYPE, MESSAGE_DIGEST}:
        raise NotBelieved("attributes")
    return found[CONTENT_TYPE].parse(core.ObjectIdentifier).dotted, bytes(found[MESSAGE_DIGEST].parse(core.OctetString))


def _certificate_of(given: Any, sid: Any) -> x509.Certificate:
    """The certificate that the signer names, out of those that came along."""
    if isinstance(given, core.Void) or len(given) == 0:
        raise NotBelieved("no-certificate")
    if len(given) > MOST_CERTIFICATES:
        raise NotBelieved("certificates")
    brought = [one.chosen for one in given if one.name == "certificate"]
    if sid.name == "issuer_and_serial_number":
        wanted = (sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native)
        meant = [one for one in brought if (one.issuer.dump(), one.serial_number) == wanted]
    else:
        meant = [one for one in brought if one.key_identifier == sid.chosen.native]
    if len({one.dump() for one in meant}) != 1:
        raise NotBelieved("no-certificate")
    if meant[0].serial_number <= 0:  # RFC 5280, 4.1.2.2
        raise NotBelieved("unreadable")
    return x509.load_der_x509_certificate(meant[0].dump())


# ── Checking ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_message(message: Message, challenge: bytes) -> None:
    """Whether the holder of the key in the certificate signed this challenge, to the byte. Raises NotBelieved."""
    try:
        _check(message, challenge)
    except UNREADABLE as fault:
        raise NotBelieved("unreadable") from fault


def _check(message: Message, challenge: bytes) -> None:
    key = key_of(spki_of(message.certificate))
    if key.kind not in SIGNERS:
        raise NotBelieved("algorithm")
    digest_algorithm, names = SIGNERS[key.kind]
    if message.digest_algorithm != digest_algorithm or message.signature_algorithm not in names:
        raise NotBelieved("algorithm")
    if message.content_type not in DATA:
        raise NotBelieved("content-type")
    if message.content is not None and message.content != challenge:
        raise NotBelieved("other-content")
    over = challenge
    if message.signed is not None:
        if message.told_type != message.content_type:
            raise NotBelieved("attributes")
        if message.told_digest != digest_of(digest_algorithm, challenge):
            raise NotBelieved("other-content")
        over = message.signed
    if not signed_by(key, names[message.signature_algorithm], over, message.signature):
        raise NotBelieved("signature")


def check_certificate(certificate: x509.Certificate, issuer: x509.Certificate, number_attribute: str = "") -> None:
    """Whether the authority issued it, to a person and to sign. When it serves is `check_times`. Raises NotBelieved."""
    try:
        if not issued_by(certificate, issuer):
            raise NotBelieved("issuer-signature")
        refuse_critical(
            certificate, EVALUATED | ({x509.ObjectIdentifier(number_attribute)} if number_attribute else set())
        )
        _check_use(certificate.extensions)
    except UNREADABLE as fault:
        raise NotBelieved("unreadable") from fault


def _check_use(extensions: x509.Extensions) -> None:
    basic = _extension(extensions, x509.BasicConstraints)
    if basic is not None and basic.ca:
        raise NotBelieved("authority-itself")
    usage = _extension(extensions, x509.KeyUsage)
    if usage is None or not usage.digital_signature:
        raise NotBelieved("key-usage")
    extended = _extension(extensions, x509.ExtendedKeyUsage)
    if extended is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise NotBelieved("extended-key-usage")


def check_times(certificate: x509.Certificate, chain: Sequence[x509.Certificate], now: datetime) -> None:
    """Whether it serves at `now` (machine time), and so does everything above it. Raises NotBelieved."""
    if now < certificate.not_valid_before_utc:
        raise NotBelieved("early")
    if now >= certificate.not_valid_after_utc:
        raise NotBelieved("expired")
    if any(not one.not_valid_before_utc <= now < one.not_valid_after_utc for one in chain):
        raise NotBelieved("authority-expired")


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether it bears the name and the signature of this issuer, by an algorithm that counts. Raises NotBelieved, ValueError."""
    if certificate.issuer.public_bytes() != issuer.subject.public_bytes():
        return False
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER), strict=True)
    within, outside = parsed["tbs_certificate"]["signature"], parsed["signature_algorithm"]
    if within.dump() != outside.dump() or parsed["signature_value"].contents[:1] != WHOLE_BYTES:
        return False
    key = _signing_key(issuer)
    return signed_by(key, outside["algorithm"].dotted, certificate.tbs_certificate_bytes, certificate.signature)


def _signing_key(issuer: x509.Certificate) -> Key:
    return key_of(spki_of(issuer))


def refuse_critical(
    certificate: x509.Certificate, known: set[x509.ObjectIdentifier] | frozenset[x509.ObjectIdentifier]
) -> None:
    """Raise NotBelieved for an extension that is marked critical and not known."""
    if any(one.critical and one.oid not in known for one in certificate.extensions):
        raise NotBelieved("critical-extension")


def spki_of(certificate: x509.Certificate) -> bytes:
    """Its public key in DER, also of a kind that `cryptography` does not know."""
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER), strict=True)
    spki: bytes = parsed["tbs_certificate"]["subject_public_key_info"].dump()
    return spki


def fingerprint_of(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the whole certificate."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()


def numbers_in(certificate: x509.Certificate, attribute: str) -> list[str] | None:
    """What looks like an ID number under this attribute of the subject or extension; None where there is none such.

    Authorities write it between other signs (a kind of document, a tag): the eighteen characters are looked for.
    """
    oid = x509.ObjectIdentifier(attribute)
    said = [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
    said += [one.value.public_bytes().decode("latin-1") for one in certificate.extensions if one.oid == oid]
    return sorted({found.upper() for text in said for found in NUMBER.findall(text)}) if said else None


def _extension(extensions: x509.Extensions, kind: type[Any]) -> Any:
    return next((one.value for one in extensions if isinstance(one.value, kind)), None)
