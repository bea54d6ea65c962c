"""One source for each condition: when two resources may both be the source of one element for one subject. Pure."""

from __future__ import annotations

from yiwang.catalog.values import Condition

__all__ = ["overlap"]


def overlap(one: Condition | None, other: Condition | None) -> str:
    """Why both may count for one subject, as the end of a sentence; empty when they provably never do.

    Only sets of values of one coded element are provably disjoint: a subject has one value of it at a time.
    """
    if one is None and other is None:
        return "both count for everybody"
    if one is None or other is None:
        return "one of the two has no `for` and counts for everybody"
    if one.element != other.element:
        return f"nothing shows that `{one.element}` and `{other.element}` never hold together"
    both = sorted(one.values & other.values)
    return f"both count for {', '.join(f'`{value}`' for value in both)}" if both else ""
