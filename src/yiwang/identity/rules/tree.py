"""The closure of a tree, computed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

__all__ = ["TreeHasCycle", "closure"]

Node = TypeVar("Node", bound=Hashable)


class TreeHasCycle(ValueError):
    """A node stands above itself."""

    def __init__(self, node: object) -> None:
        super().__init__(f"{node} stands above itself")
        self.node = node


def closure(parents: Mapping[Node, Node | None]) -> dict[tuple[Node, Node], int]:
    """Return (ancestor, descendant) → depth for every pair, each node its own ancestor at depth 0.

    parents: node → its parent, None for a root; every parent must itself be a key (KeyError).  Raises TreeHasCycle.
    """
    pairs: dict[tuple[Node, Node], int] = {}
    for node in parents:
        above: Node | None = node
        depth = 0
        while above is not None:
            if depth > len(parents):
                raise TreeHasCycle(node)
            pairs[above, node] = depth
            above, depth = parents[above], depth + 1
    return pairs
