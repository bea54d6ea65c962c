"""Certificate authorities 认证机构 and their lists of revoked certificates: when what an administrator brings is declared well.

Source: RFC 5280, 4.2.1.9, 5 and 6.1. An authority is the one certificate that issues, with the chain above it that was declared; no path is
ever looked for, and nothing is fetched.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from yiwang.identity.rules.login_certificates import UNREADABLE, WHOLE_BYTES, issued_by, refuse_critical, spki_of
from yiwang.identity.rules.signatures import key_of, signed_by
from yiwang.identity.values.login_certificates import NewAuthority, NotBelieved
from yiwang.kernel.errors import FieldFault, msgid

__all__ = [
    "LARGEST_LIST",
    "LONGEST_CHAIN",
    "RevocationList",
    "authority_faults",
    "called",
    "chain_in",
    "chain_of",
    "kept_chain",
    "read_list",
]

LONGEST_CHAIN = 60_000
MOST_ABOVE = 5
LARGEST_LIST = 10 << 20
"""Bytes of a list of revoked certificates: some 250,000 of them."""
LONGEST_TITLE = 40
CLOCKS_DIFFER = timedelta(minutes=5)
OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,15})){2,15}")
OF_AUTHORITIES: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)
CHAIN_WORDS: Final = {
    "unreadable": msgid("These are no certificates in PEM."),
    "too-many": msgid("At most five certificates belong to an authority."),
    "no-path": msgid("They are not one chain from who issues people's certificates up to a root that signed itself."),
    "issuer-signature": msgid("One of them was not signed by the one above it."),
    "algorithm": msgid(
        "One of them uses an algorithm that does not count here: P-256, P-384 or RSA with SHA-256 and more, or SM2 with SM3."
    ),
    "weak-key": msgid("One of them has a key that is too short."),
    "sm2-unavailable": msgid(
        "They are of the suite SM2, which this machine cannot check: its OpenSSL does not know it."
    ),
    "no-authority": msgid(
        "One of them is not marked as an authority that may sign certificates, or stands too high in the chain."
    ),
    "no-lists": msgid("The authority may not sign lists of revoked certificates, as its certificate says."),
    "critical-extension": msgid("One of them makes a demand that is not understood here."),
    "expired": msgid("One of them does not serve today."),
}
LIST_WORDS: Final = {
    "unreadable": msgid("This is no list of revoked certificates."),
    "too-long": msgid("The list is too large to be read here."),
    "other-authority": msgid("This list is not of this authority."),
    "signature": msgid("The signature of the list does not hold: it was changed, or is another's."),
    "algorithm": msgid("The list is signed in a way that does not count here."),
    "weak-key": msgid("The list is signed in a way that does not count here."),
    "sm2-unavailable": msgid("The list is signed by SM2, which this machine cannot check."),
    "no-end": msgid("The list does not say when the next one is due."),
    "overdue": msgid("The list is overdue itself: fetch the present one."),
    "early": msgid("The list is of a time that has not come yet."),
    "partial": msgid("This is a part of a list, or what changed since another: bring the whole one."),
    "older": msgid("The list is older than the one that is kept."),
}


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list of revoked certificates, believed.  number: of the list, empty where it has none.  serials: hexadecimal → since when."""

    valid_from: datetime
    until: datetime
    number: str
    serials: dict[str, datetime]


def authority_faults(given: NewAuthority) -> list[FieldFault]:
    """What is wrong with an authority as described, besides its chain."""
    faults = []
    if not given.title:
        faults.append(FieldFault("title", "required", msgid("Give it the name by which people know it.")))
    elif len(given.title) > LONGEST_TITLE:
        faults.append(FieldFault("title", "too-long", msgid("At most {most} characters."), {"most": LONGEST_TITLE}))
    if given.number_attribute and not OID.fullmatch(given.number_attribute):
        faults.append(
            FieldFault(
                "number_attribute", "not-an-identifier", msgid("Give it as numbers with dots between, such as 2.5.4.5.")
            )
        )
    return faults


def chain_in(pem: str, *, has_list: bool, now: datetime) -> list[x509.Certificate]:
    """The chain that an administrator pasted, the one that issues first. Raises NotBelieved with a word of `CHAIN_WORDS`."""
    try:
        if not 0 < len(pem) <= LONGEST_CHAIN:
            raise NotBelieved("unreadable")
        brought = x509.load_pem_x509_certificates(pem.encode("ascii"))
        if len(brought) > MOST_ABOVE:
            raise NotBelieved("too-many")
        chain = _in_order(brought)
        for height, one in enumerate(chain):
            _check_authority(one, height, lists=has_list and height == 0)
            if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
                raise NotBelieved("expired")
        for one, above in zip(chain, [*chain[1:], chain[-1]], strict=True):
            if not issued_by(one, above):
                raise NotBelieved("issuer-signature")
    except UNREADABLE as fault:
        raise NotBelieved("unreadable") from fault
    return chain


def _in_order(brought: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """From the one that issued none of the others up to the one that bears its own name as issuer."""
    by_name = {one.subject.public_bytes(): one for one in brought}
    above = {one.issuer.public_bytes() for one in brought if one.issuer != one.subject}
    lowest = [one for name, one in by_name.items() if name not in above]
    if len(by_name) != len(brought) or len(lowest) != 1:
        raise NotBelieved("no-path")
    chain = lowest
    while chain[-1].issuer != chain[-1].subject:
        found = by_name.get(chain[-1].issuer.public_bytes())
        if found is None or found in chain:
            raise NotBelieved("no-path")
        chain.append(found)
    if len(chain) != len(brought):
        raise NotBelieved("no-path")
    return chain


def _check_authority(one: x509.Certificate, below: int, *, lists: bool) -> None:
    """below: how many authorities stand under it in the chain."""
    key_of(spki_of(one))
    refuse_critical(one, OF_AUTHORITIES)
    found: dict[type[Any], Any] = {type(each.value): each.value for each in one.extensions}
    if x509.NameConstraints in found:
        raise NotBelieved("critical-extension")
    basic, usage = found.get(x509.BasicConstraints), found.get(x509.KeyUsage)
    if basic is None or not basic.ca or usage is None or not usage.key_cert_sign:
        raise NotBelieved("no-authority")
    if basic.path_length is not None and basic.path_length < below:
        raise NotBelieved("no-authority")
    if lists and not usage.crl_sign:
        raise NotBelieved("no-lists")


def called(one: x509.Certificate) -> str:
    """Its name as people read it: what stands in its parts, the widest first."""
    return " · ".join(str(part.value) for part in one.subject)


def kept_chain(chain: Sequence[x509.Certificate]) -> list[str]:
    """A chain as it is stored: Base64 of DER."""
    return [base64.b64encode(one.public_bytes(Encoding.DER)).decode("ascii") for one in chain]


def chain_of(kept: Sequence[str]) -> list[x509.Certificate]:
    """A chain that is stored, as certificates."""
    return [x509.load_der_x509_certificate(base64.b64decode(one)) for one in kept]


def read_list(given: bytes, issuer: x509.Certificate, *, now: datetime) -> RevocationList:
    """A list of revoked certificates that this authority signed, DER, PEM or Base64. Raises NotBelieved with a word of `LIST_WORDS`."""
    if len(given) > LARGEST_LIST:
        raise NotBelieved("too-long")
    try:
        brought = _loaded(given)
        _check_list(brought, issuer)
        until = brought.next_update_utc
        if until is None:
            raise NotBelieved("no-end")
        if until <= now:
            raise NotBelieved("overdue")
        if brought.last_update_utc > now + CLOCKS_DIFFER:
            raise NotBelieved("early")
        number = next(
            (str(one.value.crl_number) for one in brought.extensions if isinstance(one.value, x509.CRLNumber)), ""
        )
        serials = {f"{one.serial_number:x}": one.revocation_date_utc for one in brought}
    except UNREADABLE as fault:
        raise NotBelieved("unreadable") from fault
    return RevocationList(brought.last_update_utc, until, number, serials)


def _loaded(given: bytes) -> x509.CertificateRevocationList:
    """From DER, PEM or Base64."""
    if given[:1] == b"\x30":
        return x509.load_der_x509_crl(given)
    if given.lstrip().startswith(b"-----BEGIN "):
        return x509.load_pem_x509_crl(given.strip())
    return x509.load_der_x509_crl(base64.b64decode(b"".join(given.split()), validate=True))


def _check_list(brought: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    if brought.issuer.public_bytes() != issuer.subject.public_bytes():
        raise NotBelieved("other-authority")
    head = asn1_crl.CertificateList.load(brought.public_bytes(Encoding.DER), strict=True)
    algorithm = head["signature_algorithm"]
    same = head["tbs_cert_list"]["signature"].dump() == algorithm.dump()
    if not same or head["signature"].contents[:1] != WHOLE_BYTES:
        raise NotBelieved("signature")
    signed, signature = brought.tbs_certlist_bytes, brought.signature
    if not signed_by(key_of(spki_of(issuer)), algorithm["algorithm"].dotted, signed, signature):
        raise NotBelieved("signature")
    for one in brought.extensions:
        if one.critical or one.oid in {ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.DELTA_CRL_INDICATOR}:
            raise NotBelieved("partial")
