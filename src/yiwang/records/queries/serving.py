"""What the person is called whom a post serves at its window."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor
from yiwang.identity.queries import actor_unit
from yiwang.kernel.time import now
from yiwang.records.queries.names import called, names_source
from yiwang.records.queries.reading import log_reading
from yiwang.records.values import Ground

__all__ = ["name_at_window"]


def name_at_window(actor: Actor, person_id: UUID, *, purpose: str, item: str) -> str:
    """What a person is called whom a post serves for an item, and a note that the post read it; empty when no register names him.

    The caller has made sure that he agreed. One query, and the note in the running transaction.
    """
    name, source = called([person_id]).get(person_id, ""), names_source()
    if name and source:
        resource, element = source
        asked, unit = {resource: [element]}, actor_unit(actor)
        log_reading(actor, person_id, purpose, asked, current_release(), now(), Ground.ITEM, item, unit)
    return name
