"""The Merkle tree of RFC 6962 §2.1 (same in RFC 9162 §2.1), with SHA-256: root, appending, proofs and their checks.

Pure functions over hashes. Who stores leaves and nodes is not this room's matter: proofs ask a `RangeHash` for the hash
of a full or ragged stretch of leaves, which an engine may answer from stored nodes and a test from a list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "EMPTY_ROOT",
    "Frontier",
    "RangeHash",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "over",
    "root",
    "verify_consistency",
    "verify_inclusion",
]

RangeHash = Callable[[int, int], bytes]
"""Tree hash of the leaves start ≤ i < end, as RFC 6962 §2.1 defines MTH(D[start:end])."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf: SHA-256(0x00 ‖ data). The prefix keeps a leaf from being shown as a node (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree that only grows, kept as the roots of its full subtrees, largest first: at most 64 hashes for any size.

    The i-th hash belongs to the i-th set bit of `size`, from the highest. Store it as (size, hashes).
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"A tree of {self.size} leaves has not {len(self.hashes)} full subtrees.")

    def append(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The tree with more leaves (their leaf hashes, in order). Cost: two hashes a leaf."""
        size, hashes = self.size, list(self.hashes)
        for one in leaf_hashes:
            carry, bits = one, size
            while bits & 1:
                carry, bits = node_hash(hashes.pop(), carry), bits >> 1
            hashes.append(carry)
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """The tree head."""
        if not self.hashes:
            return EMPTY_ROOT
        head = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            head = node_hash(left, head)
        return head


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Tree head over leaf hashes in order; of none, the SHA-256 of nothing."""
    return Frontier().append(leaf_hashes).root()


def over(leaf_hashes: Sequence[bytes]) -> RangeHash:
    """Answer range hashes from a list of leaf hashes in memory. Linear in the range: for proofs over small trees."""

    def range_hash(start: int, end: int) -> bytes:
        if not 0 <= start <= end <= len(leaf_hashes):
            raise IndexError(f"There are no leaves {start} to {end} in a tree of {len(leaf_hashes)}.")
        return root(leaf_hashes[start:end])

    return range_hash


def inclusion_proof(index: int, size: int, range_hash: RangeHash) -> list[bytes]:
    """Audit path of leaf `index` (from 0) in the tree of the first `size` leaves, nearest sibling first.

    Raises IndexError when the tree has no such leaf. Source: RFC 6962 §2.1.1, RFC 9162 §2.1.3.1.
    """
    if not 0 <= index < size:
        raise IndexError(f"There is no leaf {index} in a tree of {size}.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            path.append(range_hash(middle, end))
            end = middle
        else:
            path.append(range_hash(start, middle))
            start = middle
    path.reverse()
    return path


def consistency_proof(first: int, second: int, range_hash: RangeHash) -> list[bytes]:
    """Show that the tree of `first` leaves is the beginning of the tree of `second` leaves; empty when they are equal.

    Raises IndexError unless 0 < first ≤ second. Source: RFC 6962 §2.1.2, RFC 9162 §2.1.4.1.
    """
    if not 0 < first <= second:
        raise IndexError(f"A tree of {first} leaves is not a beginning of one of {second}.")
    path: list[bytes] = []
    start, end = 0, second
    whole = True  # the old tree is still a subtree that the reader knows
    while first != end:
        middle = start + _largest_power_below(end - start)
        if first <= middle:
            path.append(range_hash(middle, end))
            end = middle
        else:
            path.append(range_hash(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(range_hash(start, end))
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether `proof` shows that leaf hash `leaf` stands at `index` of the tree of `size` leaves with root `head`.

    Source: RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        left, right = (sibling, current) if _sibling_is_left(position, last) else (current, sibling)
        current = node_hash(left, right)
        position, last = _up(position, last)
    return last == 0 and current == head


def verify_consistency(first: int, second: int, first_head: bytes, second_head: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (first, first_head) only grew into (second, second_head).

    Every tree grows from the empty one, with an empty proof. Source: RFC 9162 §2.1.4.2.
    """
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_head == second_head
    if first == 0:
        return not proof and first_head == EMPTY_ROOT
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_head)
    if not path:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if _sibling_is_left(position, last):
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
        position, last = _up(position, last)
    return last == 0 and old == first_head and new == second_head


def _sibling_is_left(position: int, last: int) -> bool:
    return position & 1 == 1 or position == last


def _up(position: int, last: int) -> tuple[int, int]:
    """One level up; from the last node of a ragged level, up past the levels on which it has no sibling."""
    if position == last:
        while not position & 1 and position:
            position, last = position >> 1, last >> 1
    return position >> 1, last >> 1


def _largest_power_below(n: int) -> int:
    """The largest power of two smaller than n (n > 1)."""
    return 1 << (n - 1).bit_length() - 1
