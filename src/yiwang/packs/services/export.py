"""`export`: the files of a release, as they were applied."""

from __future__ import annotations

from pathlib import Path

from yiwang.acts.queries import definition_files, definition_source
from yiwang.kernel.kinds import all_kinds
from yiwang.packs.values import PACK

__all__ = ["export"]


def export(folder: Path, release: int | None = None) -> int:
    """Write every pack of `release` (default: the one in force) below `folder`, byte for byte; return how many files.

    Changes nothing in the city. Existing files of the same names are overwritten; others are left alone.
    """
    folders = {kind.name: kind.folder for kind in all_kinds()} | {PACK: ""}
    files = definition_files(release)
    for kind, name, pack, file in files:
        target = folder / pack / folders[kind] / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(definition_source(kind, name, file, release))
    return len(files)
