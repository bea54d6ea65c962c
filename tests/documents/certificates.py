"""Small certificates for tests: what is signed, and a template."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from yiwang.documents.values import Content, ContentField, Held, Issuer
from yiwang.kernel.identifiers import CertificateIdentifier

PORTRAIT = (Path(__file__).parents[2] / "packs/base/templates/certificate-portrait.typ").read_text("utf-8")
PLAIN = "// 朴素\n#let certificate(data) = [#data.title #data.holder.name #box(width: 2cm, data.qr)]\n"
TYPE, ISSUER = "11100000000013338W001", "11460199990000017H"


def content(**changes: Any) -> Content:
    """A shop's licence, with `changes`."""
    made = Content(
        identifier=CertificateIdentifier.make(type_code=TYPE, issuer=ISSUER, serial="KD2026000001", version=1),
        type_id="shop-licence",
        type_code=TYPE,
        title="开店许可证",
        title_en="Shop licence",
        number="KD2026000001",
        version=1,
        holder=Held("shop", "海口椰风小馆", "credit-code", "统一社会信用代码", "92460199MA00000017"),
        issuer=Issuer("秀英区行政审批局", ISSUER),
        issued_on=date(2026, 11, 21),
        valid_from=date(2026, 11, 21),
        valid_until=date(2031, 11, 20),
        fields=(
            ContentField("shop.name", "名称", "海口椰风小馆", "海口椰风小馆"),
            ContentField("shop.address", "经营场所", "海港路 8 号", "海港路 8 号"),
        ),
        law=(("中华人民共和国行政许可法", "第三十九条"),),
        verify="https://example.gov.cn/verify/t/0123456789abcdefABCDEF/",
        origin="live",
    )
    return replace(made, **changes)
