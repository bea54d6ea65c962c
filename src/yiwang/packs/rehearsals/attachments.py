"""Files that people of a story hand in. They are made on the spot, small and valid, so that no pack has to hold a file."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

__all__ = ["Attachment", "attachment"]

SIDE = 64  # pixels of the picture


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by the name that its owner gave it, and what his computer takes it for."""

    name: str
    media_type: str
    content: bytes


def attachment(name: str, holds: str = "") -> Attachment:
    """A file called `name`; its ending says what it is: pdf, png or zip.

    holds: what is really in it, where that is something else (`zip` for an archive that calls itself a PDF).
    """
    ending = PurePath(name).suffix.removeprefix(".")
    media_type, make = _MAKERS[ending]
    return Attachment(name, media_type, _MAKERS[holds][1]() if holds else make())


def _pdf() -> bytes:
    """One page with a frame and two walls."""
    drawing = b"2 w 60 60 475 722 re S 60 400 m 535 400 l S 300 60 m 300 400 l S"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    ]
    made, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(made) + end % (size, table, size, len(made))


def _png() -> bytes:
    """A square with a frame, in shades of grey."""
    edge = {0, SIDE - 1}
    rows = (bytes(0 if {x, y} & edge else 255 for x in range(SIDE)) for y in range(SIDE))
    pixels = b"".join(b"\x00" + row for row in rows)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(pixels)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inside.txt", "inside")
    return stream.getvalue()


_MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "pdf": ("application/pdf", _pdf),
    "png": ("image/png", _png),
    "zip": ("application/zip", _zip),
}
"""Ending → media type, maker."""
