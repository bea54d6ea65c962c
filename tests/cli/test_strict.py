"""`STRICT=1`: a run in which something is left out has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

LEFT_OUT = {
    "nothing": "def test_one(): pass",
    "skip": "import pytest\ndef test_one(): pass\n@pytest.mark.skip(reason='later')\ndef test_two(): pass",
    "xfail": "import pytest\ndef test_one(): pass\n@pytest.mark.xfail(strict=False)\ndef test_two(): assert False",
    "empty": "import pytest\n@pytest.mark.parametrize('n', [])\ndef test_two(n): pass",
    "module": "import pytest\npytest.importorskip('no_such_tool')\ndef test_two(): pass",
}


def run(folder: Path, what: str, strict: str) -> int:
    """The exit code of a run of its own over one file that leaves out `what`."""
    (folder / "test_file.py").write_text(LEFT_OUT[what], "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("YIWANG_TEST", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(TESTS.parent / "pyproject.toml"), "-p", "conftest", str(folder)],
        env={**environment, "YIWANG_TEST_STRICT": strict, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode


@pytest.mark.parametrize("what", ["skip", "xfail", "empty", "module"])
def test_a_strict_run_fails_when_something_is_left_out(tmp_path: Path, what: str) -> None:
    assert run(tmp_path, what, "1") != 0


def test_a_strict_run_passes_when_nothing_is_left_out(tmp_path: Path) -> None:
    assert run(tmp_path, "nothing", "1") == 0


def test_a_skip_is_let_through_where_nobody_asked_for_strictness(tmp_path: Path) -> None:
    assert run(tmp_path, "skip", "") == 0
