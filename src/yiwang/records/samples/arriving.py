"""How invented records come in: as the feed of their source would have brought them, had the city been there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from yiwang.acts.values import Actor
from yiwang.kernel.time import CITY_ZONE, now, telling
from yiwang.records.services import system_ingest, system_ingest_relations
from yiwang.records.values import Door, IngestReport, IngestRow, RelationRow

__all__ = ["ingest_as_it_came", "relate_as_it_came"]

FEED_AT = time(2, 30)
"""Of the night in which a source sends what it has registered."""
REGISTERED_AT = time(9)
"""Of the day on which the source registered it."""


def ingest_as_it_came(actor: Actor, resource: str, rows: Iterable[IngestRow], *, begins: datetime) -> int:
    """Write records, told at the times at which they would have arrived; return how many are new.

    begins: when the city began to keep records; what was so before arrived then, all else in the first night of the next month, or now if
    that is still to come. A record was registered at its source on its first day. Idempotent as `system_ingest` is.
    """
    return _as_they_came(rows, begins, lambda some: system_ingest(actor, resource, some, door=Door.SAMPLE))


def relate_as_it_came(actor: Actor, relation: str, rows: Iterable[RelationRow], *, begins: datetime) -> int:
    """The same for relations."""
    return _as_they_came(rows, begins, lambda some: system_ingest_relations(actor, relation, some, door=Door.SAMPLE))


Row = TypeVar("Row", IngestRow, RelationRow)


def _as_they_came(rows: Iterable[Row], begins: datetime, ingest: Callable[[list[Row]], IngestReport]) -> int:
    by_arrival: dict[datetime | None, list[Row]] = defaultdict(list)
    for row in rows:
        registered = min(datetime.combine(row.valid_from, REGISTERED_AT, CITY_ZONE), now())
        night = max(begins, _first_night_after(row.valid_from))
        by_arrival[night if night < now() else None].append(replace(row, registered_at=registered))
    made = 0
    for arrival, some in sorted(by_arrival.items(), key=lambda one: (one[0] is None, one[0] or begins)):
        with _at(arrival):
            made += ingest(some).written
    return made


def _first_night_after(day: date) -> datetime:
    return datetime.combine((day.replace(day=1) + timedelta(days=32)).replace(day=1), FEED_AT, CITY_ZONE)


@contextmanager
def _at(arrival: datetime | None) -> Iterator[None]:
    if arrival is None:
        yield
    else:
        with telling(arrival):
            yield
