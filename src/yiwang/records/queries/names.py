"""What people are called, by the one source of the element that their kind names (`called` of a `subject-kind`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from uuid import UUID

from psycopg.sql import SQL, Identifier

from yiwang.acts.queries import current_release, fetch, release_id
from yiwang.acts.values import Actor
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import ElementView
from yiwang.identity.queries import officers_among
from yiwang.kernel.time import now, today
from yiwang.records.queries.tables import KnownTable, stored_tables
from yiwang.records.queries.versions import distinct_by, version_in_force
from yiwang.subjects.queries import subject_kinds, system_kinds_of

__all__ = ["called", "name_claim", "names_source", "officer_names", "own_name"]

_NAMES = SQL(
    "SELECT subject_id, name FROM (SELECT DISTINCT ON (subject_id) subject_id, name, retracted FROM"
    " (SELECT DISTINCT ON (subject_id, {same}) subject_id, {column} AS name, retracted, valid_from, arrived_at FROM {table}"
    "  WHERE subject_id = ANY(%(subjects)s::uuid[]) AND valid_from <= %(on)s::date AND arrived_at <= %(at)s::timestamptz"
    "  ORDER BY subject_id, {order}, arrived_at DESC) AS last_word"
    " WHERE NOT retracted ORDER BY subject_id, valid_from DESC, arrived_at DESC) AS in_force WHERE name IS NOT NULL"
)


def own_name(actor: Actor) -> str:
    """What the actor himself is called; empty when no source knows it. One query.

    For his own eyes, in whichever capacity he acts: nobody learns anything, so it is masked nowhere and not logged.
    """
    return _names([actor.subject_id]).get(actor.subject_id, "") if actor.subject_id is not None else ""


def officer_names(actor: Actor, subject_ids: Collection[UUID]) -> dict[UUID, str]:
    """Person → name, for those who hold, held or will hold a post and whom the source knows; empty for who may not list officers.

    Up to four queries, none for no ids. Not logged: who acts for the government is known to it by name.
    """
    return _names(officers_among(actor, subject_ids))


def name_claim(subject_id: UUID | None) -> dict[str, object]:
    """What a connected system of officers hears of the person who is signed in to it (`identity.registry.register_claims`). One query.

    Not logged: who acts for the government is known to it by name.
    """
    name = _names([subject_id]).get(subject_id, "") if subject_id is not None else ""
    return {"name": name} if name else {}


def called(subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What people, and organisations whose register names them (`called` of a resource), are called; who is in none is left out.

    For what two sides of one thing know of each other already, such as a mandate: who asks has made sure of that. Two queries, and one for
    each such register and each subject in it.
    """
    ids = list(dict.fromkeys(subject_ids))
    found = _names(ids)
    left = [one for one in ids if one not in found]
    kinds = system_kinds_of(left) if left else {}
    for resource in catalog.list_resources().values():
        table = stored_tables().get(resource.id) if resource.called else None
        if table is None:
            continue
        for one in left:
            if kinds.get(one) == resource.about and one not in found:
                found |= _called_in(table, resource.called, one)
    return found


def names_source() -> tuple[str, str] | None:
    """The resource that people's names have their source in, and the element; None where it has none."""
    release = current_release()
    plan = _plan(release_id(release), release) if release else None
    source = catalog.source_of(plan[0].id, release) if plan else None
    return (source.id, plan[0].id) if plan and source else None


def _called_in(table: KnownTable, element: str, subject_id: UUID) -> dict[UUID, str]:
    version = version_in_force(table, subject_id, valid_at=today(), known_at=now())
    value = None if version is None else version.values.get(element)
    return {} if value is None else {subject_id: catalog.shown(value, catalog.element(element), "zh-hans")}


def _names(subject_ids: Collection[UUID]) -> dict[UUID, str]:
    plan = _plan(release_id(release), release) if (release := current_release()) else None
    if plan is None or not subject_ids:
        return {}
    element, statement = plan
    rows = fetch(statement, {"subjects": list(subject_ids), "on": today(), "at": now()})
    return {subject: catalog.shown(name, element, "zh-hans") for subject, name in rows}


@lru_cache(maxsize=4)
def _plan(id: UUID, release: int) -> tuple[ElementView, str] | None:
    """The element, and the statement that reads it from its source; None where it has none, or several for different people."""
    named = next((one.called for one in subject_kinds(release).values() if one.natural_person and one.called), "")
    source = catalog.source_of(named, release) if named else None
    table = stored_tables().get(source.id) if source is not None else None
    if table is None:
        return None
    column = next(one.columns[0][0] for one in table.sets if one.element == named and not one.left)
    same, order = distinct_by(table)
    statement = _NAMES.format(
        same=same, order=order, column=Identifier(column), table=Identifier("records", table.name)
    )
    return catalog.element(named, release), statement.as_string(None)
