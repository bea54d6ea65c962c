"""What the floor `packs` reads and says: manifests, readings of the city, plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault

__all__ = [
    "PACK",
    "CannotPlay",
    "FillingView",
    "Lawful",
    "LedgerUnreadable",
    "PackBody",
    "Plan",
    "QualityRule",
    "Reading",
    "RefusedCity",
    "SampleRun",
]

PACK = "pack"

Kebab = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]


class Lawful(BaseModel):
    """Where a law says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    law: str = Field(min_length=1)
    article: str = ""
    version: str = ""


class PackBody(Body):
    """`pack.yaml`: who a pack is. id: the folder's name.  jurisdiction: division code of the government whose definitions these are.

    unit: who answers for the pack.  plans: paragraphs of the city's plans that it answers.  depends_on: packs whose names it uses.
    """

    kind: Literal["pack"] = "pack"
    id: Kebab
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+){1,2}$", description="like 1.0, in quotes")
    jurisdiction: str = Field(
        pattern=r"^[0-9]{6}([0-9]{3}){0,2}$", description="a division code of 6, 9 or 12 digits, in quotes"
    )
    unit: str = ""
    area: str = ""
    plans: tuple[str, ...] = ()
    depends_on: tuple[Kebab, ...] = ()
    law: tuple[str | Lawful, ...] = ()


class QualityRule(BaseModel):
    """One line of `quality.yaml`: whether a rule of quality is kept; `exempt` says why it need not be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["done", "todo", "exempt"]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that stands in the folders of packs, and everything wrong with it."""

    city: City
    packs: Mapping[str, Declaration]
    samples: Mapping[str, Mapping[str, bytes]]
    faults: tuple[DeclarationFault, ...]


class RefusedCity(Exception):
    """The packs have faults; nothing was planned or applied. `faults` lists all of them."""

    def __init__(self, faults: tuple[DeclarationFault, ...]) -> None:
        super().__init__("\n".join(str(one) for one in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would change against a release. Its text is stable: the same change gives the same characters."""

    against: int
    changes: tuple[Change, ...]
    changed: Mapping[str, Mapping[str, Declaration]] = field(default_factory=dict)
    retired: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether applying would do nothing."""
        return not self.changes

    def __str__(self) -> str:
        if self.is_empty:
            return f"Nothing to change: release {self.against} says the same."
        signs = {"add": "+", "change": "~", "retire": "-"}
        width = max(len(one.kind) for one in self.changes)
        lines = [f"{len(self.changes)} changes against release {self.against}:"]
        for one in self.changes:
            cost = [f"{one.rows:,} rows"] if one.rows else []
            cost += [f"lock {one.lock}"] if one.lock else []
            tail = f" ({', '.join(cost)})" if cost else ""
            lines.append(f"{signs.get(one.verb, '~')} {one.kind:<{width}}  {one.id}: {one.detail}{tail}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class SampleRun:
    """What loading sample data did: files that were new, rows that they made, files that were loaded before."""

    files: int
    rows: int
    known: int


@dataclass(frozen=True, slots=True)
class FillingView:
    """How far an invented city has been filled with one file. name: the file's stem.  of: None while it is not known."""

    name: str
    done: int
    of: int | None
    is_done: bool


class CannotPlay(Exception):
    """No rehearsal can be played as things are; the message says why and what to do."""


class LedgerUnreadable(Exception):
    """The file is no ledger of a plan; the message says why."""
