"""Clocks of cases: what the process does to them, what the law does when one is missed, and a holiday that is announced late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from yiwang.acts.queries import current_release, definition
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.cases import queries, services
from yiwang.cases.models import Clock, ClockChange
from yiwang.cases.values import ClockState
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound

from .conftest import ANSWERS, ITEM, People, do, first_task, run_jobs
from .conftest import send as send_answers
from .diagrams import choice, end, flow, lane, model, path, start, user

DUTY = '<yw:duty id="confirm-address"/>'
PERMIT = model(
    lane("accept", "review", "experts", "complete", duty=DUTY),
    start(),
    user("accept", "accept", "refuse", clocks=('starts="lic-supplement"', 'stops="lic-supplement" deemed="accept"')),
    choice("accepted", "no"),
    user(
        "review", "grant", "refuse", "ask", "consult",
        clocks=('starts="lic-decide"', 'stops="lic-decide" by="grant refuse"'),
    ),
    choice("reviewed", "decided"),
    user("experts", "done", clocks=('pauses="lic-decide" reason="expert-review"', 'resumes="lic-decide"')),
    user("complete", "done", clocks=('pauses="lic-decide" reason="supplement"', 'resumes="lic-decide"')),
    end("end"),
    end("refused", "refused"),
    path("start", "accept", "accepted"),
    flow("accepted", "review", 'decision == "accept"'),
    flow("accepted", "refused", id="no"),
    path("review", "reviewed"),
    flow("reviewed", "experts", 'decision == "consult"'),
    flow("reviewed", "complete", 'decision == "ask"'),
    flow("reviewed", "end", id="decided"),
    path("experts", "review"),
    path("complete", "review"),
)  # fmt: skip


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let it be ten in the morning of a civil date."""
    from yiwang.acts import services as acts
    from yiwang.cases.queries import clocks
    from yiwang.cases.services import deeming

    def be(day: str) -> None:
        moment = datetime.fromisoformat(day).replace(hour=2, tzinfo=UTC)
        for module in (acts, clocks, deeming):
            monkeypatch.setattr(module, "now", lambda: moment)
        monkeypatch.setattr(clocks, "today", lambda: date.fromisoformat(day))

    return be


@pytest.fixture
def permit(people: People) -> People:
    """The item of the small city as a licence, with a promise to decide in ten working days."""
    item = {
        **definition("item", ITEM),
        "process": "p",
        "parameters": {},
        "clocks": [{"limit": "lic-supplement", "promise": None}, {"limit": "lic-decide", "promise": 10}],
    }
    process = {"kind": "process", "id": "p", "title": "流程", "bpmn": PERMIT}
    new = [NewDefinition("item", ITEM, "address-statement", item), NewDefinition("process", "p", "base", process)]
    system_publish_release(system("tests"), new)
    return people


def send(actor: Any) -> Any:
    """Send the form of somebody who has lived there for years."""
    return send_answers(actor, {**ANSWERS, "residence.since": "2020-05-01"})


def clock(actor: Any, case_id: Any, limit: str = "lic-decide") -> Any:
    [found] = [one for one in queries.case(actor, case_id).clocks if one.limit.id == limit and one.ended_at is None]
    return found


def holiday(*days: str, year: int = 2026) -> None:
    """A release in which the calendar of a year has a holiday more."""
    name = f"holidays-{year}"
    body = definition("calendar", name)
    off = [
        *body["off"],
        *({"title": {"zh-Hans": "台风停工", "en": "Typhoon"}, "first": day, "last": day} for day in days),
    ]
    system_publish_release(system("tests"), [NewDefinition("calendar", name, "base", {**body, "off": off})])
    services.system_recount_clocks(system("tests"), current_release())


# ── What the process does ──


def test_a_limit_that_no_step_moves_runs_from_sending_to_the_end(people: People, at: Any) -> None:
    at("2026-02-10")
    case_id = send(people.lin).case_id
    [one] = queries.case(people.lin, case_id).clocks
    assert (one.promised_due_on, one.legal_due_on, one.due_on) == (
        date(2026, 2, 24),
        date(2026, 3, 2),
        date(2026, 2, 24),
    )
    assert (one.limit.length, one.limit.promise, one.left_text) == ("10 个工作日", "5 个工作日", "剩 5 个工作日")
    at("2026-02-24")
    do(people.wu, case_id)
    run_jobs()
    [one] = queries.case(people.lin, case_id).clocks
    assert one.state is ClockState.MET
    assert [row.change for row in ClockChange.objects.order_by("position")] == ["started", "met"]


def test_a_case_that_ends_after_its_limit_says_so(people: People, at: Any) -> None:
    from yiwang.outbox.models import Event

    at("2026-02-10")
    late, withdrawn = send(people.lin).case_id, send(people.lin).case_id
    at("2026-02-13")
    services.withdraw(people.lin, withdrawn)
    at("2026-02-25")
    do(people.wu, late, "refuse", "没有这个门牌")
    run_jobs()
    assert queries.case(people.lin, late).clocks[0].state is ClockState.MISSED
    assert queries.case(people.lin, withdrawn).clocks[0].state is ClockState.STOPPED
    told = {one.subject: one.data["on_time"] for one in Event.objects.filter(type="case.ended.v1")}
    assert told == {str(late): False, str(withdrawn): True}


def test_steps_start_and_stop_the_clocks_that_they_name(permit: People, at: Any) -> None:
    at("2026-02-10")
    case_id = send(permit.lin).case_id
    assert [(one.limit.id, one.due_on) for one in queries.case(permit.lin, case_id).clocks] == [
        ("lic-supplement", date(2026, 2, 24))
    ]
    at("2026-02-24")
    do(permit.wu, case_id)
    states = {one.limit.id: one.state for one in queries.case(permit.lin, case_id).clocks}
    assert states == {"lic-supplement": ClockState.MET, "lic-decide": ClockState.RUNNING}
    assert clock(permit.lin, case_id).started_on == date(2026, 2, 24)


def test_while_experts_look_the_clock_stands_still_and_keeps_what_remains(permit: People, at: Any) -> None:
    at("2026-03-02")
    case_id = send(permit.lin).case_id
    do(permit.wu, case_id)
    at("2026-03-05")
    before = clock(permit.lin, case_id).left
    do(permit.wu, case_id, "consult")
    paused = clock(permit.lin, case_id)
    assert (paused.state, paused.due_on, paused.legal_due_on) == (ClockState.PAUSED, None, None)
    assert (paused.paused_for, paused.left, paused.left_text) == ("专家评审", before, "保留 7 个工作日")
    assert queries.my_tasks(permit.wu).rows[0].due_on is None
    assert "停止计算" in queries.case(permit.lin, case_id).waits_for
    at("2026-05-20")
    do(permit.wu, case_id, "done")
    assert clock(permit.lin, case_id).left == before
    assert clock(permit.lin, case_id).legal_due_on == date(2026, 6, 12)
    lines = [line.sentence for line in queries.case(permit.lin, case_id).course if line.code.startswith("clock-")]
    assert "专家评审（中华人民共和国行政许可法 第四十五条）" in lines[0]
    assert "2026年5月29日" in lines[1]


def test_lists_and_tasks_read_the_day_from_the_clocks(permit: People, at: Any) -> None:
    at("2026-03-02")
    case_id = send(permit.lin).case_id
    do(permit.wu, case_id)
    [line] = queries.my_cases(permit.lin).rows
    [task] = queries.my_tasks(permit.wu).rows
    assert line.due_on == task.due_on == first_task(permit.wu, case_id).case.due_on == date(2026, 3, 16)


# ── Extension ──


def test_an_extension_is_approved_once_up_to_its_cap_and_the_applicant_reads_why(permit: People, at: Any) -> None:
    from yiwang.outbox.models import Event

    at("2026-03-02")
    case_id = send(permit.lin).case_id
    do(permit.wu, case_id)
    with pytest.raises(Invalid):
        services.extend_clock(permit.post("boss"), case_id, "lic-decide", "需要现场核查", length=11)
    with pytest.raises(Invalid):
        services.extend_clock(permit.post("boss"), case_id, "lic-decide", "")
    view = services.extend_clock(permit.post("boss"), case_id, "lic-decide", "需要现场核查", length=5)
    [one] = [one for one in view.clocks if one.limit.id == "lic-decide"]
    assert (one.promised_due_on, one.legal_due_on) == (date(2026, 3, 23), date(2026, 4, 7))
    assert one.extended_by == "5 个工作日"
    line = queries.case(permit.lin, case_id).course[-1]
    assert (line.code, line.reason) == ("clock-extended", "需要现场核查")
    with pytest.raises(Conflict):
        services.extend_clock(permit.post("boss"), case_id, "lic-decide", "再延长", length=1)
    event = Event.objects.get(type="case.clock-changed.v1")
    told = {"change": "extended", "due_on": "2026-03-23", "applicant_id": str(permit.lin.subject_id)}
    assert {name: event.data[name] for name in told} == told


def test_who_may_not_and_what_cannot_be_extended_is_refused(permit: People, at: Any) -> None:
    at("2026-03-02")
    case_id = send(permit.lin).case_id
    with pytest.raises(NotFound):
        services.extend_clock(permit.post("boss"), case_id, "lic-decide", "还没有开始")
    with pytest.raises(Conflict):
        services.extend_clock(permit.post("boss"), case_id, "lic-supplement", "法律没有规定")
    do(permit.wu, case_id)
    for actor in (permit.wu, permit.lin):
        with pytest.raises(NotAllowed):
            services.extend_clock(actor, case_id, "lic-decide", "不是我的事")
    at("2026-03-31")
    with pytest.raises(Conflict):
        services.extend_clock(permit.post("boss"), case_id, "lic-decide", "已经过期")


def test_an_extension_does_not_mend_a_promise_that_was_broken(permit: People, at: Any) -> None:
    at("2026-03-02")
    case_id = send(permit.lin).case_id
    do(permit.wu, case_id)
    at("2026-03-18")
    services.extend_clock(permit.post("boss"), case_id, "lic-decide", "需要现场核查")
    one = clock(permit.lin, case_id)
    assert (one.promised_due_on, one.legal_due_on, one.due_on) == (
        date(2026, 3, 16),
        date(2026, 4, 14),
        date(2026, 3, 16),
    )


# ── Deemed ──


def test_an_application_of_which_nothing_was_asked_in_time_counts_as_accepted_from_the_day_received(
    permit: People, at: Any
) -> None:
    at("2026-02-10")
    case_id = send(permit.lin).case_id
    at("2026-02-24")
    assert services.system_deem_missed() == 0
    at("2026-02-25")
    assert services.system_deem_missed() == 1
    assert services.system_deem_missed() == 0
    case = queries.case(permit.lin, case_id)
    assert {one.limit.id: one.state for one in case.clocks} == {
        "lic-supplement": ClockState.MISSED,
        "lic-decide": ClockState.RUNNING,
    }
    deciding = clock(permit.lin, case_id)
    assert (deciding.started_on, deciding.legal_due_on) == (date(2026, 2, 10), date(2026, 3, 16))
    [line] = [line for line in case.course if line.code == "deemed"]
    assert "自收到申请材料之日起即为受理" in line.sentence
    assert "第三十二条" in line.sentence
    assert line.by == "system"


def test_what_was_accepted_in_time_is_not_accepted_twice(permit: People, at: Any) -> None:
    at("2026-02-10")
    case_id = send(permit.lin).case_id
    do(permit.wu, case_id)
    at("2026-03-20")
    assert services.system_deem_missed() == 0
    assert clock(permit.lin, case_id).started_on == date(2026, 2, 10)


# ── A holiday announced late ──


def test_a_holiday_announced_late_moves_open_clocks_tells_so_and_leaves_closed_ones_alone(
    people: People, at: Any
) -> None:
    from yiwang.outbox.models import Event

    at("2026-11-09")
    done, going, later = (send(people.lin).case_id for _ in range(3))
    do(people.wu, done)
    run_jobs()
    services.withdraw(people.lin, later)
    before = {one.case_id: one.due for one in Clock.objects.all()}
    at("2026-11-11")
    holiday("2026-11-12")
    after = {one.case_id: one.due for one in Clock.objects.all()}
    assert before[going] == date(2026, 11, 16)
    assert after[going] == date(2026, 11, 17)
    assert {id: day for id, day in after.items() if id != going} == {
        id: day for id, day in before.items() if id != going
    }
    assert [line.code for line in queries.case(people.lin, going).course][-1] == "clock-recounted"
    [event] = Event.objects.filter(type="case.clock-changed.v1")
    assert (event.subject, event.data["change"], event.data["due_on"]) == (str(going), "recounted", "2026-11-17")
    closed = queries.explain_clock(people.lin, done, "address-confirmed")
    assert closed.rows[-1].on == date(2026, 11, 23)  # counted as it was when it ended
    assert "台风停工" in str(
        [row.sentence for row in queries.explain_clock(people.lin, going, "address-confirmed").rows]
    )


def test_a_calendar_that_changes_elsewhere_moves_nothing(people: People, at: Any) -> None:
    at("2026-11-09")
    case_id = send(people.lin).case_id
    holiday("2026-12-30")
    assert ClockChange.objects.count() == 1
    assert [line.code for line in queries.case(people.lin, case_id).course] == ["submitted", "assigned"]


def test_when_the_year_becomes_official_the_day_is_no_longer_provisional(people: People, at: Any) -> None:
    at("2026-12-28")
    case_id = send(people.lin).case_id
    assert queries.case(people.lin, case_id).due_is_provisional
    body = {**definition("calendar", "holidays-2027"), "provisional": False, "source": "国务院办公厅通知"}
    system_publish_release(system("tests"), [NewDefinition("calendar", "holidays-2027", "base", body)])
    services.system_recount_clocks(system("tests"), current_release())
    assert not queries.case(people.lin, case_id).due_is_provisional


# ── Why on that day ──


def test_the_table_says_each_civil_date_with_its_reason_in_both_languages(people: People, at: Any) -> None:
    at("2026-02-10")
    case_id = send(people.lin).case_id
    chinese = queries.explain_clock(people.lin, case_id, "address-confirmed")
    said = {row.on: (row.number, row.sentence, row.law) for row in chinese.rows}
    assert said[date(2026, 2, 10)] == (0, "期间开始的当日不计算在内", "民法典第二百零一条")
    assert said[date(2026, 2, 14)] == (4, "调休上班的周末", "国务院办公厅关于2026年部分节假日安排的通知")
    assert said[date(2026, 2, 17)] == (0, "节假日：春节", "国务院办公厅关于2026年部分节假日安排的通知")
    assert [row.on for row in chinese.rows if row.is_promised_due] == [date(2026, 2, 24)]
    assert [row.on for row in chinese.rows if row.is_legal_due] == [date(2026, 3, 2)]
    english = queries.explain_clock(people.wu, case_id, "address-confirmed", "en")
    assert {row.on: row.sentence for row in english.rows}[date(2026, 2, 17)] == "Holiday: Spring Festival"
    assert english.clock.limit.length == "10 working days"


def test_who_does_not_see_the_case_does_not_see_its_limits(people: People, at: Any) -> None:
    case_id = send(people.lin).case_id
    for actor in (people.chen, people.fu):
        with pytest.raises(NotFound):
            queries.explain_clock(actor, case_id, "address-confirmed")
    with pytest.raises(NotFound):
        queries.explain_clock(people.lin, case_id, "lic-decide")


def test_what_happened_to_a_clock_cannot_be_rewritten(people: People) -> None:
    from django.db import DatabaseError, transaction

    send(people.lin)
    for change in (
        lambda: ClockChange.objects.update(at=datetime(2020, 1, 1, tzinfo=UTC) + timedelta()),
        lambda: ClockChange.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            change()
