"""Suite `fact`: one fact inside the engine against a raw prepared SELECT; and over HTTP, with session, permission, mask and read log,
against a bare view that does the same SELECT and one INSERT.

Inside the engine, one process and one connection read facts of random people, first without a note (what the platform computes
with), then with permission and the read log. Over HTTP, clients with kept-alive connections ask the real server. Three interleaved
rounds; the target is half the rate of the baseline in both.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from typing import Any

import psycopg

from bench import lives, machine
from bench.baselines import fact_view
from bench.city import City, cities, free_port, size_of, wait_until_healthy

TARGET = 0.5
WEB_WORKERS = 2
LOGIN = "tang.wei"
ELEMENT = "person.citizen-id"
PURPOSE = "case-handling"
PEOPLE = 2_000


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code is 1 when a target is missed."""
    asked = argparse.ArgumentParser(prog="bench fact")
    asked.add_argument("--reads", type=int, default=4_000, help="inside the engine, in each round and way")
    asked.add_argument("--requests", type=int, default=1_000, help="over HTTP, in each round and way")
    asked.add_argument("--workers", type=int, default=4, help="clients at once, over HTTP")
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args(arguments)
    print(machine.describe())
    with cities("bench_fact", web_workers=WEB_WORKERS) as (_, [city], _):
        people = _people(city)
        inside = _inside(city, given)
        city.start("web")
        port = free_port()
        bare = fact_view.serve(city.url(), port, WEB_WORKERS)
        try:
            wait_until_healthy(port, f"/?subject={people[0]}", bare)
            outside = _rounds(given, city, port, people)
        finally:
            bare.terminate()
            bare.wait()
        size = size_of(city.url())
    return _tell(given, inside, outside, size, len(people))


def _people(city: City) -> list[str]:
    with psycopg.connect(city.url(), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT DISTINCT subject_id FROM records.population_persons ORDER BY subject_id LIMIT %s", [PEOPLE]
        ).fetchall()
    return [str(row[0]) for row in rows]


def _inside(city: City, given: Any) -> dict[str, list[float]]:
    """In a process of its own, with the city's settings."""
    command = [sys.executable, "-m", "bench.fact_inside", str(given.reads), str(given.rounds)]
    done = subprocess.run(command, env=city.environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("bench.fact_inside failed; the reason stands above.")
    *lines, last = done.stdout.strip().splitlines()
    print("\n".join(lines))
    rates: dict[str, list[float]] = json.loads(last)
    return rates


def _rounds(given: Any, city: City, port: int, people: list[str]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {"http": [], "bare": []}
    _ask(given, city.configuration.port, people, given.workers * 20, bare=False)  # warm
    _ask(given, port, people, given.workers * 20, bare=True)
    for number in range(1, given.rounds + 1):
        rates["http"].append(given.requests / _ask(given, city.configuration.port, people, given.requests, bare=False))
        rates["bare"].append(given.requests / _ask(given, port, people, given.requests, bare=True))
        print(
            f"round {number}: {rates['http'][-1]:8.1f} facts/s over HTTP, {rates['bare'][-1]:8.1f} bare requests/s; {machine.load()}"
        )
    return rates


def _ask(given: Any, port: int, people: list[str], requests: int, *, bare: bool) -> float:
    """So many requests by all clients; the seconds from the first request to the last answer."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(given.workers + 1), context.Event()
    share = [requests // given.workers + (number < requests % given.workers) for number in range(given.workers)]
    work = fact_view.ask if bare else _work
    processes = [
        context.Process(target=work, args=(port, people[number :: given.workers], share[number], ready, go))
        for number in range(given.workers)
    ]
    for process in processes:
        process.start()
    ready.wait(120)
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise SystemExit("A client failed; the reason stands above.")
    return seconds


def _work(port: int, people: list[str], requests: int, ready: Any, go: Any) -> None:
    officer = lives.Session(port, LOGIN, in_post=True)
    ready.wait(120)
    go.wait()
    for number in range(requests):
        person = people[number % len(people)]
        officer.ask("GET", f"/api/v1/subjects/{person}/facts/{ELEMENT}?purpose={PURPOSE}")


def _tell(given: Any, inside: dict[str, list[float]], outside: dict[str, list[float]], size: int, people: int) -> int:
    rates = inside | outside
    middle = {name: statistics.median(all_of) for name, all_of in rates.items()}

    def ratio(ours: str, theirs: str) -> float:
        return statistics.median(one / other for one, other in zip(rates[ours], rates[theirs], strict=True))

    engine, http = ratio("engine", "select"), ratio("http", "bare")
    print(
        f"\ndata: {size / 2**20:.0f} MiB, facts of {people} people; {given.workers} clients, {WEB_WORKERS} web processes, commits durable"
    )
    print(f"prepared SELECT           {middle['select']:9.1f} /s")
    print(f"fact inside the engine    {middle['engine']:9.1f} /s    ratio {engine:.3f}  (target ≥ {TARGET})")
    print(f"SELECT, INSERT, commit    {middle['noted']:9.1f} /s")
    print(f"fact() with read log      {middle['fact']:9.1f} /s    ratio {ratio('fact', 'noted'):.3f}")
    print(f"bare view                 {middle['bare']:9.1f} /s")
    print(f"fact over HTTP            {middle['http']:9.1f} /s    ratio {http:.3f}  (target ≥ {TARGET})")
    return 0 if min(engine, http) >= TARGET else 1
