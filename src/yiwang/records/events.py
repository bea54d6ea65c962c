"""What records tell. CloudEvents types are for ever; fields are only added.

No values: who may read them asks `queries`. The subject of a discrepancy's event is its id.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "DISCREPANCY_ENDED",
    "DISCREPANCY_FIELDS",
    "DISCREPANCY_OPENED",
    "ENDED_FIELDS",
    "RECORD_INGESTED",
    "RECORD_RETRACTED",
    "RECORD_WRITTEN",
    "RELATION_INGESTED",
    "RELATION_RETRACTED",
    "RELATION_WRITTEN",
]

RECORD_WRITTEN: Final = "record.written.v1"
"""A case or a correction said something.  `subject`: the version.  data: `resource`, `record_id`, `subject_id`."""

RECORD_RETRACTED: Final = "record.retracted.v1"
"""What was said counts as never said.  As `record.written.v1`."""

RECORD_INGESTED: Final = "record.ingested.v1"
"""A batch has changed a resource.  `subject`: the resource.  data: `resource`, `written` (rows), `door`."""

RELATION_WRITTEN: Final = "relation.written.v1"
"""A case or a correction said that two subjects are related, or until when.  `subject`: the word.  data: `relation`, `from_id`, `to_id`."""

RELATION_RETRACTED: Final = "relation.retracted.v1"
"""A relation counts as never said.  As `relation.written.v1`."""

RELATION_INGESTED: Final = "relation.ingested.v1"
"""A batch has changed relations.  `subject`: the relation.  data: `relation`, `written` (rows), `door`."""

DISCREPANCY_OPENED: Final = "discrepancy.opened.v1"
"""Somebody doubts a fact, or a relation, which is its own element and its own resource."""

DISCREPANCY_ENDED: Final = "discrepancy.ended.v1"
"""It is over.  + `state`, `case_id`, and `reporters`: [{subject_id} or {post_id}], those to be told."""

DISCREPANCY_FIELDS: Final = (
    "discrepancy_id", "subject_id", "element", "element_title", "resource", "resource_title", "unit_id", "origin",
)  # fmt: skip
"""Ids, and the titles of element and resource in Chinese, which are public."""

ENDED_FIELDS: Final = (*DISCREPANCY_FIELDS, "state", "case_id", "reporters")
