"""The Merkle log cut into blocks of 256: which full subtrees are stored, and a tree's edge put together from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yiwang.kernel.merkle import Frontier, leaf_hash, root

__all__ = ["BITS", "WIDTH", "Blocks", "FullNode", "entry_leaf", "frontier_of", "runs"]

BITS = 8
WIDTH = 1 << BITS


@dataclass(frozen=True, slots=True)
class FullNode:
    """Hash of the full subtree over the leaves from index * 256^level, 256^level of them."""

    level: int
    index: int
    hash: bytes


def entry_leaf(entry_id: int, digest: bytes) -> bytes:
    """Leaf hash of an entry: over its number (8 bytes, big-endian) and its digest, so that neither can be exchanged."""
    return leaf_hash(entry_id.to_bytes(8, "big") + digest)


def runs(start: int, end: int) -> list[tuple[int, int, int]]:
    """The stored hashes that together cover the leaves start ≤ i < end: (level, first, after last), larger levels
    first.

    `start` must be a multiple of the largest power of two that fits into the range, as in every range of RFC 6962.
    """
    found = []
    level = 0
    while (end - start) >> BITS * (level + 1):
        level += 1
    at = start
    while at < end:
        shift = BITS * level
        if first_to_last := (end - at) >> shift:
            first = at >> shift
            found.append((level, first, first + first_to_last))
            at += first_to_last << shift
        level -= 1
    return found


def frontier_of(hashes: Sequence[tuple[int, Sequence[bytes]]]) -> Frontier:
    """The edge of a tree from its runs (level, hashes), larger levels first."""
    size = sum(len(run) << BITS * level for level, run in hashes)
    return Frontier(size, tuple(one for _, run in hashes for one in Frontier().append(run).hashes))


class Blocks:
    """Collects leaf hashes and says which subtrees become full. Begins at a size with the hashes of the open blocks."""

    def __init__(self, size: int = 0, open_blocks: Sequence[tuple[int, Sequence[bytes]]] = ()) -> None:
        self._size = size
        self._open: dict[int, list[bytes]] = {level: list(run) for level, run in open_blocks}

    def add(self, hash: bytes) -> Iterator[FullNode]:
        """Add the next leaf; yield the subtrees that it fills, smaller ones first."""
        self._size += 1
        level = 0
        while True:
            block = self._open.setdefault(level, [])
            block.append(hash)
            if len(block) < WIDTH:
                return
            hash = root(block)
            block.clear()
            level += 1
            yield FullNode(level, (self._size >> BITS * level) - 1, hash)
