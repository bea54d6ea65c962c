"""On what ground somebody may read: his own facts, a grant, an agreement, a published item. Nothing is read without one.

A *claim* says for some elements of a resource on which ground they are read, which rows that ground reaches, and what it uncovers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.utils.translation import get_language

from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import AgreementView, ElementView
from yiwang.identity.queries import seat_of, unit_codes_above, unit_scope
from yiwang.identity.values import UnitScope
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotSignedIn, msgid
from yiwang.records.queries.relation_kinds import list_relations
from yiwang.records.queries.representing import represents
from yiwang.records.registry import standing_agreement
from yiwang.records.values import Ground, RelationView

__all__ = ["EVERYTHING", "READ", "READ_SENSITIVE", "Claim", "Reader", "reader_of", "require_purpose"]

READ = "record.read"
READ_SENSITIVE = "record.read-sensitive"
EVERYTHING = UnitScope(True, frozenset(), frozenset())
NOTHING = UnitScope(False, frozenset(), frozenset())
_Ground = tuple[Ground, str, Collection[str], UnitScope, frozenset[str]]
"""What it is, its id, the elements that it covers, the rows that it reaches, what it uncovers."""


@dataclass(frozen=True, slots=True)
class Claim:
    """elements: of one resource, read on this ground.  rows: by the unit that is their source.  in_full: shown uncovered."""

    ground: Ground
    id: str
    elements: tuple[str, ...]
    rows: UnitScope
    in_full: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, of whom, for what: everything that decides what he may see, asked once for each reading.

    whole: a ground that covers everything (own, represented, mandate, platform), whole_id: of the mandate.  scope: of the grant
    `record.read`.
    sensitive: rows of which sensitive values are shown.  item: whose standing agreement the caller has made sure counts here.
    """

    actor: Actor
    purpose: str
    release: int
    on: date
    unit_id: UUID | None = None
    duties: frozenset[str] = frozenset()
    whole: Ground | None = None
    whole_id: str = ""
    scope: UnitScope = NOTHING
    sensitive: UnitScope = NOTHING
    agreement: AgreementView | None = None
    item: str = ""
    item_elements: frozenset[str] = field(default_factory=frozenset)

    def claims(self, resource_id: str, elements: Collection[str]) -> list[Claim]:
        """On which grounds these elements of a resource may be read; what nothing covers is left out. A relation is its own element.

        An agreement that is named counts alone. Else a grant that reaches every unit, the item, agreements in the order of their
        ids, and last a grant that reaches some units.
        """
        if not elements:
            return []
        if self.whole is not None:
            return [Claim(self.whole, self.whole_id, tuple(elements), EVERYTHING)]
        left = list(elements)
        found: list[Claim] = []
        for ground, id, covered, rows, in_full in self._grounds(resource_id, elements):
            mine = tuple(one for one in left if one in covered)
            if mine:
                found.append(Claim(ground, id, mine, rows, in_full))
                left = [one for one in left if one not in mine]
        return found

    def _grounds(self, resource_id: str, elements: Collection[str]) -> Iterator[_Ground]:
        none = frozenset[str]()
        agreements = self.agreements_on(resource_id) if self.agreement is None else iter([self.agreement])
        if self.agreement is None and self.scope.everything:
            yield Ground.GRANT, READ, elements, EVERYTHING, none
        if self.agreement is None and self.item:
            yield Ground.ITEM, self.item, self.item_elements, EVERYTHING, none
        for one in agreements:
            if one.resource == resource_id:
                yield Ground.AGREEMENT, one.id, one.fields, EVERYTHING, one.in_full
        if self.agreement is None and not self.scope.is_empty:
            yield Ground.GRANT, READ, elements, self.scope, none

    def agreements_on(self, resource_id: str) -> Iterator[AgreementView]:
        """Agreements on a resource or a relation that count for this reader, purpose and day."""
        for one in catalog.agreements_on(resource_id, self.release):
            if not _objection(self, one):
                yield one

    def refusal(self, elements: Iterable[str]) -> NotAllowed:
        """Why these elements may not be read, as a fault to raise."""
        known: dict[str, ElementView | RelationView] = {
            **catalog.list_elements(self.release),
            **list_relations(self.release),
        }
        language = get_language() or "zh-hans"
        titles = "、".join(known[one].title_in(language) if one in known else one for one in elements)
        if self.agreement is not None:
            message = msgid("The agreement “{agreement}” does not cover {titles}.")
            return NotAllowed(message, agreement=self.agreement.title_in(language), titles=titles)
        return NotAllowed(
            msgid("No agreement, published item or grant of your post allows reading {titles} for this purpose."),
            titles=titles or "-",
        )


def reader_of(
    actor: Actor, subject_id: UUID, purpose: str, *, agreement: str | None, item: str | None, release: int, on: date
) -> Reader:
    """Who reads. Raises NotSignedIn, NotAllowed with the reason, Invalid for what is not registered. A post costs its seat's queries."""
    require_purpose(purpose, release)
    if actor.capacity is CapacityKind.SELF:
        if actor.capacity_id == subject_id:
            return Reader(actor, purpose, release, on, whole=Ground.OWN)
        if actor.capacity_id is not None and represents(actor.capacity_id, subject_id, release):
            return Reader(actor, purpose, release, on, whole=Ground.REPRESENTED)
        raise NotAllowed(msgid("You may read your own facts only."))
    if actor.capacity is CapacityKind.SYSTEM:
        raise AssertionError("The platform itself reads through the queries named system_….")
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    seat = seat_of(actor)
    if seat is None:
        raise NotAllowed(msgid("Facts are read in a post, or as the person whom they are about."))
    if not catalog.list_purposes(release)[purpose].by_posts:
        raise Invalid(
            faults=[FieldFault("purpose", "not-of-posts", msgid("Who reads in a post says another purpose."))]
        )
    reader = Reader(
        actor,
        purpose,
        release,
        on,
        unit_id=seat.unit_id,
        duties=frozenset(one.id for one in seat.duties),
        scope=unit_scope(actor, READ),
        sensitive=unit_scope(actor, READ_SENSITIVE),
        agreement=None if agreement is None else _named(agreement, release),
        item=item or "",
        item_elements=frozenset() if item is None else standing_agreement(item, release),
    )
    if reader.agreement is not None and (why := _objection(reader, reader.agreement)):
        raise NotAllowed(
            why, agreement=reader.agreement.title_in(get_language() or "zh-hans"), until=reader.agreement.until
        )
    return reader


def require_purpose(purpose: str, release: int | None = None) -> None:
    """Raise Invalid for a purpose that nobody has registered."""
    if purpose not in catalog.list_purposes(release):
        raise _unknown("purpose", purpose, msgid("No purpose {id} is registered."))


def _named(id: str, release: int) -> AgreementView:
    found = catalog.list_agreements(release).get(id)
    if found is None:
        raise _unknown("agreement", id, msgid("There is no agreement {id}."))
    return found


def _unknown(pointer: str, id: str, message: str) -> Invalid:
    return Invalid(faults=[FieldFault(pointer, f"unknown-{pointer}", message, {"id": id})])


def _objection(reader: Reader, one: AgreementView) -> str:
    """Why an agreement does not count for this reader; empty when it does. At most one query, for agreements with units."""
    if not one.is_in_force(reader.on):
        return msgid("The agreement “{agreement}” ran out on {until}.")
    if reader.purpose not in one.purposes:
        return msgid("The agreement “{agreement}” is not for this purpose.")
    if one.duties and not one.duties & reader.duties:
        return msgid("The agreement “{agreement}” is not with a duty of your post.")
    if one.items and reader.item not in one.items:
        return msgid("The agreement “{agreement}” is for the cases of certain items, and this is none.")
    if one.units and (reader.unit_id is None or not one.units & unit_codes_above(reader.unit_id)):
        return msgid("The agreement “{agreement}” is not with your unit.")
    return ""
