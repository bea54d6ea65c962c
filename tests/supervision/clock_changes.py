"""Changes of a clock that no item of the demonstration city declares: made by the functions that the process calls."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.cases.models import Case, Clock
from yiwang.cases.queries.calendars import calendars
from yiwang.cases.queries.clocks import course_of
from yiwang.cases.services.clocks import add_change, happened, pause_clock, resume_clock, set_dates

PAUSE = "expert-review"


@service("trial.change-clock")
def system_change_clock(actor: Actor, case_id: UUID, change: str, length: int) -> None:
    act = current_act()
    act.about("case", case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    clock = Clock.objects.get(case=case)
    if change == "pause":
        pause_clock(case, clock.limit, PAUSE, act.time)
    elif change == "resume":
        resume_clock(case, clock.limit, act.time)
    else:
        set_dates(clock, case, happened(course_of(clock), "extended", at=act.time, length=length), calendars())
        clock.save()
        add_change(clock, "extended", at=act.time, length=length)
