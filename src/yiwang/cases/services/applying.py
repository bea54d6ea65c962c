"""Apply for all items of a bundle at once: one form, one application, and the cases of the items that wait for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.acts.queries import definition
from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.events import APPLICATION_SUBMITTED
from yiwang.cases.models import Application, ApplicationPart
from yiwang.cases.queries.bundles import Bundle, bundle
from yiwang.cases.queries.calendars import calendars
from yiwang.cases.queries.filling import asked_of
from yiwang.cases.queries.forms import Asking, changes_between
from yiwang.cases.queries.known import held_by, valid_types
from yiwang.cases.queries.visibility import ENTER
from yiwang.cases.rules.clocks import Course, End, reckon
from yiwang.cases.services.answers import attach_files
from yiwang.cases.services.following import application_data, go_on
from yiwang.cases.services.making import Sent, frozen_answers, values_digest
from yiwang.cases.services.numbering import new_number
from yiwang.cases.services.once import Key, once, remember
from yiwang.cases.services.submission import checked_form, end_form, receipt_from, receipt_json, release_read
from yiwang.cases.values import ApplicationReceipt, Channel, FormChanged, Receipt
from yiwang.identity.queries import require
from yiwang.kernel.errors import FieldFault, NotFound
from yiwang.kernel.ids import uuid7
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date

__all__ = ["submit_bundle"]


def submit_bundle(
    actor: Actor,
    bundle_id: str,
    values: Mapping[str, object],
    *,
    idempotency_key: str,
    form_digest: str,
    language: str = "zh-Hans",
    subject_id: UUID | None = None,
    facts: Mapping[str, str] | None = None,
    found: Sequence[FieldFault] = (),
) -> ApplicationReceipt:
    """Send the one form of a bundle: the application, and the cases of the items that wait for nothing, in one transaction.

    A post at a window sends it for whom it serves, as it does for an item. The arguments are those of `submit`, of a bundle instead of an
    item. The values and the evidence are frozen in the application; each case gets those that its own form asks for. Cases of later items
    begin by the end of the earlier ones (`following`).
    Raises what `submit` raises.
    """
    return once(
        actor,
        "bundle.submit",
        [bundle_id, form_digest, values, subject_id, facts],
        idempotency_key,
        send=lambda key: _submit(actor, bundle_id, values, form_digest, key, language, subject_id, facts, found),
        again=lambda kept: _receipt_from(kept, language),
    )


@service("bundle.submit", open_to={CapacityKind.SELF, CapacityKind.POST})
def _submit(
    actor: Actor,
    bundle_id: str,
    values: Mapping[str, object],
    form_digest: str,
    key: Key,
    language: str,
    subject_id: UUID | None,
    facts: Mapping[str, str] | None,
    found: Sequence[FieldFault],
) -> ApplicationReceipt:
    act = current_act()
    act.about("bundle", bundle_id)
    if actor.capacity is CapacityKind.POST:
        require(actor, ENTER)
    whole = bundle(bundle_id)
    if not whole.asked.asks_the_same_as(form_digest):
        raise FormChanged(faults=changes_between(_asking_read(bundle_id, form_digest), whole.asked))
    sent, reception = checked_form(actor, whole.asked, values, subject_id, facts, found, whole.first_places)
    application = _make(act, whole, sent)
    parts = ApplicationPart.objects.bulk_create(
        [
            ApplicationPart(application=application, position=n, item=one.item_id, case_id=uuid7())
            for n, one in enumerate(whole.parts, 1)
        ]
    )
    by_item = {one.item_id: one for one in whole.parts}
    for one in parts:  # a later case has its files from now on: only the applicant can hand them in
        asked = by_item[one.item].asked
        attach_files(actor, one.case_id, {name: sent.values[name] for name in asked.questions if name in sent.values})
    begun = go_on(actor, application, language=language)
    end_form(actor, reception, bundle_id, application)
    receipt = _receipt(application, whole, begun, language)
    remember(key, _receipt_json(receipt))
    act.note(
        bundle=bundle_id,
        number=application.number,
        release=application.release,
        values=values_digest(application.values),
        facts=[one["digest"] for one in application.facts],
        cases=[one.number for one in begun],
    )
    return receipt


def _make(act: Act, whole: Bundle, sent: Sent) -> Application:
    asked = whole.asked
    known = {one["element"] for one in sent.facts}
    questions = asked_of(asked, known, valid_types(held_by(asked, sent.subject_id, sent.agent_id)))
    legal, first = _limits(whole.body, asked.release, sent.at)
    application = Application.objects.create(
        id=uuid7(),
        number=new_number(whole.body, None, civil_date(sent.at)),
        bundle=whole.body["id"],
        release=asked.release,
        subject_id=sent.subject_id,
        applicant_name=sent.applicant_name,
        agent_id=sent.agent_id,
        agent_name=sent.agent_name,
        account_id=sent.account_id,
        channel=sent.entered.channel if sent.entered else Channel.ONLINE,
        entered_in_id=sent.entered.post_id if sent.entered else None,
        entered_instead_of_id=sent.entered.instead_of if sent.entered else None,
        values=frozen_answers(asked, sent.values),
        form_digest=asked.digest,
        facts=list(sent.facts),
        form_fields=len(questions),
        known_fields=sum(name in known for name in questions),
        asked_apart=whole.asked_apart,
        legal_due=legal.on if legal else None,
        due=first.on if first else None,
        due_at=first.at if first else None,
        provisional=first.provisional if first else False,
        submitted_at=sent.at,
        origin=sent.origin,
    )
    act.about("application", application.id)
    act.emit(APPLICATION_SUBMITTED, subject=application.id, data=application_data(application))
    return application


def _limits(body: Mapping[str, Any], release: int, at: datetime) -> tuple[End | None, End | None]:
    """The last day of the legal limit of the whole, and of the earlier of that and the promise; None without a limit."""
    legal: list[End] = []
    every: list[End] = []
    for one in body["clocks"]:
        ways = calendars().ways(definition("limit", one["limit"], release), one, None, release)
        ends = [
            end
            for way in ways
            if way is not None and (end := reckon(way.measure, Course(at), way.calendar)) is not None
        ]
        legal += ends[:1]
        every += ends
    return min(legal, key=_at, default=None), min(every, key=_at, default=None)


def _at(end: End) -> datetime:
    return end.at


def _asking_read(bundle_id: str, form_digest: str) -> Asking | None:
    """The form that was read, from the release that its digest names; None when it names none."""
    release = release_read(form_digest)
    try:
        read = bundle(bundle_id, release).asked if release is not None else None
    except NotFound:
        return None
    return read if read is not None and read.digest == form_digest else None


# ── The receipt, as it is kept and given again ──────────────────────────────────────────────────────────────────────────


def _receipt(application: Application, whole: Bundle, begun: Sequence[Receipt], language: str) -> ApplicationReceipt:
    return ApplicationReceipt(
        id=application.id,
        number=application.number,
        bundle_id=application.bundle,
        title=text(whole.body["title"], language),
        submitted_at=application.submitted_at,
        due_on=application.due,
        due_is_provisional=application.provisional,
        cases=tuple(begun),
        form_fields=application.form_fields,
        known_fields=application.known_fields,
        asked_apart=application.asked_apart,
    )


def _receipt_json(receipt: ApplicationReceipt) -> dict[str, object]:
    return {"id": str(receipt.id), "cases": [receipt_json(one) for one in receipt.cases]}


def _receipt_from(kept: Mapping[str, Any], language: str) -> ApplicationReceipt:
    one = Application.objects.get(pk=kept["id"])
    return ApplicationReceipt(
        id=one.id,
        number=one.number,
        bundle_id=one.bundle,
        title=text(definition("bundle", one.bundle, one.release)["title"], language),
        submitted_at=one.submitted_at,
        due_on=one.due,
        due_is_provisional=one.provisional,
        cases=tuple(receipt_from(each, language) for each in kept["cases"]),
        repeated=True,
        form_fields=one.form_fields,
        known_fields=one.known_fields,
        asked_apart=one.asked_apart,
    )
