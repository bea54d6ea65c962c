"""Rows as values, and the conditions that several queries share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.identity.values import (
    AccountView,
    PostView,
    UnitView,
)

__all__ = [
    "account_view",
    "asked_duties",
    "away",
    "duty_ids",
    "in_force",
    "last_days",
    "not_over",
    "on_the_day",
    "post_views",
    "unit_view",
]


def account_view(account: Account) -> AccountView:
    """Shape a row."""
    return AccountView(account.id, account.login, account.subject_id, account.is_active, account.origin)


def unit_view(unit: Unit) -> UnitView:
    """Shape a row."""
    return UnitView(
        unit.id,
        unit.code,
        unit.title,
        unit.short_title,
        unit.credit_code,
        unit.level,
        unit.division_code,
        unit.parent_id,
    )


def on_the_day(on: date) -> Q:
    """Assignments whose half-open dates hold the civil date `on`, whether they rest or not."""
    return Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gt=on))


def away(on: date) -> QuerySet[Assignment]:
    """The secondment for whose days an assignment rests on `on`: for a subquery over assignments."""
    return Assignment.objects.filter(on_the_day(on), home_id=OuterRef("pk"), home_rests=True)


def in_force(on: date) -> Q:
    """Assignments that give their rights on the civil date `on`: their dates hold it, and they do not rest. For queries of assignments."""
    return on_the_day(on) & Q(~Exists(away(on)))


def not_over(on: date) -> Q:
    """Assignments that hold on the civil date `on` or will: those that were ended before they began never will."""
    return Q(valid_to__isnull=True) | (Q(valid_to__gt=on) & Q(valid_to__gt=F("valid_from")))


def duty_ids(path: str) -> ArrayAgg:
    """The duties of a post as a list, empty for none. path: from the queried table to the duty."""
    return ArrayAgg(path, filter=Q(**{f"{path}__isnull": False}), default=[])


def post_views(posts: QuerySet[Post]) -> list[PostView]:
    """Shape posts, by code. One query."""
    rows = (
        posts.order_by("code")
        .values("id", "code", "title", "unit_id", "unit__title")
        .annotate(held=duty_ids("duties__duty"), asked=asked_duties("duties"))
    )
    return [
        PostView(
            row["id"],
            row["title"],
            row["unit__title"],
            row["unit_id"],
            frozenset(row["held"]),
            row["code"],
            last_days(row["asked"]),
        )
        for row in rows
    ]


def asked_duties(path: str) -> ArrayAgg:
    """The duties of a post that were granted on application, for `last_days`. path: from the queried table to the post's duties."""
    ends = JSONObject(duty=f"{path}__duty", valid_to=f"{path}__valid_to")
    return ArrayAgg(ends, filter=Q(**{f"{path}__valid_to__isnull": False}), default=[])


def last_days(asked: Iterable[Mapping[str, str]]) -> dict[str, date]:
    """Duty → the last civil date with it."""
    return {one["duty"]: date.fromisoformat(one["valid_to"]) - timedelta(days=1) for one in asked}
