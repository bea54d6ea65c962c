"""`yiwang time` moved in a running demonstration city makes an alarm fire: the real command, worker and scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from supervision.conftest import OFFICER, fired, told
from support.demo import RESIDENT, Demo
from support.waiting import eventually

from yiwang.supervision.models import Watching


@pytest.fixture
def environment(own_demo: Demo, tmp_path: Path) -> dict[str, str]:
    """A data folder of its own, so that only these processes see time move."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "demo").touch()
    return {**own_demo.environment, "YIWANG_DATA_DIR": str(folder), "YIWANG_SUPERVISOR": str(os.getpid())}


@pytest.fixture
def background(environment: dict[str, str], tmp_path: Path) -> Iterator[None]:
    """A worker and a scheduler."""
    with (tmp_path / "log").open("ab") as log:
        running = [
            subprocess.Popen([sys.executable, "-m", "yiwang.cli", name], env=environment, stdout=log, stderr=log)
            for name in ("worker", "scheduler")
        ]
    yield
    for one in running:
        one.terminate()
    for one in running:
        one.wait(30)


def test_moving_the_demonstration_city_s_time_makes_its_alarms_fire(
    own_demo: Demo, environment: dict[str, str], background: None
) -> None:
    case = own_demo.send(own_demo.client(RESIDENT))
    eventually(lambda: Watching.objects.filter(case=case).exists(), "the case is watched", seconds=60)
    assert fired(case) == []
    moved = subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "time", "+30d"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ahead of the machine" in moved.stdout
    eventually(lambda: len(fired(case)) == 3, "the alarms have fired", seconds=90)
    assert [one.level for one in fired(case)] == ["warning", "yellow", "red"]
    assert [title for login, title in told(case) if login == OFFICER] == ["红牌", "预警", "黄牌"]
