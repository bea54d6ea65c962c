"""What has been read so far: the state that the steps of reading share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yiwang.kernel.kinds import Body, Declaration, DeclarationFault, Kind
from yiwang.packs.rules.reading import Document

__all__ = ["MANIFEST", "QUALITY", "File", "Name", "Shelf"]

MANIFEST = "pack.yaml"
QUALITY = "quality.yaml"

Name = tuple[str, str]  # kind, id


@dataclass
class File:
    """A declaration on the way from bytes to a checked body. value: completed from what it extends."""

    kind: Kind
    id: str
    pack: str
    path: Path
    content: bytes
    document: Document
    value: dict[str, Any] = field(default_factory=dict)


@dataclass
class Shelf:
    """Everything read, by pack or by name.

    pages: files of a pack that belong to no declaration.  loose: files beside declarations, for these to name.
    broken: names whose files have faults; misnamed: ids that stand in files of other names. Who uses these is not told that they are
    unknown as well.
    """

    faults: list[DeclarationFault] = field(default_factory=list)
    files: dict[Name, File] = field(default_factory=dict)
    packs: dict[str, Declaration] = field(default_factory=dict)
    pages: dict[str, dict[str, bytes]] = field(default_factory=dict)
    loose: dict[str, dict[Path, bytes]] = field(default_factory=dict)
    samples: dict[str, dict[str, bytes]] = field(default_factory=dict)
    bodies: dict[Name, Body] = field(default_factory=dict)
    broken: set[Name] = field(default_factory=set)
    misnamed: set[Name] = field(default_factory=set)

    def fault(self, path: Path, line: int, message: str, advice: str) -> None:
        """Note one fault."""
        self.faults.append(DeclarationFault(path, line, message, advice))

    def mapping(self, shown: Path, document: Document) -> dict[str, Any] | None:
        """The document's keys and values, or None with its faults noted."""
        for one in document.faults:
            self.fault(shown, one.line, one.message, one.advice)
        if document.faults:
            return None
        if not isinstance(document.value, dict):
            what = "The file is empty." if document.value is None else "The file does not begin with keys."
            self.fault(shown, 1, what, "Write `key: value` lines.")
            return None
        return document.value

    def ids(self, kind: str) -> Mapping[str, None]:
        """Every id of a kind that some file bears, whether it can be understood or not."""
        return dict.fromkeys(id for of, id in (*self.files, *self.broken) if of == kind)
