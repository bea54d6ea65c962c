"""The board: ten numbers of the units that somebody oversees, each with the period before and the cases behind it.

Every number is a query over what happened, and the list behind it starts from the same condition: they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from yiwang.acts.values import Actor
from yiwang.cases.queries import title_of
from yiwang.cases.queries.calendars import city_calendar
from yiwang.cases.queries.clocks import missed_clocks, running_until
from yiwang.cases.queries.overseeing import overseen_cases, overseen_page
from yiwang.cases.values import CasePage, CaseState, Outcome
from yiwang.documents.queries.overseeing import overseen_certificates
from yiwang.identity.queries import in_scope, require, unit_titles
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import CITY_ZONE, today
from yiwang.records.queries.discrepancies import overseen_discrepancies
from yiwang.supervision.models import Alert
from yiwang.supervision.values import OVERSEE, AlertState, Board, BoardNumber, BoardRow, Level, Number

__all__ = ["board", "board_list"]

PERIODS = (7, 30, 90)
SOON_DAYS = 2
MOST_ROWS = 30
DECIDED = (Outcome.ACCEPTED, Outcome.REFUSED)
WARNINGS = (Level.WARNING, Level.YELLOW)


@dataclass(frozen=True, slots=True)
class _Span:
    """Instants from `since` to before `until`."""

    since: datetime
    until: datetime

    @classmethod
    def of_days(cls, since: date, until: date) -> _Span:
        return cls(datetime.combine(since, time(), CITY_ZONE), datetime.combine(until, time(), CITY_ZONE))

    def within(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.since, f"{field}__lt": self.until})

    def standing(self, began: str, ended: str) -> Q:
        """What had begun and had not ended when the span ended."""
        return Q(**{f"{began}__lt": self.until}) & (
            Q(**{f"{ended}__isnull": True}) | Q(**{f"{ended}__gte": self.until})
        )


def _conditions(span: _Span) -> dict[Number, Q]:
    """Number → the cases that it counts."""
    decided = span.within("ended_at") & Q(outcome__in=DECIDED)
    return {
        Number.IN_HAND: span.standing("submitted_at", "ended_at"),
        Number.SUBMITTED: span.within("submitted_at"),
        Number.DECIDED: decided,
        Number.IN_TIME: decided & ~Q(Exists(missed_clocks(OuterRef("pk")))),
        Number.OVERDUE: Q(Exists(running_until(OuterRef("pk"), today() - timedelta(days=1))), state=CaseState.OPEN),
        Number.SPARED: span.within("submitted_at") & Q(form_fields__gt=0),
    }


def board(actor: Actor, days: int = 30, language: str = "zh-Hans") -> Board:
    """The ten numbers of the last days, today included, with those of as many days before, and the open cases by unit and item.

    Fourteen queries at most, however many cases. Raises NotAllowed without the grant `board.read`.
    """
    require(actor, OVERSEE)
    days = days if days in PERIODS else 30
    until = today() + timedelta(days=1)
    since = until - timedelta(days=days)
    now, before = _Span.of_days(since, until), _Span.of_days(since - timedelta(days=days), since)
    current, earlier = _counted(actor, now), _counted(actor, before)
    made = [
        BoardNumber(
            number,
            current[number],
            None if number is Number.OVERDUE else earlier[number],
            percent=number in (Number.IN_TIME, Number.SPARED),
            more_is_better=_BETTER.get(number),
        )
        for number in Number
    ]
    rows = overseen_cases(actor)
    return Board(since, until, tuple(made), _by_unit(rows, now), _by_item(rows, now, language))


_BETTER = {
    Number.DECIDED: True,
    Number.IN_TIME: True,
    Number.SPARED: True,
    Number.OVERDUE: False,
    Number.WARNED: False,
    Number.RED: False,
    Number.DOUBTED: False,
}


def _counted(actor: Actor, span: _Span) -> dict[Number, int | None]:
    conditions = _conditions(span)
    lately = (
        Q(state=CaseState.OPEN) | Q(submitted_at__gte=span.since) | Q(ended_at__gte=span.since)
    )  # the rest counts nowhere
    found = (
        overseen_cases(actor)
        .filter(lately)
        .aggregate(
            **{number.name.lower(): Count("pk", filter=condition) for number, condition in conditions.items()},
            asked=Sum("form_fields", filter=conditions[Number.SPARED]),
            known=Sum("known_fields", filter=conditions[Number.SPARED]),
        )
    )
    alerts = _alerts(actor).aggregate(
        warned=Count("pk", filter=span.within("fired_at") & Q(level__in=WARNINGS)),
        red=Count("pk", filter=span.within("fired_at") & Q(level=Level.RED)),
    )
    counted: dict[Number, int | None] = {number: found[number.name.lower()] for number in conditions}
    counted[Number.IN_TIME] = _share(found["in_time"], found["decided"])
    counted[Number.SPARED] = _share(found["known"], found["asked"])
    counted[Number.WARNED], counted[Number.RED] = alerts["warned"], alerts["red"]
    counted[Number.DOUBTED] = overseen_discrepancies(actor).filter(span.standing("opened_at", "ended_at")).count()
    counted[Number.CERTIFIED] = overseen_certificates(actor).filter(span.within("issued_at")).count()
    return counted


def _share(part: int | None, whole: int | None) -> int | None:
    return round(100 * (part or 0) / whole) if whole else None


def _alerts(actor: Actor) -> QuerySet[Alert]:
    return Alert.objects.filter(in_scope(actor, OVERSEE)).exclude(state=AlertState.WITHDRAWN)


def _grouped(span: _Span) -> Mapping[str, Count]:
    soon = city_calendar().add_working_days(today(), SOON_DAYS).date
    late, near = today() - timedelta(days=1), soon
    is_open = Q(state=CaseState.OPEN)
    over = Exists(running_until(OuterRef("pk"), late))
    return {
        "open": Count("pk", filter=is_open),
        "overdue": Count("pk", filter=is_open & Q(over)),
        "soon": Count("pk", filter=is_open & Q(Exists(running_until(OuterRef("pk"), near))) & ~Q(over)),
        "submitted": Count("pk", filter=span.within("submitted_at")),
    }


def _recent(span: _Span) -> Q:
    return Q(state=CaseState.OPEN) | span.within("submitted_at")


def _by_unit(rows: QuerySet, span: _Span) -> tuple[BoardRow, ...]:  # type: ignore[type-arg]
    found = list(
        rows.filter(_recent(span), unit__isnull=False)
        .order_by()
        .values("unit_id")
        .annotate(**_grouped(span))
        .order_by("-overdue", "-open", "unit_id")[:MOST_ROWS]
    )
    titles = unit_titles(one["unit_id"] for one in found)
    return tuple(
        BoardRow(
            str(one["unit_id"]),
            titles.get(one["unit_id"], ""),
            one["open"],
            one["overdue"],
            one["soon"],
            one["submitted"],
        )
        for one in found
    )


def _by_item(rows: QuerySet, span: _Span, language: str) -> tuple[BoardRow, ...]:  # type: ignore[type-arg]
    found = (
        rows.filter(_recent(span))
        .order_by()
        .values("item")
        .annotate(**_grouped(span))
        .order_by("-overdue", "-open", "item")[:MOST_ROWS]
    )
    return tuple(
        BoardRow(
            one["item"], title_of(one["item"], language), one["open"], one["overdue"], one["soon"], one["submitted"]
        )
        for one in found
    )


def board_list(
    actor: Actor,
    number: str,
    days: int = 30,
    *,
    unit: str = "",
    item: str = "",
    cursor: str = "",
    language: str = "zh-Hans",
) -> CasePage:
    """The cases behind a number of the board, newest first.  unit, item: only theirs. For a share: those that missed it.

    Raises NotAllowed without the grant `board.read`, NotFound for an unknown number.
    """
    require(actor, OVERSEE)
    if number not in list(Number):
        raise NotFound(msgid("The board has no such number."))
    days = days if days in PERIODS else 30
    until = today() + timedelta(days=1)
    span = _Span.of_days(until - timedelta(days=days), until)
    rows = overseen_cases(actor).filter(_behind(actor, Number(number), span))
    if unit:
        rows = rows.filter(unit_id=unit)
    if item:
        rows = rows.filter(item=item)
    return overseen_page(actor, rows, f"{number}:{days}:{unit}:{item}", cursor, language=language)


def _behind(actor: Actor, number: Number, span: _Span) -> Q:
    conditions = _conditions(span)
    match number:
        case Number.IN_TIME:
            return conditions[Number.DECIDED] & Q(Exists(missed_clocks(OuterRef("pk"))))
        case Number.SPARED:
            return conditions[Number.SPARED] & Q(known_fields__lt=F("form_fields"))
        case Number.WARNED:
            fired = _alerts(actor).filter(span.within("fired_at"), level__in=WARNINGS)
            return Q(pk__in=fired.values("case_id"))
        case Number.RED:
            return Q(pk__in=_alerts(actor).filter(span.within("fired_at"), level=Level.RED).values("case_id"))
        case Number.DOUBTED:
            standing = overseen_discrepancies(actor).filter(span.standing("opened_at", "ended_at"))
            return Q(pk__in=standing.filter(case_id__isnull=False).values("case_id"))
        case Number.CERTIFIED:
            issued = overseen_certificates(actor).filter(span.within("issued_at"), case_id__isnull=False)
            return Q(pk__in=issued.values("case_id"))
        case _:
            return conditions[number]
