"""The supervisor: keeps its children running, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.waiting import eventually, is_alive

SUPERVISE = """
import os, pathlib, sys
from yiwang.launch.processes import Child, Supervisor
folder = pathlib.Path(sys.argv[1])
child = '''
import os, pathlib, sys, time
from yiwang.launch.processes import end_with_parent
end_with_parent()
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {os.getpgid(0)}\\\\n")
if len(sys.argv) > 2:
    raise SystemExit(int(sys.argv[2]))
time.sleep(600)
'''
def say(line):
    with open(folder / "said", "a") as file:
        file.write(line + "\\n")
until_done = "until-done" in sys.argv
words = [word for word in sys.argv[2:] if word != "until-done"]
children = [Child(name, [sys.executable, "-c", child, str(folder / name), *words], until_done) for name in ("web", "worker")]
Supervisor(children, dict(os.environ), say).run(when_started=lambda: say("started"))
say("stopped")
"""


@contextmanager
def supervisor(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(folder), *words], start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lives(folder: Path, name: str) -> list[tuple[int, int]]:
    """(process id, process group) of every life of a child so far."""
    path = folder / name
    if not path.exists():
        return []
    return [(int(line.split()[0]), int(line.split()[1])) for line in path.read_text().splitlines() if line.count(" ")]


def said(folder: Path) -> str:
    path = folder / "said"
    return path.read_text() if path.exists() else ""


def both_live(folder: Path) -> bool:
    return bool(lives(folder, "web")) and bool(lives(folder, "worker"))


@pytest.mark.crash
def test_children_share_the_group_and_a_signal_ends_all_in_order(tmp_path: Path) -> None:
    with supervisor(tmp_path) as process:
        eventually(lambda: both_live(tmp_path), "both children start")
        children = lives(tmp_path, "web") + lives(tmp_path, "worker")
        assert {group for _, group in children} == {os.getpgid(process.pid)}
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not any(is_alive(one) for one, _ in children)
        assert said(tmp_path).endswith("stopped\n")


@pytest.mark.crash
def test_a_child_that_is_killed_starts_again_and_the_operator_is_told(tmp_path: Path) -> None:
    with supervisor(tmp_path):
        eventually(lambda: both_live(tmp_path), "both children start")
        os.kill(lives(tmp_path, "worker")[0][0], signal.SIGKILL)
        eventually(lambda: len(lives(tmp_path, "worker")) == 2, "the worker starts again")
        assert len(lives(tmp_path, "web")) == 1
        assert "worker was ended by signal SIGKILL; starting it again" in said(tmp_path)


@pytest.mark.crash
def test_a_child_that_keeps_ending_is_started_ever_more_slowly(tmp_path: Path) -> None:
    with supervisor(tmp_path, "3"):
        eventually(lambda: "in 1.0 s" in said(tmp_path), "the delay grows")
        assert "web ended with code 3; starting it again.\n" in said(tmp_path)
        assert "starting it again in 0.5 s" in said(tmp_path)


@pytest.mark.crash
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    with supervisor(tmp_path) as process:
        eventually(lambda: both_live(tmp_path), "both children start")
        children = [one for one, _ in lives(tmp_path, "web") + lives(tmp_path, "worker")]
        process.kill()
        process.wait()
        eventually(lambda: not any(is_alive(one) for one in children), "the children end")


@pytest.mark.crash
def test_a_child_that_has_done_its_work_is_not_started_again_and_one_that_failed_is(tmp_path: Path) -> None:
    done, failed = tmp_path / "done", tmp_path / "failed"
    done.mkdir()
    failed.mkdir()
    with supervisor(done, "0", "until-done"), supervisor(failed, "3", "until-done"):
        eventually(lambda: len(lives(failed, "web")) > 2, "a child that failed starts again")
        assert len(lives(done, "web")) == len(lives(done, "worker")) == 1
        assert "starting it again" not in said(done)


@pytest.mark.crash
@pytest.mark.parametrize("named_by", ["YIWANG_SUPERVISOR", "YIWANG_SERVER"])
def test_a_child_whose_parent_had_died_before_it_could_ask_ends_at_once(named_by: str) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    code = f"import time; from yiwang.launch.processes import end_with_parent; end_with_parent({named_by!r}); time.sleep(60)"
    environment = {**os.environ, "YIWANG_SUPERVISOR": str(os.getpid()), named_by: str(gone.pid)}
    late = subprocess.Popen([sys.executable, "-c", code], env=environment)
    assert late.wait(30) == -signal.SIGTERM
