"""A file as rows name it: by the digest of its content."""

from __future__ import annotations

from dataclasses import dataclass

from yiwang.kernel.errors import Fault

__all__ = ["FileRef", "FileTooLarge"]


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file.  digest: SHA-256 of the content, hex.  size: bytes.  media_type: as RFC 6838 says, e.g. `application/pdf`."""

    digest: str
    size: int
    media_type: str


class FileTooLarge(Fault):
    """The file is larger than what may be stored here. `params`: `largest_bytes`."""

    code = "file-too-large"
    status = 413
    title = "The file is too large"
    next_step = "Send a smaller file; your other answers are kept."
