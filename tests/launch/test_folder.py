"""One holder of a data folder at a time, and a database for one command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from yiwang.launch.configuration import load
from yiwang.launch.folder import FolderHeld, Holder, hold, holder, running_database, started
from yiwang.launch.postgres import Server

HOLD_AND_DIE = """
import os, pathlib, sys
from yiwang.launch.folder import hold
with hold(pathlib.Path(sys.argv[1]), "yiwang demo", stays=True):
    os.kill(os.getpid(), 9)
"""


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with hold(tmp_path, "yiwang serve", address="http://127.0.0.1:8460", stays=True):
        with pytest.raises(FolderHeld) as refused, hold(tmp_path, "yiwang demo"):
            pass
        assert refused.value.holder == Holder(os.getpid(), "yiwang serve", "http://127.0.0.1:8460", stays=True)
        assert holder(tmp_path) == refused.value.holder
    assert holder(tmp_path) is None


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)], check=False)
    assert (tmp_path / "lock").read_text() != ""
    assert holder(tmp_path) is None
    with hold(tmp_path, "yiwang serve"):
        pass


def test_a_command_starts_the_database_for_itself_and_stops_it(tmp_path: Path) -> None:
    configuration = load({"YIWANG_DATA_DIR": str(tmp_path / "data")})
    server = Server(configuration.data_dir)
    with (
        running_database(configuration, "yiwang plan", lambda line: None),
        psycopg.connect(server.url("yiwang", "app")) as connection,
    ):
        assert connection.execute("SELECT current_user").fetchone() == ("yiwang_app",)
    assert not server.is_answering()


def test_a_command_joins_the_database_of_a_running_serve(tmp_path: Path) -> None:
    configuration = load({"YIWANG_DATA_DIR": str(tmp_path / "data")})
    server = Server(configuration.data_dir)
    with hold(configuration.data_dir, "yiwang serve", stays=True), started(server, "yiwang"):
        with running_database(configuration, "yiwang plan", lambda line: None):
            assert server.is_answering()
        assert server.is_answering()


def test_a_server_elsewhere_is_neither_started_nor_stopped(tmp_path: Path) -> None:
    configuration = load({"YIWANG_DATA_DIR": str(tmp_path / "data"), "YIWANG_DATABASE_URL": "postgresql://db/city"})
    with running_database(configuration, "yiwang plan", lambda line: None):
        assert not configuration.data_dir.exists()
