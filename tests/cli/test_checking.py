"""`yiwang check` as whoever writes packs reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
REFUSED, PACKS = TESTS / "packs" / "refused", TESTS.parent / "packs"


def check(folder: Path, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "check", str(folder)],
        env={**os.environ, "YIWANG_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(("name", "counted"), [("form-asks-twice", "1 fault."), ("basic-codes", "4 faults.")])
def test_faults_are_counted_as_one_says_it(name: str, counted: str, tmp_path: Path) -> None:
    done = check(REFUSED / name, tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == counted
    assert done.stdout == (REFUSED / name / "expected.txt").read_text("utf-8")


def test_the_packs_of_the_city_have_none(tmp_path: Path) -> None:
    done = check(PACKS, tmp_path)
    assert (done.returncode, done.stdout) == (0, "No faults.\n")
