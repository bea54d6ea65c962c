"""Cities to measure on: one server with durable commits, a template laid down once, a clone for each thing measured."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import psycopg

from yiwang.launch import keys
from yiwang.launch.configuration import DEMO_MARK, Configuration, load
from yiwang.launch.postgres import Server

TEMPLATE = "bench_template"


@dataclass
class City:
    """One clone with its settings and, once started, its processes."""

    name: str
    server: Server
    configuration: Configuration
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YIWANG_")}
        return kept | self.configuration.as_environment() | {"YIWANG_SUPERVISOR": str(os.getpid())}

    def url(self, role: str = "app") -> str:
        return self.server.url(self.name, role)  # type: ignore[arg-type]

    def copied(self, name: str) -> City:
        """A city of this name that stands as this one does, to which nobody may be connected."""
        self.server.create_database(name, self.name)
        urls = {"database_url": self.server.url(name, "owner"), "app_database_url": self.server.url(name, "app")}
        return City(name, self.server, self.configuration.model_copy(update={**urls, "port": free_port()}))

    def start(self, *names: str) -> None:
        """Start these of the city's processes, with their output in the data folder."""
        for name in names:
            with (self.configuration.data_dir / f"{name}.log").open("ab") as log:
                command = [sys.executable, "-m", "yiwang.cli", name]
                self.children[name] = subprocess.Popen(
                    command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
        if "web" in names:
            wait_until_healthy(self.configuration.port, "/healthz", self.children["web"])

    def stop(self) -> None:
        """End the city's processes."""
        for process in self.children.values():
            process.terminate()
        for process in self.children.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.children.clear()


def wait_until_healthy(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for the first 200."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"Port {port} does not answer (code {process.poll()}).")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cities(
    *names: str, web_workers: int, within: Path | None = None
) -> Iterator[tuple[Server, list[City], list[dict[str, str]]]]:
    """A server with one clone for each name, and the log-ins of the demo. Everything is removed at the end.

    within: the folder in which its data lie, by default the one for temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="yiwang-bench-", dir=within) as folder, ExitStack() as stack:
        base = load({"YIWANG_DATA_DIR": str(Path(folder) / "data"), "YIWANG_DEMO": "true", "YIWANG_LOG_LEVEL": "ERROR"})
        base.data_dir.mkdir(mode=0o700)
        (base.data_dir / DEMO_MARK).touch()
        keys.ensure(base.data_dir)
        server = Server(base.data_dir, base.postgres_binaries)
        server.start()
        stack.callback(server.stop)
        server.create_database("bench_building")
        template = _city("bench_building", server, base, web_workers)
        done = subprocess.run(
            [sys.executable, "-m", "yiwang.cli", "prepare"],
            env=template.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit("The city could not be prepared; the reason stands above.")
        log_ins = json.loads(done.stdout.strip().splitlines()[-1])
        server.create_database(TEMPLATE, "bench_building")
        made = []
        for name in names:
            server.create_database(name, TEMPLATE)
            city = _city(name, server, base, web_workers)
            stack.callback(city.stop)
            made.append(city)
        yield server, made, log_ins


def _city(name: str, server: Server, base: Configuration, web_workers: int) -> City:
    settings = {
        "database_url": server.url(name, "owner"),
        "app_database_url": server.url(name, "app"),
        "port": free_port(),
        "web_workers": web_workers,
    }
    return City(name, server, base.model_copy(update=settings))


def row_counts(url: str) -> dict[str, int]:
    """Rows of every table of the city, counted."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'records')"
        ).fetchall()
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables}  # type: ignore[index]


def size_of(url: str) -> int:
    """Bytes of the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0
