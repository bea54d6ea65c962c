"""Suite `case`: one full life of a case over HTTP, against its own statements issued directly, and against a bare view.

A life: a resident sends the form, the officer of the right street office looks at it and accepts, the record is written, the worker
sends the message, supervision follows the clocks. It counts when the message is there and every event has taken effect. The direct baseline
issues the same statements, recorded in this run, in the same transactions, and leaves the same rows behind; it does without looking for
events that are due and without sealing the audit log, which the platform does beside the lives.
"""

from __future__ import annotations

import argparse
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from bench import capture, lives, machine
from bench.baselines import bare_view
from bench.baselines import case as direct
from bench.city import City, cities, free_port, row_counts, size_of, wait_until_healthy

TARGET = 0.25
WEB_WORKERS = 2
PROFILED_LIVES = 40
# rows that only the platform's own processes make, or that come and go beside the lives
BESIDE = ("identity_session", "outbox_subscription", "outbox_failure", "audit_leaf", "audit_head", "audit_node",
          "audit_tree", "procrastinate_")  # fmt: skip


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code is 1 when the target is missed."""
    asked = argparse.ArgumentParser(prog="bench case")
    asked.add_argument("--lives", type=int, default=400, help="in each round")
    asked.add_argument("--workers", type=int, default=4, help="clients at once, over HTTP and directly")
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args(arguments)
    print(machine.describe())
    names = ("bench_http", "bench_direct", "bench_parts")
    with (
        tempfile.TemporaryDirectory(prefix="yiwang-bench-") as folder,
        cities(*names, web_workers=WEB_WORKERS) as (_, made, _),
    ):
        over_http, straight, profiled = made
        script = Path(folder) / "script"
        _in_city(straight, "bench.capture", str(script))
        effects = _effects_of_a_life(script)
        over_http.start("web", "worker", "scheduler")
        port = free_port()
        bare = bare_view.serve(over_http.url(), port, WEB_WORKERS)
        try:
            wait_until_healthy(port, "/", bare)
            told = effects_in(over_http)
            lives.run_lives(over_http.configuration.port, 4 * given.workers, given.workers)  # warm
            wait_for_effects(over_http, told + 4 * given.workers * effects)
            rates = _rounds(given, over_http, straight, script, port)
        finally:
            bare.terminate()
            bare.wait()
        sizes = size_of(over_http.url()), size_of(straight.url())
        over_http.stop()
        parts = Path(folder) / "parts"
        _in_city(profiled, "bench.parts", str(parts), str(PROFILED_LIVES))
        found = json.loads(parts.read_text("utf-8"))
    return _tell(given, rates, sizes, found)


def _effects_of_a_life(script: Path) -> int:
    """How many events take effect in a life, whoever lives it."""
    [effects] = set(capture.deliveries_of(pickle.loads(script.read_bytes())))
    return effects


def _rounds(given: Any, over_http: City, straight: City, script: Path, port: int) -> dict[str, list[float]]:
    effects = _effects_of_a_life(script)
    rates: dict[str, list[float]] = {"answered": [], "http": [], "direct": [], "bare": []}
    written: list[tuple[dict[str, int], dict[str, int]]] = []
    for number in range(1, given.rounds + 1):
        before: list[dict[str, int]] = []
        began = [0.0]

        def when_signed_in(before: list[dict[str, int]] = before, began: list[float] = began) -> None:
            before += [row_counts(over_http.url("superuser")), row_counts(straight.url("superuser"))]
            began[0] = time.perf_counter()

        answered = lives.run_lives(over_http.configuration.port, given.lives, given.workers, when_signed_in)
        wait_for_effects(over_http, before[0]["public.outbox_delivery"] + given.lives * effects)
        whole = time.perf_counter() - began[0]
        seconds = direct.run_lives(straight.url(), script, given.lives, given.workers)
        requests = given.lives * lives.REQUESTS_OF_A_LIFE
        bare = bare_view.run_requests(port, requests, given.workers)
        for name, rate in {"answered": given.lives / answered, "http": given.lives / whole, "direct": given.lives / seconds,
                           "bare": requests / bare}.items():  # fmt: skip
            rates[name].append(rate)
        after = row_counts(over_http.url("superuser")), row_counts(straight.url("superuser"))
        written.append((_difference(before[0], after[0]), _difference(before[1], after[1])))
        print(
            f"round {number}: {rates['http'][-1]:7.1f} lives/s over HTTP (answers alone {rates['answered'][-1]:.1f}), "
            f"{rates['direct'][-1]:7.1f} directly, {rates['bare'][-1]:8.1f} bare requests/s; {machine.load()}"
        )
    _compare_rows(written, given.lives)
    return rates


def effects_in(city: City) -> int:
    """How many events have taken effect in this city."""
    with psycopg.connect(city.url("superuser"), autocommit=True) as connection:
        [[effects]] = connection.execute("SELECT count(*) FROM outbox_delivery").fetchall()
    return int(effects)


def wait_for_effects(city: City, effects: int) -> None:
    """Until no case waits for its message any more and so many events have taken effect."""
    wait_for_messages(city)
    _wait(lambda: effects_in(city) >= effects, f"{effects} events to take effect")


def wait_for_messages(city: City) -> None:
    """Until no case waits for its message any more."""
    with psycopg.connect(city.url("superuser"), autocommit=True) as connection:
        waits = "SELECT EXISTS (SELECT FROM cases_case WHERE state = 'open')"
        _wait(lambda: connection.execute(waits).fetchone() == (False,), "cases to get their messages")


def _wait(until: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 300
    while not until():
        if time.monotonic() > deadline:
            raise SystemExit(f"Waited 300 s for {what}, in vain.")
        time.sleep(0.01)


def _in_city(city: City, module: str, *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *words], env=city.environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{module} failed; the reason stands above.")


def _difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    found = {name: after[name] - before.get(name, 0) for name in after}
    return {name: rows for name, rows in found.items() if rows and not name.removeprefix("public.").startswith(BESIDE)}


def _compare_rows(written: list[tuple[dict[str, int], dict[str, int]]], lives: int) -> None:
    """The baseline is only one when it leaves the same rows behind."""
    for ours, theirs in written:
        if ours != theirs:
            unlike = {
                name: (ours.get(name, 0), theirs.get(name, 0))
                for name in {*ours, *theirs}
                if ours.get(name) != theirs.get(name)
            }
            print(f"WARNING: rows written over HTTP and directly differ: {unlike}")
    rows = sum(written[-1][1].values()) / lives
    same = ", the same both ways" if all(ours == theirs for ours, theirs in written) else ""
    print(f"rows written by a life: {rows:.1f} in {len(written[-1][1])} tables{same}")


def _tell(given: Any, rates: dict[str, list[float]], sizes: tuple[int, int], found: dict[str, Any]) -> int:
    middle = {name: statistics.median(all_of) for name, all_of in rates.items()}
    ratio = statistics.median(ours / theirs for ours, theirs in zip(rates["http"], rates["direct"], strict=True))
    answers = middle["answered"] * lives.REQUESTS_OF_A_LIFE
    print(f"\ndata at the end: {sizes[0] / 2**20:.0f} MiB over HTTP, {sizes[1] / 2**20:.0f} MiB directly; {given.workers} clients, "
          f"{WEB_WORKERS} web processes, commits durable")  # fmt: skip
    print(f"over HTTP      {middle['http']:8.1f} lives/s")
    print(f"directly       {middle['direct']:8.1f} lives/s    ratio {ratio:.3f}  (target ≥ {TARGET})")
    print(
        f"bare view      {middle['bare']:8.1f} requests/s    ours {answers:.1f} requests/s, ratio {answers / middle['bare']:.3f}"
    )
    busy = sum(cost["processor"] for cost in found["parts"].values())
    print(
        f"\ncost of a life by part, in one process: {found['whole']:.1f} ms by the clock, {busy:.1f} ms of processor time here"
    )
    for part, cost in sorted(found["parts"].items(), key=lambda item: -item[1]["processor"]):
        print(
            f"  {part:<11} {cost['milliseconds']:7.2f} ms   {cost['processor']:7.2f} ms processor {cost['processor'] / busy:6.1%}"
            f"   {cost['calls']:6.1f} calls"
        )
    return 0 if ratio >= TARGET else 1
