"""Whether entries, leaves, nodes, heads and signatures still agree, and what to say where they do not.

One pass over sorted streams; memory does not grow with them. What was sealed is told from what was edited by the root:
a leaf that differs from its entry is believed when the signed root over the leaves as stored is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yiwang.audit.rules.blocks import Blocks, entry_leaf
from yiwang.audit.values import Problem
from yiwang.kernel.crypto import PublicKey
from yiwang.kernel.merkle import Frontier

__all__ = ["SealedHead", "SealedLeaf", "StoredEntry", "Verification"]

MOST_OF_A_SORT = 20
PIECE = 1_000
LOST = bytes(32)  # stands for a leaf that nothing is left of


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry's number, the digest in its row, and the digest of its row as it is now."""

    id: int
    digest: bytes
    digest_now: bytes


@dataclass(frozen=True, slots=True)
class SealedLeaf:
    """A row of the log."""

    index: int
    entry_id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SealedHead:
    """A signed head.  covered: the bytes that the signature is over."""

    size: int
    root: bytes
    last_entry_id: int
    key_id: str
    signature: bytes
    covered: bytes


class _Edge:
    """The tree as far as it was read, twice:

    over the leaves as stored, and over what the entries say they should be.
    """

    def __init__(self) -> None:
        self._stored = Frontier()
        self._expected: Frontier | None = None  # None: the same
        self._new_stored: list[bytes] = []
        self._new_expected: list[bytes] = []

    def add(self, stored: bytes, expected: bytes) -> None:
        if stored != expected and self._expected is None:
            self._flush()
            self._expected = self._stored
        self._new_stored.append(stored)
        if self._expected is not None:
            self._new_expected.append(expected)
        if len(self._new_stored) >= PIECE:
            self._flush()

    def agrees_as_stored(self, root: bytes) -> bool:
        """Whether the leaves as stored have this root; then they are what was sealed."""
        self._flush()
        if self._stored.root() != root:
            return False
        self._expected = None
        return True

    def agrees_as_expected(self, root: bytes) -> bool:
        """Whether the leaves as the entries say have this root; then they are taken for what was sealed."""
        self._flush()
        if self._expected is None or self._expected.root() != root:
            return False
        self._stored, self._expected = self._expected, None
        return True

    def _flush(self) -> None:
        self._stored = self._stored.append(self._new_stored)
        self._new_stored.clear()
        if self._expected is not None:
            self._expected = self._expected.append(self._new_expected)
            self._new_expected.clear()


class Verification:
    """One run over everything.

    Afterwards: `entries`, `leaves`, `heads` seen; `problems`, at most 20 of a sort; `problem_count`.
    """

    def __init__(self, trusted: Mapping[str, PublicKey]) -> None:
        self.entries = self.leaves = self.heads = 0
        self.problems: list[Problem] = []
        self._counts: Counter[str] = Counter()
        self._trusted = trusted
        self._edge = _Edge()
        self._blocks = Blocks()
        self._doubtful: list[tuple[int, int]] = []  # (entry id, index) of leaves that differ from sound entries

    @property
    def problem_count(self) -> int:
        """All of them, also those not kept."""
        return self._counts.total()

    def find(self, code: str, number: int, message: str) -> None:
        """Note a problem."""
        self._counts[code] += 1
        if self._counts[code] <= MOST_OF_A_SORT:
            self.problems.append(Problem(code, number, message))

    def run(
        self,
        size: int,
        entries: Iterator[StoredEntry],
        leaves: Iterator[SealedLeaf],
        heads: Iterator[SealedHead],
        nodes: Mapping[int, Iterator[tuple[int, bytes]]],
    ) -> Iterator[int]:
        """Check streams that each come in order; yield the number of leaves seen, now and then.

        size: of the last head, to which all streams belong.
        """
        self._entry_stream, self._head_stream = entries, heads
        self._entry, self._head = next(entries, None), next(heads, None)
        self._node_streams = nodes
        self._next_nodes = {level: next(stream, None) for level, stream in nodes.items()}
        last_id = 0
        for leaf in leaves:
            while self.leaves < leaf.index:
                self._stand_in(before=leaf.entry_id)
            if leaf.entry_id <= last_id:
                self.find("leaf-changed", leaf.index, f"Leaf {leaf.index} names entry {leaf.entry_id} out of order.")
                self._grow(leaf.hash, leaf.hash)
                continue
            last_id = leaf.entry_id
            self._check_pair(leaf)
            if self.leaves % PIECE == 0:
                yield self.leaves
        while self.leaves < size:
            self._stand_in(before=None)
        while self._entry is not None:
            self._added()
        for level, node in self._next_nodes.items():
            if node is not None:
                self.find("node-changed", node[0], f"There is a node {node[0]} of level {level} too many.")
        yield self.leaves

    # ── Entries and leaves ──────────────────────────────────────────────────────────────────────────────────────────

    def _next_entry(self) -> StoredEntry | None:
        taken = self._entry
        if taken is not None:
            self.entries += 1
            self._entry = next(self._entry_stream, None)
            if taken.digest != taken.digest_now:
                self.find("entry-changed", taken.id, f"Entry {taken.id} was changed after it was written.")
        return taken

    def _added(self) -> None:
        entry = self._next_entry()
        if entry is not None:
            self.find("entry-added", entry.id, f"Entry {entry.id} was put in among sealed ones.")

    def _check_pair(self, leaf: SealedLeaf) -> None:
        while self._entry is not None and self._entry.id < leaf.entry_id:
            self._added()
        if self._entry is None or self._entry.id != leaf.entry_id:
            self.find("entry-deleted", leaf.entry_id, f"Entry {leaf.entry_id} was sealed and is gone.")
            self._grow(leaf.hash, leaf.hash)
            return
        entry = self._next_entry()
        assert entry is not None  # noqa: S101 — looked at above
        expected = entry_leaf(entry.id, entry.digest_now)
        if entry.digest != entry.digest_now:
            expected = leaf.hash  # the row condemns itself: the leaf is not in doubt
        elif expected != leaf.hash and len(self._doubtful) < MOST_OF_A_SORT:
            self._doubtful.append((entry.id, leaf.index))
        self._grow(leaf.hash, expected)

    def _stand_in(self, *, before: int | None) -> None:
        """Something for a leaf that is missing: what its entry says, if that is still there."""
        index = self.leaves
        if self._entry is not None and (before is None or self._entry.id < before):
            entry = self._next_entry()
            assert entry is not None  # noqa: S101 — looked at above
            self.find("leaf-missing", index, f"Leaf {index}, of entry {entry.id}, is gone.")
            hash = entry_leaf(entry.id, entry.digest_now)
        else:
            self.find("leaf-missing", index, f"Leaf {index} is gone, and so is its entry.")
            hash = LOST
        self._grow(hash, hash)

    # ── Nodes and heads ─────────────────────────────────────────────────────────────────────────────────────────────

    def _grow(self, stored: bytes, expected: bytes) -> None:
        self._edge.add(stored, expected)
        self.leaves += 1
        for node in self._blocks.add(stored):
            kept = self._next_nodes.get(node.level)
            if kept is not None and kept[0] == node.index:
                self._next_nodes[node.level] = next(self._node_streams[node.level], None)
            if kept != (node.index, node.hash):
                self.find(
                    "node-changed", node.index, f"Node {node.index} of level {node.level} is not what its leaves say."
                )
        while self._head is not None and self._head.size <= self.leaves:
            self._check_head(self._head)
            self._head = next(self._head_stream, None)

    def _check_head(self, head: SealedHead) -> None:
        self.heads += 1
        key = self._trusted.get(head.key_id)
        if key is None:
            self.find("key-unknown", head.size, f"Head {head.size} is not signed by a key of the city.")
        elif not key.verify(head.covered, head.signature):
            self.find("signature-wrong", head.size, f"The signature of head {head.size} is not over what it says.")
        if self._edge.agrees_as_stored(head.root):
            for entry_id, _ in self._doubtful:
                self.find("entry-changed", entry_id, f"Entry {entry_id} is not what was sealed.")
        elif self._edge.agrees_as_expected(head.root):
            for entry_id, index in self._doubtful:
                self.find("leaf-changed", index, f"Leaf {index} is not what was sealed; entry {entry_id} is.")
        else:
            self.find("root-wrong", head.size, f"Head {head.size} has another root than its leaves.")
            for entry_id, index in self._doubtful:
                self.find("entry-changed", entry_id, f"Entry {entry_id} and leaf {index} do not agree.")
        self._doubtful.clear()
