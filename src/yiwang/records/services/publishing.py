"""Engines publish their own state as resources that nobody else writes into 只读资源: through the one door, as any source does.

So what the platform knows of itself has a source, a history and an age, is read under the same grounds and logged where the person sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor, system
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import ResourceView
from yiwang.identity.values.published import PublishedRow
from yiwang.records.registry import publications
from yiwang.records.services.writing import system_ingest
from yiwang.records.values import Door, IngestRow
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

__all__ = ["system_publish"]


def system_publish(name: str = "", subjects: Collection[UUID] | None = None) -> int:
    """Write what engines publish and what has changed of it; return how many records that were.

    name: of one publication; all without.  subjects: these alone. What did not change costs a look and writes nothing.
    """
    release = current_release()
    written = 0
    for view in catalog.list_resources(release).values() if release else ():
        publication = publications().get(view.published_by)
        if publication is None or name not in ("", publication.name):
            continue
        by_origin: dict[str, list[PublishedRow]] = {}
        for row in publication.rows(subjects):
            by_origin.setdefault(row.origin, []).append(row)
        for origin, rows in sorted(by_origin.items()):
            actor = system("records.publish", origin=origin)
            report = system_ingest(actor, view.id, _rows(actor, view, rows), door=Door.ENGINE)
            written += report.written
    return written


def _rows(actor: Actor, view: ResourceView, rows: list[PublishedRow]) -> list[IngestRow]:
    ids = _subjects(actor, view, rows)
    columns = {field.column: field.element for field in view.fields}
    return [
        IngestRow(
            subject_id,
            {columns[name]: value for name, value in row.values.items() if name in columns},
            row.valid_from,
            unit_id=row.unit_id,
        )
        for subject_id, row in zip(ids, rows, strict=True)
    ]


def _subjects(actor: Actor, view: ResourceView, rows: Iterable[PublishedRow]) -> list[UUID]:
    """Who each row is about; who is known by identifiers alone is registered when he is not known yet."""
    listed = list(rows)
    unknown = [one for one in listed if one.subject_id is None]
    found = (
        system_register_subjects(actor, [NewSubject(view.about, one.identifiers, one.origin) for one in unknown])
        if unknown
        else []
    )
    made = iter(found)
    return [one.subject_id if one.subject_id is not None else next(made) for one in listed]
