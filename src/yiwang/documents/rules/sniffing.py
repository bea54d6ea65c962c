"""What a content is: by its own first bytes, with `puremagic` as a second opinion, never by what it is called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

import puremagic

from yiwang.catalog.values import FILE_FORMATS
from yiwang.documents.rules.pictures import MOST_PIXELS, picture_size
from yiwang.documents.rules.zips import is_container_at_the_end, read_container
from yiwang.kernel.errors import FieldFault, msgid
from yiwang.kernel.typed import one_line

__all__ = ["Sniffed", "clean_name", "faults_of", "sniff"]

HEAD = 4096
LONGEST_NAME = 200
ANYTHING = {"", "application/octet-stream", "binary/octet-stream"}
SIGNATURES = {"pdf": b"%PDF-", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "zip": b"PK\x03\x04"}
SECOND_OPINION = {
    "pdf": {".pdf"},
    "jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "png": {".png"},
    "zip": {".zip", ".docx"},
}
PARTS = {"docx": ("[Content_Types].xml", "word/document.xml"), "ofd": ("OFD.xml",)}
"""Parts by which a container is known. [ISO/IEC 29500-2; GB/T 33190 7.1]"""
MACROS = "word/vbaProject.bin"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """format: a key of `FILE_FORMATS`, empty when it is none of them.  called: what it seems to be, for people.  faults: of the content."""

    format: str
    called: str
    faults: tuple[FieldFault, ...] = ()


def clean_name(given: str) -> str:
    """The name as it is kept: without folders, control characters and marks that turn the reading direction; the end is kept."""
    name = one_line("".join(sign for sign in given.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())) or ""
    suffix = PurePath(name).suffix[:20]
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - len(suffix)].rstrip() + suffix


def sniff(stream: BinaryIO, size: int) -> Sniffed:
    """What the content is. Reads a few kilobytes, and of a container its list of parts; unpacks nothing."""
    stream.seek(0)
    head = stream.read(HEAD)
    known = next((one for one, signature in SIGNATURES.items() if head.startswith(signature)), "")
    opinion = _opinion(head)
    if not known or not SECOND_OPINION[known] & set(opinion):
        return Sniffed("", _called(opinion))
    if known == "zip":
        return _container(stream, size)
    faults: list[FieldFault] = []
    if is_container_at_the_end(stream, size):
        message = msgid("The file is two things at once: it begins as {format} and ends as a ZIP archive.")
        faults.append(FieldFault("", "file-two-things", message, {"format": FILE_FORMATS[known].title}))
    if known in {"jpeg", "png"}:
        faults += _picture(stream, known)
    return Sniffed(known, FILE_FORMATS[known].title, tuple(faults))


def _opinion(head: bytes) -> list[str]:
    try:
        return [str(one.extension) for one in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):  # an unknown content, an empty one
        return []


def _called(opinion: list[str]) -> str:
    return opinion[0].removeprefix(".").upper() if opinion else ""


def _container(stream: BinaryIO, size: int) -> Sniffed:
    inside = read_container(stream, size)
    names = set(inside.names)
    format = next((one for one, parts in PARTS.items() if names.issuperset(parts)), "")
    faults = list(inside.faults)
    if format == "docx" and MACROS in names:
        faults.append(
            FieldFault("", "file-macros", msgid("The document holds macros. Save it without macros, as DOCX."))
        )
    return Sniffed(format, FILE_FORMATS[format].title if format else "ZIP", tuple(faults))


def _picture(stream: BinaryIO, format: str) -> list[FieldFault]:
    size = picture_size(stream, format)
    if size is None:
        message = msgid("The file is damaged or not whole. Open it on your computer, save it anew and send that.")
        return [FieldFault("", "file-broken", message)]
    if size[0] * size[1] > MOST_PIXELS:
        message = msgid("The picture has {width} × {height} points, more than {most} million. Save it smaller.")
        params = {"width": size[0], "height": size[1], "most": MOST_PIXELS // 1_000_000}
        return [FieldFault("", "file-bomb", message, params)]
    return []


def faults_of(found: Sniffed, name: str, declared: str, allowed: Collection[str]) -> list[FieldFault]:
    """Everything that is wrong with a content that came as `name` and was declared as the media type `declared`.

    allowed: keys of `FILE_FORMATS`.
    """
    wanted = ", ".join(FILE_FORMATS[one].title for one in FILE_FORMATS if one in allowed)
    if not found.format:
        if found.called:
            message = msgid("{name} is a file of the kind {called}, whatever it is called. Taken are: {wanted}.")
        else:
            message = msgid("What {name} holds is not known. Taken are: {wanted}.")
        params = {"name": name, "called": found.called, "wanted": wanted}
        return [FieldFault("", "file-type-not-taken", message, params), *found.faults]
    faults = list(found.faults)
    format = FILE_FORMATS[found.format]
    if found.format not in allowed:
        message = msgid("{name} is a {called} file. Taken are: {wanted}.")
        params = {"name": name, "called": found.called, "wanted": wanted}
        faults.append(FieldFault("", "file-type-not-taken", message, params))
    suffix = PurePath(name).suffix.lower()
    if suffix not in format.extensions:
        message = msgid("{name} is a {called} file; its name must end in {extension}.")
        params = {"name": name, "called": found.called, "extension": format.extensions[0]}
        faults.append(FieldFault("", "file-name", message, params))
    said = declared.partition(";")[0].strip().lower()
    if said not in {format.media_type, *format.also, *ANYTHING}:
        message = msgid("{name} is a {called} file and was sent as {declared}.")
        params = {"name": name, "called": found.called, "declared": said[:100]}
        faults.append(FieldFault("", "file-declared-otherwise", message, params))
    return faults
