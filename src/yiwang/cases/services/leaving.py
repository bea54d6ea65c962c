"""What an applicant may still do with an application: take back one part or all of it, and say whether a part goes on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Application, ApplicationPart, Case
from yiwang.cases.queries.applications import own_application, shape_application
from yiwang.cases.queries.cases import load_tasks, may_stop
from yiwang.cases.services.decision import checked_reason
from yiwang.cases.services.following import go_on, lock_application
from yiwang.cases.services.stopping import withdraw_case
from yiwang.cases.values import ApplicationView, CaseNotOpen, NotAsked, PartState
from yiwang.kernel.errors import NotFound, msgid

__all__ = ["answer_part", "withdraw_application"]

NOT_BEGUN = (PartState.WAITING, PartState.ASKING)


@service("bundle.withdraw", open_to={CapacityKind.SELF})
def withdraw_application(
    actor: Actor, application_id: UUID, *, item: str = "", reason: str = "", language: str = "zh-Hans"
) -> ApplicationView:
    """Take back one part of one's own application, or all of it. What was decided already stays as it is.

    item: of the part; empty for all that is not decided yet.  reason: optional, at most 200 characters; the units read it.
    What follows for the others is what the bundle declares, at once and in the same transaction.
    Raises NotFound (not one's own, or no such part), CaseNotOpen (409: nothing of it can be taken back any more), Invalid (422).
    """
    act = current_act()
    act.about("application", application_id)
    application = _own(actor, application_id)
    words = checked_reason(reason, "optional")
    rows = _rows(application, item)
    taken = [one.item for one in rows if _take_back(actor, one, words)]
    if not taken:
        raise CaseNotOpen(msgid("It has been decided, or is over already."))
    go_on(actor, application, language=language)
    act.note(bundle=application.bundle, number=application.number, items=taken)
    return shape_application(actor, application, language)


@service("bundle.answer", open_to={CapacityKind.SELF})
def answer_part(
    actor: Actor, application_id: UUID, *, item: str, goes_on: bool, language: str = "zh-Hans"
) -> ApplicationView:
    """Say whether a part of one's own application goes on although another ended otherwise: it begins at once, or is taken back.

    Raises NotFound, NotAsked (409: nothing is asked about this part any more).
    """
    act = current_act()
    act.about("application", application_id)
    application = _own(actor, application_id)
    [row] = _rows(application, item)
    if row.state != PartState.ASKING:
        raise NotAsked()
    if goes_on:
        row.goes_on = True
        row.save(update_fields=["goes_on"])
    else:
        _take_back(actor, row, "")
    go_on(actor, application, language=language)
    act.note(bundle=application.bundle, number=application.number, item=item, goes_on=goes_on)
    return shape_application(actor, application, language)


def _own(actor: Actor, application_id: UUID) -> Application:
    found = own_application(actor, application_id)
    if found is None:
        raise NotFound("There is no such application.")
    return lock_application(found.pk)


def _rows(application: Application, item: str) -> Sequence[ApplicationPart]:
    rows = list(ApplicationPart.objects.filter(application=application).order_by("position"))
    chosen = [one for one in rows if item in ("", one.item)]
    if not chosen:
        raise NotFound("There is no such part.")
    return chosen


def _take_back(actor: Actor, row: ApplicationPart, words: str) -> bool:
    """Take back one part, if that can still be done; say whether it was."""
    if row.state in NOT_BEGUN:
        row.state, row.ended_at, row.reason = PartState.WITHDRAWN, current_act().time, words
        row.save(update_fields=["state", "ended_at", "reason"])
        return True
    if row.state != PartState.BEGUN:
        return False
    case = load_tasks(Case.objects.select_for_update().get(pk=row.case_id))
    if not may_stop(case):
        return False
    withdraw_case(case, actor, words)
    return True
