"""What engines publish of their own state, as rows that the records understand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

__all__ = ["PublishedRow"]


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """What is so of one subject from a civil date on.

    subject_id: None for a subject that is known by its identifiers (scheme → value) alone, and registered when it is not known yet.
    values: name of the column → value; what is left out is not so.  unit_id: the unit whose fact it is.
    """

    subject_id: UUID | None
    values: Mapping[str, object]
    valid_from: date
    unit_id: UUID | None
    origin: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
