"""What the kinds of the catalogue share: ids, titles, and how a fault is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from yiwang.kernel.kinds import Declaration, DeclarationFault

__all__ = ["DottedId", "KebabId", "Part", "Title", "fault"]

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


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def fault(one: Declaration, pointer: str, message: str, advice: str) -> DeclarationFault:
    return DeclarationFault(one.path, one.line(pointer), message, advice)
