"""What applying the packs would change: against the release in force, with rows and locks. Reads the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from yiwang.acts.queries import current_release, definition_digests, list_definitions
from yiwang.acts.services import definition_digest
from yiwang.acts.values import NewDefinition
from yiwang.kernel.kinds import Change, Declaration, DeclarationFault, Kind, all_kinds
from yiwang.packs.values import PACK, Plan, Reading, RefusedCity

__all__ = ["as_definition", "plan_reading", "stored_kinds"]


def plan_reading(reading: Reading) -> Plan:
    """Compare what was read with the release in force. Raises RefusedCity when it has faults or may not follow that release."""
    if reading.faults:
        raise RefusedCity(reading.faults)
    release = current_release()
    faults = _succession_faults(reading, release)
    if faults:
        raise RefusedCity(tuple(faults))
    digests = definition_digests(release) if release else {}
    changes: list[Change] = []
    changed: dict[str, dict[str, Declaration]] = {}
    retired: dict[str, tuple[str, ...]] = {}
    for kind in stored_kinds():
        stored = list_definitions(kind, release) if release else {}
        declared = reading.packs if kind == PACK else reading.city.of_kind(kind)
        handler = _handlers().get(kind)
        for id, one in sorted(declared.items()):
            if digests.get((kind, id)) == definition_digest(as_definition(one, reading)):
                continue
            changed.setdefault(kind, {})[id] = one
            changes += _changes(kind, id, stored.get(id), one, handler)
        gone = tuple(sorted(name for of, name in digests if of == kind and name not in declared))
        for id in gone:
            changes += _changes(kind, id, stored[id], None, handler)
        if gone:
            retired[kind] = gone
    for one_kind in all_kinds():
        changes += one_kind.plan_city(reading.city)
    return Plan(release, tuple(changes), changed, retired)


def stored_kinds() -> list[str]:
    """Names of the kinds that a release keeps, in the order of applying; packs themselves first."""
    return [PACK, *(kind.name for kind in all_kinds() if kind.stored)]


def as_definition(one: Declaration, reading: Reading) -> NewDefinition:
    """A declaration as a release keeps it: its body as JSON and its files, the declaration's own among them.

    The definition of a pack also keeps what belongs to no stored declaration (README, quality, samples, rehearsals), so that a
    release can give back every file of every pack.
    """
    sources = dict(one.sources)
    if one.kind == PACK:
        for kind in all_kinds():
            if not kind.stored:
                for other in reading.city.of_kind(kind.name).values():
                    if other.pack == one.id:
                        sources |= {f"{kind.folder}/{name}": content for name, content in other.sources.items()}
    return NewDefinition(one.kind, one.id, one.pack, one.body.model_dump(mode="json", by_alias=True), sources)


def _handlers() -> Mapping[str, Kind]:
    return {kind.name: kind for kind in all_kinds()}


def _succession_faults(reading: Reading, release: int) -> list[DeclarationFault]:
    if not release:
        return []
    faults: list[DeclarationFault] = []
    for kind in all_kinds():
        faults += kind.check_succession(reading.city, list_definitions(kind.name, release) if kind.stored else {})
    return sorted(set(faults), key=lambda one: (str(one.path), one.line, one.message))


def _changes(
    kind: str, id: str, old: Mapping[str, Any] | None, new: Declaration | None, handler: Kind | None
) -> Iterable[Change]:
    verb = "add" if old is None else "retire" if new is None else "change"
    told = [one if one.verb else replace(one, verb=verb) for one in (handler.plan(old, new) if handler else ())]
    if told:
        return told
    if new is None:
        return [Change(kind, id, verb, "no pack declares it any more")]
    if old is None:
        return [Change(kind, id, verb, str(new.path))]
    return [Change(kind, id, verb, _difference(old, new.body.model_dump(mode="json", by_alias=True)))]


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    return ", ".join(keys) if keys else "its files only; what it says stays"
