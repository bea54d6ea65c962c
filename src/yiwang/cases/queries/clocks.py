"""The clocks of cases: where each stands, and every civil date on which its limit is counted, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case as Choose
from django.db.models import Min, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import Prepared, definition
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Case, Clock, ClockChange, Task
from yiwang.cases.queries.calendars import Calendars, Way, calendars_of, measures
from yiwang.cases.queries.clock_words import clock_facts, clock_sentence, clock_state, clock_sum, day_marks, folded
from yiwang.cases.queries.limits import amount, item_clock, limit_shown
from yiwang.cases.queries.visibility import EXTEND, visible_cases
from yiwang.cases.rules.clocks import ClockDay, Course, Extension, Measure, Pause, explain, promised_course, remaining
from yiwang.cases.values import ClockExplained, ClockState, ClockUnit, ClockView, ExplainedDay
from yiwang.identity.queries import unit_scope
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.errors import NotFound
from yiwang.kernel.texts import civil_day, text
from yiwang.kernel.time import CITY_ZONE, civil_date, now, today
from yiwang.places.queries import hours_in_words, spans_in_words

__all__ = [
    "OPEN",
    "all_clocks",
    "clocks_of",
    "course_of",
    "due_among",
    "due_of",
    "due_of_task",
    "earliest_due",
    "explain_clock",
    "explained",
    "limits_in_words",
    "missed_clocks",
    "running_until",
    "task_due",
    "with_clocks",
]

OPEN = (ClockState.RUNNING, ClockState.PAUSED)
_CLOCKS = Prepared(lambda case: Clock.objects.filter(case_id=case).order_by("started_at", "id"), UUID)


# ── What is due ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_clocks() -> Prefetch[str]:
    """Clocks with their history: two queries, however many cases."""
    changes = Prefetch("changes", ClockChange.objects.order_by("position"))
    return Prefetch("clocks", Clock.objects.order_by("started_at", "id").prefetch_related(changes))


def all_clocks(case: Case) -> list[Clock]:
    """Every clock of a case as it stands now, the first started first. One query."""
    found = _CLOCKS(case.pk)
    for one in found:
        one.case = case
    return found


def due_of(case: Case) -> Clock | None:
    """The clock that says until when a case waits: of the open ones with a day the earliest, of an ended case the last one.

    Takes the clocks that `with_clocks` has read; else one query.
    """
    is_read = "clocks" in getattr(case, "_prefetched_objects_cache", {})
    return due_among(case.clocks.all() if is_read else all_clocks(case), ended=case.ended_at is not None)


def due_among(clocks: Iterable[Clock], *, ended: bool) -> Clock | None:
    """The same of the clocks of a case.  ended: the case."""
    clocks = list(clocks)
    going = [one for one in clocks if one.state in OPEN and one.due is not None]
    if going:
        return min(going, key=_due_at)
    over = [one for one in clocks if one.ended_at is not None and one.due is not None]
    return max(over, key=_due_at, default=None) if ended else None


def limits_in_words(clocks: Iterable[Clock], release: int, language: str) -> str:
    """Which limits of a case run and until when, the earliest first; empty when none runs."""
    going = sorted((one for one in clocks if one.state in OPEN and one.due is not None), key=_due_at)
    with override(language.lower()):
        return _("; ").join(
            _("{limit}: by {day}").format(
                limit=text(definition("limit", one.limit, release)["title"], language),
                day=last_moment(
                    one.due, one.due_at, measures(definition("limit", one.limit, release), None)[0], language
                ),
            )
            for one in going
        )


def last_moment(due: date | None, due_at: datetime | None, measure: Measure, language: str) -> str:
    """A last day in words, with the time where the limit ends within it; empty without a day."""
    if due is None:
        return ""
    day = civil_day(due, language)
    return f"{day} {due_at.astimezone(CITY_ZONE):%H:%M}" if measure.in_hours and due_at is not None else day


def _due_at(one: Clock) -> datetime:
    if one.due_at is None:
        raise AssertionError("Only clocks with a day are compared.")
    return one.due_at


def earliest_due(case_id: str) -> Subquery:
    """The same for a query of rows that name their case by `case_id`; null when nothing is due."""
    open_ones = Clock.objects.filter(case=OuterRef(case_id), state__in=OPEN, due__isnull=False)
    return Subquery(open_ones.order_by().values("case").annotate(earliest=Min("due")).values("earliest"))


def missed_clocks(case_id: OuterRef) -> QuerySet[Clock]:
    """Clocks of a case whose limit was missed, for a query of cases."""
    return Clock.objects.filter(case=case_id, state=ClockState.MISSED)


def running_until(case_id: OuterRef, day: date) -> QuerySet[Clock]:
    """Running clocks of a case that end on this civil date or before, for a query of cases."""
    return Clock.objects.filter(case=case_id, state=ClockState.RUNNING, due__lte=day)


def task_due(task: Task, case: Case) -> date | None:
    """The last day of a task: of its own limit, else of its case's clocks; the applicant stands under none of those."""
    if task.own_due_on is not None or task.party or case.ended_at is not None:
        return task.own_due_on
    clock = due_of(case)
    return clock.due if clock is not None else None


def due_of_task() -> Coalesce:
    """The same for a query of tasks."""
    return Coalesce("own_due_on", Choose(When(Q(party=""), then=earliest_due("case_id"))))


# ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def clocks_of(case: Case, language: str, by: Calendars) -> tuple[ClockView, ...]:
    """Every clock of a loaded case, in the order in which they began, as it counts by these calendars."""
    with override(language.lower()):
        return tuple(_view(one, case, language, _ways(one, case, by)) for one in case.clocks.all())


def _ways(clock: Clock, case: Case, by: Calendars) -> tuple[Way, Way | None]:
    stated = item_clock(definition("item", case.item, case.release), clock.limit)
    return by.ways(definition("limit", clock.limit, case.release), stated, case.unit_id, case.release)


def course_of(clock: Clock, changes: Iterable[ClockChange] | None = None) -> Course:
    """What has happened to a clock, as its history tells. Reads `clock.changes`, prefetched or not, unless they are given."""
    pauses: list[Pause] = []
    extensions: list[Extension] = []
    for one in sorted(clock.changes.all() if changes is None else changes, key=lambda each: each.position):
        if one.change == "paused":
            pauses.append(Pause(one.at, None, one.reason))
        elif one.change == "resumed":
            pauses[-1] = replace(pauses[-1], ended=one.at)
        elif one.change == "extended":
            extensions.append(Extension(one.at, one.length))
    return Course(clock.started_at, tuple(pauses), tuple(extensions))


def _view(clock: Clock, case: Case, language: str, ways: tuple[Way, Way | None]) -> ClockView:
    limit = definition("limit", clock.limit, case.release)
    stated = item_clock(definition("item", case.item, case.release), clock.limit)
    way, promise = ways
    legal = way.measure
    course = course_of(clock)
    is_open = clock.state in OPEN
    left = None
    if is_open:
        left = remaining(legal, course, way.calendar, now())
        if promise is not None:
            kept = promised_course(promise.measure, course, promise.calendar)
            left = min(left, remaining(promise.measure, kept, promise.calendar, now()))
    paused = course.pauses[-1] if clock.state == ClockState.PAUSED else None
    left_text = "" if left is None else _left(left, legal.unit, paused=paused is not None)
    view = ClockView(
        limit=limit_shown(limit, stated, case.release, language),
        state=ClockState(clock.state),
        started_at=clock.started_at,
        started_on=civil_date(clock.started_at),
        legal_due_on=clock.legal_due,
        promised_due_on=clock.promised_due,
        due_on=clock.due,
        due_at=clock.due_at,
        provisional=clock.provisional,
        left=left,
        left_text=left_text,
        due_text=last_moment(clock.due, clock.due_at, legal, language),
        at_an_instant=legal.in_hours,
        hours=hours_in_words(legal.hours, clock.due or today(), language) if legal.hours is not None else "",
        paused_on=civil_date(paused.began) if paused else None,
        paused_for=text(definition("pause", paused.reason, case.release)["title"], language) if paused else "",
        extended_by=amount(course.extended, legal.unit) if course.extended else "",
        extensions=len(course.extensions),
        ended_at=clock.ended_at,
        state_text=clock_state(ClockState(clock.state), left_text),
        facts=(),
    )
    return replace(view, facts=clock_facts(view))


def _left(left: int, unit: ClockUnit, *, paused: bool) -> str:
    if unit is ClockUnit.MONTHS:  # what is left of months is counted in days
        unit = ClockUnit.DAYS
    in_hours = unit in (ClockUnit.HOURS, ClockUnit.SERVICE_HOURS)
    if paused and left > 0:
        return _("{amount} kept").format(amount=amount(left, unit))
    if left < 0:
        return _("over by {amount}").format(amount=amount(-left, unit))
    if left == 0:
        return _("ends within the hour") if in_hours else _("ends today")
    return _("{amount} left").format(amount=amount(left, unit))


# ── Why on that day ─────────────────────────────────────────────────────────────────────────────────────────────────────


def explain_clock(actor: Actor, case_id: UUID, limit: str, language: str = "zh-Hans") -> ClockExplained:
    """The table of civil dates of a case's clock of `limit` (the last one, if it was started again), with the reason for each.

    Counted with today's calendar while the clock is open, with that of its last day once it has ended. For the applicant and whoever
    sees the case. Raises NotFound. At most ten queries.
    """
    case = visible_cases(actor).prefetch_related(with_clocks()).filter(pk=case_id).first()
    found = [one for one in case.clocks.all() if one.limit == limit] if case is not None else []
    if case is None or not found:
        raise NotFound("There is no such limit in this case.")
    return explained(actor, case, found[-1], language)


def explained(actor: Actor, case: Case, clock: Clock, language: str) -> ClockExplained:
    """The same of one clock of a case that was loaded `with_clocks`."""
    declared = definition("limit", clock.limit, case.release)
    ways = _ways(clock, case, calendars_of(clock, case))
    legal, _promise = ways
    until = today() if clock.ended_at is None else civil_date(clock.ended_at)
    with override(language.lower()):
        view = _view(clock, case, language, ways)
        rows = tuple(
            _row(row, view, declared, case.release, ways, language)
            for row in explain(legal.measure, course_of(clock), legal.calendar, until)
        )
        return ClockExplained(
            case_id=case.id,
            case_number=case.number,
            item_title=text(definition("item", case.item, case.release)["title"], language),
            clock=view,
            sentence=clock_sentence(view),
            sum=clock_sum(view, rows, legal.measure.unit),
            rows=rows,
            spans=folded(rows),
            may_extend=_may_extend(actor, case, view),
            origin=case.origin,
        )


def _may_extend(actor: Actor, case: Case, view: ClockView) -> bool:
    return (
        view.limit.extension is not None
        and view.extensions < view.limit.extension.times
        and view.state in OPEN
        and (view.legal_due_on is None or view.legal_due_on >= today())
        and actor.capacity is CapacityKind.POST
        and actor.subject_id != case.subject_id
        and unit_scope(actor, EXTEND).covers(case.unit_id)
    )


def _row(
    row: ClockDay,
    view: ClockView,
    limit: Mapping[str, Any],
    release: int,
    ways: tuple[Way, Way | None],
    language: str,
) -> ExplainedDay:
    way, promise = ways
    unit, calendar = way.measure.unit, way.calendar
    name, law = text(row.name, language), _(row.law) if row.law else ""
    if row.pause:
        pause = definition("pause", row.pause, release)
        name, law = text(pause["title"], language), f"{pause['law']} {pause['article']}".strip()
    elif isinstance(row.name, str) and row.name:
        name = _(row.name)
    if row.code in ("counted", "off"):
        law = calendar.source(row.on) if _is_arranged(row, calendar) else ""
        if row.extended:
            law = f"{limit['law']} {limit['article']}".strip()
    sentence = _(row.message).format(name=name, amount=row.amount, hours=spans_in_words(row.hours))
    if row.code == "counted" and unit is ClockUnit.DAYS and not calendar.is_working(row.on):
        sentence = _("{why}: a period in calendar days counts it all the same").format(why=sentence)
    if row.code in ("counted", "off") and promise is not None and promise.local and not way.local:
        sentence, law = _for_the_promise(row.on, promise.calendar, sentence, law, language)
    if row.extended:
        sentence = _("{why}; one of the days by which the limit was extended").format(why=sentence)
    ended_on = civil_date(view.ended_at) if view.ended_at else None
    shown = ExplainedDay(
        on=row.on,
        until=row.until,
        number=row.number,
        code=row.code,
        sentence=sentence,
        law=law,
        provisional=row.provisional,
        is_promised_due=row.until == view.promised_due_on and row.code != "paused",
        is_legal_due=row.until == view.legal_due_on and row.code != "paused",
        is_today=row.on <= today() <= row.until and view.ended_at is None,
        ended_here=ended_on is not None and row.on <= ended_on <= row.until,
        marks=(),
    )
    return replace(shown, marks=day_marks(shown, view.state))


def _for_the_promise(day: date, calendar: WorkingCalendar, why: str, law: str, language: str) -> tuple[str, str]:
    """The sentence and the law of a day that the promise counts otherwise than the law does: by the calendar of the place."""
    if calendar.local_day(day) is None:
        return why, law
    _works, reason, name = calendar.judge(day)
    local = _(reason).format(name=text(name, language))
    return _("{why}; for the promise: {local}").format(why=why, local=local), calendar.source(day)


def _is_arranged(row: ClockDay, calendar: WorkingCalendar) -> bool:
    """Whether a notice made of the day what it is: a weekday off, or a weekend worked or lying in a holiday."""
    works, _reason, name = calendar.judge(row.on)
    return bool(name) or works == (row.on.weekday() >= 5)
