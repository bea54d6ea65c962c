"""`python -m bench.clock_rules URL CLOCKS ROUNDS`, with the settings of a city: when limits end, by the rule and by bare SQL, in turn.

Triggers of three years, working days and days that roll, 1 to 60 of them; three in ten stood still once, one in ten was extended. Drawn by
a seed. The last line of standard output is JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import UTC, date, datetime, timedelta

import psycopg

from bench.baselines import clocks as direct

FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
TRIGGERS = timedelta(days=3 * 365)


def main(url: str, count: int, rounds: int) -> None:
    """Measure and print."""
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    from yiwang.cases.queries.calendars import city_calendar
    from yiwang.cases.rules.clocks import Course, Extension, Measure, Pause, reckon
    from yiwang.cases.values import ClockUnit

    draw = random.Random(611)
    limits: list[tuple[Measure, Course]] = []
    rows: list[tuple[int, datetime, int, bool]] = []
    pauses: list[tuple[int, datetime, datetime]] = []
    first = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    for number in range(count):
        began = first + draw.random() * TRIGGERS
        length, working, more = draw.randint(1, 60), draw.random() < 0.7, draw.random() < 0.1
        extended = draw.randint(1, 20) if more else 0
        stood: tuple[Pause, ...] = ()
        if draw.random() < 0.3:
            stop = began + timedelta(days=20 * draw.random())
            stood = (Pause(stop, stop + timedelta(days=30 * draw.random()), "stood"),)
            pauses += [(number, one.began, one.ended) for one in stood if one.ended is not None]
        extensions = (Extension(began, extended),) if more else ()
        unit = ClockUnit.WORKING_DAYS if working else ClockUnit.DAYS
        limits.append((Measure(length, unit), Course(began, stood, extensions)))
        rows.append((number, began, length + extended, working))
    calendar = city_calendar()
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]

    seconds: dict[str, list[float]] = {"rule": [], "processor": [], "sql": []}
    with psycopg.connect(url, autocommit=True) as connection:
        direct.lay_out(connection, ((day, calendar.is_working(day)) for day in days), rows, pauses)
        for _ in range(rounds):
            began_at, busy = time.perf_counter(), time.process_time()
            ends = [reckon(measure, course, calendar) for measure, course in limits]
            seconds["rule"].append(time.perf_counter() - began_at)
            seconds["processor"].append(time.process_time() - busy)
            began_at = time.perf_counter()
            direct.last_days(connection)
            seconds["sql"].append(time.perf_counter() - began_at)
        found = direct.answers(connection)
    ours = [(number, end.on if end is not None else None) for number, end in enumerate(ends)]
    different = sum(one != other for one, other in zip(ours, found, strict=True))
    print(json.dumps({**seconds, "clocks": count, "different": different}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
