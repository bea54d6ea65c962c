"""Send a filled form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Application, Case, Reception
from yiwang.cases.queries.forms import NOBODY_APPLIES, Asking, asking, changes_between
from yiwang.cases.queries.known import frozen_certificate, frozen_facts, frozen_view, known_for
from yiwang.cases.queries.visibility import ENTER
from yiwang.cases.services.answers import attach_files, checked_answers
from yiwang.cases.services.drafts import forget_draft
from yiwang.cases.services.making import Entered, Sent, make_case, receipt_of, values_digest
from yiwang.cases.services.once import Key, once, remember
from yiwang.cases.services.receiving import reception_for, settle_reception
from yiwang.cases.values import Channel, FormChanged, Receipt
from yiwang.kernel.errors import FieldFault, NotAllowed, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import civil_date
from yiwang.records.queries import called

__all__ = ["checked_form", "end_form", "receipt_from", "receipt_json", "release_read", "submit"]


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
    subject_id: for whom, where the item is for another than the actor and he represents several. A post applies for whom it serves at its
    window (`open_reception`), and says for whom.
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
    return once(
        actor,
        "case.submit",
        [item_id, form_digest, values, subject_id, facts],
        idempotency_key,
        send=lambda key: _submit(actor, item_id, values, form_digest, key, language, subject_id, facts, found),
        again=lambda kept: receipt_from(kept, language),
    )


@service(ENTER, open_to={CapacityKind.SELF})
def _submit(
    actor: Actor,
    item_id: str,
    values: Mapping[str, object],
    form_digest: str,
    key: Key,
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
    sent, reception = checked_form(
        actor, asked, values, subject_id, facts, found, lambda given: [asked.answers_place(given)]
    )
    case_id = uuid7()
    case, has_it = make_case(actor, asked, sent, case_id, line="submitted")
    attach_files(actor, case_id, sent.values)
    end_form(actor, reception, item_id, case)
    receipt = receipt_of(case, asked, has_it, language)
    remember(key, receipt_json(receipt))
    act.note(
        item=item_id,
        number=case.number,
        release=asked.release,
        values=values_digest(case.values),
        facts=[one["digest"] for one in case.facts],
        certificates=[one["digest"] for one in case.certificates],
    )
    return receipt


def checked_form(
    actor: Actor,
    asked: Asking,
    values: Mapping[str, object],
    subject_id: UUID | None,
    facts: Mapping[str, str] | None,
    found: Sequence[FieldFault],
    places: Callable[[Mapping[str, Any]], Sequence[str]],
) -> tuple[Sent, Reception | None]:
    """What was sent, checked against the form and what the city knows, in the running act, and at whose window. Raises as `submit`.

    places: of checked answers, those that decide who answers.
    """
    at = current_act().time
    known = known_for(actor, asked, subject_id)
    clean = checked_answers(actor, asked, known, values, facts, civil_date(at), found)
    if actor.account_id is None or known.subject_id is None:
        raise NotAllowed(msgid("A form is sent by a person who is signed in."))
    evidence = frozen_facts(known, asked.release)
    reception = reception_for(actor, asked, known, places(clean), civil_date(at))
    entered = None
    if reception is not None:
        entered = Entered(Channel(reception.channel), reception.post_id, reception.unit_id, actor.instead_of)
    names = called(one for one in (known.subject_id, known.agent_id) if one is not None)
    sent = Sent(
        actor.account_id,
        known.subject_id,
        known.agent_id,
        clean,
        evidence,
        at,
        actor.origin,
        entered,
        actor.mandate_id,
        applicant_name=names.get(known.subject_id, ""),
        agent_name=names.get(known.agent_id, "") if known.agent_id is not None else "",
    )
    return sent, reception


def end_form(actor: Actor, reception: Reception | None, id: str, made: Case | Application) -> None:
    """What the sending of a form ends: the reception at a window, or the draft of who sent it himself. id: of the item or bundle."""
    if reception is None:
        forget_draft(actor, id)
    else:
        settle_reception(reception, made)


def _asking_read(item_id: str, form_digest: str) -> Asking | None:
    """The form that was read, from the release that its digest names; None when it names none."""
    release = release_read(form_digest)
    try:
        read = asking(item_id, release) if release is not None else None
    except NotFound:
        return None
    return read if read is not None and read.digest == form_digest else None


def release_read(form_digest: str) -> int | None:
    """The release that the digest of a form names; None when it names none."""
    release = form_digest.partition(".")[0]
    return int(release) if release.isdecimal() and len(release) < 9 else None


# ── The receipt, as it is kept and given again ──────────────────────────────────────────────────────────────────────────


def receipt_json(receipt: Receipt) -> dict[str, object]:
    """A receipt as it is kept under its idempotency key."""
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


def receipt_from(kept: Mapping[str, Any], language: str) -> Receipt:
    """The same receipt again."""
    case = Case.objects.only("facts", "certificates", "form_fields", "known_fields").get(pk=kept["case_id"])
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
        certificates=tuple(frozen_certificate(one, language) for one in case.certificates),
    )
