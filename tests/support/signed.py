"""Signatures in PDF, checked by a program that is not ours."""

from __future__ import annotations

import io

__all__ = ["pdf_reader_trusts"]


def pdf_reader_trusts(pdf: bytes, certificate: bytes) -> bool:
    """What a program that checks PAdES says, with the city's certificate alone as its root of trust."""
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    _, _, der = pem.unarmor(certificate)
    try:
        [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        context = ValidationContext(trust_roots=[x509.Certificate.load(der)], allow_fetching=False)
        return bool(validate_pdf_signature(signature, context).bottom_line)
    except Exception:  # noqa: BLE001 - a broken PDF may fail anywhere in a parser; every failure is a refusal
        return False
