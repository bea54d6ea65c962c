"""Registered reasons for reading: `purposes/*.yaml`."""

from __future__ import annotations

from typing import ClassVar, Literal

from yiwang.catalog.declarations.parts import KebabId
from yiwang.kernel.kinds import Body, Kind

__all__ = ["PurposeBody", "PurposeKind"]


class PurposeBody(Body):
    """A registered reason for reading 用途.

    given_by: `post`, when whoever reads in a post says that it is why; `platform`, when only the platform does, as for who reads his own
    data.
    """

    kind: Literal["purpose"]
    id: KebabId
    law: str = ""
    given_by: Literal["post", "platform"] = "post"


class PurposeKind(Kind):
    """`purposes/*.yaml`."""

    name: ClassVar[str] = "purpose"
    folder: ClassVar[str] = "purposes"
    schema: ClassVar[type[Body]] = PurposeBody
    order: ClassVar[int] = 22
