"""Other systems to which officers' accounts are supplied: which they are, and what each is to hear of whom."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Count, F, Q, QuerySet, When
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor
from yiwang.identity.models import Account, Assignment, UnitPath
from yiwang.identity.models.receivers import Receiver, Supply
from yiwang.identity.queries.permission import require
from yiwang.identity.queries.shapes import in_force
from yiwang.identity.registry import claims_of_officers
from yiwang.identity.values.receivers import ReceiverLine, ReceiverPage, SupplyLine, SupplyState
from yiwang.kernel.canonical import digest
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import today

__all__ = [
    "digest_of_told",
    "list_receivers",
    "open_token",
    "receiver_page",
    "seal_token",
    "seats_at",
    "what_is_told",
]

SHOWN = 200
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def list_receivers(actor: Actor) -> list[ReceiverLine]:
    """Every receiver by name, those that are closed last. Three queries. Raises NotSignedIn, NotAllowed."""
    require(actor, "receiver.list")
    rows = _receivers().order_by(F("closed_at").asc(nulls_first=True), "title")
    counts = _counts(Supply.objects.all())
    return [_line(one, counts.get(one.id, {})) for one in rows]


def receiver_page(actor: Actor, receiver_id: UUID) -> ReceiverPage:
    """One of them. Five queries. Raises NotSignedIn, NotAllowed, NotFound."""
    require(actor, "receiver.list")
    found = _receivers().filter(id=receiver_id).first()
    if found is None:
        raise NotFound(msgid("There is no such system."))
    supplies = Supply.objects.filter(receiver=found)
    first = Case(When(state="failed", then=0), When(state__in=["due", "sending"], then=1), default=2)
    rows = supplies.select_related("account").order_by(first, F("done_at").desc(nulls_last=True), "account__login")
    return ReceiverPage(
        _line(found, _counts(supplies).get(found.id, {})),
        found.address,
        tuple(
            SupplyLine(
                one.account_id,
                one.account.login,
                SupplyState(one.state),
                one.active,
                one.attempts,
                one.due_at,
                one.done_at,
                one.fault,
            )
            for one in rows[:SHOWN]
        ),
    )


def _receivers() -> QuerySet[Receiver]:
    active = Count("supplies", filter=Q(supplies__active=True), distinct=True)
    return Receiver.objects.select_related("unit").prefetch_related("units__unit").annotate(actives=active)


def _counts(supplies: QuerySet[Supply]) -> dict[UUID, dict[str, int]]:
    found: dict[UUID, dict[str, int]] = {}
    for receiver_id, state, number in supplies.values_list("receiver_id", "state").annotate(number=Count("id")):
        found.setdefault(receiver_id, {})[state] = number
    return found


def _line(one: Receiver, counts: Mapping[str, int]) -> ReceiverLine:
    titles = tuple(sorted(each.unit.title for each in one.units.all()))
    return ReceiverLine(one.id, one.title, one.unit.title, titles, counts, vars(one)["actives"], one.closed_at)


# ── What is told ────────────────────────────────────────────────────────────────────────────────────────────────────────


def seats_at(receiver: Receiver, accounts: Collection[UUID] | None = None) -> QuerySet[Assignment]:
    """The seats of today by which officers have an account at a receiver.  accounts: None for all of them."""
    units = UnitPath.objects.filter(ancestor__in=receiver.units.values("unit_id")).values("descendant_id")
    seats = Assignment.objects.filter(in_force(today()), account__is_active=True, post__unit__in=units)
    return seats if accounts is None else seats.filter(account__in=accounts)


def what_is_told(receiver: Receiver, accounts: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What a receiver is to hear of each of these accounts, as a SCIM user: log-in, name, posts, and whether it is active.

    Active is who holds a post in its units today. `externalId` is the id of the account, by which it is found again. Two queries, and
    what engines ask to name each officer.
    """
    held: dict[UUID, list[tuple[str, str]]] = {}
    seats = seats_at(receiver, accounts).order_by("post__code")
    for account_id, post, unit in seats.values_list("account_id", "post__title", "post__unit__title"):
        held.setdefault(account_id, []).append((post, unit))
    return {
        one.id: _user(one, held.get(one.id, [])) for one in Account.objects.filter(id__in=list(accounts)).order_by("id")
    }


def _user(account: Account, held: list[tuple[str, str]]) -> dict[str, Any]:
    told: dict[str, Any] = {"externalId": str(account.id), "userName": account.login, "active": bool(held)}
    if not held:
        return told
    for claims in claims_of_officers():
        if name := claims(account.subject_id).get("name"):
            told["displayName"] = name
    told["title"] = "、".join(dict.fromkeys(post for post, _unit in held))
    told[ENTERPRISE] = {"department": "、".join(dict.fromkeys(unit for _post, unit in held))}
    return told


def digest_of_told(told: Mapping[str, Any]) -> bytes:
    """By which it is seen whether a receiver has heard this already."""
    return digest(dict(told))


def seal_token(receiver_id: UUID, token: str) -> bytes:
    """A receiver's token as it is stored: it opens in its own row alone."""
    return INTL.seal(_key(), token.encode(), about=receiver_id.bytes)


def open_token(receiver: Receiver) -> str:
    """The token. Raises NotSealed when row or key are not those with which it was stored."""
    return INTL.open(_key(), bytes(receiver.token), about=receiver.id.bytes).decode()


def _key() -> bytes:
    return hashlib.sha256(b"yiwang tokens of receivers\0" + force_bytes(settings.SECRET_KEY)).digest()
