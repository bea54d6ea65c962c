"""The one answer to "may this actor do that?", and to "on which rows?".

Rights are read from assignments in each act and each request, never from the session: who loses a post loses its rights at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.acts.queries import fetch
from yiwang.acts.values import Actor, CapacityKind, Decision, refusal
from yiwang.identity.models import UnitPath
from yiwang.identity.models.keepers import Keeper, KeeperToken
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.mandates import holds_mandate
from yiwang.identity.registry import administrative_actions, dangerous_actions, mandated_actions
from yiwang.identity.rules.keepers import SIDE_ACTIONS
from yiwang.identity.values import (
    Administrator,
    DutyView,
    ProofDue,
    Reason,
    Scope,
    StandsIn,
    TookOver,
    UnitScope,
)
from yiwang.identity.values.keepers import Side
from yiwang.kernel.errors import NotSignedIn, msgid
from yiwang.kernel.remembering import remembered
from yiwang.kernel.time import machine_now, today
from yiwang.settings import configuration

__all__ = [
    "Seat",
    "actor_unit",
    "decide",
    "in_scope",
    "may_be_granted",
    "persons_behind",
    "posts_reaching",
    "require",
    "require_proof",
    "seat_of",
    "stands_in_for",
    "subjects_behind",
    "unit_scope",
    "why",
]


@dataclass(frozen=True, slots=True)
class Seat:
    """The post in which an actor acts, as it stands today. stands_in: for whom, when he is a deputy there."""

    post_id: UUID
    post_title: str
    unit_id: UUID
    duties: tuple[DutyView, ...]
    took_over: TookOver = field(default_factory=dict)
    stands_in: StandsIn | None = None

    def past(self, duty: str) -> frozenset[UUID]:
        """The units whose past its own unit answers for, by this duty."""
        return self.took_over.get("", frozenset()) | self.took_over.get(duty, frozenset())

    def grants(self, action: str) -> list[tuple[DutyView, Scope]]:
        """Duty and scope of every grant of the action that counts. A grant across the line of the three does not."""
        return [
            (duty, grant.scope)
            for duty in self.duties
            for grant in duty.may
            if grant.action == action and may_be_granted(action, duty.administrator)
        ]


def may_be_granted(action: str, administrator: Administrator | None) -> bool:
    """Whether a duty of this administrator (None: an ordinary duty) can do the action at all."""
    reserved = administrative_actions.get(action)
    return administrator is None if reserved is None else administrator in reserved


# Asked before every act, so it is plain SQL: building it through the ORM costs several times what the server needs for it.
SEAT_COLUMNS = """
    p.id AS post_id, p.title, p.unit_id,
    ARRAY(SELECT d.duty FROM identity_postduty d WHERE d.post_id = p.id AND (d.valid_to IS NULL OR d.valid_to > %(on)s::date)
           ORDER BY d.duty) AS duties,
    ARRAY(SELECT s.predecessor_id || s.duty FROM identity_succession s WHERE s.successor_id = p.unit_id) AS took_over,
    whose.id AS for_account, whose.subject_id AS for_subject"""
SEAT_ROWS = """
    identity_assignment g
    JOIN identity_account c ON c.id = g.account_id AND c.is_active
    JOIN identity_post p ON p.id = g.post_id
    LEFT JOIN identity_assignment other ON other.id = g.instead_of_id
    LEFT JOIN identity_account whose ON whose.id = other.account_id"""
# `in_force` in SQL
SEAT_GIVES_RIGHTS = """
    g.valid_from <= %(on)s::date AND (g.valid_to IS NULL OR g.valid_to > %(on)s::date)
    AND NOT EXISTS (
        SELECT 1 FROM identity_assignment away
         WHERE away.home_id = g.id AND away.home_rests
           AND away.valid_from <= %(on)s::date AND (away.valid_to IS NULL OR away.valid_to > %(on)s::date))"""
SEAT = f"""
    SELECT {SEAT_COLUMNS} FROM {SEAT_ROWS}
     WHERE g.account_id = %(account)s::uuid AND g.post_id = %(post)s::uuid
       AND {SEAT_GIVES_RIGHTS}
     LIMIT 1
"""  # noqa: S608 - put together of the texts above
UUID_LENGTH = 36
NOBODY = UUID(int=0)
SeatRow = tuple[UUID, str, UUID, list[str], list[str], UUID | None, UUID | None]


def seat_of(actor: Actor, on: date | None = None) -> Seat | None:
    """The post in which the actor acts on the civil date `on` (default today); None for other capacities and when it is not his.

    Two queries, once in an act or a request: assignment, account and duties of the post as they are, the release in force.
    """
    if actor.capacity is not CapacityKind.POST or actor.account_id is None:
        return None
    day = on or today()
    return remembered(("seat", actor.account_id, actor.capacity_id, day), lambda: _seat_of(actor, day))


def remember_seat(account_id: UUID, post_id: UUID, day: date, row: SeatRow | None) -> None:
    """Who reads the session has read the seat with it: it is not asked for again in the same look."""
    remembered(("seat row", account_id, post_id, day), lambda: row)


def _seat_row(account_id: UUID | None, post_id: UUID | None, day: date) -> SeatRow | None:
    row: SeatRow
    for row in fetch(SEAT, {"account": account_id, "post": post_id, "on": day}):
        return row
    return None


def _seat_of(actor: Actor, day: date) -> Seat | None:
    account_id, post_id = actor.account_id, actor.capacity_id
    row = remembered(("seat row", account_id, post_id, day), lambda: _seat_row(account_id, post_id, day))
    if row is None:
        return None
    post_id, post_title, unit_id, ids, taken, for_account, for_subject = row
    known = duties()
    took_over: dict[str, frozenset[UUID]] = {}
    for one in taken:
        id, duty = UUID(one[:UUID_LENGTH]), one[UUID_LENGTH:]
        took_over[duty] = took_over.get(duty, frozenset()) | {id}
    stands_in = None if for_account is None else StandsIn(for_account, for_subject)
    return Seat(post_id, post_title, unit_id, tuple(known[id] for id in ids if id in known), took_over, stands_in)


def stands_in_for(actor: Actor) -> StandsIn | None:
    """For whom the actor acts as a deputy in the post in which he acts; None when he acts for nobody but himself.

    Free for who is no deputy, which `actor_for_post` says of every actor in a post; two queries for one who is.
    """
    seat = seat_of(actor) if actor.instead_of is not None else None
    return None if seat is None else seat.stands_in


def persons_behind(actor: Actor) -> frozenset[UUID]:
    """The accounts whose hand this is: the actor's, and that of the one for whom he is a deputy.

    Whoever asks whether somebody may not do something because of who he is asks of all of these. As dear as `stands_in_for`.
    Behind a system stand those to whom its tokens were told: one query.
    """
    if actor.capacity is CapacityKind.APPLICATION:
        return frozenset(_told_tokens(actor).values_list("given_by", flat=True))
    stands_in = stands_in_for(actor)
    return frozenset(
        one for one in (actor.account_id, None if stands_in is None else stands_in.account_id) if one is not None
    )


def subjects_behind(actor: Actor) -> frozenset[UUID]:
    """The same as natural persons: whoever may not decide about himself decides about none of these. As dear as `stands_in_for`."""
    if actor.capacity is CapacityKind.APPLICATION:
        return frozenset(_told_tokens(actor).values_list("given_by__subject", flat=True))
    stands_in = stands_in_for(actor)
    ids = (actor.subject_id, None if stands_in is None else stands_in.subject_id)
    return frozenset(one for one in ids if one is not None)


def _told_tokens(actor: Actor) -> QuerySet[KeeperToken]:
    return KeeperToken.objects.filter(
        keeper_id=actor.capacity_id or NOBODY,
        revoked_at=None,
        lasts_until__gt=machine_now(),
        given_by__subject__isnull=False,
    )


def why(actor: Actor, action: str) -> Reason:
    """Say whether the actor may do the action in its present capacity, and why (not). At most two queries."""
    if actor.capacity is CapacityKind.SYSTEM:
        return Reason(True, msgid("The system itself does this."))
    if actor.capacity is CapacityKind.VISITOR:
        return Reason(False, msgid("Sign in first."))
    if actor.capacity is CapacityKind.AGENT:
        return _why_agent(actor, action)
    if actor.capacity is CapacityKind.APPLICATION:
        return _why_keeper(actor, action)
    if actor.capacity is not CapacityKind.POST:
        return Reason(False, msgid("This can only be done in a post that has the duty for it."))
    seat = seat_of(actor)
    if seat is None:
        return Reason(False, msgid("You no longer hold the post in which you are acting."))
    if seat.grants(action):
        return Reason(True, msgid("A duty of your post, {post}, may do this."), {"post": seat.post_title})
    if action in administrative_actions:
        return Reason(
            False,
            msgid("This is the work of another administrator: the three administrators keep apart what each may do."),
            {"post": seat.post_title},
        )
    return Reason(False, msgid("No duty of your post, {post}, may do this."), {"post": seat.post_title})


def _why_agent(actor: Actor, action: str) -> Reason:
    """In which items is for the engine whose action it is to ask (`mandate_of`)."""
    if action not in mandated_actions:
        return Reason(False, msgid("Nobody does this as an agent. Act as yourself, or in your post."))
    if not holds_mandate(actor):
        return Reason(False, msgid("The mandate under which you were acting has ended."))
    return Reason(True, msgid("The mandate under which you act lets you do this."))


def _why_keeper(actor: Actor, action: str) -> Reason:
    """For which units and posts is for the services to ask (`services.reach`)."""
    side = Keeper.objects.filter(id=actor.capacity_id or NOBODY, closed_at=None).values_list("side", flat=True).first()
    if side is None:
        return Reason(False, msgid("This system is not connected."))
    if action not in SIDE_ACTIONS[Side(side)]:
        return Reason(False, msgid("This system was not given this: accounts, and who holds posts, are kept apart."))
    return Reason(True, msgid("This system is the source of it."))


def decide(actor: Actor, action: str) -> Decision:
    """The permission checker of `acts`: whether a grant allows the action, and the reason. At most two queries.

    What is dangerous is done soon after a proof of who sits there, or not at all. Source: GB/T 22239-2019 8.1.4.1 d).
    """
    reason = why(actor, action)
    if reason.allowed and action in dangerous_actions and _proof_is_old(actor):
        return Decision(False, msgid("What you are about to do gives away rights or takes them."), fault=ProofDue)
    return Decision(reason.allowed, reason.message, reason.params)


def _proof_is_old(actor: Actor) -> bool:
    lasts = configuration().proof_minutes
    return bool(lasts) and actor.proved_at is not None and machine_now() - actor.proved_at > timedelta(minutes=lasts)


def require_proof(actor: Actor) -> None:
    """Raise ProofDue (403) for who sits at a session and proved too long ago who he is: for what a person does that gives away rights."""
    if _proof_is_old(actor):
        raise ProofDue(msgid("What you are about to do gives away rights or takes them."))


def require(actor: Actor, action: str) -> None:
    """Raise NotSignedIn for a visitor, NotAllowed (403) with the reason for anybody else without a grant."""
    reason = why(actor, action)
    if reason.allowed:
        return
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn(reason.message)
    raise refusal(Decision(False, reason.message, reason.params))


def actor_unit(actor: Actor) -> UUID | None:
    """The unit of the post in which the actor acts; None for every other capacity. Two queries."""
    seat = seat_of(actor)
    return None if seat is None else seat.unit_id


def unit_scope(actor: Actor, action: str) -> UnitScope:
    """The units whose rows the actor may act on, as sets, for floors that look rows up in memory. At most three queries."""
    if actor.capacity is CapacityKind.SYSTEM:
        return UnitScope(True, frozenset(), frozenset())
    seat = seat_of(actor)
    duties_by_scope: dict[tuple[Scope, frozenset[UUID]], set[str]] = {}
    for one, reach in [] if seat is None else seat.grants(action):
        past = seat.past(one.id) if seat is not None and reach in WITH_THE_PAST else frozenset()
        duties_by_scope.setdefault((reach, past), set()).add(one.id)
    if seat is None or not duties_by_scope:
        return UnitScope(False, frozenset(), frozenset())
    reaches = sorted(duties_by_scope.items(), key=lambda one: (one[0][0], sorted(one[1])))
    parts = [_scope_of(seat, reach, frozenset(ids), past) for (reach, past), ids in reaches]
    if len(parts) == 1:
        return parts[0]
    everything = any(part.everything for part in parts)
    return UnitScope(
        everything,
        frozenset() if everything else frozenset[UUID]().union(*(part.unit_ids for part in parts)),
        frozenset[str]().union(*(part.duties for part in parts)),
        frozenset[UUID]().union(*(part.post_ids for part in parts)),
        tuple(parts),
    )


WITH_THE_PAST = (Scope.UNIT, Scope.SUBTREE)
"""Who answers for a unit answers for what it took over from others, where that was done."""


def _scope_of(seat: Seat, reach: Scope, granted_by: frozenset[str], past: frozenset[UUID]) -> UnitScope:
    if reach is Scope.CITY:
        return UnitScope(True, frozenset(), granted_by)
    if reach is Scope.SUBTREE:
        below = UnitPath.objects.filter(ancestor_id=seat.unit_id).values_list("descendant_id", flat=True)
        return UnitScope(False, frozenset(below) | past, granted_by)
    if reach is Scope.UNIT:
        return UnitScope(False, past | {seat.unit_id}, granted_by)
    return UnitScope(False, frozenset(), granted_by, frozenset({seat.post_id}))


def in_scope(actor: Actor, action: str, unit_field: str = "unit_id", post_field: str = "") -> Q:
    """The same as one SQL predicate over the closure of the tree, to begin a query with.

    unit_field: the path from the queried table to the unit of a row.  post_field: the path to a post, for grants of the scope
    `own`; without it such a grant shows no row. Two queries for the seat; the closure is part of the caller's query.
    """
    if actor.capacity is CapacityKind.SYSTEM:
        return Q()
    seat = seat_of(actor)
    scopes = set() if seat is None else {scope for _, scope in seat.grants(action)}
    nothing = Q(pk__in=[])
    if seat is None or not scopes:
        return nothing
    if Scope.CITY in scopes:
        return Q()
    rows = nothing
    if Scope.SUBTREE in scopes:
        rows |= Q(**{f"{unit_field}__in": UnitPath.objects.filter(ancestor_id=seat.unit_id).values("descendant_id")})
    elif Scope.UNIT in scopes:
        rows |= Q(**{unit_field: seat.unit_id})
    pasts = (seat.past(one.id) for one, scope in seat.grants(action) if scope in WITH_THE_PAST)
    if past := frozenset[UUID]().union(*pasts):
        rows |= Q(**{f"{unit_field}__in": past})
    if Scope.OWN in scopes and post_field:
        rows |= Q(**{post_field: seat.post_id})
    return rows


AROUND = """
    SELECT ancestor_id, NULL FROM identity_unitpath WHERE descendant_id = %(unit)s
    UNION ALL
    SELECT successor_id, duty FROM identity_succession WHERE predecessor_id = %(unit)s"""
WORKING = "p.closed_on IS NULL AND (d.valid_to IS NULL OR d.valid_to > %(on)s::date)"
# Asked in steps, and for the whole city only where a duty reaches so far: one statement for all would be planned anew each time.
IN_UNITS = f"""
    SELECT p.code, p.id, p.unit_id, d.duty FROM identity_post p JOIN identity_postduty d ON d.post_id = p.id
     WHERE p.unit_id = ANY(%(units)s::uuid[]) AND d.duty = ANY(%(duties)s::text[]) AND {WORKING}"""  # noqa: S608 - of the text above
IN_THE_CITY = f"""
    SELECT p.code, p.id, p.unit_id, d.duty FROM identity_postduty d JOIN identity_post p ON p.id = d.post_id
     WHERE d.duty = ANY(%(duties)s::text[]) AND {WORKING}"""  # noqa: S608 - of the text above


def posts_reaching(action: str, unit_id: UUID | None, *, duty: str = "") -> list[UUID]:
    """The posts that may do the action on rows of this unit, by code: who is to hear of them.  duty: only those of this duty.

    unit_id None: rows of nobody yet; grants for the whole city reach them. Grants of the scope `own` reach no unit as such. Three queries
    at most.
    """
    by_scope: dict[Scope, set[str]] = {scope: set() for scope in Scope}
    for one in duties().values():
        for grant in one.may:
            if grant.action == action and duty in ("", one.id) and may_be_granted(action, one.administrator):
                by_scope[grant.scope].add(one.id)
    near, above, everywhere = by_scope[Scope.UNIT], by_scope[Scope.SUBTREE], by_scope[Scope.CITY]
    found: set[tuple[str, UUID]] = set()
    if unit_id is not None and near | above:
        around = fetch(AROUND, {"unit": unit_id})
        over = {unit for unit, heir_of in around if heir_of is None}
        heirs = {(unit, heir_of) for unit, heir_of in around if heir_of is not None}
        units = [*over, *(unit for unit, _ in heirs)]
        for code, post, unit, has in fetch(IN_UNITS, {"units": units, "duties": sorted(near | above), "on": today()}):
            of_the_unit = unit == unit_id or (has in above and unit in over)
            if of_the_unit or (unit, "") in heirs or (unit, has) in heirs:
                found.add((code, post))
    if everywhere:
        rows = fetch(IN_THE_CITY, {"duties": sorted(everywhere), "on": today()})
        found |= {(code, post) for code, post, *_ in rows}
    return [post for _, post in sorted(found)]
