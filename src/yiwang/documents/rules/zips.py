"""ZIP containers, looked at without unpacking: their list of parts alone.

An archive that unpacks to far more than it weighs, lists parts that lie over each other, or lists more of them than any document
has, is made to harm whoever opens it. What the list says is held against what stands before each part, because readers differ in
which of the two they believe.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["Container", "is_container_at_the_end", "read_container"]

END_OF_LIST = b"PK\x05\x06"
LARGE_LIST = b"PK\x06\x07"
END_SIZE = 22
LONGEST_COMMENT = 65_535
LARGEST_LIST = 4 << 20
MOST_PARTS = 10_000
LARGEST_UNPACKED = 400 << 20
SPARED_UNPACKED = 10 << 20  # small documents of much white may shrink as they like
MOST_TIMES = 60  # unpacked to packed; XML and uncompressed images in documents stay well below
LOCAL = struct.Struct("<4sHHHHHIIIHH")
SIZES_FOLLOW = 0x08  # flag: the sizes stand behind the part
ENCRYPTED = 0x01


@dataclass(frozen=True, slots=True)
class Container:
    """names: of the parts, in their order.  faults: why it must not be opened; empty when it may."""

    names: Sequence[str]
    faults: tuple[FieldFault, ...] = ()


def is_container_at_the_end(stream: BinaryIO, size: int) -> bool:
    """Whether the content ends as a ZIP does, exactly. A picture or PDF that does is two things at once."""
    start = max(0, size - END_SIZE - LONGEST_COMMENT)
    stream.seek(start)
    tail = stream.read(END_SIZE + LONGEST_COMMENT)
    at = tail.rfind(END_OF_LIST)
    if at < 0 or at + END_SIZE > len(tail):
        return False
    comment = int.from_bytes(tail[at + 20 : at + 22], "little")
    return at + END_SIZE + comment == len(tail)


def read_container(stream: BinaryIO, size: int) -> Container:
    """The parts of a ZIP, and what is wrong with it. Reads the list of parts (at most 4 MiB) and 30 bytes before each part."""
    stream.seek(max(0, size - END_SIZE - LONGEST_COMMENT))
    tail = stream.read(END_SIZE + LONGEST_COMMENT)
    at = tail.rfind(END_OF_LIST)
    if at < 0 or at + END_SIZE > len(tail):
        return Container((), (_broken(),))
    parts, list_size = struct.unpack_from("<HI", tail, at + 10)
    # The list of an archive beyond 4 GiB stands elsewhere, and could be of any length: no document needs one.
    if list_size > LARGEST_LIST or parts > MOST_PARTS or tail[max(0, at - 20) :].startswith(LARGE_LIST):
        return Container((), (_bomb(),))
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, OSError, ValueError):
        return Container((), (_broken(),))
    return Container([one.filename for one in listed], tuple(_faults(stream, size, listed)))


def _faults(stream: BinaryIO, size: int, listed: Sequence[zipfile.ZipInfo]) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if any(one.flag_bits & ENCRYPTED for one in listed):
        message = msgid("The file is protected by a password. Save it without one.")
        faults.append(FieldFault("", "file-encrypted", message))
    if any(_leads_outside(one.filename) for one in listed):
        faults.append(_broken())
    unpacked = sum(one.file_size for one in listed)
    if (
        len(listed) > MOST_PARTS
        or unpacked > LARGEST_UNPACKED
        or unpacked > max(SPARED_UNPACKED, MOST_TIMES * size)
        or _lies(stream, size, listed)
    ):
        faults.append(_bomb())
    return faults


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or parts[0].endswith(":")


def _lies(stream: BinaryIO, size: int, listed: Sequence[zipfile.ZipInfo]) -> bool:
    """Whether parts lie over each other, reach beyond the file, or say other sizes before the part than in the list."""
    end = 0
    for one in sorted(listed, key=lambda part: part.header_offset):
        if one.header_offset < end:
            return True
        stream.seek(one.header_offset)
        head = stream.read(LOCAL.size)
        if len(head) < LOCAL.size:
            return True
        mark, _version, flags, _method, _time, _date, _crc, packed, unpacked, name, extra = LOCAL.unpack(head)
        if mark != b"PK\x03\x04":
            return True
        if not flags & SIZES_FOLLOW and (packed, unpacked) != (one.compress_size, one.file_size):
            return True
        end = one.header_offset + LOCAL.size + name + extra + one.compress_size
    return end > size


def _broken() -> FieldFault:
    return FieldFault(
        "",
        "file-broken",
        msgid("The file is damaged or not whole. Open it on your computer, save it anew and send that."),
    )


def _bomb() -> FieldFault:
    message = msgid("The file would grow beyond all measure when it is opened. It cannot be taken.")
    return FieldFault("", "file-bomb", message)
