"""A PDF signed as PAdES (ETSI EN 319 142-1, level B-B), with a key of the platform behind `kernel.crypto`.

The signature covers the file from its first byte to its last and leaves no unused room in itself; the signer certifies that nothing may
be changed or added (DocMDP 1). pyHanko is imported when it is needed: that alone takes more than a second.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from yiwang.kernel.crypto import SigningKey

__all__ = ["FIELD", "is_of", "make_certificate", "sign_pdf"]

FIELD = "Signature"
USUAL_SIGNATURE = 71
"""Bytes of half of all P-256 signatures in DER. Signing again until it has so many lets the room for it be exact."""

_OPEN_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 §4.1.2.5: no well-defined end


def make_certificate(key: SigningKey, name: str, *, at: datetime) -> bytes:
    """A self-signed X.509 certificate (DER) of the key, for installations that have none from a certification authority.

    name: who signs.  at: machine time, from when it serves if the key does not say.
    """
    from asn1crypto import keys, pem, x509

    _, _, public = pem.unarmor(key.public.pem)
    subject = x509.Name.build({"common_name": name})
    algorithm = {"algorithm": "sha256_ecdsa"}
    body = x509.TbsCertificate(
        {
            "version": "v3",
            # positive and at most 20 octets (RFC 5280 §4.1.2.2); of the key, so that it is made the same again
            "serial_number": int.from_bytes(hashlib.sha256(public).digest()[:16], "big") or 1,
            "signature": algorithm,
            "issuer": subject,
            "validity": {
                "not_before": _time(key.not_before or at),
                "not_after": _time(key.not_after or _OPEN_END),
            },
            "subject": subject,
            "subject_public_key_info": keys.PublicKeyInfo.load(public),
            "extensions": [
                {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": False}},
                {"extn_id": "key_usage", "critical": True, "extn_value": {"digital_signature", "non_repudiation"}},
            ],
        }
    )
    made: bytes = x509.Certificate(
        {"tbs_certificate": body, "signature_algorithm": algorithm, "signature_value": key.sign(body.dump())}
    ).dump()
    return made


def is_of(certificate: bytes, key: SigningKey) -> bool:
    """Whether an X.509 certificate (DER) is of this key."""
    from asn1crypto import pem, x509

    _, _, public = pem.unarmor(key.public.pem)
    its: bytes = x509.Certificate.load(certificate).public_key.dump()
    return its == bytes(public)


def _time(instant: datetime) -> Any:
    """RFC 5280 §4.1.2.5: two digits for the year through 2049, four from 2050, whole seconds."""
    from asn1crypto import x509

    whole = instant.astimezone(UTC).replace(microsecond=0)
    return x509.Time({"utc_time" if whole.year < 2050 else "general_time": whole})


def sign_pdf(pdf: bytes, key: SigningKey, chain: Sequence[bytes], *, name: str) -> bytes:
    """Return the PDF with its signature.

    chain: X.509 certificates in DER, the key's own first, then those above it.  name: who signs, for readers of PDF. About 40 ms.

    pyHanko signs in an event loop of its own, which it may not start in a thread where another one runs; hence the thread.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    signer = _signer(key, chain)
    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        name=name,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )

    def signed(room: int | None) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        made: bytes = signers.PdfSigner(about, signer).sign_pdf(writer, bytes_reserved=room).getvalue()
        return made

    with ThreadPoolExecutor(max_workers=1) as beside:
        return beside.submit(lambda: signed(2 * _length(signed(None)))).result()


def _length(pdf: bytes) -> int:
    """Bytes that the signature in this PDF takes."""
    from asn1crypto import parser
    from pyhanko.pdf_utils.reader import PdfFileReader

    [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    _, _, _, header, content, trailer = parser.parse(bytes(signature.pkcs7_content), strict=False)
    return len(header) + len(content) + len(trailer)


def _signer(key: SigningKey, chain: Sequence[bytes]) -> Any:
    from asn1crypto import x509
    from asn1crypto.algos import SignedDigestAlgorithm
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class KeySigner(Signer):
        """Signs with whatever holds the key: a file today, a module tomorrow."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            if dry_run:
                return bytes(USUAL_SIGNATURE)
            while len(signature := key.sign(data)) != USUAL_SIGNATURE:
                pass
            return signature

    certificates = [x509.Certificate.load(one) for one in chain]
    return KeySigner(
        signing_cert=certificates[0],
        cert_registry=SimpleCertificateStore.from_certs(certificates),  # type: ignore[no-untyped-call]  # theirs
        signature_mechanism=SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
    )
