"""What is kept, where, and whether it is still there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from yiwang.documents.models import File
from yiwang.documents.registry import folder
from yiwang.documents.values import FileRef
from yiwang.kernel.errors import NotFound

__all__ = ["file", "files_folder", "open_file", "path_of", "system_list_damaged", "system_list_lost"]

CHUNK = 1 << 20


def files_folder() -> Path:
    """The folder that holds all files."""
    return folder()


def path_of(digest: str) -> Path:
    """Where the content with this digest (64 hexadecimal digits) lies; two digits make a folder."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("A digest is 64 hexadecimal digits.")
    return files_folder() / digest[:2] / digest[2:]


def file(digest: str) -> FileRef:
    """What is known of a stored file. Raises NotFound. One query."""
    found = File.objects.filter(digest=bytes.fromhex(digest)).first()
    if found is None:
        raise NotFound("There is no such file.")
    return FileRef(digest, found.size, found.media_type)


def open_file(digest: str) -> BinaryIO:
    """The content, to be read and closed by the caller, who has asked whether the reader may. Raises NotFound."""
    try:
        return path_of(digest).open("rb")
    except FileNotFoundError:
        raise NotFound("There is no such file.") from None


def system_list_lost() -> Iterator[str]:
    """Digests of files that a row names and the folder does not have, or has in another size. One query, one stat for each file."""
    for digest, size in File.objects.values_list("digest", "size").iterator(chunk_size=2_000):
        place = path_of(bytes(digest).hex())
        if not place.is_file() or place.stat().st_size != size:
            yield bytes(digest).hex()


def system_list_damaged() -> Iterator[str]:
    """Digests of files whose content is not what it was. Reads every file."""
    for digest in File.objects.values_list("digest", flat=True).iterator(chunk_size=2_000):
        place = path_of(bytes(digest).hex())
        if place.is_file():
            with place.open("rb") as stream:
                summer = hashlib.sha256()
                while piece := stream.read(CHUNK):
                    summer.update(piece)
            if summer.digest() != bytes(digest):
                yield bytes(digest).hex()
