"""Reads of the engine `records`."""

from __future__ import annotations

from yiwang.records.queries.read_log import list_reads, make_month, make_months_ahead
from yiwang.records.queries.reading import facts, system_facts
from yiwang.records.queries.tables import differing_tables, stored_tables

__all__ = [
    "differing_tables",
    "facts",
    "list_reads",
    "make_month",
    "make_months_ahead",
    "stored_tables",
    "system_facts",
]
