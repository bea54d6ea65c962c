"""Doubt a fact, take the doubt back, answer it. The answer is the source's; whoever reported is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from yiwang.acts.queries import current_release
from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.registry import element_types
from yiwang.identity.queries import actor_unit, unit_scope
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import civil_date
from yiwang.kernel.typed import several_lines
from yiwang.records.models import OPEN, Discrepancy, Relation
from yiwang.records.queries.discrepancies import visible_discrepancies
from yiwang.records.queries.reading import facts
from yiwang.records.queries.relation_kinds import relation
from yiwang.records.queries.relations import last_word_about
from yiwang.records.queries.representing import represents
from yiwang.records.queries.tables import stored_table
from yiwang.records.queries.versions import version_in_force
from yiwang.records.registry import keep_evidence
from yiwang.records.rules.links import proposed_from
from yiwang.records.services.doubting import (
    Reporter,
    Seen,
    add_line,
    end,
    key_of,
    leave,
    open_or_join,
    standing_doubt,
)
from yiwang.records.services.doubting_relations import seen_relation
from yiwang.records.services.locks import lock_ends, lock_subject
from yiwang.records.services.relations import correct_link, retract_link
from yiwang.records.services.writing import write_record
from yiwang.records.values import DiscrepancyState, Door, Evidence

__all__ = [
    "accept_discrepancy",
    "confirm_discrepancy",
    "correct_discrepancy",
    "reject_discrepancy",
    "report_discrepancy",
    "system_let_go",
    "withdraw_discrepancy",
]

LONGEST_TEXT = 500
LONGEST_REASON = 200
MOST_FILES = 5
FOR_EVER = timedelta(days=365_000)


@service("discrepancy.report", open_to={CapacityKind.SELF})
def report_discrepancy(
    actor: Actor,
    resource: str,
    subject_id: UUID,
    element: str,
    proposed: object,
    evidence: Evidence | None = None,
    *,
    purpose: str,
    item: str | None = None,
    record_id: UUID | None = None,
) -> UUID:
    """Say that a fact of a subject should be another, and why; return the discrepancy, also when it was open already.

    proposed: as it was entered.  purpose: for which the reporter reads the fact; the reading is logged.
    item: the published item under whose standing agreement he reads it, as `queries.facts` takes it.  A person doubts his own facts
    and those of whom he represents, a post those that it may read uncovered.
    record_id: of the word about a relation that is doubted, which is its own element and its own resource; what may be proposed then says
    `seen_relation`. Whichever end reports it, it is one discrepancy.
    Raises NotFound where the actor sees no such fact or handed in no such file, Invalid (422) with every fault, NotAllowed (403).
    """
    act = current_act()
    act.about("subject", subject_id)
    release = current_release()
    if actor.capacity is CapacityKind.SELF and not _speaks_for(actor, subject_id, release):
        raise NotFound(msgid("There is no such fact."))
    shown = evidence or Evidence()
    if record_id is None:
        seen = _seen_fact(act, actor, resource, subject_id, element, proposed, shown, purpose=purpose, item=item)
    else:
        faults, reporter = _evidence_faults(shown), _reporter(actor, shown)
        seen = seen_relation(act, actor, resource, subject_id, record_id, proposed, reporter, faults, purpose=purpose)
    found, new = open_or_join(act, [seen])
    id = found[seen.subject_id, seen.element]
    act.about("discrepancy", id)
    act.note(element=element, resource=resource, joined=new == 0)
    if evidence is not None and evidence.files:
        keep_evidence(actor, evidence.files, id)
    return id


def _seen_fact(
    act: Act,
    actor: Actor,
    resource: str,
    subject_id: UUID,
    element: str,
    proposed: object,
    evidence: Evidence,
    *,
    purpose: str,
    item: str | None,
) -> Seen:
    """What somebody sees otherwise in a fact that he reads uncovered. Raises as `report_discrepancy` does."""
    release = current_release()
    lock_subject(resource, subject_id, release)
    read = facts(actor, subject_id, purpose=purpose, elements=[element], item=item)
    shown = [one for one in read if one.resource == resource]
    table = stored_table(resource)
    if not shown or table is None:
        raise NotFound(msgid("There is no such fact."))
    act.require(not shown[0].masked, msgid("Your post sees this fact covered; who sees it whole may doubt it."))
    version = version_in_force(table, subject_id, valid_at=civil_date(act.time), known_at=act.time + FOR_EVER)
    if version is None or element not in version.values:
        raise NotFound(msgid("There is no such fact."))
    said = version.values[element]
    value = _checked(element, proposed, said, evidence, release, act.time)
    fixed = version.fixed
    record = (fixed["unit_id"], fixed["record_id"])
    return Seen(subject_id, element, resource, *record, said, value, _reporter(actor, evidence))


@service("discrepancy.withdraw", open_to={CapacityKind.SELF})
def withdraw_discrepancy(actor: Actor, discrepancy_id: UUID, *, reason: str = "") -> None:
    """Take back what one reported. With the last reporter the discrepancy ends, and the fact is undisputed again.

    Raises NotFound for what the actor did not report, AlreadyEnded (409), Invalid for a reason over 200 characters.
    """
    act = current_act()
    act.about("discrepancy", discrepancy_id)
    row = _locked(visible_discrepancies(actor).filter(pk=discrepancy_id).values_list("pk", flat=True))
    words = _reason(reason, needed=False)
    key = _key(actor)
    if not row.reports.filter(reporter=key).exists():
        raise NotFound(msgid("You have not reported this."))
    leave(act, row, {key}, code="left", reason=words)
    act.note(state=row.state)


@service("discrepancy.accept")
def accept_discrepancy(actor: Actor, discrepancy_id: UUID, *, case_id: UUID, case_number: str) -> bool:
    """A case of the source's unit looks into it. Says whether it was open still; a second time changes nothing. Raises NotFound."""
    act = current_act()
    act.about("discrepancy", discrepancy_id)
    row = _locked([discrepancy_id])
    if row.state != DiscrepancyState.REPORTED:
        return row.state == DiscrepancyState.ACCEPTED
    row.state = standing_doubt(row).moved(DiscrepancyState.ACCEPTED).state
    row.case_id, row.case_number = case_id, case_number
    add_line(act, row, "accepted")
    row.save(update_fields=["state", "case_id", "case_number", "history_length"])
    act.note(case=str(case_id))
    return True


@service("discrepancy.confirm")
def confirm_discrepancy(actor: Actor, discrepancy_id: UUID, *, reason: str) -> None:
    """The source stands by what it says. reason: 1–200 characters; the reporters read it.

    Raises NotFound, AlreadyEnded (409), NotAllowed (403) for another unit's, Invalid (422).
    """
    _answer(actor, discrepancy_id, DiscrepancyState.CONFIRMED, reason)


@service("discrepancy.reject")
def reject_discrepancy(actor: Actor, discrepancy_id: UUID, *, reason: str) -> None:
    """The doubt is not looked into. reason: 1–200 characters; the reporters read it. Raises as `confirm_discrepancy`."""
    _answer(actor, discrepancy_id, DiscrepancyState.REJECTED, reason)


@service("discrepancy.correct")
def correct_discrepancy(
    actor: Actor, discrepancy_id: UUID, *, case_id: UUID, case_number: str, reason: str = ""
) -> UUID:
    """Make the fact or the relation what was proposed, by a correction of the source's record; return the new version or word.

    A fact is corrected from the beginning of its record. Nothing is overwritten: what was known before stays readable. Other
    discrepancies of the fact follow what it is now.
    Raises NotFound, AlreadyEnded (409), NotAllowed (403) for another unit's, Invalid (422) where the value is refused today.
    """
    act = current_act()
    act.about("discrepancy", discrepancy_id)
    row = _of_unit(actor, discrepancy_id)
    words = _reason(reason, needed=False)
    if row.other_id is not None:
        return _correct_relation(act, row, words, case_id, case_number)
    table = stored_table(row.resource)
    version = table and version_in_force(
        table, row.subject_id, valid_at=civil_date(act.time), known_at=act.time + FOR_EVER
    )
    if not version:
        raise NotFound(msgid("There is no such fact."))
    type = catalog.element(row.element, row.release).type
    end(act, row, DiscrepancyState.CORRECTED, reason=words)
    row.result_id = write_record(
        actor,
        row.resource,
        row.subject_id,
        {row.element: element_types[type].from_json(row.proposed)},
        valid_from=version.fixed["valid_from"],
        door=Door.CORRECTION,
        case_id=case_id,
        unit_id=version.fixed["unit_id"],
        evidence={"case_number": case_number, "discrepancy": row.id, "corrects": version.fixed["record_id"]},
    )
    row.save(update_fields=["result_id"])
    return row.result_id


def _correct_relation(act: Act, row: Discrepancy, reason: str, case_id: UUID, case_number: str) -> UUID:
    """The same for a relation: the unit that answers for the doubt is its source, so that no second grant is asked."""
    view = relation(row.element)
    word = last_word_about(Relation.objects.get(pk=row.record_id))
    if word.retracted:
        raise NotFound(msgid("There is no such relation."))
    proposal = proposed_from(row.proposed)
    kept = {"case_number": case_number, "discrepancy": row.id, "corrects": word.pk, "reason": reason}
    end(act, row, DiscrepancyState.CORRECTED, reason=reason)
    if proposal is None:
        row.result_id = retract_link(act, view, word, kept, case_id)
    else:
        row.result_id = correct_link(act, view, word, proposal, kept, case_id)
    row.save(update_fields=["result_id"])
    return row.result_id


@service("discrepancy.let-go")
def system_let_go(actor: Actor, case_id: UUID, *, reason: str) -> int:
    """The case that looked into discrepancies ended without an answer: those that are open are rejected. Returns how many."""
    act = current_act()
    act.about("case", case_id)
    ids = list(Discrepancy.objects.filter(case_id=case_id, state__in=OPEN).order_by("id").values_list("pk", flat=True))
    for id in ids:
        row = _locked([id])
        if row.state in OPEN:
            end(act, row, DiscrepancyState.REJECTED, reason=reason)
    return len(ids)


def _answer(actor: Actor, discrepancy_id: UUID, to: DiscrepancyState, reason: str) -> None:
    act = current_act()
    act.about("discrepancy", discrepancy_id)
    row = _of_unit(actor, discrepancy_id)
    end(act, row, to, reason=_reason(reason, needed=True))
    act.note(state=row.state)


def _of_unit(actor: Actor, discrepancy_id: UUID) -> Discrepancy:
    """The discrepancy, locked, for an officer whose grant reaches the source's unit."""
    act = current_act()
    row = _locked([discrepancy_id])
    if actor.capacity is CapacityKind.POST:
        reach = unit_scope(actor, act.action)
        act.require(reach.covers(row.unit_id), msgid("Your post does not answer for this resource."))
    return row


def _locked(ids: Collection[UUID] | Any) -> Discrepancy:
    """The one discrepancy of `ids`, after its subject's state at the source: the order in which writers lock. Raises NotFound."""
    row = Discrepancy.objects.filter(pk__in=ids).first()
    if row is None:
        raise NotFound(msgid("There is no such discrepancy."))
    if row.other_id is None:
        lock_subject(row.resource, row.subject_id, current_release())
    else:
        lock_ends(relation(row.element, row.release), (row.subject_id, row.other_id))
    return Discrepancy.objects.select_for_update(of=("self",)).get(pk=row.pk)


def _speaks_for(actor: Actor, subject_id: UUID, release: int) -> bool:
    """Whether somebody who acts for himself is the subject, or represents it by the word of a source."""
    own = actor.capacity_id
    return own is not None and (own == subject_id or represents(own, subject_id, release))


def _reporter(actor: Actor, evidence: Evidence) -> Reporter:
    kept: dict[str, object] = {}
    if evidence.text.strip():
        kept["text"] = several_lines(evidence.text)
    if evidence.files:
        kept["files"] = [str(one) for one in evidence.files]
    if evidence.case_number.strip():
        kept["case_number"] = evidence.case_number.strip()
    is_post = actor.capacity is CapacityKind.POST
    return Reporter(
        _key(actor),
        unit_id=actor_unit(actor),
        post_id=actor.capacity_id if is_post else None,
        account_id=actor.account_id,
        subject_id=None if is_post else actor.capacity_id,
        evidence=kept,
    )


def _key(actor: Actor) -> str:
    return f"{'post' if actor.capacity is CapacityKind.POST else 'subject'}:{actor.capacity_id}"


def _checked(element: str, proposed: object, said: Any, evidence: Evidence, release: int, at: Any) -> Any:
    """The proposed value as its type. Raises Invalid with every fault, pointers `proposed…` and `evidence/…`."""
    view = catalog.element(element, release)
    clean, faults = catalog.validate(
        {element: proposed}, [view], required=[element], today=civil_date(at), release=release
    )
    faults = [
        FieldFault("proposed" + one.pointer.removeprefix(element), one.code, one.message, one.params) for one in faults
    ]
    if not faults and key_of(view.type, clean[element]) == key_of(view.type, said):
        faults.append(
            FieldFault(
                "proposed", "same-value", msgid("This is what the record says already. Enter what it should be.")
            )
        )
    faults += _evidence_faults(evidence)
    if faults:
        raise Invalid(faults=faults)
    return clean[element]


def _evidence_faults(evidence: Evidence) -> list[FieldFault]:
    faults: list[FieldFault] = []
    words = several_lines(evidence.text)
    if words is None:
        faults.append(
            FieldFault(
                "evidence/text",
                "control-character",
                msgid("The text holds a control character. Type it again instead of pasting."),
            )
        )
    elif not words and not evidence.files and not evidence.case_number.strip():
        faults.append(
            FieldFault(
                "evidence/text",
                "required",
                msgid("Say why the value is wrong, or name a file or a case that shows it."),
            )
        )
    elif len(words) > LONGEST_TEXT:
        faults.append(
            FieldFault("evidence/text", "too-long", msgid("At most {longest} characters."), {"longest": LONGEST_TEXT})
        )
    if len(evidence.files) > MOST_FILES:
        faults.append(FieldFault("evidence/files", "too-many", msgid("At most {most} files."), {"most": MOST_FILES}))
    if len(evidence.case_number) > 60:
        faults.append(
            FieldFault("evidence/case_number", "too-long", msgid("At most {longest} characters."), {"longest": 60})
        )
    return faults


def _reason(reason: str, *, needed: bool) -> str:
    words = several_lines(reason)
    if words is None:
        fault = FieldFault(
            "reason",
            "control-character",
            msgid("The text holds a control character. Type it again instead of pasting."),
        )
        raise Invalid(faults=[fault])
    if (needed and not words) or len(words) > LONGEST_REASON:
        raise Invalid(faults=[FieldFault("reason", "length", msgid("Give a reason of 1 to 200 characters."))])
    return words
