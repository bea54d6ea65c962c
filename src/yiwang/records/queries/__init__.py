"""Reads of the engine `records`."""

from __future__ import annotations

from yiwang.records.queries.applicants import facts_for_applicant, shown_before
from yiwang.records.queries.discrepancies import (
    discrepancies_of_case,
    discrepancy,
    doubt_counts,
    list_discrepancies,
    may_see_evidence,
)
from yiwang.records.queries.history import events, history, record
from yiwang.records.queries.names import called, officer_names, own_name
from yiwang.records.queries.read_log import list_readers, list_reads, make_month, make_months_ahead
from yiwang.records.queries.reading import fact, facts, log_reading, system_facts, system_value
from yiwang.records.queries.relation_kinds import list_relations, relation
from yiwang.records.queries.relations import ever_related, related, related_by, relation_form, relation_history
from yiwang.records.queries.representing import (
    naming_representatives,
    represented_by,
    represents,
    subjects_represented,
)
from yiwang.records.queries.serving import name_at_window
from yiwang.records.queries.standing import system_open_discrepancies
from yiwang.records.queries.subjects import (
    correction_form,
    find_subject,
    list_schemes,
    purposes,
    represented_subjects,
    subject_page,
)
from yiwang.records.queries.tables import differing_tables, stored_tables

__all__ = [
    "called",
    "correction_form",
    "differing_tables",
    "discrepancies_of_case",
    "discrepancy",
    "doubt_counts",
    "ever_related",
    "events",
    "fact",
    "facts",
    "facts_for_applicant",
    "find_subject",
    "history",
    "list_discrepancies",
    "may_see_evidence",
    "list_readers",
    "list_reads",
    "log_reading",
    "name_at_window",
    "list_relations",
    "list_schemes",
    "make_month",
    "make_months_ahead",
    "officer_names",
    "own_name",
    "purposes",
    "record",
    "related",
    "related_by",
    "relation",
    "relation_form",
    "relation_history",
    "naming_representatives",
    "represented_by",
    "represented_subjects",
    "represents",
    "subjects_represented",
    "shown_before",
    "stored_tables",
    "subject_page",
    "system_facts",
    "system_open_discrepancies",
    "system_value",
]
