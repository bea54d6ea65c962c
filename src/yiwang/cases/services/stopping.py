"""End a case before its decision: by its applicant, or by an officer who can show a reason."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.events import CASE_WITHDRAWN
from yiwang.cases.models import Case, EngineState, Task, TaskUnit
from yiwang.cases.queries.cases import CANCEL, WAITING, find_case, may_stop, reaches, shape_case
from yiwang.cases.queries.visibility import NOT_HIS, stands_for
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.decision import checked_reason, lock_case
from yiwang.cases.services.movement import end_case, event_data
from yiwang.cases.values import CaseNotOpen, CaseView, Outcome, TaskState
from yiwang.identity.queries import actor_unit, unit_scope
from yiwang.kernel.errors import NotFound, msgid

__all__ = ["cancel", "system_settle_elsewhere", "withdraw", "withdraw_case"]


@service("case.withdraw", open_to={CapacityKind.SELF})
def withdraw(actor: Actor, case_id: UUID, *, reason: str = "", language: str = "zh-Hans") -> CaseView:
    """Withdraw one's own case while it waits for a decision. Open tasks are closed; nothing that was decided is undone.

    reason: optional, at most 200 characters; the unit reads it.
    Raises NotFound (not one's own case), CaseNotOpen (409: it has ended, or what was decided is being carried out), Invalid (422).
    """
    act = current_act()
    act.about("case", case_id)
    case = lock_case(actor, case_id if actor.capacity in (CapacityKind.SELF, CapacityKind.AGENT) else None)
    if case.event_id is not None:  # nobody sent what an event began
        raise NotFound("There is no such case.")
    act.require(stands_for(actor, case), NOT_HIS)
    withdraw_case(case, actor, checked_reason(reason, "optional"))
    return shape_case(actor, find_case(case.pk), language)


def withdraw_case(case: Case, actor: Actor, words: str) -> None:
    """End a locked case whose tasks are loaded, for its applicant, in the running act. Raises CaseNotOpen."""
    act = current_act()
    _stop(case)
    add_line(case, actor, "withdrawn", at=act.time, reason=words)
    act.emit(CASE_WITHDRAWN, subject=case.pk, data=event_data(case))
    _end(case, actor, Outcome.WITHDRAWN, words)


@service(CANCEL)
def cancel(actor: Actor, case_id: UUID, *, reason: str, language: str = "zh-Hans") -> CaseView:
    """End a case that cannot go on (sent twice, sent to the wrong item) while it waits for a decision.

    reason: 1–200 characters; the applicant reads it.
    Raises NotFound, NotAllowed (403), CaseNotOpen (409), Invalid (422).
    """
    act = current_act()
    act.about("case", case_id)
    case = lock_case(actor, case_id)
    act.require(reaches(unit_scope(actor, CANCEL), case), msgid("Your post does not answer for this case."))
    words = checked_reason(reason, "required")
    _stop(case)
    add_line(case, actor, "cancelled", at=act.time, unit_id=actor_unit(actor), reason=words)
    _end(case, actor, Outcome.CANCELLED, words)
    return shape_case(actor, find_case(case.pk), language)


@service("case.settle-elsewhere")
def system_settle_elsewhere(actor: Actor, case_id: UUID) -> bool:
    """End a case that an event began and another has made idle, while it waits for a decision; say whether it did.

    What has been decided is carried out. Raises NotFound.
    """
    act = current_act()
    act.about("case", case_id)
    case = lock_case(actor, case_id)
    if not may_stop(case):
        return False
    _stop(case)
    add_line(case, actor, "settled-elsewhere", at=act.time)
    _end(case, actor, Outcome.CANCELLED, "")
    return True


def _stop(case: Case) -> None:
    if not may_stop(case):
        raise CaseNotOpen(
            msgid("The case has already ended.")
            if case.state != "open"
            else msgid("The case has been decided and the decision is being carried out.")
        )
    Task.objects.filter(case=case, state__in=WAITING).update(state=TaskState.CLOSED, done_at=current_act().time)
    TaskUnit.objects.filter(task__case=case, waits=True).update(waits=False)


def _end(case: Case, actor: Actor, outcome: Outcome, reason: str) -> None:
    act = current_act()
    case.version += 1
    case.reason = reason
    EngineState.objects.filter(case=case).delete()
    end_case(case, actor, outcome, at=act.time)
    save_case(case)
    act.note(item=case.item, outcome=str(outcome), version=case.version)
