"""Doubt a relation by the road of a doubted fact: the link that one reads, what it should be, and what its source has said since.

A relation is its own element and its own resource. Its discrepancy is kept at the `from` end and names the other, so that whoever of the
two reports it, it is one. Callers hold the lock of the ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db.models import Q

from yiwang.acts.services import Act
from yiwang.acts.values import Actor
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.records.models import OPEN, Discrepancy, Relation
from yiwang.records.queries.relation_kinds import relation
from yiwang.records.queries.relations import link_of, related_by
from yiwang.records.rules.links import NEVER_SO, Link, Proposal, is_met, proposed_from, proposed_to, read_days
from yiwang.records.services.doubting import Reporter, Seen, add_line, end
from yiwang.records.services.locks import lock_ends
from yiwang.records.values import DiscrepancyState, RelationView

__all__ = ["follow_links", "follow_words", "seen_relation"]


def seen_relation(
    act: Act,
    actor: Actor,
    relation_id: str,
    subject_id: UUID,
    record_id: UUID,
    proposed: object,
    reporter: Reporter,
    faults: Iterable[FieldFault],
    *,
    purpose: str,
) -> Seen:
    """What somebody sees otherwise in a relation that he reads uncovered. subject_id: the end from which he reads it.

    proposed: `{"never_so": true}`, or the right days `{"valid_from": …, "valid_to": …}` and, where both ends may be of either role,
    `swapped`.  faults: of everything else that was given.
    Raises NotFound where he sees no such relation, Invalid with every fault, NotAllowed (403) where it is covered.
    """
    view = relation(relation_id)
    word = Relation.objects.filter(pk=record_id, relation=relation_id).first()
    if word is None:
        raise NotFound(msgid("There is no such relation."))
    lock_ends(view, (word.from_subject_id, word.to_subject_id))
    shown = related_by(actor, subject_id, record_id, purpose=purpose)
    act.require(not shown.masked, msgid("Your post sees this relation covered; who sees it whole may doubt it."))
    said = link_of(word)
    proposal, wrong = _proposal(view, said, proposed)
    if wrong := [*wrong, *faults]:
        raise Invalid(faults=wrong)
    about = (word.from_subject_id, relation_id, relation_id, word.unit_id, word.pk)
    return Seen(*about, said.as_json(), proposed_to(proposal), reporter, other_id=word.to_subject_id)


def follow_links(act: Act, view: RelationView, changes: Mapping[tuple[UUID, UUID, date], Relation]) -> None:
    """What the source has just said, against what is doubted of it. changes: key of a link → the word that counts now.

    A link that was corrected to other days or ends is found by what it was. One query where nothing is doubted.
    """
    ends = {end for key in changes for end in key[:2]}
    doubted = (
        Discrepancy.objects.select_for_update(of=("self",))
        .filter(Q(subject__in=ends, other__in=ends), element=view.id, state__in=OPEN)
        .order_by("id")
    )
    rows = list(doubted)
    words = Relation.objects.in_bulk([row.record_id for row in rows])
    for row in rows:
        before = words.get(row.record_id)
        now = changes.get(link_of(before).key) if before else None
        if now is not None:
            _follow(act, row, now)


def follow_words(act: Act, view: RelationView, ids: Iterable[UUID]) -> None:
    """The same for words that were just written, each about its own link. One query while nothing of this relation is doubted."""
    if Discrepancy.objects.filter(resource=view.id, element=view.id, state__in=OPEN).exists():
        written = Relation.objects.in_bulk(list(ids)).values()
        follow_links(act, view, {link_of(word).key: word for word in written})


def _follow(act: Act, row: Discrepancy, word: Relation) -> None:
    stands = None if word.retracted else link_of(word)
    if is_met(proposed_from(row.proposed), stands):
        end(act, row, DiscrepancyState.CORRECTED, result_id=word.pk)
        return
    says = stands.as_json() if stands else None
    if says == row.doubted:
        return
    row.record_id, row.doubted = word.pk, says
    row.unit_id = word.unit_id or row.unit_id
    add_line(act, row, "fact-changed", record_id=word.pk)
    row.save(update_fields=["record_id", "doubted", "unit", "history_length"])


def _proposal(view: RelationView, said: Link, proposed: object) -> tuple[Proposal, list[FieldFault]]:
    """The proposal and its faults, pointers `proposed…`."""
    if not isinstance(proposed, Mapping):
        return None, [FieldFault("proposed", "required", msgid("Say what is wrong with the relation."))]
    if proposed.get(NEVER_SO):
        return None, []
    since, until, wrong = read_days(
        proposed.get("valid_from", said.valid_from), proposed.get("valid_to", said.valid_to)
    )
    faults = [replace(one, pointer=f"proposed/{one.pointer}") for one in wrong]
    if proposed.get("swapped") and not view.may_swap:
        message = msgid("The two ends of this relation cannot change places.")
        faults.append(FieldFault("proposed/swapped", "cannot-swap", message))
    if faults or since is None:
        return None, faults
    turned = said.turned() if proposed.get("swapped") else said
    proposal = Link(turned.from_id, turned.to_id, since, until)
    if proposal == said:
        message = msgid("This is what the record says already. Enter what it should be.")
        faults.append(FieldFault("proposed", "same-value", message))
    return proposal, faults
