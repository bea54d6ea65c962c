"""The JSON Schema of every kind of declaration, for editors."""

from __future__ import annotations

import json
from typing import Any

from yiwang.kernel.kinds import Body, all_kinds
from yiwang.packs.values import PACK, PackBody

__all__ = ["schemas"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """File name → JSON Schema (2020-12) as text, for each kind and for `pack.yaml`. Stable, so that a test can see that it is fresh."""
    found = {PACK: _schema(PACK, "pack.yaml", PackBody)}
    for kind in all_kinds():
        where = " or ".join(f"{kind.folder}/<id>{suffix}" for suffix in kind.suffixes)
        found[kind.name] = _schema(kind.name, where, kind.schema)
    return {f"{name}.json": text for name, text in sorted(found.items())}


def _schema(name: str, where: str, body: type[Body]) -> str:
    shape: dict[str, Any] = {"$schema": DIALECT, "$id": f"{name}.json", **body.model_json_schema(by_alias=True)}
    shape["title"] = f"{name}: {where}"
    if name != PACK:
        shape["properties"]["kind"] = {"const": name, "type": "string"}
    return json.dumps(shape, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
