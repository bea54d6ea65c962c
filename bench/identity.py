"""Suite `identity`: what does it cost to know who may do what, and to know who it is?

Log-ins over HTTP against Argon2 alone, with the same parameters on the same cores. The share of permission in an officer's requests, and
the questions of permission alone, in a city of a thousand cases and in one of 5,000 officers, 200 units and a million cases
([rights.py](rights.py), [staffing.py](staffing.py)). Exit code 1 when a target is missed.
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
from bench.city import City, cities
from bench.growing import grow, units_at_work
from bench.life import LEFT_OPEN, _leave_open, _wait_for_actions

WEB_WORKERS = 2
SHARE_AT_MOST = 0.05
"""Of a request, in permission."""
SLOWER_AT_MOST = 1.3
"""A question of permission in the large city against the small one."""
NOISE = 0.15
"""Milliseconds by which two medians of the same question differ here anyway."""
SMALL = 1_000
FROM = {"units": 200, "officers": 5_000, "cases": 1_000_000}


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code is 1 when a target is missed."""
    asked = argparse.ArgumentParser(prog="bench identity")
    for name, most in FROM.items():
        asked.add_argument(f"--{name}", type=int, default=most, help=f"in the large city, default {most:,}")
    asked.add_argument("--log-ins", type=int, default=60, help="in each of three rounds")
    asked.add_argument("--requests", type=int, default=200, help="of each kind, in each city")
    given = asked.parse_args(arguments)
    print(machine.describe())
    with cities("bench_identity", web_workers=WEB_WORKERS) as (_, [city], _):
        city.start("web", "worker")
        log_ins = _log_ins(given.log_ins, city)
        print(f"{SMALL:,} real lives …", flush=True)
        lives.run_lives(city.configuration.port, SMALL - LEFT_OPEN, WEB_WORKERS * 2)
        _leave_open(city)
        at_work = units_at_work(city.url("superuser"))
        _wait_for_actions(city)
        city.stop()
        small = _rights(city, given.requests)
        _run(city, "bench.staffing", str(given.units), str(given.officers))
        grow(city.url("superuser"), given.cases, at_work)
        large = _rights(city, given.requests)
    return _tell(given, log_ins, small, large)


def _rights(city: City, requests: int) -> Any:
    """As `bench.rights` tells it; the better of two runs for each question, for a pause of the machine counts against nobody.

    The tables are analysed first, as they are in a city that has stood for some minutes.
    """
    with psycopg.connect(city.url("superuser"), autocommit=True) as connection:
        connection.execute("ANALYZE")
    runs = [json.loads(_run(city, "bench.rights", str(requests))) for _ in range(2)]
    best = runs[0]
    for run in runs[1:]:
        for name, found in run["predicates"].items():
            if found["milliseconds"] < best["predicates"][name]["milliseconds"]:
                best["predicates"][name] = found
        for name, found in run["share"].items():
            if found["clock"] < best["share"][name]["clock"]:
                best["share"][name] = found
        best["walks"] = sorted({*best["walks"], *run["walks"]})
    print(f"  measured; {machine.load()}", flush=True)
    return best


def _run(city: City, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=city.environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{module} failed; the reason stands above.")
    return done.stdout.strip().splitlines()[-1]


# ── Who it is ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _log_ins(count: int, city: City) -> dict[str, list[float]]:
    """A second: log-ins over HTTP, and checks of a password by Argon2 alone in as many processes, in three interleaved rounds."""
    with psycopg.connect(city.url(), autocommit=True) as connection:
        [[kept]] = connection.execute(
            "SELECT password FROM identity_account WHERE login = %s", [lives.PAIRS[0][0]]
        ).fetchall()
    told: dict[str, list[float]] = {"log-ins": [], "argon2": []}
    for number in range(4):
        rates = {
            "log-ins": count / _at_once(count, _sign_in, city.configuration.port),
            "argon2": count / _at_once(count, _verify, kept.partition("$")[2]),
        }
        for name, rate in rates.items():
            told[name] += [rate] if number else []  # the first round warms
    return told


def _at_once(count: int, work: Any, given: Any) -> float:
    """Seconds of so many, shared among as many processes as web has."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(WEB_WORKERS + 1), context.Event()
    processes = [
        context.Process(target=_work, args=(work, given, number, count // WEB_WORKERS, ready, go))
        for number in range(WEB_WORKERS)
    ]
    for process in processes:
        process.start()
    ready.wait(60)
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise SystemExit("Signing in failed; the reason stands above.")
    return seconds


def _work(work: Any, given: Any, number: int, count: int, ready: Any, go: Any) -> None:
    ready.wait(60)
    go.wait()
    for _ in range(count):
        work(given, number)


def _sign_in(port: int, number: int) -> None:
    lives.Session(port, lives.PAIRS[number][0], in_post=False).leave()


def _verify(kept: str, _number: int) -> None:
    from argon2 import PasswordHasher

    PasswordHasher().verify(f"${kept}", lives.PASSWORD)


# ── What came of it ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _tell(given: Any, log_ins: dict[str, list[float]], small: Any, large: Any) -> int:
    missed = []
    rate, alone = (statistics.median(log_ins[name]) for name in ("log-ins", "argon2"))
    print(
        f"\nlog-ins: {rate:.1f}/s; Argon2 alone {alone:.1f}/s on as many processes: {rate / alone:.0%} of a log-in is Argon2"
    )
    print(
        f"\nshare of permission in a request, at {given.cases:,} cases, {given.officers:,} officers, {given.units} units"
    )
    for name, found in large["share"].items():
        print(
            f"  {name:16} {found['clock']:6.1%} by the clock, {found['processor']:6.1%} of processor time,"
            f" of {found['milliseconds']:.1f} ms"
        )
        if found["clock"] > SHARE_AT_MOST:
            missed.append(f"permission takes {found['clock']:.1%} of “{name}”, more than {SHARE_AT_MOST:.0%}")
    print("\nquestions of permission, milliseconds (touches of the database)")
    for name, found in large["predicates"].items():
        before = small["predicates"][name]
        slower = found["milliseconds"] / before["milliseconds"]
        print(
            f"  {name:36} {before['milliseconds']:6.2f} ({before['touches']:.0f}) → {found['milliseconds']:6.2f}"
            f" ({found['touches']:.0f})  {slower:.2f} ×"
        )
        if slower > SLOWER_AT_MOST and found["milliseconds"] - before["milliseconds"] > NOISE:
            missed.append(f"“{name}” takes {slower:.2f} times as long in the large city")
        if found["touches"] != before["touches"]:
            missed.append(f"“{name}” asks more of the database in the large city")
    print(f"\ntables of over 10,000 rows that were walked through: {', '.join(large['walks']) or 'none'}")
    missed += [f"{table} was walked through" for table in large["walks"]]
    for one in missed:
        print(f"MISSED: {one}")
    return 1 if missed else 0
