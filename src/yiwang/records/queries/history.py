"""Records of a subject as they stand and stood: the words of one resource, and the events of a period. Each look is logged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import FieldRole, ResourceView, Sensitivity, Shape
from yiwang.identity.queries import post_titles, unit_titles
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import civil_date, now
from yiwang.records.queries.grounds import Claim, Reader, reader_of
from yiwang.records.queries.reading import log_reading
from yiwang.records.queries.standing import disputed_elements
from yiwang.records.queries.tables import KnownTable, stored_table
from yiwang.records.queries.versions import (
    StoredVersion,
    events_between,
    version_by_id,
    version_in_force,
    versions_of,
)
from yiwang.records.values import Door, RecordView, Standing, ValueView

__all__ = ["events", "history", "record"]

MOST = 200
FOR_EVER = date(9999, 12, 31)


def events(
    actor: Actor,
    subject_id: UUID,
    resource: str,
    *,
    purpose: str,
    since: date,
    until: date | None = None,
    known_at: datetime | None = None,
    agreement: str | None = None,
    limit: int = MOST,
) -> list[RecordView]:
    """A subject's events from `since` to the day before `until` (civil dates), the latest first; retracted ones are left out.

    known_at: as they were known then.  limit: at most 200.  Raises NotFound for a resource that is none of events, and what `facts` raises.
    """
    reader, view, table = _at(actor, subject_id, resource, purpose, agreement)
    if view.shape is not Shape.EVENT:
        raise NotFound
    with transaction.atomic():
        claims = _claims(reader, view)
        found = events_between(
            table, subject_id, since, until or FOR_EVER, known_at=known_at or now(), most=min(limit, MOST)
        )
        return _views(reader, view, subject_id, claims, found, {version.fixed["record_id"] for version in found})


def history(
    actor: Actor, subject_id: UUID, resource: str, *, purpose: str, agreement: str | None = None
) -> list[RecordView]:
    """Every word that a resource has about a subject, the latest arrival first, at most 200; and a note that it was read.

    Raises NotFound for an unknown resource, and what `facts` raises.
    """
    reader, view, table = _at(actor, subject_id, resource, purpose, agreement)
    with transaction.atomic():
        claims = _claims(reader, view)
        found = versions_of(table, subject_id, MOST)
        return _views(reader, view, subject_id, claims, found, _standing(table, view, subject_id, found))


def record(actor: Actor, resource: str, record_id: UUID, *, purpose: str) -> RecordView:
    """One record with the values that the reader may see, and a note that it was read. Raises NotFound, and what `facts` raises."""
    table = stored_table(resource)
    found = None if table is None else version_by_id(table, record_id)
    if table is None or found is None:
        raise NotFound
    subject_id = found.fixed["subject_id"]
    reader, view, _ = _at(actor, subject_id, resource, purpose, None)
    with transaction.atomic():
        standing = _standing(table, view, subject_id, [found])
        views = _views(reader, view, subject_id, _claims(reader, view), [found], standing)
    if not views:
        raise NotFound
    return views[0]


def _at(
    actor: Actor, subject_id: UUID, resource: str, purpose: str, agreement: str | None
) -> tuple[Reader, ResourceView, KnownTable]:
    release = current_release()
    reader = reader_of(
        actor, subject_id, purpose, agreement=agreement, item=None, release=release, on=civil_date(now())
    )
    view, table = catalog.resource(resource, release), stored_table(resource)
    if table is None:
        raise NotFound("The resource {resource} has no table.", resource=resource)
    return reader, view, table


def _claims(reader: Reader, view: ResourceView) -> list[Claim]:
    elements = [field.element for field in view.fields if field.role is FieldRole.SOURCE]
    claims = reader.claims(view.id, elements)
    if not claims:
        raise reader.refusal(elements)
    return claims


def _standing(table: KnownTable, view: ResourceView, subject_id: UUID, found: Sequence[StoredVersion]) -> set[UUID]:
    """Ids of records that hold today: the one state in force, or every event that is not retracted."""
    if view.shape is Shape.STATE:
        version = version_in_force(table, subject_id, valid_at=civil_date(now()), known_at=now())
        return {version.fixed["record_id"]} if version else set()
    last: dict[str, StoredVersion] = {}
    for version in found:  # the latest arrival first
        last.setdefault(version.fixed["event_key"], version)
    return {one.fixed["record_id"] for one in last.values() if not one.fixed["retracted"]}


def _views(
    reader: Reader,
    view: ResourceView,
    subject_id: UUID,
    claims: Sequence[Claim],
    found: Iterable[StoredVersion],
    standing: set[UUID],
) -> list[RecordView]:
    """Records with the values that some claim reaches, and one line in the read log for each claim that reached any."""
    shown: list[tuple[StoredVersion, dict[str, Claim]]] = []
    for version in found:
        unit, post = version.fixed["unit_id"], version.fixed["post_id"]
        reached = [claim for claim in claims if claim.rows.covers(unit) or post in claim.rows.post_ids]
        if reached:
            shown.append((version, {element: claim for claim in reached for element in claim.elements}))
    for claim in claims:
        if claim.rows.everything or any(claim in by.values() for _, by in shown):
            log_reading(
                reader.actor, subject_id, reader.purpose, {view.id: claim.elements}, reader.release, now(),
                claim.ground, claim.id, reader.unit_id,
            )  # fmt: skip
    units = unit_titles(version.fixed["unit_id"] for version, _ in shown if version.fixed["unit_id"])
    posts = post_titles(version.fixed["post_id"] for version, _ in shown if version.fixed["post_id"])
    disputed = {element for _, element in disputed_elements([subject_id])}
    return [
        RecordView(
            record_id=row["record_id"],
            valid_from=row["valid_from"],
            registered_at=row["registered_at"],
            arrived_at=row["arrived_at"],
            retracted=row["retracted"],
            in_force=row["record_id"] in standing,
            door=Door(row["door"]),
            unit_title=units.get(row["unit_id"], ""),
            who=posts.get(row["post_id"], ""),
            case_id=row["case_id"],
            case_number=str(_evidence(version).get("case_number", "")),
            reason=str(_evidence(version).get("reason", "")),
            values=tuple(_values(reader, version, by, disputed if row["record_id"] in standing else set())),
        )
        for version, by in shown
        for row in [version.fixed]
    ]


def _values(
    reader: Reader, version: StoredVersion, by: dict[str, Claim], disputed: Collection[str]
) -> Iterable[ValueView]:
    language = get_language() or "zh-hans"
    unit, post = version.fixed["unit_id"], version.fixed["post_id"]
    full = reader.whole is not None or reader.sensitive.covers(unit) or post in reader.sensitive.post_ids
    for element, claim in by.items():
        view = catalog.element(element, reader.release)
        value = version.values.get(element)
        if value is None:
            continue
        masked = view.sensitivity is Sensitivity.SENSITIVE and not full and element not in claim.in_full
        shown = catalog.shown(value, view, language, masked=masked, release=reader.release)
        standing = Standing.DISPUTED if element in disputed else Standing.UNDISPUTED
        yield ValueView(element, view.title_in(language), shown, masked, standing)


def _evidence(version: StoredVersion) -> dict[str, Any]:
    stored = version.fixed["evidence"]
    found: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored or {}
    return found
