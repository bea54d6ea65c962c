"""`yiwang demo` as people start it: one command up, one key down, nothing lost and nothing left."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from support.waiting import eventually, is_alive, processes_naming

from yiwang.launch.postgres import Server

pytestmark = pytest.mark.crash
YIWANG = [sys.executable, "-m", "yiwang.cli"]
READY = "Ctrl-C stops everything"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """A running `yiwang demo` with a folder and a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.output = folder / "output"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*YIWANG, "demo", "--size", "tiny", "--port", str(port), "--workers", "1"],
                env={**os.environ, "YIWANG_DATA_DIR": str(folder / "var")},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text("utf-8")

    def wait_until_ready(self, times: int = 1) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said()
            return self.said().count(READY) >= times

        eventually(ready, "the demo is ready", seconds=600)

    def health(self) -> dict[str, object]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
            found: dict[str, object] = json.load(answer)
            return found

    def child(self, name: str) -> int:
        """The process id of a child, by the last word of its command line."""
        for one in Path("/proc").iterdir():
            if one.name.isdigit():
                try:
                    words = (one / "cmdline").read_bytes().split(b"\0")
                    parent = int((one / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
                if parent == self.process.pid and name.encode() in words:
                    return int(one.name)
        return 0

    def count(self, table: str) -> int:
        url = Server(self.folder / "var").url("yiwang", "app")
        with psycopg.connect(url) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])

    def everything(self) -> list[int]:
        """Every process of this demo."""
        group = []
        for one in Path("/proc").iterdir():
            if one.name.isdigit() and is_alive(int(one.name)):
                with suppress(ProcessLookupError):  # ended since the line above
                    if os.getpgid(int(one.name)) == self.process.pid:
                        group.append(int(one.name))
        return group + processes_naming(self.folder / "var")


@contextmanager
def demo(folder: Path, port: int) -> Iterator[Demo]:
    running = Demo(folder, port)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_a_demo_from_first_start_to_last_stop(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port) as first:
        first.wait_until_ready()
        said = first.said()
        assert f"http://127.0.0.1:{port}/desk/" in said
        assert "lin.xiuying" in said
        assert "Yiwang-demo-2026" in said
        assert first.health() == {"status": "ok", "release": 1}

        joined = subprocess.run(
            [*YIWANG, "demo"],
            env={**os.environ, "YIWANG_DATA_DIR": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert joined.returncode == 0
        assert f"It runs already: http://127.0.0.1:{port}" in joined.stderr

        worker = first.child("worker")
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: first.child("worker") not in (0, worker), "the worker starts again")
        database = Server(tmp_path / "var").process_id()
        os.kill(database, signal.SIGKILL)
        eventually(lambda: "PostgreSQL ended; starting it again" in first.said(), "the end of PostgreSQL is told")
        eventually(lambda: Server(tmp_path / "var").is_answering(), "PostgreSQL answers again")
        eventually(lambda: first.health()["status"] == "ok", "the pages answer again")

        people = first.count("subjects_subject")
        assert people >= 1000
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(8) == 0, first.said()
        eventually(lambda: not first.everything(), "nothing is left running")

    told = first.said()
    with demo(tmp_path, port) as second:
        second.wait_until_ready(times=2)
        again = second.said().removeprefix(told)
        assert not re.findall(r"Tables:|Packs:|.*[1-9][\d,]* rows", again), "nothing is laid down twice"
        assert second.count("subjects_subject") == people
        second.process.kill()
        second.process.wait()
        eventually(lambda: not second.everything(), "nothing outlives a killed supervisor")


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*YIWANG, "serve", "--port", str(port), "--data-dir", str(tmp_path / "var")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_city_that_is_no_demo_does_not_become_one(tmp_path: Path) -> None:
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    done = subprocess.run(
        [*YIWANG, "demo", "--data-dir", str(tmp_path / "var")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "holds a city that is no demo" in done.stderr
