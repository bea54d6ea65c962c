"""Days off and open windows, for everybody: which calendars stand, and who serves now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import current_release, list_definitions
from yiwang.acts.values import Actor
from yiwang.cases.queries.calendars import calendar_in, calendars
from yiwang.cases.queries.visibility import visible_cases
from yiwang.cases.values.days import CalendarShown, DaysOff, DaysPage, OpenNow, WindowOpen
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.errors import NotFound
from yiwang.kernel.opening import Opening, ServiceHours
from yiwang.kernel.texts import civil_day, text
from yiwang.kernel.time import CITY_ZONE, civil_date, now, today
from yiwang.places.queries import find_division, hours_in_words, windows_at

__all__ = ["days_page", "office_open", "windows_open"]


def windows_open(code: str, language: str = "zh-Hans") -> list[WindowOpen]:
    """The windows that serve a division (all without a code), the nearest first, and whether each is open now."""
    return [
        WindowOpen(one, _open_now(one.service_hours, calendar_in(one.place), language))
        for one in windows_at(code, language)
    ]


def office_open(actor: Actor, case_id: UUID, language: str = "zh-Hans") -> OpenNow | None:
    """Whether the unit that answers for a case serves now, by its own hours; None where nobody answers yet or no hours are declared.

    For whoever sees the case. Raises NotFound.
    """
    found = visible_cases(actor).filter(pk=case_id).values_list("unit_id", flat=True)
    if not found:
        raise NotFound("There is no such case.")
    by, unit_id = calendars(), found[0]
    hours = by.declared_hours(unit_id) if unit_id is not None else None
    return None if hours is None else _open_now(hours, by.local(unit_id), language)


def _open_now(hours: ServiceHours, calendar: WorkingCalendar, language: str) -> OpenNow:
    opening, at = Opening(hours, calendar), now()
    is_open = opening.is_open(at)
    changes_at = opening.closes(at) if is_open else opening.opens(at)
    local = changes_at.astimezone(CITY_ZONE)
    on, time = civil_date(changes_at), f"{local.hour}:{local:%M}"
    with override(language.lower()):
        if is_open:
            said = _("Open now, until {time}").format(time=time)
        elif on == today():
            said = _("Closed now, opens today at {time}").format(time=time)
        elif on == today() + timedelta(days=1):
            said = _("Closed now, opens tomorrow at {time}").format(time=time)
        else:
            said = _("Closed now, opens on {day} at {time}").format(day=civil_day(on, language), time=time)
        if calendar.is_holiday(today()):
            _works, reason, name = calendar.judge(today())
            why = _(reason).format(name=_(name) if isinstance(name, str) and name else text(name, language))
            said = _("{sentence} ({why})").format(sentence=said, why=why)
        return OpenNow(is_open, changes_at, said, hours_in_words(hours, today(), language))


def days_page(language: str = "zh-Hans") -> DaysPage:
    """Every calendar that the release in force declares."""
    shown = [_shown(id, body, language) for id, body in list_definitions("calendar", current_release()).items()]
    shown.sort(key=lambda one: (-one.year, bool(one.places), one.id))
    this_year = today().year
    return DaysPage(
        tuple(one for one in shown if one.year >= this_year), tuple(one for one in shown if one.year < this_year)
    )


def _shown(id: str, body: Mapping[str, Any], language: str) -> CalendarShown:
    return CalendarShown(
        id=id,
        title=text(body["title"], language),
        year=int(body["year"]),
        places=tuple(_place(code) for code in body.get("divisions") or ()),
        source=body.get("source") or "",
        provisional=bool(body.get("provisional")),
        off=tuple(
            DaysOff(text(span["title"], language), date.fromisoformat(span["first"]), date.fromisoformat(span["last"]))
            for span in body["off"]
        ),
        working=tuple(date.fromisoformat(day) for day in body["working"]),
    )


def _place(code: str) -> str:
    division = find_division(code)
    return division.full_title if division is not None else code
