"""Which relations packs declare."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from yiwang.acts.queries import current_release, list_definitions, release_id
from yiwang.catalog.values import Sensitivity
from yiwang.kernel.errors import NotFound
from yiwang.records.values import RelationRole, RelationView

__all__ = ["list_relations", "relation"]


def list_relations(release: int | None = None) -> Mapping[str, RelationView]:
    """Every declared relation by id. Shared: do not change it. No query once the release is known."""
    number = current_release() if release is None else release
    return _relations(release_id(number), number) if number else {}


def relation(id: str, release: int | None = None) -> RelationView:
    """One declared relation. Raises NotFound."""
    found = list_relations(release).get(id)
    if found is None:
        raise NotFound("There is no {kind} “{name}”.", kind="relation", name=id)
    return found


@lru_cache(maxsize=8)
def _relations(id: UUID, release: int) -> Mapping[str, RelationView]:
    """id: that of the release, which is of one publishing only."""
    return {name: _view(body) for name, body in list_definitions("relation", release).items()}


def _view(body: Mapping[str, Any]) -> RelationView:
    start, end = _role(body["from"]), _role(body["to"] or body["from"])
    sensitivity = Sensitivity(body["sensitivity"])
    hierarchy = body.get("hierarchy") or ""  # releases of before hierarchies do not say
    fixed = (body["id"], body["title"], start, end, body["to"] is None, body["kept_by"], sensitivity)
    return RelationView(*fixed, hierarchy)


def _role(body: Mapping[str, Any]) -> RelationRole:
    return RelationRole(body["kind"], body["title"], body["at_most"] == 1)
