"""Ledgers of plans: CSV files with the columns `id` and `must`, and, where they have them, these:

`verbs` (separated by `;`, instead of those that are read from `must`), `zh`, `en`, `capability`, and `scope` (a row
whose scope begins with `declined` is not counted).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yiwang.packs.rules.verbs import Verb, verbs_of
from yiwang.packs.values import LedgerUnreadable

__all__ = ["LedgerRow", "read_ledger", "tell_row"]

DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row of a plan's ledger."""

    id: str
    title: str
    capability: str
    must: str
    verbs: tuple[Verb, ...]
    declined: bool = False


def read_ledger(file: Path) -> dict[str, LedgerRow]:
    """Rows of a ledger by id, in its order. Raises LedgerUnreadable."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            rows = list(table)
    except (OSError, UnicodeError, csv.Error) as fault:
        raise LedgerUnreadable(f"{file}: {fault}") from fault
    absent = {"id", "must"} - set(table.fieldnames or ())
    if absent:
        raise LedgerUnreadable(f"{file} has no column {' and no column '.join(sorted(absent))}.")
    found: dict[str, LedgerRow] = {}
    for number, row in enumerate(rows, 2):
        id = (row["id"] or "").strip()
        if not id or id in found:
            raise LedgerUnreadable(f"{file}: row {number} has {'the id of another row' if id else 'no id'}: {id}")
        found[id] = LedgerRow(
            id=id,
            title=row.get("zh") or row.get("en") or "",
            capability=row.get("capability") or "",
            must=row["must"] or "",
            verbs=_verbs(row),
            declined=(row.get("scope") or "").startswith(DECLINED),
        )
    return found


def _verbs(row: Mapping[str, str]) -> tuple[Verb, ...]:
    if given := [one.strip() for one in (row.get("verbs") or "").split(";") if one.strip()]:
        return tuple(Verb(one, one) for one in given)
    return tuple(verbs_of(row["must"] or ""))


def tell_row(row: LedgerRow) -> str:
    """A row with its verbs, for whoever writes `covers`."""
    lines = [f"{row.id}  {row.title}", f"    {row.must}"]
    return "\n".join(lines + [f"    {verb.name}: {verb.clause}" for verb in row.verbs])
