from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yiwang.subjects.rules.batches import group_by_identifier

PAIRS = st.frozensets(st.tuples(st.sampled_from("ab"), st.sampled_from("123456")), min_size=1, max_size=3)


@given(
    st.lists(PAIRS, max_size=12),
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("123")), st.integers(0, 3)),
)
def test_positions_are_grouped_exactly_when_identifiers_or_owners_link_them(
    batch: list[frozenset[tuple[str, str]]], known: dict[tuple[str, str], int]
) -> None:
    groups = group_by_identifier(batch, known)
    keys = [set(one) | {known[pair] for pair in one if pair in known} for one in batch]
    # the slow way: join whatever shares a key until nothing changes
    joined = list(range(len(batch)))
    changed = True
    while changed:
        changed = False
        for one in range(len(batch)):
            for other in range(len(batch)):
                if joined[one] != joined[other] and keys[one] & keys[other]:
                    joined[one] = joined[other] = min(joined[one], joined[other])
                    changed = True
    assert [groups[one] == groups[other] for one in range(len(batch)) for other in range(len(batch))] == [
        joined[one] == joined[other] for one in range(len(batch)) for other in range(len(batch))
    ]
    assert all(groups[position] <= position for position in range(len(batch)))
