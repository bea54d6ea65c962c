"""`serve` and `demo`, and the processes that they start: web, worker, scheduler, and the preparation before them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click

from yiwang.cli.frame import say, with_django
from yiwang.kernel.masking import cover_identity_numbers
from yiwang.launch import keys
from yiwang.launch.configuration import DEMO_MARK, SIZE_MARK, Configuration, load
from yiwang.launch.folder import FolderHeld, hold, started
from yiwang.launch.logs import set_up_logs
from yiwang.launch.postgres import Server
from yiwang.launch.processes import SERVER, Child, Supervisor, end_with_parent

FIRST_ANSWER_SECONDS = 120.0
FILLING_IS_PATIENT = 10
RETRIES_OF_HOLD = 10  # somebody who only looks at the lock holds it for a moment


def _options(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--host", help="Address to listen on (default 127.0.0.1)."),
        click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default 8460)."),
        click.option("--workers", "web_workers", type=click.IntRange(1, 64), help="Web processes (default 2)."),
        click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of everything that is kept (./var)."),
    ):
        command = option(command)
    return command


def _configured(**options: object) -> Configuration:
    given = {f"YIWANG_{name.upper()}": str(value) for name, value in options.items() if value is not None}
    return load({**os.environ, **given})


@click.command()
@_options
def serve(**options: object) -> None:
    """Run the platform until Ctrl-C: PostgreSQL (unless YIWANG_DATABASE_URL names one), web, worker and scheduler."""
    _run(_configured(**options), "yiwang serve")


@click.command()
@_options
@click.option("--size", help="tiny, small, city (20,000 residents) or large, or a number of residents (default city).")
def demo(size: str | None, **options: object) -> None:
    """Run the platform with an invented city until Ctrl-C. Its data are kept for the next time.

    The pages answer first; a larger city is filled while it is already in use.
    """
    configuration = _configured(**options, size=size, demo=True, log_format="console", log_level="WARNING")
    configuration.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if size is not None and size != configuration.size:
        raise click.ClickException(
            f"{configuration.data_dir} holds a city of the size {configuration.size}; a city keeps its size. "
            "Name another folder with --data-dir."
        )
    if not (configuration.data_dir / DEMO_MARK).exists():
        if (configuration.data_dir / "postgres").exists():
            raise click.ClickException(
                f"{configuration.data_dir} holds a city that is no demo. Name another folder with --data-dir."
            )
        (configuration.data_dir / DEMO_MARK).write_text("This folder holds an invented city (yiwang demo).\n", "utf-8")
    _run(configuration, "yiwang demo")


def _run(configuration: Configuration, command: str) -> None:
    for attempt in range(RETRIES_OF_HOLD):
        try:
            with hold(configuration.data_dir, command, address=configuration.address, stays=True):
                return _run_holding(configuration)
        except FolderHeld as held:
            if held.holder.stays:
                say(
                    f"It runs already: {held.holder.address}  ({held.holder.command}, "
                    f"process {held.holder.process_id}, folder {configuration.data_dir}).\n"
                    "Stop it with Ctrl-C where it was started."
                )
                return None
            if attempt == RETRIES_OF_HOLD - 1:
                raise
            time.sleep(0.3)
    return None


def _run_holding(configuration: Configuration) -> None:
    _refuse_taken_port(configuration)
    _tell_of_missing_pages()
    keys.ensure(configuration.data_dir)
    metrics = (
        configuration.data_dir / "metrics"
    )  # counters that the web processes share; they begin anew with each start
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700)
    environment = {**os.environ, **configuration.as_environment(), "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    server = None
    with ExitStack() as stack:
        if configuration.database_url is None:
            began = time.monotonic()
            say(f"PostgreSQL …        {configuration.data_dir / 'postgres'}")
            server = Server(configuration.data_dir, configuration.postgres_binaries)
            stack.enter_context(started(server, configuration.database_name))
            say(f"PostgreSQL answers  ({time.monotonic() - began:.1f} s)")
        log_ins = _prepare(environment)
        children = [Child(name, _command(name)) for name in ("web", "worker", "scheduler")]
        if configuration.demo:
            (configuration.data_dir / SIZE_MARK).write_text(configuration.size, "ascii")
            children.append(Child("fill", _command("fill"), until_done=True))
        supervisor = Supervisor(children, environment, say, server)
        supervisor.run(when_started=lambda: _announce(configuration, supervisor, log_ins))
        say("Stopped.")


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "yiwang.cli", *words]


def _prepare(environment: dict[str, str]) -> list[dict[str, str]]:
    """Bring tables, packs and samples up to date in a process of its own; return the demo's log-ins."""
    done = subprocess.run(
        _command("prepare"),
        env={**environment, "YIWANG_SUPERVISOR": str(os.getpid())},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise click.ClickException("The city could not be prepared; the reason stands above.")
    found: list[dict[str, str]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _refuse_taken_port(configuration: Configuration) -> None:
    family = socket.AF_INET6 if ":" in configuration.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((configuration.host, configuration.port))
        except OSError as fault:
            raise click.ClickException(
                f"Cannot listen on {configuration.host}:{configuration.port}: {fault.strerror}. "
                "Choose another with --port (or YIWANG_PORT), or stop the program that uses it."
            ) from fault


def _tell_of_missing_pages() -> None:
    from yiwang.settings import FRONTEND, SOURCE

    if not FRONTEND.is_dir():
        say("Pages have no styles yet: the frontend is not built. Run `make setup`.")
    if not list((SOURCE / "locale").glob("*/LC_MESSAGES/*.mo")):
        say("Texts stay in English: the translations are not compiled. Run `make setup`.")


def _announce(configuration: Configuration, supervisor: Supervisor, log_ins: list[dict[str, str]]) -> None:
    """Wait for the first answer of the web processes, then say where to go."""
    address = configuration.address
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while not _answers(address):
        if supervisor.is_stopping():
            return
        if time.monotonic() > deadline:
            say(f"The pages have not answered within {FIRST_ANSWER_SECONDS:.0f} s. Run `yiwang doctor`.")
            return
        time.sleep(0.1)
    say(f"\n  Portal  {address}/\n  Desk    {address}/desk/\n  API     {address}/api/v1/docs\n")
    if log_ins:
        width = max(len(one["login"]) for one in log_ins)
        for one in log_ins:
            say(f"  {one['login']:<{width}}  {one['password']}  {one['posts'] or '居民'}")
        say("\n  Everybody here is invented. Business time can be moved: yiwang time +3d")
    say("  Ctrl-C stops everything; the data stay.")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
    except OSError:
        return False


# ── Children ────────────────────────────────────────────────────────────────────────────────────────────────────


@click.command(hidden=True)
def web() -> None:
    """Answer HTTP."""
    configuration = load()
    _of_a_supervisor("web", configuration)
    _answer_pages(configuration)


def _answer_pages(configuration: Configuration) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    os.environ[SERVER] = str(os.getpid())
    Granian(
        "yiwang.wsgi:application",
        address=configuration.host,
        port=configuration.port,
        interface=Interfaces.WSGI,
        workers=configuration.web_workers,
        blocking_threads=4,
        backpressure=64,  # requests in one process, waiting included; beyond it, connections wait in the kernel
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=8,
    ).serve()


@click.command(hidden=True)
def worker() -> None:
    """Do deferred jobs and deliver events to subscribers."""
    _child("worker")
    from yiwang.cli.background import run_worker  # after Django is set up: its rooms hold models

    run_worker()


@click.command(hidden=True)
def scheduler() -> None:
    """Do what is due again and again."""
    configuration = _child("scheduler")
    from yiwang.cli.background import run_scheduler

    run_scheduler(configuration)


@click.command(hidden=True)
def fill() -> None:
    """Fill a demo city with everything that its pages did not wait for, then end. What was cut off goes on where it was."""
    _child("fill")
    os.nice(FILLING_IS_PATIENT)  # whoever looks at the pages goes first
    from yiwang.packs.services import fill_city

    began, portions = time.monotonic(), 0
    for _ in fill_city(say=say):
        portions += 1
    if portions:
        say(f"The city is filled  ({time.monotonic() - began:.0f} s)")


@click.command(hidden=True)
def nursery() -> None:
    """Have everything loaded, and begin web, worker and scheduler whenever a line on standard input asks for one."""
    configuration = _child("nursery")
    import yiwang.urls  # noqa: F401  what pages stand on
    from yiwang.cli.background import run_scheduler, run_worker
    from yiwang.cli.nursery import keep

    def begun(name: str, then: Callable[[], None]) -> Callable[[], None]:
        def begin() -> None:
            _of_a_supervisor(name, configuration)
            then()

        return begin

    ways = {
        "web": lambda: _answer_pages(configuration),
        "worker": run_worker,
        "scheduler": lambda: run_scheduler(configuration),
    }
    keep({name: begun(name, then) for name, then in ways.items()}, configuration.data_dir)


def _child(name: str) -> Configuration:
    configuration = load()
    _of_a_supervisor(name, configuration)
    return with_django(configuration)


def _of_a_supervisor(name: str, configuration: Configuration) -> None:
    """Log under this name, and end with whoever began this process."""
    set_up_logs(name, level=configuration.log_level, form=configuration.log_format, cover=cover_identity_numbers)
    end_with_parent()


@click.command(hidden=True)
def prepare() -> None:
    """Bring tables, packs and a demo's samples up to date; the last line of standard output is the log-ins as JSON."""
    configuration = load()
    set_up_logs("prepare", level="WARNING", form="console", cover=cover_identity_numbers)
    end_with_parent()
    with_django(configuration, role="owner")
    from yiwang.cli.preparing import prepare_city
    from yiwang.kernel.samples import UnknownSize

    try:
        click.echo(json.dumps(prepare_city(configuration, say), ensure_ascii=False))
    except UnknownSize as fault:
        raise click.ClickException(str(fault)) from fault
