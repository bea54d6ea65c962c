"""Keep a content: on the disk, for good, before any row names it."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from django.db import connection, transaction

from yiwang.documents.models import File
from yiwang.documents.queries import files_folder, path_of
from yiwang.documents.values import FileRef, FileTooLarge, StorageFull
from yiwang.kernel import failpoints
from yiwang.kernel.errors import Invalid, msgid
from yiwang.kernel.time import now

__all__ = ["Incoming", "incoming", "lock_content", "name_content", "no_room", "store"]

CHUNK = 1 << 20
LARGEST_BYTES = 200 << 20
INCOMING = "incoming-"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A content on the disk that has no name yet.  digest: SHA-256, hex.  size: bytes."""

    path: Path
    digest: str
    size: int


def store(stream: BinaryIO, *, media_type: str, largest_bytes: int = LARGEST_BYTES) -> FileRef:
    """Keep a file of the platform's own making and return what rows name it by. The same content is kept once.

    Reads in pieces of 1 MiB, so that memory does not grow with the file. The content and its folder entry are synced to the disk before
    this returns; a crash in between leaves a nameless file that nobody refers to.
    Raises FileTooLarge (413) beyond `largest_bytes`, StorageFull (507); nothing is left behind then. Raises Invalid for a media type
    that is none. What people hand in comes through `receive`.
    """
    if media_type.count("/") != 1 or not media_type.isascii() or len(media_type) > 127:
        raise Invalid(msgid("The kind of the file is not known."))
    with incoming(stream, largest_bytes) as content, transaction.atomic():
        file = name_content(content, media_type)
        if not file.is_ours:
            file.is_ours = True
            file.save(update_fields=["is_ours"])
    return FileRef(content.digest, content.size, file.media_type)


@contextmanager
def incoming(stream: IO[bytes], largest_bytes: int) -> Iterator[Incoming]:
    """The content of `stream` on the disk, synced, for the time of the block; `name_content` makes it stay."""
    with no_room():
        folder = files_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=INCOMING)
    temporary = Path(name)
    try:
        with no_room(), os.fdopen(handle, "wb") as target:
            digest, size = _copy(stream, target, largest_bytes)
        failpoints.reach("documents.after-content")
        yield Incoming(temporary, digest, size)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def no_room() -> Iterator[None]:
    """A disk, a quota of the disk or a size limit that is full is a fault that people can act on."""
    try:
        yield
    except OSError as fault:
        if fault.errno in NO_ROOM:
            raise StorageFull from fault
        raise


def _copy(stream: IO[bytes], target: BinaryIO, largest_bytes: int) -> tuple[str, int]:
    summer, size = hashlib.sha256(), 0
    while piece := stream.read(CHUNK):
        size += len(piece)
        if size > largest_bytes:
            raise FileTooLarge(
                msgid("A file may have at most {largest} MB here."), largest=f"{largest_bytes / (1 << 20):.3g}"
            )
        summer.update(piece)
        target.write(piece)
    target.flush()
    os.fsync(target.fileno())
    return summer.hexdigest(), size


def name_content(content: Incoming, media_type: str) -> File:
    """Give the content its name and its row, within the caller's transaction. The name is there before the row."""
    lock_content(content.digest)
    with no_room():
        _put(content.path, path_of(content.digest))
    failpoints.reach("documents.before-row")
    file, _made = File.objects.get_or_create(
        digest=bytes.fromhex(content.digest),
        defaults={"size": content.size, "media_type": media_type, "stored_at": now()},
    )
    return file


def lock_content(digest: str) -> None:
    """Until the end of the transaction, nobody else names or discards this content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('documents.content'), hashtext(%s))", [digest])


def _put(temporary: Path, place: Path) -> None:
    """Renaming is atomic: whoever sees the name sees the whole content."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.exists():
        temporary.replace(place)
    for folder in (place.parent, place.parent.parent):
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
