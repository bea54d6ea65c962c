"""From a schema's complaint to a sentence: what is wrong with a declaration, on which line, and what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from yiwang.kernel.kinds import Body, DeclarationFault, did_you_mean
from yiwang.packs.rules.reading import Document

__all__ = ["tell"]


def tell(error: ValidationError, schema: type[Body], path: Path, document: Document) -> list[DeclarationFault]:
    """Every fault of `error`, in the order of lines; the branches of a union that all fail become one fault."""
    shape = schema.model_json_schema()
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in error.errors(include_url=False):
        groups.setdefault(_pointer(one, document.value), []).append(dict(one))
    found = []
    for pointer, complaints in groups.items():
        if any(other.startswith(f"{pointer}/") for other in groups) and not pointer.endswith("/"):
            continue  # another branch of a union: what is wrong further down says more
        message, advice = _sentence(pointer, complaints, shape, document)
        found.append(DeclarationFault(path, _line(document, pointer), message, advice))
    return sorted(found, key=lambda one: (one.line, one.message))


def _line(document: Document, pointer: str) -> int:
    while pointer and pointer not in document.lines:
        pointer = pointer.rpartition("/")[0]
    return document.lines.get(pointer, 1)


def _pointer(one: Mapping[str, Any], value: Any) -> str:
    """The place in the file; names of union branches, which pydantic puts into its path, are left out."""
    parts: list[str] = []
    location: Sequence[int | str] = one["loc"]
    for position, part in enumerate(location):
        missing_here = one["type"] == "missing" and position == len(location) - 1
        if isinstance(value, Mapping) and (part in value or missing_here):
            parts.append(str(part))
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            parts.append(str(part))
            value = value[part]
    return "/".join(parts)


def _sentence(
    pointer: str, complaints: Sequence[Mapping[str, Any]], shape: Mapping[str, Any], document: Document
) -> tuple[str, str]:
    one = _most_telling(complaints)
    above, _, key = pointer.rpartition("/")
    kind, given = one["type"], one.get("input")
    here = _describe(shape, pointer)
    match kind:
        case "missing":
            return f"`{key}` is missing{_under(above)}.", f"Write `{key}:` {here}".rstrip() + "."
        case "extra_forbidden":
            return f"`{key}` is not known{_under(above)}.", did_you_mean(key, _keys(shape, above))
        case "literal_error" | "enum":
            allowed = _allowed(shape, pointer) or re.findall(r"'([^']*)'", str(one.get("ctx", {}).get("expected", "")))
            return f"`{key}` may not be `{given}`.", did_you_mean(str(given), allowed)
        case "string_type" if given is None:
            return (
                f"`{_name(pointer)}` has no text.",
                "Write one after the colon; in `{…}` a text with a comma or colon goes into quotes.",
            )
        case "string_type" if isinstance(given, bool | int | float):
            raw = document.raw.get(pointer, given)
            return (
                f"`{_name(pointer)}` is a text, but {raw} is read as a number or yes/no.",
                f'Write it in quotes: "{raw}".',
            )
        case "string_pattern_mismatch":
            pattern = str(one["ctx"]["pattern"])
            wanted = _ONE_LENGTH.fullmatch(pattern)
            counted = wanted is not None and len(str(given)) != int(wanted[1])
            said = described if (described := here) not in _WORDS.values() else ""
            return (
                f"`{_name(pointer)}` has {_characters(len(str(given)))}, and {wanted[1]} are wanted: `{given}`."
                if counted and wanted is not None
                else f"`{_name(pointer)}` cannot be `{given}`.",
                f"Write {said or 'characters of the form ' + pattern}.",
            )
        case "value_error" | "assertion_error":
            message, _, advice = str(one.get("ctx", {}).get("error", one["msg"])).partition(" → ")
            return message, advice or "Correct it."
        case "dict_type" | "model_type" | "model_attributes_type":
            return (
                f"`{_name(pointer)}` takes keys and values below it.",
                f"Known: {', '.join(f'`{name}`' for name in sorted(_keys(shape, pointer)))}.",
            )
        case "tuple_type" | "list_type":
            return f"`{_name(pointer)}` is a list.", "Write `[…]` or one line `- …` for each."
    return (
        f"`{_name(pointer)}`: {one['msg']}.",
        f"Write {here}." if here else "Correct it; the kind's JSON Schema says what may stand here.",
    )


def _most_telling(complaints: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    dull = {"string_type": 2, "dict_type": 1, "model_type": 1, "model_attributes_type": 1, "none_required": 3}
    return min(complaints, key=lambda one: dull.get(one["type"], 0) if len(complaints) > 1 else 0)


def _name(pointer: str) -> str:
    """`fields/0/role` → `role`, `tags/3` → `tags/3`: a number alone says nothing."""
    above, _, last = pointer.rpartition("/")
    return f"{above.rpartition('/')[2]}/{last}" if last.isdigit() else last or "the file"


def _under(above: str) -> str:
    return f" in `{_name(above)}`" if above else ""


def _nodes(shape: Mapping[str, Any], pointer: str) -> Iterator[Mapping[str, Any]]:
    """Every part of the JSON Schema that speaks about `pointer`."""
    nodes = list(_opened(shape, shape))
    for part in pointer.split("/") if pointer else []:
        below: list[Mapping[str, Any]] = []
        for node in nodes:
            child = node.get("properties", {}).get(part)
            if child is None and part.isdigit():
                child = node.get("items") or next(iter(node.get("prefixItems", [])), None)
            if child is None and isinstance(node.get("additionalProperties"), Mapping):
                child = node["additionalProperties"]
            if isinstance(child, Mapping):
                below += list(_opened(child, shape))
        nodes = below
    yield from nodes


def _opened(node: Mapping[str, Any], shape: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    if ref := node.get("$ref"):
        yield from _opened(shape["$defs"][ref.rpartition("/")[2]], shape)
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _opened(branch, shape)


def _keys(shape: Mapping[str, Any], pointer: str) -> set[str]:
    return {name for node in _nodes(shape, pointer) for name in node.get("properties", {})}


def _allowed(shape: Mapping[str, Any], pointer: str) -> list[str]:
    found: list[str] = []
    for node in _nodes(shape, pointer):
        found += [str(value) for value in node.get("enum", ())]
        if "const" in node:
            found.append(str(node["const"]))
    return found


def _describe(shape: Mapping[str, Any], pointer: str) -> str:
    if allowed := _allowed(shape, pointer):
        return "one of " + ", ".join(f"`{value}`" for value in allowed)
    for node in _nodes(shape, pointer):
        if "description" in node and node.get("type") not in {"object", "array"}:
            return str(node["description"]).split("\n", 1)[0].rstrip(".")
    types = [_WORDS[node["type"]] for node in _nodes(shape, pointer) if node.get("type") in _WORDS]
    return " or ".join(dict.fromkeys(types))


def _characters(count: int) -> str:
    return f"{count} character{'' if count == 1 else 's'}"


_ONE_LENGTH = re.compile(r"\^(?:\[[^\]]+\]|\\d)\{(\d+)\}\$")
"""A pattern of so many characters of one class."""

_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "keys and values",
}
