"""Every read of the places engine. Divisions are public; which unit answers for a place is, too."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import Prepared, current_release, definition, list_definitions, release_id
from yiwang.kernel.errors import FieldFault, NotFound, msgid
from yiwang.kernel.opening import Hours, ServiceHours, Week
from yiwang.kernel.remembering import remembered
from yiwang.kernel.texts import text as text_in
from yiwang.kernel.time import today
from yiwang.places.models import AreaDuty, Division
from yiwang.places.rules.divisions import search_terms
from yiwang.places.rules.hours import hours_id, service_hours
from yiwang.places.values import AreaOfDuty, DivisionView, WindowView

__all__ = [
    "ancestors",
    "answered_by",
    "areas_of_unit",
    "areas_with_duty",
    "children",
    "city",
    "decided_by",
    "division",
    "find_division",
    "full_title",
    "hours_in_words",
    "hours_of_unit",
    "is_within",
    "roots",
    "search_places",
    "spans_in_words",
    "units_answering",
    "windows_at",
]

MOST_RESULTS = 100
_AROUND = """
    WITH RECURSIVE around (code, parent_code, step) AS (
      SELECT code, parent_code, 0 FROM places_division
       WHERE code = %(code)s AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)
      UNION ALL
      SELECT d.code, d.parent_code, step + 1 FROM places_division d JOIN around ON d.code = around.parent_code
       WHERE d.valid_from <= %(on)s AND (d.valid_to IS NULL OR d.valid_to > %(on)s) AND step < 10)
"""
_ANCESTORS = _AROUND + " SELECT code FROM around ORDER BY step"  # noqa: S608 - two constants
_ANSWERING = (
    _AROUND  # noqa: S608 - two constants
    + """, answers (step, unit_id) AS (
      SELECT around.step, d.unit_id FROM around
        JOIN places_areaplace p ON p.place_code = around.code
         AND p.valid_from <= %(on)s AND (p.valid_to IS NULL OR p.valid_to > %(on)s)
        JOIN places_areaduty d ON d.area_id = p.area_id AND d.duty = %(duty)s
         AND d.valid_from <= %(on)s AND (d.valid_to IS NULL OR d.valid_to > %(on)s))
    SELECT DISTINCT unit_id FROM answers WHERE step = (SELECT min(step) FROM answers) ORDER BY unit_id
"""
)
_DECIDING = """
    WITH RECURSIVE asked (place, duty) AS (SELECT DISTINCT * FROM unnest(%(places)s::text[], %(duties)s::text[])),
    around (place, code, parent_code, step) AS (
      SELECT asked.place, d.code, d.parent_code, 0 FROM (SELECT DISTINCT place FROM asked) asked
        JOIN places_division d ON d.code = asked.place
         AND d.valid_from <= %(on)s AND (d.valid_to IS NULL OR d.valid_to > %(on)s)
      UNION ALL
      SELECT around.place, d.code, d.parent_code, step + 1 FROM places_division d JOIN around ON d.code = around.parent_code
       WHERE d.valid_from <= %(on)s AND (d.valid_to IS NULL OR d.valid_to > %(on)s) AND step < 10),
    answers AS (
      SELECT asked.place, asked.duty, d.area_id, step, min(step) OVER (PARTITION BY asked.place, asked.duty) AS nearest
        FROM asked JOIN around ON around.place = asked.place
        JOIN places_areaplace p ON p.place_code = around.code
         AND p.valid_from <= %(on)s AND (p.valid_to IS NULL OR p.valid_to > %(on)s)
        JOIN places_areaduty d ON d.area_id = p.area_id AND d.duty = asked.duty
         AND d.valid_from <= %(on)s AND (d.valid_to IS NULL OR d.valid_to > %(on)s))
    SELECT DISTINCT place, duty FROM answers WHERE step = nearest AND area_id = ANY(%(areas)s::uuid[])
"""
TRIGRAM = 3
"""Characters from which the trigram index answers; shorter names are found by their pairs."""


def find_division(code: str, on: date | None = None) -> DivisionView | None:
    """The division with this code on the civil date `on` (default today), or None. One query."""
    row = _DIVISION.first(code, on or today())
    return None if row is None else _view(row)


def division(code: str, on: date | None = None) -> DivisionView:
    """The division with this code on the civil date `on` (default today). Raises NotFound. One query."""
    found = find_division(code, on)
    if found is None:
        raise NotFound(msgid("There is no division with the code {code}."), code=code)
    return found


def children(code: str, on: date | None = None) -> list[DivisionView]:
    """The divisions directly within `code`, by code, for pickers; empty at the lowest level. One query."""
    return [_view(row) for row in _CHILDREN(code, on or today())]


def roots(on: date | None = None) -> list[DivisionView]:
    """The topmost divisions, by code. One query."""
    return children("", on)


def city(on: date | None = None) -> DivisionView | None:
    """The division that this installation governs: the smallest one around all counties; None before places are applied.

    One query for each level.
    """
    found, level = None, roots(on)
    while len(level) == 1 and level[0].level in {"province", "city"}:
        found = level[0]
        level = children(found.code, on)
    return found


def full_title(code: str, on: date | None = None) -> str:
    """The titles from the province down, joined as addresses are written. Raises NotFound. One query."""
    return division(code, on).full_title


def ancestors(code: str, on: date | None = None) -> list[str]:
    """`code` and the codes of the divisions around it, the smallest first; empty for an unknown code.

    One query, once in an act or a request.
    """
    day = on or today()
    return remembered(("ancestors", code, day), lambda: _asked(_ANCESTORS, code, day))


def is_within(code: str, ancestor: str, on: date | None = None) -> bool:
    """Whether the division `code` is `ancestor` or lies within it; False for an unknown code. One query."""
    return ancestor in ancestors(code, on)


def search_places(text: str, within: str = "", limit: int = 20) -> list[DivisionView]:
    """Find divisions of today by words of their full title, all of which must occur; best first.

    A place whose own title equals a word comes first, then titles that begin with one, then titles that contain one, then those
    found by what lies around them; higher levels first.  within: only divisions within this code (itself included).  limit: at
    most 100. Empty for an empty text. One query; words of three characters and more by trigrams, of two by pairs.
    """
    terms = search_terms(text)
    if not terms or limit < 1:
        return []
    rows = _standing(None)
    for term in terms:
        if len(term) >= TRIGRAM:
            rows = rows.filter(full_title__contains=term)
        elif len(term) == TRIGRAM - 1:
            rows = rows.filter(pairs__contains=[term])
        else:
            rows = rows.filter(title__contains=term)
    if within:
        rows = rows.filter(Q(code__in=_codes_within(within)))
    last = terms[-1]
    rank = Case(
        When(title=last, then=Value(0)),
        When(title__startswith=last, then=Value(1)),
        When(title__contains=last, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    found = rows.annotate(rank=rank).order_by("rank", Length(F("code")), "code")
    return [_view(row) for row in found[: min(limit, MOST_RESULTS)]]


def units_answering(place_code: str, duty: str, on: date | None = None) -> list[UUID]:
    """The units that answer for the duty at a place on the civil date `on` (default today).

    The area of the smallest division around the place decides: a community's own area goes before its street's. More than one
    unit only when areas of the same division overlap; empty when nobody answers. One query.
    """
    return _asked(_ANSWERING, place_code, on or today(), duty=duty)


def decided_by(areas: Collection[UUID], asked: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of places and duties, those for which one of these areas decides today who answers. One query, however many are asked."""
    if not areas or not asked:
        return set()
    places, duties = zip(*asked, strict=True)
    given: dict[str, Any] = {"places": list(places), "duties": list(duties), "areas": list(areas), "on": today()}
    with connection.cursor() as cursor:
        cursor.execute(_DECIDING, given)
        return set(cursor.fetchall())


def answered_by(unit_id: UUID) -> list[tuple[UUID, str]]:
    """The areas for which a unit answers today or later, by code: id and title. One query."""
    found = AreaDuty.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today()), unit_id=unit_id)
    return list(found.order_by("area__code").values_list("area_id", "area__title").distinct())


def units_with_duty(duty: str) -> tuple[str, ...]:
    """Titles of the units that answer for the duty somewhere today, each once, by its code; they are public. One query."""
    found = AreaDuty.objects.filter(_in_force("", today()), duty=duty).order_by("unit__code")
    return tuple(dict.fromkeys(found.values_list("unit__title", flat=True)))


def who_answers() -> str:
    """Who answers for what, as one SQL expression: differs as soon as `units_with_duty` would for some duty.

    For who asks for it together with other things in one statement.
    """
    return (
        "(SELECT md5(COALESCE(string_agg(concat_ws(' ', answer.id, answer.unit_id, answer.valid_from, answer.valid_to, unit.title), ','"
        " ORDER BY answer.id), '')) FROM places_areaduty answer JOIN identity_unit unit ON unit.id = answer.unit_id)"
    )


def areas_with_duty(duty: str, most: int = 200) -> list[AreaOfDuty]:
    """Where a unit answers for the duty today, by code of the area; at most `most`. One query."""
    found = AreaDuty.objects.filter(_in_force("", today()), duty=duty).order_by("area__code")
    rows = found.values_list("area__title", "unit_id", "unit__title", "valid_from")[:most]
    return [AreaOfDuty(*row) for row in rows]


def areas_of_unit(unit_id: UUID) -> list[FieldFault]:
    """Why the unit cannot be closed: it answers for areas, today or later. One query."""
    found = AreaDuty.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today()), unit_id=unit_id)
    titles = list(found.order_by("area__code").values_list("area__title", flat=True).distinct())
    if not titles:
        return []
    named = "、".join(titles[:3])
    return [
        FieldFault(
            "",
            "answers-for-areas",
            msgid("It answers for {number} areas of responsibility ({named}); hand them over first."),
            {"number": len(titles), "named": named},
        )
    ]


def windows_at(code: str, language: str = "zh-Hans") -> list[WindowView]:
    """The windows that serve the division `code`: its own and those of the divisions around it, the nearest first; all without a code."""
    around = ancestors(code) if code else []
    release = current_release()
    found = []
    for id, body in list_definitions("window", release).items():
        if code and body["place"] not in around:
            continue
        hours = _hours(release_id(release), release, body["hours"])
        found.append(
            WindowView(
                id=id,
                title=text_in(body["title"], language),
                place=body["place"],
                address=text_in(body["address"], language),
                hours=hours_in_words(hours, today(), language),
                service_hours=hours,
                phone=body["phone"],
                note=text_in(body["note"], language),
            )
        )
    return sorted(found, key=lambda one: (around.index(one.place) if code else 0, one.place, one.id))


# ── Service hours ───────────────────────────────────────────────────────────────────────────────────────────────────────


def hours_of_unit(division: str, units: Sequence[str], release: int | None = None) -> ServiceHours | None:
    """The service hours of a unit in a release, by default the one in force; None when none are declared for it or for the whole city.

    division: code of the unit's.  units: codes of the unit and of those above it, the nearest first.
    """
    number = current_release() if release is None else release
    if number == 0:
        return None
    id = hours_id(list_definitions("service-hours", number), division, units)
    return _hours(release_id(number), number, id) if id else None


@lru_cache(maxsize=256)
def _hours(id: UUID, release: int, name: str) -> ServiceHours:
    return service_hours(definition("service-hours", name, release))


def hours_in_words(hours: ServiceHours, on: date, language: str = "zh-Hans") -> str:
    """The week that holds on a civil date, days of the same hours together; days that are closed are left out."""
    with override(language.lower()):
        return _("; ").join(_in_words(hours.week(on)))


def _in_words(week: Week) -> Iterator[str]:
    names = [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
    ]  # fmt: skip
    for hours, group in groupby(range(7), key=lambda number: week.days[number]):
        days = list(group)
        if not hours:
            continue
        first, last = names[days[0]], names[days[-1]]
        if len(days) > 1:
            first = _("{first} to {last}").format(first=first, last=last)
        yield f"{first} {spans_in_words(hours)}"
    if week.worked_weekend is not None and week.worked_weekend != week.days[0]:
        shown = spans_in_words(week.worked_weekend) or _("closed")
        yield _("weekends that are worked: {hours}").format(hours=shown)


def spans_in_words(hours: Hours) -> str:
    """`8:30–12:00, 14:30–17:30`, in the language that is active; empty when it is closed."""
    return _(", ").join(f"{first.hour}:{first:%M}–{last.hour}:{last:%M}" for first, last in hours)


def _standing(on: date | None) -> QuerySet[Division]:
    return Division.objects.filter(_in_force("", on or today()))


def _asked(sql: str, code: str, day: date, **more: str) -> list[Any]:
    """The first column of every row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"code": code, "on": day, **more})
        return [row[0] for row in cursor.fetchall()]


def _in_force(path: str, day: date) -> Q:
    still = Q(**{f"{path}valid_to__isnull": True}) | Q(**{f"{path}valid_to__gt": day})
    return Q(**{f"{path}valid_from__lte": day}) & still


_DIVISION = Prepared(lambda code, on: _standing(on).filter(code=code).order_by("-valid_from")[:1], str, date)
_CHILDREN = Prepared(lambda code, on: _standing(on).filter(parent_code=code).order_by("code"), str, date)


def _codes_within(ancestor: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE inside (code) AS ("
            "  SELECT %(code)s::text UNION SELECT d.code FROM places_division d JOIN inside ON d.parent_code = inside.code"
            "   WHERE d.valid_from <= %(on)s AND (d.valid_to IS NULL OR d.valid_to > %(on)s))"
            " SELECT code FROM inside",
            {"code": ancestor, "on": today()},
        )
        return [row[0] for row in cursor.fetchall()]


def _view(row: Division) -> DivisionView:
    return DivisionView(
        row.code, row.title, row.full_title, row.level, row.parent_code, row.valid_from, row.valid_to, row.edition
    )
