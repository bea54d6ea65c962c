"""A changed calendar: count open clocks anew, and tell whose dates moved. What has ended keeps the dates that it had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.acts.queries import list_definitions
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.cases.models import Case, Clock, ClockChange
from yiwang.cases.queries.clocks import course_of
from yiwang.cases.queries.limits import city_calendar
from yiwang.cases.services.clocks import new_change, set_dates, tell_change
from yiwang.cases.services.course import save_cases
from yiwang.cases.values import ClockState
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.time import CITY_ZONE

__all__ = ["clocks_between", "system_recount_clocks"]

BATCH = 500
DATES = ["legal_due", "legal_due_at", "promised_due", "due", "due_at", "provisional"]


@service("clock.recount")
def system_recount_clocks(actor: Actor, release: int) -> int:
    """Count every running clock anew whose days are other ones in `release` than in the one before it; return how many moved.

    Each moved clock gets a row of history, a line in its case's course, and its event. Six statements for 500 cases; their rows are
    locked until the release stands.
    """
    act = current_act()
    act.about("release", release)
    calendar = city_calendar(release)
    span = _changed_days(city_calendar(release - 1), calendar, _declared_years(release))
    moved = 0
    if span is not None:
        ids = list(clocks_between(*span).order_by("case_id").values_list("case_id", flat=True).distinct())
        for start in range(0, len(ids), BATCH):
            moved += _recount(ids[start : start + BATCH], span, calendar)
    act.note(moved=moved)
    return moved


def clocks_between(first: date, last: date) -> QuerySet[Clock]:
    """Running clocks that count a day from `first` to `last`, or end on one."""
    return Clock.objects.filter(
        Q(legal_due__gte=first) | Q(started_at__gte=_midnight(first)),
        Q(legal_due__lte=last) | Q(started_at__lt=_midnight(last + timedelta(days=1))),
        state=ClockState.RUNNING,
    )


def _declared_years(release: int) -> set[int]:
    return {
        int(body["year"]) for number in (release - 1, release) for body in list_definitions("calendar", number).values()
    }


def _changed_days(old: WorkingCalendar, new: WorkingCalendar, years: set[int]) -> tuple[date, date] | None:
    """The first and the last day that another calendar judges otherwise; a year that became official changed as a whole."""
    changed: list[date] = []
    for year in sorted(years):
        first, last = date(year, 1, 1), date(year, 12, 31)
        if old.is_provisional(year) != new.is_provisional(year):
            changed += [first, last]
            continue
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        changed += [day for day in days if old.is_working(day) != new.is_working(day)]
    return (min(changed), max(changed)) if changed else None


def _recount(case_ids: Sequence[UUID], span: tuple[date, date], calendar: WorkingCalendar) -> int:
    cases = {one.pk: one for one in Case.objects.select_for_update().filter(pk__in=case_ids).order_by("pk")}
    other: list[Clock] = []
    rows: list[ClockChange] = []
    for clock in clocks_between(*span).filter(case__in=cases).order_by("case_id", "id").prefetch_related("changes"):
        case = cases[clock.case_id]
        before = {name: getattr(clock, name) for name in DATES}
        set_dates(clock, case, course_of(clock), calendar)
        if before == {name: getattr(clock, name) for name in DATES}:
            continue
        other.append(clock)
        if any(before[name] != getattr(clock, name) for name in ("legal_due", "promised_due")):
            clock.case = case
            rows.append(new_change(clock, "recounted", at=current_act().time, position=len(clock.changes.all()) + 1))
    Clock.objects.bulk_update(other, DATES)
    ClockChange.objects.bulk_create(rows)
    for row in rows:
        tell_change(row.clock.case, row.clock, row)
    save_cases([cases[pk] for pk in dict.fromkeys(row.clock.case_id for row in rows)])
    return len(rows)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)
