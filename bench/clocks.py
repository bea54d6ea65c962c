"""Suite `clocks`: what do the clocks of a city cost that has a million of them?

*Tick*: supervision's turn in a city of a thousand open cases and in one of a million, in interleaved rounds, with the same number due,
each of which fires every level ([clock_ticks.py](clock_ticks.py)). *Counting anew*: the packs are applied with one more day off, to a
hundred thousand open clocks ([clock_recount.py](clock_recount.py)). *Rules*: the last day of as many limits by the platform's rule, and
by the same logic in bare SQL ([clock_rules.py](clock_rules.py), [baselines/clocks.py](baselines/clocks.py)), whose answers must agree.
Exit code 1 when a tick of the large city takes over 1.5 times as long or walks through a big table, or when rule and SQL disagree.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from bench import lives, machine
from bench.city import City, cities, size_of
from bench.growing import grow

SIZES = (1_000, 1_000_000)
CLOCKS = 100_000
DUE = 50
TICKS = 5
"""In each round, after one that warms."""
ROUNDS = 3
SENT = 10
"""Real cases, of which the others are copies: few, so that the copies lie with every unit alike in a small and in a large city."""
SLOWER_AT_MOST = 1.5
"""A tick of the large city against one of the small."""
ROOM = 14
"""Gibibytes of a million cases and a hundred thousand more, with what the server writes ahead while they grow."""


@dataclass
class Ticked:
    """What was measured in a city of so many open cases.  due, idle: seconds of ticks, a list for each round.  pages: of the database, that
    such a tick touches.  fired: alerts of a tick.  walks: big tables that a tick walked through.
    """

    cases: int
    due: list[list[float]] = field(default_factory=list)
    idle: list[list[float]] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    fired: int = 0
    walks: set[str] = field(default_factory=set)


@dataclass
class Found:
    """Everything that was measured.  recount, rules: as the processes tell it."""

    ticked: list[Ticked]
    recount: dict[str, Any]
    rules: dict[str, Any]

    @property
    def slower(self) -> float:
        """How many times as long a tick takes in the large city: the median of the rounds."""
        small, large = self.ticked[0].due, self.ticked[-1].due
        return statistics.median(
            statistics.median(theirs) / statistics.median(ours) for ours, theirs in zip(small, large, strict=True)
        )


def main(arguments: list[str]) -> int:
    """Measure and print; the exit code is 1 when a target is missed."""
    asked = argparse.ArgumentParser(prog="bench clocks")
    asked.add_argument(
        "--sizes", type=int, nargs=2, default=list(SIZES), help="open cases in the small and the large city"
    )
    asked.add_argument("--clocks", type=int, default=CLOCKS, help="counted anew, and counted by rule and by SQL")
    asked.add_argument("--due", type=int, default=DUE, help="at each tick")
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    given = asked.parse_args(arguments)
    print(machine.describe())
    with cities("bench_clocks", web_workers=1, within=machine.memory_for(ROOM)) as (_, [city], _):
        send(city)
        found = measure(city, given.sizes, given.clocks, due=given.due, rounds=given.rounds)
    return tell(found, given.due)


def send(city: City) -> None:
    """So many people send a form, and supervision hears of it."""
    city.start("web", "worker")
    pairs = [lives.Pair.signed_in(city.configuration.port, number) for number in range(len(lives.PAIRS))]
    for number in range(SENT):
        pairs[number % len(pairs)].send()
    deadline = time.monotonic() + 60
    with psycopg.connect(city.url(), autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM supervision_watching").fetchone() != (SENT,):
            if time.monotonic() > deadline:
                raise SystemExit("Supervision has not heard of the clocks after 60 s.")
            time.sleep(0.05)
    city.stop()


def measure(city: City, sizes: Sequence[int], clocks: int, *, due: int, rounds: int, ticks: int = TICKS) -> Found:
    """Measure on copies of a city in which some real cases lie open and to which nobody is connected."""
    small, large = (_grown(city, f"{city.name}_{size}", size) for size in sizes)
    ticked = [Ticked(size) for size in sizes]
    for number in range(rounds):
        both = list(zip((small, large), ticked, strict=True))
        for one, found in both if number % 2 == 0 else reversed(both):
            _tick(one, found, due, ticks)
        print(f"round {number + 1}: {_round(ticked)}; {machine.load()}", flush=True)
    city.server.drop_database(large.name)
    counted = _grown(city, f"{city.name}_recount", clocks)
    rules = json.loads(_run(counted, "bench.clock_rules", counted.url("superuser"), str(clocks), str(rounds)))
    with tempfile.TemporaryDirectory(prefix="yiwang-bench-packs-") as folder:
        packs = _with_a_day_off(city.configuration.packs_dirs[0], Path(folder) / "packs")
        recount = json.loads(_run(counted, "bench.clock_recount", str(packs)))
    return Found(ticked, recount, rules)


def _grown(city: City, name: str, cases: int) -> City:
    made = city.copied(name)
    began = time.monotonic()
    there = grow(made.url("superuser"), cases, [])
    if there != cases:
        raise SystemExit(f"{there} cases were made instead of {cases}.")
    size = size_of(made.url("superuser")) / 2**20
    print(f"{cases:,} open cases, {size:,.0f} MiB, made in {time.monotonic() - began:.0f} s", flush=True)
    return made


def _tick(city: City, found: Ticked, due: int, ticks: int) -> None:
    told = json.loads(_run(city, "bench.clock_ticks", str(due), str(ticks)))
    found.due.append(told["due"])
    found.idle.append(told["idle"])
    found.pages.append(told["pages"])
    found.fired = told["fired"]
    found.walks |= set(told["walks"])


def _round(ticked: Sequence[Ticked]) -> str:
    return ", ".join(
        f"{statistics.median(one.due[-1]) * 1000:.0f} ms at {one.cases:,} ({one.pages[-1]:.0f} pages)" for one in ticked
    )


def _with_a_day_off(packs: Path, folder: Path) -> Path:
    """The city's packs, in which one of the next working days is off."""
    from yiwang.kernel.calendar import WorkingCalendar
    from yiwang.kernel.time import civil_date, machine_now

    shutil.copytree(packs, folder)
    day: date = WorkingCalendar().add_working_days(civil_date(machine_now()), 3).date
    path = folder / "base" / "calendars" / f"holidays-{day.year}.yaml"
    line = f"  - {{title: {{zh-Hans: 台风停工, en: Typhoon}}, first: {day}, last: {day}}}\n"
    path.write_text(path.read_text("utf-8").replace("off:\n", f"off:\n{line}", 1), "utf-8")
    return folder


def _run(city: City, module: str, *arguments: str) -> str:
    """The last line that a process with the settings of the city prints."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=city.environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{module} failed; the reason stands above.")
    return done.stdout.strip().splitlines()[-1]


# ── What came of it ─────────────────────────────────────────────────────────────────────────────────────────────────────


def tell(found: Found, due: int) -> int:
    """Print what was measured; 1 when a target is missed."""
    missed = []
    print(
        f"\ntick, with {due} clocks due that fire {found.ticked[0].fired} alerts; milliseconds by the clock, median of a round"
    )
    print(f"{'open cases':>12} {'nothing due':>12} {f'{due} due':>10} {'of rounds':>22} {'pages touched':>14}")
    for one in found.ticked:
        middles = [statistics.median(each) * 1000 for each in one.due]
        idle = statistics.median(statistics.median(each) for each in one.idle) * 1000
        rounds = f"{min(middles):.0f} – {max(middles):.0f}"
        print(
            f"{one.cases:>12,} {idle:>12.1f} {statistics.median(middles):>10.0f} {rounds:>22} {statistics.median(one.pages):>14,.0f}"
        )
        missed += [f"{table} was walked through at {one.cases:,} cases" for table in sorted(one.walks)]
    small, large = found.ticked[0], found.ticked[-1]
    print(
        f"a tick at {large.cases:,} takes {found.slower:.2f} times as long as at {small.cases:,}  (target ≤ {SLOWER_AT_MOST})"
    )
    if found.slower > SLOWER_AT_MOST:
        missed.append(f"a tick takes {found.slower:.2f} times as long in the large city")
    if small.fired != large.fired:
        missed.append(f"a tick fired {small.fired} alerts in the small city and {large.fired} in the large one")

    recount = found.recount
    batches = sorted(recount["batches"])
    print(
        f"\ncounting anew after a day off: {recount['moved']:,} of {recount['clocks']:,} clocks moved in {recount['seconds']:.1f} s,"
        f" {recount['moved'] / recount['seconds']:,.0f}/s; {len(batches)} batches of {recount['batch']} cases, median"
        f" {statistics.median(batches) * 1000:.0f} ms, longest {batches[-1] * 1000:.0f} ms; of processor time"
        f" {recount['processor'] / recount['moved'] * 1000:.2f} ms a clock, the last tenth"
        f" {recount['last_tenth'] / recount['first_tenth']:.2f} times the first; the whole apply {recount['whole']:.1f} s,"
        f" at most {recount['memory'] / 2**20:,.0f} MiB in its process"
    )
    if recount["moved"] != recount["clocks"]:
        missed.append(f"{recount['clocks'] - recount['moved']} clocks did not move")

    rules = found.rules
    rule, processor, bare = (min(rules[name]) for name in ("rule", "processor", "sql"))
    print(
        f"\nlast day of {rules['clocks']:,} limits, one process against one connection, the best round: rule"
        f" {rules['clocks'] / rule:,.0f}/s ({rules['clocks'] / processor:,.0f} a second of processor time), bare SQL"
        f" {rules['clocks'] / bare:,.0f}/s, ratio {bare / rule:.3f}; {rules['different']} answers differ"
    )
    if rules["different"]:
        missed.append(f"rule and SQL disagree about {rules['different']} limits")
    for miss in missed:
        print(f"MISSED: {miss}")
    return 1 if missed else 0
