"""What other engines fill into messages: each names its placeholders in `AppConfig.ready`, so that packs can be checked."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["placeholders", "register_placeholders"]

_placeholders: set[str] = {"case.number", "case.reason", "case.due_on", "case.wanted", "item.title"}


def register_placeholders(names: Iterable[str]) -> None:
    """Add placeholders that some sender fills, such as `thing.title`. A message that is sent by another leaves them empty."""
    _placeholders.update(names)


def placeholders() -> frozenset[str]:
    """Everything that a message may name."""
    return frozenset(_placeholders)
