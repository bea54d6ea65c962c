"""Calendars: the days that a year's official notice makes work or free in the nation, and those that a place has of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any, Literal

from pydantic import Field, model_validator

from yiwang.acts.queries import list_definitions
from yiwang.acts.values import system
from yiwang.cases.declarations.parts import Text
from yiwang.cases.services import system_recount_clocks
from yiwang.cases.services.recounting import clocks_that_count, clocks_that_count_hours, days_or_hours_changed
from yiwang.kernel.identifiers import DivisionCode
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Part

__all__ = ["CalendarKind"]


class Span(Part):
    """Days off from the first to the last, both included."""

    title: Text
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if not self.first <= self.last <= self.first + timedelta(days=31):
            raise ValueError("`last` is not before `first`, and at most 31 days after it")
        return self

    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


class CalendarBody(Body):
    """The exceptions to Monday–Friday in one year 节假日安排: of the nation, or of some places alone.

    divisions: codes of the divisions that have these days of their own, with all that lies within: a holiday of a nationality 民族节日, a
    day on which their government stops work 停工; none: the nation. Limits and promises with `calendar: local`, and service hours, follow
    them, and nothing else does.  off: holidays with the days off around them.  working: weekend days that are worked.  source: the notice.
    provisional: no official notice yet; limits that reach into the year are shown as provisional.
    """

    kind: Literal["calendar"]
    year: int = Field(ge=2000, le=2100)
    divisions: tuple[str, ...] = ()
    provisional: bool = False
    off: tuple[Span, ...] = ()
    working: tuple[date, ...] = ()
    source: str = ""


class CalendarKind(Kind):
    """`calendars/*.yaml`: one year of the nation each, or days of some places in one year."""

    name = "calendar"
    folder = "calendars"
    schema = CalendarBody
    order = 20

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Days lie in the year and mean one thing, everywhere; what is official names its notice; a year of the nation is declared once."""
        body: CalendarBody = one.body
        seen: set[date] = set()
        days = [(f"off/{n}", day) for n, span in enumerate(body.off) for day in span.days()]
        days += [(f"working/{n}", day) for n, day in enumerate(body.working)]
        for pointer, day in days:
            if day.year != body.year:
                yield one.fault(pointer, f"{day} is not in {body.year}.", "Put it into the calendar of its own year.")
            if day in seen:
                yield one.fault(pointer, f"{day} stands here twice.", "Keep it once.")
            seen.add(day)
        for n, day in enumerate(body.working):
            if day.weekday() < 5:
                yield one.fault(f"working/{n}", f"{day} is a weekday and worked anyway.", "Delete it.")
        if body.divisions:
            yield from _check_local(one, city)
            return
        if not body.provisional and not body.source:
            yield one.fault(
                "year", "An official calendar names its notice.", "Add `source:`, or say `provisional: true`."
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.year == body.year and not other.body.divisions:
                yield one.fault(
                    "year", f"{body.year} is also declared in {other.path}.", "Keep one calendar for each year."
                )

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """How many running clocks count one of its days, before or after: they are counted anew."""
        bodies = [] if old is None else [old]
        if new is not None:
            bodies.append(new.body.model_dump(mode="json"))
        if bodies and (clocks := max(clocks_that_count(body).count() for body in bodies)):
            verb = "retire" if new is None else "change" if old else "add"
            yield Change(
                self.name, str(bodies[-1]["id"]), verb, f"{clocks} running clocks are counted anew", rows=clocks
            )

    def plan_city(self, city: City) -> Iterable[Change]:
        """The same of service hours: whose these are is known only when all of them stand together."""
        declared = {id: one.body.model_dump(mode="json") for id, one in city.of_kind("service-hours").items()}
        stored = list_definitions("service-hours")
        other = sorted(id for id in declared.keys() | stored.keys() if declared.get(id) != stored.get(id))
        if stored and other and (clocks := clocks_that_count_hours().count()):
            yield Change("service-hours", other[0], "change", f"{clocks} running clocks are counted anew", rows=clocks)

    def apply_city(self, release: int, city: City) -> None:
        """Count running clocks anew whose days or hours have changed; tell whose dates moved."""
        if days_or_hours_changed(release):
            _system_recount(release)


def _check_local(one: Declaration, city: City) -> Iterable[DeclarationFault]:
    """Days of a place rest on a document, leave the holidays of the nation alone, and mean one thing in every division."""
    body: CalendarBody = one.body
    if body.provisional:
        yield one.fault(
            "provisional",
            "Only a year of the nation is provisional.",
            "Delete it; declare the days when they are decided.",
        )
    if not body.source:
        yield one.fault(
            "divisions",
            "A local calendar names the document that gives its days.",
            "Add `source:` with its title and number.",
        )
    for n, code in enumerate(body.divisions):
        if not _is_division(code):
            yield one.fault(
                f"divisions/{n}",
                f"`{code}` is no code of a division.",
                "Write 6, 9 or 12 digits, as the list of divisions has them.",
            )
            return
    holidays = {
        day: other
        for other in city.of_kind(one.kind).values()
        if not other.body.divisions
        for span in other.body.off
        for day in span.days()
    }
    for n, day in enumerate(body.working):
        if day in holidays:
            yield one.fault(
                f"working/{n}",
                f"{day} is a holiday of the nation ({holidays[day].path}): no place may make it a working day.",
                "Choose another weekend day.",
            )
    for other in city.of_kind(one.kind).values():
        if other.id < one.id and other.body.divisions:
            yield from _check_both(one, other)


def _check_both(one: Declaration, other: Declaration) -> Iterable[DeclarationFault]:
    """Two local calendars that stand in one division, wholly or in part, say nothing twice and nothing different."""
    theirs = _kinds(other.body)
    for mine, its in product(one.body.divisions, other.body.divisions):
        if not _is_division(its) or not (DivisionCode(mine).is_within(its) or DivisionCode(its).is_within(mine)):
            continue
        for day, (kind, pointer) in _kinds(one.body).items():
            if day in theirs:
                said = "as well" if theirs[day][0] == kind else "and there it is the contrary"
                yield one.fault(
                    pointer,
                    f"{day} stands for {mine} in {other.path} (for {its}), {said}.",
                    "Keep it in one of the two calendars.",
                )
        return


def _kinds(body: CalendarBody) -> dict[date, tuple[str, str]]:
    """Day → what becomes of it, and where it stands."""
    found = {day: ("off", f"off/{n}") for n, span in enumerate(body.off) for day in span.days()}
    return found | {day: ("working", f"working/{n}") for n, day in enumerate(body.working)}


def _is_division(code: str) -> bool:
    try:
        return DivisionCode.parse(code) == code
    except ValueError:
        return False


def _system_recount(release: int) -> None:
    system_recount_clocks(system("cases.calendar"), release)
