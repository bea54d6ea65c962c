"""What stands, as a list: to look at in a spreadsheet, to change there, and to take in again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from yiwang.acts.values import Actor
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.identity.queries.permission import require
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.lists import COLUMNS, decoded, written
from yiwang.identity.values.lists import Column, ListKind
from yiwang.kernel.time import today

__all__ = ["list_columns", "list_text", "list_written"]

YES_NO = {True: "yes", False: "no"}


def list_columns(kind: ListKind) -> tuple[Column, ...]:
    """What such a list is written in."""
    return COLUMNS[kind]


def list_text(data: bytes) -> str:
    """The text of a file as office programs write it. Raises Invalid (422) for one that is too large or no text."""
    return decoded(data)


def list_written(actor: Actor, kind: ListKind, *, chinese: bool, empty: bool = False) -> str:
    """Everything of a kind that stands today, as comma-separated text. Citizen ID numbers and names are left out of it.

    empty: the heading alone, which then says what has to be filled. One query, and one for duties. Raises NotSignedIn, NotAllowed.
    """
    require(actor, "list.look-at")
    rows = {ListKind.UNITS: _units, ListKind.POSTS: _posts, ListKind.OFFICERS: _officers, ListKind.ASSIGNMENTS: _seats}
    if kind in (ListKind.OFFICERS, ListKind.ASSIGNMENTS):
        require(actor, "officer.list")
    return written(kind, () if empty else rows[kind](), chinese=chinese, marked=empty)


def _units() -> Iterable[tuple[str, ...]]:
    columns = ("code", "title", "short_title", "level", "parent__code", "credit_code", "division_code")
    found = Unit.objects.filter(closed_on__isnull=True).order_by("code").values_list(*columns)
    return (tuple(cell or "" for cell in row) for row in found)


def _posts() -> Iterable[tuple[str, ...]]:
    found = (
        Post.objects.filter(closed_on__isnull=True).select_related("unit").prefetch_related("duties").order_by("code")
    )
    for one in found:
        yield (
            one.code,
            one.unit.code,
            one.title,
            "、".join(sorted(duty.duty for duty in one.duties.all())),
            YES_NO[one.leading],
        )


def _officers() -> Iterable[tuple[str, ...]]:
    seats = Assignment.objects.filter(not_over(today()))
    found = Account.objects.filter(is_active=True, id__in=seats.values("account_id")).order_by("login")
    return ((login, "", "") for login in found.values_list("login", flat=True))


def _seats() -> Iterable[tuple[str, ...]]:
    """Those that a list can say: deputies and secondments have more to them."""
    found = Assignment.objects.filter(not_over(today()), kind__in=("regular", "acting")).select_related(
        "account", "post"
    )
    for one in found.order_by("account__login", "post__code", "valid_from"):
        last = (one.valid_to - timedelta(days=1)).isoformat() if one.valid_to else ""
        yield (
            one.account.login,
            one.post.code,
            one.kind,
            one.valid_from.isoformat(),
            last,
            one.establishment,
            one.document,
        )
