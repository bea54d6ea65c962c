"""Commands for whoever keeps the installation running: time, audit, doctor, keys, migrate."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from yiwang.cli.frame import connected, say
from yiwang.kernel.time import machine_now
from yiwang.launch.configuration import load

UNITS = {"d": "days", "h": "hours", "m": "minutes", "w": "weeks"}


@click.command()
@click.argument("to", required=False)
def time(to: str | None) -> None:
    """Show business time, or move it forward to TO: `+3d`, `+2h`, `+1w`, or an instant such as 2026-12-24T09:00+08:00.

    Only a demo city can be moved, and only forward. Every running process follows at once.
    """
    from yiwang.kernel import time as city_time

    configuration = load()
    if configuration.demo:
        city_time.use_offset_file(configuration.data_dir / "time.json")
    if to is not None:
        if not configuration.demo:
            raise click.ClickException("Business time can be moved in a demo city only.")
        try:
            city_time.move_to(_instant(to, city_time.now()))
        except ValueError as fault:
            raise click.ClickException(str(fault)) from fault
    now = city_time.now().astimezone(city_time.CITY_ZONE)
    ahead = city_time.offset()
    click.echo(f"{now.isoformat(timespec='seconds')}{f'  ({ahead} ahead of the machine)' if ahead else ''}")


def _instant(words: str, now: datetime) -> datetime:
    """Read `+3d` or an ISO instant; a time without zone is the city's."""
    if found := re.fullmatch(r"\+(\d+)([dhmw])", words):
        return now + timedelta(**{UNITS[found[2]]: int(found[1])})
    from yiwang.kernel.time import CITY_ZONE

    try:
        instant = datetime.fromisoformat(words)
    except ValueError:
        raise ValueError(f"{words} is neither +<number><d|h|m|w> nor an ISO date and time.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=CITY_ZONE)


@click.group()
def audit() -> None:
    """Verify the audit log."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(as_json: bool) -> None:
    """Recompute every entry's digest, the Merkle tree and its signed heads; name each entry that was changed or is
    missing.
    """
    with connected("audit verify"):
        from yiwang.audit import queries

        report = queries.verify()
    if as_json:
        click.echo(
            json.dumps({**asdict(report), "is_sound": report.is_sound}, default=str, ensure_ascii=False, indent=2)
        )
    else:
        click.echo(
            f"{report.entries} entries, {report.leaves} sealed, {report.heads} signed heads, {report.backlog} to seal."
        )
        for one in report.problems:
            click.echo(f"  {one.code} {one.number}: {one.message}")
        if report.problem_count > len(report.problems):
            click.echo(f"  and {report.problem_count - len(report.problems)} more")
        click.echo("Everything agrees." if report.is_sound else f"{report.problem_count} problems.")
    if not report.is_sound:
        sys.exit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
def doctor(as_json: bool) -> None:
    """Look for what is broken and say which command mends it. Changes nothing; ends with code 1 when something is
    wrong.
    """
    from yiwang.cli.doctor import examine

    findings = examine(load())
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in findings], ensure_ascii=False, indent=2))
    else:
        for one in findings:
            click.echo(f"{'ok   ' if one.finding.is_well else 'FAULT'}  {one.check:<18}  {one.finding.detail}")
            if not one.finding.is_well and one.finding.mend:
                click.echo(f"       {'':<18}  → {one.finding.mend}")
    if not all(one.finding.is_well for one in findings):
        sys.exit(1)


@click.command()
@click.option("--subscriber", help="Only the events of one subscriber.")
@click.option("--jobs", is_flag=True, help="The jobs that failed, instead of events.")
@click.option("--actions", is_flag=True, help="The actions of cases that gave up, instead of events.")
@click.option("--mail", is_flag=True, help="The letters that were given up, instead of events.")
def retry(subscriber: str | None, jobs: bool, actions: bool, mail: bool) -> None:
    """Try again what was set aside after failures, once the cause is mended. `yiwang doctor` names it."""
    with connected("retry"):
        if actions:
            from yiwang.cases.services import system_retry_failed

            click.echo(f"{system_retry_failed()} actions will be tried again.")
        elif mail:
            from yiwang.messaging.services import system_retry_deliveries

            click.echo(f"{system_retry_deliveries()} letters will be tried again.")
        elif jobs:
            from procrastinate.contrib.django import app

            failed = [job.id for job in app.job_manager.list_jobs(status="failed") if job.id is not None]
            for job in failed:
                app.job_manager.retry_job_by_id(job, retry_at=machine_now())
            click.echo(f"{len(failed)} jobs will be tried again.")
        else:
            from yiwang.outbox import services

            click.echo(f"{services.retry_parked(subscriber)} events will be tried again.")


@click.group()
def keys() -> None:
    """Show or renew the city's signing key."""


@keys.command("show")
def show_keys() -> None:
    """Until when the signing key is valid."""
    from yiwang.cli.signing import ensure_city_key
    from yiwang.kernel.crypto import load_key_file

    path = ensure_city_key(load().data_dir)
    key = load_key_file(path)
    click.echo(
        f"{path}\nkey id     {key.public.key_id}\nserves to  {key.not_after.isoformat() if key.not_after else 'no end'}"
    )


@keys.command("public")
def public_key() -> None:
    """The public key, in PEM: what anybody needs to check what the city has signed."""
    from yiwang.cli.signing import ensure_city_key
    from yiwang.kernel.crypto import load_key_file

    click.echo(load_key_file(ensure_city_key(load().data_dir)).public.pem.decode("ascii"), nl=False)


@keys.command()
def renew() -> None:
    """Make a new signing key. The former one stays beside it, so that what it signed still verifies."""
    from yiwang.cli.signing import renew_city_key

    click.echo(
        f"{renew_city_key(load().data_dir)}\nRestart `yiwang serve` so that every process signs with the new key."
    )


@click.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    with connected("migrate", role="owner") as configuration:
        from yiwang.cli.preparing import migrate_tables

        migrate_tables(configuration, say)


@click.command(
    hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def django(words: tuple[str, ...]) -> None:
    """Run one of Django's own commands as the owner, for developers: `yiwang django makemigrations cases`."""
    with connected("django", role="owner"):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["yiwang django", *words])
