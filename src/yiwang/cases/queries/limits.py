"""Limits as they are declared, and as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from yiwang.acts.queries import current_release, definition, list_definitions, release_id
from yiwang.cases.rules.clocks import Measure
from yiwang.cases.rules.limits import calendar_of
from yiwang.cases.values import ClockUnit, ExtensionAllowed, FactLine, LimitExample, LimitRow, LimitShown
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.texts import text

__all__ = [
    "amount",
    "city_calendar",
    "item_clock",
    "limit_register",
    "limit_shown",
    "limits_of_item",
    "measures",
    "promise_of",
]


def city_calendar(release: int | None = None) -> WorkingCalendar:
    """Working days as a release declares them, by default the one in force: a limit is counted with what is known today."""
    number = current_release() if release is None else release
    return _calendar(release_id(number), number) if number else calendar_of(())


@lru_cache(maxsize=8)
def _calendar(id: UUID, release: int) -> WorkingCalendar:
    return calendar_of(list_definitions("calendar", release).values())


def item_clock(item: Mapping[str, Any], limit: str) -> Mapping[str, Any]:
    """What an item says of one of its limits. Raises LookupError: `check` refuses an item whose process moves other clocks."""
    for one in item["clocks"]:
        if one["limit"] == limit:
            found: Mapping[str, Any] = one
            return found
    raise LookupError(f"The item {item['id']} names no limit {limit}.")


def measures(limit: Mapping[str, Any], promise: int | None) -> tuple[Measure, Measure | None]:
    """The legal and the promised length of a declared limit."""
    legal = Measure(limit["length"], ClockUnit(limit["unit"]), before=limit["counts"] == "before", rolls=limit["rolls"])
    return legal, None if promise is None else replace(legal, length=promise)


def limits_of_item(item: Mapping[str, Any], release: int, language: str) -> tuple[LimitShown, ...]:
    """The limits of an item, as its page tells them."""
    return tuple(
        limit_shown(definition("limit", one["limit"], release), one["promise"], release, language)
        for one in item["clocks"]
    )


def limit_shown(limit: Mapping[str, Any], promise: int | None, release: int, language: str) -> LimitShown:
    """A declared limit in the language of its reader."""
    unit = ClockUnit(limit["unit"])
    extension = limit["extension"]
    with override(language.lower()):
        shown = LimitShown(
            id=limit["id"],
            title=text(limit["title"], language),
            length=amount(limit["length"], unit),
            promise="" if promise is None else amount(promise, unit),
            extension=ExtensionAllowed(
                extension["length"],
                extension["times"],
                amount(extension["length"], unit),
                text(extension["approved_by"], language),
            )
            if extension
            else None,
            pauses=tuple(text(definition("pause", one, release)["title"], language) for one in limit["pauses"]),
            deemed=text(limit["deemed"]["result"], language) if limit["deemed"] else "",
            law=limit["law"],
            article=limit["article"],
            version=limit["version"],
            text=limit["text"],
            verified=limit["verified"],
            label=_("Limit set by the city") if limit["verified"] == "unknown" else _("Legal limit"),
            facts=(),
        )
        return replace(shown, facts=tuple(_facts(shown)))


def _facts(limit: LimitShown) -> Iterator[FactLine]:
    """On what a limit rests and what may change it. Said in the language that is active."""
    if limit.law:
        practice = _("As practised; the city has not checked it in the law's text.")
        more = (limit.version, limit.text, practice if limit.verified == "practice" else "")
        yield FactLine(_("Law"), f"{limit.law} {limit.article}".strip(), tuple(one for one in more if one))
    if limit.verified == "unknown":
        yield FactLine(_("Law"), _("Configured by the city: no law sets this limit."))
    if (may := limit.extension) is not None:
        words = (
            _("At most {times} times, by at most {amount} each, approved by {who}; you are told the reason.")
            if may.times > 1
            else _("Once, by at most {amount}, approved by {who}; you are told the reason.")
        )
        yield FactLine(_("Extension"), words.format(times=may.times, amount=may.shown, who=may.approved_by))
    if limit.pauses:
        yield FactLine(_("Not counted"), "、".join(limit.pauses))
    if limit.deemed:
        yield FactLine(_("If it is missed"), limit.deemed)


def limit_register(language: str = "zh-Hans") -> tuple[LimitRow, ...]:
    """Every limit that the release in force declares, by law and article, those that the city sets itself last. For everybody.

    Cost: at most six statements.
    """
    release = current_release()
    named: dict[str, list[str]] = {}
    for kind in ("item", "bundle"):
        for body in list_definitions(kind, release).values():
            for one in body["clocks"]:
                named.setdefault(one["limit"], []).append(text(body["title"], language))
    rows = [_row(one, named.get(id, []), release, language) for id, one in list_definitions("limit", release).items()]
    return tuple(sorted(rows, key=lambda row: (row.limit.verified == "unknown", row.limit.law, row.limit.id)))


def _row(limit: Mapping[str, Any], items: list[str], release: int, language: str) -> LimitRow:
    unit = ClockUnit(limit["unit"])
    with override(language.lower()):
        examples = tuple(
            LimitExample(
                date.fromisoformat(one["begins"]),
                one["at"],
                tuple((date.fromisoformat(span["began"]), date.fromisoformat(span["ended"])) for span in one["paused"]),
                amount(one["extended"], unit) if one["extended"] else "",
                date.fromisoformat(one["ends"]),
                one["ends_at"],
            )
            for one in limit["vectors"]
        )
    shown = limit_shown(limit, None, release, language)
    return LimitRow(shown, limit["counts"] == "before", examples, tuple(items))


def promise_of(item: Mapping[str, Any], release: int, language: str) -> str:
    """How long an item takes as it promises, in words; empty when it promises nothing."""
    for one in item["clocks"]:
        if one["promise"] is not None:
            with override(language.lower()):
                return amount(one["promise"], ClockUnit(definition("limit", one["limit"], release)["unit"]))
    return ""


def amount(count: int, unit: ClockUnit) -> str:
    """So many working days, days, hours or months, in the language that is active."""
    if count == 0:
        return _("at once")
    if unit is ClockUnit.WORKING_DAYS:
        return ngettext("{count} working day", "{count} working days", count).format(count=count)
    if unit is ClockUnit.DAYS:
        return ngettext("{count} calendar day", "{count} calendar days", count).format(count=count)
    if unit is ClockUnit.HOURS:
        return ngettext("{count} hour", "{count} hours", count).format(count=count)
    return ngettext("{count} month", "{count} months", count).format(count=count)
