"""Limits as they are declared, and as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from yiwang.acts.queries import current_release, definition, list_definitions
from yiwang.cases.queries.calendars import counts_locally
from yiwang.cases.values import ClockUnit, ExtensionAllowed, FactLine, LimitExample, LimitRow, LimitShown
from yiwang.kernel.texts import text

__all__ = [
    "amount",
    "item_clock",
    "limit_register",
    "limit_shown",
    "limits_of_item",
    "promise_of",
]


def item_clock(item: Mapping[str, Any], limit: str) -> Mapping[str, Any]:
    """What an item says of one of its limits. Raises LookupError: `check` refuses an item whose process moves other clocks."""
    for one in item["clocks"]:
        if one["limit"] == limit:
            found: Mapping[str, Any] = one
            return found
    raise LookupError(f"The item {item['id']} names no limit {limit}.")


def limits_of_item(item: Mapping[str, Any], release: int, language: str) -> tuple[LimitShown, ...]:
    """The limits of an item, as its page tells them."""
    return tuple(
        limit_shown(definition("limit", one["limit"], release), one, release, language) for one in item["clocks"]
    )


def limit_shown(limit: Mapping[str, Any], stated: Mapping[str, Any] | None, release: int, language: str) -> LimitShown:
    """A declared limit in the language of its reader.  stated: what an item says of it; None: as it is declared, for whichever item."""
    promise = stated["promise"] if stated is not None else None
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
            counted_by=_counted_by(limit, stated),
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
    if limit.counted_by:
        yield FactLine(_("Counted by"), limit.counted_by)
    if limit.deemed:
        yield FactLine(_("If it is missed"), limit.deemed)


def _counted_by(limit: Mapping[str, Any], stated: Mapping[str, Any] | None) -> str:
    if limit["unit"] == ClockUnit.SERVICE_HOURS:
        return _("The service hours of the office that answers, by the calendar of its place")
    if counts_locally(limit):
        law = " ".join(part for part in (limit["calendar_law"], limit["calendar_article"]) if part)
        local = _("Local days off of the place of the office that answers do not count either")
        return _("{sentence} ({law})").format(sentence=local, law=law) if law else local
    if stated is not None and counts_locally(stated):
        return _("For the promise, local days off of the place of the office that answers do not count either")
    return ""


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
    """So many working days, days, hours, service hours or months, in the language that is active."""
    if count == 0:
        return _("at once")
    if unit is ClockUnit.WORKING_DAYS:
        return ngettext("{count} working day", "{count} working days", count).format(count=count)
    if unit is ClockUnit.DAYS:
        return ngettext("{count} calendar day", "{count} calendar days", count).format(count=count)
    if unit is ClockUnit.HOURS:
        return ngettext("{count} hour", "{count} hours", count).format(count=count)
    if unit is ClockUnit.SERVICE_HOURS:
        return ngettext("{count} service hour", "{count} service hours", count).format(count=count)
    return ngettext("{count} month", "{count} months", count).format(count=count)
