"""Which packs there are, and what they depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from yiwang.kernel.kinds import Declaration, did_you_mean
from yiwang.packs.queries.shelf import MANIFEST, Shelf
from yiwang.packs.rules.cycles import find_cycle
from yiwang.packs.rules.reading import read_yaml
from yiwang.packs.rules.telling import tell
from yiwang.packs.values import PACK, PackBody

__all__ = ["read_manifests"]


def read_manifests(shelf: Shelf, folders: Sequence[Path], only: str | None) -> dict[str, Path]:
    """Read every `pack.yaml`; return pack → folder, cut down to `only` and what it needs when that is given."""
    roots = _find_packs(shelf, folders)
    manifests = {id: _read_manifest(shelf, id, root) for id, root in roots.items()}
    if only is not None:
        roots = _needed_by(shelf, only, roots, manifests)
    _check_depends_on(shelf, {id: manifests[id] for id in roots})
    return roots


def _find_packs(shelf: Shelf, folders: Sequence[Path]) -> dict[str, Path]:
    roots: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            shelf.fault(folder, 1, "There is no such folder of packs.", "Correct YIWANG_PACKS_DIRS or `packs_dirs`.")
            continue
        for root in sorted(path for path in folder.iterdir() if path.is_dir()):
            if root.name in roots:
                shelf.fault(
                    Path(root.name),
                    1,
                    f"The pack `{root.name}` stands in two folders: {roots[root.name].parent} and {folder}.",
                    "Keep one of the two.",
                )
            else:
                roots[root.name] = root
    return roots


def _read_manifest(shelf: Shelf, id: str, root: Path) -> PackBody | None:
    path = Path(id, MANIFEST)
    file = root / MANIFEST
    if not file.is_file() or file.is_symlink():
        shelf.fault(
            path,
            1,
            f"The folder `{id}` has no {MANIFEST}.",
            f"Write one with at least `id: {id}`, `title`, `version` and `jurisdiction`.",
        )
        return None
    document = read_yaml(file.read_bytes())
    value = shelf.mapping(path, document)
    if value is None:
        return None
    try:
        body = PackBody.model_validate(value)
    except ValidationError as error:
        shelf.faults += tell(error, PackBody, path, document)
        return None
    if body.id != id:
        shelf.fault(
            path,
            document.lines.get("id", 1),
            f"The pack calls itself `{body.id}` and stands in the folder `{id}`.",
            f"Write `id: {id}`, or rename the folder.",
        )
    shelf.packs[id] = Declaration(PACK, id, id, path, body, document.lines)
    return body


def _needed_by(
    shelf: Shelf, only: str, roots: Mapping[str, Path], manifests: Mapping[str, PackBody | None]
) -> dict[str, Path]:
    if only not in roots:
        shelf.fault(Path(only), 1, f"There is no pack `{only}`.", did_you_mean(only, roots))
        return {}
    needed, waiting = set[str](), [only]
    while waiting:
        id = waiting.pop()
        if id in roots and id not in needed:
            needed.add(id)
            body = manifests[id]
            waiting += body.depends_on if body else ()
    shelf.faults = [one for one in shelf.faults if one.path.parts[0] in needed or one.path.parts[0] not in roots]
    return {id: root for id, root in roots.items() if id in needed}


def _check_depends_on(shelf: Shelf, manifests: Mapping[str, PackBody | None]) -> None:
    graph = {id: body.depends_on for id, body in manifests.items() if body}
    for id, names in graph.items():
        for position, name in enumerate(names):
            if name not in manifests:
                _fault_in_pack(
                    shelf,
                    id,
                    f"depends_on/{position}",
                    f"There is no pack `{name}`.",
                    did_you_mean(name, set(manifests) - {id}),
                )
    if cycle := find_cycle(graph):
        where = shelf.packs[cycle[0]].line(f"depends_on/{graph[cycle[0]].index(cycle[1])}")
        shelf.fault(
            Path(cycle[0], MANIFEST),
            where,
            f"Packs depend on each other in a circle: {' → '.join(cycle)}.",
            "Move what both need into a pack of its own and let both depend on it.",
        )


def _fault_in_pack(shelf: Shelf, id: str, pointer: str, message: str, advice: str) -> None:
    shelf.fault(Path(id, MANIFEST), shelf.packs[id].line(pointer) if id in shelf.packs else 1, message, advice)
