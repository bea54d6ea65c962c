"""Which subjects of a batch are one and the same: two that share an identifier, directly or through a third."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["Identifiers", "group_by_identifier"]

Identifiers = frozenset[tuple[str, str]]
"""(scheme, value) pairs in canonical form."""


def group_by_identifier(batch: Sequence[Identifiers], known: Mapping[tuple[str, str], object]) -> list[int]:
    """For each position of `batch`, the position of the first one that is the same subject.

    known: (scheme, value) → owner for identifiers that are already registered; two positions whose identifiers have one owner
    are the same, too. Nearly linear.
    """
    parent = list(range(len(batch)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    seen: dict[object, int] = {}
    for position, identifiers in enumerate(batch):
        for pair in identifiers:
            for key in (pair, known.get(pair)):
                if key is None:
                    continue
                first, second = sorted((root(seen.setdefault(key, position)), root(position)))
                parent[second] = first
    return [root(position) for position in range(len(batch))]
