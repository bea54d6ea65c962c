"""Who answers today for what a unit did, or would have been given to do, before it was merged or split."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from yiwang.identity.models import Post, Succession, UnitMove
from yiwang.identity.values import Moving
from yiwang.kernel.time import now

__all__ = ["reorganised", "system_heir", "system_late_moves"]

LATE = timedelta(days=1)


def system_heir(unit_id: UUID, duty: str = "") -> UUID | None:
    """The open unit that took over the work of this one, or the work of one duty there; None: nobody did. One query.

    A unit that was split goes on: who asks for it by a duty looks first whether it has a post for that still.
    """
    rows = Succession.objects.filter(predecessor_id=unit_id, duty__in={"", duty}, successor__closed_on__isnull=True)
    return rows.order_by("-id").values_list("successor_id", flat=True).first()


def system_late_moves() -> list[Moving]:
    """The reorganisations of the last day once more: for work that an act brought which had looked up who answers before. Few queries.

    Of a split: only by duties for which the old unit has no post.
    """
    rows = Succession.objects.filter(reorganisation__at__gte=now() - LATE, successor__closed_on__isnull=True)
    moves = []
    for unit_id, to, duty, closed in rows.order_by("id").values_list(
        "predecessor_id", "successor_id", "duty", "predecessor__closed_on"
    ):
        if not duty and closed is not None:
            moves.append(Moving(frozenset({unit_id}), to, True))
        elif duty and not Post.objects.filter(unit_id=unit_id, duties__duty=duty, closed_on__isnull=True).exists():
            moves.append(Moving(frozenset({unit_id}), to, False, duties=frozenset({duty})))
    return moves


def reorganised(kind: str) -> frozenset[UUID]:
    """The ids of what of a kind went to another unit with a reorganisation that nobody undid. One query."""
    moves = UnitMove.objects.filter(kind=kind, reorganisation__undone_by__isnull=True)
    return frozenset(moves.exclude(reorganisation__what="undo").values_list("object_id", flat=True))
