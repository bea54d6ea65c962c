"""What goes into the outbox and comes out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

__all__ = ["DeliveredEvent", "KeyReused", "Lag", "NewEvent", "ParkedEvent", "Remembered", "as_cloudevent"]

_TYPE = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+\.v[1-9][0-9]*")
SOURCE = "/yiwang"  # CloudEvents `source`; an installation's own address stands before it once events leave the city


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened, to be told in the transaction in which it happens.

    type: past tense and version, for ever: `case.submitted.v1`; fields of `data` are only ever added.
    subject: id of what it is about; events of one subject reach a subscriber in the order in which they were written.
    data: ids, codes and numbers, never personal values.  time: business time, UTC.
    """

    type: str
    subject: str
    data: Mapping[str, object] = field(default_factory=dict)
    time: datetime | None = None
    correlation_id: str = ""
    origin: str = "live"

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"{self.type!r} is no event type; write it like case.submitted.v1.")


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """An event as a subscriber gets it.  position: its number in this installation's outbox, rising."""

    position: int
    event_id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    machine_time: datetime
    data: Mapping[str, object]
    correlation_id: str
    origin: str


def as_cloudevent(event: DeliveredEvent) -> dict[str, object]:
    """Shape an event as CloudEvents 1.0 JSON; `correlationid` and `origin` are extension attributes."""
    return {
        "specversion": "1.0",
        "id": str(event.event_id),
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "correlationid": event.correlation_id,
        "origin": event.origin,
        "data": dict(event.data),
    }


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a subscriber is behind.

    waiting: events it has still to see.  oldest_at: machine time of the oldest of them.  retrying, parked: failures of
    it.
    """

    subscriber: str
    waiting: int
    oldest_at: datetime | None
    retrying: int
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that a subscriber could not take in.

    behind: it waits only because an earlier one of its subject is parked.
    """

    subscriber: str
    position: int
    type: str
    subject: str
    attempts: int
    error: str
    parked_at: datetime | None
    behind: bool


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer that was given to a request with this key.  body_digest: of the request's body."""

    scope: str
    key: str
    body_digest: bytes
    result: Mapping[str, object]
    made_at: datetime


class KeyReused(Exception):
    """The key is taken in this scope: somebody else was faster, or sends another body with it. `recall` says which."""
