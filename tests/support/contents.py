"""Small contents of every kind that people hand in, and some that they should not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

DOCX_PARTS = {
    "[Content_Types].xml": b"<Types/>",
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:document/>",
}
OFD_PARTS = {"OFD.xml": b"<ofd:OFD/>", "Doc_0/Document.xml": b"<ofd:Document/>"}


def pdf(words: str = "floor plan") -> bytes:
    return (
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type /Catalog>>\nendobj\n% "
        + words.encode()
        + b"\ntrailer\n<<>>\n%%EOF\n"
    )


def png(width: int = 4, height: int = 3) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\x7f" * (3 * min(width, 8)) for _ in range(min(height, 8)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(width: int = 4, height: int = 3) -> bytes:
    application = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\0"
    return b"\xff\xd8" + application + frame + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + b"\x55" * 20 + b"\xff\xd9"


def container(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def docx(more: Mapping[str, bytes] | None = None) -> bytes:
    return container({**DOCX_PARTS, **(more or {})})


def ofd() -> bytes:
    return container(OFD_PARTS)


def bomb() -> bytes:
    """A document of 100 kB that unpacks to 100 MB."""
    return docx({"word/media/image1.bmp": bytes(100 << 20)})


def overlapping() -> bytes:
    """A document whose list names one part many times, all at the same place: each unpacks, none takes room."""
    made = bytearray(docx({"word/media/a": bytes(1 << 20)}))
    with zipfile.ZipFile(io.BytesIO(bytes(made))) as archive:
        directory = archive.start_dir
    entries, end = made[directory : made.rfind(b"PK\x05\x06")], made[made.rfind(b"PK\x05\x06") :]
    last = entries[entries.rfind(b"PK\x01\x02") :]
    entries += last * 50
    count = struct.unpack_from("<H", end, 10)[0] + 50
    struct.pack_into("<HHI", end, 8, count, count, len(entries))
    return bytes(made[:directory] + entries + end)


def lying() -> bytes:
    """A bomb whose list says that its parts are small; what stands before each part does not."""
    made = bytearray(bomb())
    at = made.rfind(b"PK\x01\x02")
    struct.pack_into("<I", made, at + 24, 10)
    return bytes(made)


def many() -> bytes:
    """An archive of twenty thousand empty parts."""
    return container({**DOCX_PARTS, **{f"word/{number}": b"" for number in range(20_000)}}, zipfile.ZIP_STORED)
