"""Limits of the register in a case: one that is extended twice, one that begins anew, and one that stands still and then begins anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yiwang.acts.queries import definition
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.cases import queries, services
from yiwang.cases.declarations.limits import LimitBody, PauseBody
from yiwang.cases.models import ClockChange
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.values import ClockState
from yiwang.kernel.errors import Conflict
from yiwang.packs.rules.reading import read_yaml

from .conftest import ITEM, People, do
from .diagrams import ACTIONS, choice, end, flow, lane, model, path, start, user
from .test_clocks import DUTY, at, clock, run_jobs, send

__all__ = ["at"]

REGISTER = Path(__file__).parents[2] / "packs/legal-limits"
REVIEW = ("answer", "refuse", "fix", "consult")


def diagram(limit: str, *, reason: str = "") -> str:
    """Steps that answer: one asks the applicant and begins the limit anew, one asks others and stands still meanwhile."""
    consulted = (
        (f'pauses="{limit}" reason="{reason}"', f'restarts="{limit}"') if reason else (f'restarts="{limit}" by="done"',)
    )
    return model(
        lane("review", "fix", "consult", duty=DUTY),
        start(),
        user("review", *REVIEW, clocks=(f'starts="{limit}"', f'stops="{limit}" by="answer refuse"')),
        choice("reviewed", "decided"),
        user("fix", "done", clocks=(f'restarts="{limit}"',)),
        user("consult", "done", "give-up", clocks=consulted),
        end("end"),
        path("start", "review", "reviewed"),
        flow("reviewed", "fix", 'decision == "fix"'),
        flow("reviewed", "consult", 'decision == "consult"'),
        flow("reviewed", "end", id="decided"),
        path("fix", "review"),
        path("consult", "review"),
    )


def from_register(limit: str) -> list[NewDefinition]:
    """A limit of the register with its pauses, as applying the pack brings them into a release."""
    body = LimitBody.model_validate(read_yaml((REGISTER / f"limits/{limit}.yaml").read_bytes()).value)
    new = [NewDefinition("limit", limit, "legal-limits", body.model_dump(mode="json"))]
    for id in body.pauses:
        pause = PauseBody.model_validate(read_yaml((REGISTER / f"pauses/{id}.yaml").read_bytes()).value)
        new.append(NewDefinition("pause", id, "legal-limits", pause.model_dump(mode="json")))
    return new


def publish(limit: str, bpmn: str = "", *, promise: int | None = None) -> None:
    """A release in which the item of the small city stands under `limit`."""
    item = {**definition("item", ITEM), "clocks": [{"limit": limit, "promise": promise}]}
    new = from_register(limit)
    if bpmn:
        assert read_diagram(bpmn.encode(), ACTIONS).faults == ()
        item |= {"process": "p", "parameters": {}}
        new.append(NewDefinition("process", "p", "base", {"kind": "process", "id": "p", "title": "流程", "bpmn": bpmn}))
    system_publish_release(system("tests"), [NewDefinition("item", ITEM, "address-statement", item), *new])


def all_clocks(people: People, case_id: Any) -> list[tuple[date, ClockState, date | None]]:
    """When each clock of the case began, its state and its last day, in their order."""
    found = sorted(queries.case(people.lin, case_id).clocks, key=lambda one: (one.started_on, one.ended_at is None))
    return [(one.started_on, one.state, one.legal_due_on) for one in found]


# ── Extended more than once ──


def test_a_limit_that_may_be_extended_twice_is_extended_twice_and_no_third_time(people: People, at: Any) -> None:
    publish("build-start")
    at("2025-12-31")
    case_id = send(people.lin).case_id
    assert clock(people.lin, case_id, "build-start").legal_due_on == date(2026, 3, 31)
    boss = people.post("boss")
    at("2026-03-20")
    services.extend_clock(boss, case_id, "build-start", "材料没有到场")
    assert clock(people.lin, case_id, "build-start").legal_due_on == date(2026, 6, 30)
    at("2026-06-30")
    services.extend_clock(boss, case_id, "build-start", "台风停工", length=3)
    twice = clock(people.lin, case_id, "build-start")
    assert (twice.legal_due_on, twice.extended_by) == (date(2026, 9, 30), "6 个月")
    at("2026-09-01")
    with pytest.raises(Conflict) as refusal:
        services.extend_clock(boss, case_id, "build-start", "还要再延", length=1)
    assert str(refusal.value) == "The limit has been extended as often as its law allows."
    reasons = [line.reason for line in queries.case(people.lin, case_id).course if line.code == "clock-extended"]
    assert reasons == ["材料没有到场", "台风停工"]


def test_the_refusal_of_a_third_time_is_read_in_chinese(people: People, at: Any) -> None:
    from django.utils import translation
    from django.utils.translation import gettext

    publish("build-start")
    at("2025-12-31")
    case_id = send(people.lin).case_id
    for _ in range(2):
        services.extend_clock(people.post("boss"), case_id, "build-start", "材料没有到场", length=1)
    with pytest.raises(Conflict) as refusal:
        services.extend_clock(people.post("boss"), case_id, "build-start", "材料没有到场", length=1)
    with translation.override("zh-hans"):
        assert gettext(str(refusal.value)) == "这个时限已经按法定次数延长过，不能再延长。"


def test_each_time_it_is_extended_by_no_more_than_the_law_allows_at_once(people: People, at: Any) -> None:
    from yiwang.kernel.errors import Invalid

    publish("build-start")
    at("2025-12-31")
    case_id = send(people.lin).case_id
    with pytest.raises(Invalid):
        services.extend_clock(people.post("boss"), case_id, "build-start", "一次延完", length=6)


def test_what_is_over_after_the_first_extension_is_not_extended_again(people: People, at: Any) -> None:
    publish("build-start")
    at("2025-12-31")
    case_id = send(people.lin).case_id
    services.extend_clock(people.post("boss"), case_id, "build-start", "材料没有到场", length=1)
    at("2026-05-01")
    with pytest.raises(Conflict) as refusal:
        services.extend_clock(people.post("boss"), case_id, "build-start", "已经过期", length=1)
    assert "over" in str(refusal.value)


def test_a_limit_in_months_ends_on_the_leap_day_and_is_extended_on_it(people: People, at: Any) -> None:
    publish("build-start")
    at("2027-11-30")
    case_id = send(people.lin).case_id
    one = clock(people.lin, case_id, "build-start")
    assert (one.legal_due_on, one.provisional) == (date(2028, 2, 29), True)
    at("2028-02-29")
    assert clock(people.lin, case_id, "build-start").left_text == "今天到期"
    services.extend_clock(people.post("boss"), case_id, "build-start", "材料没有到场", length=3)
    assert clock(people.lin, case_id, "build-start").legal_due_on == date(2028, 5, 30)
    [last] = [row for row in queries.explain_clock(people.lin, case_id, "build-start").rows if row.is_legal_due]
    assert last.on == date(2028, 5, 30)


# ── Begun anew ──


def test_a_step_that_is_left_begins_the_limit_anew_from_that_day(people: People, at: Any) -> None:
    publish("foi-reply", diagram("foi-reply"))
    at("2026-02-10")
    case_id = send(people.lin).case_id
    do(people.wu, case_id, "fix")
    at("2026-03-02")
    do(people.wu, case_id, "done")
    assert all_clocks(people, case_id) == [
        (date(2026, 2, 10), ClockState.STOPPED, date(2026, 3, 16)),
        (date(2026, 3, 2), ClockState.RUNNING, date(2026, 3, 30)),
    ]
    changes = list(ClockChange.objects.order_by("clock__started_at", "position").values_list("change", flat=True))
    assert changes == ["started", "stopped", "started"]
    at("2026-03-30")
    do(people.wu, case_id, "answer")
    run_jobs()
    assert [state for _, state, _ in all_clocks(people, case_id)] == [ClockState.STOPPED, ClockState.MET]


def test_what_was_over_by_then_stays_missed_when_it_begins_anew(people: People, at: Any) -> None:
    from yiwang.outbox.models import Event

    publish("foi-reply", diagram("foi-reply"))
    at("2026-02-10")
    case_id = send(people.lin).case_id
    do(people.wu, case_id, "fix")
    at("2026-03-17")
    do(people.wu, case_id, "done")
    assert all_clocks(people, case_id) == [
        (date(2026, 2, 10), ClockState.MISSED, date(2026, 3, 16)),
        (date(2026, 3, 17), ClockState.RUNNING, date(2026, 4, 15)),
    ]
    do(people.wu, case_id, "answer")
    run_jobs()
    assert Event.objects.get(type="case.ended.v1").data["on_time"] is False


def test_only_the_act_that_says_so_begins_the_limit_anew(people: People, at: Any) -> None:
    publish("foi-reply", diagram("foi-reply"))
    at("2026-02-10")
    case_id = send(people.lin).case_id
    do(people.wu, case_id, "consult")
    at("2026-03-02")
    do(people.wu, case_id, "give-up")
    assert all_clocks(people, case_id) == [(date(2026, 2, 10), ClockState.RUNNING, date(2026, 3, 16))]


def test_what_begins_anew_may_be_extended_anew_and_keeps_its_promise(people: People, at: Any) -> None:
    publish("foi-reply", diagram("foi-reply"), promise=10)
    at("2026-02-10")
    case_id = send(people.lin).case_id
    services.extend_clock(people.post("boss"), case_id, "foi-reply", "信息很多", length=5)
    do(people.wu, case_id, "fix")
    at("2026-03-02")
    do(people.wu, case_id, "done")
    anew = clock(people.lin, case_id, "foi-reply")
    assert (anew.promised_due_on, anew.legal_due_on, anew.extended_by) == (date(2026, 3, 16), date(2026, 3, 30), "")
    services.extend_clock(people.post("boss"), case_id, "foi-reply", "信息很多")
    assert clock(people.lin, case_id, "foi-reply").legal_due_on == date(2026, 4, 28)


def test_a_clock_that_stands_still_may_go_on_by_beginning_anew(people: People, at: Any) -> None:
    publish("foi-reply", diagram("foi-reply", reason="foi-third-party"))
    at("2026-02-10")
    case_id = send(people.lin).case_id
    at("2026-03-05")
    do(people.wu, case_id, "consult")
    paused = clock(people.lin, case_id, "foi-reply")
    assert (paused.state, paused.paused_for, paused.legal_due_on) == (ClockState.PAUSED, "征求第三方意见", None)
    at("2026-03-26")
    do(people.wu, case_id, "done")
    assert all_clocks(people, case_id) == [
        (date(2026, 2, 10), ClockState.STOPPED, None),
        (date(2026, 3, 26), ClockState.RUNNING, date(2026, 4, 24)),
    ]


def test_a_diagram_may_not_begin_anew_what_no_step_starts() -> None:
    text = model(
        lane("review", duty=DUTY),
        start(),
        user("review", "answer", clocks=('restarts="foi-reply"',)),
        end("end"),
        path("start", "review", "end"),
    )
    assert [one.message for one in read_diagram(text.encode(), ACTIONS).faults] == [
        "No step starts the clock foi-reply."
    ]
