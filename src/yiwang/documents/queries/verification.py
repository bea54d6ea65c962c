"""Whether a certificate is genuine and where it stands, for anybody. What is personal is covered."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from django.db.models import QuerySet

from yiwang.acts.values import Actor
from yiwang.audit.queries import city_key_path, trusted_keys
from yiwang.catalog.values import Sensitivity
from yiwang.documents.models import Certificate
from yiwang.documents.queries.certificates import content_of, fields_shown, status_of, title_in
from yiwang.documents.rules.examining import claimed_identifier
from yiwang.documents.values import CertificateStatus, Finding, PublishedKey, Verification
from yiwang.kernel import masking
from yiwang.kernel.crypto import KeyFault, PublicKey, load_key_file
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.identifiers import CertificateIdentifier
from yiwang.subjects.queries import subject_kinds

__all__ = ["published_keys", "signing_certificate", "verify_document", "verify_identifier", "verify_token"]

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
COVERED = frozenset({Sensitivity.INTERNAL, Sensitivity.PERSONAL, Sensitivity.SENSITIVE})


def verify_token(actor: Actor, token: str, language: str = "zh-Hans") -> Verification:
    """The answer to who scanned the QR code: whoever has the token has the certificate. Two queries."""
    one = _rows().filter(token=token).first() if TOKEN.fullmatch(token) else None
    return _genuine(one, language, has_it=True) if one else Verification(Finding.UNKNOWN)


def verify_identifier(identifier: CertificateIdentifier, language: str = "zh-Hans") -> Verification:
    """The answer to who names an identifier: what kind, of which unit, where it stands. Nothing of a person. Two queries."""
    one = _rows().filter(identifier=identifier).first()
    return _genuine(one, language, has_it=False) if one else Verification(Finding.UNKNOWN, identifier)


def verify_document(
    actor: Actor, document: bytes, signature: bytes | None = None, language: str = "zh-Hans"
) -> Verification:
    """The answer to who has the file itself: its page (PDF), or what is signed (JSON), byte for byte.

    signature: what came with it, if anything did; else the one that was made when it was issued. The bytes are looked up by their
    digest and then checked against the signature with the city's public keys, so that neither the database nor the file is trusted alone.
    """
    digest = hashlib.sha256(document).digest()
    one = _rows().filter(content__digest=digest).first()
    stored = one.signature if one else b""
    if one is None and (one := _rows().filter(pdf__digest=digest).first()) is not None:
        stored = one.pdf_signature
    if one is None:
        return _refused(document, signature, language)
    key = _trusted().get(one.key_id)
    given = bytes(stored) if signature is None else signature
    if key is None or not key.verify(document, given):
        return _named(one, Finding.CHANGED if signature is None else Finding.OTHER_SIGNATURE, language)
    if not key.verify(document, bytes(stored)):
        return _named(one, Finding.CHANGED, language)
    return _genuine(one, language, has_it=True)


def published_keys() -> list[PublishedKey]:
    """The public keys with which this city's signatures are checked, the one in use first."""
    try:
        current = load_key_file(city_key_path()).public.key_id
    except KeyFault:
        current = ""
    keys = [PublishedKey(one.key_id, "intl", one.pem, one.key_id == current) for one in _trusted().values()]
    return sorted(keys, key=lambda one: (not one.is_current, one.key_id))


def certificate_path() -> Path:
    """Where the X.509 certificate of the city's key stands: from a certification authority, or made here with the first signature."""
    return city_key_path().with_suffix(".crt")


def signing_certificate() -> bytes:
    """The X.509 certificate of the city's key, in PEM, for programs that check signatures in PDF. Raises NotFound before the first."""
    try:
        return certificate_path().read_bytes()
    except FileNotFoundError:
        raise NotFound(msgid("Nothing has been signed as PDF yet.")) from None


def _rows() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("unit", "content")


def _trusted() -> dict[str, PublicKey]:
    return {key.key_id: key for key in trusted_keys()}


def _refused(document: bytes, signature: bytes | None, language: str) -> Verification:
    """Why it is not genuine, as far as that can be told: which certificate it wants to be, and what came with it."""
    claimed = claimed_identifier(document)
    one = _rows().filter(identifier=claimed).first() if claimed else None
    if signature is not None and (one is None or signature != bytes(one.signature)):
        return _named(one, Finding.OTHER_SIGNATURE, language)
    return _named(one, Finding.CHANGED if one else Finding.UNKNOWN, language)


def _named(one: Certificate | None, finding: Finding, language: str) -> Verification:
    """Not genuine, and which certificate it says it is."""
    if one is None:
        return Verification(finding)
    said = content_of(one)
    return Verification(finding, one.identifier, title=title_in(said, language))


def _genuine(one: Certificate, language: str, *, has_it: bool) -> Verification:
    said = content_of(one)
    status = status_of(one)
    last = one.history.order_by("-position").values_list("at", flat=True).first()
    known = Verification(
        Finding.GENUINE,
        identifier=one.identifier,
        title=title_in(said, language),
        number=one.number,
        version=one.version,
        status=status,
        since=last if status is not CertificateStatus.EXPIRED else None,
        issuer=one.unit.title,
        issued_on=said.issued_on,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        law=said.law,
        signed_at=said.signed_at,
        key_id=one.key_id,
        origin=one.origin,
    )
    if not has_it:
        return known
    kind = subject_kinds(one.release).get(said.holder.kind)
    is_person = kind is None or kind.natural_person
    return replace(
        known,
        holder=masking.mask_name(said.holder.name) if is_person else said.holder.name,
        fields=fields_shown(said, one.release, covered=COVERED),
    )
