"""Who represents whom: a source says so in a field that names a person by an identifier (`represents`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db import connection
from psycopg.sql import SQL, Identifier

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import FieldRole, ResourceField, ResourceView
from yiwang.kernel.time import now, today
from yiwang.records.queries.names import called
from yiwang.records.queries.tables import KnownTable, stored_tables
from yiwang.records.queries.versions import version_in_force
from yiwang.subjects.queries import system_subject

__all__ = ["ByRegister", "naming_representatives", "represented_by", "represents", "subjects_represented"]

MOST = 50


def represents(person_id: UUID, subject_id: UUID, release: int | None = None) -> bool:
    """Whether a source says today that this person represents the subject. Two queries, and one for each such resource."""
    return any(
        _names(table, subject_id, field.element, bears)
        for _, field, table, bears in _fields(person_id, current_release() if release is None else release)
    )


def naming_representatives(about: str, release: int) -> set[str]:
    """The elements by which sources say who represents a subject of this kind. No query once the release is cached."""
    return {field.element for resource, field in _naming(release) if resource.about == about}


def represented_by(actor: Actor, about: str = "") -> list[UUID]:
    """The subjects that the actor, as himself, represents by the word of their sources today; at most 50, in the order of ids.

    about: those of this kind alone.  Three queries, and one for each subject that ever named him.
    """
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        return []
    return subjects_represented(actor.capacity_id, about)


def subjects_represented(person_id: UUID, about: str = "") -> list[UUID]:
    """The same for a person whom the caller may ask about, because he is the actor or has agreed to it."""
    found: dict[UUID, None] = {}
    for resource, field, table, bears in _fields(person_id, current_release()):
        if about not in ("", resource.about):
            continue
        column = next(one.columns[0][0] for one in table.sets if one.element == field.element and not one.left)
        statement = SQL("SELECT DISTINCT subject_id FROM {} WHERE {} = ANY(%s) ORDER BY subject_id LIMIT %s").format(
            Identifier("records", table.name), Identifier(column)
        )
        with connection.cursor() as cursor:
            cursor.execute(statement.as_string(None), [sorted(bears), MOST])
            named = [row[0] for row in cursor.fetchall()]
        found |= {one: None for one in named if _names(table, one, field.element, bears)}
    return sorted(found)


class ByRegister:
    """What registers say of those for whom others act (`identity.registry.Principals`)."""

    def represents(self, person_id: UUID, subject_id: UUID) -> bool:
        """See the module's function."""
        return represents(person_id, subject_id)

    def represented(self, person_id: UUID) -> list[UUID]:
        """See `subjects_represented`."""
        return subjects_represented(person_id)

    def called(self, subject_ids: Collection[UUID]) -> dict[UUID, str]:
        """See `names.called`."""
        return called(subject_ids)


def _names(table: KnownTable, subject_id: UUID, element: str, bears: frozenset[str]) -> bool:
    version = version_in_force(table, subject_id, valid_at=today(), known_at=now())
    return version is not None and str(version.values.get(element, "")) in bears


def _fields(person_id: UUID, release: int) -> Iterator[tuple[ResourceView, ResourceField, KnownTable, frozenset[str]]]:
    """Source fields that name representatives, with their tables and the identifiers that this person bears in their scheme."""
    naming = _naming(release)
    if not naming:
        return
    tables, identifiers = stored_tables(), system_subject(person_id).identifiers
    for resource, field in naming:
        bears = frozenset(one.value for one in identifiers if one.scheme == field.represents)
        table = tables.get(resource.id)
        if bears and table is not None:
            yield resource, field, table, bears


def _naming(release: int) -> list[tuple[ResourceView, ResourceField]]:
    return [
        (resource, field)
        for resource in catalog.list_resources(release).values()
        for field in resource.fields
        if field.represents and field.role is FieldRole.SOURCE
    ]
