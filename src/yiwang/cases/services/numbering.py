"""Give a case its number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from yiwang.cases.rules.numbers import case_number
from yiwang.identity.values import UnitView

__all__ = ["new_number"]


def new_number(item: Mapping[str, Any], unit: UnitView | None, day: date) -> str:
    """The next case number of an item at its implementing unit. One statement; gaps are allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_number')")
        counter = int(cursor.fetchone()[0])
    return case_number(unit.credit_code if unit else "", item["level"], item["basic_code"], day, counter)
