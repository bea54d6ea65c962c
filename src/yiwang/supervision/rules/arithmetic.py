"""The table of an alert as it is kept: canonical JSON, so that the evidence reads the same in ten years.

{"limit": {language: words}, "length": {language: words}, "started_on", "due_on", "legal_due_on", "provisional",
"rows": [{"day", "until", "number", "reason": {language: words}, "law": {language: words}, "provisional", "marks": […]}]}

`due_on` and `legal_due_on` are empty when the clock stood still, so that nobody could know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from yiwang.kernel.texts import text
from yiwang.supervision.values import Table, TableRow

__all__ = ["frozen", "shown"]


def frozen(table: Mapping[str, Any], fires_on: date) -> dict[str, Any]:
    """The table of a clock (`queries.clocks`) with the day on which the alarm fires marked, or added where it lies after the end."""
    rows = [dict(row) for row in table["rows"]]
    day = fires_on.isoformat()
    for row in rows:
        if row["day"] <= day <= row["until"]:
            row["marks"] = [*row["marks"], "fired"]
            break
    else:
        rows.append(
            {"day": day, "until": day, "number": 0, "reason": {}, "law": {}, "provisional": False, "marks": ["fired"]}
        )
    return {**table, "rows": rows}


def shown(kept: Mapping[str, Any], language: str) -> Table:
    """The table for a reader."""
    return Table(
        limit=text(kept["limit"], language),
        length=text(kept["length"], language),
        started_on=date.fromisoformat(kept["started_on"]),
        due_on=_day(kept["due_on"]),
        legal_due_on=_day(kept["legal_due_on"]),
        is_provisional=kept["provisional"],
        rows=tuple(
            TableRow(
                day=date.fromisoformat(row["day"]),
                until=date.fromisoformat(row["until"]),
                number=row["number"],
                reason=text(row["reason"], language),
                law=text(row["law"], language),
                provisional=row["provisional"],
                marks=tuple(row["marks"]),
            )
            for row in kept["rows"]
        ),
    )


def _day(kept: str) -> date | None:
    return date.fromisoformat(kept) if kept else None
