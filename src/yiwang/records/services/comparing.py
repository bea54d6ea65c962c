"""Comparison: in the transaction of every write, and of whole resources at once. Whoever verifies holds its own observation."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from yiwang.acts.queries import Prepared, current_release
from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor, system
from yiwang.catalog import queries as catalog
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import FieldRole
from yiwang.kernel.time import civil_date
from yiwang.records.models import OPEN, Comparison, Discrepancy
from yiwang.records.queries.comparison import Compared, Differing, Pair, compare_pair, pairs_of
from yiwang.records.queries.tables import stored_table
from yiwang.records.queries.versions import version_in_force
from yiwang.records.services.doubting import Reporter, Seen, add_line, end, key_of, leave, open_or_join
from yiwang.records.services.locks import lock_batch
from yiwang.records.values import DiscrepancyState, ElementCompared

__all__ = ["compare_arrived", "system_compare", "system_compare_all"]

BATCH = 2_000
FOR_EVER = timedelta(days=365_000)


def compare_arrived(act: Act, resource: str, subjects: Collection[UUID], release: int) -> None:
    """Compare what a write has just changed, in its transaction. The caller holds the locks.

    What the source says now may be what was proposed, which ends the discrepancy; what a verifier sees now may differ, or differ
    no more. Costs one query where nothing is doubted and nobody verifies.
    """
    _follow_the_fact(act, resource, subjects, release)
    for pair in pairs_of(resource, release):
        _take_in(act, pair, _compare(act, pair, subjects), subjects)


@service("record.compare")
def system_compare(actor: Actor, resource: str, *, now: datetime | None = None) -> list[ElementCompared]:
    """Compare all that a verifying resource holds with the sources of its elements: one statement for each pair.

    Every difference is one discrepancy; what no longer differs is withdrawn. Nobody writes the resource or its sources meanwhile.
    Raises NotFound for an unknown resource.
    """
    act = current_act()
    act.about("resource", resource)
    release = current_release()
    catalog.resource(resource, release)
    lock_batch(resource, release)
    found = [_compare_all(act, pair) for pair in pairs_of(resource, release) if pair.verifier == resource]
    act.note(
        compared=sum(one.compared for one in found),
        confirmed=sum(one.confirmed for one in found),
        opened=sum(one.opened for one in found),
    )
    return found


def system_compare_all() -> int:
    """Compare every resource that verifies something, one transaction each; return how many. For the daily job."""
    release = current_release()
    verifying = [
        one.id
        for one in catalog.list_resources(release).values()
        if any(field.role is FieldRole.VERIFY for field in one.fields)
    ]
    for resource in verifying:
        system_compare(system("records.comparison"), resource)
    return len(verifying)


def _compare(act: Act, pair: Pair, subjects: Collection[UUID] | None) -> Compared:
    verifier, source = stored_table(pair.verifier), stored_table(pair.source)
    if verifier is None or source is None:
        return Compared(0, 0, ())
    decided_in = stored_table(pair.decided_in) if pair.decided_in else None
    return compare_pair(pair, verifier, source, day=civil_date(act.time), subjects=subjects, decided_in=decided_in)


def _compare_all(act: Act, pair: Pair) -> ElementCompared:
    found = _compare(act, pair, None)
    opened = _take_in(act, pair, found, None)
    Comparison.objects.update_or_create(
        resource=pair.verifier,
        source=pair.source,
        element=pair.element,
        defaults={
            "compared_at": act.time,
            "compared": found.compared,
            "confirmed": found.confirmed,
            "differing": len(found.differing),
        },
    )
    return ElementCompared(pair.element, pair.source, found.compared, found.confirmed, len(found.differing), opened)


def _take_in(act: Act, pair: Pair, found: Compared, subjects: Collection[UUID] | None) -> int:
    """Open or join a discrepancy for each difference; take back reports of what the verifier sees no more. Returns how many are new."""
    key = f"resource:{pair.verifier}"
    type = catalog.element(pair.element).type
    seen_now = {one.subject_id: key_of(type, one.seen) for one in found.differing}
    doubted = Discrepancy.objects.select_for_update(of=("self",)).filter(
        element=pair.element,
        resource=pair.source,
        state__in=OPEN,
        reports__reporter=key,
        reports__withdrawn_at__isnull=True,
    )
    if subjects is not None:
        doubted = doubted.filter(subject_id__in=subjects)
    for row in doubted.order_by("id"):
        if seen_now.get(row.subject_id) != row.proposed_key:
            leave(act, row, {key}, code="seen-no-more")
    opened = 0
    for start in range(0, len(found.differing), BATCH):
        batch = found.differing[start : start + BATCH]
        opened += open_or_join(act, [_seen(pair, one, key) for one in batch])[1]
    return opened


def _seen(pair: Pair, one: Differing, key: str) -> Seen:
    reporter = Reporter(key, resource=pair.verifier, record_id=one.seen_record, unit_id=one.seen_unit)
    return Seen(one.subject_id, pair.element, pair.source, one.said_unit, one.said_record, one.said, one.seen, reporter)


def _open_doubts() -> QuerySet[Discrepancy]:
    return Discrepancy.objects.select_for_update().filter(state__in=OPEN).order_by("id")


_DOUBTED = Prepared(lambda resource, subject: _open_doubts().filter(resource=resource, subject_id=subject), str, UUID)


def _follow_the_fact(act: Act, resource: str, subjects: Collection[UUID], release: int) -> None:
    """What the source has just written, against what is doubted of it."""
    if len(subjects) == 1:
        doubted = _DOUBTED(resource, *subjects)
    else:
        doubted = list(_open_doubts().filter(resource=resource, subject_id__in=subjects))
    table = stored_table(resource) if doubted else None
    if table is None:
        return
    versions = {
        subject: version_in_force(table, subject, valid_at=civil_date(act.time), known_at=act.time + FOR_EVER)
        for subject in {row.subject_id for row in doubted}
    }
    for row in doubted:
        version = versions[row.subject_id]
        value = version.values.get(row.element) if version else None
        type = catalog.element(row.element, release).type
        if version and value is not None and key_of(type, value) == row.proposed_key:
            end(act, row, DiscrepancyState.CORRECTED, result_id=version.fixed["record_id"])
        elif version and _is_another(row, type, value):
            row.record_id = version.fixed["record_id"]
            row.doubted = None if value is None else element_types[type].to_json(value)
            row.unit_id = version.fixed["unit_id"] or row.unit_id
            add_line(act, row, "fact-changed", record_id=row.record_id)
            row.save(update_fields=["record_id", "doubted", "unit", "history_length"])


def _is_another(row: Discrepancy, type: str, value: object) -> bool:
    before = None if row.doubted is None else element_types[type].from_json(row.doubted)
    if value is None or before is None:
        return value is not before
    return key_of(type, value) != key_of(type, before)
