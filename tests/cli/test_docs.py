"""What `make docs` writes stands in the repository as it would be written now."""

from __future__ import annotations

from pathlib import Path

import pytest

from yiwang.cli.docs import pages

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["settings.md", "commands.md"])
def test_generated_pages_are_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text("utf-8") == pages()[name], "Run: make docs"


def test_every_setting_says_what_it_means() -> None:
    rows = [line for line in pages()["settings.md"].splitlines() if line.startswith("| `YIWANG_")]
    assert rows
    assert not [row for row in rows if row.endswith("|  |")]
