"""A link between two subjects as somebody says it or doubts it, in plain Python: two ends and the days on which it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["NEVER_SO", "Link", "Proposal", "is_met", "proposed_from", "proposed_to", "read_days"]

NEVER_SO = "never_so"
"""The key by which a stored proposal says that the two were never related so."""


@dataclass(frozen=True, slots=True)
class Link:
    """from_id, to_id: the ends, in the order of the declared roles.  Holds from `valid_from` to the day before `valid_to`."""

    from_id: UUID
    to_id: UUID
    valid_from: date
    valid_to: date | None = None

    @property
    def key(self) -> tuple[UUID, UUID, date]:
        """What words about the same link have in common."""
        return self.from_id, self.to_id, self.valid_from

    def turned(self) -> Link:
        """The same days with the ends the other way round."""
        return replace(self, from_id=self.to_id, to_id=self.from_id)

    def as_json(self) -> dict[str, str | None]:
        """As a discrepancy keeps it."""
        until = self.valid_to.isoformat() if self.valid_to else None
        since = self.valid_from.isoformat()
        return {"from": str(self.from_id), "to": str(self.to_id), "valid_from": since, "valid_to": until}


Proposal = Link | None
"""What a doubted link should be; None: it was never so."""


def proposed_to(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a discrepancy keeps it."""
    return {NEVER_SO: True} if proposal is None else proposal.as_json()


def proposed_from(kept: Mapping[str, Any]) -> Proposal:
    """What `proposed_to` and `Link.as_json` made."""
    if kept.get(NEVER_SO):
        return None
    until = kept["valid_to"]
    return Link(
        UUID(kept["from"]),
        UUID(kept["to"]),
        date.fromisoformat(kept["valid_from"]),
        date.fromisoformat(until) if until else None,
    )


def is_met(proposal: Proposal, stands: Link | None) -> bool:
    """Whether what stands now is what was proposed. stands: None when the source says that it was never so."""
    return proposal == stands


def read_days(valid_from: object, valid_to: object) -> tuple[date | None, date | None, list[FieldFault]]:
    """From which day and to before which one, typed or as entered, and every fault; without a fault there is a first day."""
    faults: list[FieldFault] = []
    since, until = _day(valid_from, "valid_from", faults), _day(valid_to, "valid_to", faults)
    if since is None and not any(one.pointer == "valid_from" for one in faults):
        faults.append(FieldFault("valid_from", "required", msgid("Say since when it is so.")))
    if since is not None and until is not None and until <= since:
        faults.append(FieldFault("valid_to", "ends-too-early", msgid("A relation ends after it has begun.")))
    return since, until, faults


def _day(given: object, name: str, faults: list[FieldFault]) -> date | None:
    if given is None or isinstance(given, date):
        return given
    words = str(given).strip()
    try:
        return date.fromisoformat(words) if words else None
    except ValueError:
        faults.append(FieldFault(name, "not-a-date", msgid("Enter a date that exists, such as 2026-01-31.")))
        return None
