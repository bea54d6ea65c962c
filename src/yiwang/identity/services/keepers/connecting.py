"""Which systems keep officers here, and by which tokens they write: the work of the administrator whose work they do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import KEEPER_CLOSED, KEEPER_CONNECTED, KEEPER_TOKEN_GIVEN, KEEPER_TOKEN_REVOKED
from yiwang.identity.models import Unit, UnitPath
from yiwang.identity.models.keepers import Keeper, KeeperToken, KeeperUnit
from yiwang.identity.queries import administrator_of
from yiwang.identity.rules.keepers import TOKEN_DAYS, keeper_faults, overlapping
from yiwang.identity.rules.single_sign_on import digest_of, new_secret
from yiwang.identity.services.consents import require_consent
from yiwang.identity.services.tree import lock_tree
from yiwang.identity.values import Administrator
from yiwang.identity.values.keepers import KeeperOverlap, LeadingPosts, NewKeeper, Side
from yiwang.identity.values.keepers import KeeperToken as Given
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import machine_now

__all__ = [
    "close_keeper",
    "connect_keeper",
    "give_keeper_token",
    "mark_used",
    "refuse_dead_token",
    "revoke_keeper_token",
]

USED_TO_THE = timedelta(minutes=1)


@service("keeper.connect")
def connect_keeper(actor: Actor, given: NewKeeper) -> UUID:
    """Make another system the source of accounts, or of who holds posts, in units and all below them; return its id.

    It has no token yet and can do nothing. Accounts are the system administrator's side, holders the security administrator's, who
    needs the other's consent to it.
    Raises NotAllowed (the other's side), Invalid (422) with everything wrong, KeeperOverlap (409) naming who keeps the same already;
    ConsentDue at last.
    """
    _require_side(actor, given.side)
    lock_tree()
    named = replace(given, title=given.title.strip(), unit=given.unit.strip())
    codes = {code: at for at, code in reversed(list(enumerate(named.units)))}
    found = {one.code: one for one in Unit.objects.filter(code__in=[named.unit, *codes], closed_on=None)}
    faults = keeper_faults(named)
    unknown = msgid("There is no unit with the code {code}.")
    if named.unit not in found:
        faults.append(FieldFault("unit", "unknown-unit", unknown, {"code": named.unit}))
    faults += [FieldFault("units", "unknown-unit", unknown, {"code": code}) for code in codes if code not in found]
    if Keeper.objects.filter(title=named.title).exists():
        faults.append(FieldFault("title", "taken", msgid("Another system has this name.")))
    if faults:
        raise Invalid(faults=faults)
    units = [found[code] for code in codes]
    _refuse_overlap(named, units)
    if named.side is Side.HOLDERS:
        require_consent(actor, Administrator.SYSTEM, given=given)
    made = Keeper.objects.create(
        title=named.title,
        unit=found[named.unit],
        side=named.side,
        posts=named.posts,
        establishment=named.establishment or "",
        connected_by_id=actor.account_id,
        origin=actor.origin,
    )
    KeeperUnit.objects.bulk_create(KeeperUnit(keeper=made, unit=unit) for unit in units)
    said = {"side": named.side, "unit_ids": [str(one.id) for one in units], "posts": named.posts}
    act = current_act()
    act.about("keeper", made.id)
    act.note(**said, establishment=made.establishment)
    act.emit(KEEPER_CONNECTED, subject=made.id, data=said)
    return made.id


@service("keeper.give-token")
def give_keeper_token(actor: Actor, keeper_id: UUID, days: int) -> Given:
    """Give a keeper a token that serves so many days of machine time; it is in the answer and nowhere else.

    Those that it has serve on, so that it can change over; whoever saw one is taken for the hand behind the system from now on: it
    seats and closes nobody to whom a token was told. Raises NotFound, NotAllowed (the other's side), Invalid (422).
    """
    keeper = _open(keeper_id)
    _require_side(actor, Side(keeper.side))
    if not 1 <= days <= TOKEN_DAYS:
        message = msgid("A whole number from {least} to {most}.")
        raise Invalid(faults=[FieldFault("days", "out-of-range", message, {"least": 1, "most": TOKEN_DAYS})])
    token, until = new_secret(), machine_now() + timedelta(days=days)
    row = KeeperToken.objects.create(
        keeper=keeper, digest=digest_of(token), given_by_id=actor.account_id, lasts_until=until
    )
    act = current_act()
    act.about("keeper", keeper.id)
    act.note(token=str(row.id), until=until.isoformat())
    act.emit(KEEPER_TOKEN_GIVEN, subject=keeper.id, data={"token_id": row.id, "until": until.isoformat()})
    return Given(row.id, token, until)


@service("keeper.revoke-token")
def revoke_keeper_token(actor: Actor, keeper_id: UUID, token_id: UUID) -> None:
    """Take a token back: it serves no more from this moment. Raises NotFound, NotAllowed (the other's side)."""
    keeper = _open(keeper_id)
    _require_side(actor, Side(keeper.side))
    row = KeeperToken.objects.select_for_update().filter(id=token_id, keeper=keeper, revoked_at=None).first()
    if row is None:
        raise NotFound(msgid("There is no such token."))
    row.revoked_at = machine_now()
    row.save(update_fields=["revoked_at"])
    act = current_act()
    act.about("keeper", keeper.id)
    act.note(token=str(row.id))
    act.emit(KEEPER_TOKEN_REVOKED, subject=keeper.id, data={"token_id": row.id})


@service("keeper.close")
def close_keeper(actor: Actor, keeper_id: UUID) -> None:
    """Let a system keep officers no more. What it said stands, and is changed here by hand again. Raises NotFound, NotAllowed."""
    keeper = _open(keeper_id)
    _require_side(actor, Side(keeper.side))
    act = current_act()
    keeper.closed_at = act.time
    keeper.save(update_fields=["closed_at"])
    keeper.tokens.filter(revoked_at=None).update(revoked_at=machine_now())
    act.about("keeper", keeper.id)
    act.emit(KEEPER_CLOSED, subject=keeper.id)


@service("keeper.enter", open_to=[CapacityKind.APPLICATION])
def refuse_dead_token(actor: Actor, token_id: UUID) -> None:
    """Refuse who brings a token that is over or was taken back, and write that down. Raises NotAllowed."""
    act = current_act()
    act.about("keeper", str(actor.capacity_id))
    act.note(token=str(token_id))
    act.require(False, msgid("This token serves no more."))


def mark_used(token_id: UUID) -> None:
    """Remember that a token served, to the minute."""
    at = machine_now()
    rows = KeeperToken.objects.filter(id=token_id)
    rows.exclude(used_at__gt=at - USED_TO_THE).update(used_at=at)


def _require_side(actor: Actor, side: Side) -> None:
    """Accounts are for the system administrator, holders for the security administrator. The system itself (samples) is both."""
    if actor.capacity is CapacityKind.SYSTEM:
        return
    current_act().require(
        administrator_of(actor) is side.administrator,
        msgid("This is the work of another administrator: the three administrators keep apart what each may do."),
    )


def _refuse_overlap(given: NewKeeper, units: Collection[Unit]) -> None:
    """A fact has one source: no other open keeper of this side reaches any of these units, or one below or above, for the same posts."""
    near = UnitPath.objects.filter(ancestor__in=units).values("descendant_id")
    above = UnitPath.objects.filter(descendant__in=units).values("ancestor_id")
    rows = KeeperUnit.objects.filter(keeper__closed_at=None, keeper__side=given.side).select_related("keeper", "unit")
    message = msgid("{keeper} is the source for {unit}.")
    faults = [
        FieldFault("units", "kept-already", message, {"keeper": one.keeper.title, "unit": one.unit.title})
        for one in (rows.filter(unit__in=near) | rows.filter(unit__in=above)).order_by("keeper__title", "unit__code")
        if overlapping(given.posts, LeadingPosts(one.keeper.posts))
    ]
    if faults:
        raise KeeperOverlap(faults=faults)


def _open(keeper_id: UUID) -> Keeper:
    found = Keeper.objects.select_for_update().filter(id=keeper_id, closed_at=None).first()
    if found is None:
        raise NotFound(msgid("There is no such system."))
    return found
