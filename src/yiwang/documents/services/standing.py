"""What becomes of a certificate after it was issued: suspended, resumed, revoked, replaced. Its history only grows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.documents.events import CERTIFICATE_STATUS_CHANGED
from yiwang.documents.models import Certificate, StatusEntry
from yiwang.documents.queries.certificates import find, may_act, shape, status_of, visible_certificates
from yiwang.documents.rules.terms import ALLOWED
from yiwang.documents.values import STANDS, CertificateNotOpen, CertificateView
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.typed import several_lines

__all__ = ["event_data", "resume", "revoke", "set_status", "suspend", "system_revoke_of_case"]

LONGEST_REASON = 200


@service("certificate.suspend")
def suspend(actor: Actor, certificate_id: UUID, *, reason: str, language: str = "zh-Hans") -> CertificateView:
    """Suspend 暂扣 a certificate that is valid, until it is resumed.  reason: 1–200 characters; its holder reads it.

    Raises NotFound, NotAllowed (403), CertificateNotOpen (409), Invalid (422).
    """
    return _change(actor, certificate_id, "suspend", reason, language)


@service("certificate.resume")
def resume(actor: Actor, certificate_id: UUID, *, reason: str, language: str = "zh-Hans") -> CertificateView:
    """Let a suspended certificate hold again. As `suspend`."""
    return _change(actor, certificate_id, "resume", reason, language)


@service("certificate.revoke")
def revoke(actor: Actor, certificate_id: UUID, *, reason: str, language: str = "zh-Hans") -> CertificateView:
    """Revoke 撤销 a certificate for good. As `suspend`."""
    return _change(actor, certificate_id, "revoke", reason, language)


@service("certificate.revoke-of-case")
def system_revoke_of_case(actor: Actor, certificate: str, case_id: UUID, *, reason: str) -> int:
    """Revoke what a case has issued of this kind, when its decision is taken back; return how many. A second time changes nothing."""
    act = current_act()
    act.about("case", case_id)
    rows = Certificate.objects.select_for_update().filter(case_id=case_id, type=certificate)
    standing = [one for one in rows.order_by("pk") if status_of(one) in ALLOWED["revoke"][0]]
    for one in standing:
        set_status(actor, one, "revoke", reason, act.time)
    act.note(certificate=certificate, revoked=len(standing))
    return len(standing)


def _change(actor: Actor, certificate_id: UUID, what: str, reason: str, language: str) -> CertificateView:
    act = current_act()
    act.about("certificate", certificate_id)
    one = lock(actor, certificate_id)
    act.require(may_act(actor, what, one), msgid("Your post does not answer for this certificate."))
    set_status(actor, one, what, checked_reason(reason), act.time)
    return shape(actor, find(actor, certificate_id), language)


def lock(actor: Actor, certificate_id: UUID) -> Certificate:
    """The row, locked until the end of the transaction. Raises NotFound when it does not exist for this actor."""
    found = visible_certificates(actor).select_for_update(of=("self",)).filter(pk=certificate_id).first()
    if found is None:
        raise NotFound(msgid("There is no such certificate."))
    return found


def set_status(actor: Actor, one: Certificate, what: str, reason: str, at: datetime) -> None:
    """Do one of `ALLOWED` with a locked certificate: its status, a line of history, an event. Raises CertificateNotOpen.

    actor: who decided.
    """
    before, after = ALLOWED[what]
    was = status_of(one)
    if was not in before:
        raise CertificateNotOpen(STANDS[was])
    one.status = after
    one.save(update_fields=["status"])
    StatusEntry.objects.create(
        certificate=one,
        position=one.history.count() + 1,
        status=after,
        at=at,
        reason=reason,
        account_id=actor.account_id,
        post_id=actor.capacity_id if actor.capacity is CapacityKind.POST else None,
    )
    act = current_act()
    act.note(certificate=one.type, was=str(was), status=str(after))
    act.emit(
        CERTIFICATE_STATUS_CHANGED,
        subject=one.pk,
        data={**event_data(one), "was": str(was), "status": str(after)},
    )


def checked_reason(reason: str) -> str:
    """The reason as it is read. Raises Invalid when it is missing, too long, or holds what nobody types."""
    words = several_lines(reason)
    if words is None:
        fault = FieldFault(
            "reason",
            "control-character",
            msgid("The reason holds a control character. Type it again instead of pasting."),
        )
    elif not words:
        fault = FieldFault("reason", "required", msgid("Give a reason; the holder reads it."))
    elif len(words) > LONGEST_REASON:
        fault = FieldFault(
            "reason", "too-long", msgid("A reason has at most {longest} characters."), {"longest": LONGEST_REASON}
        )
    else:
        return words
    raise Invalid(faults=[fault])


def event_data(one: Certificate) -> dict[str, Any]:
    """What every event of a certificate carries."""
    return {
        "type": one.type,
        "version": one.version,
        "unit_id": str(one.unit_id),
        "case_id": str(one.case_id) if one.case_id else None,
        "origin": one.origin,
    }
