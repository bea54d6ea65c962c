"""Facts: what is known of a subject, with whose it is and how old; every reading is logged where the subject can see it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import ElementView, FieldRole, ResourceView, Sensitivity
from yiwang.identity.queries import unit_scope, unit_titles
from yiwang.identity.values import UnitScope
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotSignedIn, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date, machine_now, now
from yiwang.records.models import Read
from yiwang.records.queries.read_log import make_month
from yiwang.records.queries.standing import disputed_elements
from yiwang.records.queries.tables import stored_tables
from yiwang.records.queries.versions import StoredVersion, version_in_force
from yiwang.records.values import Door, FactView, Standing

__all__ = ["READ_SENSITIVE", "facts", "log_reading", "require_purpose", "system_facts"]

READ = "record.read"
READ_SENSITIVE = "record.read-sensitive"


def facts(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    elements: Collection[str] | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> list[FactView]:
    """The facts about a subject from their sources, in the order of resources and their fields, and a note that they were read.

    purpose: id of a registered purpose.  elements: only these; None for all.  valid_at: civil date (default today).  known_at: what
    was known here at that instant (default now).
    A person sees all of his own. A post sees facts of units in the scope of its grant `record.read`; values of sensitive elements are
    masked unless it may `record.read-sensitive`. Facts of others are left out as if they were not there.
    A fact that somebody doubts is disputed.
    One transaction: the reading is logged with it or not at all. Queries: 5, and 2 for each resource.
    Raises Invalid for an unknown purpose, NotSignedIn, NotAllowed without any grant.
    """
    require_purpose(purpose)
    seen = _scope(actor, subject_id, READ)
    sensitive = _scope(actor, subject_id, READ_SENSITIVE, needed=False)
    return _read(actor, subject_id, purpose, elements, valid_at, known_at, seen, sensitive)


def system_facts(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    elements: Collection[str] | None = None,
    valid_at: date | None = None,
) -> list[FactView]:
    """The same for a job or subscriber, unmasked; logged as the platform's reading."""
    require_purpose(purpose)
    everything = UnitScope(True, frozenset(), frozenset())
    return _read(actor, subject_id, purpose, elements, valid_at, None, everything, everything)


def require_purpose(purpose: str) -> None:
    """Raise Invalid for a purpose that nobody has registered."""
    if purpose not in catalog.list_purposes():
        fault = FieldFault(
            "purpose", "unknown-purpose", msgid("No purpose {purpose} is registered."), {"purpose": purpose}
        )
        raise Invalid(faults=[fault])


def _scope(actor: Actor, subject_id: UUID, action: str, *, needed: bool = True) -> UnitScope:
    if actor.capacity is CapacityKind.SELF:
        if actor.capacity_id != subject_id:
            raise NotAllowed(msgid("You may read your own facts only."))
        return UnitScope(True, frozenset(), frozenset())
    if actor.capacity is CapacityKind.SYSTEM:
        raise AssertionError("The platform itself reads through system_facts.")
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    scope = unit_scope(actor, action)
    if needed and scope.is_empty:
        raise NotAllowed(msgid("Your post may not read records."))
    return scope


def _read(
    actor: Actor,
    subject_id: UUID,
    purpose: str,
    elements: Collection[str] | None,
    valid_at: date | None,
    known_at: datetime | None,
    seen: UnitScope,
    sensitive: UnitScope,
) -> list[FactView]:
    moment = now()
    with transaction.atomic():
        release = current_release()
        views = catalog.list_elements(release)
        tables = stored_tables()
        found: list[tuple[ResourceView, Mapping[str, Any], StoredVersion]] = []
        asked: dict[str, list[str]] = {}
        for resource in catalog.list_resources(release).values():
            names = _source_elements(resource, elements)
            if not names or resource.id not in tables:
                continue
            asked[resource.id] = names
            version = version_in_force(
                tables[resource.id], subject_id, valid_at=valid_at or civil_date(moment), known_at=known_at or moment
            )
            if version and _covers(seen, version.fixed):
                found.append(
                    (resource, {name: version.values[name] for name in names if name in version.values}, version)
                )
        log_reading(actor, subject_id, purpose, asked, release, moment)
        disputed = disputed_elements([subject_id]) if found else set()
        titles = unit_titles(version.fixed["unit_id"] for _, _, version in found if version.fixed["unit_id"])
    language = get_language() or "zh-hans"
    return [
        replace(
            _fact(
                views[name], value, resource, version, titles, not _covers(sensitive, version.fixed), moment, language
            ),
            standing=Standing.DISPUTED if (subject_id, name) in disputed else Standing.UNDISPUTED,
        )
        for resource, values, version in found
        for name, value in values.items()
    ]


def _source_elements(resource: ResourceView, elements: Collection[str] | None) -> list[str]:
    return [
        field.element
        for field in resource.fields
        if field.role is FieldRole.SOURCE and (elements is None or field.element in elements)
    ]


def _covers(scope: UnitScope, row: Mapping[str, Any]) -> bool:
    return scope.covers(row["unit_id"]) or (row["post_id"] is not None and row["post_id"] in scope.post_ids)


def _fact(
    element: ElementView,
    value: Any,
    resource: ResourceView,
    version: StoredVersion,
    titles: Mapping[UUID, str],
    covered: bool,
    moment: datetime,
    language: str,
) -> FactView:
    row = version.fixed
    masked = covered and element.sensitivity is Sensitivity.SENSITIVE
    return FactView(
        element=element.id,
        title=element.title_in(language),
        value=None if masked else value,
        shown=catalog.shown(value, element, language, masked=masked),
        resource=resource.id,
        resource_title=text(resource.title, language),
        unit_title=titles.get(row["unit_id"], ""),
        valid_from=row["valid_from"],
        registered_at=row["registered_at"],
        arrived_at=row["arrived_at"],
        age_days=max(0, (civil_date(moment) - civil_date(row["registered_at"])).days),
        door=Door(row["door"]),
        record_id=row["record_id"],
        case_id=row["case_id"],
        case_number=_evidence(row["evidence"]).get("case_number", ""),
        unit_id=row["unit_id"],
        masked=masked,
    )


def _evidence(stored: Any) -> Mapping[str, Any]:
    return json.loads(stored) if isinstance(stored, str) else stored or {}


def log_reading(
    actor: Actor, subject_id: UUID, purpose: str, asked: Mapping[str, Iterable[str]], release: int, moment: datetime
) -> None:
    """Write down that the actor read these elements (resource → elements), in the transaction of the reading."""
    if not asked:
        return
    make_month(moment)
    Read.objects.bulk_create(
        Read(
            read_at=moment,
            machine_time=machine_now(),
            subject_id=subject_id,
            account_id=actor.account_id,
            capacity=str(actor.capacity),
            capacity_id=actor.capacity_id,
            reader_subject_id=actor.subject_id,
            resource=resource,
            elements=sorted(names),
            purpose=purpose,
            release=release,
            correlation_id=actor.correlation_id,
            origin=actor.origin,
        )
        for resource, names in asked.items()
    )
