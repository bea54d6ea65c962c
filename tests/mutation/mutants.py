"""Everything in a pack that acts, watches or checks, each switched off once: packs that must not go as told.

A mutant is a copy of the packs in which one thing is missing: a service task that the process runs past, a clock that is not moved, who
may not decide and may, a reason that need not be given, a material, a promise, a watch or one of its levels, a condition of an
element, a field that may stay empty, a grant. What only says something (texts, titles, order, layout) is no mutant.
"""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree
from ruamel.yaml import YAML

__all__ = ["Mutant", "mutants_of", "write_mutant"]

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
YW = "{urn:yiwang:bpmn:1}"
OFF = ("clock", "other-than", "within", "check")  # of a step: what it does or sees to besides its acts


@dataclass(frozen=True, slots=True)
class Mutant:
    """One thing switched off.  id: `file: what`.  changed: file below the packs' folder → content, None when it is gone."""

    id: str
    changed: dict[str, bytes | None]


def write_mutant(packs: Path, mutant: Mutant, to: Path) -> Path:
    """Copy the packs to the folder `to` with the mutant's change; return it."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(packs, to)
    for name, content in mutant.changed.items():
        if content is None:
            (to / name).unlink()
        else:
            (to / name).write_bytes(content)
    return to


def mutants_of(packs: Path, pack: str) -> Iterator[Mutant]:
    """Every mutant of a pack: of its own declarations, of the processes that its items run, and of the watches over their limits.

    What one step does twice, or two items have in the same step, is told apart by a number.
    """
    met: Counter[str] = Counter()
    for one in _mutants_of(packs, pack):
        met[one.id] += 1
        yield one if met[one.id] == 1 else Mutant(f"{one.id} ({met[one.id]})", one.changed)


def _mutants_of(packs: Path, pack: str) -> Iterator[Mutant]:
    items = [(path, _read(path)) for path in sorted((packs / pack / "items").glob("*.yaml"))]
    limits = {clock["limit"] for _, item in items for clock in item.get("clocks", ())}
    for path, item in items:
        yield from _of_item(packs, path)
        [diagram] = packs.glob(f"*/processes/{item['process']}.bpmn")
        yield from _of_process(packs, diagram, path)
    for path in sorted(packs.glob("*/watches/*.yaml")):
        if path.parents[1].name == pack or _read(path)["watches"].get("limit") in {*limits, "any"}:
            yield Mutant(f"{path.relative_to(packs)}: the watch", {str(path.relative_to(packs)): None})
            yield from _less(packs, path, "levels", lambda one: f"the level {one['level']}")
    for path in sorted((packs / pack / "elements").glob("*.yaml")):
        if "check" in _read(path):
            yield _edited(packs, path, "the condition", _without_condition)
    for path in sorted((packs / pack / "forms").glob("*.yaml")):
        yield from _of_form(packs, path)
    for path in sorted((packs / pack / "duties").glob("*.yaml")):
        yield from _less(packs, path, "may", lambda one: f"the grant {one['action']}")


# ── Declarations ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(path: Path) -> Any:
    return YAML().load(path.read_bytes())


def _edited(packs: Path, path: Path, what: str, change: Callable[[Any], None]) -> Mutant:
    content = _read(path)
    change(content)
    stream = io.BytesIO()
    writer = YAML()
    writer.width = 10_000
    writer.dump(content, stream)
    name = str(path.relative_to(packs))
    return Mutant(f"{name}: {what}", {name: stream.getvalue()})


def _less(packs: Path, path: Path, key: str, called: Callable[[Any], str]) -> Iterator[Mutant]:
    """The declaration without one entry of a list, for each of them."""
    entries = _read(path).get(key, ())
    for position, one in enumerate(entries):
        yield _edited(packs, path, called(one), lambda content, at=position: content[key].pop(at))


def _of_item(packs: Path, path: Path) -> Iterator[Mutant]:
    item = _read(path)
    yield from _less(packs, path, "materials", lambda one: f"the material {one['id']}")
    for position, one in enumerate(item.get("clocks", ())):
        if "promise" in one:
            yield _edited(
                packs,
                path,
                f"the promise of {one['limit']}",
                lambda content, at=position: content["clocks"][at].pop("promise"),
            )


def _without_condition(content: Any) -> None:
    del content["check"], content["check_message"]


def _of_form(packs: Path, path: Path) -> Iterator[Mutant]:
    form = _read(path)
    for n, section in enumerate(form["sections"]):
        for m, field in enumerate(section["fields"]):
            if field.get("required", True):
                yield _edited(
                    packs,
                    path,
                    f"that {field['element']} is required",
                    lambda content, n=n, m=m: content["sections"][n]["fields"][m].update(required=False),
                )


# ── Processes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_process(packs: Path, path: Path, item: Path) -> Iterator[Mutant]:
    """Each change is made to a fresh copy of the diagram; the item no longer gives what only the missing part took."""
    tree = etree.fromstring(path.read_bytes())
    for task in tree.iter(f"{BPMN}serviceTask"):
        [action] = task.iter(f"{YW}action")
        id = task.get("id")
        yield _drawn(packs, path, item, f"{id} ({action.get('name')})", lambda copy, id=id: _run_past(copy, id))
    for name in OFF:
        for position, one in enumerate(tree.iter(f"{YW}{name}")):
            step = next(around.get("id") for around in one.iterancestors() if around.get("id"))
            said = " ".join(f"{key} {value}" for key, value in one.attrib.items())
            yield _drawn(
                packs, path, item, f"{step}: {name} {said}", lambda copy, name=name, at=position: _take(copy, name, at)
            )
    for position, act in enumerate(tree.iter(f"{YW}act")):
        step = next(around.get("id") for around in act.iterancestors() if around.get("id"))
        for key, off in (("reason", "optional"), ("once", "false")):
            if act.get(key) in {"required", "true"}:
                yield _drawn(
                    packs,
                    path,
                    item,
                    f"{step}: {act.get('name')} {key} {act.get(key)}",
                    lambda copy, key=key, off=off, at=position: list(copy.iter(f"{YW}act"))[at].set(key, off),
                )


def _drawn(packs: Path, path: Path, item: Path, what: str, change: Callable[[Any], None]) -> Mutant:
    copy = etree.fromstring(path.read_bytes())
    before = _taken(copy)
    change(copy)
    name = str(path.relative_to(packs))
    changed: dict[str, bytes | None] = {name: etree.tostring(copy, xml_declaration=True, encoding="UTF-8")}
    if unused := before - _taken(copy):
        edited = _edited(
            packs, item, "", lambda content: [content["parameters"].pop(one, None) for one in sorted(unused)]
        )
        changed |= edited.changed
    return Mutant(f"{name}: {what}", changed)


def _taken(tree: Any) -> set[str]:
    """The parameters that a diagram takes from its item."""
    return {str(one.get("from")) for one in tree.iter() if isinstance(one.tag, str) and one.get("from")}


def _take(tree: Any, name: str, position: int) -> None:
    one = list(tree.iter(f"{YW}{name}"))[position]
    one.getparent().remove(one)


def _run_past(tree: Any, id: str) -> None:
    """Lead every flow into a task to what follows it, and take the task out."""
    [out] = [flow for flow in tree.iter(f"{BPMN}sequenceFlow") if flow.get("sourceRef") == id]
    following = out.get("targetRef")
    into = [flow for flow in tree.iter(f"{BPMN}sequenceFlow") if flow.get("targetRef") == id]
    for flow in into:
        flow.set("targetRef", following)
    [target] = [one for one in tree.iter() if isinstance(one.tag, str) and one.get("id") == following]
    for one in list(target.iter(f"{BPMN}incoming")):
        if one.text == out.get("id"):
            for flow in into:
                led = etree.Element(f"{BPMN}incoming")
                led.text = flow.get("id")
                one.addprevious(led)
            target.remove(one)
    gone = {id, out.get("id")}
    for one in list(tree.iter()):
        if not isinstance(one.tag, str):
            continue
        here = one.get("id") in gone and one.tag.startswith(BPMN)
        drawn = one.tag.startswith(DI) and one.get("bpmnElement") in gone
        named = one.tag == f"{BPMN}flowNodeRef" and one.text == id
        if here or drawn or named:
            one.getparent().remove(one)
