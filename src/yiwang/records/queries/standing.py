"""What is disputed of a subject: asked by every reading of facts, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from yiwang.records.models import OPEN, Discrepancy

__all__ = ["disputed_elements", "system_open_discrepancies"]


def disputed_elements(subject_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    """(subject, element) of the facts of these subjects that somebody doubts now. One query along an index."""
    rows = Discrepancy.objects.filter(subject_id__in=list(subject_ids), state__in=OPEN)
    return set(rows.values_list("subject_id", "element"))


def system_open_discrepancies(subject_id: UUID) -> dict[str, list[UUID]]:
    """Element → its open discrepancies of a subject, the oldest first. One query."""
    found: dict[str, list[UUID]] = {}
    rows = Discrepancy.objects.filter(subject_id=subject_id, state__in=OPEN).order_by("pk")
    for id, element in rows.values_list("pk", "element"):
        found.setdefault(element, []).append(id)
    return found
