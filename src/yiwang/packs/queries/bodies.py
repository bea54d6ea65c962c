"""From files to checked bodies: what they extend, their schema, the files that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from yiwang.kernel.kinds import Body, Declaration, all_kinds, did_you_mean
from yiwang.packs.queries.shelf import File, Name, Shelf
from yiwang.packs.rules.telling import tell

__all__ = ["declare"]


def declare(shelf: Shelf) -> list[Declaration]:
    """Every declaration that can be understood; files beside them that none of them names are faults."""
    found = []
    for name, file in shelf.files.items():
        if body := _body(shelf, name, ()):
            sources = _sources(shelf, file, body)
            found.append(Declaration(file.kind.name, file.id, file.pack, file.path, body, file.document.lines, sources))
        else:
            shelf.broken.add(name)
    _check_loose_files(shelf)
    return found


def _body(shelf: Shelf, name: Name, below: tuple[Name, ...]) -> Body | None:
    """The checked body, completed from what it extends. `below`: those that wait for this one, to see circles."""
    if name in shelf.bodies or name in shelf.broken or name not in shelf.files:
        return shelf.bodies.get(name)
    file = shelf.files[name]
    value, parent = dict(file.value), None
    if isinstance(extended := value.get("extends"), str) and extended:
        above = (file.kind.name, extended)
        line = file.document.lines.get("extends", 1)
        if above in (*below, name):
            shelf.fault(
                file.path, line, f"`{file.id}` extends itself through `{extended}`.", "Let one of them stand alone."
            )
            shelf.broken.add(name)
            return None
        if above not in shelf.files and above not in shelf.broken:
            shelf.fault(
                file.path,
                line,
                f"There is no {file.kind.name} `{extended}` to extend.",
                did_you_mean(extended, [id for id in shelf.ids(file.kind.name) if id != file.id]),
            )
        parent = _body(shelf, above, (*below, name))
        if parent is None:
            shelf.broken.add(name)
            return None
        value = {**shelf.files[above].value, **value}
        shelf.files[name].value = value
    try:
        body = file.kind.schema.model_validate(value)
    except ValidationError as error:
        shelf.faults += tell(error, file.kind.schema, file.path, file.document)
        shelf.broken.add(name)
        return None
    if isinstance(body.title, dict) and "zh-Hans" not in body.title:
        shelf.fault(
            file.path,
            file.document.lines.get("title", 1),
            "The title has no text in zh-Hans.",
            "Write `title: {zh-Hans: …, en: …}`.",
        )
    if parent is not None:
        for pointer, message, advice in file.kind.narrows(parent, body):
            shelf.fault(file.path, file.document.lines.get(pointer, file.document.lines["extends"]), message, advice)
    shelf.bodies[name] = body
    return body


def _sources(shelf: Shelf, file: File, body: Body) -> dict[str, bytes]:
    sources = {file.path.name: file.content}
    loose = shelf.loose[file.pack]
    for name in file.kind.source_names(body):
        inside = Path(file.kind.folder, name)
        if inside in loose:
            sources[name] = loose[inside]
            continue
        line = next(
            (
                file.document.lines[pointer]
                for pointer, value in _texts(file.value)
                if value == name and pointer in file.document.lines
            ),
            1,
        )
        shelf.fault(
            file.path,
            line,
            f"There is no file `{name}` beside this declaration.",
            did_you_mean(name, [path.name for path in loose]),
        )
    return sources


def _check_loose_files(shelf: Shelf) -> None:
    for pack, loose in shelf.loose.items():
        claimed = {
            Path(file.kind.folder, name)
            for key, file in shelf.files.items()
            if file.pack == pack and key in shelf.bodies
            for name in file.kind.source_names(shelf.bodies[key])
        }
        broken_folders = {kind.folder for kind in all_kinds() if any(kind.name == name for name, _ in shelf.broken)}
        for inside in loose:
            if inside not in claimed and inside.parts[0] not in broken_folders:
                kind = next(kind for kind in all_kinds() if kind.folder == inside.parts[0])
                shelf.fault(
                    Path(pack) / inside,
                    1,
                    "No declaration names this file.",
                    f"Name it in a declaration of `{inside.parts[0]}/`, delete it, or give it the suffix {' or '.join(kind.suffixes)}.",
                )


def _texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in below:
        yield from _texts(child, f"{pointer}/{key}" if pointer else str(key))
