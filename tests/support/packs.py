"""Packs written by a test, and the owner's hand on the database that applies them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PERSON = """\
kind: subject-kind
id: person
title: 人
natural_person: true
identifiers:
  - {scheme: citizen-id, title: 公民身份号码, checker: citizen-id}
"""
KEEP = "kind: duty\nid: keep\ntitle: 管理\nmay: []\n"
PURPOSE = "kind: purpose\nid: own-data\ntitle: 查看本人信息\n"


def element(id: str, type: str = "text", sensitivity: str = "personal", **more: object) -> str:
    if type == "file":
        more = {"types": "[pdf]", **more}
    lines = [f"kind: element\nid: {id}\ntitle: {{zh-Hans: 信息项 {id}, en: Element {id}}}\ntype: {type}"]
    lines += [f"sensitivity: {sensitivity}", *(f"{key}: {value}" for key, value in more.items())]
    return "\n".join(lines) + "\n"


def resource(id: str, *fields: str, **more: object) -> str:
    """fields: an element's id for a source, else what stands in the braces of a field."""
    lines = [
        f"kind: resource\nid: {id}\ntitle: {{zh-Hans: 资源 {id}, en: Resource {id}}}\nshape: state\nabout: person\nkept_by: keep\nfields:"
    ]
    lines += [f"  - {{{field}}}" if ":" in field else f"  - {{element: {field}, role: source}}" for field in fields]
    lines += ["sharing: {terms: unconditional}", *(f"{key}: {value}" for key, value in more.items())]
    return "\n".join(lines) + "\n"


def write_pack(folder: Path, id: str, files: Mapping[str, str | bytes], *, depends_on: tuple[str, ...] = ()) -> Path:
    """Write a pack with what every pack needs; files that stood there and are not given are deleted."""
    root = folder / id
    manifest = f'kind: pack\nid: {id}\ntitle: {id}\nversion: "1.0"\njurisdiction: "460100"\ndepends_on: [{", ".join(depends_on)}]\n'
    whole: dict[str, str | bytes] = {
        "pack.yaml": manifest,
        "README.md": f"# {id}\n",
        "quality.yaml": "checks: {status: done}\n",
    }
    whole |= files
    for path in sorted(root.rglob("*")) if root.exists() else ():
        if path.is_file() and str(path.relative_to(root)) not in whole:
            path.unlink()
    for name, content in whole.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return root


def trial_files(**more: str) -> dict[str, str | bytes]:
    """A kind of subject, a duty and a purpose, and `more`: folder/id with `__` for `/` is awkward, so give the paths as keys."""
    return {"kinds/person.yaml": PERSON, "duties/keep.yaml": KEEP, "purposes/own-data.yaml": PURPOSE} | dict(more)


@contextmanager
def connected_as(user: str) -> Iterator[None]:
    """Speak to the present database as another role: `yiwang_owner` applies packs, `yiwang_app` is everybody else."""
    from django.db import connections

    settings = connections["default"].settings_dict
    before = settings["USER"]
    connections["default"].close()
    settings["USER"] = connections.settings["default"]["USER"] = user
    try:
        yield
    finally:
        connections["default"].close()
        settings["USER"] = connections.settings["default"]["USER"] = before


def apply_packs(folder: Path) -> int:
    """Apply the packs of `folder` as the owner; return the release's number."""
    from yiwang.acts.values import system
    from yiwang.packs.services import apply

    with connected_as("yiwang_owner"):
        return apply(system("tests"), [folder])
