"""What the worker and the scheduler do: jobs and deliveries; and the duties that come round again."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections

from yiwang.cli.frame import SCHEDULER_LOCK
from yiwang.kernel.periodic import all_periodic
from yiwang.launch.configuration import Configuration
from yiwang.outbox import services as outbox
from yiwang.settings import database_url

if TYPE_CHECKING:
    from procrastinate import App

log = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 30.0
JOBS_AT_ONCE = 4
PATIENCE_SECONDS = 9.0  # a little less than the supervisor's


def run_worker() -> None:
    """Do jobs and deliver events until SIGTERM or SIGINT; what is under way is finished first, if it can be in time."""
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import ConnectorException

    stop = _stop_at_signals()
    delivering = threading.Thread(target=_deliver, args=(stop,), name="deliver", daemon=True)
    delivering.start()
    pause = 1.0
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:  # type: ignore[attr-defined]
        while not stop.is_set():
            try:
                asyncio.run(_do_jobs(worker_app, stop))
            except (psycopg.Error, DatabaseError, ConnectorException) as fault:
                log.warning("worker.database-lost", reason=type(fault).__name__, pause_seconds=pause)
                stop.wait(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
    delivering.join()


async def _do_jobs(worker_app: App, stop: threading.Event) -> None:
    async def work() -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=JOBS_AT_ONCE,
                shutdown_graceful_timeout=PATIENCE_SECONDS - 2,
                fetch_job_polling_interval=1.0,
                delete_jobs="successful",
                install_signal_handlers=False,
            )

    working = asyncio.create_task(work())
    asked = False
    while not working.done():
        if stop.is_set() and not asked:
            asked = working.cancel()  # which procrastinate takes as: finish what you are doing
        await asyncio.wait({working}, timeout=0.2)
    with suppress(asyncio.CancelledError):
        working.result()


def _stop_at_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Some seconds later the process ends, whatever it still waits for.

    Jobs and deliveries are made to be cut off anywhere; a worker that hangs on a database that is gone is of no use.
    """
    stop = threading.Event()

    def ask(*_: object) -> None:
        if not stop.is_set():
            stop.set()
            end = threading.Timer(PATIENCE_SECONDS, os._exit, (1,))
            end.daemon = True
            end.start()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, ask)
    return stop


def run_scheduler(configuration: Configuration) -> None:
    """Do every registered duty when it is due, until SIGTERM or SIGINT. Of several schedulers of a city, one works."""
    stop = _stop_at_signals()
    url = database_url(configuration, "app")
    pause = 0.5
    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True) as session:
                row = session.execute("SELECT pg_try_advisory_lock(%s)", [SCHEDULER_LOCK]).fetchone()
                if row is not None and row[0]:
                    pause = 0.5
                    _keep_duties(stop, session)
                else:
                    stop.wait(5.0)
        except (psycopg.Error, DatabaseError, InterfaceError) as fault:
            log.warning("scheduler.database-lost", reason=type(fault).__name__, pause_seconds=pause)
            stop.wait(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


def _keep_duties(stop: threading.Event, session: psycopg.Connection[tuple[object, ...]]) -> None:
    """Turn round until asked to stop; raises when the session that holds the lock is lost."""
    duties = all_periodic()
    due = {duty.name: time.monotonic() for duty in duties}
    while not stop.is_set():
        for duty in duties:
            if time.monotonic() >= due[duty.name] and not stop.is_set():
                _once(duty.name, duty.function)
                due[duty.name] = time.monotonic() + duty.every.total_seconds()
        session.execute("SELECT 1")
        stop.wait(max(0.05, min(due.values(), default=time.monotonic() + 1.0) - time.monotonic()))


def _deliver(stop: threading.Event) -> None:
    """Deliver events until asked to stop, and go on after a fault that delivering itself did not expect."""
    pause = 1.0
    while not stop.is_set():
        _once("deliver", lambda: outbox.deliver_forever(stop))
        if not stop.wait(pause):
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


def _once(name: str, work: Callable[[], object]) -> None:
    """Do `work` with a fresh enough connection. A fault is logged and must not end the process."""
    close_old_connections()
    try:
        work()
    except Exception as fault:
        log.exception("background.failed", duty=name, reason=type(fault).__name__)
