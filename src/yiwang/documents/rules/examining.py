"""What a file that is not ours wants to be. It may be hostile: nothing here fails or takes long."""

from __future__ import annotations

import json

from yiwang.kernel.identifiers import CertificateIdentifier

__all__ = ["claimed_identifier"]

LARGEST_CLAIM = 1 << 20
_NOT_JSON = (ValueError, RecursionError)  # UnicodeDecodeError and JSONDecodeError are ValueErrors


def claimed_identifier(document: bytes) -> CertificateIdentifier | None:
    """The identifier that a signed content names, or None for anything else."""
    if len(document) > LARGEST_CLAIM or not document.lstrip().startswith(b"{"):
        return None
    try:
        named = json.loads(document)["identifier"]
        return CertificateIdentifier.parse(named) if isinstance(named, str) else None
    except (*_NOT_JSON, KeyError):
        return None
