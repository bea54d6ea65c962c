"""What the wiring and higher floors tell this engine: where files and fonts stand and people find us, how much is taken, who may open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.documents.values import Limits

__all__ = [
    "MayOpen",
    "Scan",
    "file_owners",
    "find_fonts_in",
    "folder",
    "fonts",
    "keep_files_in",
    "limits",
    "public_address",
    "register_file_owner",
    "register_scanner",
    "scanners",
    "verify_at",
]

Scan = Callable[[BinaryIO], str]
"""Looks at a whole content, from its beginning; returns the name of what it found, empty for nothing. Raises ScannerAway."""

MayOpen = Callable[[Actor, UUID], bool]
"""Whether an actor may open the files of the thing with this id."""

_folder: Callable[[], Path] | None = None
_fonts: Callable[[], Path] | None = None
_address: Callable[[], str] | None = None
_limits: Callable[[], Limits] | None = None
_scanners: dict[str, Callable[[], Scan | None]] = {}
_owners: dict[str, MayOpen] = {}


def keep_files_in(place: Callable[[], Path], most: Callable[[], Limits]) -> None:
    """Keep files in the folder that `place` names when it is asked, and take no more than `most` says."""
    global _folder, _limits
    _folder, _limits = place, most


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


def limits() -> Limits:
    """How much people may hand in. Raises RuntimeError before it is told."""
    if _limits is None:
        raise RuntimeError("Nobody has said how much may be handed in.")
    return _limits()


def register_scanner(name: str, scanner: Callable[[], Scan | None]) -> None:
    """Have every file that is handed in looked at before it is kept. All scanners are asked; one that is away stops the file.

    scanner: gives it when it is asked for; None when the installation does not use it.
    """
    if _scanners.get(name, scanner) is not scanner:
        raise ValueError(f"The scanner {name} is already registered.")
    _scanners[name] = scanner


def scanners() -> Mapping[str, Scan]:
    """Every scanner in use, by name; none means that files are not scanned."""
    found = {name: scanner() for name, scanner in _scanners.items()}
    return {name: scan for name, scan in found.items() if scan is not None}


def register_file_owner(name: str, may_open: MayOpen) -> None:
    """Let things of the kind `name` (such as `case`) have files: who may open these is asked of `may_open`."""
    if _owners.get(name, may_open) is not may_open:
        raise ValueError(f"Files of the kind {name} have an owner already.")
    _owners[name] = may_open


def file_owners() -> Mapping[str, MayOpen]:
    """Who may open the files of each kind of thing."""
    return _owners
