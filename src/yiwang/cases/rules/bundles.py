"""How the items of a bundle wait for each other, and what one's end means for the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from yiwang.cases.values import Consequence

__all__ = ["Edge", "Verdict", "ancestors", "circle", "verdict"]


@dataclass(frozen=True, slots=True)
class Edge:
    """That a part waits for the end of `item` with one of `outcomes`.  otherwise: what becomes of it when that ends in another way."""

    item: str
    outcomes: frozenset[str]
    otherwise: Consequence


class Verdict(StrEnum):
    """What is to be done with a part that has not begun."""

    WAIT = "wait"
    BEGIN = "begin"
    STOP = "stop"
    ASK = "ask"


def verdict(after: Sequence[Edge], over: Mapping[str, str], *, goes_on: bool = False) -> tuple[Verdict, str]:
    """What is to be done with a part that waits for `after`, and because of which item (empty: because of none).

    over: item → how it ended (an outcome, or another word for one that never began).  goes_on: the applicant has said that the part
    goes on all the same.  It stops as soon as one that it cannot do without has failed; everything else is decided when all that it
    waits for are over, so that the applicant is asked once.
    """
    failed = [one for one in after if one.item in over and over[one.item] not in one.outcomes]
    for one in failed:
        if one.otherwise is Consequence.STOP:
            return Verdict.STOP, one.item
    if any(one.item not in over for one in after):
        return Verdict.WAIT, ""
    if not goes_on:
        for one in failed:
            if one.otherwise is Consequence.ASK:
                return Verdict.ASK, one.item
    return Verdict.BEGIN, ""


def ancestors(after: Mapping[str, Iterable[str]], item: str) -> set[str]:
    """Every item that has ended before this one begins: those that it waits for, those that these wait for, and so on."""
    found: set[str] = set()
    todo = list(after.get(item, ()))
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += after.get(one, ())
    return found


def circle(after: Mapping[str, Iterable[str]]) -> str:
    """An item that waits for itself, through others or at once; empty when there is none."""
    return next((item for item in after if item in ancestors(after, item)), "")
