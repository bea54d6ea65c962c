"""Packs in an order in which each stands after those that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["in_order_of_need"]


def in_order_of_need(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Names so that each comes after those it needs; otherwise by name. `needs` has no circle."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found or name not in needs:
            return
        for below in sorted(needs[name]):
            add(below)
        found[name] = None

    for name in sorted(needs):
        add(name)
    return list(found)
