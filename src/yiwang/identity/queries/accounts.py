"""Accounts, and the capacities in which they act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.models import Account, Assignment, Post
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.mandates import in_force as mandate_in_force
from yiwang.identity.queries.mandates import mandates_in_force, titles_of_principals
from yiwang.identity.queries.permission import seat_of
from yiwang.identity.queries.shapes import account_view, in_force, not_over, post_views
from yiwang.identity.rules.credentials import SHORTEST_OF_ADMINISTRATORS, SHORTEST_PASSWORD
from yiwang.identity.values import (
    AccountView,
    Administrator,
    CapacityView,
    OwnAccount,
    PostView,
)
from yiwang.kernel.errors import NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now, today
from yiwang.settings import configuration

__all__ = [
    "actor_for_mandate",
    "actor_for_post",
    "actor_for_self",
    "administers",
    "capacities_of",
    "own_account",
    "password_is_due",
    "posts_of",
    "system_account",
    "system_account_of_subject",
    "system_accounts_in_posts",
    "system_administrators_present",
]

PASSWORD_DAYS = 90
"""What 等保 practice asks where the city sets nothing."""


def system_account(account_id: UUID) -> AccountView:
    """One account. Raises NotFound. One query."""
    account = Account.objects.filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    return account_view(account)


def system_account_of_subject(subject_id: UUID) -> AccountView | None:
    """The account of a natural person, or None. One query."""
    account = Account.objects.filter(subject_id=subject_id).first()
    return None if account is None else account_view(account)


def system_accounts_in_posts(post_ids: Iterable[UUID], on: date | None = None) -> dict[UUID, list[UUID]]:
    """Post → accounts that sit in it on the civil date `on` (default today). One query."""
    seats = Assignment.objects.filter(in_force(on or today()), post_id__in=list(post_ids), account__is_active=True)
    holders: dict[UUID, list[UUID]] = {}
    for post_id, account_id in seats.order_by("assigned_at").values_list("post_id", "account_id"):
        holders.setdefault(post_id, []).append(account_id)
    return holders


def system_administrators_present(on: date | None = None) -> set[Administrator]:
    """Which of the three administrators somebody is on the civil date `on` (default today). Two queries."""
    whose = {id: one.administrator for id, one in duties().items() if one.administrator is not None}
    held = Assignment.objects.filter(in_force(on or today()), account__is_active=True, post__duties__duty__in=whose)
    return {whose[id] for id in held.values_list("post__duties__duty", flat=True) if id in whose}


def administers(account_id: UUID) -> bool:
    """Whether the account holds an administrator's post, today or later. Two queries."""
    ids = [id for id, one in duties().items() if one.administrator is not None]
    return Assignment.objects.filter(not_over(today()), account_id=account_id, post__duties__duty__in=ids).exists()


def password_is_due(account_id: UUID) -> bool:
    """Whether an officer's password is older than the city lets it become (`YIWANG_PASSWORD_DAYS`). Two queries at most."""
    given = configuration()
    days = given.password_days if given.password_days is not None else 0 if given.demo else PASSWORD_DAYS
    changed = Account.objects.values_list("password_changed_at", flat=True).get(id=account_id)
    is_old = days > 0 and machine_now() >= changed + timedelta(days=days)
    return is_old and Assignment.objects.filter(not_over(today()), account_id=account_id).exists()


def own_account(actor: Actor) -> OwnAccount:
    """What one sees of one's own account. Raises NotSignedIn. Four queries."""
    account = Account.objects.filter(id=actor.account_id).first() if actor.account_id else None
    if account is None:
        raise NotSignedIn(msgid("Sign in first."))
    least = SHORTEST_OF_ADMINISTRATORS if administers(account.id) else SHORTEST_PASSWORD
    return OwnAccount(
        account_view(account), account.start_password_until is not None, least, tuple(posts_of(account.id))
    )


def actor_for_self(
    account: Account | AccountView, *, correlation_id: str = "", proved_at: datetime | None = None
) -> Actor:
    """The actor when a person acts as himself. Raises NotSignedIn when the account is closed, NotAllowed without a person.

    proved_at: as for a post.
    """
    if not account.is_active:
        raise NotSignedIn(msgid("This account is closed."))
    if account.subject_id is None:
        raise NotAllowed(msgid("This account belongs to no person; it acts in its posts only."))
    return Actor(
        account_id=account.id,
        capacity=CapacityKind.SELF,
        capacity_id=account.subject_id,
        subject_id=account.subject_id,
        correlation_id=correlation_id,
        origin=account.origin,
        proved_at=proved_at,
    )


def actor_for_mandate(
    account: Account | AccountView, mandate_id: UUID, on: date | None = None, *, correlation_id: str = ""
) -> Actor:
    """The actor when an account acts for another under a mandate that it holds on the civil date `on` (default today).

    Raises NotSignedIn when the account is closed, NotAllowed (403) when the mandate does not stand on that day. One query.
    """
    if not account.is_active:
        raise NotSignedIn(msgid("This account is closed."))
    found = mandate_in_force(mandate_id, account.id, on)
    if found is None:
        raise NotAllowed(msgid("You hold no such mandate today."))
    return Actor(
        account_id=account.id,
        capacity=CapacityKind.AGENT,
        capacity_id=found.subject_id,
        subject_id=account.subject_id,
        correlation_id=correlation_id,
        origin=account.origin,
        mandate_id=found.id,
    )


def actor_for_post(
    account: Account | AccountView,
    post_id: UUID,
    on: date | None = None,
    *,
    correlation_id: str = "",
    proved_at: datetime | None = None,
) -> Actor:
    """The actor when an account acts in a post that it holds on the civil date `on` (default today).

    proved_at: machine time at which whoever sits there last proved who he is; None where no session stands behind it.

    Raises NotSignedIn when the account is closed, NotAllowed (403) when it does not hold the post on that day. One query.
    """
    if not account.is_active:
        raise NotSignedIn(msgid("This account is closed."))
    actor = Actor(
        account_id=account.id,
        capacity=CapacityKind.POST,
        capacity_id=post_id,
        subject_id=account.subject_id,
        correlation_id=correlation_id,
        origin=account.origin,
        proved_at=proved_at,
    )
    seat = seat_of(actor, on)
    if seat is None:
        raise NotAllowed(msgid("You do not hold this post today."))
    return actor if seat.stands_in is None else replace(actor, instead_of=seat.stands_in.account_id)


def posts_of(account_id: UUID, on: date | None = None) -> list[PostView]:
    """The posts that an account holds on the civil date `on` (default today), by code. One query."""
    held = Assignment.objects.filter(in_force(on or today()), account_id=account_id, account__is_active=True)
    return post_views(Post.objects.filter(id__in=held.values("post_id")))


def capacities_of(account_id: UUID, on: date | None = None) -> list[CapacityView]:
    """Every capacity in which the account may act: as the person himself first, then for others, then its posts. Four queries at most."""
    account = system_account(account_id)
    own = [CapacityView(CapacityKind.SELF, account.subject_id)] if account.is_active and account.subject_id else []
    held = mandates_in_force(account_id, on) if own else []
    titles = titles_of_principals({one.subject_id for one in held})
    return [
        *own,
        *(
            CapacityView(CapacityKind.AGENT, one.subject_id, mandate_id=one.id, title=titles.get(one.subject_id, ""))
            for one in held
        ),
        *(CapacityView(CapacityKind.POST, post.id, post) for post in posts_of(account_id, on)),
    ]
