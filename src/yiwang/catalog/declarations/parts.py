"""What the kinds of the catalogue share: ids, titles, and how a fault is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

__all__ = ["DottedId", "KebabId", "Title"]

DOTTED = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)+$"
KEBAB = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*([.][a-z][a-z0-9]*(-[a-z0-9]+)*)*$"
DottedId = Annotated[
    str,
    Field(
        pattern=DOTTED, max_length=48, description="small letters, digits and hyphens with a dot, like dwelling.colour"
    ),
]
KebabId = Annotated[str, Field(pattern=KEBAB, max_length=60, description="small letters, digits, hyphens and dots")]
Title = str | dict[str, str]
