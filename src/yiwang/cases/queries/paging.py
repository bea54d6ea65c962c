"""Where a list goes on: signed cursors of this installation."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.encoding import force_bytes

from yiwang.kernel import cursors
from yiwang.kernel.cursors import CursorValue

__all__ = ["after", "following", "page_size"]

LARGEST_PAGE = 200


def page_size(limit: int) -> int:
    """How many rows a page has: what was asked for, within bounds."""
    return max(1, min(limit, LARGEST_PAGE))


def after(cursor: str, scope: str) -> list[CursorValue]:
    """The sort key of the last row shown. Raises Invalid for a cursor that we did not make for this list and reader."""
    return cursors.decode(cursor, force_bytes(settings.SECRET_KEY), scope=scope)


def following(key: Sequence[CursorValue], scope: str) -> str:
    """The cursor of the page after the row with this sort key."""
    return cursors.encode(key, force_bytes(settings.SECRET_KEY), scope=scope)
