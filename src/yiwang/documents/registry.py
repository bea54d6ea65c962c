"""Where files are kept: told once by the wiring, so that this engine reads no settings of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["folder", "keep_files_in"]

_folder: Callable[[], Path] | None = None


def keep_files_in(place: Callable[[], Path]) -> None:
    """Keep files in the folder that `place` names when it is asked."""
    global _folder
    _folder = place


def folder() -> Path:
    """The folder of files. Raises RuntimeError before it is told."""
    if _folder is None:
        raise RuntimeError("Nobody has said where files are kept.")
    return _folder()
