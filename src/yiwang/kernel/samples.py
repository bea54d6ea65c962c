"""Sample data of packs: which files `sample/` may hold, and who loads them.

An engine registers a loader in `AppConfig.ready`; the floor `packs` finds `packs/<pack>/sample/<name>.csv` (or
`.yaml`), calls the loader called `<name>` in the order of `order`, and remembers what it has loaded. Sample rows are
invented: `origin: invented`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

__all__ = ["SampleFile", "SampleLoader", "all_sample_loaders", "register_sample"]


def _silent(done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file of a pack's `sample/`.

    name: its stem.  progress: call it with (rows done, rows in all) now and then.  beside: what the other files of that `sample/`
    hold, by file name, for a loader whose rows speak of theirs.
    """

    pack: str
    name: str
    path: PurePath
    content: bytes
    progress: Callable[[int, int], None] = field(default=_silent, compare=False)
    beside: Mapping[str, bytes] = field(default_factory=dict, compare=False)

    def rows(self) -> Iterator[dict[str, str]]:
        """Rows of a CSV with a header line, UTF-8, cells stripped.

        Raises ValueError with the line of a row of another length.
        """
        reader = csv.DictReader(io.StringIO(self.content.decode("utf-8-sig"), newline=""))
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(
                    f"{self.path}:{reader.line_num}: the row has not as many cells as the first line has names."
                )
            yield {key.strip(): value.strip() for key, value in row.items()}


@dataclass(frozen=True, slots=True)
class SampleLoader:
    """load: loads one file and returns how many rows it made. Idempotent: loading the same file again makes none."""

    name: str
    load: Callable[[SampleFile], int]
    order: int


_loaders: dict[str, SampleLoader] = {}


def register_sample(name: str, loader: Callable[[SampleFile], int], order: int = 50) -> None:
    """Let `sample/<name>.csv` be loaded by `loader`, after all loaders of a lower `order`.

    One loader for each name.
    """
    known = _loaders.get(name)
    if known is not None and known.load is not loader:
        raise ValueError(f"Sample files {name} are already loaded by {known.load.__module__}.")
    _loaders[name] = SampleLoader(name, loader, order)


def all_sample_loaders() -> list[SampleLoader]:
    """Every registered loader in the order of loading."""
    return sorted(_loaders.values(), key=lambda one: (one.order, one.name))
