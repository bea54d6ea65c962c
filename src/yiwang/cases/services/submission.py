"""Send a filled form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.events import CASE_SUBMITTED
from yiwang.cases.models import Case
from yiwang.cases.queries.clocks import due_of
from yiwang.cases.queries.filling import asked_of
from yiwang.cases.queries.forms import NOBODY_APPLIES, Asking, asking, bound, changes_between, process_of
from yiwang.cases.queries.known import Known, frozen_facts, frozen_view, known_for
from yiwang.cases.rules import materials
from yiwang.cases.services.answers import attach_files, checked_answers
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.drafts import forget_draft
from yiwang.cases.services.movement import carry_on, event_data
from yiwang.cases.services.numbering import new_number
from yiwang.cases.values import FormChanged, KeyReused, Receipt
from yiwang.catalog.queries import freeze
from yiwang.identity.queries import system_unit
from yiwang.identity.values import UnitView
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date
from yiwang.outbox import queries as outbox_queries
from yiwang.outbox import services as outbox
from yiwang.outbox.values import KeyReused as KeyTaken
from yiwang.places.queries import units_answering

__all__ = ["submit"]

LONGEST_KEY = 200


class _SentMeanwhile(Conflict):
    """Another request with the same key was faster; its answer is ours too."""


def submit(
    actor: Actor,
    item_id: str,
    values: Mapping[str, object],
    *,
    idempotency_key: str,
    form_digest: str,
    language: str = "zh-Hans",
    subject_id: UUID | None = None,
    facts: Mapping[str, str] | None = None,
    found: Sequence[FieldFault] = (),
) -> Receipt:
    """Send a filled form: make the case, its first task, its event and its audit entry in one transaction; return the receipt.

    idempotency_key: made once for each form that is opened, 1–200 characters. The same key with the same content gives the same
    receipt again (`repeated`), however often and however simultaneously it is sent.
    form_digest: of the form that was read (`FormView.digest`).
    subject_id: for whom, where the item is for another than the actor and he represents several.
    facts: element → id of the record with which the form was filled, as it was read (`SourceShown.record_id`); None: not said. What the
    city knows is taken from its source whatever was sent, and kept with the case as evidence.
    found: faults that reading the answers has brought up already, such as a file that was not taken: told with all others. An answer of
    the type `file` is `{"id": …}` of what the actor handed in before.

    The release in force is pinned: the case keeps its definitions to the end. When no unit answers for the place the case stands all
    the same; its task waits, and doctor says so.

    Raises NotFound (no such item), Invalid (422, every fault at once; also when a known fact would be overwritten), FormChanged (409: the
    questions are others now, listed), FactChanged (409: a fact is another now, both values listed), KeyReused (409: the key was used for
    other content), NotAllowed (403: also for a subject that he does not represent).
    """
    if not 0 < len(idempotency_key) <= LONGEST_KEY:
        fault = FieldFault(
            "idempotency_key", "length", msgid("The key has 1 to {longest} characters."), {"longest": LONGEST_KEY}
        )
        raise Invalid(faults=[fault])
    scope = f"case.submit:{actor.account_id}:{actor.capacity_id}"
    sent = [item_id, form_digest, values, subject_id, facts]
    body = hashlib.sha256(json.dumps(sent, sort_keys=True, default=str).encode()).digest()
    if (again := _receipt_of(scope, idempotency_key, body, language)) is not None:
        return again
    try:
        key = (scope, idempotency_key, body)
        return _submit(actor, item_id, values, form_digest, key, language, subject_id, facts, found)
    except _SentMeanwhile:
        faster = _receipt_of(scope, idempotency_key, body, language)
        if faster is None:  # it was undone after all; nothing stands in the way now
            return _submit(actor, item_id, values, form_digest, key, language, subject_id, facts, found)
        return faster


def _receipt_of(scope: str, key: str, body: bytes, language: str) -> Receipt | None:
    remembered = outbox_queries.recall(scope, key)
    if remembered is None:
        return None
    if bytes(remembered.body_digest) != body:
        raise KeyReused()
    return _receipt_from(remembered.result, language)


@service("case.submit", open_to={CapacityKind.SELF})
def _submit(
    actor: Actor,
    item_id: str,
    values: Mapping[str, object],
    form_digest: str,
    key: tuple[str, str, bytes],
    language: str,
    subject_id: UUID | None,
    facts: Mapping[str, str] | None,
    found: Sequence[FieldFault],
) -> Receipt:
    act = current_act()
    act.about("item", item_id)
    asked = asking(item_id)
    if asked.begun_by_event:
        raise NotFound(NOBODY_APPLIES)
    if not asked.asks_the_same_as(form_digest):
        raise FormChanged(faults=changes_between(_asking_read(item_id, form_digest), asked))
    sent_on = civil_date(act.time)
    known = known_for(actor, asked, subject_id)
    clean = checked_answers(actor, asked, known, values, facts, sent_on, found)
    place = asked.answers_place(clean)
    duty, units = _answering(asked, place, act.time)
    unit = system_unit(units[0]) if units else None
    case = _make_case(actor, asked, known, clean, place, unit, act.time)
    attach_files(actor, case.id, clean)
    forget_draft(case.account_id, item_id)
    add_line(case, actor, "submitted", at=act.time)
    run = process_of(asked.item, asked.release).begin(promised=materials.is_promised(case.materials))
    carry_on(case, run, actor, at=act.time, known=(), left=None, answers={duty: units})
    save_case(case)
    receipt = _receipt(case, asked, unit, language)
    due_on = receipt.due_on.isoformat() if receipt.due_on else None
    try:
        outbox.remember(*key, _receipt_json(receipt))
    except KeyTaken as taken:
        raise _SentMeanwhile() from taken
    act.about("case", case.id)
    act.note(
        item=item_id,
        number=case.number,
        release=asked.release,
        values=_digest_of(case),
        facts=[one["digest"] for one in case.facts],
    )
    act.emit(
        CASE_SUBMITTED,
        subject=case.id,
        data={**event_data(case), "due_on": due_on, "place": place},
    )
    return receipt


def _asking_read(item_id: str, form_digest: str) -> Asking | None:
    """The form that was read, from the release that its digest names; None when it names none."""
    release = form_digest.partition(".")[0]
    try:
        read = asking(item_id, int(release)) if release.isdecimal() and len(release) < 9 else None
    except NotFound:
        return None
    return read if read is not None and read.digest == form_digest else None


def _answering(asked: Asking, place: str, at: datetime) -> tuple[str, list[UUID]]:
    """The duty of the first decision, and who answers for it at this place: the first of them is the implementing unit."""
    node = process_of(asked.item, asked.release).diagram.decides()
    if node is None or node.duty is None:
        return "", []
    duty = str(bound(node.duty, asked.item))
    return duty, units_answering(place, duty, civil_date(at))


def _make_case(
    actor: Actor,
    asked: Asking,
    known: Known,
    clean: Mapping[str, Any],
    place: str,
    unit: UnitView | None,
    at: datetime,
) -> Case:
    if actor.account_id is None or known.subject_id is None:
        raise NotAllowed(msgid("A form is sent by a person who is signed in."))
    item, sent_on = asked.item, civil_date(at)
    frozen = freeze(clean, asked.elements)
    return Case.objects.create(
        id=uuid7(),
        number=new_number(item, unit, sent_on),
        item=item["id"],
        release=asked.release,
        subject_id=known.subject_id,
        agent_id=known.agent_id,
        account_id=actor.account_id,
        unit_id=unit.id if unit else None,
        place=place,
        values=[
            {"name": name, "value": frozen[name], "digest": question.digest}
            for name, question in asked.questions.items()
            if name in frozen
        ],
        form_digest=asked.digest,
        facts=frozen_facts(known, asked.release),
        materials=materials.states(asked.materials, known.facts, clean),
        form_fields=len(questions := asked_of(asked, known)),
        known_fields=sum(name in known.facts for name in questions),
        submitted_at=at,
        origin=actor.origin,
    )


def _digest_of(case: Case) -> str:
    return hashlib.sha256(json.dumps(case.values, sort_keys=True).encode()).hexdigest()


# ── The receipt, as it is kept and given again ──────────────────────────────────────────────────────────────────────────


def _receipt(case: Case, asked: Asking, unit: UnitView | None, language: str) -> Receipt:
    clock = due_of(case)
    return Receipt(
        case_id=case.id,
        number=case.number,
        item_id=case.item,
        item_title=text(asked.item["title"], language),
        submitted_at=case.submitted_at,
        due_on=clock.due if clock else None,
        due_is_provisional=clock.provisional if clock else False,
        has_it=unit.title if unit else "",
        form_fields=case.form_fields,
        known_fields=case.known_fields,
        facts=tuple(frozen_view(one, language) for one in case.facts),
    )


def _receipt_json(receipt: Receipt) -> dict[str, object]:
    return {
        "case_id": str(receipt.case_id),
        "number": receipt.number,
        "item_id": receipt.item_id,
        "item_title": receipt.item_title,
        "submitted_at": receipt.submitted_at.isoformat(),
        "due_on": receipt.due_on.isoformat() if receipt.due_on else None,
        "due_is_provisional": receipt.due_is_provisional,
        "has_it": receipt.has_it,
    }


def _receipt_from(kept: Mapping[str, Any], language: str) -> Receipt:
    case = Case.objects.only("facts", "form_fields", "known_fields").get(pk=kept["case_id"])
    return Receipt(
        case_id=case.id,
        number=kept["number"],
        item_id=kept["item_id"],
        item_title=kept["item_title"],
        submitted_at=datetime.fromisoformat(kept["submitted_at"]),
        due_on=datetime.fromisoformat(kept["due_on"]).date() if kept["due_on"] else None,
        due_is_provisional=kept["due_is_provisional"],
        has_it=kept["has_it"],
        repeated=True,
        form_fields=case.form_fields,
        known_fields=case.known_fields,
        facts=tuple(frozen_view(one, language) for one in case.facts),
    )
