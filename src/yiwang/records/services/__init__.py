"""Changes of the engine `records`: versions through a lawful door, batches from a source."""

from __future__ import annotations

from yiwang.records.services.writing import RecordSuperseded, retract_record, system_ingest, write_record

__all__ = ["RecordSuperseded", "retract_record", "system_ingest", "write_record"]
