"""Processes: diagrams of BPMN 2.0 with what their lanes and tasks name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from yiwang.cases import registry
from yiwang.cases.declarations.parameters import check_parameter
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.rules.diagram import ClockAct, DiagramFault
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, did_you_mean

__all__ = ["ProcessKind"]


class ProcessBody(Body):
    """A BPMN 2.0 diagram 流程.  bpmn: the file's text."""

    kind: Literal["process"]
    bpmn: str


class UnreadableDiagram(ValueError):
    """The file is no model that could be read.  line: from 1."""

    def __init__(self, fault: DiagramFault) -> None:
        super().__init__(f"{fault.message} → {fault.advice}")
        self.line = fault.line


class ProcessKind(Kind):
    """`processes/*.bpmn`."""

    name = "process"
    folder = "processes"
    schema = ProcessBody
    suffixes = (".bpmn",)
    order = 55

    def read(self, path: Path, text: bytes) -> Mapping[str, Any]:
        """The diagram as a declaration. Raises UnreadableDiagram for what is no model at all; the rest is for `check` to say."""
        diagram = read_diagram(text, None)
        if not diagram.id and diagram.faults:
            raise UnreadableDiagram(diagram.faults[0])
        return {
            "kind": "process",
            "id": diagram.id or path.stem,
            "title": dict(diagram.titles) or path.stem,
            "bpmn": text.decode("utf-8", "replace"),
        }

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Everything that is wrong with the drawing; lanes and actions name what is there."""
        diagram = read_diagram(one.body.bpmn.encode(), registry.signatures())
        for fault in diagram.faults:
            yield DeclarationFault(one.path, fault.line, fault.message, fault.advice)
        for node in diagram.nodes.values():
            named = [("duty", node.duty.literal)] if node.duty and node.duty.literal else []
            named += [("working-days", node.within.literal)] if node.within and node.within.literal else []
            signature = registry.signatures().get(node.action, {})
            named += [
                (signature.get(name, "text"), binding.literal)
                for name, binding in node.parameters.items()
                if binding.literal
            ]
            for type, value in named:
                for found in check_parameter(type, value, one, city):
                    yield DeclarationFault(one.path, node.line, found.message, found.advice)
            for act in node.clocks:
                for message, advice in _check_clock_act(act, city):
                    yield DeclarationFault(one.path, act.line, message, advice)


def _check_clock_act(act: ClockAct, city: City) -> Iterable[tuple[str, str]]:
    limit = city.find("limit", act.limit)
    if limit is None:
        yield f"No pack declares the limit `{act.limit}`.", did_you_mean(act.limit, city.of_kind("limit"))
        return
    if act.reason and act.reason not in limit.body.pauses:
        yield (
            f"`{act.reason}` is no lawful pause of the limit `{act.limit}`.",
            did_you_mean(act.reason, limit.body.pauses),
        )
    if act.deemed and limit.body.deemed is None:
        yield f"Nothing counts as done when the limit `{act.limit}` is missed.", "Take `deemed` out."
    if act.verb == "stops" and not act.deemed and limit.body.deemed is not None:
        yield (
            f"When the limit `{act.limit}` is missed something counts as done, and the diagram does not say which act.",
            'Add deemed="…" with an act of this user task.',
        )
