"""The frame of all commands: settings, Django, faults that an operator can read, and where each command stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

import click
import psycopg

from yiwang.kernel.masking import cover_identity_numbers
from yiwang.launch.configuration import Configuration, ConfigurationFault, load
from yiwang.launch.databases import ServerFault
from yiwang.launch.folder import FolderHeld, running_database
from yiwang.launch.logs import set_up_logs

__all__ = ["connected", "main", "say", "with_django"]

SCHEDULER_LOCK = 0x59697761  # the advisory lock that the one working scheduler of a city holds

# command → (module, function); a module is imported when one of its commands runs, so that `--help` is quick
COMMANDS = {
    "serve": (
        "running",
        "Run the platform: PostgreSQL (unless YIWANG_DATABASE_URL names one), web, worker, scheduler.",
    ),
    "demo": ("running", "Run the platform with an invented city, and print addresses and log-ins."),
    "check": ("packs", "Check packs and list all faults with file, line and what to write."),
    "plan": ("packs", "Show what applying the packs would change."),
    "apply": ("packs", "Apply the packs as one numbered release."),
    "rehearse": ("packs", "Play a pack's rehearsals against a city of their own."),
    "coverage": ("packs", "Show which verbs of ledger rows the rehearsals show."),
    "time": ("operating", "Show business time, or move it forward (demo cities only)."),
    "audit": ("operating", "Verify the audit log."),
    "retry": ("operating", "Try again the events that were set aside after failures."),
    "doctor": ("operating", "Look for what is broken and say which command mends it."),
    "keys": ("operating", "Show or renew the city's signing key."),
    "administrators": (
        "administrators",
        "Seat the first three administrators of a city, or renew a password that one lost.",
    ),
    "migrate": ("operating", "Bring the database's tables up to this version."),
    "web": ("running", ""),
    "worker": ("running", ""),
    "scheduler": ("running", ""),
    "nursery": ("running", ""),
    "prepare": ("running", ""),
    "fill": ("running", ""),
    "django": ("operating", ""),
    "docs": ("docs", ""),
}


class _Commands(click.Group):
    """Finds commands in their modules and turns expected faults into one readable message and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (_, summary) in COMMANDS.items() if summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"yiwang.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items() if summary])

    def invoke(self, ctx: click.Context) -> Any:
        from yiwang.kernel.errors import Fault

        try:
            return super().invoke(ctx)
        except (ConfigurationFault, ServerFault, FolderHeld) as fault:
            raise click.ClickException(str(fault)) from fault
        except Fault as fault:
            lines = [fault.detail.format_map(fault.params) if fault.params else fault.detail or fault.title]
            lines += [f"  {one.pointer}: {one.message.format_map(one.params)}" for one in fault.faults]
            raise click.ClickException("\n".join(lines)) from fault
        except Exception as fault:
            if isinstance(fault, psycopg.OperationalError) or isinstance(fault.__cause__, psycopg.OperationalError):
                raise click.ClickException(f"The database does not answer: {fault}") from fault
            raise


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="yiwang")
def main() -> None:
    """Yiwang 一网: one city, one network.

    Settings come from YIWANG_* variables and the file that YIWANG_CONFIGURATION names; data stand in ./var unless
    YIWANG_DATA_DIR says otherwise.
    """


def say(line: str) -> None:
    """Tell the operator something on the way; standard output is kept for results."""
    click.echo(line, err=True)


@contextmanager
def connected(
    command: str, *, role: Literal["app", "owner"] = "app", process: str = "command"
) -> Iterator[Configuration]:
    """Have the database running and Django set up for the time of the block."""
    configuration = load()
    set_up_logs(process, level="WARNING", form="console", cover=cover_identity_numbers)
    with running_database(configuration, f"yiwang {command}", say):
        yield with_django(configuration, role=role)


def with_django(
    configuration: Configuration, *, role: Literal["app", "owner"] = "app", lasting: bool = True
) -> Configuration:
    """Set Django up with `configuration` and return it. lasting: see `settings.set_up`."""
    from yiwang.settings import set_up

    set_up(configuration, role=role, lasting=lasting)
    return configuration
