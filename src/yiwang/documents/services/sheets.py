"""Sheets: what the city hands out on paper that is no certificate, such as how a limit was counted. Laid out, signed, and not kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yiwang.documents import registry
from yiwang.documents.rules.pades import sign_pdf
from yiwang.documents.rules.typesetting import Attached, typeset
from yiwang.documents.services.signing import signing_chain, signing_key
from yiwang.kernel.canonical import canonical_json
from yiwang.kernel.time import machine_now

__all__ = ["make_sheet"]


def make_sheet(template: str, data: Mapping[str, Any], *, says: object) -> bytes:
    """A PDF/A with the city's signature, so that it holds as evidence of what the city said at this moment. About 0.2 s.

    template: Typst that defines `sheet(data)`.  data: texts; `title` and `issuer.name` among them.  says: the same for machines; the PDF
    carries it as the file `data.json`. Raises SigningKeyMissing, SigningKeyEnded.
    """
    key = signing_key()
    carried = Attached("data.json", canonical_json(says), "application/json", "source", "What the sheet says")
    page = typeset(template, data, entry="sheet", fonts=registry.fonts(), at=machine_now(), attached=(carried,))
    return sign_pdf(page, key, signing_chain(key), name=data["issuer"]["name"])
