"""`yiwang rehearse`: makes a city, plays the stories in it one after the other, tells how each went."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yiwang.acts.queries import current_release
from yiwang.kernel import time
from yiwang.kernel.kinds import Declaration, did_you_mean
from yiwang.packs.queries import read_configured
from yiwang.packs.rehearsals.browser import BrowserDriver, open_browser
from yiwang.packs.rehearsals.city import OwnCity, own_city
from yiwang.packs.rehearsals.drivers import Driver
from yiwang.packs.rehearsals.http import ApiDriver, HttpDriver
from yiwang.packs.rehearsals.player import Played, Player, StepPlayed
from yiwang.packs.rehearsals.report import write_manual, write_report
from yiwang.packs.rules.ledger import LedgerRow, read_ledger
from yiwang.packs.values import CannotPlay, Reading, RefusedCity
from yiwang.settings import configuration

__all__ = ["NothingToPlay", "passwords", "rehearse"]

Say = Callable[[str], None]


class NothingToPlay(CannotPlay):
    """No rehearsal is called so; the message says which there are."""


def rehearse(
    packs: Sequence[str] = (),
    *,
    browser: bool = False,
    only: Sequence[str] = (),
    report: Path | None = None,
    ledger: Path | None = None,
    say: Say = print,
) -> bool:
    """Play the rehearsals of `packs` (default: of all) and return whether every one went as told.

    Django must be set up with the settings of `launch.rehearsal`: this process becomes one of that city's own.

    browser: play in Chromium; without it stories that need a browser are named and not played.  only: ids of the rehearsals
    to play.  report: where to write the report (default: `report.json` in the city's folder); pictures and the manual stand
    beside it.  ledger: file of a plan's rows, whose words the manual then prints beside the steps.
    Raises CannotPlay, RefusedCity, LedgerUnreadable, ServerFault, FolderHeld.
    """
    settings = configuration()
    rows: dict[str, LedgerRow] = read_ledger(ledger) if ledger else {}
    report = report or settings.data_dir / "report.json"
    began_at = time.machine_now()
    reading = read_configured()
    if reading.faults:
        raise RefusedCity(reading.faults)
    stories = _chosen(list(reading.city.of_kind("rehearsal").values()), packs, only)
    with _window(browser) as window, own_city(settings, say) as city:
        known = passwords(reading)
        played: list[Played] = []
        release = 0
        for one in stories:
            if one.body.browser and not browser:
                say(f"{one.pack}/{one.id} needs a browser: play it with --browser.")
                continue
            city.renew()
            release = current_release()
            played.append(_play(city, one, window, known, report.parent / "pictures", say))
    write_report(report, played, began_at=began_at, release=release)
    write_manual(report.parent / "manual", [(one.pack, one.body) for one in stories], played, rows)
    failed = [one for one in played if not one.ok]
    say(f"{len(played) - len(failed)} of {len(played)} rehearsals went as told.  {report}")
    return not failed


def passwords(reading: Reading) -> dict[str, str]:
    """Log-in → password of invented people: of every sample table that has both columns."""
    found: dict[str, str] = {}
    for files in reading.samples.values():
        for name, content in files.items():
            head = (
                content[:1000].splitlines()[0].decode("utf-8-sig").split(",")
                if content and name.endswith(".csv")
                else []
            )
            if {"login", "password"} <= set(head):
                rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
                found |= {row["login"]: row["password"] for row in rows}
    return found


@contextmanager
def _window(browser: bool) -> Iterator[Any]:
    if browser:
        with open_browser() as opened:
            yield opened
    else:
        yield None


def _chosen(found: list[Declaration], packs: Sequence[str], only: Sequence[str]) -> list[Declaration]:
    chosen = [one for one in found if (not packs or one.pack in packs) and (not only or one.id in only)]
    if unknown := sorted(set(packs) - {one.pack for one in found}):
        advice = did_you_mean(unknown[0], {one.pack for one in found})
        raise NothingToPlay(f"There is no pack `{unknown[0]}` with rehearsals. {advice}")
    if unknown := sorted(set(only) - {one.id for one in chosen}):
        raise NothingToPlay(
            f"There is no rehearsal `{unknown[0]}`. {did_you_mean(unknown[0], {one.id for one in found})}"
        )
    return sorted(chosen, key=lambda one: (one.pack, one.id))


def _play(city: OwnCity, one: Declaration, window: Any, passwords: dict[str, str], pictures: Path, say: Say) -> Played:
    def open_driver(face: str, language: str) -> Driver:
        if face == "api":
            return ApiDriver(city.root, face, language)
        if window is not None:
            return BrowserDriver(window, city.root, face, language)
        return HttpDriver(city.root, face, language)

    def tell(step: StepPlayed) -> None:
        say(f"  {'✓' if step.ok else '✗'} {step.number:>2} {step.sentence}  ({step.seconds:.1f} s)")
        if not step.ok:
            say(f"       {step.said}")
            say(f"       seen: {' '.join(step.seen.split())}" if step.seen else "       nothing was shown")
            say(f"       {step.picture}" if step.picture else "")

    mode = "browser" if window is not None else "http"
    say(f"{one.pack}/{one.id} ({mode})")
    player = Player(city, open_driver, passwords=passwords, pictures=pictures, tell=tell)
    return player.play(one.pack, one.body, mode)
