"""`python -m bench.clock_ticks DUE TICKS`, with the settings of a city: seconds of ticks with nothing due, and with so many due that fire.

The clocks that are due are drawn from the whole city; they began sixty days earlier than they did, so that all their levels fire. One tick
more comes first and warms. The last line of standard output is JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any
from uuid import UUID

IDLE = 15
DRAWN = "SELECT clock_id FROM supervision_watching WHERE next_alarm_at IS NOT NULL ORDER BY md5(id::text) LIMIT %s"
EARLIER = """
UPDATE cases_clock SET started_at = started_at - interval '60 days', due = due - 60, due_at = due_at - interval '60 days',
       legal_due = legal_due - 60, legal_due_at = legal_due_at - interval '60 days', promised_due = promised_due - 60
 WHERE id = ANY(%s)
"""
DUE_NOW = "UPDATE supervision_watching SET next_alarm_at = now() - interval '1 second' WHERE clock_id = ANY(%s)"
TOUCHED = """
SELECT blks_hit + blks_read FROM pg_stat_database, pg_stat_force_next_flush(), pg_stat_clear_snapshot()
 WHERE datname = current_database()
"""


def main(due: int, ticks: int) -> None:
    """Measure and print."""
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    from django.db import connection

    from bench.rights import _walks
    from yiwang.supervision.models import Alert
    from yiwang.supervision.services import system_tick

    def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def touched() -> int:
        [[pages]] = ask(TOUCHED)
        return int(pages)

    def tick(clocks: list[UUID]) -> tuple[float, int]:
        if clocks:
            ask(EARLIER, clocks)
            ask(DUE_NOW, clocks)
        touched()
        before = touched()
        began = time.perf_counter()
        taken = system_tick()
        seconds = time.perf_counter() - began
        touched()
        if taken != len(clocks):
            raise SystemExit(f"The tick took {taken} clocks instead of {len(clocks)}.")
        return seconds, touched() - before

    drawn = [id for (id,) in ask(DRAWN, due * (ticks + 1))]
    turns = [drawn[n * due : (n + 1) * due] for n in range(ticks + 1)]
    tick(turns[0])
    walked, fired = _walks(), Alert.objects.count()
    found = [tick(clocks) for clocks in turns[1:]]
    fired = Alert.objects.count() - fired
    idle = [tick([])[0] for _ in range(IDLE)]
    print(
        json.dumps(
            {
                "due": [seconds for seconds, _ in found],
                "idle": idle,
                "pages": statistics.median(pages for _, pages in found),
                "fired": fired // ticks,
                "walks": sorted(table for table, count in _walks().items() if count > walked.get(table, 0)),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
