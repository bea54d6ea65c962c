"""The tutorial does what it says: its files, written as it tells them, make a pack whose stories are played."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TUTORIAL = REPOSITORY / "docs" / "tutorials" / "your-first-pack.md"
FILE = re.compile(r"^`packs/(?P<path>[^`]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the tutorial tells to write, and nothing else."""
    folder = tmp_path_factory.mktemp("packs")
    for found in FILE.finditer(TUTORIAL.read_text("utf-8")):
        file = folder / found["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found["text"], "utf-8")
    return folder


def yiwang(packs: Path, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YIWANG_")}
    environment |= {"YIWANG_DATA_DIR": str(data), "YIWANG_PACKS_DIRS": f"{REPOSITORY / 'packs'}:{packs}"}
    return subprocess.run(
        [sys.executable, "-m", "yiwang.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_the_pack_of_the_tutorial_has_no_fault_and_no_code(packs: Path, tmp_path: Path) -> None:
    done = yiwang(packs, tmp_path, "check")
    assert done.returncode == 0, done.stdout
    assert {file.suffix for file in packs.rglob("*") if file.is_file()} == {".yaml", ".md"}


def test_the_stories_of_the_tutorial_go_as_told(packs: Path, tmp_path: Path) -> None:
    done = yiwang(packs, tmp_path, "rehearse", "road-use")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "road-use-granted" in done.stdout
    assert "road-use-refused" in done.stdout


def test_the_tutorial_counts_its_lines_rightly(packs: Path) -> None:
    said = re.search(r"about (\d+) lines of declarations", TUTORIAL.read_text("utf-8"))
    assert said is not None
    lines = sum(len(file.read_text("utf-8").splitlines()) for file in packs.rglob("*.yaml"))
    assert abs(lines - int(said[1])) <= 15
