"""The read log: who read whose facts, for what. The subject sees it; nobody changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import get_language

from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import ResourceView
from yiwang.identity.queries import post_titles, unit_titles
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotAllowed, NotSignedIn, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import CITY_ZONE, civil_date, now
from yiwang.records.models import Read
from yiwang.records.queries.names import called
from yiwang.records.queries.relation_kinds import list_relations
from yiwang.records.queries.representing import represents
from yiwang.records.registry import item_title
from yiwang.records.values import Ground, ReadPage, ReadView, RelationView

__all__ = ["list_readers", "list_reads", "make_month", "make_months_ahead"]

LARGEST_PAGE = 100
DAYS_AHEAD = 35

_made: set[tuple[str, str, int, int]] = set()
"""Months of which this process knows that their partition stands: (host, database, year, month)."""


def list_reads(
    actor: Actor,
    cursor: str = "",
    *,
    limit: int = 20,
    about: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    purpose: str = "",
    unit_id: UUID | None = None,
    others_only: bool = False,
) -> ReadPage:
    """Who read the actor's own facts, or those of a subject that he represents; the latest first, in the active language.

    cursor: `next_cursor` of the page before, asked with the same filters.  about: the represented subject.  since, until: civil
    dates, half-open.  purpose, unit_id: only these.  others_only: leave out his own looks.  Six queries at most.
    Raises NotSignedIn, NotAllowed for anybody but a person as himself or for a subject that he does not represent, Invalid for a
    cursor that is not ours.
    """
    subject_id = _whose(actor, about)
    rows = Read.objects.filter(subject_id=subject_id)
    if since is not None:
        rows = rows.filter(read_at__gte=_midnight(since))
    if until is not None:
        rows = rows.filter(read_at__lt=_midnight(until))
    if purpose:
        rows = rows.filter(purpose=purpose)
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    if others_only:
        rows = rows.exclude(capacity=str(CapacityKind.SELF), capacity_id=actor.capacity_id)
    key, scope = str(settings.SECRET_KEY).encode(), f"reads {subject_id}"
    if cursor:
        read_at, id = cursors.decode(cursor, key, scope=scope)
        rows = rows.filter(Q(read_at__lt=read_at) | Q(read_at=read_at, id__lt=id))
    limit = max(1, min(limit, LARGEST_PAGE))
    found = list(rows.order_by("-read_at", "-id")[: limit + 1])
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return ReadPage(_views(shown, actor), cursors.encode([last.read_at, last.id], key, scope=scope) if last else "")


def list_readers(actor: Actor, *, about: UUID | None = None) -> list[tuple[UUID, str]]:
    """Units that have read these facts, by title, with their ids: what one may filter by. Two queries. Raises as `list_reads`."""
    rows = Read.objects.filter(subject_id=_whose(actor, about), unit_id__isnull=False)
    titles = unit_titles(id for id in rows.order_by().values_list("unit_id", flat=True).distinct() if id)
    return sorted(titles.items(), key=lambda one: (one[1], one[0]))


def _whose(actor: Actor, about: UUID | None) -> UUID:
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        raise NotAllowed(msgid("Readings are shown to the person whose facts were read."))
    if about is not None and about != actor.capacity_id and not represents(actor.capacity_id, about):
        raise NotAllowed(msgid("Readings are shown to the person whose facts were read."))
    return about or actor.capacity_id


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)


def _views(shown: Sequence[Read], actor: Actor) -> tuple[ReadView, ...]:
    language = get_language() or "zh-hans"
    elements, purposes = catalog.list_elements(), catalog.list_purposes()
    resources: dict[str, ResourceView | RelationView] = {**catalog.list_resources(), **list_relations()}
    posts = post_titles(one.capacity_id for one in shown if one.capacity == CapacityKind.POST and one.capacity_id)
    units = unit_titles(one.unit_id for one in shown if one.unit_id)
    agents = called(one.reader_subject_id for one in shown if one.ground == Ground.MANDATE and one.reader_subject_id)
    views = []
    for one in shown:
        resource, purpose = resources.get(one.resource), purposes.get(one.purpose)
        names = (elements.get(name) for name in one.elements)  # a relation has none of its own
        views.append(
            ReadView(
                read_at=one.read_at,
                own=one.capacity == CapacityKind.SELF and one.capacity_id == actor.capacity_id,
                who=_who(one, posts, agents),
                resource=one.resource,
                resource_title=resource.title_in(language) if resource else one.resource,
                element_titles=tuple(name.title_in(language) for name in names if name),
                purpose_title=text(purpose.title, language) if purpose else one.purpose,
                ground=one.ground,
                ground_title=_ground_title(one, language),
                unit_title=units.get(one.unit_id, "") if one.unit_id else "",
            )
        )
    return tuple(views)


def _who(one: Read, posts: Mapping[UUID, str], agents: Mapping[UUID, str]) -> str:
    """Unit and post, or of an agent the name, which whoever let him act knows."""
    if one.ground == Ground.MANDATE:
        return agents.get(one.reader_subject_id, "") if one.reader_subject_id else ""
    return posts.get(one.capacity_id, "") if one.capacity_id else ""


def _ground_title(one: Read, language: str) -> str:
    if one.ground == Ground.AGREEMENT:
        agreement = catalog.list_agreements().get(one.ground_id)
        return agreement.title_in(language) if agreement else one.ground_id
    return item_title(one.ground_id, language) if one.ground == Ground.ITEM else ""


def make_month(moment: datetime) -> bool:
    """See to it that the month of `moment` has its partition; return whether it had to be made. Free once this process knows."""
    day = civil_date(moment)
    where = (connection.settings_dict["HOST"], connection.settings_dict["NAME"], day.year, day.month)
    if where in _made:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_make_read_log(%s)", [day])
        made = bool(cursor.fetchone()[0])
    transaction.on_commit(partial(_made.add, where))  # until then it may be undone, and every reading has to ask
    return made


def make_months_ahead() -> int:
    """Make the partitions of this month and the next; return how many were missing. For the scheduler."""
    moment = now()
    return sum(make_month(one) for one in (moment, moment + timedelta(days=DAYS_AHEAD)))
