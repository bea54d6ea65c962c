"""Following clocks: the next alarm of each, what fires when, once, and what an end, a pause or another calendar makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from supervision.conftest import (
    CITY_SUPERVISOR,
    DISTRICT_SUPERVISOR,
    OFFICER,
    RED,
    WARNING,
    YELLOW,
    Clock,
    announce_holiday,
    at,
    change_clock,
    decide,
    fired,
    follow,
    send,
    told,
    watching,
)
from support.demo import Demo

from yiwang.kernel.ids import uuid7
from yiwang.supervision.models import Alert, Watching
from yiwang.supervision.services import system_tick
from yiwang.supervision.values import AlertState


def levels(alerts: list[Any]) -> list[tuple[str, Any]]:
    return [(one.level, one.moment) for one in alerts]


def test_a_case_that_is_sent_is_watched_for_its_first_alarm(demo: Demo, clock: Clock) -> None:
    row = watching(send())
    assert (row.next_alarm_at, row.next_level, row.next_watch) == (at(WARNING), "warning", "limits-kept")
    assert row.closed_at is None


def test_nothing_fires_before_its_moment(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(WARNING) - timedelta(minutes=1))
    assert system_tick() == 0
    assert fired(case) == []


def test_each_level_fires_at_its_moment_and_is_told_to_whom_it_concerns(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(WARNING)
    system_tick()
    assert levels(fired(case)) == [("warning", at(WARNING))]
    assert told(case) == [(OFFICER, "预警")]
    assert watching(case).next_alarm_at == at(YELLOW)
    clock.set(YELLOW)
    system_tick()
    clock.set(RED)
    system_tick()
    assert levels(fired(case)) == [("warning", at(WARNING)), ("yellow", at(YELLOW)), ("red", at(RED))]
    assert told(case) == [
        (CITY_SUPERVISOR, "红牌"),
        (CITY_SUPERVISOR, "黄牌"),
        (DISTRICT_SUPERVISOR, "红牌"),
        (DISTRICT_SUPERVISOR, "黄牌"),
        (OFFICER, "红牌"),
        (OFFICER, "预警"),
        (OFFICER, "黄牌"),
    ]
    assert watching(case).next_alarm_at is None


def test_a_jump_of_time_fires_every_level_that_it_skips_in_order_with_its_own_moment(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set("2026-04-20T09:00")
    assert system_tick() == 1
    alerts = fired(case)
    assert levels(alerts) == [("warning", at(WARNING)), ("yellow", at(YELLOW)), ("red", at(RED))]
    assert all(one.fired_at >= at("2026-04-20T09:00") for one in alerts)


def test_nothing_fires_twice_however_often_the_scheduler_comes_by(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set("2026-04-20T09:00")
    for _ in range(3):
        system_tick()
        follow(case)
    assert len(fired(case)) == 3
    assert len(told(case)) == 7


def test_a_clock_on_the_wall_that_goes_back_an_hour_repeats_nothing_and_skips_nothing(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(YELLOW) + timedelta(minutes=5))
    system_tick()
    clock.back(timedelta(hours=1))
    system_tick()
    follow(case)
    assert [one.level for one in fired(case)] == ["warning", "yellow"]
    assert watching(case).next_level == "red"
    clock.set(at(YELLOW) + timedelta(minutes=10))
    system_tick()
    assert [one.level for one in fired(case)] == ["warning", "yellow"]
    clock.set(RED)
    system_tick()
    assert [one.level for one in fired(case)] == ["warning", "yellow", "red"]


def test_a_case_that_ends_in_time_closes_its_watching_and_what_had_only_warned(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(YELLOW) + timedelta(hours=9))
    system_tick()
    decide(case)
    row = watching(case)
    assert (row.next_alarm_at, row.closed_at is None) == (None, False)
    assert {one.state for one in fired(case)} == {AlertState.CLOSED}
    clock.set("2026-04-20T09:00")
    assert system_tick() == 0
    assert len(fired(case)) == 2


def test_an_end_that_was_late_is_red_even_when_the_scheduler_stood_still_all_the_while(
    demo: Demo, clock: Clock
) -> None:
    case = send()
    clock.set(at(RED) + timedelta(hours=9))
    decide(case)
    assert levels(fired(case)) == [("red", at(RED))]
    assert fired(case)[0].state == AlertState.OPEN
    assert watching(case).closed_at is not None


def test_an_end_in_time_is_not_warned_of_afterwards(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(YELLOW) + timedelta(hours=9))
    decide(case)
    assert fired(case) == []


def test_a_late_end_leaves_the_red_card_to_be_explained(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(RED) + timedelta(hours=9))
    system_tick()
    decide(case)
    assert {(one.level, one.state) for one in fired(case)} == {
        ("warning", "open"),
        ("yellow", "open"),
        ("red", "open"),
    }


def test_an_alert_keeps_rule_law_and_arithmetic_as_they_were(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(RED)
    system_tick()
    red = fired(case)[2]
    assert red.rule["zh-Hans"] == "超过时限，还没有办完"
    assert [(one["law"], one["article"]) for one in red.law] == [("中华人民共和国行政许可法", "第六十条")]
    marks = {mark: row["day"] for row in red.arithmetic["rows"] for mark in row["marks"]}
    assert marks == {
        "start": "2026-03-02",
        "promised-due": "2026-03-09",
        "legal-due": "2026-03-16",
        "fired": "2026-03-10",
    }
    assert [row["number"] for row in red.arithmetic["rows"][:8]] == [0, 1, 2, 3, 4, 0, 0, 5]
    assert red.arithmetic["rows"][5]["reason"] == {"zh-Hans": "周末", "en": "Weekend"}
    assert red.duty == "confirm-address"
    assert red.unit.title == "海口市秀英区人民政府海秀街道办事处"
    assert (red.post.title, red.account.login) == ("居住地址核实岗", OFFICER)


def test_a_case_that_nobody_answers_for_fires_too(demo: Demo, clock: Clock) -> None:
    from yiwang.places.models import AreaPlace

    AreaPlace.objects.all().delete()
    case = send()
    clock.set(RED)
    system_tick()
    assert [one.unit_id for one in fired(case)] == [None, None, None]
    assert told(case) == []


def test_a_watching_that_fails_is_put_off_and_keeps_no_other_waiting(
    demo: Demo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yiwang.supervision.checks import stuck_watchings
    from yiwang.supervision.services import following

    broken, sound = send(), send()
    real = following.fire

    def fire(actor: Any, clock: Any, brief: Any, *rest: Any) -> Any:
        if brief.id == broken:
            raise RuntimeError("personal words")
        return real(actor, clock, brief, *rest)

    monkeypatch.setattr(following, "fire", fire)
    clock.set(WARNING)
    system_tick()
    assert fired(broken) == []
    assert len(fired(sound)) == 1
    row = watching(broken)
    assert (row.failures, row.error) == (1, "RuntimeError")
    assert row.next_alarm_at > at(WARNING)
    assert system_tick() == 0
    [finding] = stuck_watchings()
    assert not finding.is_well
    assert "1 turns failed (RuntimeError)" in finding.detail
    monkeypatch.setattr(following, "fire", real)
    clock.set(row.next_alarm_at)
    system_tick()
    assert [one.moment for one in fired(broken)] == [at(WARNING)]
    assert [one.is_well for one in stuck_watchings()] == [True]


def test_doctor_says_when_nobody_takes_what_is_due(demo: Demo, clock: Clock) -> None:
    from yiwang.supervision.checks import stuck_watchings

    send()
    clock.set(at(WARNING) + timedelta(hours=1))
    [finding] = stuck_watchings()
    assert "1 alarms are due since" in finding.detail


def test_the_database_refuses_a_second_alert_for_one_limit_and_the_rewriting_of_one(demo: Demo, clock: Clock) -> None:
    from django.db import IntegrityError, transaction
    from django.db.utils import ProgrammingError

    case = send()
    clock.set(WARNING)
    system_tick()
    [alert] = fired(case)
    for change in ({}, {"moment": at(YELLOW)}, {"length": 9}):
        same = Alert.objects.get(pk=alert.pk)
        same.id = uuid7()
        for name, value in change.items():
            setattr(same, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            same.save(force_insert=True)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(rule={"zh-Hans": "另一条规则"})
    with pytest.raises(ProgrammingError), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).delete()
    assert Watching.objects.filter(case=case).count() == 1


# ── Pauses, extensions, another calendar ────────────────────────────────────────────────────────────────────────────────


def test_a_limit_that_stands_still_waits_for_nothing_and_goes_on_with_what_was_left(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set("2026-03-04T12:00")
    change_clock(case, "pause")
    assert watching(case).next_watch == "pauses-end"
    assert watching(case).closed_at is None
    clock.set("2026-03-20T12:00")
    assert system_tick() == 0
    change_clock(case, "resume")
    assert fired(case) == []
    # Days 1 and 2 were 3 and 4 March; day 3 is Monday the 23rd, day 4 the 24th, day 5 the 25th.
    assert watching(case).next_alarm_at == at("2026-03-24T00:00")
    clock.set("2026-03-26T08:00")
    system_tick()
    assert [(one.level, one.moment) for one in fired(case)] == [
        ("warning", at("2026-03-24T00:00")),
        ("yellow", at("2026-03-25T00:00")),
        ("red", at("2026-03-26T00:00")),
    ]
    assert "paused" not in {mark for row in fired(case)[2].arithmetic["rows"] for mark in row["marks"]}


def test_what_fired_before_a_pause_does_not_fire_again_after_it(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(WARNING) + timedelta(hours=9))
    system_tick()
    change_clock(case, "pause")
    clock.set("2026-03-20T12:00")
    change_clock(case, "resume")
    clock.set("2026-03-23T08:00")
    system_tick()
    assert [(one.level, one.moment) for one in fired(case)] == [
        ("warning", at(WARNING)),
        ("yellow", at("2026-03-23T00:00")),
    ]


def test_an_extended_limit_is_another_limit_and_warns_again(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set(at(YELLOW) + timedelta(hours=9))
    system_tick()
    change_clock(case, "extend", length=5)
    assert [one.level for one in fired(case)] == ["warning", "yellow"]
    # Ten days now, to 16 March: four fifths on the 12th.
    assert (watching(case).next_level, watching(case).next_alarm_at) == ("warning", at("2026-03-12T00:00"))
    clock.set("2026-03-17T08:00")
    system_tick()
    assert [one.level for one in fired(case)] == ["warning", "yellow", "warning", "yellow", "red"]


def test_a_holiday_that_is_announced_late_moves_the_next_alarm(demo: Demo, clock: Clock) -> None:
    case = send()
    clock.set("2026-03-04T08:00")
    announce_holiday("2026-03-05", "2026-03-06")
    follow(case)
    # 3, 4, 9, 10, 11 March are left to count.
    assert watching(case).next_alarm_at == at("2026-03-10T00:00")
    clock.set(at(WARNING))
    assert system_tick() == 0


def test_a_holiday_that_is_announced_after_a_card_leaves_the_card_and_does_not_repeat_it(
    demo: Demo, clock: Clock
) -> None:
    case = send()
    clock.set(at(YELLOW) + timedelta(hours=1))
    system_tick()
    announce_holiday("2026-03-05", "2026-03-06")
    follow(case)
    assert [one.level for one in fired(case)] == ["warning", "yellow"]
    assert (watching(case).next_level, watching(case).next_alarm_at) == ("red", at("2026-03-12T00:00"))
    assert fired(case)[1].arithmetic["due_on"] == "2026-03-09"
