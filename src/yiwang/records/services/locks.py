"""Who waits for whom when records are written: one writer for a subject's state at a time, a batch alone, always in one order."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from yiwang.records.queries.comparison import pairs_of
from yiwang.records.values import RelationView

__all__ = ["lock_batch", "lock_ends", "lock_relation", "lock_resource", "lock_subject"]


def lock_subject(resource: str, subject_id: UUID, release: int) -> None:
    """Until the transaction ends: one writer for a subject's state, so that histories have one order. Batches exclude all.

    Who writes what verifies others holds their sources too, so that of two words at once the later one sees the earlier.
    """
    with connection.cursor() as cursor:
        for name in _with_sources(resource, release):
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)), pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"records {name}", f"records {name} {subject_id}"],
            )


def lock_batch(resource: str, release: int) -> None:
    """Until the transaction ends: nobody else writes this resource, or the sources that it verifies."""
    for name in _with_sources(resource, release):
        lock_resource(name)


def lock_ends(view: RelationView, subjects: Iterable[UUID]) -> None:
    """Until the transaction ends: nobody else relates these subjects so. Batches, which lock the whole relation, exclude all.

    In a hierarchy nobody else writes at all: a circle may close by two links that share no end, and no lock of ends would see it.
    """
    _lock_hierarchy(view)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [f"records relation {view.id}"])
        for subject_id in sorted(set(subjects)):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"records relation {view.id} {subject_id}"]
            )


def lock_relation(view: RelationView) -> None:
    """Until the transaction ends: nobody else writes this relation, or anything of its hierarchy."""
    _lock_hierarchy(view)
    lock_resource(f"relation {view.id}")


def _lock_hierarchy(view: RelationView) -> None:
    """First of all locks, so that who relates a mother and then a father never waits for who does it the other way round."""
    if view.hierarchy:
        lock_resource(f"hierarchy {view.hierarchy}")


def lock_resource(resource: str) -> None:
    """Until the transaction ends: nobody else writes this resource."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"records {resource}"])


def _with_sources(resource: str, release: int) -> Iterable[str]:
    """In the order of names: two writers never wait for each other."""
    return sorted({resource} | {pair.source for pair in pairs_of(resource, release) if pair.verifier == resource})
