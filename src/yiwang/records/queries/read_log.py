"""The read log: who read whose facts, for what. The subject sees it; nobody changes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.translation import get_language

from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.identity.queries import post_titles
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotAllowed, NotSignedIn, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date, now
from yiwang.records.models import Read
from yiwang.records.values import ReadPage, ReadView

__all__ = ["list_reads", "make_month", "make_months_ahead"]

LARGEST_PAGE = 100
DAYS_AHEAD = 35

_made: set[tuple[str, str, int, int]] = set()
"""Months of which this process knows that their partition stands: (host, database, year, month)."""


def list_reads(actor: Actor, cursor: str = "", *, limit: int = 20) -> ReadPage:
    """Who read the actor's own facts, the latest first, in the active language. Four queries.

    cursor: `next_cursor` of the page before.  Raises NotSignedIn, NotAllowed for anybody but a person as himself, Invalid for a
    cursor that is not ours.
    """
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        raise NotAllowed(msgid("Readings are shown to the person whose facts were read."))
    rows = Read.objects.filter(subject_id=actor.capacity_id)
    key, scope = str(settings.SECRET_KEY).encode(), f"reads {actor.capacity_id}"
    if cursor:
        read_at, id = cursors.decode(cursor, key, scope=scope)
        rows = rows.filter(Q(read_at__lt=read_at) | Q(read_at=read_at, id__lt=id))
    limit = max(1, min(limit, LARGEST_PAGE))
    found = list(rows.order_by("-read_at", "-id")[: limit + 1])
    shown = found[:limit]
    language = get_language() or "zh-hans"
    resources, elements, purposes = catalog.list_resources(), catalog.list_elements(), catalog.list_purposes()
    posts = post_titles(one.capacity_id for one in shown if one.capacity == CapacityKind.POST and one.capacity_id)
    views = []
    for one in shown:
        resource, purpose = resources.get(one.resource), purposes.get(one.purpose)
        names = (elements.get(name) for name in one.elements)
        views.append(
            ReadView(
                read_at=one.read_at,
                own=one.capacity == CapacityKind.SELF and one.capacity_id == one.subject_id,
                who=posts.get(one.capacity_id, "") if one.capacity_id else "",
                resource=one.resource,
                resource_title=resource.title_in(language) if resource else one.resource,
                element_titles=tuple(name.title_in(language) for name in names if name),
                purpose_title=text(purpose.title, language) if purpose else one.purpose,
            )
        )
    last = shown[-1] if len(found) > limit else None
    return ReadPage(tuple(views), cursors.encode([last.read_at, last.id], key, scope=scope) if last else "")


def make_month(moment: datetime) -> bool:
    """See to it that the month of `moment` has its partition; return whether it had to be made. Free once this process knows."""
    day = civil_date(moment)
    where = (connection.settings_dict["HOST"], connection.settings_dict["NAME"], day.year, day.month)
    if where in _made:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_make_read_log(%s)", [day])
        made = bool(cursor.fetchone()[0])
    if not made:
        _made.add(where)  # one that was made just now may be rolled back with this transaction: ask again next time
    return made


def make_months_ahead() -> int:
    """Make the partitions of this month and the next; return how many were missing. For the scheduler."""
    moment = now()
    return sum(make_month(one) for one in (moment, moment + timedelta(days=DAYS_AHEAD)))
