"""Changes of the engine `records`: versions through a lawful door, batches from a source, comparisons, discrepancies."""

from __future__ import annotations

from yiwang.records.services.comparing import system_compare, system_compare_all
from yiwang.records.services.discrepancies import (
    accept_discrepancy,
    confirm_discrepancy,
    correct_discrepancy,
    reject_discrepancy,
    report_discrepancy,
    system_let_go,
    withdraw_discrepancy,
)
from yiwang.records.services.doubting import AlreadyEnded
from yiwang.records.services.publishing import system_publish
from yiwang.records.services.relations import (
    RelationCircle,
    RelationTaken,
    correct_relation,
    retract_relation,
    system_ingest_relations,
    write_relation,
)
from yiwang.records.services.writing import (
    EventRecorded,
    RecordSuperseded,
    correct_record,
    retract_record,
    system_ingest,
    write_record,
)

__all__ = [
    "AlreadyEnded",
    "EventRecorded",
    "RecordSuperseded",
    "RelationCircle",
    "RelationTaken",
    "accept_discrepancy",
    "confirm_discrepancy",
    "correct_discrepancy",
    "correct_record",
    "correct_relation",
    "reject_discrepancy",
    "report_discrepancy",
    "retract_record",
    "retract_relation",
    "system_compare",
    "system_compare_all",
    "system_ingest",
    "system_ingest_relations",
    "system_let_go",
    "system_publish",
    "withdraw_discrepancy",
    "write_record",
    "write_relation",
]
