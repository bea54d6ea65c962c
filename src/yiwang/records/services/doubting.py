"""Open discrepancies, join them, let them end: what reports, comparisons and answers have in common.

Callers hold the lock of the source's state of the subject (`locks`): two who see the same at once open one discrepancy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from yiwang.acts.queries import current_release
from yiwang.acts.services import Act
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import ElementView
from yiwang.identity.queries import actor_unit
from yiwang.kernel import canonical, failpoints
from yiwang.kernel.errors import Conflict, msgid
from yiwang.kernel.ids import uuid7
from yiwang.records.events import DISCREPANCY_ENDED, DISCREPANCY_OPENED
from yiwang.records.models import OPEN, Discrepancy, DiscrepancyEntry, DiscrepancyReport
from yiwang.records.queries.discrepancies import titles_of
from yiwang.records.rules.discrepancies import Doubt, WrongMove
from yiwang.records.values import DiscrepancyState

__all__ = ["AlreadyEnded", "Reporter", "Seen", "add_line", "end", "key_of", "leave", "open_or_join", "standing_doubt"]


class AlreadyEnded(Conflict):
    """The discrepancy is over, or the answer does not fit its state."""

    code = "discrepancy-ended"
    title = "This discrepancy has already been answered"
    next_step = "Look at it to see how it ended."


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who doubts.  key: `resource:…`, `post:…` or `subject:…`; one report of each stands at a time."""

    key: str
    resource: str = ""
    record_id: UUID | None = None
    unit_id: UUID | None = None
    post_id: UUID | None = None
    account_id: UUID | None = None
    subject_id: UUID | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """Another value than the source's.  doubted, proposed: typed values of the element, of a relation as `rules.links` keeps them.

    other_id: at the other end, where a relation is doubted.
    """

    subject_id: UUID
    element: str
    resource: str
    unit_id: UUID | None
    record_id: UUID
    doubted: Any
    proposed: Any
    reporter: Reporter
    other_id: UUID | None = None


def key_of(type: str, value: Any) -> str:
    """The digest that two values of an element type share when they mean the same (SHA-256, hex)."""
    cells = [None if cell is None else str(cell) for cell in element_types[type].comparable(value)]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def open_or_join(act: Act, seen: Sequence[Seen]) -> tuple[dict[tuple[UUID, str], UUID], int]:
    """Open one discrepancy for each value that nobody has reported yet; join those that are open.

    Returns (subject, element) → discrepancy, and how many are new. Who reports the same again changes nothing. Four statements and
    the events, however many there are.
    """
    if not seen:
        return {}, 0
    release = current_release()
    views = {name: catalog.element(name, release) for name in {one.element for one in seen if one.other_id is None}}
    standing = {
        (row.subject_id, row.element, row.proposed_key): row
        for row in Discrepancy.objects.select_for_update().filter(
            subject_id__in={one.subject_id for one in seen},
            element__in={one.element for one in seen},
            state__in=OPEN,
        )
    }
    doubting = _reporters_of(standing.values())
    made: list[Discrepancy] = []
    reports: list[DiscrepancyReport] = []
    lines: list[DiscrepancyEntry] = []
    found: dict[tuple[UUID, str], UUID] = {}
    for one in seen:
        kept = _kept(one, views)
        place = (one.subject_id, one.element, kept.key)
        row = standing.get(place)
        is_new = row is None
        if row is None:
            row = standing[place] = _new(act, one, kept, release)
            made.append(row)
            doubting[row.id] = set()
        found[one.subject_id, one.element] = row.id
        if one.reporter.key in doubting[row.id]:
            continue
        doubting[row.id].add(one.reporter.key)
        reports.append(_report(act, row, one.reporter))
        lines.append(
            _line(act, row, "opened" if is_new else "joined", resource=one.reporter.resource, record_id=one.record_id)
        )
    joined = {line.discrepancy_id: line.discrepancy for line in lines if line.code == "joined"}
    Discrepancy.objects.bulk_create(made, batch_size=1_000)
    Discrepancy.objects.bulk_update(list(joined.values()), ["history_length"], batch_size=1_000)
    DiscrepancyReport.objects.bulk_create(reports, batch_size=1_000)
    DiscrepancyEntry.objects.bulk_create(lines, batch_size=1_000)
    for row in made:
        act.emit(DISCREPANCY_OPENED, subject=row.id, data=_data(row))
    failpoints.reach("records.after-opening")
    return found, len(made)


def leave(act: Act, row: Discrepancy, keys: Collection[str], *, code: str, reason: str = "") -> None:
    """Take back the reports of these reporters; with the last one the discrepancy ends as withdrawn. `row` is locked.

    Raises AlreadyEnded where one of them does not doubt it, or it is over.
    """
    doubt = standing_doubt(row)
    for key in sorted(keys):
        try:
            doubt = doubt.left(key)
        except WrongMove as wrong:
            raise AlreadyEnded(msgid("This discrepancy is no longer open.")) from wrong
    DiscrepancyReport.objects.filter(discrepancy=row, reporter__in=keys, withdrawn_at__isnull=True).update(
        withdrawn_at=act.time
    )
    if doubt.is_open:
        add_line(act, row, code, reason=reason)
        row.save(update_fields=["history_length"])
    else:
        _close(act, row, doubt.state, reason=reason, told=())


def end(act: Act, row: Discrepancy, to: DiscrepancyState, *, reason: str = "", result_id: UUID | None = None) -> None:
    """The source's answer, or the fact itself. `row` is locked. Raises AlreadyEnded where the state does not allow it."""
    try:
        standing_doubt(row).moved(to)
    except WrongMove as wrong:
        raise AlreadyEnded(msgid("This discrepancy is no longer open.")) from wrong
    row.result_id = result_id
    _close(act, row, to, reason=reason, told=_to_be_told(row))


def standing_doubt(row: Discrepancy) -> Doubt:
    """The discrepancy as the rules see it. One query."""
    return Doubt(DiscrepancyState(row.state), frozenset(_reporters_of([row])[row.id]))


def add_line(
    act: Act, row: Discrepancy, code: str, *, reason: str = "", resource: str = "", record_id: UUID | None = None
) -> None:
    """Add one line to the history. The caller saves `history_length`."""
    _line(act, row, code, reason=reason, resource=resource, record_id=record_id).save(force_insert=True)


def _close(act: Act, row: Discrepancy, to: DiscrepancyState, *, reason: str, told: Sequence[Mapping[str, str]]) -> None:
    row.state, row.ended_at, row.reason = to, act.time, reason
    add_line(act, row, str(to), reason=reason, record_id=row.result_id)
    row.save(update_fields=["state", "ended_at", "reason", "result_id", "history_length"])
    act.emit(
        DISCREPANCY_ENDED,
        subject=row.id,
        data={
            **_data(row),
            "state": str(to),
            "case_id": str(row.case_id) if row.case_id else None,
            "reporters": [dict(one) for one in told],
        },
    )


def _to_be_told(row: Discrepancy) -> list[dict[str, str]]:
    """Those who still doubt and read messages: the subject, posts. A resource reads none."""
    rows = DiscrepancyReport.objects.filter(discrepancy=row, withdrawn_at__isnull=True).order_by("reported_at", "id")
    return [
        {"subject_id": str(one.subject_id)} if one.subject_id else {"post_id": str(one.post_id)}
        for one in rows
        if one.subject_id or one.post_id
    ]


def _reporters_of(rows: Iterable[Discrepancy]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {row.id: set() for row in rows}
    reports = DiscrepancyReport.objects.filter(discrepancy__in=list(found), withdrawn_at__isnull=True)
    for id, reporter in reports.values_list("discrepancy_id", "reporter") if found else ():
        found[id].add(reporter)
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """Both values as a discrepancy stores them.  key: what proposals that mean the same have in common."""

    doubted: Any
    proposed: Any
    key: str


def _kept(one: Seen, views: Mapping[str, ElementView]) -> _Kept:
    if one.other_id is not None:  # one subject has several links of a relation: which one is doubted belongs to the key
        return _Kept(one.doubted, one.proposed, canonical.digest([one.doubted, one.proposed]).hex())
    type = element_types[views[one.element].type]
    key = key_of(views[one.element].type, one.proposed)
    return _Kept(type.to_json(one.doubted), type.to_json(one.proposed), key)


def _new(act: Act, one: Seen, kept: _Kept, release: int) -> Discrepancy:
    return Discrepancy(
        id=uuid7(),
        subject_id=one.subject_id,
        other_id=one.other_id,
        element=one.element,
        resource=one.resource,
        unit_id=one.unit_id,
        record_id=one.record_id,
        doubted=kept.doubted,
        proposed=kept.proposed,
        proposed_key=kept.key,
        release=release,
        opened_at=act.time,
        origin=act.actor.origin,
    )


def _report(act: Act, row: Discrepancy, by: Reporter) -> DiscrepancyReport:
    return DiscrepancyReport(
        discrepancy=row,
        reporter=by.key,
        resource=by.resource,
        record_id=by.record_id,
        unit_id=by.unit_id,
        post_id=by.post_id,
        account_id=by.account_id,
        subject_id=by.subject_id,
        evidence=dict(by.evidence),
        reported_at=act.time,
    )


def _line(
    act: Act, row: Discrepancy, code: str, *, reason: str = "", resource: str = "", record_id: UUID | None = None
) -> DiscrepancyEntry:
    row.history_length += 1
    actor: Actor = act.actor
    return DiscrepancyEntry(
        discrepancy=row,
        position=row.history_length,
        at=act.time,
        code=code,
        state=row.state,
        unit_id=actor_unit(actor),
        post_id=actor.capacity_id if actor.capacity is CapacityKind.POST else None,
        account_id=actor.account_id,
        resource=resource,
        record_id=record_id,
        reason=reason,
    )


def _data(row: Discrepancy) -> dict[str, object]:
    """What every event of a discrepancy carries: ids, and titles that are public."""
    element_title, resource_title = titles_of(row, "zh-hans")
    return {
        "discrepancy_id": str(row.id),
        "subject_id": str(row.subject_id),
        "element": row.element,
        "element_title": element_title,
        "resource": row.resource,
        "resource_title": resource_title,
        "unit_id": str(row.unit_id) if row.unit_id else None,
        "origin": row.origin,
    }
