"""Whether the steps and arrows of a diagram make a walk that always comes to an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from yiwang.cases.rules.diagram import DiagramFault, Flow, Node

__all__ = ["check_clocks", "check_graph"]

MAXIMUM_NODES = 200


def check_graph(nodes: Mapping[str, Node], flows: Sequence[Flow]) -> Iterator[DiagramFault]:
    """Every fault of the whole: ends of arrows, gateways, what is never reached, circles in which nobody decides."""
    outgoing: dict[str, list[Flow]] = {}
    for flow in flows:
        for end in (flow.source, flow.target):
            if end not in nodes:
                yield DiagramFault(
                    flow.line,
                    f"The arrow {flow.id} leads from or to “{end}”, which is no step.",
                    "Connect it to a step.",
                )
        outgoing.setdefault(flow.source, []).append(flow)
    for node in nodes.values():
        yield from _check_leaving(node, outgoing.get(node.id, []))
    yield from _check_ends(nodes, flows)
    yield from _check_circles(nodes, flows)


def check_clocks(nodes: Mapping[str, Node]) -> Iterator[DiagramFault]:
    """What the steps do to a clock must be a story: it starts somewhere, what stands still goes on somewhere, nothing is done twice."""
    for node in nodes.values():
        done: set[tuple[object, ...]] = set()
        for one in node.clocks:
            what = (one.verb, one.limit, one.by)
            if what in done:
                yield DiagramFault(one.line, f"{node.id} {one.verb} the clock {one.limit} twice.", "Take one out.")
            done.add(what)
    acts = [one for node in nodes.values() for one in node.clocks]
    for one in acts:
        verbs = {other.verb for other in acts if other.limit == one.limit}
        if one.verb != "starts" and "starts" not in verbs:
            yield DiagramFault(
                one.line, f"No step starts the clock {one.limit}.", f'Add <yw:clock starts="{one.limit}"/>.'
            )
        if one.verb == "pauses" and not verbs & {"resumes", "restarts"}:
            yield DiagramFault(
                one.line,
                f"The clock {one.limit} stands still and never goes on.",
                f'Add <yw:clock resumes="{one.limit}"/>.',
            )
        if one.verb == "resumes" and "pauses" not in verbs:
            yield DiagramFault(
                one.line, f"The clock {one.limit} goes on and never stands still.", "Take it out, or add the pause."
            )


def _check_leaving(node: Node, flows: Sequence[Flow]) -> Iterator[DiagramFault]:
    if node.kind == "exclusiveGateway" and len(flows) > 1:
        if node.default not in {flow.id for flow in flows}:
            yield DiagramFault(
                node.line, f"The gateway {node.id} has no default way.", "Mark one of its arrows as the default."
            )
        for flow in flows:
            if not flow.condition and flow.id != node.default:
                yield DiagramFault(
                    flow.line, f"The way {flow.id} has no condition.", "Give every way but the default a condition."
                )
        return
    for flow in flows:
        if flow.condition:
            yield DiagramFault(
                flow.line,
                f"The arrow {flow.id} has a condition outside a gateway.",
                "Put an exclusive gateway before it.",
            )
    if node.kind == "endEvent" and flows:
        yield DiagramFault(node.line, f"The end {node.id} has an arrow out of it.", "Nothing follows an end.")
    elif node.kind not in ("endEvent", "exclusiveGateway", "parallelGateway") and len(flows) > 1:
        yield DiagramFault(
            node.line,
            f"{node.id} has several arrows out of it.",
            "Put a gateway after it that says which way is taken.",
        )
    elif node.kind != "endEvent" and not flows:
        yield DiagramFault(node.line, f"{node.id} leads nowhere.", "Connect it to what follows, at last to an end.")


def _check_ends(nodes: Mapping[str, Node], flows: Sequence[Flow]) -> Iterator[DiagramFault]:
    starts = [node.id for node in nodes.values() if node.kind == "startEvent"]
    ends = [node.id for node in nodes.values() if node.kind == "endEvent"]
    if len(starts) != 1:
        yield DiagramFault(1, f"The process has {len(starts)} starts.", "Draw exactly one.")
    if not ends:
        yield DiagramFault(1, "The process has no end.", "Draw at least one, with its outcome.")
    if len(nodes) > MAXIMUM_NODES:
        yield DiagramFault(1, f"The process has {len(nodes)} steps.", f"A process has at most {MAXIMUM_NODES}.")
    reached = _closure(starts, _edges(flows))
    ending = _closure(ends, _edges(flows, backward=True))
    for node in nodes.values():
        if starts and node.id not in reached:
            yield DiagramFault(node.line, f"{node.id} is never reached.", "Connect it, or take it out.")
        elif ends and node.id not in ending:
            yield DiagramFault(node.line, f"From {node.id} no end is ever reached.", "Give it a way to an end.")


def _check_circles(nodes: Mapping[str, Node], flows: Sequence[Flow]) -> Iterator[DiagramFault]:
    """A circle without a user task would run for ever in one transaction."""
    machine = {node.id for node in nodes.values() if node.kind != "userTask"}
    edges = {id: [to for to in ways if to in machine] for id, ways in _edges(flows).items() if id in machine}
    for id in nodes:
        if id in machine and id in _closure(edges.get(id, []), edges):
            yield DiagramFault(
                nodes[id].line, f"{id} stands in a circle in which nobody decides.", "Put a user task into the circle."
            )


def _edges(flows: Iterable[Flow], *, backward: bool = False) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for flow in flows:
        source, target = (flow.target, flow.source) if backward else (flow.source, flow.target)
        edges.setdefault(source, []).append(target)
    return edges


def _closure(begin: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(begin)
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting.extend(edges.get(one, []))
    return reached
