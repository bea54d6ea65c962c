"""Have a certificate made out again: the same number, the next version, with what its sources say today."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.catalog import queries as catalog
from yiwang.documents.models import Certificate
from yiwang.documents.queries.certificates import content_of, find, may_act, shape, status_of
from yiwang.documents.rules.terms import ALLOWED
from yiwang.documents.services.issuing import Cause, issue_next_version
from yiwang.documents.services.standing import checked_reason, lock
from yiwang.documents.values import STANDS, CertificateNotOpen, CertificateView
from yiwang.kernel.errors import msgid
from yiwang.kernel.time import now
from yiwang.records.queries import system_facts

__all__ = ["replace"]

PURPOSE = "case-handling"


def replace(actor: Actor, certificate_id: UUID, *, reason: str, language: str = "zh-Hans") -> CertificateView:
    """Make a valid certificate out again 换发; return its next version. Nobody types what it says: each field whose source keeps it about
    the holder is asked for again, the others stay as they were. Its term stays, too.

    reason: 1–200 characters; its holder reads it. The same act again gives the same version again.
    Raises NotFound, NotAllowed (403), CertificateNotOpen (409), Invalid (422), CannotIssue (nothing has changed then). About 0.2 s, the
    first time in a process 1–2 s more.
    """
    words = _permit(actor, certificate_id, reason)
    one = find(actor, certificate_id)
    cause = Cause(
        key=f"replace:{one.pk}",
        at=now(),
        release=one.release,
        unit_id=one.unit_id,
        applicant_id=one.applicant_id,
        mandate_id=one.mandate_id,
        case_id=one.case_id,
        case_number=one.case_number,
        by=actor,
        reason=words,
        origin=one.origin,
    )
    return shape(actor, find(actor, _system_issue_again(actor, one, cause)), language)


def _system_issue_again(actor: Actor, one: Certificate, cause: Cause) -> UUID:
    """What the certificate says is read and signed by the platform, for the cause that the officer gave."""
    by_platform = system("certificate.replace", correlation_id=actor.correlation_id, origin=actor.origin)
    return issue_next_version(by_platform, one, _values(by_platform, one), cause)


@service("certificate.replace")
def _permit(actor: Actor, certificate_id: UUID, reason: str) -> str:
    """Whether it may be replaced, and the reason as it is read."""
    act = current_act()
    act.about("certificate", certificate_id)
    one = lock(actor, certificate_id)
    act.require(may_act(actor, "replace", one), msgid("Your post does not answer for this certificate."))
    status = status_of(one)
    if status not in ALLOWED["replace"][0] and not Certificate.objects.filter(key=f"replace:{one.pk}").exists():
        raise CertificateNotOpen(STANDS[status])
    return checked_reason(reason)


def _values(actor: Actor, one: Certificate) -> dict[str, Any]:
    """What its fields are today: from the source where one keeps them about the holder, else as they were signed."""
    said = content_of(one)
    elements = {field.element: catalog.element(field.element, one.release) for field in said.fields}
    kept = catalog.thaw({field.element: field.value for field in said.fields}, elements.values())
    for fact in system_facts(actor, one.holder_id, purpose=PURPOSE, elements=list(elements)):
        same = catalog.find_element(fact.element)
        if same is not None and same.type == elements[fact.element].type:
            kept[fact.element] = fact.value
    return kept
