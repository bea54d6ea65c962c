"""The actions `certificate.issue` and `certificate.revoke`: a decision becomes a certificate, and may be taken back."""

from __future__ import annotations

from yiwang.cases.values import ActionCall
from yiwang.documents.services import Cause, system_issue_certificate, system_revoke_of_case

__all__ = ["issue_certificate", "revoke_certificate"]


def issue_certificate(call: ActionCall) -> None:
    """Issue the declared certificate of the parameter `certificate`, once for each step of the case.

    What it says comes from the frozen answers and facts of the case; it holds from the day of this step.
    """
    cause = Cause(
        key=call.key,
        at=call.now,
        release=call.release,
        unit_id=call.unit_id,
        applicant_id=call.applicant_id,
        mandate_id=call.mandate_id,
        case_id=call.case_id,
        case_number=call.case_number,
        origin=call.origin,
    )
    system_issue_certificate(call.actor, call.parameters["certificate"], call.subject_id, call.values, cause)


def revoke_certificate(call: ActionCall) -> None:
    """Revoke what the case has issued of the parameter `certificate`; the holder reads the reason of the last decision."""
    system_revoke_of_case(call.actor, call.parameters["certificate"], call.case_id, reason=call.reason)
