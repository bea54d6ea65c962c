"""Sample data of packs: which files `sample/` may hold, and who loads them.

An engine registers a loader in `AppConfig.ready`; the floor `packs` finds `packs/<pack>/sample/<name>.csv` (or
`.yaml`), calls the loader called `<name>` in the order of `order`, and remembers what it has loaded. Sample rows are
invented: `origin: invented`. What a city needs before its first page is loaded at once; the rest, which may be much, portion by
portion while it is already in use.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePath

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from yiwang.kernel.time import now

__all__ = [
    "Portion",
    "Row",
    "SampleFile",
    "SampleLoader",
    "Sizes",
    "UnknownSize",
    "all_sample_aids",
    "all_sample_loaders",
    "drawn",
    "nothing_at_once",
    "register_drawing",
    "register_sample",
    "register_sample_aid",
]

Row = Mapping[str, object]
"""Cells by name."""
LARGEST = 2_000_000
"""Residents."""
YEARS_BEHIND = 2
"""How far a city's records and cases reach back."""


class UnknownSize(ValueError):
    """A size that is neither a name that the pack knows nor a number of residents; the message says which there are."""


class Sizes(BaseModel):
    """A pack's `sample/sizes.yaml`: how large its city can be. names: size → residents.  at_once: a city of at most so many residents is
    laid down whole before its first page; a larger one is filled afterwards.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: dict[str, int] = Field(min_length=1)
    at_once: int = Field(ge=0)

    @classmethod
    def read(cls, content: bytes) -> Sizes:
        """Raises pydantic.ValidationError, which says what is wrong."""
        return cls.model_validate(YAML(typ="safe", pure=True).load(io.BytesIO(content)))

    def residents(self, size: str) -> int:
        """How many people a size means: one of the names, or a number. Raises UnknownSize."""
        if size in self.names:
            return self.names[size]
        if size.isdecimal() and 0 < int(size) <= LARGEST:
            return int(size)
        raise UnknownSize(
            f"There is no size {size}. Choose {', '.join(self.names)}, or a number of residents up to {LARGEST:,}."
        )


@dataclass(frozen=True, slots=True)
class Portion:
    """What loading one more portion came to: how far it has got, of how much, and how many rows were new. done and of: in any unit."""

    done: int
    of: int
    rows: int

    @property
    def is_last(self) -> bool:
        """Whether nothing is left."""
        return self.done >= self.of


def _silent(done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file of a pack's `sample/`.

    name: its stem.  progress: call it with (rows done, rows in all) now and then.  beside: what all files of that `sample/` hold, by file
    name, for a loader whose rows speak of theirs.  residents: how large the city is to be.  begun_at: business time at which it was
    begun to be laid down, the same for every portion.  begins: when the city began to keep records, two years before.
    """

    pack: str
    name: str
    path: PurePath
    content: bytes
    progress: Callable[[int, int], None] = field(default=_silent, compare=False)
    beside: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    residents: int = 0
    begun_at: datetime = field(default_factory=now)

    @property
    def begins(self) -> datetime:
        """Two years before the city was begun, less than a month more: the first night of that month."""
        month = self.begun_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return month.replace(year=month.year - YEARS_BEHIND)

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
    """load: loads one file and returns how many rows it made. Idempotent: loading the same file again makes none.

    more: loads the next portion after what is done, for what can wait until the city is in use; None: there is nothing more. Idempotent.
    once: what it has loaded stays, and is not loaded again, when the file changes.
    """

    name: str
    load: Callable[[SampleFile], int]
    order: int
    more: Callable[[SampleFile, int], Portion] | None = None
    once: bool = False


_loaders: dict[str, SampleLoader] = {}
_aids: set[str] = {"sizes"}
_drawings: dict[str, Callable[[SampleFile], Mapping[str, Sequence[Row]]]] = {}


def nothing_at_once(file: SampleFile) -> int:
    """The loader of a file of which everything can wait."""
    return 0


def register_sample(
    name: str,
    loader: Callable[[SampleFile], int],
    order: int = 50,
    more: Callable[[SampleFile, int], Portion] | None = None,
    *,
    once: bool = False,
) -> None:
    """Let `sample/<name>.csv` (or `.yaml`) be loaded by `loader`, after all loaders of a lower `order`; then, by portions, by `more`.

    One loader for each name.
    """
    known = _loaders.get(name)
    if known is not None and known.load is not loader:
        raise ValueError(f"Sample files {name} are already loaded by {known.load.__module__}.")
    _loaders[name] = SampleLoader(name, loader, order, more, once)


def register_sample_aid(name: str) -> None:
    """Let packs have a `sample/<name>.yaml` that nobody loads by itself: other loaders read it beside their own file."""
    _aids.add(name)


def all_sample_aids() -> set[str]:
    """Names of files that loaders read beside their own."""
    return set(_aids)


def register_drawing(name: str, draw: Callable[[SampleFile], Mapping[str, Sequence[Row]]]) -> None:
    """Let other loaders know what is drawn from `sample/<name>.yaml`: group → rows of cells, the same for the same file."""
    _drawings[name] = draw


def drawn(name: str, file: SampleFile) -> Mapping[str, Sequence[Row]]:
    """What is drawn from `<name>.yaml` beside a file. Raises ValueError when nobody draws from such a file or the pack has none."""
    content = file.beside.get(f"{name}.yaml")
    if name not in _drawings or content is None:
        raise ValueError(f"{file.path}: nothing is drawn from a {name}.yaml beside it.")
    path = PurePath(file.path).with_name(f"{name}.yaml")
    return _drawings[name](replace(file, name=name, path=path, content=content))


def all_sample_loaders() -> list[SampleLoader]:
    """Every registered loader in the order of loading."""
    return sorted(_loaders.values(), key=lambda one: (one.order, one.name))
