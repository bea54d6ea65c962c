"""From what is signed to what is laid out: a template shows the signed content and nothing that is not in it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from yiwang.documents.values import NOTICES, Content, ContentField, Held, Issuer
from yiwang.kernel.identifiers import LONGEST_SERIAL, CertificateIdentifier
from yiwang.kernel.texts import text

__all__ = ["layout_data", "qr_code", "sample_content", "shown_date", "shown_until", "shown_validity"]

OPEN_END = "长期"
"""What a certificate without an end says, as the law's own forms do."""

_BREAK = "\u200b"  # where a line may end that has no spaces


def shown_date(day: date) -> str:
    """`2026年11月21日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def shown_until(valid_until: date | None) -> str:
    """The last day on which it holds, or that it holds without an end."""
    return shown_date(valid_until) if valid_until else OPEN_END


def shown_validity(valid_from: date, valid_until: date | None) -> str:
    """From when until when it holds, both days included."""
    return f"{shown_date(valid_from)}至{shown_date(valid_until)}" if valid_until else OPEN_END


def layout_data(content: Content) -> dict[str, Any]:
    """What a template gets as `data` (and the QR code as `data.qr`): texts, ready to be printed."""
    return {
        "title": content.title,
        "subtitle": content.title_en,
        "number": content.number,
        "version": content.version,
        "identifier": content.identifier.replace(".", "." + _BREAK),
        "holder": {
            "name": content.holder.name,
            "code": content.holder.identifier,
            "code_title": content.holder.scheme_title,
        },
        "issuer": {"name": content.issuer.name, "code": content.issuer.code},
        "issued_on": shown_date(content.issued_on),
        "valid_from": shown_date(content.valid_from),
        "valid_until": shown_until(content.valid_until),
        "validity": shown_validity(content.valid_from, content.valid_until),
        "fields": [{"id": one.element, "title": one.title, "value": one.shown} for one in content.fields],
        "field": {one.element: one.shown for one in content.fields},
        "law": [f"《{law}》{article}" for law, article in content.law],
        "verify": content.verify,
        "notice": NOTICES[content.origin],
    }


def qr_code(address: str) -> bytes:
    """The QR code of an address, as SVG without a margin. Error correction M: a stamp over a seventh of it does no harm."""
    import segno

    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, xmldecl=False, svgns=True)
    return drawn.getvalue()


def sample_content(
    body: Mapping[str, Any], titles: Mapping[str, str | Mapping[str, str]], present: Iterable[str]
) -> Content:
    """A certificate of a declared kind that says nothing of anybody, to see whether its template fits.

    body: of the declaration.  titles: element → title, for every field.  present: elements that have a value.
    """
    day, issuer = date(2026, 11, 21), str(body["type_code"])[:18]
    has_end = body["validity"] is not None
    return Content(
        identifier=CertificateIdentifier.make(
            type_code=body["type_code"], issuer=issuer, serial="0" * LONGEST_SERIAL, version=1
        ),
        type_id=body["id"],
        type_code=body["type_code"],
        title=text(body["title"]),
        title_en="" if isinstance(body["title"], str) else body["title"].get("en", ""),
        number="0" * LONGEST_SERIAL,
        version=1,
        holder=Held(body["holder"]["kind"], "持证主体", "", "代码", issuer),
        issuer=Issuer("颁发机构", issuer),
        issued_on=day,
        valid_from=day,
        valid_until=date(2031, 11, 20) if has_end else None,
        fields=tuple(ContentField(id, text(titles[id]), text(titles[id]), text(titles[id])) for id in present),
        law=tuple((one["law"], one["article"]) for one in body["law"]),
        verify=f"https://example.gov.cn/verify/t/{'0' * 22}/",
        origin="sample",
    )
