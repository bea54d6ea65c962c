"""Reading packs from folders: every file, every declaration, every fault at once. No database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from yiwang.kernel.kinds import City, Declaration
from yiwang.packs.queries.bodies import declare
from yiwang.packs.queries.files import read_files
from yiwang.packs.queries.manifests import read_manifests
from yiwang.packs.queries.names import check_names
from yiwang.packs.queries.shelf import MANIFEST, Shelf
from yiwang.packs.values import PACK, Reading

__all__ = ["read_city"]


def read_city(folders: Sequence[Path], *, only: str | None = None) -> Reading:
    """Read every pack in `folders` and check all of them together.

    only: id of one pack; the city is then that pack and those that it depends on, and the others are not looked at.
    Faults are sorted by file and line; a fault never hides another file's.
    """
    shelf = Shelf()
    roots = read_manifests(shelf, folders, only)
    for id, root in roots.items():
        read_files(shelf, id, root)
    declarations = declare(shelf)
    packs = {
        id: Declaration(PACK, id, id, Path(id, MANIFEST), one.body, one.lines, shelf.pages[id])
        for id, one in shelf.packs.items()
        if id in roots
    }
    check_names(shelf, declarations)
    faults = sorted(set(shelf.faults), key=lambda one: (str(one.path), one.line, one.message))
    return Reading(City([*packs.values(), *declarations]), packs, shelf.samples, tuple(faults))
