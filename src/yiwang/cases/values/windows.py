"""Who is served at a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from yiwang.cases.values.states import Channel, ConsentMeans, IdentityShown

__all__ = ["ReceptionView"]


@dataclass(frozen=True, slots=True)
class ReceptionView:
    """Somebody served at a window 窗口接待, as the post that serves him sees it.

    name: of the person, empty when no register names him.  identifiers: his, masked, with their titles.  consent: the text to which he
    agreed.  until: the last civil day on which it counts.  case_id, application_id: what came of it, both None while there is nothing.
    """

    id: UUID
    item_id: str
    item_title: str
    is_bundle: bool
    subject_id: UUID
    name: str
    identifiers: tuple[tuple[str, str], ...]
    shown: IdentityShown
    means: ConsentMeans
    consent: str
    received_at: datetime
    until: date
    channel: Channel
    case_id: UUID | None
    application_id: UUID | None
