"""A typhoon in one street, other hours in one hall: whose dates move, whose do not, and who is told, how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from yiwang.acts.queries import current_release, definition
from yiwang.acts.services import system_publish_release
from yiwang.acts.values import NewDefinition, system
from yiwang.cases import queries, services
from yiwang.cases.models import Case, ClockChange
from yiwang.cases.queries.calendars import calendars
from yiwang.cases.rules.diagram import Binding, Node
from yiwang.cases.services.movement import own_due_on
from yiwang.cases.services.recounting import clocks_that_count, clocks_that_count_hours, days_or_hours_changed
from yiwang.cases.values import ClockState
from yiwang.identity.models import Unit
from yiwang.identity.services import move_unit, reorganise, system_load_units, undo_reorganisation
from yiwang.identity.values import Merge, NewUnit
from yiwang.kernel.errors import NotFound
from yiwang.places.services import system_load_areas
from yiwang.places.values import NewArea

from .conftest import ANSWERS, ITEM, NORTH, NOWHERE, SOUTH, People, do, run_jobs
from .conftest import send as send_answers
from .test_clocks import at, clock

__all__ = ["at"]

TYPHOON = {"zh-Hans": "台风停工", "en": "Typhoon"}
NOTICE = "海秀街道停工通告"
SOUTH_STREET, NORTH_STREET, CITY = "460105002", "460105001", "460100"
LIMIT = {
    "kind": "limit", "id": "own-limit", "title": "街道自己定的时限", "extends": "", "length": 5, "unit": "working_days", "counts": "after",
    "rolls": True, "extension": None, "pauses": [], "deemed": None, "calendar": "national", "calendar_law": "", "calendar_article": "",
    "law": "", "article": "", "version": "", "text": "", "verified": "unknown", "vectors": [],
}  # fmt: skip
WEEK: dict[str, Any] = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "worked_weekend")
)


def publish(*new: NewDefinition) -> None:
    """A release with these definitions besides the others, and what follows from it for clocks."""
    system_publish_release(system("tests"), list(new))
    if days_or_hours_changed(current_release()):
        services.system_recount_clocks(system("tests"), current_release())


def off(
    *days: str, division: str = SOUTH_STREET, name: str = "typhoon", working: tuple[str, ...] = ()
) -> NewDefinition:
    """A local calendar with these days off."""
    body = {
        "kind": "calendar", "id": name, "title": TYPHOON, "extends": "", "year": 2026, "provisional": False, "divisions": [division],
        "off": [{"title": TYPHOON, "first": day, "last": day} for day in days], "working": list(working), "source": NOTICE,
    }  # fmt: skip
    return NewDefinition("calendar", name, "small-city", body)


def hours(*weeks: tuple[str, list[str]], name: str = "city", **whose: list[str]) -> NewDefinition:
    """Service hours; of the whole city unless `divisions` or `units` are named."""
    body = {
        "kind": "service-hours", "id": name, "title": "服务时间", "extends": "", "divisions": [], "units": [], "source": "", **whose,
        "weeks": [{**WEEK, "since": since, "weekdays": spans} for since, spans in weeks],
    }  # fmt: skip
    return NewDefinition("service-hours", name, "small-city", body)


def limit(*, promise: int | None = None, promised_by: str = "national", **differs: Any) -> list[NewDefinition]:
    """The item of the small city under a limit that differs so from five working days of the nation."""
    stated = [{"limit": "own-limit", "promise": promise, "calendar": promised_by}]
    item = {**definition("item", ITEM), "clocks": stated}
    return [
        NewDefinition("limit", "own-limit", "small-city", {**LIMIT, **differs}),
        NewDefinition("item", ITEM, "address-statement", item),
    ]


def send(people: People, place: dict[str, str]) -> Any:
    """The case of somebody who lives there."""
    return send_answers(people.lin, {**ANSWERS, "residence.since": "2020-05-01", "residence.address": place}).case_id


def due(people: People, case_id: Any) -> tuple[date | None, date | None]:
    """The promised and the legal last day."""
    one = clock(people.lin, case_id, "own-limit")
    return one.promised_due_on, one.legal_due_on


def due_at(people: People, case_id: Any) -> datetime:
    found = clock(people.lin, case_id, "own-limit").due_at
    assert isinstance(found, datetime)
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


def recounted(case_id: Any) -> int:
    return ClockChange.objects.filter(clock__case=case_id, change="recounted").count()


# ── A day off of one place ──


def test_a_typhoon_in_one_street_moves_its_limits_and_no_others(people: People, at: Any) -> None:
    publish(*limit(calendar="local"))
    at("2026-11-20")
    south, north = send(people, SOUTH), send(people, NORTH)
    assert due(people, south) == due(people, north) == (None, date(2026, 11, 27))
    publish(off("2026-11-24"))
    assert due(people, south) == (None, date(2026, 11, 30))
    assert due(people, north) == (None, date(2026, 11, 27))
    assert (recounted(south), recounted(north)) == (1, 0)


def test_a_day_off_of_the_city_holds_in_its_streets_and_that_of_another_city_does_not(people: People, at: Any) -> None:
    publish(*limit(calendar="local"))
    at("2026-11-20")
    south = send(people, SOUTH)
    publish(off("2026-11-24", division=CITY))
    assert due(people, south) == (None, date(2026, 11, 30))
    publish(off("2026-11-25", division="469030", name="elsewhere"))
    assert due(people, south) == (None, date(2026, 11, 30))


def test_a_limit_of_the_nation_stands_still_for_no_local_day(people: People, at: Any) -> None:
    publish(*limit())
    at("2026-11-20")
    south = send(people, SOUTH)
    publish(off("2026-11-24"))
    assert due(people, south) == (None, date(2026, 11, 27))
    assert recounted(south) == 0


def test_a_promise_follows_the_place_within_a_limit_that_does_not(people: People, at: Any) -> None:
    publish(*limit(promise=3, promised_by="local"))
    at("2026-11-20")
    south, north = send(people, SOUTH), send(people, NORTH)
    publish(off("2026-11-24"))
    assert due(people, south) == (date(2026, 11, 26), date(2026, 11, 27))
    assert due(people, north) == (date(2026, 11, 25), date(2026, 11, 27))


def test_a_case_that_comes_after_the_notice_is_counted_with_it_from_the_start(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    assert [due(people, send(people, place))[1] for place in (SOUTH, NORTH)] == [date(2026, 11, 30), date(2026, 11, 27)]


def test_a_weekend_that_is_worked_in_one_place_counts_there(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24", working=("2026-11-28",)))
    at("2026-11-20")
    assert due(people, send(people, SOUTH))[1] == date(2026, 11, 28)


def test_a_day_off_that_is_taken_back_brings_the_date_back(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    south = send(people, SOUTH)
    publish(off())
    assert due(people, south) == (None, date(2026, 11, 27))
    assert recounted(south) == 1


def test_what_has_ended_keeps_its_dates(people: People, at: Any) -> None:
    publish(*limit(calendar="local"))
    at("2026-11-20")
    south = send(people, SOUTH)
    do(people.wu, south)
    run_jobs()
    before = queries.case(people.lin, south).clocks
    publish(off("2026-11-24"))
    assert queries.case(people.lin, south).clocks == before
    assert before[0].state is ClockState.MET
    assert recounted(south) == 0


def test_a_change_of_a_title_or_document_moves_nothing(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    south = send(people, SOUTH)
    again = off("2026-11-24")
    publish(NewDefinition("calendar", "typhoon", "small-city", {**again.body, "source": "更正通告"}))
    assert recounted(south) == 0


def test_the_table_names_the_local_day_with_its_document(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    explained = queries.explain_clock(people.lin, send(people, SOUTH), "own-limit")
    [row] = [one for one in explained.rows if one.on == date(2026, 11, 24)]
    assert (row.code, row.sentence, row.law) == ("off", "本地停工、放假：台风停工", NOTICE)
    assert explained.clock.limit.counted_by == "办理单位所在地的地方假日、停工日也不计"


def test_the_table_of_a_limit_of_the_nation_says_which_day_the_promise_does_not_count(people: People, at: Any) -> None:
    publish(*limit(promise=3, promised_by="local"), off("2026-11-24"))
    at("2026-11-20")
    explained = queries.explain_clock(people.lin, send(people, SOUTH), "own-limit")
    [row] = [one for one in explained.rows if one.on == date(2026, 11, 24)]
    assert (row.code, row.sentence, row.law) == ("counted", "工作日；承诺时限：本地停工、放假：台风停工", NOTICE)


# ── Service hours ──

OFFICE = ["08:30-12:00", "14:30-17:30"]


def in_hours(length: int = 2) -> list[NewDefinition]:
    return limit(unit="service_hours", length=length)


def test_a_limit_in_service_hours_ends_within_the_hours_of_its_street(people: People, at: Any) -> None:
    early = hours(("2026-01-01", ["08:00-12:00"]), name="south", divisions=[SOUTH_STREET])
    publish(*in_hours(3), hours(("2026-01-01", OFFICE)), early)
    at("2026-11-20")  # ten in the morning
    assert due_at(people, send(people, NORTH)) == moment("2026-11-20T15:30")
    assert due_at(people, send(people, SOUTH)) == moment("2026-11-23T09:00")


def test_a_unit_that_is_named_goes_before_its_division(people: People, at: Any) -> None:
    street = hours(("2026-01-01", ["08:00-12:00"]), name="street", divisions=[SOUTH_STREET])
    unit = hours(("2026-01-01", ["08:00-20:00"]), name="unit", units=["south"])
    publish(*in_hours(3), hours(("2026-01-01", OFFICE)), street, unit)
    at("2026-11-20")
    assert due_at(people, send(people, SOUTH)) == moment("2026-11-20T13:00")


def test_a_typhoon_closes_the_window_of_its_street_alone(people: People, at: Any) -> None:
    publish(*in_hours(8), hours(("2026-01-01", OFFICE)))
    at("2026-11-19")
    south, north = send(people, SOUTH), send(people, NORTH)
    assert due_at(people, south) == due_at(people, north) == moment("2026-11-20T11:30")
    publish(off("2026-11-20"))
    assert due_at(people, south) == moment("2026-11-23T11:30")
    assert due_at(people, north) == moment("2026-11-20T11:30")
    assert (recounted(south), recounted(north)) == (1, 0)


def test_other_hours_of_one_street_move_its_limits_within_the_day_and_no_others(people: People, at: Any) -> None:
    publish(*in_hours(3), hours(("2026-01-01", OFFICE)))
    at("2026-11-20")
    south, north = send(people, SOUTH), send(people, NORTH)
    publish(hours(("2026-01-01", ["08:30-17:30"]), name="south", divisions=[SOUTH_STREET]))
    assert due_at(people, south) == moment("2026-11-20T13:00")
    assert due_at(people, north) == moment("2026-11-20T15:30")
    assert (recounted(south), recounted(north)) == (1, 0)


def test_winter_hours_that_begin_later_touch_nothing_before(people: People, at: Any) -> None:
    publish(*in_hours(3), hours(("2026-01-01", OFFICE)))
    at("2026-11-20")
    today = send(people, SOUTH)
    publish(hours(("2026-01-01", OFFICE), ("2026-12-01", ["09:00-12:00", "14:00-17:00"])))
    assert recounted(today) == 0
    at("2026-12-01")
    assert due_at(people, send(people, SOUTH)) == moment("2026-12-01T15:00")


def test_hours_that_no_release_declares_any_more_still_count_for_the_case_that_began_with_them(
    people: People, at: Any
) -> None:
    publish(*in_hours(3), hours(("2026-01-01", OFFICE)))
    at("2026-11-20")
    case_id = send(people, SOUTH)
    system_publish_release(system("tests"), [], [("service-hours", "city")])
    services.system_recount_clocks(system("tests"), current_release())
    assert due_at(people, case_id) == moment("2026-11-20T15:30")
    assert recounted(case_id) == 0


def test_the_table_names_the_hours_that_were_counted(people: People, at: Any) -> None:
    publish(*in_hours(8), hours(("2026-01-01", OFFICE)), off("2026-11-20"))
    at("2026-11-19")
    explained = queries.explain_clock(people.lin, send(people, SOUTH), "own-limit")
    told = [(row.on.day, row.number, row.sentence) for row in explained.rows]
    assert told == [
        (19, 0, "只计窗口开着的时间，从事情发生的时刻算起"),
        (19, 5, "窗口开着，计入：10:00–12:00、14:30–17:30"),
        (20, 0, "本地停工、放假：台风停工"),
        (21, 0, "周末"),
        (22, 0, "周末"),
        (23, 8, "窗口开着，计入：8:30–11:30"),
        (23, 8, "8 个服务小时到 11:30 期满"),
    ]
    one = explained.clock
    assert (one.limit.length, one.hours, one.at_an_instant) == (
        "8 个服务小时",
        "周一至周五 8:30–12:00、14:30–17:30",
        True,
    )


def test_who_may_not_see_the_case_is_told_nothing_of_its_hours(people: People, at: Any) -> None:
    publish(*in_hours(), hours(("2026-01-01", OFFICE)))
    at("2026-11-20")
    case_id = send(people, SOUTH)
    with pytest.raises(NotFound):
        queries.explain_clock(people.chen, case_id, "own-limit")


# ── Who answers later, and who is told ──


def test_whoever_answers_later_brings_the_days_of_his_place(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    case_id = send(people, NOWHERE)
    assert due(people, case_id)[1] == date(2026, 11, 27)
    area = NewArea("late", "长流镇责任区", frozenset({"460105100"}), frozenset({"confirm-address"}), "south")
    system_load_areas(system("tests"), [area], since=date(2026, 1, 1))
    assert services.system_assign_waiting() == 1
    assert due(people, case_id)[1] == date(2026, 11, 30)
    assert [line.code for line in queries.case(people.lin, case_id).course][-2:] == ["assigned", "clock-moved"]


def test_a_case_that_goes_to_another_place_has_the_days_of_that_one(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    north = send(people, NORTH)
    ids = {one.code: one.id for one in Unit.objects.filter(code__in=["north", "south"])}
    merged = reorganise(system("tests"), Merge((ids["north"],), ids["south"]), "机构改革", "琼编〔2026〕12号")
    assert due(people, north)[1] == date(2026, 11, 30)
    undo_reorganisation(system("tests"), merged, "文件撤销")
    assert due(people, north)[1] == date(2026, 11, 27)


def test_the_applicant_has_the_later_of_both_days_to_answer(people: People, at: Any) -> None:
    publish(off("2026-11-24", working=("2026-11-28",)))
    at("2026-11-20")
    case = Case.objects.get(pk=send(people, SOUTH))
    began = moment("2026-11-20T10:00")
    answers = Node("n", "userTask", {}, 1, party="applicant")
    found = [
        own_due_on(case, replace(answers, within=Binding(literal=str(days))), {"parameters": {}}, at=began)
        for days in (3, 5, 6)
    ]
    assert found == [date(2026, 11, 26), date(2026, 11, 28), date(2026, 11, 30)]
    officer = replace(answers, party="", within=Binding(literal="3"))
    assert own_due_on(case, officer, {"parameters": {}}, at=began) == date(2026, 11, 25)


def test_kinds_of_count_that_no_day_off_touches_are_left_alone(people: People, at: Any) -> None:
    publish(*limit(unit="hours", length=48))
    at("2026-11-20")
    send(people, SOUTH)
    assert clocks_that_count(definition("calendar", "holidays-2026")).count() == 0
    assert clocks_that_count(off("2026-11-24").body).count() == 0
    assert clocks_that_count_hours().count() == 0


def test_a_plan_counts_the_clocks_of_the_place_alone(people: People, at: Any) -> None:
    publish(*limit(calendar="local"))
    at("2026-11-20")
    send(people, SOUTH), send(people, NORTH)
    assert clocks_that_count(off("2026-11-24").body).count() == 1
    assert clocks_that_count(off("2026-11-24", division=CITY).body).count() == 2
    assert clocks_that_count(off("2027-11-24", division=CITY).body).count() == 0


# ── A unit that stands elsewhere ──


def inherited() -> list[NewDefinition]:
    """Three service hours; the unit `north` serves in the mornings alone, and so does whoever stands below it."""
    return [
        *limit(length=3, unit="service_hours"),
        hours(("2026-01-01", ["08:00-12:00", "14:00-18:00"])),
        hours(("2026-01-01", ["08:00-12:00"]), name="mornings", units=["north"]),
    ]


def below_north() -> None:
    ids = {one.code: one.id for one in Unit.objects.filter(code__in=["north", "south"])}
    move_unit(system("tests"), ids["south"], ids["north"])


def test_what_runs_in_a_unit_that_stands_elsewhere_is_counted_by_the_hours_of_there(people: People, at: Any) -> None:
    publish(*inherited())
    at("2026-11-20")
    case_id = send(people, SOUTH)
    assert due_at(people, case_id) == moment("2026-11-20T15:00")
    below_north()
    assert due_at(people, case_id) == moment("2026-11-23T09:00")
    explained = queries.explain_clock(people.lin, case_id, "own-limit")
    assert explained.rows[-1].on == explained.clock.due_on == date(2026, 11, 23)
    last = queries.case(people.lin, case_id).course[-1]
    assert (last.code, "办理单位或者它所在的地方有变" in last.sentence) == ("clock-moved", True)
    assert recounted(case_id) == 0


def test_what_has_ended_is_explained_by_the_place_where_it_ended(people: People, at: Any) -> None:
    publish(*inherited())
    at("2026-11-20")
    case_id = send(people, SOUTH)
    do(people.wu, case_id)
    run_jobs()
    before = queries.explain_clock(people.lin, case_id, "own-limit")
    assert before.clock.state is ClockState.MET
    below_north()
    after = queries.explain_clock(people.lin, case_id, "own-limit")
    assert (after.rows, after.sum, after.clock) == (before.rows, before.sum, before.clock)


def test_a_list_of_units_that_puts_one_elsewhere_counts_its_cases_anew(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24", division=SOUTH_STREET))
    at("2026-11-20")
    case_id = send(people, SOUTH)
    assert due(people, case_id)[1] == date(2026, 11, 30)
    unit = Unit.objects.get(code="south")
    parent = unit.parent.code if unit.parent else ""
    moved = NewUnit(unit.code, unit.title, unit.short_title, unit.credit_code, unit.level, NORTH_STREET, parent)
    system_load_units(system("tests"), [moved])
    assert due(people, case_id)[1] == date(2026, 11, 27)


def test_a_case_that_got_its_unit_while_days_are_counted_anew_is_counted_too(people: People, at: Any) -> None:
    publish(*limit(calendar="local"), off("2026-11-24"))
    at("2026-11-20")
    case_id = send(people, SOUTH)
    by = calendars(units=[])
    case = Case.objects.get(pk=case_id)
    assert not by.local(case.unit_id).is_working(date(2026, 11, 24))
