"""Other systems that keep officers here 来源系统: which they are, what each is the source of, and what it sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from operator import and_, or_
from typing import Any as Anything
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from yiwang.acts.queries import fetch
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.models import Account, Assignment, Post, PostDuty, UnitPath
from yiwang.identity.models.keepers import Keeper, KeeperToken, KeeperUnit, KeptAccount, KeptPost
from yiwang.identity.queries.consents import administrator_of
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.permission import require
from yiwang.identity.queries.shapes import not_over, on_the_day
from yiwang.identity.rules.keepers import version_of
from yiwang.identity.rules.single_sign_on import digest_of
from yiwang.identity.values import AssignmentKind, Establishment
from yiwang.identity.values.keepers import (
    All,
    Any,
    Comparison,
    Condition,
    Holders,
    HoldersPage,
    KeeperLine,
    KeeperPage,
    KeptOfficer,
    KeptOfficers,
    LeadingPosts,
    Member,
    Side,
    TokenLine,
)
from yiwang.kernel.errors import NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now, today
from yiwang.settings import configuration

__all__ = [
    "actor_for_token",
    "administered_posts",
    "holders",
    "keeper_of_account",
    "keeper_of_post",
    "keeper_page",
    "keepers_of_posts",
    "keeping_post",
    "kept_officer",
    "list_holders",
    "list_keepers",
    "list_kept_officers",
    "provisioning_address",
    "reached_posts",
    "reached_units",
]

PREFIX = "/scim/v2"
TEXT_NONE = Value("", output_field=TextField())


def provisioning_address() -> str:
    """Where systems that keep officers write: the address under which the public reaches the city, and the folder."""
    given = configuration()
    return (given.public_address or f"http://localhost:{given.port}") + PREFIX


# ── For administrators ──────────────────────────────────────────────────────────────────────────────────────────────────


def list_keepers(actor: Actor) -> list[KeeperLine]:
    """Every system that keeps officers, by name, those that are closed last. Three queries. Raises NotSignedIn, NotAllowed."""
    require(actor, "keeper.list")
    return [_line(one) for one in _keepers().order_by(F("closed_at").asc(nulls_first=True), "title")]


def keeper_page(actor: Actor, keeper_id: UUID) -> KeeperPage:
    """One of them with its tokens. Seven queries. Raises NotSignedIn, NotAllowed, NotFound."""
    require(actor, "keeper.list")
    found = _keepers().filter(id=keeper_id).first()
    if found is None:
        raise NotFound(msgid("There is no such system."))
    side = Side(found.side)
    now = machine_now()
    tokens = KeeperToken.objects.filter(keeper=found).select_related("given_by").order_by("-given_at")
    return KeeperPage(
        _line(found),
        provisioning_address(),
        Establishment(found.establishment) if found.establishment else None,
        tuple(
            TokenLine(
                one.id,
                one.given_by.login if one.given_by else "",
                one.given_at,
                one.lasts_until,
                one.revoked_at,
                one.used_at,
                one.revoked_at is None and one.lasts_until > now,
            )
            for one in tokens
        ),
        found.accounts.count() if side is Side.ACCOUNTS else reached_posts(found).count(),
        administrator_of(actor) is side.administrator,
    )


def _keepers() -> QuerySet[Keeper]:
    serving = Q(tokens__revoked_at=None, tokens__lasts_until__gt=machine_now())
    kept = Keeper.objects.select_related("unit").prefetch_related("units__unit")
    return kept.annotate(last=Max("tokens__lasts_until", filter=serving), used=Max("tokens__used_at"))


def _line(one: Keeper) -> KeeperLine:
    found = vars(one)
    return KeeperLine(
        one.id,
        one.title,
        one.unit.title,
        Side(one.side),
        LeadingPosts(one.posts),
        tuple(sorted(each.unit.title for each in one.units.all())),
        found["last"],
        found["used"],
        one.closed_at,
    )


def keeper_of_post(actor: Actor, post_id: UUID) -> str:
    """Name of the system that says who holds a post; empty: nobody but the security administrator does. Three queries.

    For everybody who sees the post. Raises NotSignedIn, NotFound.
    """
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    post = Post.objects.filter(id=post_id).first()
    if post is None:
        raise NotFound(msgid("There is no such post."))
    found = keeping_post(post)
    return found.title if found else ""


def keeper_of_account(actor: Actor, account_id: UUID) -> str:
    """Name of the system that keeps an account; empty: none does. Two queries. Raises NotSignedIn, NotAllowed."""
    if account_id != actor.account_id:
        require(actor, "officer.list")
    kept = KeptAccount.objects.filter(account_id=account_id, keeper__closed_at=None)
    return kept.values_list("keeper__title", flat=True).first() or ""


# ── What each is the source of ──────────────────────────────────────────────────────────────────────────────────────────


def administered_posts() -> Q:
    """Posts of the three administrators: no system keeps who holds them."""
    ids = [id for id, one in duties().items() if one.administrator is not None]
    return Q(Exists(PostDuty.objects.filter(post_id=OuterRef("pk"), duty__in=ids)))


def keeping_post(post: Post) -> Keeper | None:
    """The system that says who holds a post. Two queries.

    Where two reach it, because a unit was moved or a post marked since they were connected, it is the nearer one up the tree, then the
    one that was first: there is always one source.
    """
    if Post.objects.filter(administered_posts(), id=post.id).exists():
        return None
    fits = [LeadingPosts.ALL, LeadingPosts.LEADING if post.leading else LeadingPosts.OTHERS]
    above = UnitPath.objects.filter(descendant_id=post.unit_id, ancestor_id=OuterRef("unit_id")).values("depth")
    reach = KeeperUnit.objects.filter(keeper__closed_at=None, keeper__side=Side.HOLDERS, keeper__posts__in=fits)
    near = reach.annotate(depth=Subquery(above[:1])).filter(depth__isnull=False)
    found = near.select_related("keeper").order_by("depth", "keeper__made_at", "keeper_id").first()
    return found.keeper if found else None


def keepers_of_posts(post_ids: Collection[UUID]) -> dict[UUID, str]:
    """Post → name of the system that says who holds it, for those of which one does: `keeping_post` of many. One query, none for no ids."""
    if not post_ids:
        return {}
    administering = [id for id, one in duties().items() if one.administrator is not None]
    return dict(fetch(_KEEPING, {"posts": list(post_ids), "administering": administering}))


_KEEPING = """
    SELECT DISTINCT ON (p.id) p.id, k.title
      FROM identity_post p
      JOIN identity_unitpath above ON above.descendant_id = p.unit_id
      JOIN identity_keeperunit reached ON reached.unit_id = above.ancestor_id
      JOIN identity_keeper k ON k.id = reached.keeper_id AND k.closed_at IS NULL AND k.side = 'holders'
       AND (k.posts = 'all' OR (k.posts = 'leading') = p.leading)
     WHERE p.id = ANY(%(posts)s::uuid[])
       AND NOT EXISTS (SELECT 1 FROM identity_postduty d WHERE d.post_id = p.id AND d.duty = ANY(%(administering)s::text[]))
     ORDER BY p.id, above.depth, k.made_at, k.id"""


def reached_units(keeper: Keeper) -> QuerySet[UnitPath, Anything]:
    """The units of a keeper and all below them: for a subquery over units."""
    return UnitPath.objects.filter(ancestor__in=keeper.units.values("unit_id")).values("descendant_id")


def reached_posts(keeper: Keeper) -> QuerySet[Post]:
    """The open posts of which a keeper may be the source; which of them another one has, `keeping_post` says."""
    posts = Post.objects.filter(~administered_posts(), unit__in=reached_units(keeper), closed_on=None)
    if keeper.posts != LeadingPosts.ALL:
        posts = posts.filter(leading=keeper.posts == LeadingPosts.LEADING)
    return posts


# ── What a keeper sees ──────────────────────────────────────────────────────────────────────────────────────────────────


def actor_for_token(token: str, *, correlation_id: str = "") -> tuple[Actor, UUID, bool] | None:
    """Who brings a token: the keeper as an actor, the token's id, and whether it serves; None for one that nobody was given. One query."""
    row = KeeperToken.objects.select_related("keeper").filter(digest=digest_of(token)).first()
    if row is None:
        return None
    keeper = row.keeper
    serves = row.revoked_at is None and row.lasts_until > machine_now() and keeper.closed_at is None
    actor = Actor(
        None,
        CapacityKind.APPLICATION,
        keeper.id,
        correlation_id=correlation_id,
        origin=keeper.origin,
        name=keeper.title,
    )
    return actor, row.id, serves


def _asking(actor: Actor) -> Keeper:
    require(actor, "keeper.read")
    return Keeper.objects.get(id=actor.capacity_id or NOBODY)


def _seats(keeper: Keeper) -> QuerySet[Assignment]:
    """Regular seats of today in the units of a keeper, those of administrators left out."""
    posts = Post.objects.filter(~administered_posts(), unit__in=reached_units(keeper))
    return Assignment.objects.filter(on_the_day(today()), kind=AssignmentKind.REGULAR, post__in=posts)


def seen_accounts(keeper: Keeper) -> QuerySet[Account]:
    """The accounts that a keeper sees: those that it keeps, and of officers who hold or will hold a post in its units.

    A keeper of holders also sees those that are kept under its units, for they are whom it may seat.
    """
    there = Assignment.objects.filter(not_over(today()), account=OuterRef("pk"), post__unit__in=reached_units(keeper))
    seen = Q(kept__keeper=keeper) | Q(Exists(there), is_active=True)
    if keeper.side == Side.HOLDERS:
        seen |= Q(kept__unit__in=reached_units(keeper), kept__keeper__closed_at=None, is_active=True)
    return Account.objects.filter(seen)


def list_kept_officers(actor: Actor, condition: Condition | None, start: int, count: int) -> KeptOfficers:
    """A page of the accounts that a keeper sees, from the `start`-th (from 0), in the order in which they were opened. Five queries."""
    keeper = _asking(actor)
    rows = _officer_rows(keeper)
    if condition is not None:
        rows = rows.filter(_as_q(condition, OFFICER_FIELDS))
    return KeptOfficers(_officers(keeper, rows.order_by("id")[start : start + count]), rows.count())


def kept_officer(actor: Actor, account_id: UUID) -> KeptOfficer:
    """One of them. Four queries. Raises NotFound for one whom it does not see."""
    return officer_seen(_asking(actor), account_id)


def officer_seen(keeper: Keeper, account_id: UUID) -> KeptOfficer:
    """The same for whoever knows the keeper. Raises NotFound."""
    for one in _officers(keeper, _officer_rows(keeper).filter(id=account_id)):
        return one
    raise NotFound(msgid("There is no such account."))


def _officer_rows(keeper: Keeper) -> QuerySet[Account]:
    own = KeptAccount.objects.filter(account=OuterRef("pk"), keeper=keeper)
    return seen_accounts(keeper).annotate(
        external=Coalesce(Subquery(own.values("external_id")[:1]), TEXT_NONE),
        number=Coalesce(Subquery(own.values("employee_number")[:1]), TEXT_NONE),
        under=Coalesce(Subquery(own.values("unit__code")[:1]), TEXT_NONE),
        serving=Coalesce(Subquery(own.values("in_service")[:1]), F("is_active")),
    )


def _officers(keeper: Keeper, rows: QuerySet[Account]) -> tuple[KeptOfficer, ...]:
    found = list(rows.select_related("kept__keeper", "kept__unit"))
    held: dict[UUID, list[tuple[UUID, str]]] = {}
    seats = _seats(keeper).filter(account__in=[one.id for one in found]).order_by("post__code")
    for account_id, post_id, title in seats.values_list("account_id", "post_id", "post__title"):
        held.setdefault(account_id, []).append((post_id, title))
    return tuple(_officer(keeper, one, tuple(held.get(one.id, ()))) for one in found)


def _officer(keeper: Keeper, one: Account, posts: tuple[tuple[UUID, str], ...]) -> KeptOfficer:
    kept: KeptAccount | None = getattr(one, "kept", None)
    standing = kept if kept is not None and kept.keeper.closed_at is None else None
    mine = standing is not None and standing.keeper_id == keeper.id
    active = one.is_active and (standing is None or standing.in_service)
    unit = standing.unit if standing is not None else None
    shown = (
        *(str(one.id), one.login, active, standing.external_id if standing and mine else ""),
        *(standing.employee_number if standing and mine else "", unit.code if unit else ""),
    )
    return KeptOfficer(
        id=one.id,
        login=one.login,
        active=active,
        external_id=standing.external_id if standing and mine else "",
        employee_number=standing.employee_number if standing and mine else "",
        unit=unit.code if unit else "",
        unit_title=unit.title if unit else "",
        posts=posts,
        keeper=standing.keeper.title if standing else "",
        mine=mine,
        opened_at=one.opened_at,
        changed_at=standing.changed_at if standing else one.opened_at,
        version=version_of([*shown, [str(id) for id, _ in posts]]),
    )


def list_holders(actor: Actor, condition: Condition | None, start: int, count: int) -> HoldersPage:
    """A page of the posts in the units of a keeper, from the `start`-th (from 0), by code, and who holds each. Five queries."""
    keeper = _asking(actor)
    rows = _post_rows(keeper)
    if condition is not None:
        rows = rows.filter(_as_q(condition, POST_FIELDS))
    return HoldersPage(_holders(keeper, rows.order_by("code")[start : start + count]), rows.count())


def holders(actor: Actor, post_id: UUID) -> Holders:
    """One of them. Four queries. Raises NotFound for one that it does not see."""
    return post_seen(_asking(actor), post_id)


def post_seen(keeper: Keeper, post_id: UUID) -> Holders:
    """The same for whoever knows the keeper. Raises NotFound."""
    for one in _holders(keeper, _post_rows(keeper).filter(id=post_id)):
        return one
    raise NotFound(msgid("There is no such post."))


def _post_rows(keeper: Keeper) -> QuerySet[Post]:
    own = KeptPost.objects.filter(post=OuterRef("pk"), keeper=keeper)
    return reached_posts(keeper).annotate(external=Coalesce(Subquery(own.values("external_id")[:1]), TEXT_NONE))


def _holders(keeper: Keeper, rows: QuerySet[Post]) -> tuple[Holders, ...]:
    found = list(rows.select_related("unit"))
    held: dict[UUID, list[Member]] = {}
    seats = Assignment.objects.filter(on_the_day(today()), kind=AssignmentKind.REGULAR, post__in=found)
    for post_id, account_id, login in seats.order_by("account_id").values_list(
        "post_id", "account_id", "account__login"
    ):
        held.setdefault(post_id, []).append(Member(account_id, login))
    return tuple(_one_post(one, tuple(held.get(one.id, ()))) for one in found)


def _one_post(one: Post, members: tuple[Member, ...]) -> Holders:
    external = str(vars(one)["external"])
    shown = [one.title, one.unit.code, one.leading, external, [str(member.account_id) for member in members]]
    return Holders(
        one.id,
        one.code,
        one.title,
        one.unit.code,
        one.unit.title,
        one.leading,
        external,
        members,
        version_of(shown),
    )


# ── What is asked for, as SQL ───────────────────────────────────────────────────────────────────────────────────────────

OFFICER_FIELDS: Mapping[str, str] = {
    "id": "id",
    "login": "login",
    "external_id": "external",
    "employee_number": "number",
    "unit": "under",
    "active": "serving",
}
POST_FIELDS: Mapping[str, str] = {
    "id": "id",
    "code": "code",
    "title": "title",
    "unit": "unit__code",
    "leading": "leading",
    "external_id": "external",
    "member": "member",
}
EXACT = {"id", "external", "member"}


def _as_q(condition: Condition, fields: Mapping[str, str]) -> Q:
    if isinstance(condition, All):
        return reduce(and_, (_as_q(one, fields) for one in condition.parts), Q())
    if isinstance(condition, Any):
        return reduce(or_, (_as_q(one, fields) for one in condition.parts))
    if isinstance(condition, Comparison):
        return _comparison(condition, fields[condition.field])
    return ~_as_q(condition.part, fields)


def _comparison(one: Comparison, column: str) -> Q:
    if isinstance(one.value, bool):
        return Q(**{column: one.value})
    if column == "member":
        held = Assignment.objects.filter(on_the_day(today()), post=OuterRef("pk"), kind=AssignmentKind.REGULAR)
        return Q(Exists(held if one.how == "there" else held.filter(account=_id(one.value))))
    if one.how == "there":
        return Q() if column in ("id", "serving", "leading") else ~Q(**{column: ""})
    if column == "id":
        return Q(id=_id(one.value))
    exact = column in EXACT
    how = {
        "is": "exact" if exact else "iexact",
        "holds": "contains" if exact else "icontains",
        "begins": "startswith" if exact else "istartswith",
        "ends": "endswith" if exact else "iendswith",
    }[one.how]
    return Q(**{f"{column}__{how}": one.value})


NOBODY = UUID(int=0)


def _id(text: str) -> UUID:
    """An id as it was written; what is none is nobody's."""
    try:
        return UUID(text)
    except ValueError:
        return NOBODY
