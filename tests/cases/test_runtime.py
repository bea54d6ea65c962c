"""The runtime: what moves, what is kept, and that nothing in a diagram is ever evaluated as Python."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiwang.cases.rules.runtime import Process, Run, process

from .diagrams import choice, end, flow, fork, lane, model, path, service, start, user

CHOICE = model(
    lane("check"), start(), user("check"), choice("which", "otherwise"), service("ring"), end(), end("no", "refused"),
    path("start", "check", "which"), flow("which", "ring", 'decision == "accept"'), flow("ring", "end"),
    flow("which", "no", id="otherwise"),
)  # fmt: skip
BOTH = model(
    lane("a", "b"), start(), fork("split"), user("a"), user("b"), fork("join"), end(),
    path("start", "split", "a", "join", "end"), path("split", "b", "join"),
)  # fmt: skip
AGAIN = model(
    lane("check"), start(), user("check", "accept", "again"), choice("which", "done"), end(),
    path("start", "check", "which"), flow("which", "check", 'decision == "again"'), flow("which", "end", id="done"),
)  # fmt: skip
PROMISED = model(
    lane("look", "check"), start(), user("look", "accept", "again"), choice("which", "done"), choice("any", "nothing"),
    user("check"), end(), end("no"), path("start", "look", "which"), flow("which", "look", 'decision == "again"'),
    flow("which", "any", id="done"), flow("any", "check", "promised"), flow("any", "no", id="nothing"), path("check", "end"),
)  # fmt: skip


def saved(owner: Process, run: Run) -> Run:
    """The same run after a stay in the database, which keeps no order of keys."""
    state = json.loads(json.dumps(run.state()))
    return owner.restore({**state, "tasks": dict(sorted(state["tasks"].items(), reverse=True))})


def test_acceptance_leads_to_the_action_and_then_to_the_end() -> None:
    owner = process(CHOICE)
    run = owner.begin()
    [step] = run.waiting()
    assert step.node.id == "check"
    run = saved(owner, run)
    run.decide(step.id, "accept")
    [action] = run.waiting()
    assert action.node.action == "ring"
    run.begin_outside(action.id)
    run = saved(owner, run)
    assert run.waiting() == []
    assert [one.id for one in run.begun()] == [action.id]
    run.finish_action(action.id)
    assert run.is_over
    assert run.outcome == "accepted"


def test_refusal_takes_the_default_way() -> None:
    run = process(CHOICE).begin()
    run.decide(run.waiting()[0].id, "refuse")
    assert (run.is_over, run.outcome) == (True, "refused")


def test_what_was_promised_is_still_known_after_many_stays_in_the_database() -> None:
    owner = process(PROMISED)
    for promised, last in ((True, "check"), (False, "")):
        run = saved(owner, owner.begin(promised=promised))
        for _ in range(3):
            run.decide(run.waiting()[0].id, "again")
            run = saved(owner, run)
        run.decide(run.waiting()[0].id, "accept")
        assert [one.node.id for one in run.waiting()] == ([last] if last else [])
        assert run.is_over is not promised


def test_two_branches_wait_for_each_other() -> None:
    owner = process(BOTH)
    run = owner.begin()
    first, second = run.waiting()
    run.decide(first.id, "accept")
    run = saved(owner, run)
    assert not run.is_over
    assert [one.id for one in run.waiting()] == [second.id]
    run.decide(second.id, "accept")
    assert run.is_over


def test_each_visit_of_a_step_has_an_id_of_its_own() -> None:
    run = process(AGAIN).begin()
    [first] = run.waiting()
    run.decide(first.id, "again")
    [second] = run.waiting()
    assert second.node.id == first.node.id
    assert second.id != first.id


def test_a_step_is_done_once() -> None:
    run = process(AGAIN).begin()
    [step] = run.waiting()
    run.decide(step.id, "accept")
    with pytest.raises(LookupError):
        run.decide(step.id, "accept")


def test_the_saved_state_names_steps_and_carries_neither_the_process_nor_titles() -> None:
    state = json.dumps(process(CHOICE).begin().state(), ensure_ascii=False)
    assert "流程" not in state
    assert "decision ==" not in state
    assert len(state) < 4_000


def test_a_process_is_parsed_once() -> None:
    assert process(CHOICE) is process(CHOICE)


def test_a_text_with_faults_does_not_run() -> None:
    with pytest.raises(ValueError, match="never reached"):
        process(
            model(
                lane("check", "x"),
                start(),
                user("check"),
                user("x"),
                end(),
                path("start", "check", "end"),
                flow("x", "end"),
            )
        )


def test_scripts_are_refused_by_the_engine_even_if_one_came_past_the_linter() -> None:
    from yiwang.cases.rules.runtime import _Conditions

    with pytest.raises(PermissionError):
        _Conditions().execute(None, "import os")
    with pytest.raises(ValueError, match=r"1:"):
        _Conditions().evaluate(type("Task", (), {"data": {}})(), "__import__('os').getpid()")


@settings(max_examples=60, deadline=None)
@given(
    acts=st.lists(st.sampled_from(["again", "accept"]), max_size=8),
    cuts=st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_saving_anywhere_changes_nothing(acts: list[str], cuts: list[bool]) -> None:
    owner = process(AGAIN)
    run = owner.begin()
    for act, cut in zip([*acts, "accept"], cuts, strict=False):
        if run.is_over:
            break
        if cut:
            run = saved(owner, run)
        run.decide(run.waiting()[0].id, act)
    assert run.is_over == ("accept" in [*acts, "accept"])
