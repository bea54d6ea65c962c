"""Watching costs what the due ones cost: among 10⁵ clocks the tick reads only the rows that are due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from supervision.conftest import at
from support.demo import Demo

from yiwang.supervision.models import Watching
from yiwang.supervision.queries.due import due_rows

CLOCKS = 100_000
DUE = 25
FIRST = at("2026-05-01T00:00")

ROWS = """
INSERT INTO supervision_watching
       (id, case_id, clock_id, "limit", next_alarm_at, next_watch, next_level, failures, error, origin)
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'a-limit',
       CASE WHEN n %% 5 <> 0 THEN %(first)s::timestamptz + n * interval '1 minute' END, 'a-watch', 'red', 0, '', 'live'
  FROM generate_series(1, %(count)s) n
"""
"""One in five is paused or closed. Their cases are not there: nothing asks for them before the transaction ends, and it never does."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)


def test_among_a_hundred_thousand_clocks_the_tick_reads_only_those_that_are_due(demo: Demo) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"count": CLOCKS, "first": FIRST})
        cursor.execute("ANALYZE supervision_watching")
        moments = Watching.objects.filter(next_alarm_at__isnull=False).order_by("next_alarm_at")
        moment = moments.values_list("next_alarm_at", flat=True)[DUE - 1]
        sql, values = due_rows(moment, 100).query.sql_with_params()
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values)
        found = cursor.fetchone()[0]
    [explained] = json.loads(found) if isinstance(found, str) else found
    [scan] = [one for one in nodes(explained["Plan"]) if "Scan" in one["Node Type"]]
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "watching_due")
    assert scan["Actual Rows"] == DUE
    assert scan.get("Rows Removed by Filter", 0) == 0
    assert scan["Shared Hit Blocks"] + scan["Shared Read Blocks"] < 3 * DUE
