"""Fill the `{placeholders}` of a declared text. Not `str.format`: a text from a pack must not reach into objects."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

__all__ = ["fill", "unknown_placeholders"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Put facts in place of their placeholders; an absent fact leaves nothing, a line that it leaves empty goes."""
    lines: list[str] = []
    for line in text.splitlines():
        filled = _PLACEHOLDER.sub(lambda match: facts.get(match[1], ""), line)
        names = _PLACEHOLDER.findall(line)
        if not names or any(facts.get(name) for name in names):
            lines.append(filled)
    return "\n".join(lines).strip()


def unknown_placeholders(text: str, known: Collection[str]) -> list[str]:
    """Placeholders that nothing fills, in order."""
    return [name for name in _PLACEHOLDER.findall(text) if name not in known]
