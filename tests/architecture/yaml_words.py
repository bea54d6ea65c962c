"""The words that only packs may know: names of agencies, ids of packs, items, elements, resources and duties."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from house import ROOT, SOURCE

KINDS_OF_WORD = ("elements", "items", "resources", "forms", "duties", "codelists", "messages", "processes")


@dataclass(frozen=True)
class Word:
    """One name from the packs. Names of one plain English word are left out: `person` is also a word of the engines."""

    text: str
    what: str
    pack: str

    def stands_in(self, line: str) -> bool:
        return self.text in line and re.search(rf"(?<![\w.-]){re.escape(self.text)}(?![\w-])", line) is not None


@cache
def words_of_the_packs() -> tuple[Word, ...]:
    return tuple(sorted(set(_collect()), key=lambda word: (word.pack, word.what, word.text)))


def _collect() -> Iterator[Word]:
    for pack in sorted(path for path in (ROOT / "packs").iterdir() if (path / "pack.yaml").exists()):
        if "-" in pack.name:
            yield Word(pack.name, "the pack", pack.name)
        for folder in KINDS_OF_WORD:
            for path in (pack / folder).glob("*.*"):
                if re.search(r"[.-]", path.stem):
                    yield Word(path.stem, folder, pack.name)
        units = pack / "sample" / "units.csv"
        if units.exists():
            with units.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    yield Word(row["title"], "units", pack.name)


@cache
def source_lines() -> tuple[tuple[Path, tuple[str, ...]], ...]:
    files = [path for path in SOURCE.rglob("*") if path.suffix in {".py", ".html", ".ts", ".js"}]
    return tuple((path, tuple(path.read_text("utf-8").splitlines())) for path in files)
