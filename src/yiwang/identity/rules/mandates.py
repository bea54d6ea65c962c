"""What a mandate 委托 may be. Source: Civil Code art. 165: it names agent, matters, powers and term."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import date, timedelta

from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["LONGEST_TERM", "MOST_MATTERS", "matter_faults", "same_name", "term_faults"]

LONGEST_TERM = timedelta(days=3 * 365 + 1)
"""A mandate has a term by law, of a length that the law leaves open; nobody keeps in mind for longer whom he let act."""
MOST_MATTERS = 500


def term_faults(valid_from: date, valid_to: date, today: date) -> list[FieldFault]:
    """What is wrong with the days. valid_to: the first civil date without it."""
    faults = []
    if valid_from < today:
        faults.append(FieldFault("valid_from", "past", msgid("It cannot begin before today.")))
    if valid_to <= valid_from:
        faults.append(FieldFault("valid_to", "not-after", msgid("The last day cannot be before the first.")))
    elif valid_to - valid_from > LONGEST_TERM:
        message = msgid("A mandate lasts three years at most. Choose an earlier last day.")
        faults.append(FieldFault("valid_to", "too-long", message))
    return faults


def matter_faults(items: Collection[str] | None, known: Collection[str]) -> list[FieldFault]:
    """What is wrong with the matters. items: ids of items, None for every one.  known: those that an agent can be asked to do."""
    if items is None:
        return []
    if not items:
        return [FieldFault("items", "required", msgid("Choose at least one thing that is to be done for you, or all."))]
    if len(items) > MOST_MATTERS or not set(items) <= set(known):
        return [FieldFault("items", "unknown-item", msgid("Choose among the things that an agent can do for you."))]
    return []


def same_name(typed: str, known: str) -> bool:
    """Whether somebody wrote a name as its register has it, but for spaces, width and case."""
    return bool(known) and _plain(typed) == _plain(known)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
