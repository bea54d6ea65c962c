"""Suite `life`: does a case cost the same in a city that has a thousand and in one that has a million?

A thousand real lives, a few of them left open on the officer's desk, are copied set-wise to each size ([growing.py](growing.py)). At each
size 200 more lives are lived over HTTP: rate, and time of each step; the officer's list of tasks under his rights; a tick of supervision
with nothing due and with 20 due. Last the portal's home and an item's guide against a bare view. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench import lives, machine
from bench.baselines import bare_view
from bench.case import effects_in, wait_for_messages
from bench.city import City, cities, free_port, size_of, wait_until_healthy
from bench.growing import grow, units_at_work

WEB_WORKERS = 2
SIZES = (1_000, 100_000, 1_000_000)
LEFT_OPEN = 100
"""On the desks of the two officers who are measured."""
DUE = 20
TASKS = 200
PAGES = 400
SLOWER_AT_MOST = 1.3
"""A life at the largest size against one at the smallest."""
TASKS_WITHIN = 0.050
"""Seconds, of 95 in a hundred."""
PAGE_AT_LEAST = 0.5
"""Of the rate of a bare view."""
HOME, GUIDE = "/", f"/items/{lives.ITEM}/"
STEPS = ("send", "look", "decide")


@dataclass
class Found:
    """What was measured at one size. Seconds, sorted."""

    cases: int
    bytes: int
    rate: float = 0.0
    steps: dict[str, list[float]] = field(default_factory=dict)
    tasks: list[float] = field(default_factory=list)
    tick: dict[str, float] = field(default_factory=dict)


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code is 1 when a target is missed."""
    asked = argparse.ArgumentParser(prog="bench life")
    asked.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="cases in the city")
    asked.add_argument("--lives", type=int, default=200, help="lived at each size")
    asked.add_argument("--workers", type=int, default=4, help="clients at once")
    given = asked.parse_args(arguments)
    sizes = sorted(given.sizes)
    print(machine.describe())
    with cities("bench_life", web_workers=WEB_WORKERS) as (_, [city], _):
        city.start("web", "worker", "scheduler")
        print(f"{sizes[0]:,} real lives …", flush=True)
        lives.run_lives(city.configuration.port, sizes[0] - LEFT_OPEN, given.workers)
        _leave_open(city)
        at_work = units_at_work(city.url("superuser"))
        found = []
        for cases in sizes:
            _wait_for_actions(city)
            city.stop()
            there = grow(city.url("superuser"), cases, at_work)
            city.start("web", "worker", "scheduler")
            found.append(_measure(given, city, there))
        pages = _pages(given, city)
    return _tell(given, found, pages)


def _leave_open(city: City) -> None:
    wait_for_messages(city)
    pairs = [lives.Pair.signed_in(city.configuration.port, number) for number in (0, 1)]
    for number in range(LEFT_OPEN):
        pairs[number % 2].send()


def _wait_for_actions(city: City) -> None:
    """Until the worker has nothing under way: copies of what is under way would be begun again."""
    deadline = time.monotonic() + 120
    with psycopg.connect(city.url("superuser"), autocommit=True) as connection:
        while connection.execute("SELECT EXISTS (SELECT FROM cases_actionrun WHERE state = 'pending')").fetchone() != (
            False,
        ):
            if time.monotonic() > deadline:
                raise SystemExit("Actions are still under way after 120 s.")
            time.sleep(0.05)


def _wait_until_heard(city: City) -> None:
    """Until the events of the lives have taken effect: what follows is measured on a city at rest."""
    seen = -1
    while (now := effects_in(city)) != seen:
        seen = now
        time.sleep(2)


def _measure(given: Any, city: City, cases: int) -> Found:
    port = city.configuration.port
    _live(port, given.workers * 4, given.workers)  # warm
    found = Found(cases, size_of(city.url()))
    seconds, found.steps = _live(port, given.lives, given.workers)
    found.rate = given.lives / seconds
    _wait_until_heard(city)
    officer = lives.Session(port, lives.PAIRS[0][1], in_post=True)
    for _ in range(TASKS):
        began = time.perf_counter()
        officer.ask("GET", "/api/v1/tasks")
        found.tasks.append(time.perf_counter() - began)
    found.tasks.sort()
    city.children["scheduler"].terminate()  # or it takes what is due before the tick that is measured
    city.children.pop("scheduler").wait(15)
    command = [sys.executable, "-m", "bench.ticking", str(DUE)]
    done = subprocess.run(command, env=city.environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("bench.ticking failed; the reason stands above.")
    found.tick = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{cases:,} cases: {found.rate:.1f} lives/s; {machine.load()}", flush=True)
    return found


def _live(port: int, count: int, workers: int) -> tuple[float, dict[str, list[float]]]:
    """So many lives; seconds from the first request to the last answer, and those of each step, sorted."""
    context = multiprocessing.get_context("fork")
    ready, go, told = context.Barrier(workers + 1), context.Event(), context.SimpleQueue()
    share = [count // workers + (number < count % workers) for number in range(workers)]
    processes = [
        context.Process(target=_work, args=(port, number, share[number], ready, go, told)) for number in range(workers)
    ]
    for process in processes:
        process.start()
    ready.wait(120)
    began = time.perf_counter()
    go.set()
    heard: list[dict[str, list[float]]] = [told.get() for _ in processes]
    seconds = time.perf_counter() - began
    for process in processes:
        process.join()
    return seconds, {step: sorted(one for each in heard for one in each[step]) for step in STEPS}


def _work(port: int, number: int, count: int, ready: Any, go: Any, told: Any) -> None:
    pair = lives.Pair.signed_in(port, number)
    times: dict[str, list[float]] = {step: [] for step in STEPS}
    ready.wait(120)
    go.wait()
    for _ in range(count):
        began = time.perf_counter()
        receipt = pair.send()
        sent = time.perf_counter()
        case = pair.look(receipt)
        looked = time.perf_counter()
        pair.decide(case)
        decided = time.perf_counter()
        pair.leave()
        times["send"].append(sent - began)
        times["look"].append(looked - sent)
        times["decide"].append(decided - looked)
    told.put(times)


def _pages(given: Any, city: City) -> dict[str, list[float]]:
    """Requests a second of a visitor, in three interleaved rounds."""
    port = free_port()
    bare = bare_view.serve(city.url(), port, WEB_WORKERS)
    rates: dict[str, list[float]] = {"bare": [], HOME: [], GUIDE: []}
    try:
        wait_until_healthy(port, "/", bare)
        for number in range(4):
            asked = {HOME: PAGES / _visit(city.configuration.port, HOME, given.workers)}
            asked[GUIDE] = PAGES / _visit(city.configuration.port, GUIDE, given.workers)
            asked["bare"] = PAGES / bare_view.run_requests(port, PAGES, given.workers)
            for name, rate in asked.items():
                rates[name] += [rate] if number else []  # the first round warms
    finally:
        bare.terminate()
        bare.wait()
    return rates


def _visit(port: int, path: str, workers: int) -> float:
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(workers + 1), context.Event()
    processes = [context.Process(target=_look, args=(port, path, PAGES // workers, ready, go)) for _ in range(workers)]
    for process in processes:
        process.start()
    ready.wait(60)
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("A visitor failed; the reason stands above.")
    return time.perf_counter() - began


def _look(port: int, path: str, requests: int, ready: Any, go: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    ready.wait(60)
    go.wait()
    for _ in range(requests):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}.")


def _late(times: list[float]) -> float:
    """What 95 in a hundred are within."""
    return times[min(len(times) - 1, int(len(times) * 0.95))]


def _tell(given: Any, found: list[Found], pages: dict[str, list[float]]) -> int:
    first, last = found[0], found[-1]
    print(
        f"\n{given.workers} clients, {WEB_WORKERS} web processes, commits durable; milliseconds: median / 95 of 100\n"
    )
    print(
        f"{'cases':>10} {'data':>10} {'lives/s':>8} {'send':>13} {'look':>13} {'decide':>13} {'tasks':>13} {'tick':>7} {f'{DUE} due':>8}"
    )
    for one in found:
        steps = " ".join(f"{_both(one.steps[step]):>13}" for step in STEPS)
        print(
            f"{one.cases:>10,} {one.bytes / 2**20:>6.0f} MiB {one.rate:>8.1f} {steps} {_both(one.tasks):>13}"
            f" {one.tick['idle'] * 1000:>7.1f} {one.tick['due'] * 1000:>8.1f}"
        )
    slower = first.rate / last.rate
    print(
        f"\na life at {last.cases:,} takes {slower:.2f} times as long as at {first.cases:,}  (target ≤ {SLOWER_AT_MOST})"
    )
    late = _late(last.tasks)
    print(f"the list of tasks: 95 of 100 within {late * 1000:.1f} ms  (target ≤ {TASKS_WITHIN * 1000:.0f})")
    shares = {
        path: statistics.median(ours / bare for ours, bare in zip(pages[path], pages["bare"], strict=True))
        for path in (HOME, GUIDE)
    }
    for path, share in shares.items():
        print(
            f"{path:<28} {statistics.median(pages[path]):8.1f} pages/s, bare view {statistics.median(pages['bare']):8.1f};"
            f" ratio {share:.3f}  (target ≥ {PAGE_AT_LEAST})"
        )
    met = slower <= SLOWER_AT_MOST and late <= TASKS_WITHIN and min(shares.values()) >= PAGE_AT_LEAST
    return 0 if met else 1


def _both(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:.1f} / {_late(times) * 1000:.1f}"
