"""Servers of a test's own: with fsync on, in a folder that is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from yiwang.launch.postgres import Server


@pytest.fixture
def own_server(tmp_path: Path, postgres_binaries: Path | None) -> Iterator[Server]:
    server = Server(tmp_path / "data", postgres_binaries)
    yield server
    server.stop()
