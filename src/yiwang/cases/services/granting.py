"""Actions with which a case that an application for a right began decides on it 依申请授权.

Both are inside: what the post may do and the step of the case stand or fall together. The case names the application by what its event
was about.
"""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.queries import definition
from yiwang.acts.values import system
from yiwang.cases.models import Case
from yiwang.cases.values import ActionCall
from yiwang.identity import services as identity
from yiwang.identity.events import DUTY_REQUESTED
from yiwang.outbox.values import DeliveredEvent

__all__ = ["grant", "refuse", "system_refuse_ended"]


def grant(call: ActionCall) -> None:
    """The action `duty-request.grant`: the post has what it asked for, until its day."""
    identity.grant_duty(call.actor, UUID(call.event_subject), call.case_id, call.case_number)


def refuse(call: ActionCall) -> None:
    """The action `duty-request.refuse`: it goes without, for the reason of the decision."""
    identity.refuse_duty(call.actor, UUID(call.event_subject), call.case_id, call.case_number, call.reason)


def system_refuse_ended(event: DeliveredEvent) -> None:
    """A case has ended: what was asked for and not decided in it is refused, with the reason that the case ended with."""
    case = Case.objects.filter(pk=event.subject, event_id__isnull=False).first()
    if case is None or definition("item", case.item, case.release)["starts_on"]["event"] != DUTY_REQUESTED:
        return
    actor = system("cases.granting", correlation_id=event.correlation_id, origin=event.origin)
    request_id = UUID(case.event_subject)
    identity.system_let_requests_go(actor, case.pk, request_id, case_number=case.number, reason=case.reason)
