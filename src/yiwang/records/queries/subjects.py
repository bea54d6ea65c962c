"""A subject as posts look at it: found by an identifier, shown for a purpose, with what its source's officer may correct."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.acts.values import Actor
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import ElementView, Shape
from yiwang.identity.queries import require
from yiwang.kernel import masking
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.identifiers import IdentifierFault
from yiwang.kernel.texts import text
from yiwang.records.queries.history import record
from yiwang.records.queries.keeping import may_correct
from yiwang.records.queries.reading import facts
from yiwang.records.queries.relations import ever_related, related
from yiwang.records.queries.representing import represented_by
from yiwang.records.queries.tables import stored_table
from yiwang.records.queries.versions import version_by_id
from yiwang.records.values import (
    CorrectionField,
    FactView,
    KnownRecord,
    PurposeChoice,
    RelatedView,
    SchemeChoice,
    SubjectPage,
)
from yiwang.subjects.queries import subject_kinds, system_find_subject, system_subject
from yiwang.subjects.registry import checkers

__all__ = [
    "correction_form",
    "find_subject",
    "list_schemes",
    "purposes",
    "represented_subjects",
    "subject_page",
]

FIND = "subject.find"
CORRECTED_ELSEWHERE = {"file", "address"}
"""Types that one line cannot hold: their facts change by a case."""


def list_schemes(actor: Actor) -> list[SchemeChoice]:
    """The identifiers by which this post may look for subjects, those of people first.

    Raises NotSignedIn, NotAllowed without the grant `subject.find`.
    """
    require(actor, FIND)
    language = get_language() or "zh-hans"
    return [
        SchemeChoice(scheme.scheme, text(scheme.title, language))
        for kind in sorted(subject_kinds().values(), key=lambda kind: not kind.natural_person)
        for scheme in kind.schemes
    ]


def purposes() -> list[PurposeChoice]:
    """The registered purposes for which posts read, in the active language."""
    language = get_language() or "zh-hans"
    return [
        PurposeChoice(one.id, text(one.title, language)) for one in catalog.list_purposes().values() if one.by_posts
    ]


def find_subject(actor: Actor, scheme: str, value: str) -> UUID:
    """Whose identifier this is today. Raises NotSignedIn, NotAllowed, Invalid for what is no such identifier, NotFound for nobody's."""
    require(actor, FIND)
    known = {one.scheme: one.checker for kind in subject_kinds().values() for one in kind.schemes}
    if scheme not in known:
        raise Invalid(faults=[FieldFault("scheme", "unknown-scheme", msgid("Choose which identifier it is."))])
    try:
        canonical = str(checkers[known[scheme]](value)) if known[scheme] else value.strip()
    except IdentifierFault as fault:
        raise Invalid(faults=[fault.at("value")]) from None
    except ValueError:
        raise Invalid(faults=[FieldFault("value", "bad-identifier", msgid("This is no such identifier."))]) from None
    found = system_find_subject(scheme, canonical)
    if found is None:
        raise NotFound(msgid("Nobody bears this identifier today."))
    return found


def subject_page(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    valid_at: date | None = None,
    known_at: datetime | None = None,
    agreement: str | None = None,
) -> SubjectPage:
    """What a post may know of a subject for a purpose, by resource; the reading is logged. Raises what `facts` raises, NotFound."""
    subject = system_subject(subject_id)
    look: _Look = {"purpose": purpose, "valid_at": valid_at, "known_at": known_at, "agreement": agreement}
    found, links = _facts_and_links(actor, subject_id, look)
    language = get_language() or "zh-hans"
    kind = subject_kinds()[subject.kind]
    schemes = {one.scheme: one for one in kind.schemes}
    identifiers = tuple(
        (
            text(schemes[one.scheme].title, language),
            masking.mask(schemes[one.scheme].checker, one.value) if kind.natural_person else one.value,
        )
        for one in subject.identifiers
        if one.scheme in schemes
    )
    by_record: dict[UUID, list[FactView]] = {}
    for fact in found:
        by_record.setdefault(fact.record_id, []).append(fact)
    chosen = catalog.list_purposes()[purpose]
    return SubjectPage(
        subject_id,
        text(kind.title, language),
        identifiers,
        PurposeChoice(chosen.id, text(chosen.title, language)),
        tuple(_known(actor, id, tuple(group)) for id, group in by_record.items()),
        tuple(links),
        ever_related(actor, subject_id, purpose=purpose, agreement=agreement),
    )


class _Look(TypedDict):
    purpose: str
    valid_at: date | None
    known_at: datetime | None
    agreement: str | None


def _facts_and_links(actor: Actor, subject_id: UUID, look: _Look) -> tuple[list[FactView], list[RelatedView]]:
    """Facts and relations; who may read the one and not the other sees the one. Raises what `facts` raises when he may read neither."""
    found: list[FactView] = []
    refused: NotAllowed | None = None
    try:
        found = facts(actor, subject_id, **look)
    except NotAllowed as refusal:
        refused = refusal
    try:
        return found, related(actor, subject_id, **look)
    except NotAllowed:
        if refused is not None:
            raise refused from None
        return found, []


def _known(actor: Actor, record_id: UUID, group: tuple[FactView, ...]) -> KnownRecord:
    view = catalog.resource(group[0].resource)
    may = may_correct(actor, view.kept_by, group[0].unit_id)
    return KnownRecord(view.id, group[0].resource_title, view.shape is Shape.EVENT, record_id, group, may)


def represented_subjects(actor: Actor) -> list[tuple[UUID, str]]:
    """The subjects that the actor, as himself, represents: id, and kind with identifiers in words. A query for each, and some."""
    language = get_language() or "zh-hans"
    kinds = subject_kinds()
    found = [system_subject(one) for one in represented_by(actor)]
    return [
        (one.id, " ".join([text(kinds[one.kind].title, language), *(each.value for each in one.identifiers)]))
        for one in found
    ]


def correction_form(
    actor: Actor, resource: str, record_id: UUID, *, purpose: str
) -> tuple[UUID, list[CorrectionField]]:
    """Whose record it is, and what its source's officer may correct in it. The look is logged.

    Raises NotFound, NotAllowed for anybody but the source's officer.
    """
    view = catalog.resource(resource)
    table = stored_table(resource)
    stored = None if table is None else version_by_id(table, record_id)
    if stored is None:
        raise NotFound
    if not may_correct(actor, view.kept_by, stored.fixed["unit_id"]):
        raise NotAllowed(msgid("Only the source corrects its records."))
    present = {one.element: one.shown for one in record(actor, resource, record_id, purpose=purpose).values}
    language = get_language() or "zh-hans"
    return stored.fixed["subject_id"], [
        CorrectionField(
            one.id, one.title_in(language), one.type, present.get(one.id, ""), field.required, _choices(one, language)
        )
        for field in view.fields
        for one in [catalog.element(field.element)]
        if one.type not in CORRECTED_ELSEWHERE
    ]


def _choices(one: ElementView, language: str) -> tuple[tuple[str, str], ...]:
    if one.type == "boolean":
        return (("true", _("Yes")), ("false", _("No")))
    if one.type != "code":
        return ()
    codes = catalog.code_list(one.code_list).codes.values()
    return tuple((code.code, text(code.title, language)) for code in codes if code.is_current)
