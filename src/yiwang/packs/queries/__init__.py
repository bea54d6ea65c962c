"""Reads of the floor `packs`: what stands in the folders, what is wrong with it, what applying it would change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from yiwang.kernel.kinds import DeclarationFault
from yiwang.packs.queries.fillings import SEE_OPERATIONS, fillings
from yiwang.packs.queries.folders import read_city
from yiwang.packs.queries.plans import plan_reading
from yiwang.packs.queries.schemas import schemas
from yiwang.packs.values import Plan, Reading
from yiwang.settings import configuration

__all__ = ["SEE_OPERATIONS", "check", "fillings", "plan", "plan_reading", "read_city", "read_configured", "schemas"]


def read_configured(folders: Sequence[Path] | None = None) -> Reading:
    """Read the packs of `folders`, by default those of the configuration, cut down to the configured city's."""
    given = configuration()
    if folders is not None:
        return read_city(folders)
    return read_city(given.packs_dirs, only=given.city)


def check(folders: Sequence[Path] | None = None) -> list[DeclarationFault]:
    """Every fault of every pack in `folders`, sorted by file and line. No database."""
    return list(read_configured(folders).faults)


def plan(folders: Sequence[Path] | None = None) -> Plan:
    """What applying would change. Raises RefusedCity with every fault when the packs cannot be applied."""
    return plan_reading(read_configured(folders))
