"""`make screenshots`: every page of every capacity, in both languages, at 1440 and 390 px and in 长者模式, on contact sheets.

    python -m tests.browser.screenshots [folder]

The pages are those that tests/browser looks at; they are laid out on sheets by the browser itself.
"""

from __future__ import annotations

import os
import sys
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
LOOKING = ("test_every_page.py", "test_states.py", "test_bundle_pages.py")
TESTS = [str(ROOT / "tests" / "browser" / name) for name in LOOKING]
ON_A_SHEET = {"1440": (3, 9), "390": (8, 16), "elder": (8, 16)}  # columns, pictures
SHEET_WIDTH = 1800


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["YIWANG_SCREENSHOTS"] = str(folder)
    code = int(pytest.main([*TESTS, "-m", "browser"]))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": SHEET_WIDTH, "height": 1000})
        for pictures in sorted(one for one in folder.iterdir() if one.is_dir()):
            lay_out(page, pictures, folder)
        browser.close()
    return code


def lay_out(page: Any, pictures: Path, folder: Path) -> None:
    columns, many = ON_A_SHEET[pictures.name.rpartition("-")[2]]
    files = sorted(pictures.glob("*.png"))
    for number, start in enumerate(range(0, len(files), many), 1):
        cells = "".join(
            f"<figure><figcaption>{escape(one.stem)}</figcaption><img src='{one.resolve().as_uri()}'></figure>"
            for one in files[start : start + many]
        )
        sheet = folder / f"sheet-{pictures.name}-{number}.html"
        sheet.write_text(
            "<meta charset=utf-8><style>body{margin:12px;font:14px sans-serif;background:#ddd;display:grid;gap:12px;align-items:start;"
            f"grid-template-columns:repeat({columns},1fr)}}figure{{margin:0}}img{{width:100%;max-height:1400px;object-fit:cover;"
            f"object-position:top;border:1px solid #888}}</style>{cells}",
            "utf-8",
        )
        page.goto(sheet.resolve().as_uri())
        page.wait_for_load_state("networkidle")
        page.screenshot(path=sheet.with_suffix(".png"), full_page=True)
        sheet.unlink()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "screenshots"))
