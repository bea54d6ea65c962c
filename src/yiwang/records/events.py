"""What records tell of discrepancies. CloudEvents types are for ever; fields are only added.

The subject of each is the discrepancy's id. No values: who may read them asks `queries.discrepancy`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DISCREPANCY_ENDED", "DISCREPANCY_FIELDS", "DISCREPANCY_OPENED", "ENDED_FIELDS"]

DISCREPANCY_OPENED: Final = "discrepancy.opened.v1"
"""Somebody doubts a fact."""

DISCREPANCY_ENDED: Final = "discrepancy.ended.v1"
"""It is over.  + `state`, `case_id`, and `reporters`: [{subject_id} or {post_id}], those to be told."""

DISCREPANCY_FIELDS: Final = (
    "discrepancy_id", "subject_id", "element", "element_title", "resource", "resource_title", "unit_id", "origin",
)  # fmt: skip
"""Ids, and the titles of element and resource in Chinese, which are public."""

ENDED_FIELDS: Final = (*DISCREPANCY_FIELDS, "state", "case_id", "reporters")
