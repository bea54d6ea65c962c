"""Units, posts, and who sits in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from psycopg.sql import SQL, Composable

from yiwang.acts.queries import Prepared
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.models import Account, Assignment, Post, Unit, UnitPath
from yiwang.identity.queries.declared import duties, duty
from yiwang.identity.queries.permission import require, seat_of, why
from yiwang.identity.queries.reviews import persons_in_review
from yiwang.identity.queries.second_factor import has_second_factor
from yiwang.identity.queries.shapes import account_view, away, in_force, post_views, unit_view
from yiwang.identity.rules.credentials import canonical_login
from yiwang.identity.rules.seats import excluded_pair
from yiwang.identity.values import (
    AccountView,
    AssignmentKind,
    AssignmentView,
    DutyPage,
    EndReason,
    Establishment,
    HolderView,
    OfficerPage,
    OfficerView,
    PostLine,
    PostPage,
    PostView,
    UnitChangeView,
    UnitLine,
    UnitNode,
    UnitPage,
    UnitsFound,
    UnitView,
)
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.remembering import remembered
from yiwang.kernel.time import today

__all__ = [
    "account_by_login",
    "assignment_views",
    "browse_units",
    "duty_page",
    "held_posts",
    "holder_views",
    "list_logins",
    "list_officers",
    "list_posts",
    "list_units",
    "officer",
    "post_page",
    "post_titles",
    "posts_with_duty",
    "require_a_post",
    "system_unit",
    "system_unit_by_code",
    "unit_codes_above",
    "unit_id_of",
    "unit_page",
    "unit_title_of",
    "unit_titles",
    "unit_tree",
]


_UNIT = Prepared(lambda id: Unit.objects.filter(id=id), UUID)


def system_unit(unit_id: UUID) -> UnitView:
    """One unit. Raises NotFound. One query."""
    unit = _UNIT.first(unit_id)
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    return unit_view(unit)


def system_unit_by_code(code: str) -> UnitView | None:
    """The unit with this code, or None. One query."""
    unit = Unit.objects.filter(code=code).first()
    return None if unit is None else unit_view(unit)


def unit_id_of(actor: Actor, code: str) -> UUID | None:
    """The id of the unit with this code, for who reads the organisation; None: there is none. Two queries. Raises NotAllowed."""
    require_a_post(actor)
    return Unit.objects.filter(code=code).values_list("id", flat=True).first()


def list_units(actor: Actor) -> list[UnitView]:
    """All units by code. The organisation is no secret within the government: every post may read it. Two queries."""
    require_a_post(actor)
    return [unit_view(unit) for unit in Unit.objects.order_by("code")]


def unit_tree(actor: Actor, root_id: UUID | None = None) -> list[UnitNode]:
    """The tree below `root_id` (default: the whole), each unit before its children, siblings by code. Two queries.

    Raises NotFound for an unknown root.
    """
    require_a_post(actor)
    units = Unit.objects.order_by("code")
    if root_id is not None:
        units = units.filter(paths__ancestor_id=root_id)
    views = [unit_view(unit) for unit in units]
    if root_id is not None and not views:
        raise NotFound(msgid("There is no such unit."))
    shown = {view.id for view in views}
    below: dict[UUID | None, list[UnitView]] = {}
    for view in views:
        below.setdefault(view.parent_id if view.parent_id in shown else None, []).append(view)
    nodes: list[UnitNode] = []
    waiting = [UnitNode(view, 0) for view in reversed(below.get(None, []))]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting.extend(UnitNode(child, node.depth + 1) for child in reversed(below.get(node.unit.id, [])))
    return nodes


def browse_units(actor: Actor, unit_id: UUID | None = None, text: str = "", level: str = "") -> UnitsFound:
    """The units directly below `unit_id` (default: the top, or what stands below the only one there), by code; or those called
    `text` (a part of the title, or the whole code) or of `level`, wherever they stand, closed ones included.

    At most 200 rows. Four queries. Raises NotFound for an unknown unit.
    """
    require_a_post(actor)
    rows = Unit.objects.annotate(below=Subquery(_BELOW), seats=Subquery(_SEATS)).order_by("code")
    text = text.strip()
    if text or level:
        if text:
            rows = rows.filter(Q(title__contains=text) | Q(short_title__contains=text) | Q(code=text))
        if level:
            rows = rows.filter(level=level)
        found = list(rows[: MOST_UNITS + 1])
        return UnitsFound((), _unit_lines(found[:MOST_UNITS]), len(found) > MOST_UNITS)
    rows = rows.filter(closed_on__isnull=True)
    if unit_id is None:
        tops = list(rows.filter(parent=None)[:2])
        if len(tops) != 1:
            return UnitsFound((), _unit_lines(list(rows.filter(parent=None)[:MOST_UNITS])))
        unit_id = tops[0].id
    above = _above(unit_id)
    if not above:
        raise NotFound(msgid("There is no such unit."))
    found = list(rows.filter(parent_id=unit_id)[: MOST_UNITS + 1])
    return UnitsFound(above, _unit_lines(found[:MOST_UNITS]), len(found) > MOST_UNITS)


MOST_UNITS = 200
_BELOW = (
    UnitPath.objects.filter(ancestor_id=OuterRef("id"), depth__gt=0, descendant__closed_on__isnull=True)
    .order_by()
    .values("ancestor_id")
    .annotate(of=Count("id"))
    .values("of")
)
_SEATS = (
    Post.objects.filter(unit_id=OuterRef("id"), closed_on__isnull=True)
    .order_by()
    .values("unit_id")
    .annotate(of=Count("id"))
    .values("of")
)


def _above(unit_id: UUID) -> tuple[UnitView, ...]:
    """From the top down to the unit itself. One query."""
    found = UnitPath.objects.filter(descendant_id=unit_id).select_related("ancestor").order_by("-depth")
    return tuple(unit_view(one.ancestor) for one in found)


def _unit_lines(units: list[Any]) -> tuple[UnitLine, ...]:
    return tuple(UnitLine(unit_view(unit), unit.below or 0, unit.seats or 0, unit.closed_on) for unit in units)


def unit_page(actor: Actor, unit_id: UUID) -> UnitPage:
    """A unit with its posts and what became of it; who sits in the posts only for who may list officers. At most nine queries.

    Raises NotSignedIn, NotAllowed outside a post, NotFound.
    """
    require_a_post(actor)
    unit = Unit.objects.filter(id=unit_id).first()
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    open_below = UnitPath.objects.filter(ancestor_id=unit_id, descendant__closed_on__isnull=True)
    below = open_below.aggregate(near=Count("id", filter=Q(depth=1)), all=Count("id", filter=Q(depth__gt=0)))
    changes = unit.changes.select_related("parent", "parent_was", "other").order_by("-at", "-id")[:MOST_CHANGES]
    return UnitPage(
        unit_view(unit),
        unit.version,
        unit.closed_on,
        _above(unit_id)[:-1],
        below["near"],
        below["all"],
        post_lines(actor, Post.objects.filter(unit_id=unit_id)),
        tuple(
            UnitChangeView(
                one.what,
                one.at,
                one.title_was,
                one.title,
                one.parent_was.title if one.parent_was else "",
                one.parent.title if one.parent else "",
                one.other.title if one.other else "",
                one.reorganisation_id,
            )
            for one in changes
        ),
    )


MOST_CHANGES = 50
MOST_POSTS = 200


def post_page(actor: Actor, post_id: UUID) -> PostPage:
    """A post, its duties, and, for who may list officers, who sits in it, sat in it and will. At most eight queries.

    Raises NotSignedIn, NotAllowed outside a post, NotFound.
    """
    require_a_post(actor)
    row = Post.objects.filter(id=post_id).first()
    if row is None:
        raise NotFound(msgid("There is no such post."))
    [post] = post_views(Post.objects.filter(id=post_id))
    known, sees, day = duties(), why(actor, "officer.list").allowed, today()
    held = holder_views(Assignment.objects.exclude(valid_to=F("valid_from")).filter(post_id=post_id)) if sees else []
    now_held = Assignment.objects.filter(in_force(day), post_id=post_id, account__is_active=True).count()
    return PostPage(
        post,
        row.version,
        row.closed_on,
        tuple(known[id] for id in sorted(post.duties) if id in known),
        sees,
        now_held,
        tuple(one for one in held if one.valid_to is None or one.valid_to > day),
        tuple(one for one in held if one.valid_to is not None and one.valid_to <= day),
        row.leading,
    )


def duty_page(actor: Actor, id: str) -> DutyPage:
    """A duty and the posts that have it. At most seven queries. Raises NotSignedIn, NotAllowed outside a post, NotFound."""
    require_a_post(actor)
    found, known = duty(id), duties()
    posts = Post.objects.filter(duties__duty=id, closed_on__isnull=True)
    lines = post_lines(actor, Post.objects.filter(id__in=posts.order_by("code").values("id")[:MOST_POSTS]))
    excluded = [one for one in known.values() if one.id != id and excluded_pair([id], [one.id], known.get)]
    return DutyPage(found, lines, posts.count(), tuple(sorted(excluded, key=lambda one: one.id)))


def post_lines(actor: Actor, posts: QuerySet[Post]) -> tuple[PostLine, ...]:
    """Posts by code, the open ones first, with who sits in them today for who may list officers. At most four queries."""
    closed = dict(posts.values_list("id", "closed_on"))
    sees = why(actor, "officer.list").allowed
    held: dict[UUID, list[HolderView]] = {}
    today_s = Assignment.objects.filter(in_force(today()), post_id__in=list(closed), account__is_active=True)
    by_post = dict(today_s.values_list("id", "post_id"))
    for one in holder_views(today_s):
        held.setdefault(by_post[one.assignment_id], []).append(one)
    lines = [
        PostLine(post, len(held.get(post.id, ())), tuple(held.get(post.id, ())) if sees else (), closed[post.id])
        for post in post_views(posts)
    ]
    return tuple(sorted(lines, key=lambda line: (line.closed_on is not None, line.post.code)))


def holder_views(assignments: QuerySet[Assignment]) -> list[HolderView]:
    """Shape assignments as those of a post, the latest first. One query."""
    rows = assignments.select_related("account", *_ORIGIN).annotate(rests=Exists(away(today())))
    return [
        HolderView(
            row.id,
            account_view(row.account),
            row.valid_from,
            row.valid_to,
            AssignmentKind(row.kind),
            row.document,
            Establishment(row.establishment) if row.establishment else None,
            account_view(row.instead_of.account) if row.instead_of else None,
            _came_from(row),
            row.rests,
            EndReason(row.end_reason) if row.end_reason else None,
            row.end_document,
        )
        for row in rows.order_by("-valid_from", "id")
    ]


_ORIGIN = ("instead_of__account", "home__post", "from_unit")


def _came_from(row: Assignment) -> str:
    """Of a secondment, the unit that lends, and the post if he holds one there."""
    if row.from_unit is None:
        return ""
    return f"{row.from_unit.title} {row.home.post.title}" if row.home else row.from_unit.title


def list_posts(actor: Actor, unit_id: UUID | None = None) -> list[PostView]:
    """The open posts of a unit (default: of all units) by code; every post may read them. Two queries."""
    require_a_post(actor)
    posts = Post.objects.filter(closed_on__isnull=True)
    return post_views(posts if unit_id is None else posts.filter(unit_id=unit_id))


def posts_with_duty(duty: str, unit_ids: Iterable[UUID]) -> list[UUID]:
    """The posts of these units that have the duty, whether somebody sits in them or not, by code. One query."""
    found = Post.objects.filter(unit_id__in=list(unit_ids), duties__duty=duty, closed_on__isnull=True)
    return list(found.order_by("code").values_list("id", flat=True))


def held_posts(duty: str, unit_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Posts of these units that have the duty and in which somebody sits today: id → unit and title, by code. One query."""
    held = Assignment.objects.filter(in_force(today()), account__is_active=True)
    found = Post.objects.filter(unit_id__in=list(unit_ids), duties__duty=duty, id__in=held.values("post_id"))
    rows = found.order_by("code").values_list("id", "unit__title", "title")
    return {id: f"{unit} {title}" for id, unit, title in rows}


def list_officers(actor: Actor, cursor: str = "", *, limit: int = 50) -> OfficerPage:
    """Accounts with their assignments, by login: for the administrators who open accounts and assign posts. Three queries.

    cursor: `next_cursor` of the page before; empty for the first.  Raises NotAllowed, Invalid for a cursor that is not ours.
    """
    require(actor, "officer.list")
    accounts = Account.objects.order_by("login")
    if cursor:
        # The cursor holds the id, because a login may be a name; the subquery finds where that account stands in the order.
        last = str(cursors.decode(cursor, _cursor_key(), scope="officers")[0])
        accounts = accounts.filter(login__gt=Account.objects.filter(id=last).values("login"))
    rows = list(accounts[: limit + 1])
    shown = rows[:limit]
    assignments = assignment_views([account.id for account in shown])
    officers = tuple(OfficerView(account_view(one), tuple(assignments.get(one.id, ()))) for one in shown)
    return OfficerPage(officers, _next_cursor(shown[-1]) if len(rows) > limit else "")


def officer(actor: Actor, account_id: UUID) -> OfficerView:
    """One account with its career, for the administrators and for whom it is about. Six queries. Raises NotAllowed, NotFound."""
    if actor.account_id != account_id:
        require(actor, "officer.list")
    account = Account.objects.filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    held = tuple(assignment_views([account.id]).get(account.id, ()))
    return OfficerView(account_view(account), held, has_second_factor(account.id))


def account_by_login(actor: Actor, login: str) -> AccountView | None:
    """The account that signs in so, for the administrators who list officers. Three queries. Raises NotAllowed."""
    require(actor, "officer.list")
    account = Account.objects.filter(login=canonical_login(login)).first()
    return None if account is None else account_view(account)


def list_logins(actor: Actor, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """Account → login, for whoever reads the audit log. Two queries. Raises NotAllowed."""
    require(actor, "audit.read")
    return dict(Account.objects.filter(id__in=account_ids).values_list("id", "login"))


def officers_among(actor: Actor, subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of these persons who hold, held or will hold a post; for whoever may not list officers those alone whose rights he reviews.

    Up to five queries.
    """
    if not subject_ids:
        return set()
    if not why(actor, "officer.list").allowed:
        return persons_in_review(actor, subject_ids)
    held = Assignment.objects.filter(account__subject_id__in=subject_ids)
    return set(held.values_list("account__subject_id", flat=True).distinct())


def unit_titles(unit_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Titles of units, which are public: whose a fact is, who has a case. One query, none for no ids."""
    wanted = set(unit_ids)
    return dict(Unit.objects.filter(id__in=wanted).values_list("id", "title")) if wanted else {}


def unit_title_of(unit_id: Composable) -> Composable:
    """SQL for the title of the unit that an expression names, for statements that must not take a second one."""
    return SQL("(SELECT unit.title FROM identity_unit AS unit WHERE unit.id = {})").format(unit_id)


def unit_codes_above(unit_id: UUID) -> frozenset[str]:
    """Codes of a unit and of every unit above it. One query, once in an act or a request."""

    def ask() -> frozenset[str]:
        rows = UnitPath.objects.filter(descendant_id=unit_id).values_list("ancestor__code", flat=True)
        return frozenset(rows)

    return remembered(("unit codes above", unit_id), ask)


def post_titles(post_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Unit and title of posts, for people: `某街道办事处 窗口`. One query, none for no ids."""
    wanted = set(post_ids)
    if not wanted:
        return {}
    rows = Post.objects.filter(id__in=wanted).values_list("id", "unit__title", "title")
    return {id: f"{unit} {title}" for id, unit, title in rows}


def _cursor_key() -> bytes:
    return str(settings.SECRET_KEY).encode()


def _next_cursor(last: Account) -> str:
    return cursors.encode([last.id], _cursor_key(), scope="officers")


def require_a_post(actor: Actor) -> None:
    """Every post reads the organisation, and nobody else. Raises NotSignedIn, NotAllowed."""
    if actor.capacity is CapacityKind.SYSTEM or seat_of(actor) is not None:
        return
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn(msgid("Sign in first."))
    raise NotAllowed(msgid("The organisation is read in a post."))


def assignment_views(account_ids: Collection[UUID]) -> dict[UUID, list[AssignmentView]]:
    """What these accounts hold, held and will hold, the latest first. Two queries."""
    found = Assignment.objects.filter(account_id__in=account_ids).select_related(*_ORIGIN)
    elsewhere = away(today())
    found = found.annotate(rests=Exists(elsewhere), rests_until=Subquery(elsewhere.values("valid_to")[:1]))
    rows: list[Any] = list(found.order_by("-valid_from", "id"))
    posts = {post.id: post for post in post_views(Post.objects.filter(id__in={row.post_id for row in rows}))}
    shaped: dict[UUID, list[AssignmentView]] = {}
    for row in rows:
        view = AssignmentView(
            row.id,
            posts[row.post_id],
            row.valid_from,
            row.valid_to,
            AssignmentKind(row.kind),
            row.document,
            Establishment(row.establishment) if row.establishment else None,
            row.instead_of.account.login if row.instead_of else "",
            _came_from(row),
            row.rests,
            row.rests_until,
            EndReason(row.end_reason) if row.end_reason else None,
            row.end_document,
        )
        shaped.setdefault(row.account_id, []).append(view)
    return shaped
