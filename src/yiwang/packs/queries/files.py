"""The files of a pack: which may stand where, and what each says before anybody checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from yiwang.kernel.kinds import Body, Kind, all_kinds, did_you_mean, kind_named
from yiwang.kernel.samples import all_sample_aids, all_sample_loaders
from yiwang.packs.queries.shelf import MANIFEST, QUALITY, File, Shelf
from yiwang.packs.rules.reading import Document, read_yaml
from yiwang.packs.rules.telling import tell
from yiwang.packs.values import QualityRule

__all__ = ["read_files"]

PAGES = (MANIFEST, QUALITY, "README.md")
SAMPLE = "sample"
LARGEST_SOURCE = 64 << 20
PROGRAMS = {".py", ".pyc", ".sh", ".js", ".ts", ".sql", ".rb", ".pl", ".exe", ".so", ".jar", ".class", ".lua", ".wasm"}


def read_files(shelf: Shelf, pack: str, root: Path) -> None:
    """Read every file of a pack onto the shelf."""
    shelf.pages[pack], shelf.samples[pack], shelf.loose[pack] = {}, {}, {}
    folders: dict[str, list[Kind]] = {}
    for kind in all_kinds():
        folders.setdefault(kind.folder, []).append(kind)
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        shown = Path(pack) / inside
        if path.is_symlink():
            shelf.fault(shown, 1, "A pack holds no links.", "Put the file itself here.")
        elif path.is_file():
            _read_file(shelf, pack, path, inside, shown, folders)
    for page in PAGES[1:]:
        if page not in shelf.pages[pack]:
            shelf.fault(
                Path(pack, page),
                1,
                f"The pack has no {page}.",
                "Write one page for the office that uses the pack."
                if page.endswith(".md")
                else "List the rules of quality with `status: done | todo | exempt`.",
            )


def _read_file(
    shelf: Shelf, pack: str, path: Path, inside: Path, shown: Path, folders: Mapping[str, list[Kind]]
) -> None:
    if path.suffix in PROGRAMS:
        shelf.fault(
            shown,
            1,
            "A pack holds no programs.",
            "Delete the file. If the pack needs what no engine can do, the engine grows the ability.",
        )
        return
    if path.stat().st_size > LARGEST_SOURCE:
        shelf.fault(
            shown,
            1,
            f"The file is larger than {LARGEST_SOURCE >> 20} MiB.",
            "Split it, or feed the data through exchange.",
        )
        return
    content = path.read_bytes()
    folder = inside.parts[0]
    if len(inside.parts) == 1 and path.name in PAGES:
        shelf.pages[pack][path.name] = content
        if path.name == QUALITY:
            _check_quality(shelf, shown, content)
    elif len(inside.parts) == 2 and folder in folders:
        kinds = [kind for kind in folders[folder] if path.suffix in kind.suffixes]
        if kinds:
            _read_declaration(shelf, pack, shown, content, kinds)
        elif not _refuse_stray(shelf, inside, shown, content):
            shelf.loose[pack][inside] = content
    elif len(inside.parts) == 2 and folder == SAMPLE:
        _read_sample(shelf, pack, path, shown, content)
    elif not _refuse_stray(shelf, inside, shown, content):
        _refuse_file(shelf, inside, shown, [*folders, SAMPLE])


def _refuse_file(shelf: Shelf, inside: Path, shown: Path, folders: Sequence[str]) -> None:
    """Refuse a file for which a pack has no place."""
    if len(inside.parts) == 1:
        shelf.fault(
            shown,
            1,
            f"`{inside.name}` is no file of a pack.",
            f"A pack has {', '.join(PAGES)} and folders of declarations.",
        )
    else:
        shelf.fault(
            shown,
            1,
            f"No kind of declaration stands in `{'/'.join(inside.parts[:-1])}/`.",
            did_you_mean(inside.parts[0], folders),
        )


def _refuse_stray(shelf: Shelf, inside: Path, shown: Path, content: bytes) -> bool:
    """Say where a declaration belongs that stands where none of its kind does; no if it is none. Who names it is told nothing more."""
    kind = _kind_of_stray(inside, content)
    if kind is None:
        return False
    where = f"in the folder `{'/'.join(inside.parts[:-1])}`" if len(inside.parts) > 1 else "beside the folders"
    shelf.fault(shown, 1, f"A declaration of the kind `{kind.name}` stands {where}.", f"Move it to `{kind.folder}/`.")
    shelf.broken.add((kind.name, shown.stem))
    return True


def _kind_of_stray(path: Path, content: bytes) -> Kind | None:
    """The kind of a declaration, by what it says of itself or by its suffix."""
    if path.suffix == ".yaml":
        value = read_yaml(content).value
        given = value.get("kind") if isinstance(value, dict) else None
        return kind_named(given) if isinstance(given, str) else None
    return next((kind for kind in all_kinds() if path.suffix in kind.suffixes), None)


def _read_sample(shelf: Shelf, pack: str, path: Path, shown: Path, content: bytes) -> None:
    loaders = {one.name for one in all_sample_loaders()} | all_sample_aids()
    if path.suffix not in {".csv", ".yaml"} or path.stem not in loaders:
        shelf.fault(shown, 1, f"Nobody loads a sample called `{path.name}`.", did_you_mean(path.stem, loaders))
        return
    shelf.samples[pack][path.name] = content
    shelf.pages[pack][f"{SAMPLE}/{path.name}"] = content


def _check_quality(shelf: Shelf, shown: Path, content: bytes) -> None:
    document = read_yaml(content)
    value = shelf.mapping(shown, document)
    for rule, given in (value or {}).items():
        here = Document(
            given,
            {
                k.removeprefix(f"{rule}/").removeprefix(rule): v
                for k, v in document.lines.items()
                if k == rule or k.startswith(f"{rule}/")
            },
        )
        try:
            quality = QualityRule.model_validate(given)
        except ValidationError as error:
            for fault in tell(error, Body, shown, here):
                shelf.fault(
                    shown,
                    fault.line,
                    f"Rule `{rule}`: {fault.message}",
                    "Write `{status: done | todo | exempt, comment: …}`.",
                )
            continue
        if quality.status == "exempt" and not quality.comment:
            shelf.fault(
                shown,
                document.lines.get(rule, 1),
                f"The rule `{rule}` is exempt without a reason.",
                "Say in `comment` why it need not be kept.",
            )


def _read_declaration(shelf: Shelf, pack: str, shown: Path, content: bytes, kinds: Sequence[Kind]) -> None:
    kind, id = kinds[0], shown.stem
    if shown.suffix == ".yaml":
        document = read_yaml(content)
        value = shelf.mapping(shown, document)
        if value is not None:
            named = _kind_of(shelf, shown, document, value, kinds)
            if named is None:
                value = None
            else:
                kind = named
    else:
        document, value = _foreign(shelf, kind, shown, content)
    if value is None:
        shelf.broken.add((kind.name, id))
        return
    if value.get("id", id) != id:
        shelf.fault(
            shown,
            document.lines.get("id", 1),
            f"The file is called `{id}` and declares `{value['id']}`.",
            f"Write `id: {id}`, or rename the file.",
        )
        shelf.misnamed.add((kind.name, str(value["id"])))
    name = (kind.name, id)
    if known := shelf.files.get(name):
        shelf.fault(
            shown,
            document.lines.get("id", 1),
            f"The {kind.name} `{id}` is also declared in {known.path}.",
            "Keep one; others name it, or give this one an id of its own.",
        )
        return
    shelf.files[name] = File(kind, id, pack, shown, content, document, value)


def _kind_of(
    shelf: Shelf, shown: Path, document: Document, value: Mapping[str, Any], kinds: Sequence[Kind]
) -> Kind | None:
    names = [kind.name for kind in kinds]
    given = value.get("kind")
    if given in names:
        return kinds[names.index(given)]
    line = document.lines.get("kind", 1)
    if given is None:
        shelf.fault(shown, line, "`kind` is missing.", f"Begin the file with `kind: {names[0]}`.")
    elif isinstance(given, str) and (other := kind_named(given)):
        shelf.fault(
            shown,
            line,
            f"A declaration of the kind `{given}` stands in the folder `{shown.parts[1]}`.",
            f"Move it to `{other.folder}/`.",
        )
        shelf.broken.add((other.name, shown.stem))
    else:
        shelf.fault(
            shown,
            line,
            f"There is no kind `{given}`.",
            f"Files of `{shown.parts[1]}/` are of the kind `{names[0]}`.",
        )
    return None


def _foreign(shelf: Shelf, kind: Kind, shown: Path, content: bytes) -> tuple[Document, dict[str, Any] | None]:
    try:
        value = dict(kind.read(shown, content))
    except ValueError as error:
        line = getattr(error, "lineno", None) or getattr(error, "line", None) or 1
        message, _, advice = str(error).partition(" → ")
        shelf.fault(shown, int(line), message, advice or "Save it again with a program that writes this format.")
        return Document(None), None
    return Document(value), value
