"""The linter of processes: what a pack may draw, and every fault it is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from yiwang.cases.rules.bpmn import MAXIMUM_BYTES, read_diagram
from yiwang.cases.rules.diagram import Diagram

from .diagrams import (
    ACTIONS,
    HEAD,
    SOUND,
    choice,
    end,
    extended,
    flow,
    fork,
    lane,
    model,
    path,
    service,
    start,
    user,
)

ONE_DECISION = Path(__file__).parents[2] / "packs/base/processes/one-decision.bpmn"


def read(text: str) -> Diagram:
    return read_diagram(text.encode(), ACTIONS)


def messages(text: str) -> list[str]:
    return [one.message for one in read(text).faults]


def test_a_sound_diagram_has_no_fault() -> None:
    assert read(SOUND).faults == ()


def test_the_template_of_the_base_pack_is_sound_and_says_what_an_item_must_bind() -> None:
    diagram = read_diagram(ONE_DECISION.read_bytes(), ACTIONS)
    assert diagram.faults == ()
    assert diagram.needs(ACTIONS) == {
        "duty": "duty",
        "writes": "writes",
        "accepted_message": "message",
        "refused_message": "message",
    }
    assert [act.name for act in diagram.nodes["decide"].acts] == ["accept", "refuse"]
    assert diagram.nodes["decide"].acts[1].reason == "required"


def test_every_node_and_flow_of_the_template_is_drawn() -> None:
    text = ONE_DECISION.read_text("utf-8")
    diagram = read_diagram(text.encode(), ACTIONS)
    for id in [*diagram.nodes, *(arrow.id for arrow in diagram.flows)]:
        assert f'bpmnElement="{id}"' in text


USUAL = (lane("check"), start(), user("check"), end())

FAULTY = {
    "script task": (
        model(
            *USUAL,
            '<bpmn:scriptTask id="s"><bpmn:script>1</bpmn:script></bpmn:scriptTask>',
            path("start", "check", "s", "end"),
        ),
        "Scripts and rules inside a diagram are not run (s).",
    ),
    "business rule task": (
        model(*USUAL, '<bpmn:businessRuleTask id="s"/>', path("start", "check", "end")),
        "Scripts and rules inside a diagram are not run (s).",
    ),
    "unknown element": (
        model(*USUAL, '<bpmn:subProcess id="s"/>', path("start", "check", "end")),
        "The element bpmn:subProcess is not known here.",
    ),
    "timer": (
        model(*USUAL, '<bpmn:boundaryEvent id="t" attachedToRef="check"/>', path("start", "check", "end")),
        "The element bpmn:boundaryEvent is not known here.",
    ),
    "multi-instance": (
        model(
            lane("check"),
            start(),
            user("check").replace("</bpmn:userTask>", "<bpmn:multiInstanceLoopCharacteristics/></bpmn:userTask>"),
            end(),
            path("start", "check", "end"),
        ),
        "The element bpmn:multiInstanceLoopCharacteristics is not known here.",
    ),
    "unreachable": (
        model(
            lane("check", "other"),
            start(),
            user("check"),
            user("other"),
            end(),
            path("start", "check", "end"),
            flow("other", "end"),
        ),
        "other is never reached.",
    ),
    "no way to an end": (
        model(
            lane("check", "other"),
            start(),
            user("check"),
            user("other"),
            end(),
            path("start", "check", "other", "check"),
        ),
        "From check no end is ever reached.",
    ),
    "leads nowhere": (
        model(lane("check"), start(), user("check"), end(), path("start", "check")),
        "check leads nowhere.",
    ),
    "no lane": (
        model(start(), user("check"), end(), path("start", "check", "end")),
        "The task check stands in no lane.",
    ),
    "lane without duty": (
        model(lane("check", duty=""), start(), user("check"), end(), path("start", "check", "end")),
        "The lane lane names no duty.",
    ),
    "lane with two answers": (
        model(
            lane("check", duty='<yw:duty id="a" from="b"/>'),
            start(),
            user("check"),
            end(),
            path("start", "check", "end"),
        ),
        "The lane lane names no duty.",
    ),
    "nothing to do": (
        model(lane("check"), start(), '<bpmn:userTask id="check" name="check"/>', end(), path("start", "check", "end")),
        "Nothing can be done with the task check.",
    ),
    "act twice": (
        model(lane("check"), start(), user("check", "accept", "accept"), end(), path("start", "check", "end")),
        "The act “accept” has no name of its own.",
    ),
    "gateway without default": (
        model(
            *USUAL,
            choice("which"),
            end("no", "refused"),
            path("start", "check", "which"),
            flow("which", "end", 'decision == "accept"'),
            flow("which", "no", 'decision == "refuse"'),
        ),  # fmt: skip
        "The gateway which has no default way.",
    ),
    "way without condition": (
        model(
            *USUAL,
            choice("which", "which-no"),
            end("no", "refused"),
            path("start", "check", "which"),
            flow("which", "end"),
            flow("which", "no"),
        ),  # fmt: skip
        "The way which-end has no condition.",
    ),
    "condition outside a gateway": (
        model(*USUAL, flow("start", "check"), flow("check", "end", 'decision == "accept"')),
        "The arrow check-end has a condition outside a gateway.",
    ),
    "several arrows out of a task": (
        model(*USUAL, end("no", "refused"), path("start", "check", "end"), flow("check", "no")),
        "check has several arrows out of it.",
    ),
    "unknown action": (
        model(*USUAL, service("s", "os.system"), path("start", "check", "s", "end")),
        "No engine offers the action “os.system”.",
    ),
    "action without its parameter": (
        model(*USUAL, service("s", "notify"), path("start", "check", "s", "end")),
        "notify needs the parameter “message”.",
    ),
    "action with an unknown parameter": (
        model(*USUAL, service("s", "ring", loud="x"), path("start", "check", "s", "end")),
        "The parameter “loud” of ring cannot be read.",
    ),
    "one parameter, two types": (
        model(
            lane("check", duty='<yw:duty from="x"/>'),
            start(),
            user("check"),
            service("s", "notify", message="x"),
            end(),
            path("start", "check", "s", "end"),
        ),  # fmt: skip
        "The parameter “x” is a duty and a message.",
    ),
    "foreign extension": (
        model(
            lane("check"),
            start(),
            user("check").replace("</bpmn:extensionElements>", "<camunda:taskListener/></bpmn:extensionElements>"),
            end(),
            path("start", "check", "end"),
        ),  # fmt: skip
        "The extension http://camunda.org/schema/1.0/bpmn:taskListener of userTask is not known.",
    ),
    "foreign attribute": (
        model(
            *USUAL,
            service("s").replace('id="s"', 'id="s" camunda:expression="${x.run()}"'),
            path("start", "check", "s", "end"),
        ),
        "The attribute {http://camunda.org/schema/1.0/bpmn}expression of serviceTask is not known here.",
    ),
    "no start": (model(lane("check"), user("check"), end(), path("check", "end")), "The process has 0 starts."),
    "two starts": (
        model(*USUAL, start("again"), path("start", "check", "end"), flow("again", "check")),
        "The process has 2 starts.",
    ),
    "no outcome": (
        model(lane("check"), start(), user("check"), end(outcome=""), path("start", "check", "end")),
        "The end end does not say how the case ends.",
    ),
    "outcome that no process may give": (
        model(lane("check"), start(), user("check"), end(outcome="withdrawn"), path("start", "check", "end")),
        "The end end does not say how the case ends.",
    ),
    "a circle in which nobody decides": (
        model(
            *USUAL,
            service("s"),
            choice("which", "back"),
            path("start", "check", "s", "which"),
            flow("which", "s", id="back"),
            flow("which", "end", 'decision == "accept"'),
        ),  # fmt: skip
        "s stands in a circle in which nobody decides.",
    ),
    "arrow to nothing": (
        model(*USUAL, path("start", "check", "end"), flow("check", "gone")),
        "The arrow check-gone leads from or to “gone”, which is no step.",
    ),
    "id twice": (model(*USUAL, user("check"), path("start", "check", "end")), "The id check is used twice."),
    "id that would be a query": (
        model(
            lane("check"), start(), user("check").replace('id="check"', "id=\"x' or '1\""), end(), path("start", "end")
        ),
        "“x' or '1” is no id.",
    ),
    "not executable": (
        model(*USUAL, path("start", "check", "end"), attributes=""),
        "The process is not executable.",
    ),
    "two processes": (
        f'{HEAD}<bpmn:process id="a"/><bpmn:process id="b"/></bpmn:definitions>',
        "The file has 2 processes.",
    ),
    "message flow": (
        SOUND.replace(
            "<bpmn:process", '<bpmn:collaboration id="c"><bpmn:messageFlow id="f"/></bpmn:collaboration><bpmn:process'
        ),
        "The element bpmn:messageFlow is not known here.",
    ),
    "entities": (f'<!DOCTYPE x [<!ENTITY a "b">]>{SOUND}', "The file has a document type or entities."),
    "not a model": ("<html/>", "The file is not a BPMN 2.0 model."),
    "not XML": ("pdf", "This is not XML: Start tag expected, '<' not found, line 1, column 1"),
    "too large": (SOUND + " " * MAXIMUM_BYTES, f"The file has {len(SOUND.encode()) + MAXIMUM_BYTES} bytes."),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_diagram_is_refused_by_name(name: str) -> None:
    text, expected = FAULTY[name]
    assert expected in messages(text)


@pytest.mark.parametrize("condition", ["__import__('os').getpid()", "decision.size()", "form.age > 3", "1 == 1; x"])
def test_a_condition_that_is_not_cel_over_the_decision_is_refused(condition: str) -> None:
    text = model(
        *USUAL, choice("which", "which-no"), end("no", "refused"), path("start", "check", "which"),
        flow("which", "end", condition), flow("which", "no"),
    )  # fmt: skip
    assert any(message.startswith(f"The condition “{condition}” cannot be read") for message in messages(text))


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    faults = read(
        model(lane("check"), start(), user("check"), service("s", "nothing"), end(outcome=""), path("start", "check"))
    ).faults
    assert len(faults) >= 4
    assert [one.line for one in faults] == sorted(one.line for one in faults)
    assert all(one.advice for one in faults)


def test_a_file_that_names_another_file_does_not_make_us_read_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    hostile = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>' + SOUND.replace('name="流程"', 'name="&x;"')
    diagram = read(hostile)
    assert diagram.id == ""
    assert not any("geheim" in fault.message for fault in diagram.faults)


def test_utf_16_cannot_smuggle_a_document_type_past_us() -> None:
    hostile = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d []>' + SOUND
    assert read_diagram(hostile.encode("utf-16"), ACTIONS).faults


def test_a_split_may_run_side_by_side() -> None:
    text = model(
        lane("a", "b"), start(), fork("split"), user("a"), user("b"), fork("join"), end(),
        path("start", "split", "a", "join", "end"), path("split", "b", "join"),
    )  # fmt: skip
    assert messages(text) == []


def test_extensions_stand_only_where_they_mean_something() -> None:
    inside = extended('<yw:act name="a"/>')
    text = SOUND.replace('<bpmn:startEvent id="start"/>', f'<bpmn:startEvent id="start">{inside}</bpmn:startEvent>')
    assert messages(text) == ["The extension yw:act of startEvent is not known."]
