"""The pack kinds that the places engine owns: divisions, windows, and the hours in which these serve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection
from pydantic import Field, field_validator

from yiwang.kernel.identifiers import DivisionCode
from yiwang.kernel.ids import uuid7
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Part, Reference
from yiwang.kernel.opening import LEAST_HOURS, WEEKDAYS, is_a_service, read_hours
from yiwang.kernel.time import today
from yiwang.places.models import Division
from yiwang.places.rules.divisions import NotATable, check_rows, full_titles, pairs_of, read_rows
from yiwang.places.rules.hours import stands_for_all, week_of

Text = str | dict[str, str]


class WeekBody(Part):
    """One week of service hours.

    since: the civil date from which it holds, until the next one does: summer hours are a week of their own.  weekdays: Monday to Friday,
    as spans such as `08:30-12:00`; monday … sunday: a day that differs; a Saturday or Sunday that is not named is closed, and an empty
    list closes a day.  worked_weekend: of a weekend day that is worked in exchange for a holiday; left out, those of Monday.
    """

    since: date
    weekdays: tuple[str, ...]
    monday: tuple[str, ...] | None = None
    tuesday: tuple[str, ...] | None = None
    wednesday: tuple[str, ...] | None = None
    thursday: tuple[str, ...] | None = None
    friday: tuple[str, ...] | None = None
    saturday: tuple[str, ...] | None = None
    sunday: tuple[str, ...] | None = None
    worked_weekend: tuple[str, ...] | None = None

    @field_validator("weekdays", *WEEKDAYS, "worked_weekend")
    @classmethod
    def _are_spans(cls, spans: tuple[str, ...] | None) -> tuple[str, ...] | None:
        read_hours(spans or ())
        return spans


class ServiceHoursBody(Body):
    """Service hours 服务时间 of windows and of the units behind them.

    divisions: codes of the divisions whose units and windows keep them; units: codes of units that keep other hours than their division,
    with those below them. Neither: the whole city. What is named nearest counts: a unit before its division, a street before its district.
    weeks: the first holds for what came before it, too.  source: the notice that says so, for people.
    """

    divisions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    weeks: tuple[WeekBody, ...] = Field(min_length=1)
    source: str = ""


class ServiceHoursKind(Kind):
    """`service-hours/*.yaml`."""

    name = "service-hours"
    folder = "service-hours"
    schema = ServiceHoursBody
    order = 18

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Every week serves, weeks are in order, and whoever is named keeps one set of hours."""
        body: ServiceHoursBody = one.body
        for n, week in enumerate(body.weeks):
            if n and week.since <= body.weeks[n - 1].since:
                yield one.fault(
                    f"weeks/{n}/since",
                    f"{week.since} does not come after {body.weeks[n - 1].since} above.",
                    "Put the weeks in their order.",
                )
            if not is_a_service(week_of(week.model_dump())):
                yield one.fault(
                    f"weeks/{n}",
                    "From Monday to Friday it is open for less than"
                    f" {LEAST_HOURS.total_seconds() // 3600:.0f} hours in all: a count of service hours would hardly end.",
                    "Write the hours in which it really serves; a window that is closed for good is deleted.",
                )
        for n, code in enumerate(body.divisions):
            if not _is_division(code):
                yield one.fault(
                    f"divisions/{n}",
                    f"`{code}` is no code of a division.",
                    "Write 6, 9 or 12 digits, as the list of divisions has them.",
                )
        yield from self._check_others(one, city)

    def _check_others(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        body: ServiceHoursBody = one.body
        for other in city.of_kind(self.name).values():
            if other.id >= one.id:
                continue
            if stands_for_all(body.units, body.divisions) and stands_for_all(other.body.units, other.body.divisions):
                yield one.fault(
                    "weeks",
                    f"The hours of the whole city are also declared in {other.path}.",
                    "Name `divisions:` or `units:` in one of the two.",
                )
            for key in ("divisions", "units"):
                for n, code in enumerate(getattr(body, key)):
                    if code in getattr(other.body, key):
                        yield one.fault(
                            f"{key}/{n}",
                            f"The hours of `{code}` are also declared in {other.path}.",
                            "Name it in one of the two.",
                        )


class WindowBody(Body):
    """A place where people are served in person 政务服务窗口: a hall, a community desk. Any item may be handed in at any of them.

    place: code of the division that it serves.  hours: id of its service hours.  address, phone, note: for people.
    """

    place: str
    address: Text
    hours: str
    phone: str = ""
    note: Text = ""


class WindowKind(Kind):
    """`windows/*.yaml`."""

    name = "window"
    folder = "windows"
    schema = WindowBody
    order = 20

    def references(self, body: WindowBody) -> Iterable[Reference]:
        """Its hours."""
        yield Reference("hours", "service-hours", body.hours)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The code is one of GB/T 2260, as these are written."""
        if not _is_division(one.body.place):
            yield DeclarationFault(
                one.path,
                one.line("place"),
                f"`{one.body.place}` is no code of a division.",
                "Write 6, 9 or 12 digits, as the list of divisions has them.",
            )


def _is_division(code: str) -> bool:
    try:
        return DivisionCode.parse(code) == code
    except ValueError:
        return False


class PlacesBody(Body):
    """A list of divisions.

    edition: of the source, in its own words.  source: where the list comes from, with licence.  as_of: the civil date on which the
    edition begins to count; what an earlier edition said otherwise ends on this day.  rows: the CSV beside this file.
    """

    edition: str = Field(min_length=1)
    source: str = Field(min_length=1)
    as_of: date
    rows: str = Field(pattern=r"^[a-z0-9-]+\.csv$")


class PlacesKind(Kind):
    """`places/*.yaml`: administrative divisions with real codes and names."""

    name = "places"
    folder = "places"
    schema = PlacesBody
    order = 15

    def source_names(self, body: Any) -> Iterable[str]:
        """The CSV."""
        return (body.rows,)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Every bad row of the CSV, and codes that another list has, too."""
        path = one.path.with_name(one.body.rows)
        if one.body.rows not in one.sources:
            yield DeclarationFault(
                one.path, one.line("rows"), f"There is no file {path}.", "Put the CSV beside this file."
            )
            return
        try:
            rows = read_rows(one.sources[one.body.rows])
        except NotATable as refused:
            yield DeclarationFault(
                path,
                1,
                f"This is no list of divisions: {refused}.",
                "Write CSV in UTF-8; the first line is code,title,level,parent.",
            )
            return
        for fault in check_rows(rows):
            yield DeclarationFault(path, fault.line, fault.message, fault.advice)
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.rows in other.sources:
                yield from self._check_overlap(
                    one, path, {row.code: line for line, row in enumerate(rows, start=2)}, other
                )

    def _check_overlap(
        self, one: Declaration, path: Any, lines: Mapping[str, int], other: Declaration
    ) -> Iterable[DeclarationFault]:
        try:
            theirs = {row.code for row in read_rows(other.sources[other.body.rows])}
        except NotATable:
            return
        for code in sorted(theirs & lines.keys()):
            yield DeclarationFault(
                path,
                lines[code],
                f"The division `{code}` also stands in the list `{other.id}` ({other.path}).",
                "Keep it in one of the two lists.",
            )

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """How many divisions are added, changed and ended."""
        id = new.id if new is not None else str((old or {})["id"])
        added, changed, ended = _difference(id, new)
        verb = "add" if old is None else "change" if new is not None else "retire"
        if added or changed or ended:
            yield Change(
                self.name,
                id,
                verb,
                f"{added} divisions added, {changed} changed, {ended} ended",
                rows=added + changed + ended,
            )

    def apply(self, release: int, changed: Mapping[str, Declaration], retired: Iterable[str]) -> None:
        """Bring the table in line by sets. What is no longer said ends; what is said otherwise ends and begins anew."""
        for one in changed.values():
            _apply(one)
        gone = list(retired)
        if gone:
            day = today()
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE places_division SET valid_to = greatest(valid_from, %s)"
                    " WHERE declared_by = ANY(%s) AND valid_to IS NULL",
                    [day, gone],
                )


_Row = tuple[str, str, str, str, str]  # code, title, full_title, level, parent_code


def _stored(id: str) -> dict[str, _Row]:
    rows = Division.objects.filter(declared_by=id, valid_to__isnull=True)
    return {row[0]: row for row in rows.values_list("code", "title", "full_title", "level", "parent_code")}


def _wanted(one: Declaration) -> dict[str, _Row]:
    rows = read_rows(one.sources[one.body.rows])
    whole = full_titles(rows)
    return {row.code: (row.code, row.title, whole[row.code], row.level, row.parent_code) for row in rows}


def _difference(id: str, new: Declaration | None) -> tuple[int, int, int]:
    stored = _stored(id)
    wanted = {} if new is None else _wanted(new)
    both = stored.keys() & wanted.keys()
    return (
        len(wanted.keys() - stored.keys()),
        sum(stored[code] != wanted[code] for code in both),
        len(stored.keys() - wanted.keys()),
    )


def _apply(one: Declaration) -> None:
    stored, wanted = _stored(one.id), _wanted(one)
    over = [code for code, row in stored.items() if wanted.get(code) != row]
    fresh = [row for code, row in wanted.items() if stored.get(code) != row]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE places_division SET valid_to = greatest(valid_from, %s) WHERE code = ANY(%s) AND valid_to IS NULL",
            [one.body.as_of, over],
        )
        cursor.execute(
            "UPDATE places_division SET edition = %s WHERE declared_by = %s AND valid_to IS NULL",
            [one.body.edition, one.id],
        )
    Division.objects.bulk_create(
        (
            Division(
                id=uuid7(),
                code=code,
                title=title,
                full_title=whole,
                level=level,
                parent_code=parent,
                valid_from=one.body.as_of,
                edition=one.body.edition,
                declared_by=one.id,
                pairs=pairs_of(whole),
            )
            for code, title, whole, level, parent in fresh
        ),
        batch_size=5_000,
    )
