"""A clock for those who follow it: what it has counted, unit by unit, and its table in one language."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from yiwang.acts.queries import Prepared, definition
from yiwang.acts.values import system
from yiwang.cases.models import Case, Clock, ClockChange
from yiwang.cases.queries.calendars import calendars_of
from yiwang.cases.queries.clocks import course_of, explained, with_clocks
from yiwang.cases.queries.limits import item_clock
from yiwang.cases.rules.clocks import Pause, promised_course, reckon
from yiwang.cases.rules.counting import unit_after, units_counted
from yiwang.cases.values import LONGEST_PAUSE, ClockCounted, ClockExplained, ClockPlace, ClockState, PauseStood
from yiwang.kernel.errors import NotFound

__all__ = ["system_count_clock", "system_explain_clock", "system_place_clock"]

_CLOCK = Prepared(lambda id: Clock.objects.filter(pk=id).select_related("case"), UUID)
_CHANGES = Prepared(lambda id: ClockChange.objects.filter(clock_id=id).order_by("position"), UUID)


def system_place_clock(clock_id: UUID) -> ClockPlace:
    """Where a clock belongs, which never changes. Raises NotFound. One query."""
    clock = _bare(clock_id)
    return ClockPlace(case_id=clock.case_id, limit=clock.limit, origin=clock.case.origin)


def system_count_clock(clock_id: UUID) -> ClockCounted:
    """What a clock has counted up to the earlier of its promised and its legal end. Raises NotFound.

    Two queries, and two more when it is counted locally.
    """
    clock = _bare(clock_id)
    case = clock.case
    declared = definition("limit", clock.limit, case.release)
    stated = item_clock(definition("item", case.item, case.release), clock.limit)
    course = course_of(clock, _CHANGES(clock_id))
    legal, promise = calendars_of(clock, case).ways(declared, stated, case.unit_id, case.release)
    ways = [(legal, course)]
    if promise is not None:
        ways.append((promise, promised_course(promise.measure, course, promise.calendar)))
    ends = [(end, way, kept) for way, kept in ways if (end := reckon(way.measure, kept, way.calendar)) is not None]
    units, after, due_on = None, None, None
    if ends and not legal.measure.before:  # of a paused clock the one that is known has passed, so it is the earlier
        end, way, kept = min(ends, key=lambda one: one[0].at)
        units = units_counted(way.measure, kept, way.calendar, end)
        after = partial(unit_after, way.measure, end, way.calendar)
        due_on = end.on
    paused = clock.state == ClockState.PAUSED
    return ClockCounted(
        id=clock.id,
        case_id=case.id,
        limit=clock.limit,
        release=case.release,
        state=ClockState(clock.state),
        units=units,
        after=after,
        due_on=due_on,
        paused_at=course.pauses[-1].began if paused else None,
        ended_at=clock.ended_at,
        pauses=tuple(_stood(one, clock, case.release) for one in course.pauses),
    )


def _stood(one: Pause, clock: Clock, release: int) -> PauseStood:
    """A pause that was declared before it was asked how long it may last, may last as long as one that does not say."""
    longest = definition("pause", one.reason, release).get("longest", LONGEST_PAUSE)
    return PauseStood(one.began, one.ended or clock.ended_at, one.reason, longest)


def system_explain_clock(clock_id: UUID, language: str) -> ClockExplained:
    """The table of one clock, also of one that was started again since. Raises NotFound. Six queries."""
    case, clock = _find(clock_id)
    return explained(system("cases.explain"), case, clock, language)


def _bare(clock_id: UUID) -> Clock:
    clock = _CLOCK.first(clock_id)
    if clock is None:
        raise NotFound("There is no such clock.")
    return clock


def _find(clock_id: UUID) -> tuple[Case, Clock]:
    case = Case.objects.prefetch_related(with_clocks()).filter(clocks__pk=clock_id).first()
    if case is None:
        raise NotFound("There is no such clock.")
    return case, next(one for one in case.clocks.all() if one.pk == clock_id)
