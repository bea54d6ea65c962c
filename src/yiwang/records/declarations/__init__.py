"""What packs declare of records: their tables, which follow from resources, and relations."""

from __future__ import annotations

from yiwang.records.declarations.relations import RelationKind
from yiwang.records.declarations.tables import GeneratedTables

__all__ = ["GeneratedTables", "RelationKind"]
