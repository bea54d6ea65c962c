"""What a case needs to know of its process: steps, arrows, duties, actions. Read from BPMN by `bpmn`, run by `runtime`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Act", "Binding", "ClockAct", "Diagram", "DiagramFault", "Flow", "Node"]


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
    """Something that may be done with a user task.  titles: by language.  reason: required | optional | none.

    once: at most once in a case.  asks: it carries the notice of everything that the applicant still has to give.  decides: it is the
    decision of the case; from then on the case cannot be withdrawn.  together: several tasks may be done with it in one go, those of which
    every check has passed; never an act that is to the applicant's disadvantage, which therefore needs a reason of its own.
    """

    name: str
    titles: Mapping[str, str]
    reason: str
    once: bool = False
    asks: bool = False
    decides: bool = False
    together: bool = False


@dataclass(frozen=True, slots=True)
class ClockAct:
    """What a step does to a clock.

    verb: starts | pauses, when the step is entered; stops | resumes, when it is left.  limit: id of the declared limit.
    reason: of a pause, id of the declared one.  deemed: of a stop, the act that counts as done when the limit is missed.
    by: when the step is left, only by one of these acts; empty: by any.
    """

    verb: str
    limit: str
    line: int
    reason: str = ""
    deemed: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One step.  kind: the BPMN element.  duty: of its lane; every user task has one or waits for the applicant.  action, parameters: of a
    service task.

    party: `applicant` in the applicant's lane, else empty.  other_than: tasks whose doers may not do this one.  within: its own limit in
    working days.  checks_promises: it looks whether what the applicant promised was kept.  outcome: of an end; of a task: how the case has
    ended once it is done, and what follows is follow-up.  clocks: what it does to the case's clocks, in the order of the file.
    """

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
    party: str = ""
    other_than: tuple[str, ...] = ()
    within: Binding | None = None
    checks_promises: bool = False
    clocks: tuple[ClockAct, ...] = ()

    def act(self, name: str) -> Act | None:
        """The act of that name, or None."""
        return next((one for one in self.acts if one.name == name), None)


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
            if node.within is not None and node.within.parameter:
                types.setdefault(node.within.parameter, "working-days")
            for name, binding in node.parameters.items():
                if binding.parameter:
                    types.setdefault(binding.parameter, actions.get(node.action, {}).get(name, "text"))
        return types

    def limits(self) -> dict[str, Node]:
        """Every limit whose clock a step of the diagram moves, with the first such step."""
        named: dict[str, Node] = {}
        for node in self.nodes.values():
            for one in node.clocks:
                named.setdefault(one.limit, node)
        return named

    def decides(self) -> Node | None:
        """The first user task of a duty: the one that an item's page names as answering."""
        return next((node for node in self.nodes.values() if node.kind == "userTask" and node.duty is not None), None)

    def asks_the_applicant(self) -> bool:
        """Whether a step of it may wait for the applicant."""
        return any(node.party for node in self.nodes.values())

    def checks_promises(self) -> bool:
        """Whether a step of it looks whether promises were kept."""
        return any(node.checks_promises for node in self.nodes.values())
