"""Facts under the standing agreement of a published item.

For the floors above, which know for whom an actor may apply; nothing here asks whether he may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.utils.translation import get_language

from yiwang.acts.values import Actor
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import FieldRole, ResourceField
from yiwang.records.queries.reading import facts_read_by
from yiwang.records.queries.tables import stored_tables
from yiwang.records.queries.versions import version_by_id
from yiwang.records.values import FactView

__all__ = ["facts_for_applicant", "shown_before"]


def facts_for_applicant(
    actor: Actor, subject_id: UUID, *, purpose: str, elements: Collection[str], item: str
) -> dict[str, FactView]:
    """Element → fact, unmasked, for who applies for the subject: the caller has made sure that the actor is he or represents him, or is a
    post to which he has come and which reads with his consent for this item; the reading is then the post's, on the ground of the item.

    A published item is the standing agreement for the elements that it names. The reading is logged as the actor's, in one transaction
    with it. Queries: one for each resource, and one for the subject. Raises Invalid for an unknown purpose.
    """
    found: dict[str, FactView] = {}
    for fact in facts_read_by(actor, subject_id, purpose, elements, item=item):
        found.setdefault(fact.element, fact)
    return found


def shown_before(subject_id: UUID, element: str, record_id: UUID) -> str | None:
    """For people, the value of an element in one version of a record about the subject; None when there is no such version.

    For who has just read it: he is shown what it was and what it is.
    """
    tables = stored_tables()
    for resource in catalog.list_resources().values():
        if resource.id not in tables or element not in _sources(resource.fields):
            continue
        version = version_by_id(tables[resource.id], record_id)
        if version is not None and version.fixed["subject_id"] == subject_id:
            return catalog.shown(version.values.get(element), catalog.element(element), get_language() or "zh-hans")
    return None


def _sources(fields: Iterable[ResourceField]) -> set[str]:
    return {field.element for field in fields if field.role is FieldRole.SOURCE}
