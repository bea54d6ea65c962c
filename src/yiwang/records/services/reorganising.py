"""What of records goes with a unit: the doubts that it has not answered. Records stay where they were written (`identity` reaches them)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.identity.registry import KeptRows
from yiwang.identity.values import Moving
from yiwang.kernel.errors import msgid
from yiwang.records.models import OPEN, Discrepancy

__all__ = ["Doubts"]


class Doubts(KeptRows):
    """Open discrepancies at the unit. Of a split they stay: who has the duty reaches them."""

    kind = "discrepancy"
    title = msgid("Doubts that wait for an answer")
    order = 30
    why_not_back = msgid("It was answered or withdrawn since.")
    model = Discrepancy
    stands = Q(state__in=OPEN)

    def rows(self, moving: Moving) -> QuerySet[Discrepancy]:
        """What goes."""
        rows = Discrepancy.objects.filter(unit_id__in=moving.sources, state__in=OPEN)
        return rows if moving.whole else rows.none()

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Discrepancy.objects.filter(id__in=ids).values_list("id", "case_number"))
