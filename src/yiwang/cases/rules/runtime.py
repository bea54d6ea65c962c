"""Run a diagram: what can be done now, and what follows when it is done. SpiffWorkflow behind one small class.

Three things of SpiffWorkflow are not used on purpose. Its scripts are `eval`: our engine refuses every script and gives
conditions to CEL. Its saved state carries the whole process: ours names it, and every case of a process shares one parsed
specification per process of the operating system. It looks at the clock and at form values: it is given neither; all that it
holds is what the last decision was, and whether anything was promised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter, TaskConverter, WorkflowConverter
from SpiffWorkflow.bpmn.specs.defaults import EndEvent, ServiceTask, UserTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task as Token
from SpiffWorkflow.util.task import TaskState as TokenState

from yiwang.cases.rules.bpmn import CONDITION_VARIABLES, read_diagram
from yiwang.cases.rules.diagram import Diagram, Node
from yiwang.kernel.expressions import compile_expression

__all__ = ["ConditionUnknown", "Process", "Run", "Step", "process"]


class ConditionUnknown(RuntimeError):
    """A condition of a gateway has no answer. Nothing moves: an unknown is never taken for a no."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that waits: for a person (`node.kind` userTask) or for an action (serviceTask).  id: of this visit, for ever."""

    id: UUID
    node: Node


class Process:
    """A diagram that may run: our reading of it and SpiffWorkflow's specification of the same text."""

    def __init__(self, diagram: Diagram, specification: Any) -> None:
        self.diagram = diagram
        self._specification = specification
        converter = type("_Bound", (_ByReference,), {"specification": specification})
        self._serializer = BpmnWorkflowSerializer(
            BpmnWorkflowSerializer.configure({BpmnWorkflow: converter, Token: TaskConverter})
        )

    def begin(self, *, promised: bool = False) -> Run:
        """A new run, moved to its first waiting steps.  promised: whether the applicant promised something instead of showing it."""
        workflow = BpmnWorkflow(self._specification, script_engine=_Conditions())
        workflow.task_tree.data["promised"] = promised
        run = Run(self.diagram, self._serializer, workflow)
        run.move()
        return run

    def restore(self, state: Mapping[str, Any]) -> Run:
        """The run that `Run.state` saved."""
        workflow = self._serializer.from_dict({"typename": "BpmnWorkflow", **state})
        workflow.script_engine = _Conditions()
        return Run(self.diagram, self._serializer, workflow)


@lru_cache(maxsize=256)
def process(text: str) -> Process:
    """The process of a BPMN text that `check` has passed, parsed once per operating-system process.

    Raises ValueError for a text with faults: it cannot have come through `apply`.
    """
    diagram = read_diagram(text.encode(), None)
    if diagram.faults:
        raise ValueError("; ".join(f"line {one.line}: {one.message}" for one in diagram.faults))
    parser = _Parser()
    parser.add_bpmn_xml(etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True)))
    return Process(diagram, parser.get_spec(diagram.id))


class Run:
    """One case's walk through a process. Not for two threads: the case's row is locked around it."""

    def __init__(self, diagram: Diagram, serializer: BpmnWorkflowSerializer, workflow: BpmnWorkflow) -> None:
        self._diagram = diagram
        self._serializer = serializer
        self._workflow = workflow

    @property
    def is_over(self) -> bool:
        """Whether the last token has come to an end."""
        return bool(self._workflow.completed)

    @property
    def outcome(self) -> str:
        """What the end event that was reached says, or empty while the run is not over."""
        ends = [
            one for one in self._workflow.get_tasks(state=TokenState.COMPLETED) if isinstance(one.task_spec, EndEvent)
        ]
        return self._node(ends[-1]).outcome if ends and self.is_over else ""

    def begins(self) -> Node:
        """The start of the process."""
        return next(node for node in self._diagram.nodes.values() if node.kind == "startEvent")

    def node(self, id: str) -> Node:
        """A step of the diagram."""
        return self._diagram.nodes[id]

    def waiting(self) -> list[Step]:
        """Steps that nobody has begun: user tasks to offer, actions to call. In the order of the drawing."""
        return [Step(one.id, self._node(one)) for one in self._tokens(TokenState.READY)]

    def begun(self) -> list[Step]:
        """Outside actions that were begun and have not come back."""
        return [Step(one.id, self._node(one)) for one in self._tokens(TokenState.STARTED)]

    def begin_outside(self, step: UUID) -> None:
        """Leave a service task started until its action returns."""
        self._token(step, TokenState.READY)._set_state(TokenState.STARTED)

    def decide(self, step: UUID, act: str, *, promised: bool | None = None) -> None:
        """A person did `act` on a user task; move on to the next waiting steps.  promised: see `Process.begin`; None: as before."""
        token = self._token(step, TokenState.READY)
        token.data["decision"] = act
        if promised is not None:
            token.data["promised"] = promised
        token.complete()
        self.move()

    def finish_action(self, step: UUID) -> None:
        """An action is done, inside or outside; move on to the next waiting steps."""
        self._token(step, TokenState.READY | TokenState.STARTED).complete()
        self.move()

    def move(self) -> None:
        """Walk through gateways and events until only waiting steps are left."""
        self._workflow.do_engine_steps()

    def state(self) -> dict[str, Any]:
        """The run as JSON without the process, to be stored with the case and given to `Process.restore`."""
        state: dict[str, Any] = self._serializer.to_dict(self._workflow)
        state.pop("typename")
        return state

    def _tokens(self, state: int) -> Iterator[Token]:
        for token in self._workflow.get_tasks(state=state):
            if isinstance(token.task_spec, _Waiting):
                yield token

    def _token(self, step: UUID, state: int) -> Token:
        token = self._workflow.get_task_from_id(step)
        if not token.has_state(state):
            raise LookupError(f"The step {step} is not waiting.")
        return token

    def _node(self, token: Token) -> Node:
        return self._diagram.nodes[token.task_spec.name]


# ── SpiffWorkflow, tamed ────────────────────────────────────────────────────────────────────────────────────────────────


class _Waiting:
    """Mark of task specifications at which a run stops until we say that they are done."""

    manual: bool


class _Decision(_Waiting, UserTask):  # type: ignore[misc]  # SpiffWorkflow has no types
    pass


class _Action(_Waiting, ServiceTask):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = True


class _Parser(BpmnParser):  # type: ignore[misc]
    PARSER_CLASSES = {
        tag: known
        for tag, known in BpmnParser.PARSER_CLASSES.items()
        if tag.rpartition("}")[2] in ("startEvent", "endEvent", "exclusiveGateway", "parallelGateway")
    }
    OVERRIDE_PARSER_CLASSES = {
        tag: (known[0], _Decision if tag.endswith("}userTask") else _Action)
        for tag, known in BpmnParser.PARSER_CLASSES.items()
        if tag.rpartition("}")[2] in ("userTask", "serviceTask")
    }


class _Conditions(PythonScriptEngine):  # type: ignore[misc]
    """Refuses every script; asks CEL every condition."""

    def __init__(self) -> None:
        """No environment: there is nothing in which Python could be evaluated."""
        self.environment = None

    def validate(self, expression: str) -> None:
        compile_expression(expression, CONDITION_VARIABLES, result="boolean")

    def evaluate(self, task: Token, expression: str, external_context: Mapping[str, Any] | None = None) -> bool:
        known = {name: task.data[name] for name in CONDITION_VARIABLES if name in task.data}
        answer = compile_expression(expression.strip(), CONDITION_VARIABLES, result="boolean").evaluate(known)
        if not isinstance(answer, bool):
            raise ConditionUnknown(f"The condition “{expression.strip()}” has no answer.")
        return answer

    def execute(self, task: Token, script: str, external_context: Mapping[str, Any] | None = None) -> bool:
        raise PermissionError("Scripts are not run.")

    def call_service(self, task: Token, **kwargs: Any) -> bool:
        raise PermissionError("Services are called by the case, not by the diagram.")


def _parents_first(state: Mapping[str, Any]) -> dict[str, Any]:
    """The saved tokens, each after its parent: it is saved as what differs from it, and PostgreSQL keeps no order of keys."""
    saved: Mapping[str, Any] = state["tasks"]
    ordered: dict[str, Any] = {}
    waiting = [str(state["root"])]
    while waiting:
        one = waiting.pop()
        ordered[one] = saved[one]
        waiting.extend(str(child) for child in saved[one]["children"])
    return ordered


class _ByReference(BpmnWorkflowConverter):  # type: ignore[misc]
    """Saves a run without its process."""

    specification: Any

    def to_dict(self, workflow: BpmnWorkflow) -> dict[str, Any]:
        state: dict[str, Any] = WorkflowConverter.to_dict(self, workflow)
        return state

    def from_dict(self, dct: dict[str, Any]) -> BpmnWorkflow:
        workflow = self.target_class(self.specification, {}, deserializing=True)
        workflow.tasks = self.mapping_from_dict(_parents_first(dct), UUID, workflow=workflow)
        workflow.task_tree = workflow.tasks[UUID(dct["root"])]
        self.set_default_attributes(workflow, dict(dct))
        return workflow
