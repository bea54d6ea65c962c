"""What one process does on one connection: raw prepared statements and the engine's reading, in turn.

`python -m bench.fact_inside READS ROUNDS` with the settings of a city; the last line it prints is JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import machine
from bench.baselines.fact_view import INSERT, SELECT

LOGIN = "tang.wei"
ELEMENT = "person.citizen-id"
PURPOSE = "case-handling"


def main(reads: int, rounds: int) -> None:  # noqa: C901 one straight measurement
    """Measure each way in each round and print the rates."""
    from yiwang.settings import set_up

    set_up()
    import django

    django.setup()
    from django.db import connection
    from psycopg import Cursor

    from yiwang.identity.queries import actor_for_post, posts_of, system_account
    from yiwang.kernel.ids import uuid7
    from yiwang.kernel.remembering import remembering
    from yiwang.kernel.time import machine_now, today
    from yiwang.records.queries import fact, make_months_ahead, system_value

    make_months_ahead()
    connection.ensure_connection()
    raw = Cursor(connection.connection)
    raw.execute("SELECT DISTINCT subject_id FROM records.population_persons LIMIT 2000")
    people = [row[0] for row in raw.fetchall()]
    raw.execute("SELECT id FROM identity_account WHERE login = %s", [LOGIN])
    account = system_account(raw.fetchall()[0][0])
    post = posts_of(account.id)[0]
    actor = actor_for_post(account, post.id, today())

    def select(person: Any) -> None:
        raw.execute(SELECT, {"subject": person, "valid_at": today(), "known_at": machine_now()}, prepare=True)
        raw.fetchone()

    def engine(person: Any) -> None:
        system_value(person, ELEMENT)

    def noted(person: Any) -> None:
        moment = machine_now()
        raw.execute("BEGIN")
        raw.execute(SELECT, {"subject": person, "valid_at": today(), "known_at": moment}, prepare=True)
        raw.fetchone()
        raw.execute(INSERT, {"id": uuid7(), "read_at": moment, "subject": person}, prepare=True)
        raw.execute("COMMIT")

    def read(person: Any) -> None:
        fact(actor, person, ELEMENT, purpose=PURPOSE)

    ways: dict[str, Callable[[Any], None]] = {"select": select, "engine": engine, "noted": noted, "fact": read}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    draw = random.Random(1)
    for number in range(rounds + 1):
        chosen = [draw.choice(people) for _ in range(reads)]
        for name, way in ways.items():
            with remembering():  # as within one act or one request
                for person in chosen[:100]:
                    way(person)
                began = time.perf_counter()
                for person in chosen:
                    way(person)
                if number:  # the first round warms caches
                    rates[name].append(reads / (time.perf_counter() - began))
        if number:
            print(
                f"round {number}: "
                + ", ".join(f"{name} {all_of[-1]:.0f}/s" for name, all_of in rates.items())
                + f"; {machine.load()}"
            )
    print(json.dumps(rates))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
