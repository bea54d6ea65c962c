"""What packs declare for cases: items, bundles of them, forms, processes, calendars, numberings, limits and their pauses."""

from __future__ import annotations

from yiwang.cases.declarations.bundles import BundleKind
from yiwang.cases.declarations.calendars import CalendarKind
from yiwang.cases.declarations.forms import FormKind
from yiwang.cases.declarations.items import ItemKind
from yiwang.cases.declarations.limits import LimitKind, PauseKind
from yiwang.cases.declarations.numberings import NumberingKind
from yiwang.cases.declarations.parameters import (
    check_certificate,
    check_identifiers,
    check_numbers,
    check_relates,
    check_working_days,
    check_writes,
)
from yiwang.cases.declarations.processes import ProcessKind
from yiwang.cases.declarations.topics import LifeEventKind, SynonymsKind, ThemeKind

__all__ = [
    "BundleKind",
    "CalendarKind",
    "FormKind",
    "ItemKind",
    "LifeEventKind",
    "LimitKind",
    "NumberingKind",
    "PauseKind",
    "ProcessKind",
    "SynonymsKind",
    "ThemeKind",
    "check_certificate",
    "check_identifiers",
    "check_numbers",
    "check_relates",
    "check_working_days",
    "check_writes",
]
