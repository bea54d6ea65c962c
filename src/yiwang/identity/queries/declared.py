"""Duties as they are declared, and whether people could still hold theirs after a release."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from yiwang.acts.queries import current_release, list_definitions, release_id
from yiwang.identity.models import Assignment
from yiwang.identity.queries.shapes import duty_ids
from yiwang.identity.rules.seats import Period, excluded_pair
from yiwang.identity.values import (
    Administrator,
    DutyView,
    Grant,
    Scope,
)
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["duties", "duty", "duty_from_body", "find_duty", "holders_in_conflict"]


def duty_from_body(body: Mapping[str, Any]) -> DutyView:
    """Shape a stored declaration."""
    administrator = body.get("administrator")
    return DutyView(
        body["id"],
        body["title"],
        tuple(Grant(one["action"], Scope(one["scope"])) for one in body.get("may") or ()),
        frozenset(body.get("excludes") or ()),
        Administrator(administrator) if administrator else None,
        (body.get("on_application") or {}).get("longest_days"),
    )


def duties() -> Mapping[str, DutyView]:
    """All duties declared today, by id. One query once the release is cached."""
    number = current_release()
    return _duties(release_id(number), number) if number else {}


@lru_cache(maxsize=8)  # asked in every request; a release never changes
def _duties(_release: UUID, number: int) -> Mapping[str, DutyView]:
    return MappingProxyType({id: duty_from_body(body) for id, body in list_definitions("duty", number).items()})


def find_duty(id: str) -> DutyView | None:
    """A declared duty, or None. One query once the release is cached."""
    return duties().get(id)


def duty(id: str) -> DutyView:
    """A declared duty. Raises NotFound."""
    found = find_duty(id)
    if found is None:
        raise NotFound(msgid("There is no duty named {id}."), id=id)
    return found


def holders_in_conflict(changed: Mapping[str, DutyView], retired: Collection[str]) -> tuple[str, str] | None:
    """Two duties that one account holds now or later and that exclude each other once `changed` and `retired` stand."""
    known = {id: one for id, one in duties().items() if id not in retired} | dict(changed)

    seats: dict[UUID, list[tuple[Period, list[str]]]] = {}
    rows = (
        Assignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today()))
        .values("account_id", "valid_from", "valid_to")
        .annotate(seat=Coalesce("post_id", "post_id"), duties=duty_ids("post__duties__duty"))
    )
    for row in rows:
        seats.setdefault(row["account_id"], []).append((Period(row["valid_from"], row["valid_to"]), row["duties"]))
    for held in seats.values():
        for index, (period, ids) in enumerate(held):
            for other_period, other_ids in held[index:]:
                if period.overlaps(other_period) and (pair := excluded_pair(ids, other_ids, known.get)):
                    return pair
    return None
