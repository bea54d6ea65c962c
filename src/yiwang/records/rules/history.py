"""Which version of a record holds: the one meaning of three times, in plain Python. SQL and property tests say the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

__all__ = ["Version", "version_in_force"]

Values = TypeVar("Values")


@dataclass(frozen=True, slots=True)
class Version(Generic[Values]):
    """What was said at `arrived_at` about the time from `valid_from` on. retracted: that nothing was ever so from that date on."""

    valid_from: date
    arrived_at: datetime
    retracted: bool
    values: Values


def version_in_force(
    versions: Iterable[Version[Values]], *, valid_at: date, known_at: datetime
) -> Version[Values] | None:
    """The version that holds on `valid_at`, as known at `known_at`; None when none does.

    For each beginning the latest word counts; a retracted beginning counts as never said, so that what began before it still holds.
    Of the beginnings that are left, the latest not after `valid_at` holds.
    """
    last_word: dict[date, Version[Values]] = {}
    for one in versions:
        if one.valid_from > valid_at or one.arrived_at > known_at:
            continue
        known = last_word.get(one.valid_from)
        if known is None or one.arrived_at > known.arrived_at:
            last_word[one.valid_from] = one
    standing = [one for one in last_word.values() if not one.retracted]
    return max(standing, key=lambda one: one.valid_from, default=None)
