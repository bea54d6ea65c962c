"""Actions with which a case that an event about a discrepancy began answers it: what was doubted is looked into, and settled.

All are inside: the answer and the step of the case stand or fall together. The case names the discrepancy by what its event was about.
"""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.values import system
from yiwang.cases.models import Case
from yiwang.cases.values import ActionCall
from yiwang.outbox.values import DeliveredEvent
from yiwang.records import services as records

__all__ = ["accept", "confirm", "correct", "reject", "system_let_go_of_ended"]


def accept(call: ActionCall) -> None:
    """The action `discrepancy.accept`: the case looks into it. One that is over already is left as it is."""
    _system_accept(call)


def _system_accept(call: ActionCall) -> None:
    """Whoever moves the case: that it looks into the discrepancy is the platform's word."""
    records.accept_discrepancy(
        system("cases.discrepancy", origin=call.origin),
        UUID(call.event_subject),
        case_id=call.case_id,
        case_number=call.case_number,
    )


def confirm(call: ActionCall) -> None:
    """The action `discrepancy.confirm`: the record is right, for the reason of the decision."""
    records.confirm_discrepancy(call.actor, UUID(call.event_subject), reason=call.reason)


def correct(call: ActionCall) -> None:
    """The action `discrepancy.correct`: the record becomes what was proposed."""
    records.correct_discrepancy(
        call.actor,
        UUID(call.event_subject),
        case_id=call.case_id,
        case_number=call.case_number,
        reason=call.reason,
    )


def reject(call: ActionCall) -> None:
    """The action `discrepancy.reject`: it is not looked into, for the reason of the decision."""
    records.reject_discrepancy(call.actor, UUID(call.event_subject), reason=call.reason)


def system_let_go_of_ended(event: DeliveredEvent) -> None:
    """A case has ended: what it looked into and did not answer is rejected, with the reason that the case ended with."""
    case = Case.objects.filter(pk=event.subject, event_id__isnull=False).first()
    if case is not None:
        actor = system("cases.discrepancy", correlation_id=event.correlation_id, origin=event.origin)
        records.system_let_go(actor, case.pk, reason=case.reason)
