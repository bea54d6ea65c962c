"""What may be said to everybody about the city's cases: counts, and nothing that leads to anybody."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef

from yiwang.cases.models import Case, Clock
from yiwang.cases.values import ClockState, DayFigures, Outcome
from yiwang.kernel.time import CITY_ZONE

__all__ = ["figures_of_the_day"]

NO_RESULT = (Outcome.WITHDRAWN, Outcome.CANCELLED)


def figures_of_the_day(on: date) -> DayFigures:
    """What was sent and what reached a result on a civil date of the city, without rehearsals. Three counts over that day's cases alone.

    What was withdrawn, or ended without a decision, has no result.
    """
    begin = datetime.combine(on, time(), CITY_ZONE)
    end = begin + timedelta(days=1)
    cases = Case.objects.exclude(origin="rehearsal")
    ended = cases.filter(ended_at__gte=begin, ended_at__lt=end).exclude(outcome__in=NO_RESULT)
    missed = ended.filter(Exists(Clock.objects.filter(case=OuterRef("pk"), state=ClockState.MISSED)))
    count = ended.count()
    return DayFigures(
        on=on,
        sent=cases.filter(submitted_at__gte=begin, submitted_at__lt=end).count(),
        ended=count,
        in_time=count - missed.count(),
    )
