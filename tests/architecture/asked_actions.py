"""Which actions the code asks about, read from the source and not from what it says of itself."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator

from house import SOURCE, engine_of, floors

ACTION = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+")
ASKING = {"unit_scope", "in_scope", "posts_reaching", "require", "why", "allows"}
"""What asks about an action; it is the first or the second argument, a text or a constant of the module."""


def asked_for() -> set[str]:
    """Every action that some module above the kernel asks about by its name."""
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        module = f"yiwang.{'.'.join(path.relative_to(SOURCE).with_suffix('').parts)}".removesuffix(".__init__")
        if engine_of(module) in floors() and engine_of(module) not in {"kernel", "launch"}:
            found |= {name for name in _asked_in(module, ast.parse(path.read_text("utf-8"))) if ACTION.fullmatch(name)}
    return found


def _asked_in(module: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for one in node.args[:2] if called in ASKING else ():
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
            elif isinstance(one, ast.Name | ast.Attribute):
                yield from _constant(module, one)


def _constant(module: str, node: ast.Name | ast.Attribute) -> Iterator[str]:
    """The text that a constant in capitals holds, be it the module's own or one of a module that it imports."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    if not name.isupper():
        return
    holder: object = importlib.import_module(module)
    if isinstance(node, ast.Attribute):
        holder = getattr(holder, getattr(node.value, "id", ""), None)
    if isinstance(value := getattr(holder, name, None), str):
        yield value
