"""Reads of the engine `records`."""

from __future__ import annotations

from yiwang.records.queries.applicants import facts_for_applicant, shown_before, subjects_whose
from yiwang.records.queries.discrepancies import (
    count_open_discrepancies,
    discrepancies_of_case,
    discrepancy,
    doubt_counts,
    list_discrepancies,
)
from yiwang.records.queries.history import events, history, record
from yiwang.records.queries.read_log import list_readers, list_reads, make_month, make_months_ahead
from yiwang.records.queries.reading import fact, facts, system_facts, system_value
from yiwang.records.queries.representing import represented_by, represents
from yiwang.records.queries.standing import system_open_discrepancies
from yiwang.records.queries.tables import differing_tables, stored_tables

__all__ = [
    "count_open_discrepancies",
    "differing_tables",
    "discrepancies_of_case",
    "discrepancy",
    "doubt_counts",
    "events",
    "fact",
    "facts",
    "history",
    "list_discrepancies",
    "facts_for_applicant",
    "list_reads",
    "make_month",
    "make_months_ahead",
    "shown_before",
    "list_readers",
    "list_reads",
    "make_month",
    "make_months_ahead",
    "record",
    "represented_by",
    "represents",
    "stored_tables",
    "subjects_whose",
    "system_facts",
    "system_open_discrepancies",
    "system_value",
]
