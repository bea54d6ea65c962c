"""The Merkle tree against the vectors of Certificate Transparency, and against itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    over,
    root,
    verify_consistency,
    verify_inclusion,
)

# The tree of the RFC 6962 reference implementation (certificate-transparency, merkle_tree_test).
DATA = [
    bytes.fromhex(text)
    for text in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(one) for one in DATA]

trees = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_an_inclusion_proof_is_that_of_the_reference() -> None:
    assert [one.hex() for one in inclusion_proof(0, 8, over(LEAVES))] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert inclusion_proof(0, 1, over(LEAVES)) == []


def test_a_consistency_proof_is_that_of_the_reference() -> None:
    assert [one.hex() for one in consistency_proof(6, 8, over(LEAVES))] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert consistency_proof(8, 8, over(LEAVES)) == []


def test_a_leaf_is_never_a_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


@given(trees, st.data())
def test_a_frontier_grows_to_the_same_root_however_it_is_fed(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    grown = Frontier().append(leaves[:cut]).append(leaves[cut:])
    assert grown == Frontier().append(leaves)
    assert grown.size == len(leaves)
    assert grown.root() == _by_definition(leaves)
    assert Frontier(grown.size, grown.hashes) == grown


def _by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(_by_definition(leaves[:k]), _by_definition(leaves[k:]))


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3 leaves"):
        Frontier(3, (b"x" * 32,))


@given(trees, st.data())
def test_every_leaf_is_shown_in_every_later_tree_and_nothing_else_is(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    head = root(leaves[:size])
    proof = inclusion_proof(index, size, over(leaves))
    assert verify_inclusion(leaves[index], index, size, proof, head)
    assert len(proof) <= (size - 1).bit_length()

    other = leaf_hash(leaves[index])
    assert not verify_inclusion(other, index, size, proof, head)
    assert not verify_inclusion(leaves[index], index, size, [*proof, other], head)
    assert not verify_inclusion(leaves[index], index, size, proof, other)
    assert not verify_inclusion(leaves[index], size, size, proof, head)
    assert not verify_inclusion(leaves[index], -1, size, proof, head)
    if proof:
        changed = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_inclusion(leaves[index], index, size, [*proof[:changed], other, *proof[changed + 1 :]], head)
        assert not verify_inclusion(leaves[index], index, size, proof[:-1], head)


@given(trees, st.data())
def test_a_tree_is_shown_to_have_only_grown(leaves: list[bytes], data: st.DataObject) -> None:
    second = data.draw(st.integers(1, len(leaves)))
    first = data.draw(st.integers(1, second))
    old, new = root(leaves[:first]), root(leaves[:second])
    proof = consistency_proof(first, second, over(leaves))
    assert verify_consistency(first, second, old, new, proof)

    other = leaf_hash(b"another")
    assert not verify_consistency(first, second, other, new, proof)
    assert not verify_consistency(first, second, old, other, proof)
    assert not verify_consistency(second + 1, second, old, new, proof)
    assert not verify_consistency(first, second, old, new, [*proof, other])
    if proof:
        changed = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_consistency(first, second, old, new, [*proof[:changed], other, *proof[changed + 1 :]])
        assert not verify_consistency(first, second, old, new, proof[:-1])


@given(trees, st.data())
def test_a_rewritten_past_cannot_be_shown_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(leaves)))
    place = data.draw(st.integers(0, first - 1))
    old = root(leaves[:first])
    rewritten = [*leaves[:place], leaf_hash(leaves[place]), *leaves[place + 1 :]]
    proof = consistency_proof(first, len(leaves), over(rewritten))
    assert not verify_consistency(first, len(leaves), old, root(rewritten), proof)


def test_the_empty_tree_grows_into_any() -> None:
    assert verify_consistency(0, 8, EMPTY_ROOT, root(LEAVES), [])
    assert not verify_consistency(0, 8, root(LEAVES), root(LEAVES), [])


def test_proofs_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(8, 8, over(LEAVES))
    with pytest.raises(IndexError):
        inclusion_proof(0, 9, over(LEAVES))
    with pytest.raises(IndexError):
        consistency_proof(0, 8, over(LEAVES))
    with pytest.raises(IndexError):
        consistency_proof(9, 8, over(LEAVES))


def test_a_great_tree_is_proved_from_few_stretches() -> None:
    asked: list[tuple[int, int]] = []

    def stretch(start: int, end: int) -> bytes:
        asked.append((start, end))
        return b"\0" * 32

    inclusion_proof(123_456_789_012, 10**12, stretch)
    assert len(asked) == 40
