"""What a case needs to know of its process: steps, arrows, duties, actions. Read from BPMN by `bpmn`, run by `runtime`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Act", "Binding", "Diagram", "DiagramFault", "Flow", "Node"]


@dataclass(frozen=True, slots=True)
class DiagramFault:
    """What is wrong at a line of the file, and what to draw or write instead."""

    line: int
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A value that a diagram takes from the item (`parameter`) or says itself (`literal`)."""

    parameter: str = ""
    literal: str = ""

    def resolve(self, parameters: Mapping[str, object]) -> object:
        """The value in a case of the item that binds `parameters`."""
        return parameters[self.parameter] if self.parameter else self.literal


@dataclass(frozen=True, slots=True)
class Act:
    """Something that may be done with a user task.  titles: by language.  reason: required | optional | none."""

    name: str
    titles: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class Node:
    """One step.  kind: the BPMN element.  duty: of its lane; every user task has one.  action, parameters: of a service task."""

    id: str
    kind: str
    titles: Mapping[str, str]
    line: int
    default: str = ""
    duty: Binding | None = None
    acts: tuple[Act, ...] = ()
    action: str = ""
    parameters: Mapping[str, Binding] = field(default_factory=dict)
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """An arrow.  condition: CEL, or empty."""

    id: str
    source: str
    target: str
    condition: str
    line: int


@dataclass(frozen=True, slots=True)
class Diagram:
    """A process as cases run it.  faults: everything wrong with it; one with faults must not run."""

    id: str
    titles: Mapping[str, str]
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    faults: tuple[DiagramFault, ...]

    def needs(self, actions: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """The parameters that an item must bind: name → type, as the lanes (`duty`) and the actions' parameters say."""
        types: dict[str, str] = {}
        for node in self.nodes.values():
            if node.duty is not None and node.duty.parameter:
                types.setdefault(node.duty.parameter, "duty")
            for name, binding in node.parameters.items():
                if binding.parameter:
                    types.setdefault(binding.parameter, actions.get(node.action, {}).get(name, "text"))
        return types

    def decides(self) -> Node | None:
        """The first user task: whose duty an item's page names as the one that decides."""
        return next((node for node in self.nodes.values() if node.kind == "userTask"), None)
