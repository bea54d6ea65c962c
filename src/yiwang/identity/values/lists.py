"""Lists: units, posts, officers and who holds what, as a table that was written elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yiwang.kernel.errors import FieldFault

MOST_BYTES = 1 << 19
MOST_ROWS = 5_000
"""Of a list."""

__all__ = [
    "MARKS",
    "MOST_BYTES",
    "MOST_ROWS",
    "Change",
    "Column",
    "ListKind",
    "ListLine",
    "ListSeen",
    "Needed",
    "Row",
    "Table",
]


class ListKind(StrEnum):
    """What a list is of."""

    UNITS = "units"
    POSTS = "posts"
    OFFICERS = "officers"
    ASSIGNMENTS = "assignments"


class Needed(StrEnum):
    """Which rows have to fill a column: every one, those of what is new here, or none."""

    ALWAYS = "always"
    WHEN_NEW = "when-new"
    NO = "no"


MARKS: Mapping[Needed, tuple[str, str]] = {
    Needed.ALWAYS: ("必填", "required"),
    Needed.WHEN_NEW: ("新增时必填", "required when new"),
    Needed.NO: ("选填", "optional"),
}
"""What an empty list and the page say of a column: Chinese, English."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    name: as interfaces write it.  titles: as people write it: Chinese, English.  needed: which rows have to fill it.
    says: what stands in it, a msgid.  example: of a cell, Chinese, English.
    words: the words it takes → their titles, Chinese and English; empty where it takes any text.
    lacking: what is said of a new row that leaves it empty, a msgid; of a column that such rows have to fill.
    """

    name: str
    titles: tuple[str, str]
    needed: Needed
    says: str
    example: tuple[str, str]
    words: Mapping[str, tuple[str, str]] | None = None
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was written. at: its number in the table as a spreadsheet counts, the heading is 1.  cells: column → text, stripped."""

    at: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A list as it was read. columns: which of them it has: what a list has no column for stays as it is."""

    columns: frozenset[str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that becomes another. column: its name.  was: empty for something new."""

    column: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class ListLine:
    """What comes of a row. what: new | changed | same.  key: by what it is known.  title: what it is called."""

    at: int
    what: str
    key: str
    title: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class ListSeen:
    """What would come of a list, or has. faults: everything wrong, each at `rows/<row>/<column>`; with any of them nothing is done.

    fingerprint: of the lines; whoever takes the list in says which he has looked at.
    """

    kind: ListKind
    lines: tuple[ListLine, ...]
    faults: tuple[FieldFault, ...]
    fingerprint: str

    def count(self, what: str) -> int:
        """How many lines are of this sort."""
        return sum(one.what == what for one in self.lines)
