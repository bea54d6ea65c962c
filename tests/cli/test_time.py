"""`yiwang time`: shows business time; moves it forward, in demo cities only."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from yiwang.cli import main


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["time", *words], env={"YIWANG_DATA_DIR": str(folder), "YIWANG_DEMO": None})


@pytest.fixture
def demo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from yiwang.kernel import time

    monkeypatch.setattr(time, "_offset_file", None)  # the command sets it; give it back afterwards
    monkeypatch.setattr(time, "_seen", (-1, timedelta()))
    (tmp_path / "demo").touch()
    return tmp_path


def shown(said: str) -> datetime:
    return datetime.fromisoformat(said.split()[0])


def test_time_is_moved_by_days_and_to_an_instant_of_the_city(demo_folder: Path) -> None:
    before = shown(run(demo_folder).output)
    after = run(demo_folder, "+3d").output
    assert timedelta(days=3) <= shown(after) - before < timedelta(days=3, minutes=1)
    assert "ahead of the machine" in after
    moved = run(demo_folder, "2099-01-01T09:00").output
    assert moved.startswith("2099-01-01T09:00:00+08:00")


def test_time_does_not_go_back(demo_folder: Path) -> None:
    done = run(demo_folder, "2001-01-01")
    assert done.exit_code == 1
    assert "cannot go back" in done.output


def test_other_words_are_explained(demo_folder: Path) -> None:
    done = run(demo_folder, "tomorrow")
    assert done.exit_code == 1
    assert "+<number><d|h|m|w>" in done.output


def test_a_real_city_keeps_the_machine_time(tmp_path: Path) -> None:
    done = run(tmp_path, "+3d")
    assert done.exit_code == 1
    assert "demo city only" in done.output


def test_another_process_follows_at_once(demo_folder: Path) -> None:
    run(demo_folder, "2099-01-01T09:00")
    elsewhere = subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "time"],
        env={**os.environ, "YIWANG_DATA_DIR": str(demo_folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.startswith("2099-01-01T09:00")
