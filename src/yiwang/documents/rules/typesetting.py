"""Typst: a template and its data become a PDF. The same template, data and fonts give the same bytes on every machine.

No font of the machine is used, no package is found, and nothing but the files written here can be read.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["FAMILY", "Attached", "FontsMissing", "TypesettingFault", "typeset", "typeset_fonts"]

FAMILY = "Noto Sans SC"
_MAIN = """\
#import "template.typ": {entry}
#let given = json("data.json")
#set document(title: given.title, author: given.issuer.name, date: {date})
#set text(font: "{family}", lang: "zh", region: "cn", fallback: false)
{attached}
#{entry}(given{qr})
"""
_QR = ' + (qr: image("qr.svg", width: 100%))'


class FontsMissing(RuntimeError):
    """The fonts of certificates are not where the build of the pages puts them."""


class TypesettingFault(ValueError):
    """The template cannot be laid out with these data.  line: in the template, from 1."""

    def __init__(self, message: str, line: int, hints: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.line, self.hints = message, line, hints


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that the PDF carries.  relationship: `source` for the data that were laid out, else `supplement`."""

    name: str
    content: bytes
    media_type: str
    relationship: str
    description: str


@lru_cache(maxsize=4)
def typeset_fonts(folder: Path) -> Any:
    """Every font of the folder; reading them takes longer than a page. Raises FontsMissing."""
    import typst

    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    if FAMILY not in found.families():
        raise FontsMissing(f"There is no {FAMILY} in {folder}. Run: make setup")
    return found


def typeset(
    template: str,
    data: Mapping[str, Any],
    *,
    qr: bytes | None = None,
    entry: str = "certificate",
    fonts: Path,
    at: datetime,
    attached: tuple[Attached, ...] = (),
    image: bool = False,
) -> bytes:
    """Lay out `data` with a template; return the PDF, or with `image` a PNG of its one page.

    The PDF is PDF/A-3b (ISO 19005-3): made to last, and allowed to carry the signed data as a file within.

    data: at least `title` and `issuer.name`, which the PDF says of itself.  qr: an SVG, for a template that shows one.  entry: what the
    template calls its function.  fonts: the folder of fonts.  at: the instant that the document carries (aware).
    Raises TypesettingFault, FontsMissing. About 20 ms, the first time in a process 200.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="yiwang-typst-") as name:
        folder = Path(name)
        main = folder / "main.typ"
        main.write_text(_main(attached, at, entry, has_qr=qr is not None), "utf-8")
        (folder / "template.typ").write_text(template, "utf-8")
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        if qr is not None:
            (folder / "qr.svg").write_bytes(qr)
        for number, file in enumerate(attached):
            (folder / f"attached-{number}").write_bytes(file.content)
        try:
            made, warnings = typst.compile_with_warnings(
                str(main),
                root=str(folder),
                font_paths=typeset_fonts(fonts),
                ignore_system_fonts=True,
                format="png" if image else "pdf",
                pdf_standards=None if image else "a-3b",
                timestamp=int(at.timestamp()),
                package_path=str(folder / "no-packages"),
                package_cache_path=str(folder / "no-packages"),
            )
        except typst.TypstError as fault:
            raise _told(fault.message, fault.diagnostic, fault.hints) from None
    for warning in warnings:
        raise _told(warning.message, warning.diagnostic, warning.hints)
    return made


def _main(attached: tuple[Attached, ...], at: datetime, entry: str, *, has_qr: bool) -> str:
    lines = [
        f'#pdf.attach("{file.name}", read("attached-{number}", encoding: none), relationship: "{file.relationship}",'
        f' mime-type: "{file.media_type}", description: "{file.description}")'
        for number, file in enumerate(attached)
    ]
    date = f"datetime(year: {at.year}, month: {at.month}, day: {at.day})"
    filled = {
        "{date}": date,
        "{family}": FAMILY,
        "{entry}": entry,
        "{qr}": _QR if has_qr else "",
        "{attached}": "\n".join(lines),
    }
    main = _MAIN
    for place, words in filled.items():
        main = main.replace(place, words)
    return main


def _told(message: str, diagnostic: str, hints: list[str]) -> TypesettingFault:
    place = re.search(r"template\.typ:(\d+)", diagnostic)
    return TypesettingFault(message, int(place[1]) if place else 1, tuple(hints))
