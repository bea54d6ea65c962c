"""How far an invented city has been filled."""

from __future__ import annotations

from pathlib import PurePath

from yiwang.acts.values import Actor
from yiwang.identity.queries import require
from yiwang.packs.models import Filling
from yiwang.packs.values import FillingView

__all__ = ["SEE_OPERATIONS", "fillings"]

SEE_OPERATIONS = "operations.see"


def fillings(actor: Actor) -> list[FillingView]:
    """One line for each file, as far as its last filling has got; empty where nothing is filled. Raises NotAllowed. Three queries."""
    require(actor, SEE_OPERATIONS)
    last: dict[tuple[str, str], Filling] = {}
    for one in Filling.objects.order_by("id"):
        last[one.pack, one.file] = one
    return [FillingView(PurePath(one.file).stem, one.done, one.of, one.ended_at is not None) for one in last.values()]
