"""Named places at which a test kills the process."""

import os
import signal
import subprocess
import sys
from pathlib import Path


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = "from yiwang.kernel.failpoints import reach\n" + code
    return subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, text=True, timeout=30
    )


LOOP = "for i in range(5):\n    reach('here'); reach('there')\nprint('alive', flush=True)"


def test_an_unarmed_place_does_nothing() -> None:
    assert run(LOOP, YIWANG_FAILPOINT="").stdout == "alive\n"


def test_an_armed_place_kills_at_the_nth_visit_and_counts_its_visits(tmp_path: Path) -> None:
    hits = tmp_path / "hits"
    done = run(LOOP, YIWANG_FAILPOINT="here@3", YIWANG_FAILPOINT_HITS=str(hits))
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == ""
    assert [line.split()[0] for line in hits.read_text().splitlines()] == ["here"] * 3


def test_without_a_number_the_first_visit_kills() -> None:
    assert run("reach('here')", YIWANG_FAILPOINT="here").returncode == -signal.SIGKILL


def test_a_place_never_visited_leaves_no_hit(tmp_path: Path) -> None:
    hits = tmp_path / "hits"
    assert run(LOOP, YIWANG_FAILPOINT="nowhere", YIWANG_FAILPOINT_HITS=str(hits)).stdout == "alive\n"
    assert not hits.exists()
