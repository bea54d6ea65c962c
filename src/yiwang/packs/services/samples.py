"""Loading the invented data of packs: in order, with progress, once; and filling a large city while it is already in use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from yiwang.kernel.samples import SampleFile, SampleLoader, Sizes, all_sample_loaders
from yiwang.kernel.time import machine_now, now
from yiwang.packs.models import Filling, LoadedSample
from yiwang.packs.queries import read_configured
from yiwang.packs.rules.order import in_order_of_need
from yiwang.packs.values import RefusedCity, SampleRun
from yiwang.settings import configuration

__all__ = ["demo_logins", "fill_city", "load_samples"]

Say = Callable[[str], None]
SIZES = "sizes.yaml"


@dataclass(frozen=True, slots=True)
class _Found:
    """One file and who loads it. sizes: of its pack, None where it has none."""

    loader: SampleLoader
    pack: str
    name: str
    beside: Mapping[str, bytes]
    residents: int
    sizes: Sizes | None

    @property
    def path(self) -> Path:
        return Path(self.pack, "sample", self.name)

    def file(self, begun_at: datetime, progress: Callable[[int, int], None]) -> SampleFile:
        return SampleFile(
            self.pack,
            self.path.stem,
            self.path,
            self.beside[self.name],
            progress,
            self.beside,
            residents=self.residents,
            begun_at=begun_at,
        )


def load_samples(
    folders: Sequence[Path] | None = None, *, pack: str | None = None, size: str | None = None, say: Say | None = None
) -> SampleRun:
    """Load the sample files of the packs (or of one), loader by loader in their order, packs before those that depend on them.

    A file is loaded in one transaction with the note that it was; a file loaded before is passed over, so a second run makes nothing. What
    can wait until the city is in use is left to `fill_city`, unless the city is as small as its pack says.
    size: as the packs' `sizes.yaml` name it, or a number of residents; by default the installation's.
    Raises RefusedCity when the packs have faults; UnknownSize; whatever a loader raises, with the file named.
    """
    tell = say or (lambda line: None)
    files = rows = known = 0
    found = list(_found(folders, pack, size))
    for one in found:
        digest = hashlib.sha256(one.beside[one.name]).digest()
        if LoadedSample.objects.filter(pack=one.pack, file=one.name, digest=digest).exists():
            known += 1
        else:
            made = _load(one, digest, tell)
            files, rows = files + 1, rows + made
    for one in found:
        if one.loader.more is not None:
            filling = _begin(one)
            if one.sizes is None or one.residents <= one.sizes.at_once:
                rows += sum(_portions(one, filling, tell))
    return SampleRun(files, rows, known)


def fill_city(
    folders: Sequence[Path] | None = None, *, size: str | None = None, say: Say | None = None
) -> Iterator[int]:
    """Load what is left, portion by portion; yield after each how many rows it made. Stopping between two portions loses nothing.

    A portion is one transaction with the note how far it got, so a process that is killed takes up where it was; two at once wait for each
    other at each file. Raises as `load_samples` does.
    """
    tell = say or (lambda line: None)
    for one in _found(folders, None, size):
        if one.loader.more is not None:
            yield from _portions(one, _begin(one), tell)


def _found(folders: Sequence[Path] | None, pack: str | None, size: str | None) -> Iterator[_Found]:
    reading = read_configured(folders)
    if reading.faults:
        raise RefusedCity(reading.faults)
    wanted = size or configuration().size
    for loader in all_sample_loaders():
        for id in in_order_of_need({name: one.body.depends_on for name, one in reading.packs.items()}):
            beside = reading.samples.get(id, {})
            sizes = Sizes.read(beside[SIZES]) if SIZES in beside else None
            for name in sorted(beside):
                if Path(name).stem == loader.name and pack in (None, id):
                    yield _Found(loader, id, name, beside, sizes.residents(wanted) if sizes else 0, sizes)


def _load(one: _Found, digest: bytes, tell: Say) -> int:
    shown = [0]

    def progress(done: int, of: int) -> None:
        if of and done * 10 // of > shown[0]:
            shown[0] = done * 10 // of
            tell(f"  {one.path}: {done:,} of {of:,}")

    with transaction.atomic():
        made = one.loader.load(one.file(now(), progress))
        LoadedSample.objects.create(pack=one.pack, file=one.name, digest=digest, rows=made, loaded_at=now())
    if made or one.loader.more is None:
        tell(f"  {one.path}: {made:,} rows")
    return made


def _begin(one: _Found) -> Filling:
    """The note of how far a file is; what stands beside it counts, because its rows speak of that."""
    if one.loader.once and (earlier := Filling.objects.filter(pack=one.pack, file=one.name).order_by("id").last()):
        return earlier
    digest = hashlib.sha256()
    for name in sorted(one.beside):
        if name.endswith(".yaml"):
            digest.update(f"{name}\0{len(one.beside[name])}\0".encode() + one.beside[name])
    filling, _ = Filling.objects.get_or_create(
        pack=one.pack,
        file=one.name,
        digest=digest.digest(),
        residents=one.residents,
        defaults={"begun_at": now(), "moved_at": machine_now()},
    )
    return filling


def _portions(one: _Found, filling: Filling, tell: Say) -> Iterator[int]:
    """Load portion after portion until there is none left; yield how many rows each made."""
    shown = -1
    while filling.ended_at is None:
        with transaction.atomic():
            filling = Filling.objects.select_for_update().get(pk=filling.pk)
            if filling.ended_at is not None or one.loader.more is None:
                return
            portion = one.loader.more(one.file(filling.begun_at, lambda done, of: None), filling.done)
            filling.done, filling.of, filling.moved_at = portion.done, portion.of, machine_now()
            filling.rows += portion.rows
            if portion.is_last:
                filling.ended_at = filling.moved_at
            filling.save(update_fields=["done", "of", "rows", "moved_at", "ended_at"])
        part = portion.done * 10 // max(portion.of, 1)
        if part > shown:
            shown = part
            tell(f"  {one.path}: {portion.done:,} of {portion.of:,}")
        yield portion.rows


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
