"""Follow the clocks of cases: know the next moment at which something can go wrong, and fire when it has come.

Two things lead here: an event of a clock, and the tick that takes what is due. Both do the same, with the row of the watching locked:
look at the clock as it stands, fire what is due and was not fired, and write down what to wait for. So it does not matter which of
them comes first, how often, or what died before.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from yiwang.acts.queries import Prepared
from yiwang.acts.services import current_act, service, update
from yiwang.acts.values import Actor, system
from yiwang.cases.queries import system_brief, system_place_clock
from yiwang.kernel import failpoints
from yiwang.kernel.time import now
from yiwang.supervision.events import ALERT_CLOSED
from yiwang.supervision.models import Alert, AlertWord, Watching
from yiwang.supervision.queries.clocks import ClockSeen, Stretch, find_clock
from yiwang.supervision.queries.due import due_watchings
from yiwang.supervision.queries.watches import Watch, alarms_on, watches_on
from yiwang.supervision.rules.moments import Alarm, Fired, due_alarms, next_alarm
from yiwang.supervision.services.firing import fire, tell_event
from yiwang.supervision.values import AlertState, Level

__all__ = ["BATCH", "system_follow", "system_tick"]

log = logging.getLogger("yiwang.supervision")

BATCH = 100
"""Rows that one transaction takes: few enough that a death undoes little."""

MOST = 2_000
"""Rows of one turn of the scheduler, so that its other duties get theirs."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


def system_tick() -> int:
    """Take every watching whose alarm is due, fire it, and find the next; return how many were taken. The scheduler calls it.

    Costs what the due rows cost: one look into the partial index of `next_alarm_at`, then the rows that are due, locked and passed over
    where another process has them. A watching that fails is put off, longer each time, and keeps no other waiting.
    """
    taken = 0
    while taken < MOST:
        with transaction.atomic():
            due = due_watchings(now(), BATCH)
            for one in due:
                _system_turn(one)
            failpoints.reach("supervision.after-batch-before-commit")
        failpoints.reach("supervision.after-commit")
        taken += len(due)
        if len(due) < BATCH:
            break
    return taken


def _system_turn(one: Watching) -> None:
    try:
        system_follow(system("supervision.tick", origin=one.origin), one.clock_id)
    except Exception as fault:  # whatever is wrong with one case must not keep the others from their alarms
        if connection.connection is None or connection.connection.closed:
            raise
        log.exception("supervision.turn-failed", extra={"watching": str(one.id), "reason": type(fault).__name__})
        pause = min(FIRST_PAUSE * 2 ** min(one.failures, 10), LONGEST_PAUSE)
        Watching.objects.filter(pk=one.pk).update(
            failures=one.failures + 1, error=type(fault).__qualname__, next_alarm_at=now() + pause
        )


@service("watching.follow")
def system_follow(actor: Actor, clock_id: UUID) -> int:
    """Bring the watching of a clock in line with the clock, fire what is due, and return how many alerts that made.

    While a clock is paused its limit waits for nothing, and the pause for the longest that it may last. A clock that has ended waits
    for nothing more: what came too late is fired all the same, however late the tick is, and what had only warned is closed if the step
    was done in time, or the clock went on in time. Raises NotFound (no such clock).
    """
    act = current_act()
    watching = _locked(clock_id)
    clock = find_clock(clock_id)  # as it stands now that nobody else follows it
    act.about("case", clock.case_id)
    fired = _fired(clock_id)
    due: list[tuple[Stretch, Watch, Alarm]] = []
    ahead: list[Alarm] = []
    for stretch in clock.stretches:
        watches = watches_on(stretch.kind, stretch.id, clock.release)
        alarms, length = alarms_on(watches, stretch.counted), stretch.counted.length
        had = [one for since, one in fired if since == stretch.since]
        for alarm in due_alarms(alarms, length, had, stretch.until or act.time):
            if not (stretch.is_over and alarm.warns):  # nothing is left to be warned of
                due.append((stretch, watches[alarm.watch], alarm))
        if stretch.until is None and (following := next_alarm(alarms, length, had, act.time)) is not None:
            ahead.append(following)
    if due:
        brief = system_brief(clock.case_id)
        for stretch, watch, alarm in sorted(due, key=lambda one: one[2].moment):
            fire(actor, clock, brief, stretch, watch, alarm)
    for stretch in clock.stretches:
        if stretch.is_over and stretch.in_time:
            _close_heeded(clock, stretch)
    first = min(ahead, key=lambda one: one.moment, default=None)
    _write(watching, first, clock.ended_at)
    act.note(limit=clock.limit, fired=len(due), next=first.moment.isoformat() if first else "")
    return len(due)


_WATCHING = Prepared(lambda clock: Watching.objects.filter(clock_id=clock).select_for_update(), UUID)
_FIRED = Prepared(
    lambda clock: Alert.objects.filter(clock_id=clock).values_list(
        "stood_since", "watch", "level", "moment", "length", "state"
    ),
    UUID,
)
_HEEDED = Prepared(
    lambda clock: Alert.objects.select_for_update().filter(
        clock_id=clock, warns=True, state__in=[AlertState.OPEN, AlertState.EXPLAINED]
    ),
    UUID,
)


def _locked(clock_id: UUID) -> Watching:
    if (known := _WATCHING.first(clock_id)) is not None:
        return known
    place = system_place_clock(clock_id)
    new = Watching(case_id=place.case_id, clock_id=clock_id, limit=place.limit, origin=place.origin)
    Watching.objects.bulk_create([new], ignore_conflicts=True)
    return _WATCHING(clock_id)[0]


def _fired(clock_id: UUID) -> list[tuple[datetime | None, Fired]]:
    """What has fired, each with the beginning of the pause that it is about."""
    return [
        (since, Fired(watch, Level(level), moment, length, state == AlertState.WITHDRAWN))
        for since, watch, level, moment, length, state in _FIRED(clock_id)
    ]


def _close_heeded(clock: ClockSeen, stretch: Stretch) -> None:
    """What warned has served its end: nobody needs to explain a step that was done in time, nor a pause that ended in time."""
    act = current_act()
    for alert in _HEEDED(clock.id):
        if alert.stood_since != stretch.since:
            continue
        alert.state = AlertState.CLOSED
        alert.save(update_fields=["state"])
        AlertWord.objects.create(alert=alert, state=AlertState.CLOSED, at=act.time)
        tell_event(ALERT_CLOSED, alert)


def _write(watching: Watching, following: Alarm | None, ended_at: datetime | None) -> None:
    watching.next_alarm_at = following.moment if following else None
    watching.next_watch, watching.next_level = (following.watch, str(following.level)) if following else ("", "")
    watching.failures, watching.error, watching.closed_at = 0, "", ended_at
    update(watching, "next_alarm_at", "next_watch", "next_level", "failures", "error", "closed_at")
