"""Commands for whoever writes packs: check, plan, apply, rehearse, coverage."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from yiwang.cli.frame import connected, say, with_django
from yiwang.kernel.kinds import DeclarationFault
from yiwang.kernel.masking import cover_identity_numbers
from yiwang.launch.configuration import load
from yiwang.launch.logs import set_up_logs
from yiwang.launch.rehearsal import rehearsal_settings

FOLDERS = click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))


def _refused(faults: Sequence[DeclarationFault]) -> NoReturn:
    for fault in faults:
        click.echo(str(fault))
    click.echo("1 fault." if len(faults) == 1 else f"{len(faults)} faults.", err=True)
    sys.exit(1)


@click.command()
@FOLDERS
@click.option("--schemas", type=click.Path(file_okay=False, path_type=Path), help="Also write the kinds' JSON Schemas.")
def check(folders: tuple[Path, ...], schemas: Path | None) -> None:
    """Check all packs in FOLDERS (default: the configured ones) together and list every fault. Needs no database."""
    set_up_logs("check", level="WARNING", form="console", cover=cover_identity_numbers)
    with_django(load(), lasting=False)
    from yiwang.packs import services

    if schemas is not None:
        for path in services.write_schemas(schemas):
            say(f"written: {path}")
    faults = services.check(folders or None)
    if faults:
        _refused(faults)
    click.echo("No faults.")


@click.command()
@FOLDERS
def plan(folders: tuple[Path, ...]) -> None:
    """Show what applying the packs in FOLDERS (default: the configured ones) would change. Changes nothing."""
    with connected("plan", role="owner"):
        from yiwang.packs import services
        from yiwang.packs.values import RefusedCity

        try:
            click.echo(str(services.plan(folders or None)))
        except RefusedCity as refused:
            _refused(refused.faults)


@click.command()
@FOLDERS
@click.option("--samples", is_flag=True, help="Load the packs' invented data too (demo cities only).")
def apply(folders: tuple[Path, ...], samples: bool) -> None:
    """Apply the packs in FOLDERS (default: the configured ones) as one numbered release, whole or not at all."""
    with connected("apply", role="owner") as configuration:
        from yiwang.acts.values import system
        from yiwang.packs import services
        from yiwang.packs.values import RefusedCity

        if samples and not configuration.demo:
            raise click.ClickException("Invented data belong into a demo city only (yiwang demo).")
        try:
            release = services.apply(system("apply"), folders or None, say=say)
            if samples:
                services.load_samples(folders or None, say=say)
        except RefusedCity as refused:
            _refused(refused.faults)
        click.echo(f"Release {release} is in force.")


@click.command()
@click.argument("packs", nargs=-1)
@click.option("--browser", is_flag=True, help="Play in Chromium instead of by plain HTTP.")
@click.option("--only", multiple=True, metavar="ID", help="Play this rehearsal alone; may be given several times.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the report.")
@click.option(
    "--ledger", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Print its words in the manual."
)
def rehearse(
    packs: tuple[str, ...], browser: bool, only: tuple[str, ...], report: Path | None, ledger: Path | None
) -> None:
    """Play the rehearsals of PACKS (default: of all) against a city of their own."""
    set_up_logs("rehearse", level="WARNING", form="console", cover=cover_identity_numbers)
    with_django(rehearsal_settings(load()))
    from yiwang.packs import services
    from yiwang.packs.values import CannotPlay, LedgerUnreadable, RefusedCity

    try:
        as_told = services.rehearse(packs, browser=browser, only=only, report=report, ledger=ledger, say=click.echo)
    except RefusedCity as refused:
        _refused(refused.faults)
    except (CannotPlay, LedgerUnreadable) as fault:
        raise click.ClickException(str(fault)) from fault
    if not as_told:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--report", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Of the last `yiwang rehearse`."
)
@click.option("--verbs", "row", default="", metavar="ROW", help="Print the verbs of one row instead.")
def coverage(file: Path, as_json: bool, report: Path | None, row: str) -> None:
    """Show which verbs of the rows of FILE, a plan's ledger, the packs' rehearsals show. Needs no database."""
    set_up_logs("coverage", level="WARNING", form="console", cover=cover_identity_numbers)
    with_django(load(), lasting=False)
    from yiwang.packs import services
    from yiwang.packs.values import LedgerUnreadable

    try:
        if row:
            rows = services.read_ledger(file)
            if row not in rows:
                raise click.ClickException(f"{file} has no row {row}.")
            click.echo(services.tell_row(rows[row]))
            return
        found = services.cover(file, services.read_configured(), report)
    except LedgerUnreadable as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(found.as_json() if as_json else found.as_text())
    if found.faults:
        sys.exit(1)
