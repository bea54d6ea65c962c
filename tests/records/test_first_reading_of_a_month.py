"""Two who read at the first moment of a month: both find no table for their lines, and one table is made."""

from __future__ import annotations

import threading
from typing import Any

import psycopg

MAKE = "SELECT records_make_read_log('2031-05-01')"


def test_who_comes_second_takes_the_table_as_made(city: Any) -> None:
    found: list[object] = []

    def come_second() -> None:
        with psycopg.connect(city.url("app")) as second:
            found.append(second.execute(MAKE).fetchone())

    with psycopg.connect(city.url("app")) as first, psycopg.connect(city.url("superuser"), autocommit=True) as watching:
        assert first.execute(MAKE).fetchone() == (True,)
        thread = threading.Thread(target=come_second)
        thread.start()
        while not watching.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
            assert thread.is_alive()
        first.commit()
        thread.join()
    assert found == [(False,)]
