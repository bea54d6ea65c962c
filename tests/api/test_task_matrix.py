"""The permission matrix of tasks: every capacity × every step of every pack's items at which a party has something to do.

The case is a resident's; one unit answers for it. Cells: `may` do it; `sees` it, and is told why not; `none`: nobody may learn that it
exists. The page of the task and the door that does it are both asked, and have to say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.demo import Demo
from support.offices import Town

from yiwang.acts.queries import current_release, list_definitions
from yiwang.acts.values import VISITOR, Actor
from yiwang.cases.models import Case, Task, TaskUnit
from yiwang.cases.queries import task
from yiwang.cases.queries.forms import asking, bound, process_of
from yiwang.cases.rules.diagram import Node
from yiwang.cases.services import advance, answer_task
from yiwang.cases.values import MaterialState, TaskState
from yiwang.identity.models.mandates import Mandate
from yiwang.identity.queries import actor_for_mandate, duties, system_account
from yiwang.kernel.errors import Conflict, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now, today

TABLE = Path(__file__).with_name("matrix_tasks.yaml")
COLUMNS = (
    *("visitor", "applicant", "agent", "neighbour", "holder", "elsewhere", "colleague"),
    *("window", "leader", "system", "security", "audit"),
)
ENTERING = {"apply-at-window", "apply-in-community"}
LEADING = {"lead", "lead-unit", "supervise"}


def steps() -> Iterator[tuple[str, Mapping[str, Any], Node]]:
    """Every step of every item at which a person has something to do."""
    for item, declared in sorted(list_definitions("item").items()):
        for _, node in sorted(process_of(declared, current_release()).diagram.nodes.items()):
            if node.kind == "userTask":
                yield item, declared, node


def table() -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = YAML(typ="safe").load(TABLE)
    return rows


@pytest.fixture
def town(demo: Demo) -> Town:
    """Two units beside those of the demonstration city, with nobody in them."""
    town = Town()
    for code in ("matrix", "here", "there"):
        town.unit(code, *(["matrix"] if code != "matrix" else []))
    return town


def agent_of(principal: Actor, agent: Actor) -> Actor:
    """Who acts for another under a mandate of every item."""
    stands = Mandate.objects.create(
        subject_id=principal.subject_id,
        agent_id=agent.account_id,
        given_by_id=principal.account_id,
        valid_from=today(),
        valid_to=today() + timedelta(days=9),
        accepted_at=now(),
    )
    return actor_for_mandate(system_account(agent.account_id), stands.id)


@pytest.fixture
def others(town: Town) -> dict[str, Actor]:
    """Everybody but those who hold the duty of the step."""
    administrators = {one.administrator: id for id, one in duties().items() if one.administrator}
    applicant = town.resident()
    return {
        "visitor": VISITOR,
        "applicant": applicant,
        "agent": agent_of(applicant, town.resident()),
        "neighbour": town.resident(),
        "window": town.officer("here", *ENTERING),
        "leader": town.officer("here", *LEADING),
        **{str(name): town.officer("here", id) for name, id in administrators.items()},
    }


def those_of(duty: str, town: Town) -> dict[str, Actor]:
    """Who holds the duty here and in another unit, and who has every other duty of the office here. A step of the applicant has none."""
    office = {id for id, one in duties().items() if one.administrator is None} - ENTERING - LEADING
    return {
        "holder": town.officer("here", *([duty] if duty else [])),
        "elsewhere": town.officer("there", *([duty] if duty else [])),
        "colleague": town.officer("here", *(office - {duty})),
    }


def waiting(item: str, node: Node, duty: str, applicant: Actor, town: Town) -> Task:
    """A case of the applicant's that waits at this step, which the unit here answers for."""
    case = Case.objects.create(
        number=uuid7().hex,
        item=item,
        release=current_release(),
        subject_id=applicant.subject_id,
        account_id=applicant.account_id,
        unit_id=town.units["here"],
        values=[],
        materials=[
            {"id": one["id"], "state": MaterialState.GIVEN} for one in asking(item, current_release()).materials
        ],
        form_digest="",
        submitted_at=now(),
    )
    step = Task.objects.create(
        case=case, step=uuid7(), node=node.id, duty=duty, party=node.party, state=TaskState.OPEN, opened_at=now()
    )
    if duty:
        TaskUnit.objects.create(task=step, unit_id=town.units["here"])
    return step


def cell(actor: Actor, step: Task) -> str:
    """What the page shows; the door, tried with a case that has moved since, must not be open or shut where the page says otherwise."""
    try:
        shown = task(actor, step.pk)
    except NotFound:
        shown = None
    door = "open"
    try:
        if step.party:
            answer_task(actor, step.pk, {}, version=-1)
        else:
            advance(actor, step.pk, act="", version=-1)
    except Conflict:
        pass
    except (NotAllowed, NotSignedIn, NotFound):
        door = "shut"
    may = shown is not None and not shown.why_not
    assert (door == "open") is may, f"the page and the door of {step.node} disagree"
    return "may" if may else "none" if shown is None else "sees"


def test_every_capacity_meets_every_step_of_every_pack_as_the_table_says(town: Town, others: dict[str, Actor]) -> None:
    """A step that is drawn anew fails here until somebody has decided who does it and who sees it."""
    holding: dict[str, dict[str, Actor]] = {}
    found = {}
    for item, declared, node in steps():
        duty = "" if node.party else str(bound(node.duty, declared))
        if duty not in holding:
            holding[duty] = those_of(duty, town)
        actors = others | holding[duty]
        step = waiting(item, node, duty, others["applicant"], town)
        found[f"{item} {node.id}"] = {"duty": duty or "-"} | {name: cell(actors[name], step) for name in COLUMNS}
    rows = table()
    wrong = [
        f'"{row}": {{{", ".join(f"{name}: {says}" for name, says in found.get(row, {}).items())}}}'
        for row in sorted(set(found) | set(rows))
        if found.get(row) != rows.get(row)
    ]
    assert not wrong, f"{TABLE.name} does not say this; decide whether it should:\n" + "\n".join(wrong)


def test_nobody_but_its_party_does_a_step() -> None:
    for row, says in table().items():
        doing = {name for name in COLUMNS if says[name] == "may"}
        assert doing <= ({"applicant", "agent"} if says["duty"] == "-" else {"holder"}), row
