"""Calendars: the days that a year's official notice makes work or free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field, model_validator

from yiwang.acts.values import system
from yiwang.cases.declarations.parts import Text
from yiwang.cases.services import system_recount_clocks
from yiwang.cases.services.recounting import clocks_between
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
    """The exceptions to Monday–Friday in one year 节假日安排.

    off: holidays with the days off around them.  working: weekend days that are worked.  source: the notice that says so.
    provisional: no official notice yet; limits that reach into the year are shown as provisional.
    """

    kind: Literal["calendar"]
    year: int = Field(ge=2000, le=2100)
    provisional: bool = False
    off: tuple[Span, ...] = ()
    working: tuple[date, ...] = ()
    source: str = ""


class CalendarKind(Kind):
    """`calendars/*.yaml`: one year each."""

    name = "calendar"
    folder = "calendars"
    schema = CalendarBody
    order = 20

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Days lie in the year and mean one thing; an official year names its notice; a year is declared once."""
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
        if not body.provisional and not body.source:
            yield one.fault(
                "year", "An official calendar names its notice.", "Add `source:`, or say `provisional: true`."
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.year == body.year:
                yield one.fault(
                    "year", f"{body.year} is also declared in {other.path}.", "Keep one calendar for each year."
                )

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """How many running clocks count a day of that year: they are counted anew."""
        year, id = (
            (new.body.year, new.id) if new is not None else (int(old["year"]), str(old["id"])) if old else (0, "")
        )
        if year and (clocks := clocks_between(date(year, 1, 1), date(year, 12, 31)).count()):
            verb = "retire" if new is None else "change" if old else "add"
            yield Change(self.name, id, verb, f"{clocks} running clocks are counted anew", rows=clocks)

    def apply(self, release: int, changed: Mapping[str, Declaration], retired: Iterable[str]) -> None:
        """Count running clocks anew whose days have changed; tell whose dates moved."""
        _system_recount(release)


def _system_recount(release: int) -> None:
    system_recount_clocks(system("cases.calendar"), release)
