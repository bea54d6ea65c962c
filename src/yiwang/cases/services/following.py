"""What follows from the end of one part of an application: others begin, stop, or the applicant is asked.

Exactly once, whatever dies: it is decided with the application's row locked, a case is made in the transaction that notes it, and its
id was fixed when the application was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.cases.events import APPLICATION_ASKED, APPLICATION_ENDED, APPLICATION_PART_BEGUN, APPLICATION_PART_STOPPED
from yiwang.cases.models import Application, ApplicationPart, Case
from yiwang.cases.queries.bundles import Bundle, Part, bundle
from yiwang.cases.queries.known import PURPOSE, Known, frozen_facts
from yiwang.cases.rules.bundles import Verdict, verdict
from yiwang.cases.services.making import Entered, Sent, make_case, receipt_of
from yiwang.cases.values import CaseState, Channel, Outcome, PartState, Receipt
from yiwang.catalog.queries import element, thaw
from yiwang.kernel import failpoints
from yiwang.kernel.texts import text
from yiwang.outbox.values import DeliveredEvent
from yiwang.records.queries import system_facts

__all__ = ["application_data", "go_on", "system_follow_ended", "system_go_on"]


def system_follow_ended(event: DeliveredEvent) -> None:
    """A case has ended: go on with the application of which it is a part. One query for every other case."""
    part = ApplicationPart.objects.filter(case_id=event.subject).only("application_id").first()
    if part is not None:
        actor = system("cases.bundles", correlation_id=event.correlation_id, origin=event.origin)
        system_go_on(actor, part.application_id)


@service("bundle.go-on")
def system_go_on(actor: Actor, application_id: UUID) -> None:
    """Take in which cases of an application have ended, and do what follows. A second time changes nothing."""
    current_act().about("application", application_id)
    go_on(actor, lock_application(application_id))
    failpoints.reach("cases.after-going-on")


def lock_application(application_id: UUID) -> Application:
    """The application, locked until the end of the transaction: always before any of its cases."""
    return Application.objects.select_for_update().get(pk=application_id)


def go_on(actor: Actor, application: Application, *, language: str = "zh-Hans") -> list[Receipt]:
    """Begin, stop or ask about every part for which that is due, in the running act; return the receipts of what began.

    The caller has locked the application, or has just made it.
    """
    act = current_act()
    whole = bundle(application.bundle, application.release)
    rows = {one.item: one for one in ApplicationPart.objects.filter(application=application).order_by("position")}
    _take_in_ends(rows)
    begun: list[Receipt] = []
    moved = True
    while moved:  # what stops may stop others
        moved = False
        over = {item: row.outcome or str(row.state) for item, row in rows.items() if PartState(row.state).is_over}
        for part in whole.parts:
            row = rows[part.item_id]
            if row.state not in (PartState.WAITING, PartState.ASKING):
                continue
            what, because = verdict(part.after, over, goes_on=row.goes_on)
            if what is Verdict.BEGIN:
                begun.append(_begin(actor, application, part, row, language))
            elif what is Verdict.STOP:
                row.state, row.held_by, row.ended_at = PartState.STOPPED, because, act.time
                row.save(update_fields=["state", "held_by", "ended_at"])
                _tell(APPLICATION_PART_STOPPED, application, whole, row)
                moved = True
            elif what is Verdict.ASK and row.state == PartState.WAITING:
                row.state, row.held_by, row.asked_at = PartState.ASKING, because, act.time
                row.save(update_fields=["state", "held_by", "asked_at"])
                _tell(APPLICATION_ASKED, application, whole, row)
    if application.ended_at is None and all(PartState(row.state).is_over for row in rows.values()):
        application.ended_at = act.time
        application.save(update_fields=["ended_at"])
        granted = sum(row.outcome == Outcome.ACCEPTED for row in rows.values())
        act.emit(
            APPLICATION_ENDED,
            subject=application.id,
            data={**application_data(application), "granted": granted, "all": len(rows)},
        )
    return begun


def _take_in_ends(rows: Mapping[str, ApplicationPart]) -> None:
    """Note how the cases of begun parts have ended."""
    running = {row.case_id: row for row in rows.values() if row.state == PartState.BEGUN}
    for case in Case.objects.filter(pk__in=running, state=CaseState.ENDED).order_by("pk"):
        row = running[case.pk]
        row.state, row.outcome, row.ended_at = PartState.ENDED, case.outcome, case.ended_at
        row.save(update_fields=["state", "outcome", "ended_at"])


def _begin(actor: Actor, application: Application, part: Part, row: ApplicationPart, language: str) -> Receipt:
    """Make the case of a part, with what was frozen when the application was sent and what earlier parts have brought forth."""
    act = current_act()
    asked = part.asked
    facts = [one for one in application.facts if one["element"] in asked.fact_elements - part.awaits]
    facts += _system_brought_forth(application, part)
    known = {one["element"]: one["value"] for one in facts}
    kept = {one["name"]: one["value"] for one in application.values} | known
    wanted = {name: kept[name] for name in asked.questions if name in kept}
    values: Mapping[str, Any] = thaw(wanted, [element(name, application.release) for name in wanted])
    sent = Sent(
        application.account_id,
        application.subject_id,
        application.agent_id,
        values,
        facts,
        act.time,
        application.origin,
        _entered(application),
        applicant_name=application.applicant_name,
        agent_name=application.agent_name,
    )
    at_once = act.time == application.submitted_at and not part.after
    case, has_it = make_case(
        actor, asked, sent, row.case_id, line="submitted" if at_once else "followed", begun_by="application"
    )
    row.state, row.begun_at, row.held_by = PartState.BEGUN, act.time, ""
    row.save(update_fields=["state", "begun_at", "held_by"])
    act.emit(
        APPLICATION_PART_BEGUN,
        subject=application.id,
        data={
            **application_data(application),
            "item": row.item,
            "item_title": text(asked.item["title"], "zh-Hans"),
            "case_id": str(case.id),
        },
    )
    return receipt_of(case, asked, has_it, language)


def _entered(application: Application) -> Entered | None:
    if application.entered_in is None:
        return None
    post = application.entered_in
    return Entered(Channel(application.channel), post.id, post.unit_id, application.entered_instead_of_id)


def _system_brought_forth(application: Application, part: Part) -> list[dict[str, Any]]:
    """What earlier parts wrote and this one awaits, from its source, as evidence. What is not there is left out: the officer sees it."""
    if not part.awaits:
        return []
    found = system_facts(
        system("cases.bundles", origin=application.origin),
        application.subject_id,
        purpose=PURPOSE,
        elements=sorted(part.awaits),
    )
    facts = {one.element: one for one in found if one.value is not None}
    about = dict.fromkeys(facts, application.subject_id)
    return frozen_facts(Known(subject_id=application.subject_id, facts=facts, about=about), application.release)


def _tell(type: str, application: Application, whole: Bundle, row: ApplicationPart) -> None:
    titles = {one.item_id: text(one.asked.item["title"], "zh-Hans") for one in whole.parts}
    current_act().emit(
        type,
        subject=application.id,
        data={
            **application_data(application),
            "item": row.item,
            "item_title": titles[row.item],
            "because": row.held_by,
            "because_title": titles.get(row.held_by, ""),
        },
    )


def application_data(application: Application) -> dict[str, object]:
    """What every event of an application carries."""
    body = bundle(application.bundle, application.release).body
    return {
        "application_id": str(application.id),
        "number": application.number,
        "bundle": application.bundle,
        "bundle_title": text(body["title"], "zh-Hans"),
        "release": application.release,
        "applicant_id": str(application.agent_id or application.subject_id),
        "due_on": application.due.isoformat() if application.due else None,
        "origin": application.origin,
    }
