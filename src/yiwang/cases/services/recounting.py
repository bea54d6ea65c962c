"""Changed days, changed hours: count open clocks anew, and tell whose dates moved. What has ended keeps the dates that it had."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.acts.queries import definition, list_definitions
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.cases.models import Case, Clock, ClockChange
from yiwang.cases.queries.calendars import Calendars, calendars, counts_locally, has_local_days
from yiwang.cases.queries.clocks import course_of
from yiwang.cases.queries.limits import item_clock
from yiwang.cases.rules.limits import days_that_differ, is_local, local_days, stands_in
from yiwang.cases.services.clocks import new_change, set_dates, tell_change
from yiwang.cases.services.course import save_cases
from yiwang.cases.values import ClockState, ClockUnit
from yiwang.identity.queries import units_placed
from yiwang.kernel import failpoints
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.time import CITY_ZONE

__all__ = [
    "clocks_that_count",
    "clocks_that_count_hours",
    "days_or_hours_changed",
    "recount_moved",
    "recount_placed",
    "recount_where_answered",
    "system_recount_clocks",
]

BATCH = 500
DATES = ["legal_due", "legal_due_at", "promised_due", "due", "due_at", "provisional"]
TOLD = ["legal_due", "legal_due_at", "promised_due", "due_at"]
FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)
"""Before and after every limit."""

Span = tuple[date, date]


@service("clock.recount")
def system_recount_clocks(actor: Actor, release: int) -> int:
    """Count the running clocks anew that count a day or an hour which `release` has changed; return how many moved.

    Each moved clock gets a row of history, a line in its case's course, and its event. Six statements for 500 cases; their rows are
    locked until the release stands: who is killed before leaves nothing behind, and who applies it again tells everybody once.
    """
    act = current_act()
    act.about("release", release)
    which = _touched(release)
    moved = 0
    if which is not None:
        running = Clock.objects.filter(which, state=ClockState.RUNNING)
        ids = list(running.order_by("case_id").values_list("case_id", flat=True).distinct())
        units = set(
            Case.objects.filter(pk__in=running.values("case_id"), unit__isnull=False).values_list("unit", flat=True)
        )
        by = calendars(release, units=units)
        for start in range(0, len(ids), BATCH):
            moved += _recount(ids[start : start + BATCH], which, by)
            failpoints.reach("cases.after-recounting-a-batch")
    act.note(moved=moved)
    return moved


def days_or_hours_changed(release: int) -> bool:
    """Whether calendars or service hours are others in `release` than in the one before."""
    return release > 1 and any(
        list_definitions(kind, release) != list_definitions(kind, release - 1) for kind in ("calendar", "service-hours")
    )


def recount_where_answered(cases: Sequence[Case]) -> None:
    """Count the running clocks of locked cases anew for which another unit answers now, where they count by its calendar or hours.

    The caller writes the lines of the course.
    """
    local = {one.pk: one for one in cases if _counts_by_unit(one)}
    if local:
        by = calendars(units={one.unit_id for one in local.values() if one.unit_id is not None})
        _move(Q(case__in=local), local, by, change="moved")


def recount_moved(cases: QuerySet[Case]) -> None:
    """The same of locked cases that a reorganisation gave to another unit, with the lines of their courses.

    One query when nothing is local.
    """
    limits = _limits_of(Clock.objects.filter(case__in=cases, state=ClockState.RUNNING))
    if limits.local:
        running = Clock.objects.filter(limit__in=limits.local, state=ClockState.RUNNING)
        found = list(cases.filter(pk__in=running.values("case_id")).order_by("pk"))
        recount_where_answered(found)
        save_cases(found)


def recount_placed(unit_ids: Collection[UUID]) -> None:
    """The same of the open cases of units that stand elsewhere now, in another division or below others.

    One query when nothing is local.
    """
    running = Clock.objects.filter(case__unit__in=unit_ids, state=ClockState.RUNNING)
    limits = _limits_of(running)
    if limits.local:
        ids = running.filter(limit__in=limits.local).order_by().values_list("case_id", flat=True).distinct()
        cases = Case.objects.filter(pk__in=list(ids))
        list(cases.select_for_update().order_by("pk").values_list("pk"))
        recount_moved(cases)


def _counts_by_unit(case: Case) -> bool:
    stated = definition("item", case.item, case.release)["clocks"]
    return any(_limit_of(one["limit"], case.item, case.release).local for one in stated)


# ── Which clocks ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Counts:
    """What a clock counts by.  days: a day off can move it.  local: so can one of its unit's place.  hours: so can its unit's hours."""

    days: bool
    local: bool
    hours: bool


@dataclass(slots=True)
class _Limits:
    """Ids of the limits of running clocks, by what they count."""

    days: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    hours: set[str] = field(default_factory=set)


def clocks_that_count(body: Mapping[str, Any]) -> QuerySet[Clock]:
    """Running clocks that a calendar (a stored body) concerns: that count a day of its year, or in its divisions one of its days."""
    limits = _limits_running()
    if not is_local(body):
        year = int(body["year"])
        which = _between((date(year, 1, 1), date(year, 12, 31))) & Q(limit__in=limits.days)
    else:
        days = _own_days(body)
        units = [id for id, placed in units_placed().items() if stands_in(body, placed.division)]
        span = (min(days), max(days)) if days else (LAST, FIRST)
        which = _between(span) & Q(limit__in=limits.local, case__unit__in=units)
    return Clock.objects.filter(which, state=ClockState.RUNNING)


def clocks_that_count_hours() -> QuerySet[Clock]:
    """Running clocks that count service hours."""
    return Clock.objects.filter(limit__in=_limits_running().hours, state=ClockState.RUNNING)


def _touched(release: int) -> Q | None:
    """Which clocks may have moved: by the kind of their count, by the unit that answers and its place, by when they run."""
    before, after = calendars(release - 1), calendars(release)
    limits = _limits_running()
    found: list[Q] = []
    years = {int(body["year"]) for of in (before, after) for body in _bodies(of) if not is_local(body)}
    if (span := _changed_days(before.national, after.national, years)) is not None:
        found.append(_between(span) & Q(limit__in=limits.days))
    if limits.local and (has_local_days(before.release) or has_local_days(after.release)):
        found += _where(_changed_locally(before, after, limits.local), limits.local)
    if limits.hours:
        found += _where(_changed_hours(before, after, limits.hours), limits.hours)
    which = None
    for one in found:
        which = one if which is None else which | one
    return which


def _limits_running() -> _Limits:
    return _limits_of(Clock.objects.filter(state=ClockState.RUNNING))


def _limits_of(clocks: QuerySet[Clock]) -> _Limits:
    found = _Limits()
    for limit, item, release in clocks.values_list("limit", "case__item", "case__release").order_by().distinct():
        counts = _limit_of(limit, item, release)
        for name in ("days", "local", "hours"):
            if getattr(counts, name):
                getattr(found, name).add(limit)
    return found


def _limit_of(limit: str, item: str, release: int) -> _Counts:
    declared = definition("limit", limit, release)
    stated = item_clock(definition("item", item, release), limit)
    unit = ClockUnit(declared["unit"])
    hours = unit is ClockUnit.SERVICE_HOURS
    days = hours or unit is ClockUnit.WORKING_DAYS or (unit is not ClockUnit.HOURS and declared["rolls"])
    return _Counts(days, hours or (days and (counts_locally(declared) or counts_locally(stated))), hours)


def _where(spans: Mapping[UUID | None, Span], limits: Collection[str]) -> list[Q]:
    """Clocks of these limits by the span that changed for their unit: units of one span together."""
    units: dict[Span, list[UUID | None]] = {}
    for unit_id, span in spans.items():
        units.setdefault(span, []).append(unit_id)
    found = []
    for span, ids in units.items():
        whose = Q(case__unit__in=[id for id in ids if id is not None])
        if None in ids:
            whose |= Q(case__unit__isnull=True)
        found.append(_between(span) & Q(limit__in=limits) & whose)
    return found


def _units_with(limits: Collection[str]) -> list[UUID | None]:
    rows = Clock.objects.filter(state=ClockState.RUNNING, limit__in=limits).order_by()
    return list(rows.values_list("case__unit", flat=True).distinct())


def _changed_locally(before: Calendars, after: Calendars, limits: Collection[str]) -> dict[UUID | None, Span]:
    """Unit → the first and the last of the days that its place has made others."""
    placed = units_placed([id for id in _units_with(limits) if id is not None])
    by_division: dict[str, Span | None] = {}
    for division in {one.division for one in placed.values()}:
        days = days_that_differ(local_days(_bodies(before), division), local_days(_bodies(after), division))
        by_division[division] = (min(days), max(days)) if days else None
    return {id: span for id, one in placed.items() if (span := by_division[one.division]) is not None}


def _changed_hours(before: Calendars, after: Calendars, limits: Collection[str]) -> dict[UUID | None, Span]:
    """Unit → from the first day on which its hours are others."""
    units = _units_with(limits)
    placed = units_placed([id for id in units if id is not None])
    old, new = Calendars(before.release, placed), Calendars(after.release, placed)
    found: dict[UUID | None, Span] = {}
    for id in units:
        was, will = old.declared_hours(id), new.declared_hours(id)
        since = date.min if was is None or will is None else was.changes_on(will)
        if since is not None and was != will:
            found[id] = (max(since, FIRST), LAST)
    return found


def _bodies(of: Calendars) -> Iterable[Mapping[str, Any]]:
    return list_definitions("calendar", of.release).values()


def _own_days(body: Mapping[str, Any]) -> list[date]:
    return sorted(local_days([body], body["divisions"][0]))


def _between(span: Span) -> Q:
    """Running clocks that count a day of the span, or end on one."""
    first, last = span
    return Q(
        Q(legal_due__gte=first) | Q(promised_due__gte=first) | Q(started_at__gte=_midnight(first)),
        Q(legal_due__lte=last) | Q(started_at__lt=_midnight(last + timedelta(days=1))),
    )


def _changed_days(old: WorkingCalendar, new: WorkingCalendar, years: set[int]) -> Span | None:
    """The first and the last day that another calendar judges otherwise; a year that became official changed as a whole."""
    changed: list[date] = []
    for year in sorted(years):
        first, last = date(year, 1, 1), date(year, 12, 31)
        if old.is_provisional(year) != new.is_provisional(year):
            changed += [first, last]
            continue
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        changed += [
            day
            for day in days
            if old.is_working(day) != new.is_working(day) or old.is_holiday(day) != new.is_holiday(day)
        ]
    return (min(changed), max(changed)) if changed else None


# ── Counting ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _recount(case_ids: Sequence[UUID], which: Q, by: Calendars) -> int:
    cases = {one.pk: one for one in Case.objects.select_for_update().filter(pk__in=case_ids).order_by("pk")}
    rows = _move(which & Q(case__in=cases), cases, by)
    save_cases([cases[pk] for pk in dict.fromkeys(row.clock.case_id for row in rows)])
    return len(rows)


def _move(which: Q, cases: Mapping[UUID, Case], by: Calendars, change: str = "recounted") -> list[ClockChange]:
    """Reckon the running clocks of locked cases; write the history of those that moved, which is returned, and tell of it.

    change: `recounted`, since days or hours are others; `moved`, since another unit answers.
    """
    other: list[Clock] = []
    rows: list[ClockChange] = []
    running = Clock.objects.filter(which, state=ClockState.RUNNING).order_by("case_id", "id")
    for clock in running.prefetch_related("changes"):
        case = cases[clock.case_id]
        before = {name: getattr(clock, name) for name in DATES}
        set_dates(clock, case, course_of(clock), by)
        if before == {name: getattr(clock, name) for name in DATES}:
            continue
        other.append(clock)
        if any(before[name] != getattr(clock, name) for name in TOLD):
            clock.case = case
            rows.append(new_change(clock, change, at=current_act().time, position=len(clock.changes.all()) + 1))
    Clock.objects.bulk_update(other, DATES)
    ClockChange.objects.bulk_create(rows)
    for row in rows:
        tell_change(row.clock.case, row.clock, row)
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)
