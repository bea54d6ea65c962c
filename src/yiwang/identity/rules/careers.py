"""What is wrong with the way in which somebody is to be put into a post: regularly, acting, seconded, as a deputy."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from yiwang.identity.rules.seats import Period
from yiwang.identity.values import AssignmentKind, Terms
from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["LONGEST_DOCUMENT", "Sitting", "document_faults", "terms_faults"]

LONGEST_DOCUMENT = 100
ON_A_DOCUMENT = (AssignmentKind.ACTING, AssignmentKind.SECONDMENT)
"""What an office decides in writing. A deputy may be named by the roster, and of a regular holder the number may be added by his unit."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """An assignment as the rules see it."""

    account_id: UUID
    post_id: UUID
    unit_id: UUID
    kind: AssignmentKind
    period: Period


def terms_faults(
    terms: Terms,
    wanted: Sitting,
    *,
    home: Sitting | None = None,
    instead: Sitting | None = None,
    from_unit_known: bool = True,
    is_limited: bool = False,
) -> list[FieldFault]:
    """Everything that is wrong with the terms of a seat, `wanted` as it is to be.

    home, instead: the assignments that the terms name; None for none, or for one that does not exist.  is_limited: the unit of the post
    has a headcount, so that nobody gets round it by saying no kind of place.
    """
    faults = document_faults("document", terms.document, needed=terms.kind in ON_A_DOCUMENT)
    if terms.establishment is not None and terms.kind is not AssignmentKind.REGULAR:
        message = msgid("Only who holds a post regularly fills a place of the establishment.")
        faults.append(FieldFault("establishment", "regular-only", message))
    if terms.kind is AssignmentKind.REGULAR and terms.establishment is None and is_limited:
        message = msgid("The places of this unit are limited: say which kind of place is filled.")
        faults.append(FieldFault("establishment", "required", message))
    return faults + _deputy_faults(terms, wanted, instead) + _secondment_faults(terms, wanted, home, from_unit_known)


def document_faults(at: str, document: str, *, needed: bool) -> list[FieldFault]:
    """What is wrong with the number of a document 文号."""
    if needed and not document.strip():
        return [FieldFault(at, "required", msgid("Give the number of the document that this rests on."))]
    if len(document.strip()) > LONGEST_DOCUMENT:
        return [FieldFault(at, "too-long", msgid("At most {most} characters."), {"most": LONGEST_DOCUMENT})]
    return []


def _deputy_faults(terms: Terms, wanted: Sitting, instead: Sitting | None) -> list[FieldFault]:
    if terms.kind is not AssignmentKind.DEPUTY:
        if terms.instead_of is None:
            return []
        return [FieldFault("instead_of", "deputies-only", msgid("Only a deputy sits in a post for another."))]
    faults = []
    if wanted.period.until is None:
        message = msgid("A deputy sits there for the days of an absence: say the first day without him.")
        faults.append(FieldFault("valid_to", "required", message))
    if instead is None or instead.post_id != wanted.post_id:
        message = msgid("Say for whom: somebody who holds this post.")
        return [*faults, FieldFault("instead_of", "no-holder", message)]
    if instead.account_id == wanted.account_id:
        faults.append(FieldFault("instead_of", "oneself", msgid("Nobody is a deputy for himself.")))
    if instead.kind is AssignmentKind.DEPUTY:
        message = msgid("This one is a deputy himself: name the one who holds the post.")
        faults.append(FieldFault("instead_of", "deputy-of-deputy", message))
    if wanted.period.until is not None and not wanted.period.lies_in(instead.period):
        message = msgid("A deputy sits there only on days on which the other one holds the post.")
        faults.append(FieldFault("valid_from", "beyond-holder", message))
    return faults


def _secondment_faults(terms: Terms, wanted: Sitting, home: Sitting | None, from_unit_known: bool) -> list[FieldFault]:
    if terms.kind is not AssignmentKind.SECONDMENT:
        if terms.home is None and terms.from_unit is None and not terms.home_rests:
            return []
        message = msgid("Only who is seconded comes from another unit or post.")
        return [FieldFault("home", "secondments-only", message)]
    if terms.home is None and terms.from_unit is None:
        return [FieldFault("home", "required", msgid("Say which post or unit lends the officer."))]
    faults = []
    if terms.home is not None:
        faults += _home_faults(wanted, home)
    elif not from_unit_known:
        faults.append(FieldFault("from_unit", "unknown-unit", msgid("There is no such unit.")))
    elif terms.from_unit == wanted.unit_id:
        faults.append(FieldFault("from_unit", "same-unit", msgid("An officer is seconded to another unit.")))
    if terms.home_rests and terms.home is None:
        message = msgid("Only a post that the officer holds can rest: name it.")
        faults.append(FieldFault("home_rests", "no-home", message))
    return faults


def _home_faults(wanted: Sitting, home: Sitting | None) -> list[FieldFault]:
    if home is None or home.account_id != wanted.account_id:
        return [FieldFault("home", "not-held", msgid("This is no post of this officer."))]
    faults = []
    if home.kind not in (AssignmentKind.REGULAR, AssignmentKind.ACTING):
        message = msgid("An officer is lent from a post of his own, not from where he is seconded or a deputy.")
        faults.append(FieldFault("home", "not-his-own", message))
    if home.unit_id == wanted.unit_id:
        faults.append(FieldFault("home", "same-unit", msgid("An officer is seconded to another unit.")))
    if not home.period.holds(wanted.period.since):
        message = msgid("The officer does not hold that post on the first day of the secondment.")
        faults.append(FieldFault("home", "not-held-then", message))
    return faults
