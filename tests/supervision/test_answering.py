"""Who sees an alert, and what people say to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from supervision.conftest import (
    CITY_SUPERVISOR,
    DISTRICT_SUPERVISOR,
    OFFICER,
    OTHER_OFFICER,
    RED,
    Clock,
    announce_holiday,
    at,
    fired,
    follow,
    officer,
    resident,
    send,
    watching,
)
from support.demo import Demo

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.supervision import queries, services
from yiwang.supervision.services import system_tick
from yiwang.supervision.values import AlertFilter, AlertNotOpen, AlertState, Level


@pytest.fixture
def red(demo: Demo, clock: Clock) -> Any:
    """The red card of a case at 海秀街道 that is over its limit."""
    case = send()
    clock.set(at(RED) + timedelta(hours=9))
    system_tick()
    return fired(case)[2]


def test_the_city_s_and_the_district_s_supervisor_see_it_and_its_unit_does(red: Any) -> None:
    for login in (CITY_SUPERVISOR, DISTRICT_SUPERVISOR, OFFICER):
        view = queries.alert(officer(login), red.id)
        assert view.line.level is Level.RED
        assert view.line.unit_title == "海口市秀英区人民政府海秀街道办事处"
    assert queries.alert(officer(OFFICER), red.id).sees_case
    assert not queries.alert(officer(DISTRICT_SUPERVISOR), red.id).sees_case


def test_for_everybody_else_it_does_not_exist(red: Any) -> None:
    for actor in (officer(OTHER_OFFICER), resident(), VISITOR, officer("aud.admin"), officer("sys.admin")):
        with pytest.raises(NotFound):
            queries.alert(actor, red.id)
        assert queries.alerts_on_cases(actor, [red.case_id]) == {}
    for actor in (officer(OTHER_OFFICER), officer(OFFICER), officer("aud.admin")):
        with pytest.raises(NotAllowed):
            queries.list_alerts(actor)


def test_a_supervisor_of_one_district_sees_nothing_of_another(red: Any, demo: Demo, clock: Clock) -> None:
    elsewhere = send(demo.village("中山街道"))
    clock.set("2026-04-20T09:00")
    system_tick()
    everywhere = {one.case_id for one in queries.list_alerts(officer(CITY_SUPERVISOR)).rows}
    assert everywhere == {red.case_id, elsewhere}
    assert {one.case_id for one in queries.list_alerts(officer(DISTRICT_SUPERVISOR)).rows} == {red.case_id}
    [alert, *_] = fired(elsewhere)
    with pytest.raises(NotFound):
        queries.alert(officer(DISTRICT_SUPERVISOR), alert.id)


def test_the_list_is_filtered_and_counted(red: Any) -> None:
    actor = officer(CITY_SUPERVISOR)
    everything = queries.list_alerts(actor)
    assert [one.level for one in everything.rows] == [Level.RED, Level.YELLOW, Level.WARNING]
    assert dict(everything.counts.by_level) == {Level.RED: 1, Level.YELLOW: 1, Level.WARNING: 1}
    assert list(everything.counts.items) == [red.item]
    only = queries.list_alerts(actor, AlertFilter(level="yellow", unit_id=red.unit_id, item=red.item, state="open"))
    assert [one.level for one in only.rows] == [Level.YELLOW]
    assert queries.list_alerts(actor, AlertFilter(unit_id=uuid4())).rows == ()
    with pytest.raises(Invalid):
        queries.list_alerts(actor, AlertFilter(level="orange"))
    with pytest.raises(Invalid):
        queries.list_alerts(actor, AlertFilter(state="lost"))


def test_a_list_goes_on_where_it_stopped(red: Any) -> None:
    actor = officer(CITY_SUPERVISOR)
    first = queries.list_alerts(actor, limit=2)
    assert first.next is not None
    second = queries.list_alerts(actor, cursor=first.next, limit=2)
    assert [one.level for one in (*first.rows, *second.rows)] == [Level.RED, Level.YELLOW, Level.WARNING]
    assert second.next is None


def test_a_list_costs_the_same_however_long_it_is(red: Any, clock: Clock, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        send()
    clock.set("2026-04-20T09:00")
    system_tick()
    actor = officer(CITY_SUPERVISOR)
    with django_assert_max_num_queries(11):
        assert len(queries.list_alerts(actor).rows) == 12


def test_the_worst_alert_of_a_case_comes_first(red: Any) -> None:
    [lines] = queries.alerts_on_cases(officer(OFFICER), [red.case_id, uuid4()]).values()
    assert [one.level for one in lines] == [Level.RED, Level.YELLOW, Level.WARNING]


def test_the_unit_explains_and_the_supervisor_closes(red: Any) -> None:
    view = services.explain(officer(OFFICER), red.id, "上门三次没有见到申请人，本周内办完。")
    assert view.line.state is AlertState.EXPLAINED
    view = services.close(officer(DISTRICT_SUPERVISOR), red.id, "说明属实，已督促。")
    assert view.line.state is AlertState.CLOSED
    assert [(one.state, one.who, one.words) for one in view.course] == [
        ("explained", "海口市秀英区人民政府海秀街道办事处 居住地址核实岗", "上门三次没有见到申请人，本周内办完。"),
        ("closed", "海口市秀英区人民政府 效能监察岗", "说明属实，已督促。"),
    ]
    with pytest.raises(AlertNotOpen):
        services.explain(officer(OFFICER), red.id, "还有一点")
    with pytest.raises(AlertNotOpen):
        services.close(officer(DISTRICT_SUPERVISOR), red.id, "再关一次")


def test_who_may_do_what_is_said_with_the_alert(red: Any) -> None:
    unit = queries.alert(officer(OFFICER), red.id)
    supervisor = queries.alert(officer(DISTRICT_SUPERVISOR), red.id)
    assert (unit.may_explain, unit.may_close, unit.may_withdraw) == (True, False, False)
    assert (supervisor.may_explain, supervisor.may_close, supervisor.may_withdraw) == (False, True, True)


def test_nobody_does_the_work_of_the_other(red: Any) -> None:
    with pytest.raises(NotAllowed):
        services.explain(officer(DISTRICT_SUPERVISOR), red.id, "替单位说明")
    for act in (services.close, services.withdraw):
        with pytest.raises(NotAllowed):
            act(officer(OFFICER), red.id, "自己了结")
    for act in (services.explain, services.close, services.withdraw):
        with pytest.raises((NotAllowed, NotFound)):
            act(officer(OTHER_OFFICER), red.id, "别的街道")


def test_nobody_closes_or_withdraws_an_alert_on_his_own_work(red: Any) -> None:
    from yiwang.supervision.models import Alert

    supervisor = officer(DISTRICT_SUPERVISOR)
    own = Alert.objects.get(pk=red.pk)
    own.pk, own.id = None, uuid4()
    own.moment, own.length, own.account_id = own.moment + timedelta(days=1), 9, supervisor.account_id
    own._state.adding = True
    own.save(force_insert=True)
    view = queries.alert(supervisor, own.id)
    assert (view.may_close, view.may_withdraw) == (False, False)
    for act in (services.close, services.withdraw):
        with pytest.raises(NotAllowed, match="your own work"):
            act(supervisor, own.id, "与我无关")
    services.withdraw(officer(CITY_SUPERVISOR), own.id, "误报")


@pytest.mark.parametrize(
    ("words", "code"), [("", "required"), (" \n", "required"), ("字" * 501, "too-long"), ("\x00", "control-character")]
)
def test_words_are_needed_and_are_checked(red: Any, words: str, code: str) -> None:
    for login, act in ((OFFICER, services.explain), (CITY_SUPERVISOR, services.withdraw)):
        with pytest.raises(Invalid) as refusal:
            act(officer(login), red.id, words)
        assert [one.code for one in refusal.value.faults] == [code]


def test_what_was_withdrawn_as_wrong_no_longer_counts_and_does_not_come_back(red: Any) -> None:
    view = services.withdraw(officer(CITY_SUPERVISOR), red.id, "系统停机一天，不应计入。")
    assert view.line.state is AlertState.WITHDRAWN
    assert not view.may_withdraw
    system_tick()
    assert [one.state for one in fired(red.case_id)] == ["open", "open", "withdrawn"]
    counts = queries.list_alerts(officer(CITY_SUPERVISOR)).counts.by_level
    assert counts[Level.RED] == 0


def test_what_was_withdrawn_fires_again_when_the_calendar_gives_it_a_later_moment(red: Any, clock: Clock) -> None:
    services.withdraw(officer(CITY_SUPERVISOR), red.id, "台风停工两天，补发了放假通知。")
    announce_holiday("2026-03-05", "2026-03-06")
    follow(red.case_id)
    assert watching(red.case_id).next_alarm_at == at("2026-03-12T00:00")
    clock.set("2026-03-12T08:00")
    system_tick()
    assert [(one.level, one.state) for one in fired(red.case_id)][-2:] == [("red", "withdrawn"), ("red", "open")]


def test_every_turn_is_told_and_audited_without_the_words(red: Any) -> None:
    from yiwang.audit.models import Entry
    from yiwang.outbox.models import Event

    services.explain(officer(OFFICER), red.id, "一句很特别的话")
    services.withdraw(officer(CITY_SUPERVISOR), red.id, "另一句很特别的话")
    events = Event.objects.filter(subject=str(red.id)).order_by("id")
    assert [one.type for one in events] == ["alert.fired.v1", "alert.explained.v1", "alert.withdrawn.v1"]
    assert {one.data["level"] for one in events} == {"red"}
    entries = Entry.objects.filter(object_kind="alert", object_id=str(red.id))
    assert {one.action for one in entries} == {"alert.explain", "alert.withdraw"}
    everything = str([one.data for one in events]) + str([one.details for one in entries])
    assert "特别" not in everything


def test_an_alert_that_is_no_one_s_is_not_found(red: Any) -> None:
    for act in (services.explain, services.close, services.withdraw):
        with pytest.raises(NotFound):
            act(system("tests"), uuid4(), "说明")
