"""`yiwang rehearse` on the packs of this repository: real processes, a city of its own, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STORIES = {path.stem for path in REPOSITORY.glob("packs/*/rehearsals/*.yaml")}
IN_A_BROWSER = (
    ()
    if os.environ.get("YIWANG_SOAK") == "1"
    else (
        "address-statement-accepted",
        "discrepancy-corrected",
        "food-permit-mandate",
        "food-permit-supplement",
        "newborn-at-a-window",
        "newborn-done",
    )
)
"""At least one of each pack, by every capacity; `make soak SUITE=rehearsals` plays all of them."""
WRONG_STORY = """kind: rehearsal
id: seen-wrong
title: {zh-Hans: 看错了, en: Seen wrong}
steps:
  - as: visitor
  - sees: 首页
  - sees: 这里没有的话
  - opens: 首页
"""


@pytest.fixture
def folder(rehearsal_folder: Path) -> Path:
    return rehearsal_folder


def rehearse(folder: Path, *words: str, packs: Path = REPOSITORY / "packs") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YIWANG_")}
    environment |= {"YIWANG_DATA_DIR": str(folder), "YIWANG_PACKS_DIRS": str(packs)}
    return subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "rehearse", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )


def left_over(folder: Path) -> list[str]:
    """Processes that still have to do with the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) or process.environ().get("YIWANG_DATA_DIR", "").startswith(
                str(folder)
            ):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_every_story_of_the_packs_goes_as_told_and_leaves_no_process(folder: Path) -> None:
    done = rehearse(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((folder / "rehearsals" / "report.json").read_text("utf-8"))
    assert report["ok"]
    assert {one["id"] for one in report["rehearsals"]} == STORIES
    assert {path.stem for path in (folder / "rehearsals" / "manual").glob("*.md")} == STORIES
    assert not left_over(folder)


@pytest.mark.browser
def test_stories_go_as_told_in_a_browser_too(folder: Path) -> None:
    done = rehearse(folder, "--browser", *(word for one in IN_A_BROWSER for word in ("--only", one)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"of {len(IN_A_BROWSER or STORIES)} rehearsals" in done.stdout


def test_a_story_that_does_not_go_as_told_says_at_which_step_and_what_was_seen(folder: Path, tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    shutil.copytree(REPOSITORY / "packs", packs)
    (packs / "address-statement" / "rehearsals" / "seen-wrong.yaml").write_text(WRONG_STORY, "utf-8")
    done = rehearse(folder, "--only", "seen-wrong", packs=packs)
    assert done.returncode == 1
    assert "✓  2 sees 首页" in done.stdout
    assert "✗  3 sees 这里没有的话" in done.stdout
    assert "“这里没有的话” is not shown." in done.stdout
    assert "0 of 1 rehearsals went as told." in done.stdout
    (one,) = json.loads((folder / "rehearsals" / "report.json").read_text("utf-8"))["rehearsals"]
    assert one["left"] == 1
    assert "首页" in Path(one["steps"][2]["picture"]).read_text("utf-8")
    assert not left_over(folder)


def test_what_is_not_there_to_be_played_is_named(folder: Path) -> None:
    done = rehearse(folder, "addres-statement")
    assert done.returncode == 1
    assert "There is no pack `addres-statement` with rehearsals. Did you mean `address-statement`?" in done.stderr
