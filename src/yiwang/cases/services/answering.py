"""Which units answer for a step of a case."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from yiwang.cases.models import Case
from yiwang.identity.queries import posts_with_duty, system_heir
from yiwang.places.queries import units_answering

__all__ = ["units_for"]


def units_for(case: Case, duty: str, on: date) -> list[UUID]:
    """The units that answer for the duty: at the case's place; for a case without a place, its own unit, if a post there has the duty,
    or the unit that took this duty over from it.

    Empty when nobody does.
    """
    if case.place:
        return units_answering(case.place, duty, on)
    if case.unit_id is None:
        return []
    if posts_with_duty(duty, [case.unit_id]):
        return [case.unit_id]
    heir = system_heir(case.unit_id, duty)
    return [heir] if heir is not None and posts_with_duty(duty, [heir]) else []
