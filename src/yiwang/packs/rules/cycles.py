"""Circles among things that need each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["find_cycle"]


def find_cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The first circle, from its smallest name round to itself, or an empty list. Names that nobody declares are passed over."""
    done: set[str] = set()
    for start in sorted(needs):
        trail: list[str] = []
        if found := _walk(start, needs, done, trail):
            ring = found[:-1]
            first = ring.index(min(ring))
            return [*ring[first:], *ring[:first], ring[first]]
    return []


def _walk(name: str, needs: Mapping[str, Iterable[str]], done: set[str], trail: list[str]) -> list[str]:
    if name in trail:
        return [*trail[trail.index(name) :], name]
    if name in done or name not in needs:
        return []
    trail.append(name)
    for below in sorted(needs[name]):
        if found := _walk(below, needs, done, trail):
            return found
    trail.pop()
    done.add(name)
    return []
