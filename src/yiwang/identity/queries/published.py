"""What the organisation publishes of itself 机构与岗位, 名单与配岗: public bodies, and who holds which posts.

Source: Haikou's plan, 4.7.1.1.1 and 4.7.1.1.2 (bodies and posts; the roster and who sits where).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from uuid import UUID

from django.db.models import Count

from yiwang.identity.models import Assignment, Post, Unit, UnitChange
from yiwang.identity.queries.shapes import in_force
from yiwang.identity.values.published import PublishedRow
from yiwang.kernel.time import civil_date, today

__all__ = ["BODY_COLUMNS", "HELD_COLUMNS", "public_bodies", "who_holds_posts"]

BODY_COLUMNS = {"title": "text", "short-title": "text", "superior": "text", "division": "text", "posts": "integer"}
HELD_COLUMNS = {"posts": "text", "units": "text", "number": "integer"}
SEPARATOR = "；"


def public_bodies(_subjects: Collection[UUID] | None = None) -> Iterator[PublishedRow]:
    """Open units with a credit code of their own, and how many posts they and the divisions below them have. Three queries.

    A division shares the code of its body, and is no body. A closed unit is a row without values.
    """
    units = list(Unit.objects.select_related("parent").order_by("code"))
    since = _changed_on(units)
    posts = dict(
        Post.objects.filter(closed_on__isnull=True).values_list("unit_id").annotate(number=Count("id")).order_by()
    )
    own = {unit.id: unit for unit in units if _is_body(unit)}
    counted: dict[UUID, int] = dict.fromkeys(own, 0)
    by_id = {unit.id: unit for unit in units}
    for unit in units:
        body: Unit | None = unit
        while body is not None and body.id not in own:
            body = by_id.get(body.parent_id) if body.parent_id else None
        if body is not None:
            counted[body.id] += posts.get(unit.id, 0)
    for unit in own.values():
        values: dict[str, object] = {}
        if unit.closed_on is None:
            values = {"title": unit.title, "posts": counted[unit.id]}
            values |= {"short-title": unit.short_title} if unit.short_title else {}
            values |= {"superior": unit.parent.title} if unit.parent else {}
            values |= {"division": unit.division_code} if unit.division_code else {}
        begins = unit.closed_on or since[unit.id]
        yield PublishedRow(None, values, begins, unit.id, unit.origin, {"credit-code": unit.credit_code})


def who_holds_posts(subjects: Collection[UUID] | None = None) -> Iterator[PublishedRow]:
    """Of everybody who holds or held a post: which ones today, since the last day on which that changed. Two queries."""
    day = today()
    rows = Assignment.objects.filter(account__subject__isnull=False, valid_from__lte=day)
    if subjects is not None:
        rows = rows.filter(account__subject__in=subjects)
    held: dict[UUID, list[Assignment]] = {}
    now = rows.filter(in_force(day), account__is_active=True).select_related("post__unit", "account")
    for one in now.order_by("valid_from", "post__code"):
        held.setdefault(_person(one), []).append(one)
    since: dict[UUID, date] = {}
    origins: dict[UUID, str] = {}
    fields = ("account__subject_id", "valid_from", "valid_to", "account__origin")
    for person, begins, ends, origin in rows.values_list(*fields):
        last = ends if ends is not None and ends <= day else begins
        since[person], origins[person] = max(since.get(person, last), last), origin
    for person in sorted(since):
        seats = held.get(person, [])
        values: dict[str, object] = {}
        if seats:
            titles = [f"{one.post.unit.title} {one.post.title}" for one in seats]
            units = dict.fromkeys(one.post.unit.title for one in seats)
            values = {"posts": SEPARATOR.join(titles), "units": SEPARATOR.join(units), "number": len(seats)}
        unit_id = seats[0].post.unit_id if seats else None
        yield PublishedRow(person, values, since[person], unit_id, origins[person])


def _person(one: Assignment) -> UUID:
    person = one.account.subject_id
    if person is None:
        raise AssertionError("Only who is a person was asked for.")
    return person


def _is_body(unit: Unit) -> bool:
    return bool(unit.credit_code) and (unit.parent is None or unit.parent.credit_code != unit.credit_code)


def _changed_on(units: Collection[Unit]) -> dict[UUID, date]:
    """Since when each is as it is: the day of what became of it last."""
    days: dict[UUID, date] = {}
    changes = UnitChange.objects.filter(unit__in=[unit.id for unit in units]).order_by("at", "id")
    for unit_id, at in changes.values_list("unit_id", "at"):
        days[unit_id] = civil_date(at)
    return {unit.id: days.get(unit.id, today()) for unit in units}
