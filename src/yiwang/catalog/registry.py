"""What the catalogue offers to others: the types of elements, and a place where the keeper of records answers for tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from yiwang.catalog.rules.types import TYPES, ElementType
from yiwang.kernel.kinds import Change, City, Declaration, DeclarationFault

__all__ = ["ResourceTables", "element_types", "resource_tables", "set_resource_tables"]

element_types: Mapping[str, ElementType] = TYPES
"""Type name → type. Closed to packs."""


class ResourceTables(Protocol):
    """Who keeps the tables of resources. The engine `records` answers; the catalogue knows no tables."""

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Faults of a resource that only its table can have, such as a name that is too long. No database."""

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterable[DeclarationFault]:
        """Faults of resources that cannot follow what is stored, such as values that no longer fit."""

    def plan(self, city: City) -> Iterable[Change]:
        """What applying would do to the tables, with rows and locks."""

    def apply(self, release: int, city: City) -> None:
        """Do it."""


_tables: list[ResourceTables] = []


def set_resource_tables(tables: ResourceTables) -> None:
    """Let `tables` keep the tables of resources. Called in `AppConfig.ready` of one engine."""
    _tables[:] = [tables]


def resource_tables() -> ResourceTables | None:
    """Who keeps the tables, or None before anybody does."""
    return _tables[0] if _tables else None
