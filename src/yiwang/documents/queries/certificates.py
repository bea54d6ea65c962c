"""Certificates as their holders and the units that keep them read them. Every query starts from `visible_certificates`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.encoding import force_bytes
from django.utils.translation import override

from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import Sensitivity
from yiwang.documents.models import Certificate, StatusEntry, TakenNumber
from yiwang.documents.queries.files import open_content
from yiwang.documents.rules.terms import ALLOWED, standing_on
from yiwang.documents.values import (
    CertificateLine,
    CertificatePage,
    CertificateStatus,
    CertificateView,
    Content,
    Download,
    FieldShown,
    Form,
    StatusLine,
)
from yiwang.identity.queries import mandate_of, post_titles, unit_scope
from yiwang.identity.values import UnitScope
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.identifiers import CertificateIdentifier, IdentifierFault
from yiwang.kernel.time import now, today
from yiwang.records.queries import represented_by

__all__ = [
    "READ",
    "bytes_of",
    "certificate",
    "certificates_for_applicant",
    "certificates_of",
    "certificates_of_case",
    "content_of",
    "count_certificates",
    "download",
    "in_reach",
    "list_certificates",
    "may_act",
    "shape",
    "status_of",
    "system_unissued_numbers",
    "visible_certificates",
]

READ = "certificate.read"
READ_SENSITIVE = "record.read-sensitive"
LARGEST_PAGE = 200
UNISSUED_AFTER = timedelta(days=1)
MEDIA_TYPES = {
    Form.PDF: "application/pdf",
    Form.JSON: "application/json",
    Form.JSON_SIGNATURE: "application/octet-stream",
    Form.PDF_SIGNATURE: "application/octet-stream",
}


# ── who sees which ──────────────────────────────────────────────────────────────────────────────────────────────────────


def visible_certificates(actor: Actor) -> QuerySet[Certificate]:
    """The certificates that exist for this actor: those that he, or whom he represents, holds; those that he was given for another; of an
    agent those that were applied for under his mandate; of an officer those that the duties of his post keep.

    At most two queries before the caller's own, for a person those that tell whom he represents.
    """
    rows = Certificate.objects.select_related("unit", "content")
    if actor.capacity is CapacityKind.SYSTEM:
        return rows
    if actor.capacity is CapacityKind.SELF and actor.capacity_id is not None:
        given = Q(applicant_id=actor.capacity_id, mandate__isnull=True)
        return rows.filter(given | Q(holder_id__in=[actor.capacity_id, *represented_by(actor)]))
    if (mandate := mandate_of(actor)) is not None:
        return rows.filter(holder_id=mandate.subject_id, mandate_id=mandate.id)
    if actor.capacity is not CapacityKind.POST:
        return rows.none()
    scope = unit_scope(actor, READ)
    return rows if scope.everything else rows.filter(in_reach(scope))


def in_reach(scope: UnitScope) -> Q:
    """Certificates of the scope's units that one of its duties keeps."""
    reach = Q(pk__in=[])
    for part in scope.each:
        if part.everything:
            reach |= Q(duty__in=part.duties)
        elif part.unit_ids:
            reach |= Q(duty__in=part.duties, unit__in=part.unit_ids)
    return reach


def may_act(actor: Actor, act: str, one: Certificate) -> bool:
    """Whether the actor's post may suspend, resume, revoke or replace this certificate, whatever its status."""
    if actor.capacity is not CapacityKind.POST:
        return False
    return any(
        one.duty in part.duties and part.covers(one.unit_id) for part in unit_scope(actor, f"certificate.{act}").each
    )


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def certificates_of(actor: Actor, subject_id: UUID, language: str = "zh-Hans") -> tuple[CertificateLine, ...]:
    """Every certificate that the subject holds, or was given for another, as far as the actor sees them; newest first.

    One query, and one file for each.
    """
    rows = visible_certificates(actor).filter(Q(holder_id=subject_id) | Q(applicant_id=subject_id)).order_by("-pk")
    return tuple(_line(one, language) for one in rows)


def certificates_for_applicant(subject_id: UUID, types: Collection[str]) -> dict[str, CertificateLine]:
    """Type → the newest certificate of it that the subject holds and that is valid today; where none is, the newest of all.

    For the floors above, which have made sure that who asks is the subject or applies for it. One query, and one file for each.
    """
    found: dict[str, CertificateLine] = {}
    rows = Certificate.objects.select_related("unit", "content").filter(holder_id=subject_id, type__in=types)
    for one in rows.order_by("-pk"):
        known = found.get(one.type)
        if known is None or (known.status is not CertificateStatus.VALID and status_of(one) is CertificateStatus.VALID):
            found[one.type] = _line(one, "zh-Hans")
    return found


def certificates_of_case(actor: Actor, case_id: UUID, language: str = "zh-Hans") -> tuple[CertificateLine, ...]:
    """Every certificate that is the result of a case, as far as the actor sees them; newest first."""
    rows = visible_certificates(actor).filter(case_id=case_id).order_by("-pk")
    return tuple(_line(one, language) for one in rows)


def list_certificates(
    actor: Actor, *, search: str = "", cursor: str = "", limit: int = 30, language: str = "zh-Hans"
) -> CertificatePage:
    """A page of the certificates that the actor sees, newest first.  search: a number, the beginning of one, or an identifier."""
    limit = max(1, min(limit, LARGEST_PAGE))
    scope = f"certificates:{actor.capacity_id}:{search}"
    rows = visible_certificates(actor)
    if words := search.strip():
        rows = rows.filter(_named(words))
    if cursor:
        rows = rows.filter(pk__lt=cursors.decode(cursor, force_bytes(settings.SECRET_KEY), scope=scope)[0])
    found = list(rows.order_by("-pk")[: limit + 1])
    following = None
    if len(found) > limit:
        following = cursors.encode([found[limit - 1].pk], force_bytes(settings.SECRET_KEY), scope=scope)
    return CertificatePage(tuple(_line(one, language) for one in found[:limit]), following)


def _named(words: str) -> Q:
    try:
        return Q(identifier=CertificateIdentifier.parse(words))
    except IdentifierFault:
        return Q(number__startswith=words.upper())


def count_certificates(actor: Actor) -> int:
    """How many certificates the actor sees. One query of its own."""
    return visible_certificates(actor).count()


def certificate(actor: Actor, certificate_id: UUID, language: str = "zh-Hans") -> CertificateView:
    """One certificate with what it says and its history. Raises NotFound, also for who may not see it. At most eight queries.

    A post sees sensitive values covered unless it may `record.read-sensitive`; its holder sees everything.
    """
    one = find(actor, certificate_id)
    return shape(actor, one, language)


def find(actor: Actor, certificate_id: UUID) -> Certificate:
    """The row, if it exists for this actor. Raises NotFound."""
    found = visible_certificates(actor).filter(pk=certificate_id).first()
    if found is None:
        raise NotFound(msgid("There is no such certificate."))
    return found


def download(actor: Actor, certificate_id: UUID, form: Form) -> Download:
    """The certificate in one of its forms, byte for byte as it was issued. Raises NotFound."""
    one = find(actor, certificate_id)
    match form:
        case Form.PDF:
            content = bytes_of(bytes(one.pdf.digest))
        case Form.JSON:
            content = bytes_of(bytes(one.content.digest))
        case Form.JSON_SIGNATURE:
            content = bytes(one.signature)
        case Form.PDF_SIGNATURE:
            content = bytes(one.pdf_signature)
    return Download(f"{one.number}-{one.version:03d}.{form}", MEDIA_TYPES[form], content)


def system_unissued_numbers() -> list[tuple[str, str]]:
    """(type, number) of numbers that were taken over a day ago and that no certificate bears: its issuing was given up."""
    rows = TakenNumber.objects.filter(taken_at__lt=now() - UNISSUED_AFTER)
    unissued = rows.exclude(Exists(Certificate.objects.filter(type=OuterRef("type"), number=OuterRef("number"))))
    return list(unissued.order_by("type", "number").values_list("type", "number"))


# ── shaping ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def bytes_of(digest: bytes) -> bytes:
    """A stored content, whole. Raises NotFound."""
    with open_content(digest.hex()) as stream:
        return stream.read()


def content_of(one: Certificate) -> Content:
    """What a certificate says, from the file that is signed."""
    return _content(bytes(one.content.digest))


@lru_cache(maxsize=500)  # a digest is of one content for ever
def _content(digest: bytes) -> Content:
    return Content.read(json.loads(bytes_of(digest)))


def status_of(one: Certificate) -> CertificateStatus:
    """Where it stands today."""
    return standing_on(CertificateStatus(one.status), one.valid_to, today())


def title_in(said: Content, language: str) -> str:
    """The certificate's title for a reader of `language`."""
    return said.title_en if language.lower().startswith("en") and said.title_en else said.title


def _line(one: Certificate, language: str) -> CertificateLine:
    said = content_of(one)
    return CertificateLine(
        id=one.id,
        identifier=one.identifier,
        type=one.type,
        title=title_in(said, language),
        number=one.number,
        version=one.version,
        status=status_of(one),
        holder_id=one.holder_id,
        holder_name=said.holder.name,
        unit_title=one.unit.title,
        issued_at=one.issued_at,
        valid_from=one.valid_from,
        valid_until=said.valid_until,
        case_id=one.case_id,
        case_number=one.case_number,
        origin=one.origin,
        digest=bytes(one.content.digest).hex(),
    )


def shape(actor: Actor, one: Certificate, language: str) -> CertificateView:
    """The certificate as this actor reads it."""
    said = content_of(one)
    line = _line(one, language)
    history = list(one.history.order_by("position"))
    titles = post_titles({entry.post_id for entry in history if entry.post_id})
    after = Certificate.objects.filter(previous=one).values_list("pk", flat=True).first()
    return CertificateView(
        line=line,
        fields=fields_shown(said, one.release, covered=_covered_for(actor, one)),
        reason=history[-1].reason if history else "",
        history=tuple(_status_line(entry, titles) for entry in history),
        law=said.law,
        replaces=one.previous_id,
        replaced_by=after,
        may=tuple(act for act, (before, _) in ALLOWED.items() if line.status in before and may_act(actor, act, one)),
        signed_at=said.signed_at,
        key_id=one.key_id,
    )


def _status_line(entry: StatusEntry, titles: Mapping[UUID, str]) -> StatusLine:
    by = titles.get(entry.post_id, "") if entry.post_id else ""
    return StatusLine(CertificateStatus(entry.status), entry.at, entry.reason, by)


def _covered_for(actor: Actor, one: Certificate) -> frozenset[Sensitivity]:
    """What is covered for an actor who sees the certificate."""
    if actor.capacity is CapacityKind.POST and not unit_scope(actor, READ_SENSITIVE).covers(one.unit_id):
        return frozenset({Sensitivity.SENSITIVE})
    return frozenset()


def fields_shown(said: Content, release: int, *, covered: frozenset[Sensitivity]) -> tuple[FieldShown, ...]:
    """The fields with those of these sensitivities covered, as their elements were declared when it was issued."""
    return tuple(_field_shown(one, release, covered) for one in said.fields)


def _field_shown(one: Any, release: int, covered: frozenset[Sensitivity]) -> FieldShown:
    element = catalog.find_element(one.element, release)
    if element is not None and element.sensitivity not in covered:
        return FieldShown(one.element, one.title, one.shown)
    if element is None:
        return FieldShown(one.element, one.title, "****", True)
    with override("zh-hans"):  # the certificate's own language
        value = catalog.thaw({element.id: one.value}, [element])[element.id]
        shown = catalog.shown(value, element, "zh-Hans", masked=True, release=release)
    return FieldShown(one.element, one.title, shown, True)
