"""Reviews of rights 权限复核: what was laid before whom, what waits for whom, and what came of it.

Who answers for a line is not stored: it is who leads the unit of the post today, or the nearest unit above it. To lead is to have the
grant `review.answer`, as far as it reaches. Whoever leads a unit answers there for nobody who does, himself included: those lines go on
up, and at last to the security administrator.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet

from yiwang.acts.queries import fetch
from yiwang.acts.values import Actor
from yiwang.identity.models.reviews import Review, ReviewLine
from yiwang.identity.queries.consents import administrator_of
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.keepers import keepers_of_posts
from yiwang.identity.queries.permission import (
    SEAT_GIVES_RIGHTS,
    may_be_granted,
    persons_behind,
    posts_reaching,
    require,
    seat_of,
    why,
)
from yiwang.identity.queries.shapes import account_view
from yiwang.identity.registry import working_days
from yiwang.identity.values import Administrator, AssignmentKind, Scope
from yiwang.identity.values.reviews import (
    Outcome,
    ReviewLines,
    ReviewLineView,
    ReviewPage,
    ReviewView,
    Unanswered,
    Waiting,
)
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import today

__all__ = [
    "answers_for",
    "first_last_day",
    "lines_to_answer",
    "persons_in_review",
    "posts_that_are_waited_for",
    "review",
    "review_lines",
    "reviews",
    "reviews_that_wait",
    "who_answers",
]

MOST = 100
"""Reviews on a page; older ones stand in the audit log."""
MOST_WAITING = 200
LINES = 50
READ, ANSWER, ANSWER_LAST = "review.read", "review.answer", "review.answer-last"
SHORTEST, LONGEST = 3, 60
"""Working days from the opening to the last day."""

# Who leads a unit, and so which unit answers for a line. Set-wise: one statement, however many lines there are.
LEVELS = f"""
WITH lead AS MATERIALIZED (
    SELECT p.unit_id, who.id AS account_id, bool_or(d.duty = ANY(%(far)s::text[])) AS far
      FROM identity_postduty d
      JOIN identity_post p ON p.id = d.post_id AND p.closed_on IS NULL
      JOIN identity_assignment g ON g.post_id = p.id
      JOIN identity_account c ON c.id = g.account_id AND c.is_active
      LEFT JOIN identity_assignment other ON other.id = g.instead_of_id
     CROSS JOIN LATERAL (VALUES (g.account_id), (other.account_id)) AS who (id)
     WHERE d.duty = ANY(%(near)s::text[] || %(far)s::text[]) AND who.id IS NOT NULL AND {SEAT_GIVES_RIGHTS}
     GROUP BY 1, 2),
head AS (SELECT unit_id, bool_or(far) AS far FROM lead GROUP BY 1),
line AS (
    SELECT l.id, l.number, l.review_id, l.account_id, p.unit_id
      FROM identity_reviewline l
      JOIN identity_review r ON r.id = l.review_id
      JOIN identity_post p ON p.id = l.post_id
     WHERE {{which}}),
level AS (
    SELECT DISTINCT ON (line.id) line.id, above.ancestor_id AS unit_id
      FROM line
      JOIN identity_unitpath above ON above.descendant_id = line.unit_id
      JOIN head ON head.unit_id = above.ancestor_id AND (above.depth = 0 OR head.far)
     WHERE NOT EXISTS (SELECT 1 FROM lead own WHERE own.unit_id = above.ancestor_id AND own.account_id = line.account_id)
     ORDER BY line.id, above.depth)
"""  # noqa: S608 - put together of the texts above
WAIT = "l.outcome = 'waits' AND r.closed_at IS NULL AND r.last_day >= %(on)s::date"
BELOW = (
    "EXISTS (SELECT 1 FROM identity_unitpath w WHERE w.ancestor_id = %(unit)s::uuid AND w.descendant_id = p.unit_id)"
)
HERE = "p.unit_id = %(unit)s::uuid"
OF_PERSONS = "l.account_id IN (SELECT a.id FROM identity_account a WHERE a.subject_id = ANY(%(subjects)s::uuid[]))"
OF_UNIT = "FROM line JOIN level ON level.id = line.id AND level.unit_id = %(unit)s::uuid"
OF_NOBODY = (
    "FROM line LEFT JOIN level ON level.id = line.id WHERE level.id IS NULL AND line.account_id <> ALL(%(own)s::uuid[])"
)


def reviews(actor: Actor) -> list[ReviewView]:
    """Those that are open, then the others, the newest first; at most 100. For the security and the audit administrator all of them, for
    who leads a unit those in which lines wait for him or were answered in his post. At most seven queries. Raises NotAllowed.
    """
    sees_all = _require_any(actor)
    yours = _numbers_that_wait(actor)
    rows = Review.objects.select_related("unit", "opened_by")
    if not sees_all:
        answered = ReviewLine.objects.filter(answered_in_id=actor.capacity_id).values("review_id")
        rows = rows.filter(id__in=[*yours]) | rows.filter(id__in=answered)
    found = [
        *rows.filter(closed_at__isnull=True).order_by("last_day", "-opened_at")[:MOST],
        *rows.filter(closed_at__isnull=False).order_by("-opened_at")[:MOST],
    ][:MOST]
    return _views(actor, found, yours, sees_all)


def review(actor: Actor, review_id: UUID) -> ReviewPage:
    """One review with who has not answered yet, for the security and the audit administrator. At most ten queries.

    Raises NotAllowed, NotFound.
    """
    require(actor, READ)
    row = found(Review.objects.select_related("unit", "opened_by"), review_id)
    [view] = _views(actor, [row], _numbers_that_wait(actor), True)
    return ReviewPage(view, _waiting(row) if row.closed_at is None else ())


def review_lines(
    actor: Actor, review_id: UUID, outcome: Outcome | None = None, cursor: str = "", *, limit: int = LINES
) -> ReviewLines:
    """Lines of a review, all or of one outcome, for the security and the audit administrator. At most six queries.

    cursor: `next_cursor` of the page before.  Raises NotAllowed, NotFound, Invalid for a cursor that is not ours.
    """
    require(actor, READ)
    found(Review.objects.all(), review_id)
    rows = ReviewLine.objects.filter(review_id=review_id)
    if outcome is not None:
        rows = rows.filter(outcome=outcome)
    return _page(rows.filter(number__gt=_after(cursor)), limit)


def lines_to_answer(actor: Actor, review_id: UUID, cursor: str = "", *, limit: int = LINES) -> ReviewLines:
    """The lines of a review that wait for the actor. At most seven queries.

    Raises NotAllowed for who answers for nobody, NotFound for a review in which nothing waits for him or did, Invalid.
    """
    sees_all = _require_any(actor)
    after = _after(cursor)
    which = f"{WAIT} AND r.id = %(review)s::uuid AND l.number > %(after)s"
    ids = [
        id
        for (id,) in _ask_mine(
            actor, which, "line.id", f"ORDER BY line.number LIMIT {limit + 1}", review=review_id, after=after
        )
    ]
    if not ids and not after and not sees_all and not _had_lines(actor, review_id):
        raise NotFound(msgid("There is no such review."))
    return _page(ReviewLine.objects.filter(id__in=ids), limit)


def reviews_that_wait(actor: Actor) -> int:
    """How many lines wait for the actor; 0 for who answers for nobody. At most four queries, one where no review is open."""
    return sum(_numbers_that_wait(actor).values())


def who_answers(actor: Actor) -> bool:
    """Whether the actor's post may answer for others at all. At most two queries."""
    return why(actor, ANSWER).allowed or why(actor, ANSWER_LAST).allowed


def answers_for(actor: Actor, line_id: UUID) -> bool:
    """Whether a line is the actor's to answer, whatever became of it. At most four queries."""
    return bool(_ask_mine(actor, "l.id = %(line)s::uuid", "line.id", line=line_id))


def persons_in_review(actor: Actor, subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of these persons for whose posts the actor answers or has answered: who they are he knows. At most four queries."""
    if not why(actor, ANSWER).allowed:
        return set()
    accounts = {
        id for (id,) in _ask_mine(actor, f"{WAIT} AND {OF_PERSONS}", "line.account_id", subjects=list(subject_ids))
    }
    seen = ReviewLine.objects.filter(account__subject_id__in=subject_ids)
    mine = seen.filter(account_id__in=accounts) | seen.filter(answered_by_id=actor.account_id)
    return set(mine.values_list("account__subject_id", flat=True).distinct())


def posts_that_are_waited_for(row: Review) -> list[UUID]:
    """The posts whose answers a review waits for, those of the security administrator among them where nobody else answers. Two queries."""
    near, far = _leads()
    units = [unit for unit, _number in _levels(row)]
    led = (
        "SELECT DISTINCT p.id FROM identity_post p JOIN identity_postduty d ON d.post_id = p.id "
        "WHERE p.closed_on IS NULL AND p.unit_id = ANY(%(units)s::uuid[]) AND d.duty = ANY(%(leads)s::text[])"
    )
    leading = fetch(led, {"units": [one for one in units if one is not None], "leads": [*near, *far]})
    last = posts_reaching(ANSWER_LAST, None) if None in units else []
    return sorted(id for (id,) in leading) + last


def found(rows: QuerySet[Review], review_id: UUID) -> Review:
    """The row, or NotFound."""
    row = rows.filter(id=review_id).first()
    if row is None:
        raise NotFound(msgid("There is no such review."))
    return row


def first_last_day() -> date:
    """The earliest civil date that can be the last day of a review opened today."""
    return working_days().add_working_days(today(), SHORTEST).date


def _require_any(actor: Actor) -> bool:
    """Whether the actor reads all reviews; NotAllowed for who neither reads nor answers."""
    sees_all = why(actor, READ).allowed
    if not sees_all:
        require(actor, ANSWER)
    return sees_all


def _had_lines(actor: Actor, review_id: UUID) -> bool:
    return ReviewLine.objects.filter(review_id=review_id, answered_in_id=actor.capacity_id).exists()


def _leads() -> tuple[list[str], list[str]]:
    """The duties by which somebody leads a unit alone, and those by which he leads what stands below, too."""
    near: set[str] = set()
    far: set[str] = set()
    for one in duties().values():
        for grant in one.may:
            if grant.action == ANSWER and may_be_granted(ANSWER, one.administrator) and grant.scope is not Scope.OWN:
                (near if grant.scope is Scope.UNIT else far).add(one.id)
    return sorted(near), sorted(far)


def _ask(which: str, select: str, **params: object) -> list[tuple[Any, ...]]:
    near, far = _leads()
    given = {"near": near, "far": far, "on": today(), **params}
    return list(fetch(LEVELS.format(which=which) + select, given))


def _ask_mine(actor: Actor, which: str, columns: str, rest: str = "", **params: object) -> list[tuple[Any, ...]]:
    """Of the lines that `which` says those that are the actor's. None for who answers for nobody."""
    seat = seat_of(actor)
    scopes = set() if seat is None else {scope for _duty, scope in seat.grants(ANSWER)} - {Scope.OWN}
    if seat is not None and scopes:
        reach = HERE if scopes == {Scope.UNIT} else BELOW
        return _ask(f"{which} AND {reach}", f"SELECT {columns} {OF_UNIT} {rest}", unit=seat.unit_id, **params)
    if administrator_of(actor) is Administrator.SECURITY and why(actor, ANSWER_LAST).allowed:
        own = sorted(persons_behind(actor))
        return _ask(which, f"SELECT {columns} {OF_NOBODY} {rest}", own=own, **params)
    return []


def _numbers_that_wait(actor: Actor) -> dict[UUID, int]:
    """Review → how many of its lines wait for the actor."""
    if not who_answers(actor) or not Review.objects.filter(closed_at__isnull=True).exists():
        return {}
    return dict(_ask_mine(actor, WAIT, "line.review_id, count(*)", "GROUP BY 1"))


def _levels(row: Review) -> list[tuple[UUID | None, int]]:
    """The units whose heads a review waits for, None for the security administrator, with how many lines wait there."""
    select = "SELECT level.unit_id, count(*) FROM line LEFT JOIN level ON level.id = line.id GROUP BY 1"
    return _ask("l.outcome = 'waits' AND r.id = %(review)s::uuid", select, review=row.id)


def _waiting(row: Review) -> tuple[Waiting, ...]:
    near, far = _leads()
    numbers = dict(_levels(row))
    titles = {}
    posts: dict[UUID, list[str]] = {}
    told = """
        SELECT u.id, u.title, ARRAY(
            SELECT p.title FROM identity_post p
             WHERE p.unit_id = u.id AND p.closed_on IS NULL
               AND EXISTS (SELECT 1 FROM identity_postduty d WHERE d.post_id = p.id AND d.duty = ANY(%(leads)s::text[]))
             ORDER BY p.code)
          FROM identity_unit u WHERE u.id = ANY(%(units)s::uuid[])"""
    for id, title, named in fetch(told, {"units": [one for one in numbers if one is not None], "leads": [*near, *far]}):
        titles[id], posts[id] = title, named
    waiting = [
        Waiting(unit, titles.get(unit, "") if unit else "", tuple(posts.get(unit, ())) if unit else (), number)
        for unit, number in numbers.items()
    ]
    return tuple(sorted(waiting, key=lambda one: (-one.lines, one.unit_title)))[:MOST_WAITING]


def _views(actor: Actor, rows: Collection[Review], yours: Mapping[UUID, int], sees_all: bool) -> list[ReviewView]:
    counts: dict[UUID, dict[Outcome, int]] = {}
    lines = ReviewLine.objects.filter(review_id__in=[one.id for one in rows])
    if not sees_all:
        lines = lines.filter(answered_in_id=actor.capacity_id)
    for review_id, outcome, number in lines.order_by().values_list("review_id", "outcome").annotate(of=Count("id")):
        counts.setdefault(review_id, {})[Outcome(outcome)] = number
    if not sees_all:
        for review_id, number in yours.items():
            counts.setdefault(review_id, {})[Outcome.WAITS] = number
    closes = why(actor, "review.close").allowed
    return [
        ReviewView(
            id=one.id,
            unit_id=one.unit_id,
            unit_title=one.unit.title if one.unit else "",
            reason=one.reason,
            last_day=one.last_day,
            unanswered=Unanswered(one.unanswered),
            opened_by=one.opened_by.login if one.opened_by else "",
            opened_at=one.opened_at,
            closed_at=one.closed_at,
            counts=counts.get(one.id, {}),
            yours=yours.get(one.id, 0),
            may_close=closes and one.closed_at is None,
        )
        for one in rows
    ]


def _page(rows: QuerySet[ReviewLine], limit: int) -> ReviewLines:
    listed = list(rows.select_related("account", "answered_by").order_by("number")[: limit + 1])
    shown = listed[:limit]
    keepers = keepers_of_posts({one.post_id for one in shown if one.kind == AssignmentKind.REGULAR})
    known = duties()
    lines = tuple(
        ReviewLineView(
            id=one.id,
            review_id=one.review_id,
            assignment_id=one.assignment_id,
            account=account_view(one.account),
            post_id=one.post_id,
            unit_title=one.unit_title,
            post_title=one.post_title,
            duties=tuple(one.duties),
            kind=AssignmentKind(one.kind),
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            rests=one.rests,
            signed_in_at=one.signed_in_at,
            keeper=keepers.get(one.post_id, "") if one.kind == AssignmentKind.REGULAR else "",
            administers=any(id in known and known[id].administrator is not None for id in one.duties),
            outcome=Outcome(one.outcome),
            answered_by=one.answered_by.login if one.answered_by else "",
            answered_at=one.answered_at,
            reason=one.reason,
        )
        for one in shown
    )
    more = cursors.encode([shown[-1].number], _cursor_key(), scope="review-lines") if len(listed) > limit else ""
    return ReviewLines(lines, more)


def _after(cursor: str) -> int:
    return int(str(cursors.decode(cursor, _cursor_key(), scope="review-lines")[0])) if cursor else 0


def _cursor_key() -> bytes:
    return str(settings.SECRET_KEY).encode()
