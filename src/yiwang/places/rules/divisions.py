"""Lists of divisions: reading, checking, and what a new edition changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from yiwang.kernel.identifiers import DivisionCode
from yiwang.places.values import DivisionRow, level_named

__all__ = ["COLUMNS", "NotATable", "RowFault", "check_rows", "full_titles", "pairs_of", "read_rows", "search_terms"]

COLUMNS = ("code", "title", "level", "parent")


class NotATable(ValueError):
    """The file is no CSV with these columns."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row. line: in the file, from 1.  advice: what to write."""

    line: int
    message: str
    advice: str


def read_rows(content: bytes) -> list[DivisionRow]:
    """Read a CSV (UTF-8, first line the names) of `code,title,level,parent`. Raises NotATable."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise NotATable(f"the first line is {','.join(reader.fieldnames or ())!r}")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise NotATable(f"line {reader.line_num} has not {len(COLUMNS)} cells")
            rows.append(
                DivisionRow(row["code"].strip(), row["title"].strip(), row["level"].strip(), row["parent"].strip())
            )
        return rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotATable(str(error)) from None


def check_rows(rows: Sequence[DivisionRow]) -> Iterable[RowFault]:
    """Everything wrong with a list: codes, levels, parents that are missing or not higher, codes that stand twice."""
    by_code: dict[str, DivisionRow] = {}
    for line, row in enumerate(rows, start=2):
        try:
            code = DivisionCode.parse(row.code)
        except ValueError as error:
            yield RowFault(line, f"`{row.code}`: {error}", "Write the code as in GB/T 2260: 6, 9 or 12 digits.")
            continue
        if code != row.code:
            yield RowFault(line, f"`{row.code}` is another spelling of `{code}`.", f"Write `{code}`.")
        if row.code in by_code:
            yield RowFault(line, f"The code `{row.code}` stands twice.", "Keep one of the two rows.")
        if not row.title:
            yield RowFault(line, f"`{row.code}` has no title.", "Write the official name.")
        if row.level != level_named(code.level):
            yield RowFault(
                line,
                f"`{row.code}` is of the level {level_named(code.level)}, not `{row.level}`.",
                "Correct the level.",
            )
        by_code.setdefault(row.code, row)
    for line, row in enumerate(rows, start=2):
        yield from _check_parent(line, row, by_code)


def _check_parent(line: int, row: DivisionRow, by_code: Mapping[str, DivisionRow]) -> Iterable[RowFault]:
    if not row.parent_code:
        return
    if row.parent_code not in by_code:
        yield RowFault(
            line,
            f"The parent `{row.parent_code}` of `{row.code}` is not in the list.",
            "Add its row, or leave the parent of a topmost division empty.",
        )
        return
    try:
        higher = DivisionCode.parse(row.parent_code).level < DivisionCode.parse(row.code).level
    except ValueError:
        return
    if not higher:
        yield RowFault(
            line, f"`{row.parent_code}` does not stand above `{row.code}`.", "Name a division of a higher level."
        )


def full_titles(rows: Iterable[DivisionRow]) -> dict[str, str]:
    """Code → titles from the topmost parent down, joined without spaces, as addresses are written."""
    by_code = {row.code: row for row in rows}
    known: dict[str, str] = {}
    for row in sorted(by_code.values(), key=lambda one: (len(one.code), one.level != "province", one.code)):
        parents: list[str] = []
        above: DivisionRow | None = row
        while above is not None and above.code not in known:
            parents.append(above.title)
            above = by_code.get(above.parent_code)
        known[row.code] = (known[above.code] if above is not None else "") + "".join(reversed(parents))
    return known


def pairs_of(text: str) -> list[str]:
    """The pairs of neighbouring characters: what a name of two characters is found by."""
    return sorted({text[start : start + 2] for start in range(len(text) - 1)})


def search_terms(text: str) -> list[str]:
    """What somebody looks for: the words between spaces, each at most 40 characters, at most six of them."""
    return [term[:40] for term in text.replace("\u3000", " ").split()[:6]]
