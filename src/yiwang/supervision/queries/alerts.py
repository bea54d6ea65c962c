"""Alerts as supervisors and the units that they are about read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.encoding import force_bytes

from yiwang.acts.queries import definition, find_definition
from yiwang.acts.values import Actor
from yiwang.cases.queries.visibility import visible_cases
from yiwang.cases.values import LawCited
from yiwang.identity.queries import post_titles, require, unit_scope, unit_titles
from yiwang.kernel import cursors
from yiwang.kernel.errors import Invalid, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.supervision.models import Alert
from yiwang.supervision.queries.visibility import supervised, visible_alerts
from yiwang.supervision.rules.arithmetic import shown
from yiwang.supervision.values import (
    CLOSE,
    EXPLAIN,
    READ,
    WITHDRAW,
    AlertCounts,
    AlertFilter,
    AlertLine,
    AlertPage,
    AlertState,
    AlertView,
    Level,
    Turned,
)

__all__ = ["alert", "alerts_on_cases", "is_about", "list_alerts", "shape_alert"]

LARGEST_PAGE = 200
UNSETTLED = (AlertState.OPEN, AlertState.EXPLAINED)
EVERYTHING = AlertFilter()


def list_alerts(
    actor: Actor, wanted: AlertFilter = EVERYTHING, cursor: str = "", limit: int = 50, language: str = "zh-Hans"
) -> AlertPage:
    """Alerts of the units that the actor supervises, the latest first, with counts and what there is to filter by.

    At most eleven queries. Raises NotAllowed without a grant of `alert.read`, Invalid for an unknown level or state.
    """
    require(actor, READ)
    if wanted.level and wanted.level not in list(Level):
        raise Invalid(msgid("There is no such level: {level}."), level=wanted.level)
    if wanted.state and wanted.state not in list(AlertState):
        raise Invalid(msgid("There is no such state of an alert: {state}."), state=wanted.state)
    limit = max(1, min(limit, LARGEST_PAGE))
    reach = supervised(actor)
    rows = _narrowed(reach, wanted)
    if wanted.level:
        rows = rows.filter(level=wanted.level)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    scope = f"alerts:{actor.capacity_id}:{wanted.level}:{wanted.state}:{wanted.unit_id}:{wanted.item}"
    key = force_bytes(settings.SECRET_KEY)
    if cursor:
        rows = rows.filter(pk__lt=cursors.decode(cursor, key, scope=scope)[0])
    found = list(rows.order_by("-pk")[: limit + 1])
    onward = cursors.encode([found[limit - 1].pk], key, scope=scope) if len(found) > limit else None
    return AlertPage(tuple(_lines(found[:limit], language)), _counts(reach, wanted, language), onward)


def _narrowed(rows: QuerySet[Alert], wanted: AlertFilter) -> QuerySet[Alert]:
    if wanted.unit_id is not None:
        rows = rows.filter(unit_id=wanted.unit_id)
    return rows.filter(item=wanted.item) if wanted.item else rows


def _counts(reach: QuerySet[Alert], wanted: AlertFilter, language: str) -> AlertCounts:
    unsettled = _narrowed(reach, wanted).filter(state__in=UNSETTLED)
    found = dict(unsettled.order_by().values_list("level").annotate(Count("pk")))
    there = list(reach.order_by().values_list("unit_id", "item").distinct())
    titles = unit_titles(unit for unit, _ in there if unit)
    return AlertCounts(
        by_level={level: found.get(str(level), 0) for level in reversed(Level)},
        units={str(unit): title for unit, title in sorted(titles.items(), key=lambda one: one[1])},
        items={item: _item_title(item, language) for item in sorted({item for _, item in there})},
    )


def alert(actor: Actor, alert_id: UUID, language: str = "zh-Hans") -> AlertView:
    """One alert, for its supervisor, its unit, and whoever sees its case in a post. Raises NotFound. At most nine queries."""
    found = visible_alerts(actor).filter(pk=alert_id).first()
    if found is None:
        raise NotFound(msgid("There is no such alert."))
    return shape_alert(actor, found, language)


def alerts_on_cases(
    actor: Actor, case_ids: Collection[UUID], language: str = "zh-Hans"
) -> dict[UUID, tuple[AlertLine, ...]]:
    """Unsettled alerts on cases, the most serious first; cases without any are left out. Four queries, none for no cases."""
    if not case_ids:
        return {}
    rows = visible_alerts(actor).filter(case_id__in=case_ids, state__in=UNSETTLED).order_by("moment", "pk")
    by_case: dict[UUID, list[AlertLine]] = {}
    for line in _lines(list(rows), language):
        by_case.setdefault(line.case_id, []).append(line)
    return {case: tuple(sorted(lines, key=lambda one: -one.level.height)) for case, lines in by_case.items()}


def shape_alert(actor: Actor, one: Alert, language: str) -> AlertView:
    """The view of an alert that the actor may see."""
    [line] = _lines([one], language)
    watch = definition("watch", one.watch, one.release)
    words = list(one.words.order_by("id"))
    who = post_titles(word.post_id for word in words if word.post_id)
    unsettled = one.state in UNSETTLED
    about_own = is_about(actor, one)
    return AlertView(
        line=line,
        watch_id=one.watch,
        watch_title=text(watch["title"], language),
        law=tuple(LawCited(each["law"], each["article"], each["text"]) for each in one.law),
        verified=watch["verified"],
        table=shown(one.arithmetic, language),
        course=tuple(
            Turned(AlertState(word.state), word.at, who.get(word.post_id, "") if word.post_id else "", word.words)
            for word in words
        ),
        may_explain=unsettled and unit_scope(actor, EXPLAIN).covers(one.unit_id),
        may_close=unsettled and not about_own and unit_scope(actor, CLOSE).covers(one.unit_id),
        may_withdraw=one.state != AlertState.WITHDRAWN
        and not about_own
        and unit_scope(actor, WITHDRAW).covers(one.unit_id),
        sees_case=visible_cases(actor).filter(pk=one.case_id).exists(),
        origin=one.origin,
    )


def is_about(actor: Actor, one: Alert) -> bool:
    """Whether the alert is about the actor's own work."""
    return (one.account_id is not None and one.account_id == actor.account_id) or (
        one.post_id is not None and one.post_id == actor.capacity_id
    )


def _lines(rows: Iterable[Alert], language: str) -> list[AlertLine]:
    rows = list(rows)
    units = unit_titles(one.unit_id for one in rows if one.unit_id)
    posts = post_titles(one.post_id for one in rows if one.post_id)
    return [_line(one, units, posts, language) for one in rows]


def _line(one: Alert, units: Mapping[UUID, str], posts: Mapping[UUID, str], language: str) -> AlertLine:
    return AlertLine(
        id=one.id,
        level=Level(one.level),
        state=AlertState(one.state),
        case_id=one.case_id,
        case_number=one.case_number,
        item_id=one.item,
        item_title=text(definition("item", one.item, one.release)["title"], language),
        limit_title=text(definition("limit", one.limit, one.release)["title"], language),
        unit_id=one.unit_id,
        unit_title=units.get(one.unit_id, "") if one.unit_id else "",
        post=posts.get(one.post_id, "") if one.post_id else "",
        rule=text(one.rule, language),
        due_on=one.due_on,
        moment=one.moment,
        fired_at=one.fired_at,
    )


def _item_title(item: str, language: str) -> str:
    body: Any = find_definition("item", item)
    return text(body["title"], language) if body else item
