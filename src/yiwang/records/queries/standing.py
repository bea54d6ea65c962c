"""What is disputed of a subject: asked by every reading of facts, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from psycopg.sql import SQL, Identifier, Literal

from yiwang.records.models import OPEN, Discrepancy

__all__ = ["DISPUTED", "disputed_elements", "doubted_records", "system_open_discrepancies"]

DISPUTED = SQL(
    "ARRAY(SELECT doubt.element FROM {table} AS doubt"
    " WHERE doubt.subject_id = %(subject)s::uuid AND doubt.state IN ({states}))"
).format(
    table=Identifier(Discrepancy._meta.db_table),
    states=SQL(", ").join(Literal(str(state)) for state in sorted(OPEN)),
)
"""`disputed_elements` of the parameter `subject` as SQL, for statements that must not take a second one."""


def disputed_elements(subject_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    """(subject, element) of the facts of these subjects that somebody doubts now. One query along an index."""
    rows = Discrepancy.objects.filter(subject_id__in=list(subject_ids), state__in=OPEN)
    return set(rows.values_list("subject_id", "element"))


def doubted_records(record_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these words about relations that somebody doubts now. One query, none for no ids."""
    wanted = list(record_ids)
    if not wanted:
        return set()
    rows = Discrepancy.objects.filter(record_id__in=wanted, other__isnull=False, state__in=OPEN)
    return set(rows.values_list("record_id", flat=True))


def system_open_discrepancies(subject_id: UUID) -> dict[str, list[UUID]]:
    """Element → its open discrepancies of a subject, the oldest first. One query."""
    found: dict[str, list[UUID]] = {}
    rows = Discrepancy.objects.filter(subject_id=subject_id, state__in=OPEN).order_by("pk")
    for id, element in rows.values_list("pk", "element"):
        found.setdefault(element, []).append(id)
    return found
