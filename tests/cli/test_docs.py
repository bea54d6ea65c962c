"""What `make docs` writes stands in the repository as it would be written now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yiwang.cli.docs import pages

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "kinds.md", "events.md", "problems.md", "api.md"])
def test_generated_pages_are_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text("utf-8") == pages()[name], "Run: make docs"


def test_every_setting_says_what_it_means() -> None:
    rows = [line for line in pages()["settings.md"].splitlines() if line.startswith("| `YIWANG_")]
    assert rows
    assert not [row for row in rows if row.endswith("|  |")]


def test_every_event_that_is_emitted_has_a_meaning() -> None:
    said = pages()["events.md"]
    source = Path(__file__).parents[2] / "src" / "yiwang"
    constants = {
        name
        for file in source.glob("*/events.py")
        for name in re.findall(r'Final = "([a-z.-]+\.v\d+)"', file.read_text("utf-8"))
    }
    assert len(constants) > 20
    assert not [event for event in constants if f"`{event}`" not in said]
    spelled = {
        f"{file.relative_to(source)}: {event}"
        for file in source.rglob("*.py")
        if file.name != "events.py"
        for event in re.findall(r'emit\(\s*"([^"]+)"', file.read_text("utf-8"))
    }
    assert not spelled, "name events in the engine's events.py"
