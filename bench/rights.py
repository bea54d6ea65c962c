"""`python -m bench.rights REQUESTS`, with the settings of a city: what permission costs, measured in one process.

*Share*: of an officer's requests, how much is spent in permission: who acts, whether he may, which rows, whether he stands too near.
The statements that this asks count as permission; the seat, which the statement of the session reads along, counts as that statement.
*Predicates*: the same questions alone, with the statements that they ask. *Walks*: tables of over 10,000 rows that were walked through
while all this ran, by the database's own count; there must be none.

The last line of standard output is JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

PERMISSION = {
    "permission": (
        "yiwang.identity.queries.permission:decide",
        "yiwang.identity.queries.permission:why",
        "yiwang.identity.queries.permission:require",
        "yiwang.identity.queries.permission:unit_scope",
        "yiwang.identity.queries.permission:in_scope",
        "yiwang.identity.queries.accounts:actor_for_post",
        "yiwang.cases.queries.visibility:_reach",
        "yiwang.cases.queries.visibility:in_reach",
        "yiwang.cases.queries.visibility:can_do",
        "yiwang.cases.queries.tasks:reason_against",
    )
}
BIG = 10_000
OFFICER = "wu.qing"


def main(requests: int) -> None:
    """Measure and print."""
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    walked = _walks()
    found: dict[str, Any] = {"share": _share(requests), "predicates": _predicates(requests)}
    found["walks"] = sorted(table for table, count in _walks().items() if count > walked.get(table, 0))
    print(json.dumps(found))


def _share(requests: int) -> dict[str, dict[str, float]]:
    """For each kind of request: milliseconds of it and of permission in it, by the clock and in processor time."""
    from bench.capture import InProcess
    from bench.parts import Watch, wrap_functions

    living = InProcess(0)
    tasks = living._ask(living.officer, "GET", "/api/v1/tasks")["rows"]
    paths = {
        "list of tasks": "/api/v1/tasks",
        "a task": f"/api/v1/tasks/{tasks[0]['id']}",
        "a case": f"/api/v1/cases/{tasks[0]['case_id']}",
    }
    watch = Watch()
    wrap_functions(watch, PERMISSION)
    ask = watch.around("rest", InProcess._ask)
    told = {}
    for name, path in paths.items():
        for _ in range(requests // 10):
            ask(living.officer, "GET", path)
        watch.clear()
        for _ in range(requests):
            ask(living.officer, "GET", path)
        told[name] = {
            kind: of.get("permission", 0.0) / sum(of.values())
            for kind, of in (("clock", watch.milliseconds), ("processor", watch.processor))
        } | {"milliseconds": sum(watch.milliseconds.values()) / requests, "calls": watch.calls["permission"] / requests}
    return told


def _predicates(times: int) -> dict[str, dict[str, float]]:
    """Question → median milliseconds, and statements."""
    from bench.parts import Watch, wrap_statements
    from yiwang.cases import queries as cases
    from yiwang.cases.queries.visibility import visible_case, visible_cases
    from yiwang.identity import queries as identity
    from yiwang.identity.models import Account
    from yiwang.identity.queries.permission import in_scope

    account = Account.objects.get(login=OFFICER)
    actor = identity.actor_for_post(account, identity.posts_of(account.id)[0].id)
    task = cases.my_tasks(actor).rows[0]
    asked: dict[str, Callable[[], Any]] = {
        "may he decide": lambda: identity.why(actor, "task.decide"),
        "where may he decide": lambda: identity.unit_scope(actor, "task.decide"),
        "does the case exist for him": lambda: visible_case(actor, task.case_id),
        "the newest cases that exist for him": lambda: list(
            visible_cases(actor).order_by("-pk").values_list("pk")[:20]
        ),
        "which posts reach a unit": lambda: identity.posts_reaching("task.decide", identity.actor_unit(actor)),
        "as one predicate": lambda: str(in_scope(actor, "task.decide")),
    }
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(times + 5):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            seconds[name] += [time.perf_counter() - began] if number >= 5 else []
    watch = Watch()
    wrap_statements(watch)
    told = {}
    for name, ask in asked.items():
        watch.clear()
        ask()
        executed = watch.calls.get("SQL", 0)
        told[name] = {"milliseconds": statistics.median(seconds[name]) * 1000, "touches": executed}
    return told


def _walks() -> dict[str, int]:
    """How often each big table was walked through from end to end, since the database began to count."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup > %s", [BIG])
        return dict(cursor.fetchall())


if __name__ == "__main__":
    main(int(sys.argv[1]))
