"""Keep a content: on the disk, for good, before any row names it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from yiwang.documents.models import File
from yiwang.documents.queries import files_folder, path_of
from yiwang.documents.values import FileRef, FileTooLarge
from yiwang.kernel.errors import Invalid, msgid
from yiwang.kernel.time import now

__all__ = ["store"]

CHUNK = 1 << 20
LARGEST_BYTES = 200 << 20


def store(stream: BinaryIO, *, media_type: str, largest_bytes: int = LARGEST_BYTES) -> FileRef:
    """Keep a file and return what rows name it by. The same content is kept once, however often it is stored.

    Reads in pieces of 1 MiB, so that memory does not grow with the file. The content and its folder entry are synced to the disk before
    this returns; a crash in between leaves a nameless file that nobody refers to.
    Raises FileTooLarge (413) beyond `largest_bytes`; nothing is left behind then. Raises Invalid for a media type that is none.
    """
    if media_type.count("/") != 1 or not media_type.isascii() or len(media_type) > 127:
        raise Invalid(msgid("The kind of the file is not known."))
    folder = files_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix="incoming-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            digest, size = _copy(stream, target, largest_bytes)
        _put(temporary, path_of(digest))
    finally:
        temporary.unlink(missing_ok=True)
    File.objects.get_or_create(
        digest=bytes.fromhex(digest), defaults={"size": size, "media_type": media_type, "stored_at": now()}
    )
    return FileRef(digest, size, media_type)


def _copy(stream: BinaryIO, target: BinaryIO, largest_bytes: int) -> tuple[str, int]:
    summer, size = hashlib.sha256(), 0
    while piece := stream.read(CHUNK):
        size += len(piece)
        if size > largest_bytes:
            raise FileTooLarge(largest_bytes=largest_bytes)
        summer.update(piece)
        target.write(piece)
    target.flush()
    os.fsync(target.fileno())
    return summer.hexdigest(), size


def _put(temporary: Path, place: Path) -> None:
    """Give the file its name. Renaming is atomic: whoever sees the name sees the whole content."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.exists():
        temporary.replace(place)
    for folder in (place.parent, place.parent.parent):
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
