"""Diagrams for tests, drawn in few words."""

from __future__ import annotations

ACTIONS = {"records.write": {"writes": "writes"}, "notify": {"message": "message"}, "ring": {}}

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:yw="urn:yiwang:bpmn:1" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="m" targetNamespace="urn:test">'
)
DUTY = '<yw:duty id="checking"/>'


def extended(*inside: str) -> str:
    return f"<bpmn:extensionElements>{''.join(inside)}</bpmn:extensionElements>" if inside else ""


def lane(*nodes: str, duty: str = DUTY) -> str:
    refs = "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in nodes)
    return (
        f'<bpmn:laneSet id="lanes"><bpmn:lane id="lane" name="办理">{extended(duty)}{refs}</bpmn:lane></bpmn:laneSet>'
    )


def start(id: str = "start") -> str:
    return f'<bpmn:startEvent id="{id}"/>\n'


def user(id: str, *acts: str, clocks: tuple[str, ...] = ()) -> str:
    chosen = [f"<yw:clock {clock}/>" for clock in clocks]
    chosen += [f'<yw:act name="{act}" title="{act}"/>' for act in acts or ("accept", "refuse")]
    return f'<bpmn:userTask id="{id}" name="{id}">{extended(*chosen)}</bpmn:userTask>\n'


def service(id: str, action: str = "ring", **parameters: str) -> str:
    given = "".join(f'<yw:parameter name="{name}" from="{source}"/>' for name, source in parameters.items())
    task = f'<yw:action name="{action}">{given}</yw:action>'
    return f'<bpmn:serviceTask id="{id}" name="{id}">{extended(task)}</bpmn:serviceTask>\n'


def choice(id: str, default: str = "") -> str:
    usual = f' default="{default}"' if default else ""
    return f'<bpmn:exclusiveGateway id="{id}"{usual}/>\n'


def fork(id: str) -> str:
    return f'<bpmn:parallelGateway id="{id}"/>\n'


def end(id: str = "end", outcome: str = "accepted") -> str:
    said = extended(f'<yw:outcome value="{outcome}"/>') if outcome else ""
    return f'<bpmn:endEvent id="{id}">{said}</bpmn:endEvent>\n'


def flow(source: str, target: str, condition: str = "", id: str = "") -> str:
    asked = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    id = id or f"{source}-{target}"
    return f'<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{asked}</bpmn:sequenceFlow>\n'


def path(*nodes: str) -> str:
    return "".join(flow(source, target) for source, target in zip(nodes, nodes[1:], strict=False))


def model(*parts: str, attributes: str = 'isExecutable="true"') -> str:
    return (
        f'{HEAD}\n<bpmn:process id="p" name="流程" {attributes}>\n{"".join(parts)}</bpmn:process>\n</bpmn:definitions>'
    )


SOUND = model(lane("check"), start(), user("check"), end(), path("start", "check", "end"))
