from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yiwang.acts.values import system
from yiwang.identity.checks import administrators, unit_tree
from yiwang.identity.declarations import DutyBody, DutyKind
from yiwang.identity.models import UnitPath
from yiwang.identity.registry import register_administrative_action
from yiwang.identity.services import assign_post
from yiwang.identity.values import Administrator
from yiwang.kernel.kinds import City, Declaration
from yiwang.kernel.time import today


def declared(id: str, **body: Any) -> Declaration:
    lines = {"excludes": 9, "excludes/0": 10, "may/0/action": 5, "may/1/action": 6}
    return Declaration(
        "duty", id, "tests", Path(f"tests/duties/{id}.yaml"), DutyBody(kind="duty", id=id, title=id, **body), lines
    )


def grant(action: str, scope: str = "unit") -> dict[str, str]:
    return {"action": action, "scope": scope}


def faults(one: Declaration, *others: Declaration) -> list[tuple[int, str]]:
    found = list(DutyKind().check(one, City([one, *others])))
    assert all(fault.advice for fault in found)
    return [(fault.line, fault.message) for fault in found]


def test_a_good_duty_has_no_faults() -> None:
    assert faults(declared("decide", may=[grant("task.decide"), grant("case.read", "subtree")])) == []
    assert (
        faults(
            declared(
                "a", administrator="security", may=[grant("assignment.assign", "city"), grant("officer.list", "city")]
            )
        )
        == []
    )


def test_an_ordinary_duty_cannot_be_granted_administration() -> None:
    [(line, message)] = faults(declared("decide", may=[grant("task.decide"), grant("assignment.assign", "city")]))
    assert line == 6
    assert "is administration" in message


@pytest.mark.parametrize("administrator", ["system", "security", "audit"])
@pytest.mark.parametrize("action", ["case.read", "task.decide", "record.read"])
def test_an_administrator_cannot_be_granted_the_city_s_business(administrator: str, action: str) -> None:
    [(line, message)] = faults(declared("a", administrator=administrator, may=[grant(action, "city")]))
    assert line == 5
    assert f"The {administrator} administrator may not do `{action}`" in message


def test_an_administrator_cannot_be_granted_the_work_of_another() -> None:
    for administrator, action in (
        ("system", "assignment.assign"),
        ("security", "account.open"),
        ("security", "audit.read"),
        ("audit", "officer.list"),
    ):
        assert len(faults(declared("a", administrator=administrator, may=[grant(action, "city")]))) == 1


def test_a_duty_excludes_neither_itself_nor_grants_twice() -> None:
    assert faults(declared("d", may=[grant("task.decide"), grant("task.decide", "city")], excludes=["d"])) == [
        (10, "The duty `d` excludes itself."),
        (6, "The action `task.decide` is granted twice."),
    ]


def test_a_duty_names_the_duties_that_it_excludes() -> None:
    body = declared("d", excludes=["e", "f"]).body
    assert [(one.pointer, one.kind, one.id) for one in DutyKind().references(body)] == [
        ("excludes/0", "duty", "e"),
        ("excludes/1", "duty", "f"),
    ]


def test_an_action_is_reserved_once() -> None:
    register_administrative_action("account.open", Administrator.SYSTEM)
    with pytest.raises(ValueError, match="already reserved"):
        register_administrative_action("account.open", Administrator.AUDIT)


def test_a_plan_says_how_many_posts_a_change_touches(town: Any) -> None:
    town.post("north", "decide")
    town.post("south", "decide")
    old = {"id": "decide", "title": "x", "may": [grant("task.decide")]}
    kind = DutyKind()
    [change] = kind.plan(old, declared("decide", may=[grant("task.decide", "city")]))
    assert change.detail == "2 posts have this duty; what they may do changes at once."
    [change] = kind.plan(old, None)
    assert change.detail == "2 posts have this duty and lose what it may do."
    assert not list(kind.plan(old, declared("decide", may=[grant("task.decide")])))
    assert not list(kind.plan(None, declared("decide")))


def test_the_doctor_names_an_administrator_who_is_missing(town: Any) -> None:
    town.officer("gov", "system")
    town.officer("gov", "security")
    [finding] = administrators()
    assert (finding.is_well, "audit administrator" in finding.detail) == (False, True)
    assign_post(system("tests"), town.account().id, town.post("gov", "audit"), today())
    assert [one.is_well for one in administrators()] == [True]


def test_the_doctor_sees_a_path_that_was_changed_by_hand(town: Any) -> None:
    assert [one.is_well for one in unit_tree()] == [True]
    UnitPath.objects.filter(depth=2).update(depth=1)
    [finding] = unit_tree()
    assert not finding.is_well
    assert finding.mend
