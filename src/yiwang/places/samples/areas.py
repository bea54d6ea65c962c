"""The sample file `areas.csv`: areas of responsibility and who answers in them."""

from __future__ import annotations

from datetime import date

from yiwang.acts.values import system
from yiwang.kernel.samples import SampleFile
from yiwang.places.services import system_load_areas
from yiwang.places.values import NewArea

__all__ = ["load_areas"]


def load_areas(file: SampleFile) -> int:
    """Columns: code, title, places (codes, separated by spaces), duties (separated by spaces), unit, since (civil date)."""
    rows = list(file.rows())
    done = 0
    for since in sorted({row["since"] for row in rows}):
        areas = [
            NewArea(
                row["code"],
                row["title"],
                frozenset(row["places"].split()),
                frozenset(row["duties"].split()),
                row["unit"],
            )
            for row in rows
            if row["since"] == since
        ]
        done += system_load_areas(system("samples", origin="invented"), areas, since=date.fromisoformat(since))
    return done
