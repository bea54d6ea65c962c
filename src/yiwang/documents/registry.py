"""Where files are kept, where fonts stand, where people find us: told once by the wiring, so that this engine reads no settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["find_fonts_in", "folder", "fonts", "keep_files_in", "public_address", "verify_at"]

_folder: Callable[[], Path] | None = None
_fonts: Callable[[], Path] | None = None
_address: Callable[[], str] | None = None


def keep_files_in(place: Callable[[], Path]) -> None:
    """Keep files in the folder that `place` names when it is asked."""
    global _folder
    _folder = place


def folder() -> Path:
    """The folder of files. Raises RuntimeError before it is told."""
    if _folder is None:
        raise RuntimeError("Nobody has said where files are kept.")
    return _folder()


def find_fonts_in(place: Callable[[], Path]) -> None:
    """Take the fonts of documents from the folder that `place` names, and from nowhere else."""
    global _fonts
    _fonts = place


def fonts() -> Path:
    """The folder of fonts. Raises RuntimeError before it is told."""
    if _fonts is None:
        raise RuntimeError("Nobody has said where the fonts of documents stand.")
    return _fonts()


def verify_at(address: Callable[[], str]) -> None:
    """Print into certificates that they are verified at the address that is named when one is issued."""
    global _address
    _address = address


def public_address() -> str:
    """Where the public finds the pages, without a slash at the end. Raises RuntimeError before it is told."""
    if _address is None:
        raise RuntimeError("Nobody has said where the public finds the pages.")
    return _address()
