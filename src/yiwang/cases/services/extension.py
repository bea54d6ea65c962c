"""Extend a limit, as often as its law allows."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.queries import definition
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.cases.models import Case, Clock
from yiwang.cases.queries.calendars import calendars
from yiwang.cases.queries.cases import find_case, shape_case
from yiwang.cases.queries.clocks import OPEN, course_of
from yiwang.cases.queries.visibility import EXTEND
from yiwang.cases.services.clocks import add_change, happened, set_dates, tell_change
from yiwang.cases.services.course import save_case
from yiwang.cases.services.decision import checked_reason, lock_case
from yiwang.cases.values import CaseView
from yiwang.identity.queries import actor_unit, subjects_behind, unit_scope
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid

__all__ = ["extend_clock"]


@service(EXTEND)
def extend_clock(
    actor: Actor, case_id: UUID, limit: str, reason: str, *, length: int | None = None, language: str = "zh-Hans"
) -> CaseView:
    """Extend the open clock of a limit, as the one who approves it. The applicant is told, with the reason.

    reason: 1–200 characters; the applicant reads it.  length: in the limit's unit, at most what its law allows; left out, all of it.
    A promise is extended with it, unless it was broken before.

    Raises NotFound (the case does not exist for this actor, or has no such open limit), NotAllowed (403), Conflict (409: the limit
    cannot be extended, was extended as often as that, or is over), Invalid (422).
    """
    act = current_act()
    act.about("case", case_id)
    case = lock_case(actor, case_id)
    act.require(unit_scope(actor, EXTEND).covers(case.unit_id), msgid("Your post does not answer for this case."))
    own = case.subject_id in subjects_behind(actor)
    act.require(not own, msgid("You cannot decide on your own application; another officer has to."))
    clock = Clock.objects.filter(case=case, limit=limit, state__in=OPEN).first()
    if clock is None:
        raise NotFound("There is no such limit in this case.")
    more = _checked_length(case, clock, length)
    words = checked_reason(reason, "required")
    course = happened(course_of(clock), "extended", at=act.time, length=more)
    set_dates(clock, case, course, calendars())
    clock.save()
    case.version += 1
    row = add_change(clock, "extended", at=act.time, length=more, words=words)
    tell_change(case, clock, row, unit_id=actor_unit(actor))
    save_case(case)
    act.note(item=case.item, limit=limit, length=more, version=case.version)
    return shape_case(actor, find_case(case.pk), language)


def _checked_length(case: Case, clock: Clock, length: int | None) -> int:
    allowed = definition("limit", clock.limit, case.release)["extension"]
    if allowed is None:
        raise Conflict(msgid("No law allows this limit to be extended."))
    if clock.changes.filter(change="extended").count() >= allowed["times"]:
        raise Conflict(msgid("The limit has been extended as often as its law allows."))
    if clock.legal_due_at is not None and current_act().time >= clock.legal_due_at:
        raise Conflict(msgid("The limit is over. What is over cannot be extended."))
    most = int(allowed["length"])
    if length is None:
        return most
    if not 1 <= length <= most:
        fault = FieldFault("length", "range", msgid("The limit can be extended by 1 to {most}."), {"most": most})
        raise Invalid(faults=[fault])
    return length
