"""A log cut into blocks is the same tree as the log in one piece."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiwang.audit.rules.blocks import WIDTH, Blocks, frontier_of, runs
from yiwang.kernel import merkle

LEAVES = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(2 * WIDTH * WIDTH + 3 * WIDTH + 7)]
sizes = st.integers(0, len(LEAVES)) | st.sampled_from([1, 255, 256, 257, 65_535, 65_536, 65_537, len(LEAVES)])


@pytest.fixture(scope="module")
def stored() -> dict[tuple[int, int], bytes]:
    """Every hash that the log keeps, by level and index."""
    kept = {(0, index): hash for index, hash in enumerate(LEAVES)}
    blocks = Blocks()
    for hash in LEAVES:
        kept |= {(node.level, node.index): node.hash for node in blocks.add(hash)}
    return kept


def load(stored: dict[tuple[int, int], bytes], start: int, end: int) -> list[tuple[int, list[bytes]]]:
    return [
        (level, [stored[level, index] for index in range(first, after)]) for level, first, after in runs(start, end)
    ]


def test_full_subtrees_of_every_level_are_kept(stored: dict[tuple[int, int], bytes]) -> None:
    assert {level: sum(1 for found, _ in stored if found == level) for level in (0, 1, 2)} == {
        0: len(LEAVES),
        1: len(LEAVES) // WIDTH,
        2: 2,
    }


@settings(max_examples=30, deadline=None)
@given(size=sizes)
def test_the_edge_put_together_from_blocks_has_the_root_of_all_leaves(
    stored: dict[tuple[int, int], bytes], size: int
) -> None:
    found = load(stored, 0, size)
    assert frontier_of(found).root() == merkle.root(LEAVES[:size])
    assert sum(len(hashes) for _, hashes in found) <= WIDTH * 3


@settings(max_examples=30, deadline=None)
@given(data=st.data(), size=sizes.filter(lambda size: size > 0))
def test_a_proof_from_blocks_convinces(stored: dict[tuple[int, int], bytes], data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(index, size, lambda start, end: frontier_of(load(stored, start, end)).root())
    assert merkle.verify_inclusion(LEAVES[index], index, size, path, merkle.root(LEAVES[:size]))


@settings(max_examples=15, deadline=None)
@given(first=st.integers(0, 3000), more=st.integers(0, 3000))
def test_growing_from_the_stored_edge_fills_the_same_subtrees(
    stored: dict[tuple[int, int], bytes], first: int, more: int
) -> None:
    blocks = Blocks(first, load(stored, 0, first))
    filled = {(node.level, node.index): node.hash for hash in LEAVES[first : first + more] for node in blocks.add(hash)}
    assert filled == {(1, index): stored[1, index] for index in range(first // WIDTH, (first + more) // WIDTH)}
