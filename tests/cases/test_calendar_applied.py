"""A holiday that is announced late, through a whole `apply`: open limits move, and whom it concerns is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from support.packs import apply_packs
from support.permit import Town, write_packs

from yiwang.cases import queries
from yiwang.cases.queries.calendars import city_calendar
from yiwang.kernel.time import today
from yiwang.messaging import queries as messages
from yiwang.outbox.services import deliver_due
from yiwang.packs.queries import plan_reading, read_city


def announce(packs: Path, day: date) -> None:
    """A day off more in the calendar of its year."""
    path = packs / "base" / "calendars" / f"holidays-{day.year}.yaml"
    line = f"  - {{title: {{zh-Hans: 台风停工, en: Typhoon}}, first: {day}, last: {day}}}\n"
    path.write_text(path.read_text("utf-8").replace("off:\n", f"off:\n{line}", 1), "utf-8")


def test_a_late_holiday_moves_open_limits_and_whom_it_concerns_is_told(own_town: Town, tmp_path: Path) -> None:
    town, packs = own_town, write_packs(tmp_path / "packs")
    sent = town.send()
    town.does("qin", sent.case_id, "accept")
    done = town.send()
    town.does("qin", done.case_id, "not-accept", "不属于本机关职权")
    ended = queries.case(town.self("mei"), done.case_id).clocks
    [before] = [one for one in queries.case(town.self("mei"), sent.case_id).clocks if one.limit.id == "lic-decide"]
    deliver_due()

    announce(packs, city_calendar().add_working_days(today(), 3).date)
    assert any("counted anew" in one.detail for one in plan_reading(read_city([packs])).changes)
    apply_packs(packs)
    deliver_due()

    case = queries.case(town.self("mei"), sent.case_id)
    [after] = [one for one in case.clocks if one.limit.id == "lic-decide"]
    assert before.due_on is not None
    assert after.due_on == city_calendar().add_working_days(before.due_on, 1).date
    assert case.course[-1].code == "clock-recounted"
    assert queries.case(town.self("mei"), done.case_id).clocks == ended
    told = [one for one in messages.inbox(town.self("mei")).rows if one.title.startswith("放假安排或者服务时间有变")]
    assert len(told) == 1
    assert sent.number in told[0].body
    assert str(after.due_on) in told[0].body
