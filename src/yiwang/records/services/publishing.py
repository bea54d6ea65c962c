"""Engines publish their own state as resources that nobody else writes into 只读资源: through the one door, as any source does.

So what the platform knows of itself has a source, a history and an age, is read under the same grounds and logged where the person sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from yiwang.acts.queries import current_release
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import ResourceView
from yiwang.identity.values.published import PublishedRow
from yiwang.kernel.time import now, today
from yiwang.records.queries.versions import last_words
from yiwang.records.registry import publications
from yiwang.records.services.door import Target, Word, digest_of, fits, target_of
from yiwang.records.services.locks import lock_batch
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
            written += _publish(system("records.publish", origin=origin), view, rows)
    return written


@service("record.publish")
def _publish(actor: Actor, view: ResourceView, rows: list[PublishedRow]) -> int:
    current_act().about("resource", view.id)
    target = target_of(view.id)
    lock_batch(view.id, target.release)
    ids = _subjects(actor, view, rows)
    known = last_words(target.table)
    columns = {field.column: field.element for field in view.fields}
    new: list[IngestRow] = []
    for subject_id, row in zip(ids, rows, strict=True):
        values = {columns[name]: value for name, value in row.values.items() if name in columns}
        if (begins := _begins(target, subject_id, values, row.valid_from, known.get(subject_id))) is not None:
            new.append(IngestRow(subject_id, values, begins, unit_id=row.unit_id))
    return system_ingest(actor, view.id, new, door=Door.ENGINE).written if new else 0


def _begins(
    target: Target, subject_id: UUID, values: Mapping[str, object], since: date, known: tuple[date, bytes] | None
) -> date | None:
    """From which civil date on this is so; None for what was published already.

    known: since when what was published last is so, and its digest. What has changed without a day of its own, such as a title, is so from
    today on: it was not so before.
    """
    if known is None:
        return since
    published, digest = known
    clean, _faults = fits(target, values, today(), retracted=False)  # faults are the door's to tell
    if digest_of(target, Word(subject_id, published, clean, now(), None)) == digest:
        return None
    return since if since > published else today()


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
