"""The table of a resource: which columns it needs, and what has to happen to the one that stands. Pure; `services.tables` does it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from yiwang.catalog.values import Shape

__all__ = [
    "EVENT_KEY",
    "FIXED",
    "ColumnSet",
    "Step",
    "StoredTable",
    "TableShape",
    "column_base",
    "conversion",
    "fingerprint",
    "fixed_columns",
    "sets_after",
    "steps",
    "table_name",
]

FIXED: tuple[tuple[str, str, bool], ...] = (
    ("record_id", "uuid", True),
    ("subject_id", "uuid", True),
    ("valid_from", "date", True),
    ("registered_at", "timestamp with time zone", True),
    ("arrived_at", "timestamp with time zone", True),
    ("retracted", "boolean", True),
    ("door", "text", True),
    ("case_id", "uuid", False),
    ("account_id", "uuid", False),
    ("post_id", "uuid", False),
    ("unit_id", "uuid", False),
    ("evidence", "jsonb", True),
    ("release", "integer", True),
    ("origin", "text", True),
    ("digest", "bytea", True),
)
"""Columns of every table: name, type, whether it must hold a value. Of an event, `valid_from` is the day on which it happened."""

EVENT_KEY = ("event_key", "text", True)
"""What tells an event from others of its subject: the values of the resource's key, as canonical JSON."""

LONGEST_NAME = 63


def table_name(resource: str) -> str:
    """`harbour.berths` → `harbour_berths`."""
    return resource.replace(".", "_").replace("-", "_")


column_base = table_name


def fixed_columns(shape: Shape) -> tuple[tuple[str, str, bool], ...]:
    """The columns that a table of this shape has whatever its elements are."""
    return (*FIXED, EVENT_KEY) if shape is Shape.EVENT else FIXED


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """The columns of one element: its type in the catalogue and (name, SQL type) of each column.

    left: the resource no longer has the element; its values stay readable in the table.
    """

    element: str
    type: str
    columns: tuple[tuple[str, str], ...]
    was: str = ""
    left: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        columns = [list(one) for one in self.columns]
        return {"element": self.element, "type": self.type, "columns": columns, "left": self.left}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ColumnSet:
        """As it was stored."""
        return cls(
            stored["element"],
            stored["type"],
            tuple((name, sql) for name, sql in stored["columns"]),
            left=stored["left"],
        )


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a resource asks for. was: the resource whose table it takes over.

    lookups: columns by whose values records are looked for, and which therefore have an index.
    """

    resource: str
    sets: tuple[ColumnSet, ...]
    was: str = ""
    shape: Shape = Shape.STATE
    lookups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredTable:
    """What stands: the columns in use and those left behind by elements that went."""

    resource: str
    name: str
    sets: tuple[ColumnSet, ...]
    shape: Shape = Shape.STATE
    lookups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to a table.

    verb: make | rename-table | rename | add | revive | convert | leave | index.  before, after: the columns of an element.
    """

    verb: str
    before: ColumnSet | None = None
    after: ColumnSet | None = None


def steps(shape: TableShape, stored: StoredTable | None) -> list[Step]:
    """What makes `stored` (None: nothing stands) serve `shape`. Columns of elements that went stay; nothing is ever dropped."""
    if stored is None:
        return [Step("make")]
    found: list[Step] = []
    if stored.name != table_name(shape.resource):
        found.append(Step("rename-table"))
    standing = {one.element: one for one in stored.sets}
    used: set[str] = set()
    for one in shape.sets:
        before = standing.get(one.element)
        if before is None and one.was in standing and one.was not in {other.element for other in shape.sets}:
            before = standing[one.was]
            renamed = ColumnSet(one.element, before.type, _renamed(before, one))
            found.append(Step("rename", before, renamed))
            used.add(before.element)
            before = renamed
        if before is None:
            found.append(Step("add", None, one))
            continue
        used.add(before.element)
        if before.type != one.type or before.columns != one.columns:
            found.append(Step("convert", before, one))
        elif before.left:
            found.append(Step("revive", before, one))
    found += [Step("leave", one) for element, one in standing.items() if element not in used and not one.left]
    if shape.lookups != stored.lookups:
        found.append(Step("index"))
    return found


def sets_after(shape: TableShape, stored: StoredTable | None, done: Sequence[Step]) -> tuple[ColumnSet, ...]:
    """The columns of the table once `done` is done: those of the shape, then those left behind, by element."""
    renamed = {step.before.element for step in done if step.verb == "rename" and step.before}
    wanted = {one.element for one in shape.sets}
    behind = [
        replace(one, left=True)
        for one in (stored.sets if stored else ())
        if one.element not in wanted and one.element not in renamed
    ]
    return (*(replace(one, was="") for one in shape.sets), *behind)


def _renamed(before: ColumnSet, after: ColumnSet) -> tuple[tuple[str, str], ...]:
    base, new = column_base(before.element), column_base(after.element)
    return tuple((new + name[len(base) :], sql) for name, sql in before.columns)


# How stored values become values of another type: SQL over the column `{0}`, and a condition that is true for values that cannot.
# The others are refused: an amount is no number of things, a date is no text that looks like one.
_WHOLE = r"'^[-+]?[0-9]{{1,15}}$'"  # braces doubled: these pass through a format
_NUMBER = r"'^[-+]?[0-9]{{1,15}}(\.[0-9]{{1,8}})?$'"
_PLAIN = {"text", "code", "phone", "place", "citizen-id", "credit-code"}


def conversion(before: ColumnSet, after: ColumnSet) -> tuple[str, str] | None:
    """(expression, misfit) for a change of type, or None when there is none. An empty expression rewrites nothing."""
    if len(before.columns) != 1 or len(after.columns) != 1:
        return ("", "") if before.type == after.type and before.columns == after.columns else None
    target = after.columns[0][1]
    match before.type, after.type:
        case "text", "text":
            return "", ""
        case "decimal", "decimal":
            return f"{{0}}::{target}", f"{{0}} <> round({{0}}, {_scale(target)})"
        case from_type, "text" if from_type in _PLAIN:
            return "", ""
        case "integer" | "date" | "decimal", "text":
            return "{0}::text", ""
        case "integer", "decimal":
            return f"{{0}}::{target}", ""
        case "text", "integer":
            return "{0}::bigint", f"{{0}} !~ {_WHOLE}"
        case "text", "decimal":
            return (
                f"{{0}}::{target}",
                f"CASE WHEN {{0}} !~ {_NUMBER} THEN true ELSE {{0}}::numeric <> round({{0}}::numeric, {_scale(target)}) END",
            )
    return None


def _scale(target: str) -> int:
    return int(target.rstrip(")").rpartition(",")[2])


def fingerprint(columns: Iterable[Sequence[object]], indexes: Iterable[str]) -> str:
    """SHA-256, hex, over (name, type, must hold a value) of each column and the names of the indexes."""
    lines = sorted("|".join(str(part) for part in one) for one in columns)
    return hashlib.sha256("\n".join([*lines, "", *sorted(indexes)]).encode()).hexdigest()
