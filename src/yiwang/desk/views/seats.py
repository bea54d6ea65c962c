"""Seats in words: who holds a post in which way, on which document, why not any more; and who fills the places of a unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from yiwang.identity import queries
from yiwang.identity.values import (
    AssignmentKind,
    AssignmentView,
    EndReason,
    Establishment,
    HeadcountView,
    HolderView,
)
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

KINDS = {
    AssignmentKind.REGULAR: gettext_noop("Regularly"),
    AssignmentKind.ACTING: gettext_noop("Acting"),
    AssignmentKind.SECONDMENT: gettext_noop("On secondment"),
    AssignmentKind.DEPUTY: gettext_noop("As a deputy"),
}
ESTABLISHMENTS = {
    Establishment.ADMINISTRATIVE: gettext_noop("administrative establishment"),
    Establishment.INSTITUTION: gettext_noop("establishment of institutions"),
    Establishment.CONTRACT: gettext_noop("on contract"),
}
REASONS = {
    EndReason.REMOVED: gettext_noop("removed from the post"),
    EndReason.TRANSFERRED: gettext_noop("transferred elsewhere"),
    EndReason.RETIRED: gettext_noop("retired"),
    EndReason.RESIGNED: gettext_noop("resigned"),
    EndReason.OVER: gettext_noop("the time or the task was over"),
    EndReason.MISTAKEN: gettext_noop("assigned by mistake"),
    EndReason.ACCOUNT_CLOSED: gettext_noop("the account was closed"),
    EndReason.REVIEWED: gettext_noop("a review of rights"),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who sits in a post, as people call him. name: empty where no source knows it.  words: all there is to say besides the days."""

    of: HolderView
    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one kind as the unit's page shows them. over: by how many too many are filled."""

    of: HeadcountView
    kind: str
    over: int
    by: tuple[Holder, ...]


def named(request: FaceRequest, holders: Iterable[HolderView]) -> dict[UUID, str]:
    """Account → name of those who hold posts, and of those for whom deputies sit there."""
    accounts = [who for one in holders for who in (one.account, one.instead_of) if who is not None]
    persons = {one.id: one.subject_id for one in accounts}
    found = records.officer_names(request.actor, [one for one in persons.values() if one is not None])
    return {account: found[subject] for account, subject in persons.items() if subject in found}


def with_words(holders: Iterable[HolderView], names: dict[UUID, str]) -> list[Holder]:
    """Holders as people call them."""
    shown = []
    for one in holders:
        other = one.instead_of
        words = seat_words(one, (names.get(other.id, "") or other.login) if other else "")
        shown.append(Holder(one, names.get(one.account.id, ""), words))
    return shown


def seat_words(one: HolderView | AssignmentView, for_whom: str = "") -> tuple[str, ...]:
    """In which way somebody holds a post, and why not any more: what there is to say besides the days.

    for_whom: of a deputy, the other as people call him.
    """
    said = []
    if one.kind is not AssignmentKind.REGULAR:
        words = _("As a deputy of {name}").format(name=for_whom) if for_whom else _(KINDS[one.kind])
        said.append(words)
    if one.came_from:
        said.append(_("from {place}").format(place=one.came_from))
    if one.establishment is not None:
        said.append(_(ESTABLISHMENTS[one.establishment]))
    if one.document:
        said.append(_("by {document}").format(document=one.document))
    if one.rests:
        said.append(_("rests during a secondment"))
    if one.end_reason is not None:
        said.append(_("end: {reason}").format(reason=_(REASONS[one.end_reason])))
    if one.end_document:
        said.append(_("ended by {document}").format(document=one.end_document))
    return tuple(said)


def places_of(request: FaceRequest, unit_id: UUID) -> tuple[list[Places], int]:
    """The places of a unit with the names of who fills them, as far as the reader may know; and how many fill none that was said."""
    found = queries.headcounts(request.actor, unit_id)
    names = named(request, (holder for row in found.rows for holder in row.by))
    lines = [
        Places(
            row,
            _(ESTABLISHMENTS[row.kind]),
            max(0, row.filled - row.places) if row.places is not None else 0,
            tuple(with_words(row.by, names)),
        )
        for row in found.rows
    ]
    return lines, found.uncounted
