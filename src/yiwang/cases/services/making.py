"""Make the case of a form that was sent, whether it was sent for one item or for several."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.acts.services import current_act, insert
from yiwang.acts.values import Actor
from yiwang.cases.events import CASE_SUBMITTED
from yiwang.cases.models import Case
from yiwang.cases.queries.clocks import due_of
from yiwang.cases.queries.filling import asked_of
from yiwang.cases.queries.forms import Asking, bound, process_of
from yiwang.cases.queries.known import frozen_certificate, frozen_certificates, frozen_view, held_by, valid_types
from yiwang.cases.rules import materials
from yiwang.cases.services.course import add_line, save_case, submitted_data, who_hears_of
from yiwang.cases.services.movement import carry_on
from yiwang.cases.services.numbering import new_number
from yiwang.cases.values import Channel, Receipt
from yiwang.catalog.queries import freeze
from yiwang.identity.queries import system_unit
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date
from yiwang.places.queries import units_answering

__all__ = ["Entered", "Sent", "frozen_answers", "make_case", "receipt_of", "values_digest"]


@dataclass(frozen=True, slots=True)
class Entered:
    """That an officer entered it for somebody: over which channel, in which post, of which unit."""

    channel: Channel
    post_id: UUID
    unit_id: UUID
    instead_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a case is made of.

    account_id: who sent it.  subject_id: for whom; agent_id: the person who applies for another, None for oneself; mandate_id: under
    which; applicant_name, agent_name: what the two are called, empty when no register names them.  values: the checked answers, typed.
    facts: the evidence as a case keeps it (`known.frozen_facts`).  at: when it was sent, or when an earlier case let this one begin.
    entered: by an officer, None: by himself.
    """

    account_id: UUID
    subject_id: UUID
    agent_id: UUID | None
    values: Mapping[str, Any]
    facts: Sequence[Mapping[str, Any]]
    at: datetime
    origin: str
    entered: Entered | None = None
    mandate_id: UUID | None = None
    applicant_name: str = ""
    agent_name: str = ""


def make_case(
    actor: Actor, asked: Asking, sent: Sent, id: UUID, *, line: str, begun_by: str = "form"
) -> tuple[Case, str]:
    """Make a case with its first task and its event, in the running act; return it with the title of the unit that has it, or "".

    line: code of the first line of its course; of one that was entered at a window it says so.  begun_by: form | application.
    The unit that answers for the first decision at the place of the answers is its implementing unit. Where none does, the case stands
    all the same and its task waits.
    """
    act = current_act()
    place = asked.answers_place(sent.values)
    duty, units = _answering(asked, place, sent.at)
    unit = system_unit(units[0]) if units else None
    known = {one["element"] for one in sent.facts}
    certificates = held_by(asked, sent.subject_id, sent.agent_id)
    held = valid_types(certificates)
    questions = asked_of(asked, known, held)
    case = Case(
        id=id,
        number=new_number(asked.item, unit, civil_date(sent.at)),
        item=asked.item["id"],
        release=asked.release,
        subject_id=sent.subject_id,
        applicant_name=sent.applicant_name,
        agent_id=sent.agent_id,
        agent_name=sent.agent_name,
        mandate_id=sent.mandate_id,
        account_id=sent.account_id,
        channel=sent.entered.channel if sent.entered else Channel.ONLINE,
        entered_in_id=sent.entered.post_id if sent.entered else None,
        entered_instead_of_id=sent.entered.instead_of if sent.entered else None,
        unit_id=unit.id if unit else None,
        place=place,
        values=frozen_answers(asked, sent.values),
        form_digest=asked.digest,
        facts=list(sent.facts),
        materials=materials.states(asked.materials, known, held, sent.values),
        certificates=frozen_certificates(certificates, asked, sent.at),
        form_fields=len(questions),
        known_fields=sum(name in known for name in questions),
        submitted_at=sent.at,
        origin=sent.origin,
    )
    insert(case)
    if sent.entered is not None and line == "submitted":
        add_line(case, actor, "submitted-for", at=sent.at, unit_id=sent.entered.unit_id)
    elif sent.mandate_id is not None and line == "submitted":
        add_line(case, actor, "submitted-under-mandate", at=sent.at)
    else:
        add_line(case, actor, line, at=sent.at)
    run = process_of(asked.item, asked.release).begin(promised=materials.is_promised(case.materials))
    carry_on(case, run, actor, at=sent.at, known=(), left=None, answers={duty: units})
    save_case(case)
    clock = due_of(case)
    has_it = unit.title if unit else ""
    told = {"begun_by": begun_by, "applicant_id": str(who_hears_of(case)), "has_it": has_it}
    act.about("case", case.id)
    act.emit(CASE_SUBMITTED, subject=case.id, data={**submitted_data(case, clock), **told})
    return case, has_it


def _answering(asked: Asking, place: str, at: datetime) -> tuple[str, list[UUID]]:
    """The duty of the first decision, and who answers for it at this place: the first of them is the implementing unit."""
    node = process_of(asked.item, asked.release).diagram.decides()
    if node is None or node.duty is None:
        return "", []
    duty = str(bound(node.duty, asked.item))
    return duty, units_answering(place, duty, civil_date(at))


def frozen_answers(asked: Asking, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answers as they are kept, in the order of the questions, each with the digest of what it was checked against."""
    frozen = freeze(values, asked.elements)
    return [
        {"name": name, "value": frozen[name], "digest": question.digest}
        for name, question in asked.questions.items()
        if name in frozen
    ]


def values_digest(kept: Sequence[Mapping[str, Any]]) -> str:
    """What the audit log keeps of answers: SHA-256, hex."""
    return hashlib.sha256(json.dumps(list(kept), sort_keys=True).encode()).hexdigest()


def receipt_of(case: Case, asked: Asking, has_it: str, language: str) -> Receipt:
    """The receipt of a case that has just been made."""
    clock = due_of(case)
    return Receipt(
        case_id=case.id,
        number=case.number,
        item_id=case.item,
        item_title=text(asked.item["title"], language),
        submitted_at=case.submitted_at,
        due_on=clock.due if clock else None,
        due_is_provisional=clock.provisional if clock else False,
        has_it=has_it,
        form_fields=case.form_fields,
        known_fields=case.known_fields,
        facts=tuple(frozen_view(one, language) for one in case.facts),
        certificates=tuple(frozen_certificate(one, language) for one in case.certificates),
    )
