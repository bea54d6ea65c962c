"""Issue certificates: number, content, signature, page, files, and last the row that makes them stand.

Everything before the row may be done again: the number belongs to the key of the issuing, so every try makes the same certificate, and
what a try that died has left are files that nothing refers to. The row, its history, the end of the version before it, the audit entry
and the event are one transaction.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import override

from yiwang.acts.queries import definition
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.documents import registry
from yiwang.documents.events import CERTIFICATE_ISSUED
from yiwang.documents.models import Certificate, File, StatusEntry, TakenNumber
from yiwang.documents.rules.layout import layout_data, qr_code
from yiwang.documents.rules.pades import sign_pdf
from yiwang.documents.rules.terms import valid_to
from yiwang.documents.rules.typesetting import Attached, typeset
from yiwang.documents.services.signing import signing_chain, signing_key
from yiwang.documents.services.standing import event_data, set_status
from yiwang.documents.services.storing import store
from yiwang.documents.values import (
    CertificateIncomplete,
    CertificateStatus,
    Content,
    ContentField,
    Held,
    HolderUnknown,
    Issuer,
    IssuerUnfit,
)
from yiwang.identity.queries import system_unit
from yiwang.identity.values import UnitView
from yiwang.kernel import failpoints
from yiwang.kernel.canonical import canonical_json
from yiwang.kernel.crypto import SigningKey
from yiwang.kernel.errors import Conflict, msgid
from yiwang.kernel.identifiers import CertificateIdentifier
from yiwang.kernel.ids import uuid7
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date, machine_now
from yiwang.subjects.queries import subject_kind, system_find_subject, system_subject
from yiwang.subjects.values import SubjectKindView, SubjectView

__all__ = ["Cause", "issue_next_version", "system_issue_certificate"]

TOKEN_BYTES = 16
STANDING = (CertificateStatus.VALID, CertificateStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a certificate is issued.

    key: the same for every try, so that it is issued once.  applicant_id: who is given it; mandate_id: under which he applied for it.
    at: business time of the decision.
    by, reason: the officer who has it made out again, and why; None and empty when a case decided.
    """

    key: str
    at: datetime
    release: int
    unit_id: UUID | None
    applicant_id: UUID | None = None
    mandate_id: UUID | None = None
    case_id: UUID | None = None
    case_number: str = ""
    by: Actor | None = None
    reason: str = ""
    origin: str = "live"


@dataclass(frozen=True, slots=True)
class _Made:
    """A certificate that is ready to be recorded."""

    content: Content
    holder_id: UUID
    unit_id: UUID
    previous_id: UUID | None
    token: str
    valid_to: date | None
    files: tuple[str, str]
    signatures: tuple[bytes, bytes]


def system_issue_certificate(
    actor: Actor, certificate: str, subject_id: UUID, values: Mapping[str, Any], cause: Cause
) -> UUID:
    """Issue a declared certificate once for each `cause.key`; return its id, also when it was issued already.

    certificate: id of the declaration in `cause.release`.  subject_id: the holder, unless the declaration finds him by a value.
    values: typed values by element.  Safe to be called again after a death at any line, and by two at once. Not within a transaction.
    Takes about 0.1 s, the first time in a process 1–2 s more.

    Raises SigningKeyMissing, SigningKeyEnded, CertificateIncomplete, HolderUnknown, IssuerUnfit (CannotIssue: nothing was issued);
    Conflict when the holder's certificate changed meanwhile: try again.
    """
    issued = Certificate.objects.filter(key=cause.key).values_list("pk", flat=True).first()
    if issued is not None:
        return issued
    declared = definition("certificate", certificate, cause.release)
    holder = _holder(declared, subject_id, values, cause.release)
    previous = None
    if not declared["several"]:
        previous = Certificate.objects.filter(type=certificate, holder_id=holder.id, status__in=STANDING).first()
    made = _make(actor, declared, holder, values, cause, previous)
    failpoints.reach("documents.after-certificate-files")
    return _record(actor, declared, made, cause)


def issue_next_version(actor: Actor, previous: Certificate, values: Mapping[str, Any], cause: Cause) -> UUID:
    """Issue the next version of a certificate for the same holder, and let it take the place of `previous`."""
    issued = Certificate.objects.filter(key=cause.key).values_list("pk", flat=True).first()
    if issued is not None:
        return issued
    declared = definition("certificate", previous.type, cause.release)
    made = _make(actor, declared, system_subject(previous.holder_id), values, cause, previous)
    failpoints.reach("documents.after-certificate-files")
    return _record(actor, declared, made, cause)


# ── What it says ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _holder(declared: Mapping[str, Any], subject_id: UUID, values: Mapping[str, Any], release: int) -> SubjectView:
    """Who holds it. Raises HolderUnknown, CertificateIncomplete."""
    wanted, found_by = declared["holder"]["kind"], declared["holder"]["found_by"]
    kind = subject_kind(wanted, release)
    if not found_by:
        subject = system_subject(subject_id)
    else:
        if values.get(found_by) is None:
            raise CertificateIncomplete(msgid("Missing: {elements}."), elements=found_by)
        type = catalog.element(found_by, release).type
        schemes = [one.scheme for one in kind.schemes if one.checker == type]
        known = [id for one in schemes if (id := system_find_subject(one, str(values[found_by]))) is not None]
        if not known:
            raise HolderUnknown(msgid("Nobody is known by the value of {element}."), element=found_by)
        subject = system_subject(known[0])
    if subject.kind != wanted:
        raise HolderUnknown(msgid("The holder is no {kind}."), kind=wanted)
    return subject


def _held(declared: Mapping[str, Any], subject: SubjectView, kind: SubjectKindView, name: str) -> Held:
    for scheme in kind.schemes:
        for one in subject.identifiers:
            if one.scheme == scheme.scheme:
                return Held(subject.kind, name, scheme.scheme, text(scheme.title), one.value)
    raise HolderUnknown(msgid("The holder has no identifier today."))


def _issuer(unit_id: UUID | None) -> UnitView:
    unit = system_unit(unit_id) if unit_id else None
    if unit is None or not unit.credit_code:
        raise IssuerUnfit(msgid("It has no unified social credit code, or no unit has the case."))
    return unit


def _fields(declared: Mapping[str, Any], values: Mapping[str, Any], release: int) -> tuple[ContentField, ...]:
    """The declared fields that have a value. Raises CertificateIncomplete with every missing one at once."""
    missing = sorted(
        one["element"] for one in declared["fields"] if one["required"] and values.get(one["element"]) is None
    )
    if missing:
        raise CertificateIncomplete(msgid("Missing: {elements}."), elements=", ".join(missing))
    return tuple(_field(one, values, release) for one in declared["fields"] if values.get(one["element"]) is not None)


def _field(declared: Mapping[str, Any], values: Mapping[str, Any], release: int) -> ContentField:
    element = catalog.element(declared["element"], release)
    value = values[element.id]
    with override("zh-hans"):  # a certificate is an official document
        shown = catalog.shown(value, element, "zh-Hans", release=release)
    title = text(declared["title"]) or element.title_in("zh-Hans")
    return ContentField(element.id, title, catalog.freeze({element.id: value}, [element])[element.id], shown)


def _make(
    actor: Actor,
    declared: Mapping[str, Any],
    holder: SubjectView,
    values: Mapping[str, Any],
    cause: Cause,
    previous: Certificate | None,
) -> _Made:
    """Everything of it but the row. The key is asked for first: without one no number is taken."""
    key, unit, today = signing_key(), _issuer(cause.unit_id), civil_date(cause.at)
    fields = _fields(declared, values, cause.release)
    name = catalog.shown(
        values[declared["holder"]["name"]],
        catalog.element(declared["holder"]["name"], cause.release),
        "zh-Hans",
        release=cause.release,
    )
    held = _held(declared, holder, subject_kind(declared["holder"]["kind"], cause.release), name)
    if cause.by and previous:  # made out again, not granted again: it holds as long as it would have
        start, end = previous.valid_from, previous.valid_to
    else:
        start, end = today, valid_to(declared["validity"], today, values)
    number = previous.number if previous else _take_number(actor, declared, cause)
    version = previous.version + 1 if previous else 1
    token = secrets.token_urlsafe(TOKEN_BYTES)
    content = Content(
        identifier=CertificateIdentifier.make(
            type_code=declared["type_code"], issuer=unit.credit_code, serial=number, version=version
        ),
        type_id=declared["id"],
        type_code=declared["type_code"],
        title=text(declared["title"]),
        title_en="" if isinstance(declared["title"], str) else declared["title"].get("en", ""),
        number=number,
        version=version,
        holder=held,
        issuer=Issuer(unit.title, unit.credit_code),
        issued_on=today,
        valid_from=start,
        valid_until=end - timedelta(days=1) if end else None,
        fields=fields,
        law=tuple((one["law"], one["article"]) for one in declared["law"]),
        verify=f"{registry.public_address()}/verify/t/{token}/",
        origin=cause.origin,
        replaces=previous.identifier if previous else None,
        case_number=cause.case_number or None,
        release=cause.release,
        signed_at=machine_now(),
        suite=key.suite,
        key_id=key.public.key_id,
    )
    template = definition("template", declared["template"], cause.release)["typst"]
    files, signatures = _write(content, template, key)
    return _Made(content, holder.id, unit.id, previous.pk if previous else None, token, end, files, signatures)


def _write(content: Content, template: str, key: SigningKey) -> tuple[tuple[str, str], tuple[bytes, bytes]]:
    """Sign the content, lay it out, sign the page; store both. Returns digests and signatures of JSON and PDF."""
    signed = canonical_json(content.plain())
    signature = key.sign(signed)
    page = typeset(
        template,
        layout_data(content),
        qr=qr_code(content.verify),
        fonts=registry.fonts(),
        at=content.signed_at or machine_now(),
        attached=(
            Attached("certificate.json", signed, "application/json", "source", "What is signed"),
            Attached(
                "certificate.json.sig", signature, "application/octet-stream", "supplement", "ECDSA P-256, SHA-256"
            ),
        ),
    )
    pdf = sign_pdf(page, key, signing_chain(key), name=content.issuer.name)
    stored = (
        store(io.BytesIO(signed), media_type="application/json").digest,
        store(io.BytesIO(pdf), media_type="application/pdf").digest,
    )
    return stored, (signature, key.sign(pdf))


# ── Its number ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@service("certificate.take-number")
def _take_number(actor: Actor, declared: Mapping[str, Any], cause: Cause) -> str:
    """The number of this issuing: taken once for each key, in a short transaction of its own, and kept by every later try."""
    act = current_act()
    act.about("certificate-number", cause.key)
    taken = TakenNumber.objects.filter(key=cause.key).values_list("number", flat=True).first()
    if taken is not None:
        return taken
    form, year = declared["number"], civil_date(cause.at).year
    lead = form["prefix"] + (str(year) if form["yearly"] else "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"certificate number {cause.key}"])
        again = TakenNumber.objects.filter(key=cause.key).values_list("number", flat=True).first()
        if again is not None:
            return again
        if form["gapless"]:
            cursor.execute(
                "INSERT INTO documents_numberseries (series, last) VALUES (%s, 1)"
                " ON CONFLICT (series) DO UPDATE SET last = documents_numberseries.last + 1 RETURNING last",
                [f"{declared['id']}:{lead}"],
            )
        else:
            cursor.execute("SELECT nextval('documents_certificate_number')")
        counter = int(cursor.fetchone()[0])
    number = f"{lead}{counter:0{form['digits']}d}"
    TakenNumber.objects.create(key=cause.key, type=declared["id"], number=number, taken_at=act.time)
    act.note(certificate=declared["id"])
    return number


# ── Its row ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@service("certificate.issue")
def _record(actor: Actor, declared: Mapping[str, Any], made: _Made, cause: Cause) -> UUID:
    """Let it stand, in place of the version before it. Two tries at once: the second finds what the first has made."""
    act = current_act()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"certificate {cause.key}"])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"holder {declared['id']} {made.holder_id}"])
    issued = Certificate.objects.filter(key=cause.key).values_list("pk", flat=True).first()
    if issued is not None:
        act.about("certificate", issued)
        return issued
    decided_by = cause.by or actor
    previous = _previous(declared, made)
    content, (json_digest, pdf_digest) = made.content, made.files
    files = {bytes(file.digest).hex(): file for file in File.objects.filter(
        digest__in=[bytes.fromhex(json_digest), bytes.fromhex(pdf_digest)]
    )}  # fmt: skip
    if previous is not None:
        set_status(decided_by, previous, "replace" if cause.by else "follow", cause.reason, act.time)
    one = Certificate.objects.create(
        id=uuid7(),
        key=cause.key,
        identifier=content.identifier,
        type=content.type_id,
        release=cause.release,
        duty=declared["issued_by"],
        number=content.number,
        version=content.version,
        previous=previous,
        holder_id=made.holder_id,
        applicant_id=cause.applicant_id,
        mandate_id=cause.mandate_id,
        unit_id=made.unit_id,
        case_id=cause.case_id,
        case_number=cause.case_number,
        sole=not declared["several"],
        issued_at=cause.at,
        valid_from=content.valid_from,
        valid_to=made.valid_to,
        content=files[json_digest],
        pdf=files[pdf_digest],
        signature=made.signatures[0],
        pdf_signature=made.signatures[1],
        key_id=content.key_id,
        token=made.token,
        origin=cause.origin,
    )
    StatusEntry.objects.create(
        certificate=one,
        position=1,
        status=CertificateStatus.VALID,
        at=cause.at,
        reason=cause.reason,
        account_id=decided_by.account_id,
        post_id=decided_by.capacity_id if decided_by.capacity is CapacityKind.POST else None,
    )
    act.about("certificate", one.pk)
    act.note(certificate=one.type, version=one.version, key_id=one.key_id, digest=json_digest)
    act.emit(
        CERTIFICATE_ISSUED,
        subject=one.pk,
        data={**event_data(one), "replaces": str(previous.pk) if previous else None},
    )
    return one.pk


def _previous(declared: Mapping[str, Any], made: _Made) -> Certificate | None:
    """The version that this one follows, locked. Raises Conflict when another one stands by now."""
    standing = Certificate.objects.select_for_update(of=("self",)).filter(holder_id=made.holder_id, type=declared["id"])
    if made.previous_id is not None:
        found = standing.filter(pk=made.previous_id).exclude(status__in=["revoked", "replaced"]).first()
    elif declared["several"]:
        return None
    else:
        found = standing.filter(status__in=STANDING).first()
    if (found.pk if found else None) != made.previous_id:
        raise Conflict(msgid("The holder's certificate has changed in the meantime."))
    return found
