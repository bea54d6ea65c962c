"""Loading the invented data of packs: in order, with progress, once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from django.db import transaction

from yiwang.kernel.samples import SampleFile, all_sample_loaders
from yiwang.kernel.time import now
from yiwang.packs.models import LoadedSample
from yiwang.packs.queries import read_configured
from yiwang.packs.rules.order import in_order_of_need
from yiwang.packs.values import RefusedCity, SampleRun

__all__ = ["demo_logins", "load_samples"]

Say = Callable[[str], None]


def load_samples(
    folders: Sequence[Path] | None = None, *, pack: str | None = None, say: Say | None = None
) -> SampleRun:
    """Load the sample files of the packs (or of one), loader by loader in their order, packs before those that depend on them.

    A file is loaded in one transaction with the note that it was; a file loaded before is passed over, so a second run makes nothing.
    Raises RefusedCity when the packs have faults; whatever a loader raises, with the file named.
    """
    reading = read_configured(folders)
    if reading.faults:
        raise RefusedCity(reading.faults)
    tell = say or (lambda line: None)
    files = rows = known = 0
    for loader in all_sample_loaders():
        for id in in_order_of_need({name: one.body.depends_on for name, one in reading.packs.items()}):
            samples = reading.samples.get(id, {})
            for file, content in sorted(samples.items()):
                if Path(file).stem != loader.name or pack not in (None, id):
                    continue
                digest = hashlib.sha256(content).digest()
                if LoadedSample.objects.filter(pack=id, file=file, digest=digest).exists():
                    known += 1
                    continue
                made = _load(id, file, samples, digest, loader.load, tell)
                files, rows = files + 1, rows + made
    return SampleRun(files, rows, known)


def _load(
    id: str, file: str, samples: Mapping[str, bytes], digest: bytes, load: Callable[[SampleFile], int], tell: Say
) -> int:
    path = Path(id, "sample", file)
    shown = [0]

    def progress(done: int, of: int) -> None:
        if of and done * 10 // of > shown[0]:
            shown[0] = done * 10 // of
            tell(f"  {path}: {done:,} of {of:,}")

    with transaction.atomic():
        made = load(SampleFile(id, path.stem, path, samples[file], progress, samples))
        LoadedSample.objects.create(pack=id, file=file, digest=digest, rows=made, loaded_at=now())
    tell(f"  {path}: {made:,} rows")
    return made


def demo_logins(folders: Sequence[Path] | None = None) -> list[dict[str, str]]:
    """The log-ins of invented people that the packs' `sample/accounts.csv` give: `login`, `password` and `posts` (titles, or empty)."""
    samples = list(read_configured(folders).samples.values())
    units = {row["code"]: row["title"] for row in _rows(samples, "units")}
    posts = {row["code"]: f"{units.get(row['unit'], '')} {row['title']}".strip() for row in _rows(samples, "posts")}
    return [
        {
            "login": row["login"],
            "password": row["password"],
            "posts": "、".join(posts.get(code, code) for code in row["posts"].split()),
        }
        for row in _rows(samples, "accounts")
    ]


def _rows(samples: Sequence[Mapping[str, bytes]], name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for files in samples:
        if content := files.get(f"{name}.csv"):
            found += SampleFile("", name, Path(f"{name}.csv"), content).rows()
    return found
