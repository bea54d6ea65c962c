"""Kinds of declaration: what a pack may declare, and who understands it.

Each kind belongs to the engine that registers it (in `AppConfig.ready`). The floor `packs` reads the files, asks the
kinds to check, plan and apply, and knows none of them by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

__all__ = [
    "Body",
    "Change",
    "City",
    "Declaration",
    "DeclarationFault",
    "Kind",
    "Part",
    "Reference",
    "all_kinds",
    "did_you_mean",
    "kind_named",
    "register_kind",
]


class Part(BaseModel):
    """What a body is made of, and what is read like one: unknown keys are faults, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """Base of every kind's schema: unknown keys are faults, values are immutable.

    extends: id of a declaration of the same kind, usually of a higher jurisdiction's pack. Keys that are left out
    come from it; what is written may only narrow it (`Kind.narrows`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    id: str
    title: str | dict[str, str]
    extends: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared thing: its kind, its id, its pack and the checked content.

    path: the file, relative to the folder of packs.  lines: YAML path of keys joined by "/" → line (from 1).
    sources: extra files that belong to it (`rows: divisions.csv`, a `.bpmn`), name → bytes; part of the digest.
    """

    kind: str
    id: str
    pack: str
    path: Path
    body: Any  # an instance of the kind's schema
    lines: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, bytes] = field(default_factory=dict)

    def line(self, pointer: str = "") -> int:
        """The line of `pointer`, or of the nearest key above it that the file has."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)

    def fault(self, pointer: str, message: str, advice: str) -> DeclarationFault:
        """What is wrong at `pointer`, and what to write."""
        return DeclarationFault(self.path, self.line(pointer), message, advice)


@dataclass(frozen=True, slots=True)
class DeclarationFault:
    """What is wrong with a declaration, where, and what to write instead."""

    path: Path
    line: int
    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}\n    → {self.advice}"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan: what applying would do.

    rows: how many stored rows it rewrites.  lock: the table lock it takes.
    """

    kind: str
    id: str
    verb: str  # add | change | retire
    detail: str
    rows: int = 0
    lock: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that a declaration uses: `pointer` says where, `kind` and `id` what it names."""

    pointer: str
    kind: str
    id: str


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Advice for a name that nothing bears.

    The nearest known one, else what there is (at most eight), else that there is none.
    """
    names = sorted(set(known))
    if near := get_close_matches(wrong, names, n=1, cutoff=0.6):
        return f"Did you mean `{near[0]}`?"
    if not names:
        return "There is none yet: declare it first."
    return f"Known: {', '.join(f'`{name}`' for name in names[:8])}{', …' if len(names) > 8 else ''}."


class City:
    """All declarations that would stand together: what `check` and `plan` look at."""

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        self._by_kind: dict[str, dict[str, Declaration]] = {}
        for one in declarations:
            self._by_kind.setdefault(one.kind, {})[one.id] = one

    def of_kind(self, kind: str) -> Mapping[str, Declaration]:
        """Declarations of one kind by id."""
        return self._by_kind.get(kind, {})

    def find(self, kind: str, id: str) -> Declaration | None:
        """One declaration, or None."""
        return self._by_kind.get(kind, {}).get(id)

    def __iter__(self) -> Iterator[Declaration]:
        for group in self._by_kind.values():
            yield from group.values()


class Kind:
    """One kind of declaration. Subclass in an engine's `declarations.py`; register an instance in `AppConfig.ready`.

    name: what `kind:` says.  folder: where in a pack its files stand.  schema: a pydantic model (its JSON Schema is
    published).
    suffixes: files of the folder that are declarations by themselves (`.yaml`; a process is a `.bpmn`).
    order: kinds are applied in ascending order, the lower floors first.
    stored: whether a release keeps declarations of this kind; one that is not stored is checked, and neither planned
    nor applied.
    """

    name: ClassVar[str]
    folder: ClassVar[str]
    schema: ClassVar[type[Body]]
    suffixes: ClassVar[tuple[str, ...]] = (".yaml",)
    order: ClassVar[int] = 50
    stored: ClassVar[bool] = True

    def read(self, path: Path, text: bytes) -> Mapping[str, Any]:
        """Turn a file that is not YAML into the mapping that `schema` checks. YAML is read by `packs`."""
        raise TypeError(f"{self.name} has no reader for {path.suffix}")

    def source_names(self, body: Any) -> Iterable[str]:
        """Names of files beside the declaration that belong to it (for example a CSV of rows)."""
        return ()

    def references(self, body: Any) -> Iterable[Reference]:
        """Every name of another declaration that `body` uses.

        `packs` refuses unknown ones and packs that `depends_on` leaves out.
        """
        return ()

    def narrows(self, parent: Any, child: Any) -> Iterable[tuple[str, str, str]]:
        """How `child` (already completed from `parent`) is wider than what it extends: (pointer, what is wrong, what
        to write).

        A kind that can be extended overrides this; the others refuse every `extends`.
        """
        yield (
            "extends",
            f"A declaration of the kind `{self.name}` cannot extend another.",
            "Delete `extends` and say all of it here.",
        )

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Everything wrong with `one` that its schema cannot see, such as a name that nothing declares.

        No database.
        """
        return ()

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterable[DeclarationFault]:
        """What may not follow the current release, whose definitions of this kind are `stored` by id.

        May read the database.
        """
        return ()

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """What applying would do beyond storing the definition. `old`: the stored body, None when new; `new`: None
        when retired.

        May read the database.
        """
        return ()

    def apply(self, release: int, changed: Mapping[str, Declaration], retired: Iterable[str]) -> None:
        """Bring the engine's own tables in line, inside the transaction of the release.

        `changed`: new and changed ones by id.
        """

    def plan_city(self, city: City) -> Iterable[Change]:
        """Changes that no single declaration shows, such as a generated table whose element got another type.

        May read the database.
        """
        return ()

    def apply_city(self, release: int, city: City) -> None:
        """Do what `plan_city` said. Called once for each kind after every `apply`, inside the same transaction."""


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind. Two engines cannot register one name."""
    known = _kinds.get(kind.name)
    if known is not None and type(known) is not type(kind):
        raise ValueError(f"The kind {kind.name} is already registered by {type(known).__module__}.")
    _kinds[kind.name] = kind


def kind_named(name: str) -> Kind | None:
    """The kind that `kind: <name>` means, or None."""
    return _kinds.get(name)


def all_kinds() -> list[Kind]:
    """Every registered kind in the order of applying."""
    return sorted(_kinds.values(), key=lambda kind: (kind.order, kind.name))
