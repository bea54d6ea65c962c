"""Where each material 材料 of a case stands. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from yiwang.cases.values import MaterialState

__all__ = ["LOOKED_UP", "found_of_promises", "is_promised", "missing", "standing_of", "states"]


LOOKED_UP = ("fact", "certificate")
"""Kinds of materials that the city looks up itself; a file may be asked for where it finds nothing."""


def standing_of(
    declared: Mapping[str, Any], known: Collection[str], held: Collection[str], given: Mapping[str, Any]
) -> MaterialState:
    """Where a declared material stands, from the elements that the city knows, the types of certificates that are held and valid, and the
    answers that were given.

    A fact counts when the city knows all of its elements, a certificate when one of its type is held, else the file that is asked for
    instead; a promise when it was stated.
    """
    if declared["kind"] == "fact" and set(declared["elements"]) <= set(known):
        return MaterialState.KNOWN
    if declared["kind"] == "certificate" and declared["certificate"] in held:
        return MaterialState.KNOWN
    answer = given.get(declared["element"]) if declared["element"] else None
    if declared["kind"] == "promise":
        return MaterialState.PROMISED if answer is True else MaterialState.MISSING
    return MaterialState.GIVEN if answer is not None else MaterialState.MISSING


def states(
    materials: Iterable[Mapping[str, Any]], known: Collection[str], held: Collection[str], given: Mapping[str, Any]
) -> list[dict[str, str]]:
    """All of them as a case keeps them, in declared order."""
    return [{"id": one["id"], "state": str(standing_of(one, known, held, given))} for one in materials]


def missing(kept: Iterable[Mapping[str, str]]) -> list[str]:
    """Ids of materials that are still to come."""
    return [one["id"] for one in kept if one["state"] == MaterialState.MISSING]


def is_promised(kept: Iterable[Mapping[str, str]]) -> bool:
    """Whether anything was promised instead of being shown."""
    return any(one["state"] == MaterialState.PROMISED for one in kept)


def found_of_promises(kept: Iterable[Mapping[str, str]], found: MaterialState) -> list[dict[str, str]]:
    """The materials after promises were checked."""
    return [{**one, "state": str(found)} if one["state"] == MaterialState.PROMISED else dict(one) for one in kept]
