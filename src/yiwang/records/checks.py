"""Start-up check: the generated tables are what `apply` left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import ProgrammingError

from yiwang.kernel.health import Finding, register_check
from yiwang.records.queries import differing_tables

__all__ = ["doctor_checks_tables", "tables_are_as_applied"]

MEND = "Undo the change by hand (records_generated_table says what the table had), or restore the table from a backup."


@register(Tags.database)
def tables_are_as_applied(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """An error for each table that was changed by hand. Runs with `check --database default`, which start-up does."""
    if not databases:
        return []
    try:
        names = differing_tables()
    except ProgrammingError:  # before the first migration
        return []
    return [
        Error(f"The table records.{name} is not what `yiwang apply` left.", hint=MEND, id="records.E001")
        for name in names
    ]


def doctor_checks_tables() -> Iterator[Finding]:
    """The same for `yiwang doctor`."""
    names = differing_tables()
    for name in names:
        yield Finding(False, f"The table records.{name} was changed by hand.", MEND)
    if not names:
        yield Finding(True, "The tables of records are what the last apply left.")


def register_with_doctor() -> None:
    """Offer the check to `doctor`."""
    register_check("generated-tables", doctor_checks_tables)
