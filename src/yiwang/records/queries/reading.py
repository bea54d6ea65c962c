"""Facts: what is known of a subject, with whose it is and how old; every reading is logged where the subject can see it.

One resource is one statement: it finds the record that holds, hides it from who may not see it, writes the read log, and gives it
back. What is read is logged in the same statement or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from psycopg.sql import SQL, Identifier

from yiwang.acts.queries import current_release, fetch, release_id
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import Condition, ElementView, FieldRole, ResourceView, Sensitivity
from yiwang.identity.queries import actor_unit, unit_title_of
from yiwang.identity.values import UnitScope
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import civil_date, machine_now, now
from yiwang.records.models import Read
from yiwang.records.queries.grounds import EVERYTHING, READ_SENSITIVE, Claim, Reader, reader_of, require_purpose
from yiwang.records.queries.read_log import make_month
from yiwang.records.queries.standing import DISPUTED
from yiwang.records.queries.tables import KnownTable, stored_tables
from yiwang.records.queries.versions import distinct_by, values_of
from yiwang.records.rules.tables import ColumnSet
from yiwang.records.values import Door, FactView, Ground, Standing
from yiwang.subjects.queries import system_subject

__all__ = [
    "READ_SENSITIVE",
    "fact",
    "facts",
    "facts_read_by",
    "log_reading",
    "require_purpose",
    "system_facts",
    "system_value",
]


def fact(
    actor: Actor,
    subject_id: UUID,
    element: str,
    *,
    purpose: str,
    agreement: str | None = None,
    item: str | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> FactView | None:
    """One fact from its source, and a note that it was read; None when nobody knows it.

    The arguments are those of `facts`. Where the element has several sources, the subject's own fact of the coded element that they
    depend on says which; when that is unknown, so is this.
    One statement, besides the release and the reader's seat, which are remembered within an act or a request.
    Raises NotFound for an unknown element, Invalid for an unknown purpose or agreement, NotSignedIn, NotAllowed with the reason when
    neither a grant nor an agreement nor a published item covers it.
    """
    release = current_release()
    moment = now()
    catalog.element(element, release)
    reader = reader_of(
        actor, subject_id, purpose, agreement=agreement, item=item, release=release, on=civil_date(moment)
    )
    look = _Look(subject_id, valid_at or civil_date(moment), known_at or moment, moment)
    source = catalog.source_of(element, release, value_of=lambda coded: _condition_value(reader, look, coded))
    if source is None:
        if not any(reader.claims(one.resource.id, [element]) for one in catalog.sources_of(element, release)):
            raise reader.refusal([element])
        return None
    claims = reader.claims(source.id, [element])
    if not claims:
        raise reader.refusal([element])
    found = _read(reader, look, source, claims[0])
    if found is None:  # a record of another unit looks like none
        raise reader.refusal([element])
    return found[0] if found else None


def facts(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    elements: Collection[str] | None = None,
    agreement: str | None = None,
    item: str | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> list[FactView]:
    """The facts about a subject from their sources, in the order of resources and their fields, and a note that they were read.

    purpose: id of a registered purpose.  elements: only these; None for all.  valid_at: civil date (default today).  known_at: what
    was known here at that instant (default now).  agreement: read under this one alone.  item: the published item whose standing
    agreement covers the elements that it names; the caller has made sure that the actor handles a case of it.
    A person sees all of his own, and of whom he represents by the word of a source. A post sees what a grant `record.read` reaches by
    source unit, what the item names, and what agreements with its unit or duty give for the purpose; the rest is left out as if it
    were not there. Sensitive values are masked unless `record.read-sensitive` reaches the source or an agreement gives them in full.
    Of events the last one counts. A fact that somebody doubts is disputed. One transaction: the reading is logged with it or not at all.
    Queries: one for each resource that may be read, and one for the subject.
    Raises Invalid for an unknown purpose or agreement, NotSignedIn, NotAllowed with the reason when nothing at all may be read.
    """
    release = current_release()
    moment = now()
    reader = reader_of(
        actor, subject_id, purpose, agreement=agreement, item=item, release=release, on=civil_date(moment)
    )
    look = _Look(subject_id, valid_at or civil_date(moment), known_at or moment, moment)
    return _read_all(reader, look, elements)


def facts_read_by(
    actor: Actor, subject_id: UUID, purpose: str, elements: Collection[str], *, item: str
) -> list[FactView]:
    """Facts for who is the subject, represents it, acts for it under a mandate, or serves it in a post with its consent.

    Unmasked; logged as his reading.
    """
    release = current_release()
    require_purpose(purpose, release)
    moment = now()
    reader = Reader(actor, purpose, release, civil_date(moment), sensitive=EVERYTHING)
    if actor.capacity is CapacityKind.POST:
        reader = replace(reader, unit_id=actor_unit(actor), item=item, item_elements=frozenset(elements))
    elif actor.capacity is CapacityKind.AGENT:
        reader = replace(reader, whole=Ground.MANDATE, whole_id=str(actor.mandate_id))
    else:
        reader = replace(reader, whole=Ground.OWN if actor.capacity_id == subject_id else Ground.REPRESENTED)
    return _read_all(reader, _Look(subject_id, civil_date(moment), moment, moment), elements)


def system_facts(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    elements: Collection[str] | None = None,
    valid_at: date | None = None,
) -> list[FactView]:
    """The same for a job or subscriber, unmasked; logged as the platform's reading."""
    release = current_release()
    require_purpose(purpose, release)
    moment = now()
    reader = Reader(actor, purpose, release, civil_date(moment), whole=Ground.PLATFORM, sensitive=EVERYTHING)
    return _read_all(reader, _Look(subject_id, valid_at or civil_date(moment), moment, moment), elements)


def system_value(
    subject_id: UUID, element: str, *, valid_at: date | None = None, known_at: datetime | None = None
) -> Any:
    """One typed value from its source, None when nobody knows it: for the platform to compute with, never to show. Not logged.

    Who shows what he has computed from it to anybody logs that (`log_reading`). One statement.
    """
    release = current_release()
    moment = now()
    look = _Look(subject_id, valid_at or civil_date(moment), known_at or moment, moment)
    source = catalog.source_of(element, release, value_of=lambda coded: _plain_value(release, look, coded))
    return None if source is None else _value_in(source, release, look, element)


@dataclass(frozen=True, slots=True)
class _Look:
    """At whom, at what time. moment: business time of the reading."""

    subject_id: UUID
    valid_at: date
    known_at: datetime
    moment: datetime


def _read_all(reader: Reader, look: _Look, elements: Collection[str] | None) -> list[FactView]:
    found: list[FactView] = []
    allowed = False
    with transaction.atomic():
        kind = system_subject(look.subject_id).kind
        known: dict[str, Any] = {}

        def meets(condition: Condition) -> bool:
            if condition.element not in known:
                known[condition.element] = _condition_value(reader, look, condition.element)
            return condition.is_met_by(known[condition.element])

        tables = _tables(release_id(reader.release)) if reader.release else {}
        for resource in catalog.list_resources(reader.release).values():
            if resource.about != kind or resource.id not in tables:
                continue
            wanted = [
                field
                for field in resource.fields
                if field.role is FieldRole.SOURCE and (elements is None or field.element in elements)
            ]
            names = [one.element for one in wanted]
            claims = reader.claims(resource.id, names)
            allowed = allowed or bool(claims) or not wanted
            if claims and any(one.condition for one in wanted):
                names = [one.element for one in wanted if one.condition is None or meets(one.condition)]
                claims = reader.claims(resource.id, names) if names else []
            read = [one for claim in claims for one in _read(reader, look, resource, claim) or ()]
            found += sorted(read, key=lambda one: names.index(one.element)) if len(claims) > 1 else read
        if not allowed:
            raise reader.refusal(elements or ())
    return found


# ── one statement ───────────────────────────────────────────────────────────────────────────────────────────────────────

# For each beginning (of an event: each event of a day) the latest word, then the latest beginning that was not retracted.
_WORD = SQL(
    "SELECT {names} FROM (SELECT DISTINCT ON ({same}) valid_from, arrived_at, retracted, {columns} FROM {table}"
    " WHERE subject_id = %(subject)s::uuid AND valid_from <= %(valid_at)s::date AND arrived_at <= %(known_at)s::timestamptz"
    " ORDER BY {order}, arrived_at DESC) AS last_word WHERE NOT retracted"
    " ORDER BY last_word.valid_from DESC, last_word.arrived_at DESC LIMIT 1"
)
# What the reader's ground does not reach is neither given nor noted: he has not learned whether it is there.
_FACT = SQL(
    "WITH word AS ({word}), seen AS (SELECT * FROM word"
    " WHERE %(everything)s::boolean OR unit = ANY(%(units)s::uuid[]) OR post = ANY(%(posts)s::uuid[])),"
    " noted AS (INSERT INTO records_read_log (id, read_at, machine_time, subject_id, account_id, capacity, capacity_id,"
    "   reader_subject_id, resource, elements, purpose, ground, ground_id, unit_id, release, correlation_id, origin)"
    "  SELECT %(id)s::uuid, %(read_at)s::timestamptz, %(machine_time)s::timestamptz, %(subject)s::uuid, %(account)s::uuid,"
    "   %(capacity)s::text, %(capacity_id)s::uuid, %(reader)s::uuid, %(resource)s::text, %(elements)s::text[], %(purpose)s::text,"
    "   %(ground)s::text, %(ground_id)s::text, %(reader_unit)s::uuid, %(release)s::integer, %(correlation)s::text,"
    "   %(origin)s::text"
    "  WHERE %(everything)s::boolean OR EXISTS (SELECT FROM seen))"
    " SELECT seen.*, {title}, {disputed} FROM seen"
)
_FIXED = {
    "record": "record_id",
    "since": "valid_from",
    "registered": "registered_at",
    "arrived": "arrived_at",
    "brought": "door",
    "inquiry": "case_id",
    "unit": "unit_id",
    "post": "post_id",
    "number": "evidence->>'case_number'",
    "why": "evidence->>'reason'",
}
"""What a fact is told with: name in the statement → expression. No element has a column without an underscore."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the record that holds is read from one table for some elements. logged, plain: with and without a note of the reading."""

    resource: ResourceView
    views: tuple[ElementView, ...]
    sets: tuple[ColumnSet, ...]
    logged: str
    plain: str


@lru_cache(maxsize=8)
def _tables(id: UUID) -> Mapping[str, KnownTable]:
    """The tables of a release, by its id: only `apply` changes them, and it makes another release."""
    return stored_tables()


@lru_cache(maxsize=1_000)
def _plan(id: UUID, release: int, resource_id: str, elements: tuple[str, ...]) -> _Plan:
    resource, table = catalog.resource(resource_id, release), _tables(id)[resource_id]
    standing = {one.element: one for one in table.sets if not one.left}
    sets = tuple(standing[one] for one in elements)
    own = [name for one in sets for name, _ in one.columns]
    same, order = distinct_by(table)
    columns = [SQL(f"{expression} AS {name}") for name, expression in _FIXED.items()]
    word = _WORD.format(
        names=SQL(", ").join([*map(SQL, _FIXED), *map(Identifier, own)]),
        columns=SQL(", ").join([*columns, *map(Identifier, own)]),
        same=same,
        order=order,
        table=Identifier("records", table.name),
    )
    logged = _FACT.format(word=word, title=unit_title_of(SQL("seen.unit")), disputed=DISPUTED)
    views = tuple(catalog.element(one, release) for one in elements)
    return _Plan(resource, views, sets, logged.as_string(None), word.as_string(None))


def _read(reader: Reader, look: _Look, resource: ResourceView, claim: Claim) -> list[FactView] | None:
    """Facts in the order of the claim's elements; None when the ground reaches no record of the subject."""
    plan = _plan(release_id(reader.release), reader.release, resource.id, claim.elements)
    make_month(look.moment)
    rows_reached = claim.rows
    actor = reader.actor
    rows = fetch(
        plan.logged,
        {
            "subject": look.subject_id,
            "valid_at": look.valid_at,
            "known_at": look.known_at,
            "everything": rows_reached.everything,
            "units": list(rows_reached.unit_ids),
            "posts": list(rows_reached.post_ids),
            "id": uuid7(),
            "read_at": look.moment,
            "machine_time": machine_now(),
            "account": actor.account_id,
            "capacity": str(actor.capacity),
            "capacity_id": actor.capacity_id,
            "reader": actor.subject_id,
            "resource": resource.id,
            "elements": sorted(claim.elements),
            "purpose": reader.purpose,
            "ground": str(claim.ground),
            "ground_id": claim.id,
            "reader_unit": reader.unit_id,
            "release": reader.release,
            "correlation": actor.correlation_id,
            "origin": actor.origin,
        },
    )
    if not rows:
        return [] if rows_reached.everything else None
    return _facts(reader, look, plan, claim, rows[0])


def _facts(reader: Reader, look: _Look, plan: _Plan, claim: Claim, row: Sequence[Any]) -> list[FactView]:
    record, since, registered, arrived, brought, case_id, unit, post, number, why = row[: len(_FIXED)]
    values = values_of(plan.sets, row[len(_FIXED) : -2])
    language = get_language() or "zh-hans"
    resource_title = plan.resource.title_in(language)
    age = max(0, (civil_date(look.moment) - civil_date(registered)).days)
    uncovers = reader.whole is not None or _covers(reader.sensitive, unit, post)
    found = []
    for view in plan.views:
        value = values.get(view.id)
        if value is None:
            continue
        sensitive = view.sensitivity is Sensitivity.SENSITIVE
        masked = sensitive and not uncovers and view.id not in claim.in_full
        covered = catalog.shown(value, view, language, masked=True, release=reader.release) if sensitive else ""
        found.append(
            FactView(
                element=view.id,
                title=view.title_in(language),
                value=None if masked else value,
                shown=covered if masked else catalog.shown(value, view, language, release=reader.release),
                resource=plan.resource.id,
                resource_title=resource_title,
                unit_title=row[-2] or "",
                valid_from=since,
                registered_at=registered,
                arrived_at=arrived,
                age_days=age,
                door=Door(brought),
                record_id=record,
                case_id=case_id,
                case_number=number or "",
                standing=Standing.DISPUTED if view.id in row[-1] else Standing.UNDISPUTED,
                masked=masked,
                unit_id=unit,
                reason=why or "",
                covered=covered,
            )
        )
    return found


def _covers(scope: UnitScope, unit_id: UUID | None, post_id: UUID | None) -> bool:
    return scope.covers(unit_id) or (post_id is not None and post_id in scope.post_ids)


def _condition_value(reader: Reader, look: _Look, element: str) -> Any:
    """The subject's own value of the coded element on which a source depends.

    The platform looks it up to know whose the fact is, and says so in the read log; of his own facts a person needs no such note.
    """
    value = _plain_value(reader.release, look, element)
    source = catalog.source_of(element, reader.release)
    if source is not None and reader.whole is not Ground.OWN:
        platform = Actor(None, CapacityKind.SYSTEM, None, origin=reader.actor.origin, name="records.source")
        asked = {source.id: [element]}
        log_reading(platform, look.subject_id, reader.purpose, asked, reader.release, look.moment, Ground.PLATFORM)
    return value


def _plain_value(release: int, look: _Look, element: str) -> Any:
    source = catalog.source_of(element, release)
    return None if source is None else _value_in(source, release, look, element)


def _value_in(source: ResourceView, release: int, look: _Look, element: str) -> Any:
    plan = _plan(release_id(release), release, source.id, (element,))
    when = {"subject": look.subject_id, "valid_at": look.valid_at, "known_at": look.known_at}
    rows = fetch(plan.plain, when)
    return values_of(plan.sets, rows[0][len(_FIXED) :]).get(element) if rows else None


def log_reading(
    actor: Actor,
    subject_id: UUID,
    purpose: str,
    asked: Mapping[str, Iterable[str]],
    release: int,
    moment: datetime,
    ground: Ground = Ground.GRANT,
    ground_id: str = "",
    unit_id: UUID | None = None,
) -> None:
    """Write down that the actor read these elements (resource → elements), in the transaction of a reading made elsewhere."""
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
            ground=str(ground),
            ground_id=ground_id,
            unit_id=unit_id,
            release=release,
            correlation_id=actor.correlation_id,
            origin=actor.origin,
        )
        for resource, names in asked.items()
    )
