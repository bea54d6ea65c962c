"""Read a BPMN file into what a case needs of it, and find everything that is wrong with it.

A diagram comes from a pack, so it is input like any other: no entities, no network, a bounded size, and only the elements
listed here. What this module has not passed never reaches SpiffWorkflow, whose own conditions and scripts are Python.

Our extension elements stand in the namespace `NAMESPACE`, inside `bpmn:extensionElements`:

    lane          <yw:duty from="duty"/>  or  <yw:duty id="some-duty"/>  or  <yw:party name="applicant"/>
    userTask      <yw:act name="accept" title="同意" en="Accept" reason="none"/>  (one for each thing that may be done), and of an act
                  once="true" (at most once in a case), asks="true" (with the notice of everything that the applicant still has to give),
                  decides="true" (the decision: nothing can be withdrawn after it),
                  together="true" (several tasks in one go; not for an act that needs a reason or asks something)
                  <yw:other-than task="accept"/>  (not by the officer who did that task in this case; may stand more than once)
                  <yw:within from="days"/>  or  value="5"  (its own limit, in working days)
                  <yw:check what="promises"/>  (it looks whether promises were kept, by the last day that their materials declare)
                  <yw:outcome value="accepted"/>  (also of a serviceTask: when it is done the case has ended so; what follows is follow-up)
    serviceTask   <yw:action name="records.write"><yw:parameter name="writes" from="writes"/></yw:action>
    endEvent      <yw:outcome value="accepted"/>
    startEvent,   <yw:clock starts="some-limit"/> and <yw:clock pauses="some-limit" reason="some-pause"/>, obeyed when the step is
    userTask,     entered; <yw:clock resumes="some-limit"/>, <yw:clock restarts="some-limit"/> (from the beginning, as if it began today)
                  and <yw:clock stops="some-limit" deemed="accept"/>, when it is left
    serviceTask   (`deemed`: the act of a user task that counts as done when the limit is missed; by="grant refuse": only when it is
                  left by one of these acts)
    any of these  <yw:name en="…"/>  (the English of the `name` that the diagram shows)

`from` names a parameter that the item binds; `value` is a literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lxml import etree

from yiwang.cases.rules.diagram import Act, Binding, ClockAct, Diagram, DiagramFault, Flow, Node
from yiwang.cases.rules.graph import check_clocks, check_graph
from yiwang.cases.values import Outcome
from yiwang.kernel.expressions import ExpressionRefused, compile_expression

__all__ = ["APPLICANT", "CONDITION_VARIABLES", "MAXIMUM_BYTES", "NAMESPACE", "PROMISE_ACTS", "read_diagram"]

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DRAWING = (
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
)
NAMESPACE = "urn:yiwang:bpmn:1"
MAXIMUM_BYTES = 512 * 1024

CONDITION_VARIABLES: Mapping[str, str] = {"decision": "text", "promised": "boolean"}
"""What a condition may ask: the act that the last decision chose; whether the applicant promised something instead of showing it."""

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_NODES = ("startEvent", "endEvent", "userTask", "serviceTask", "exclusiveGateway", "parallelGateway")
_ATTRIBUTES = {
    "startEvent": {"id", "name"},
    "endEvent": {"id", "name"},
    "userTask": {"id", "name"},
    "serviceTask": {"id", "name"},
    "exclusiveGateway": {"id", "name", "default", "gatewayDirection"},
    "parallelGateway": {"id", "name", "gatewayDirection"},
    "sequenceFlow": {"id", "name", "sourceRef", "targetRef"},
    "lane": {"id", "name"},
    "laneSet": {"id", "name"},
    "process": {"id", "name", "isExecutable", "isClosed", "processType"},
}
_PLAIN = {"incoming", "outgoing", "documentation", "extensionElements", "flowNodeRef", "conditionExpression"}
_EXTENSIONS = {
    "process": {"name"},
    "lane": {"duty", "party"},
    "userTask": {"act", "clock", "name", "other-than", "within", "check", "outcome"},
    "serviceTask": {"action", "clock", "name", "outcome"},
    "endEvent": {"outcome", "name"},
    "startEvent": {"clock", "name"},
    "exclusiveGateway": {"name"},
    "parallelGateway": {"name"},
}
_REASONS = ("required", "optional", "none")
_FLAGS = ("once", "asks", "decides", "together")
APPLICANT = "applicant"
PROMISE_ACTS = ("kept", "broken")
"""What is found when promises are checked."""
_CLOCK_VERBS = ("starts", "stops", "pauses", "resumes", "restarts")


def read_diagram(text: bytes, actions: Mapping[str, Mapping[str, str]] | None) -> Diagram:
    """Read and check a BPMN file. `actions`: name → its parameters (name → type) of every action that engines offer; None when
    the text has passed `check` already, which compared the names.

    Never raises for what the file says; a file that cannot be read at all gives an empty diagram with its fault.
    """
    root, fault = _parse(text)
    if root is None:
        return Diagram("", {}, {}, (), (fault,) if fault else ())
    return _Reader(root, actions).read()


def _parse(text: bytes) -> tuple[etree._Element | None, DiagramFault | None]:
    if len(text) > MAXIMUM_BYTES:
        return None, DiagramFault(
            1, f"The file has {len(text)} bytes.", f"A diagram has at most {MAXIMUM_BYTES} bytes."
        )
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return None, DiagramFault(1, "The file is not UTF-8.", "Save the diagram as UTF-8.")
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return None, DiagramFault(1, "The file has a document type or entities.", "Remove the <!DOCTYPE …> part.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as broken:
        return None, DiagramFault(broken.lineno or 1, f"This is not XML: {broken.msg}", "Export the diagram again.")
    if root.tag != f"{{{BPMN}}}definitions":
        return None, DiagramFault(
            1, "The file is not a BPMN 2.0 model.", f"Its outermost element is bpmn:definitions of {BPMN}."
        )
    return root, None


class _Reader:
    def __init__(self, root: etree._Element, actions: Mapping[str, Mapping[str, str]] | None) -> None:
        self.root = root
        self.actions = actions or {}
        self.names_are_checked = actions is None
        self.faults: list[DiagramFault] = []
        self.nodes: dict[str, Node] = {}
        self.flows: list[Flow] = []
        self.duties: dict[str, Binding] = {}
        self.applicants: set[str] = set()
        self.ids: set[str] = set()

    def read(self) -> Diagram:
        processes = self.root.findall(f"{{{BPMN}}}process")
        for child in self.root:
            if _local(child) == "collaboration" and _namespace(child) == BPMN:
                self._read_pool(child)
            elif _local(child) not in ("process", "BPMNDiagram") or _namespace(child) not in (BPMN, *DRAWING):
                self._fault(
                    child, f"The element {_name(child)} is not known here.", "A model has one process and its drawing."
                )
        if len(processes) != 1:
            self._fault(self.root, f"The file has {len(processes)} processes.", "Draw one process in one file.")
            return Diagram("", {}, {}, (), tuple(self.faults))
        process = processes[0]
        self._claim(process)
        if process.get("isExecutable") != "true":
            self._fault(process, "The process is not executable.", 'Write isExecutable="true".')
        self._read_lanes(process)
        for child in process:
            self._read_child(child)
        self.faults.extend(check_graph(self.nodes, self.flows))
        self.faults.extend(check_clocks(self.nodes))
        titles = self._titles(process, self._extensions(process))
        diagram = Diagram(process.get("id", ""), titles, self.nodes, tuple(self.flows), ())
        self._check_types(diagram, process)
        self._check_people()
        faults = tuple(sorted(self.faults, key=lambda one: one.line))
        return Diagram(diagram.id, titles, self.nodes, diagram.flows, faults)

    # ── Elements ──

    def _read_pool(self, collaboration: etree._Element) -> None:
        """Drawing programs put lanes into a pool; one pool around the process is allowed and means nothing."""
        for child in collaboration:
            if _name(child) != "bpmn:participant":
                self._fault(
                    child,
                    f"The element {_name(child)} is not known here.",
                    "Draw one pool around the process, no messages.",
                )

    def _read_lanes(self, process: etree._Element) -> None:
        lane_sets = process.findall(f"{{{BPMN}}}laneSet")
        for lane_set in lane_sets:
            self._claim(lane_set)
            for lane in lane_set:
                if _name(lane) != "bpmn:lane":
                    self._unknown(lane)
                    continue
                self._claim(lane)
                is_applicants = self._is_applicants(lane)
                binding = None if is_applicants else self._lane_duty(lane)
                for child in lane:
                    if _name(child) == "bpmn:flowNodeRef":
                        step = (child.text or "").strip()
                        if is_applicants:
                            self.applicants.add(step)
                        else:
                            self.duties[step] = binding or Binding()
                    elif _name(child) != "bpmn:extensionElements":
                        self._unknown(child)

    def _is_applicants(self, lane: etree._Element) -> bool:
        found = self._extensions(lane)
        parties = [one for one in found if _local(one) == "party"]
        if parties and (len(found) != 1 or parties[0].get("name") != APPLICANT):
            self._fault(
                lane,
                f"The lane {lane.get('id')} does not say whose it is.",
                f'Write one thing: <yw:party name="{APPLICANT}"/>, or <yw:duty from="…"/>.',
            )
        return bool(parties)

    def _lane_duty(self, lane: etree._Element) -> Binding | None:
        duties = [one for one in self._extensions(lane) if _local(one) == "duty"]
        bound, literal = (duties[0].get("from", ""), duties[0].get("id", "")) if len(duties) == 1 else ("", "")
        if bool(bound) == bool(literal):
            self._fault(
                lane,
                f"The lane {lane.get('id')} names no duty.",
                'Write <yw:duty from="…"/> for a parameter of the item, or id="…".',
            )
            return None
        return Binding(parameter=bound, literal=literal)

    def _read_child(self, child: etree._Element) -> None:
        name = _local(child)
        if _namespace(child) != BPMN:
            self._unknown(child)
        elif name in _NODES:
            self._read_node(child, name)
        elif name == "sequenceFlow":
            self._read_flow(child)
        elif name in ("scriptTask", "businessRuleTask"):
            self._fault(
                child,
                f"Scripts and rules inside a diagram are not run ({child.get('id')}).",
                "Use a service task with one of the actions: " + ", ".join(sorted(self.actions)) + ".",
            )
        elif name not in ("laneSet", "extensionElements", "documentation"):
            self._unknown(child)

    def _read_node(self, element: etree._Element, kind: str) -> None:
        if not self._claim(element):
            return
        for child in element:
            if _namespace(child) != BPMN or _local(child) not in _PLAIN:
                self._unknown(child)
        extensions = self._extensions(element)
        id = element.get("id", "")
        action, parameters = self._read_action(element, extensions) if kind == "serviceTask" else ("", {})
        acts = self._read_acts(element, extensions) if kind == "userTask" else ()
        self.nodes[id] = Node(
            id=id,
            kind=kind,
            titles=self._titles(element, extensions),
            line=_line(element),
            default=element.get("default", ""),
            duty=self._duty_of(element, kind),
            acts=acts,
            action=action,
            parameters=parameters,
            outcome=self._read_outcome(element, extensions, needed=kind == "endEvent"),
            party=APPLICANT if kind == "userTask" and id in self.applicants else "",
            other_than=tuple(one.get("task", "") for one in extensions if _local(one) == "other-than"),
            within=self._read_within(element, extensions),
            checks_promises=self._read_check(element, extensions),
            clocks=self._read_clocks(extensions, {act.name for act in acts}),
        )
        if kind in ("userTask", "serviceTask") and not element.get("name"):
            self._fault(element, f"The task {id} has no name.", "Name it as people will read it in their task list.")

    def _duty_of(self, element: etree._Element, kind: str) -> Binding | None:
        binding = self.duties.get(element.get("id", ""))
        if binding is None and kind == "userTask" and element.get("id", "") not in self.applicants:
            self._fault(
                element,
                f"The task {element.get('id')} stands in no lane.",
                "Put it into the lane of the duty that does it.",
            )
        return binding

    def _read_acts(self, element: etree._Element, extensions: list[etree._Element]) -> tuple[Act, ...]:
        acts: dict[str, Act] = {}
        for one in extensions:
            if _local(one) != "act":
                continue
            name, reason = one.get("name", ""), one.get("reason", "none")
            if not _ID.fullmatch(name) or name in acts:
                self._fault(
                    one, f"The act “{name}” has no name of its own.", 'Write a short English name once: name="accept".'
                )
            if reason not in _REASONS:
                self._fault(one, f"reason=“{reason}” is not known.", "Write one of: " + ", ".join(_REASONS) + ".")
            if not one.get("title"):
                self._fault(one, f"The act “{name}” has no title.", 'Write what the button says: title="同意".')
            flags = {flag: one.get(flag, "false") for flag in _FLAGS}
            for flag, said in flags.items():
                if said not in ("true", "false"):
                    self._fault(one, f"{flag}=“{said}” is not known.", "Write true or false.")
            if flags["together"] == "true" and (reason == "required" or flags["asks"] == "true"):
                self._fault(
                    one,
                    f"The act “{name}” needs words for each case and cannot be done with several at once.",
                    'Remove together="true".',
                )
            acts[name] = Act(
                name,
                _texts(one.get("title", ""), one.get("en", "")),
                reason,
                **{flag: said == "true" for flag, said in flags.items()},
            )
        if not acts:
            self._fault(
                element,
                f"Nothing can be done with the task {element.get('id')}.",
                'Add <yw:act name="accept" title="同意"/>, one for each act.',
            )
        return tuple(acts.values())

    def _read_clocks(self, extensions: list[etree._Element], acts: set[str]) -> tuple[ClockAct, ...]:
        found: list[ClockAct] = []
        for one in extensions:
            if _local(one) != "clock":
                continue
            verbs = [verb for verb in _CLOCK_VERBS if one.get(verb)]
            reason, deemed = one.get("reason", ""), one.get("deemed", "")
            strange = sorted({_plain(name) for name in one.attrib} - {*_CLOCK_VERBS, "reason", "deemed", "by"})
            if len(verbs) != 1 or strange:
                self._fault(
                    one,
                    "This clock cannot be read.",
                    'Write one of starts="…", stops="…", pauses="…" with reason="…", resumes="…", restarts="…", '
                    "each with the id of a limit.",
                )
                continue
            if (verbs == ["pauses"]) != bool(reason):
                self._fault(
                    one,
                    "A pause, and nothing else, has a reason.",
                    'Write <yw:clock pauses="…" reason="…"/> with the id of a declared pause.',
                )
            if deemed and (verbs != ["stops"] or deemed not in acts):
                self._fault(
                    one,
                    f"“{deemed}” is no act that could count as done here.",
                    "Give `deemed` to a clock that a user task stops: "
                    + (", ".join(sorted(acts)) or "it has no acts")
                    + ".",
                )
            by = tuple(one.get("by", "").split())
            if set(by) - acts or (by and verbs[0] not in ("stops", "resumes", "restarts")):
                self._fault(
                    one,
                    f"The step is not left by: {' '.join(by)}.",
                    "Give `by` to a clock that stops, goes on or begins anew: "
                    + (", ".join(sorted(acts)) or "it has no acts")
                    + ".",
                )
            found.append(ClockAct(verbs[0], one.get(verbs[0], ""), _line(one), reason, deemed, by))
        return tuple(found)

    def _read_action(self, element: etree._Element, extensions: list[etree._Element]) -> tuple[str, dict[str, Binding]]:
        found = [one for one in extensions if _local(one) == "action"]
        known = ", ".join(sorted(self.actions))
        if len(found) != 1:
            self._fault(
                element,
                f"The service task {element.get('id')} names no action.",
                f"Write <yw:action name=…>; there are: {known}.",
            )
            return "", {}
        action = found[0].get("name", "")
        if action not in self.actions and not self.names_are_checked:
            self._fault(found[0], f"No engine offers the action “{action}”.", f"There are: {known}.")
            return action, {}
        wanted = self.actions.get(action, {})
        parameters: dict[str, Binding] = {}
        for one in found[0]:
            name, bound, literal = one.get("name", ""), one.get("from", ""), one.get("value", "")
            if (
                _name(one) != "yw:parameter"
                or not (name in wanted or self.names_are_checked)
                or bool(bound) == bool(literal)
            ):
                self._fault(
                    one,
                    f"The parameter “{name}” of {action} cannot be read.",
                    f'Write <yw:parameter name="…" from="…"/> or value="…"; {action} takes: {", ".join(wanted) or "nothing"}.',
                )
                continue
            parameters[name] = Binding(parameter=bound, literal=literal)
        for name in wanted.keys() - parameters.keys():
            self._fault(
                found[0], f"{action} needs the parameter “{name}”.", f'Write <yw:parameter name="{name}" from="…"/>.'
            )
        return action, parameters

    def _read_within(self, element: etree._Element, extensions: list[etree._Element]) -> Binding | None:
        found = [one for one in extensions if _local(one) == "within"]
        if not found:
            return None
        binding = Binding(parameter=found[0].get("from", ""), literal=found[0].get("value", ""))
        if len(found) != 1 or bool(binding.parameter) == bool(binding.literal):
            self._fault(
                element,
                f"The limit of {element.get('id')} cannot be read.",
                'Write <yw:within from="…"/> for a parameter of the item, or value="5", in working days.',
            )
            return None
        return binding

    def _read_check(self, element: etree._Element, extensions: list[etree._Element]) -> bool:
        found = [one.get("what", "") for one in extensions if _local(one) == "check"]
        if found and found != ["promises"]:
            self._fault(
                element, f"What {element.get('id')} checks is not known.", 'Write <yw:check what="promises"/> once.'
            )
        return bool(found)

    def _check_people(self) -> None:
        """What names another task names one that is there; a notice has somewhere to be answered."""
        people = {id for id, node in self.nodes.items() if node.kind == "userTask"}
        for node in self.nodes.values():
            for other in node.other_than:
                if other not in people - {node.id}:
                    self._fault_at(
                        node.line,
                        f"{node.id} names “{other}”, which is no other task of a person.",
                        "Write the id of the task whose officer must be another.",
                    )
            asking = [act.name for act in node.acts if act.asks]
            if asking and not any(one.party for one in self.nodes.values()):
                self._fault_at(
                    node.line,
                    f"The act “{asking[0]}” asks the applicant, who has no task in which to answer.",
                    f'Draw a task in a lane with <yw:party name="{APPLICANT}"/>.',
                )
            if node.checks_promises and [act.name for act in node.acts] != list(PROMISE_ACTS):
                self._fault_at(
                    node.line,
                    f"The check of promises {node.id} does not have the two acts that it needs.",
                    "Give it, in this order: " + ", ".join(PROMISE_ACTS) + ".",
                )
            if node.party and (len(node.acts) > 1 or any(act.reason == "required" for act in node.acts)):
                self._fault_at(
                    node.line, f"The applicant does one thing with {node.id}: he answers.", "Keep one act, no reason."
                )

    def _read_outcome(self, element: etree._Element, extensions: list[etree._Element], *, needed: bool) -> str:
        outcomes = [one.get("value", "") for one in extensions if _local(one) == "outcome"]
        if not outcomes and not needed:
            return ""
        allowed = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NOT_ACCEPTED, Outcome.REVOKED)
        if len(outcomes) != 1 or outcomes[0] not in allowed:
            self._fault(
                element,
                f"The {'end' if needed else 'task'} {element.get('id')} does not say how the case ends.",
                f'Write <yw:outcome value="…"/>: {", ".join(allowed)}.',
            )
            return ""
        return outcomes[0]

    def _read_flow(self, element: etree._Element) -> None:
        if not self._claim(element):
            return
        condition = ""
        for child in element:
            if _name(child) == "bpmn:conditionExpression":
                condition = (child.text or "").strip()
            elif _name(child) != "bpmn:documentation":
                self._unknown(child)
        if condition:
            try:
                compile_expression(condition, CONDITION_VARIABLES, result="boolean")
            except ExpressionRefused as fault:
                self._fault(
                    element,
                    f"The condition “{condition}” cannot be read: {fault}",
                    "Write CEL over: " + ", ".join(CONDITION_VARIABLES) + ".",
                )
        self.flows.append(
            Flow(
                element.get("id", ""),
                element.get("sourceRef", ""),
                element.get("targetRef", ""),
                condition,
                _line(element),
            )
        )

    def _check_types(self, diagram: Diagram, process: etree._Element) -> None:
        if self.names_are_checked:
            return
        seen: dict[str, str] = {}
        for node in diagram.nodes.values():
            bound = [("duty", node.duty.parameter)] if node.duty and node.duty.parameter else []
            bound += [("working-days", node.within.parameter)] if node.within and node.within.parameter else []
            bound += [
                (self.actions.get(node.action, {}).get(name, ""), one.parameter)
                for name, one in node.parameters.items()
                if one.parameter
            ]
            for type, name in bound:
                if seen.setdefault(name, type) != type:
                    self._fault(process, f"The parameter “{name}” is a {seen[name]} and a {type}.", "Use two names.")

    # ── Small things ──

    def _claim(self, element: etree._Element) -> bool:
        """Take the id of an element and look at its attributes; False when it has no usable id."""
        id, kind = element.get("id", ""), _local(element)
        for attribute in element.attrib:
            if _plain(attribute) not in _ATTRIBUTES[kind]:
                self._fault(element, f"The attribute {_plain(attribute)} of {kind} is not known here.", "Remove it.")
        if not _ID.fullmatch(id):
            self._fault(element, f"“{id}” is no id.", "An id has letters, digits, “-”, “_” and “.”, at most 64.")
            return False
        if id in self.ids:
            self._fault(element, f"The id {id} is used twice.", "Give each element its own id.")
            return False
        self.ids.add(id)
        return True

    def _extensions(self, element: etree._Element) -> list[etree._Element]:
        found: list[etree._Element] = []
        for one in element.findall(f"{{{BPMN}}}extensionElements"):
            for child in one:
                if _namespace(child) == NAMESPACE and _local(child) in _EXTENSIONS.get(_local(element), set()):
                    found.append(child)
                else:
                    self._fault(
                        child,
                        f"The extension {_name(child)} of {_local(element)} is not known.",
                        "There are: "
                        + (
                            ", ".join(f"yw:{name}" for name in sorted(_EXTENSIONS.get(_local(element), set())))
                            or "none"
                        )
                        + ".",
                    )
        return found

    def _titles(self, element: etree._Element, extensions: Iterable[etree._Element]) -> dict[str, str]:
        english = next((one.get("en", "") for one in extensions if _local(one) == "name"), "")
        return _texts(element.get("name", ""), english)

    def _unknown(self, element: etree._Element) -> None:
        self._fault(
            element,
            f"The element {_name(element)} is not known here.",
            "A process has: laneSet, sequenceFlow, " + ", ".join(_NODES) + ".",
        )

    def _fault(self, element: etree._Element, message: str, advice: str) -> None:
        self._fault_at(_line(element), message, advice)

    def _fault_at(self, line: int, message: str, advice: str) -> None:
        self.faults.append(DiagramFault(line, message, advice))


def _texts(chinese: str, english: str) -> dict[str, str]:
    return {"zh-Hans": chinese, **({"en": english} if english else {})}


def _namespace(element: etree._Element) -> str:
    return etree.QName(element).namespace or "" if isinstance(element.tag, str) else ""


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else "instruction"


def _name(element: etree._Element) -> str:
    prefix = {BPMN: "bpmn", NAMESPACE: "yw"}.get(_namespace(element), _namespace(element))
    return f"{prefix}:{_local(element)}" if prefix else _local(element)


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1


def _plain(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode()
