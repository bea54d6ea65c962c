"""Where pictures of pages lie: among all other files of the city, by the digest of their content."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

from yiwang.kernel.errors import NotFound

__all__ = ["MEDIA_TYPES", "PictureStorage", "open_picture"]

MEDIA_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
"""Pictures that every browser shows and that hold no program."""


@deconstructible
class PictureStorage(Storage):
    """Django's storage over `documents`. A name is a digest with an ending, so one content is kept once and never changes.

    Nothing is deleted: another picture, or an older text of a page, may have the same content. It asks `documents` within its methods:
    it is made while models are loaded.
    """

    def _save(self, name: str, content: Any) -> str:
        from yiwang.documents.services import store

        ending = PurePosixPath(name).suffix.lower()
        if ending not in MEDIA_TYPES:
            raise ValueError(f"{ending} is no ending of a picture.")
        content.seek(0)
        kept = store(content, media_type=MEDIA_TYPES[ending])
        if isinstance(drawn := content.file, SpooledTemporaryFile):  # Wagtail has drawn it for this and closes nothing
            drawn.seek(0)
            content.file = io.BytesIO(drawn.read())
            drawn.close()
        return kept.digest + ending

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return File(_contents().open_content(PurePosixPath(name).stem), name=name)

    def exists(self, name: str) -> bool:
        """Whether the name is taken: never, since `_save` gives another."""
        return False

    def size(self, name: str) -> int:
        """Bytes. Raises NotFound."""
        size: int = _contents().stored(PurePosixPath(name).stem).size
        return size

    def url(self, name: str | None) -> str:
        """Where everybody finds it."""
        return f"/pictures/{name}"

    def delete(self, name: str) -> None:
        """Leave the content where it is."""


def open_picture(name: str) -> tuple[IO[bytes], str]:
    """The content and its media type. Raises NotFound."""
    path = PurePosixPath(name)
    media_type = MEDIA_TYPES.get(path.suffix)
    if media_type is None or len(path.stem) != 64:
        raise NotFound
    try:
        return _contents().open_content(path.stem), media_type
    except ValueError:
        raise NotFound from None


def _contents() -> Any:
    from yiwang.documents import queries

    return queries
