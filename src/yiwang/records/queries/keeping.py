"""Who keeps what is recorded: the officer of the source's unit, by the duty that keeps the resource or the relation."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.queries import unit_scope

__all__ = ["CORRECT", "CORRECT_RELATION", "RETRACT_RELATION", "may_correct"]

CORRECT = "record.correct"
CORRECT_RELATION = "relation.correct"
RETRACT_RELATION = "relation.retract"


def may_correct(actor: Actor, kept_by: str, unit_id: UUID | None, action: str = CORRECT) -> bool:
    """Whether a post corrects records of this unit in a resource, or a relation, that the duty `kept_by` keeps."""
    if actor.capacity is not CapacityKind.POST:
        return actor.capacity is CapacityKind.SYSTEM
    return any(kept_by in part.duties and part.covers(unit_id) for part in unit_scope(actor, action).each)
