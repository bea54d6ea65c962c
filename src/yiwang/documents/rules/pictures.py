"""How large a picture becomes when it is shown: read from its first bytes, without unpacking."""

from __future__ import annotations

import struct
from typing import BinaryIO

__all__ = ["MOST_PIXELS", "picture_size"]

MOST_PIXELS = 150_000_000
"""An A0 plan at 300 points an inch has 139 million; a picture of more is made to exhaust whoever opens it."""

# Start-of-frame markers of ITU-T T.81, table B.1; C4, C8 and CC are other things.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_MOST_SEGMENTS = 10_000


def picture_size(stream: BinaryIO, format: str) -> tuple[int, int] | None:
    """Width and height in pixels of a `png` or `jpeg`; None when its beginning does not say."""
    stream.seek(0)
    return _png(stream.read(24)) if format == "png" else _jpeg(stream)


def _png(head: bytes) -> tuple[int, int] | None:
    if len(head) < 24 or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return (width, height) if width and height else None


def _jpeg(stream: BinaryIO) -> tuple[int, int] | None:
    stream.seek(2)
    for _ in range(_MOST_SEGMENTS):
        mark = stream.read(2)
        while len(mark) == 2 and mark == b"\xff\xff":  # fill bytes
            mark = mark[1:] + stream.read(1)
        if len(mark) < 2 or mark[0] != 0xFF:
            return None
        if mark[1] in _ALONE:
            continue
        length = int.from_bytes(stream.read(2), "big")
        if length < 2:
            return None
        if mark[1] in _FRAMES:
            frame = stream.read(5)
            if len(frame) < 5:
                return None
            height, width = struct.unpack(">HH", frame[1:])
            return (width, height) if width and height else None
        if mark[1] in {0xD9, 0xDA}:  # the end, or the data, before any frame
            return None
        stream.seek(length - 2, 1)
    return None
