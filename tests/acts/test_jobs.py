"""Jobs are part of the transaction that defers them, and outlive a worker that dies."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from yiwang.acts import jobs
from yiwang.acts.services import defer

ran: list[int] = []


@app.task(name="tests.note")
def note(number: int) -> None:
    ran.append(number)


@app.task(name="tests.think-better-of-it")
def think_better_of_it() -> None:
    with transaction.atomic():
        defer(note, number=4)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


def defer_rescue() -> None:
    """As the scheduler does every minute; it may have done so already."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        defer(jobs.rescue_stalled, timestamp=0)


def work() -> None:
    """Do every job that is due, as the worker process does: in a thread, whose connection is closed at the end."""

    async def run() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
        connector = app.connector.get_worker_connector()
        with app.replace_connector(connector) as found:
            async with found.open_async():
                await found.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)
        await asyncio.to_thread(connections.close_all)

    asyncio.run(run())


@pytest.mark.usefixtures("city")
def test_a_job_runs_after_its_transaction_commits_and_not_otherwise() -> None:
    with transaction.atomic():
        defer(note, number=1)
        transaction.set_rollback(True)
    with transaction.atomic():
        defer(note, number=2)
    work()
    assert ran == [2]


@pytest.mark.usefixtures("city")
def test_what_a_job_defers_is_part_of_its_transaction_too() -> None:
    with transaction.atomic():
        defer(think_better_of_it)
        defer(note, number=5)
    for _ in range(2):
        work()
    assert ran == [5]


@pytest.mark.usefixtures("city")
def test_a_job_carries_no_identity_number() -> None:
    with pytest.raises(AssertionError, match="identity numbers"), transaction.atomic():
        defer(note, number="460199199001011234")


def defer_and_let_the_worker_die(city: Any, *, attempts: int) -> None:
    with transaction.atomic():
        defer(note, number=3)
    with psycopg.connect(city.url("app")) as dead:  # what a killed worker leaves behind
        dead.execute(
            "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = (SELECT id FROM worker)",
            [attempts],
        )


def test_a_job_whose_worker_died_is_run_again(city: Any) -> None:
    defer_and_let_the_worker_die(city, attempts=1)
    for _ in range(20):  # the worker itself puts it back, by its own hour; then it is there to be done
        if ran:
            break
        defer_rescue()
        work()
    assert ran == [3]


def test_a_job_that_outlived_ten_workers_fails(city: Any) -> None:
    defer_and_let_the_worker_die(city, attempts=10)
    for _ in range(3):
        defer_rescue()
        work()
    with psycopg.connect(city.url("app")) as app_role:
        (status,) = app_role.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'tests.note'"
        ).fetchone()
    assert (status, ran) == ("failed", [])
