"""Every read of the subjects engine. None of these asks who reads: they are for the floors above, never for a face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from yiwang.acts.queries import Prepared, list_definitions
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import today
from yiwang.subjects.models import Identifier, Subject
from yiwang.subjects.values import IdentifierView, Scheme, SubjectKindView, SubjectView

__all__ = [
    "subject_kind",
    "subject_kinds",
    "system_find_subject",
    "system_find_subject_as_of",
    "system_find_subjects",
    "system_identifiers",
    "system_kinds_of",
    "system_subject",
]


def subject_kinds(release: int | None = None) -> dict[str, SubjectKindView]:
    """All declared kinds by id. One query once the release's definitions are cached."""
    return {name: _kind_view(name, body) for name, body in list_definitions("subject-kind", release).items()}


def subject_kind(id: str, release: int | None = None) -> SubjectKindView:
    """One declared kind. Raises NotFound."""
    try:
        return subject_kinds(release)[id]
    except KeyError:
        raise NotFound(msgid("There is no kind of subject named {id}."), id=id) from None


def system_find_subject(scheme: str, value: str) -> UUID | None:
    """Whose identifier this is today, followed through merges; None when nobody's. One query."""
    return system_find_subjects(scheme, [value]).get(value)


def system_find_subjects(scheme: str, values: Iterable[str]) -> dict[str, UUID]:
    """Value → subject for those values that somebody bears today. One query."""
    found = Identifier.objects.filter(scheme=scheme, value__in=list(values), valid_to__isnull=True).values_list(
        "value", "subject_id", "subject__merged_into_id"
    )
    return {value: merged_into or own for value, own, merged_into in found}


def system_find_subject_as_of(scheme: str, value: str, on: date) -> UUID | None:
    """Whose identifier this was on the civil date `on`; None when nobody's. One query."""
    return (
        Identifier.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=on), scheme=scheme, value=value, valid_from__lte=on
        )
        .order_by("-valid_from")
        .values_list("subject_id", flat=True)
        .first()
    )


_SUBJECT = Prepared(lambda id: Subject.objects.filter(id=id), UUID)
_IDENTIFIERS = Prepared(lambda id: Identifier.objects.filter(subject_id=id).order_by("scheme", "valid_from"), UUID)


def system_subject(subject_id: UUID) -> SubjectView:
    """One subject with the identifiers that it bears today. Raises NotFound. Two queries."""
    subject = _SUBJECT.first(subject_id)
    if subject is None:
        raise NotFound(msgid("There is no such subject."))
    day = today()
    live = tuple(one for one in system_identifiers(subject_id) if one.valid_to is None or one.valid_to > day)
    return SubjectView(subject.id, subject.kind, subject.created_at, subject.origin, live)


def system_kinds_of(subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Subject → its kind, for those that exist. One query."""
    return dict(Subject.objects.filter(id__in=list(subject_ids)).values_list("id", "kind"))


def system_identifiers(subject_id: UUID) -> list[IdentifierView]:
    """All identifiers that a subject bears or bore, by scheme and beginning. One query."""
    return [IdentifierView(row.scheme, row.value, row.valid_from, row.valid_to) for row in _IDENTIFIERS(subject_id)]


def _kind_view(id: str, body: Mapping[str, Any]) -> SubjectKindView:
    schemes = tuple(
        Scheme(one["scheme"], one.get("title", ""), one.get("checker") or "") for one in body.get("identifiers", ())
    )
    return SubjectKindView(id, body["title"], bool(body.get("natural_person")), schemes, body.get("called", ""))
