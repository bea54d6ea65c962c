"""The baseline of `clocks`: when limits end, in bare SQL over a table of days. The same logic as the rule, day by day.

Limits in working days and in days that roll, with pauses that have ended and with extensions. One statement; no Python runs in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import psycopg

TABLES = """
CREATE TEMPORARY TABLE bench_day (day date PRIMARY KEY, works boolean NOT NULL);
CREATE TEMPORARY TABLE bench_clock (id integer PRIMARY KEY, began timestamptz NOT NULL, length integer NOT NULL, working boolean NOT NULL);
CREATE TEMPORARY TABLE bench_pause (clock integer NOT NULL, began timestamptz NOT NULL, ended timestamptz NOT NULL);
CREATE INDEX ON bench_pause (clock);
CREATE TEMPORARY TABLE bench_end (id integer NOT NULL, ends date NOT NULL);
"""
LAST_DAYS = """
INSERT INTO bench_end
SELECT c.id, CASE WHEN c.working THEN counted.day ELSE (
         SELECT d.day FROM bench_day d
          WHERE d.day >= counted.day AND d.works
            AND NOT EXISTS (SELECT FROM bench_pause p WHERE p.clock = c.id
                               AND (p.began AT TIME ZONE 'Asia/Shanghai')::date < d.day
                               AND d.day <= (p.ended AT TIME ZONE 'Asia/Shanghai')::date)
          ORDER BY d.day LIMIT 1) END
  FROM bench_clock c, LATERAL (
         SELECT d.day FROM bench_day d
          WHERE d.day > (c.began AT TIME ZONE 'Asia/Shanghai')::date AND (d.works OR NOT c.working)
            AND NOT EXISTS (SELECT FROM bench_pause p WHERE p.clock = c.id
                               AND (p.began AT TIME ZONE 'Asia/Shanghai')::date < d.day
                               AND d.day <= (p.ended AT TIME ZONE 'Asia/Shanghai')::date)
          ORDER BY d.day OFFSET c.length - 1 LIMIT 1) AS counted
"""


def lay_out(
    connection: psycopg.Connection,
    days: Iterable[tuple[date, bool]],
    clocks: Iterable[tuple[int, datetime, int, bool]],
    pauses: Iterable[tuple[int, datetime, datetime]],
) -> None:
    """The tables, filled and analysed.  days: with whether it is worked.  clocks: number, trigger, length, whether in working days."""
    connection.execute(TABLES)
    for table, rows in (("bench_day", days), ("bench_clock", clocks), ("bench_pause", pauses)):
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(f"ANALYZE {table}")


def last_days(connection: psycopg.Connection) -> None:
    """Find the last day of every clock."""
    connection.execute("TRUNCATE bench_end")
    connection.execute(LAST_DAYS)


def answers(connection: psycopg.Connection) -> Sequence[tuple[int, date]]:
    """What was found, by number."""
    return connection.execute("SELECT id, ends FROM bench_end ORDER BY id").fetchall()
