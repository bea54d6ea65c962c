"""A diagram as a readable list: who does what, and what follows from each answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yiwang.cases.rules.diagram import Binding, Diagram, Flow, Node

__all__ = ["Step", "Way", "steps_of"]

_QUOTED = re.compile(r'"([^"]*)"|\'([^\']*)\'')


@dataclass(frozen=True, slots=True)
class Way:
    """What follows when a step is left.  acts: titles by language of the acts that lead here; none: whatever was done.

    does: service tasks on the way.  then: id of the next step, or empty at an end.  outcome: how the case ends there, or empty.
    """

    acts: tuple[Mapping[str, str], ...]
    does: tuple[Node, ...]
    then: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a person does.  duty: whose; None when it waits for the applicant (`party`)."""

    node: Node
    duty: Binding | None
    party: str
    ways: tuple[Way, ...]


def steps_of(diagram: Diagram) -> list[Step]:
    """The steps that people do, in the order in which a case can first reach them."""
    leaving: dict[str, list[Flow]] = {}
    for flow in diagram.flows:
        leaving.setdefault(flow.source, []).append(flow)
    starts = [node.id for node in diagram.nodes.values() if node.kind == "startEvent"]
    waiting = [way.then for start in starts for way in _ways(diagram, leaving, diagram.nodes[start])]
    found: dict[str, Step] = {}
    while waiting:
        id = waiting.pop(0)
        if not id or id in found:
            continue
        node = diagram.nodes[id]
        ways = tuple(_ways(diagram, leaving, node))
        found[id] = Step(node, node.duty, node.party, ways)
        waiting += [way.then for way in ways]
    return list(found.values())


def _ways(diagram: Diagram, leaving: Mapping[str, list[Flow]], step: Node) -> Iterator[Way]:
    """Every way from a step to the next ones, with what is done by itself between."""
    every = frozenset(act.name for act in step.acts)
    open_ways: list[tuple[str, frozenset[str], tuple[Node, ...], frozenset[str]]] = [(step.id, every, (), frozenset())]
    while open_ways:
        at, acts, does, passed = open_ways.pop(0)
        outgoing = leaving.get(at, [])
        decided = {flow.id: _named(flow, step) & acts for flow in outgoing if flow.condition}
        for flow in outgoing:
            node = diagram.nodes[flow.target]
            left = acts
            if decided.get(flow.id):
                left = decided[flow.id]
            elif flow.id == diagram.nodes[at].default:
                left = acts - frozenset().union(*decided.values())
            if node.kind == "userTask":
                yield _way(step, left, does, node.id, "")
            elif node.kind == "endEvent":
                yield _way(step, left, does, "", node.outcome)
            elif node.id not in passed:
                more = (*does, node) if node.kind == "serviceTask" else does
                open_ways.append((node.id, left, more, passed | {node.id}))


def _named(flow: Flow, step: Node) -> frozenset[str]:
    """The acts of the step that the condition of an arrow names."""
    quoted = {first or second for first, second in _QUOTED.findall(flow.condition)}
    return frozenset(act.name for act in step.acts if act.name in quoted)


def _way(step: Node, acts: frozenset[str], does: tuple[Node, ...], then: str, outcome: str) -> Way:
    chosen = tuple(act.titles for act in step.acts if act.name in acts)
    return Way(chosen if len(step.acts) > 1 and len(chosen) < len(step.acts) else (), does, then, outcome)
