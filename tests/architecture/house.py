"""What the architecture tests know of the house: its floors, read from where they are written."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "yiwang"

DOORS = {"services", "queries", "values", "events", "registry"}
"""The rooms of an engine that another engine may enter (DESIGN: the house)."""

PLAIN_FLOORS = {"kernel", "launch"}
OPEN_FLOORS = PLAIN_FLOORS | {"forms"}
"""Floors without rooms: whoever stands above them may enter everywhere (docs/adr/0003)."""


@cache
def floors() -> dict[str, int]:
    """Floor → height, the highest number at the top, from the import-linter contract in pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["name"] == "Floors of the house")
    return {
        name.strip(): height
        for height, layer in enumerate(reversed(layers))
        for name in layer.replace("|", " ").split()
    }


def engine_of(module: str) -> str:
    """`yiwang.cases.services.submit` → `cases`; the wiring beside the floors is its own name."""
    return module.split(".")[1] if "." in module else ""


def room_of(module: str) -> str:
    """`yiwang.cases.services.submit` → `services`; empty for the package itself."""
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else ""


@cache
def import_graph() -> grimp.ImportGraph:
    """Every import of the package, those for type checking alone left out."""
    return grimp.build_graph("yiwang", exclude_type_checking_imports=True)
