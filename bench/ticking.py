"""`python -m bench.ticking DUE`, with the settings of a city: seconds of a tick of supervision with nothing due, and with so many due.

The last line of standard output is JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

TIMES = 15


def main(due: int) -> None:
    """Measure and print."""
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    from django.db import connection

    from yiwang.supervision.services import system_tick

    def tick(expected: int) -> float:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE supervision_watching SET next_alarm_at = now() - interval '1 second' WHERE id IN"
                " (SELECT id FROM supervision_watching WHERE closed_at IS NULL LIMIT %s)",
                [expected],
            )
        began = time.perf_counter()
        taken = system_tick()
        seconds = time.perf_counter() - began
        if taken != expected:
            raise SystemExit(f"The tick took {taken} instead of {expected}.")
        return seconds

    system_tick()  # what is due of itself
    tick(due)
    found = {
        "idle": statistics.median(tick(0) for _ in range(TIMES)),
        "due": statistics.median(tick(due) for _ in range(TIMES)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
