"""How a limit was counted, on paper: what an applicant puts before whoever decides on his objection."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.values import Actor
from yiwang.cases.queries.clocks import explain_clock
from yiwang.cases.values import ClockExplained, ClockState, ClockView, ExplainedDay, LimitShown
from yiwang.documents.services import make_sheet
from yiwang.documents.values import NOTICES, Download
from yiwang.kernel.texts import civil_day
from yiwang.kernel.time import CITY_ZONE, now
from yiwang.places.queries import city

__all__ = ["print_clock"]

TEMPLATE = (Path(__file__).parents[1] / "sheets" / "clock.typ").read_text("utf-8")


def print_clock(actor: Actor, case_id: UUID, limit: str, language: str = "zh-Hans") -> Download:
    """The table of `queries.explain_clock` as a PDF with the city's signature; it carries the same as data.

    For the applicant and whoever sees the case. Raises NotFound, SigningKeyMissing, SigningKeyEnded.
    """
    explained = explain_clock(actor, case_id, limit, language)
    with override(language.lower()):
        data = _data(explained, language)
    content = make_sheet(TEMPLATE, data, says=asdict(explained))
    return Download(f"{explained.case_number}-{limit}.pdf", "application/pdf", content)


def _data(explained: ClockExplained, language: str) -> dict[str, Any]:
    clock, place = explained.clock, city()
    issuer = place.title if place is not None else ""
    printed = now().astimezone(CITY_ZONE)
    when = f"{civil_day(printed.date(), language)} {printed:%H:%M}"
    return {
        "title": _("How a limit was counted"),
        "issuer": {"name": issuer},
        "limit": clock.limit.title,
        "item": explained.item_title,
        "number": explained.case_number,
        "sentence": _sentence(clock, language),
        "facts": [{"label": label, "value": value, "more": more} for label, value, more in _facts(clock, language)],
        "head": [_("Date"), _("Counted"), _("Why"), _("Rests on")],
        "days": [_day(one, language) for one in explained.rows],
        "closing": _(
            "Printed on {when} by {issuer}, as it stood then. The file bears a digital signature that any change breaks."
        ).format(when=when, issuer=issuer),
        "footer": f"{explained.case_number} · {clock.limit.title}",
        "notice": NOTICES[explained.origin],
    }


def _sentence(clock: ClockView, language: str) -> str:
    if clock.state is ClockState.PAUSED and clock.paused_on is not None:
        words = _("Stands still since {day}: {reason}")
        return words.format(day=civil_day(clock.paused_on, language), reason=clock.paused_for)
    if clock.state is ClockState.RUNNING and clock.due_on is not None:
        return _("Last day: {day} ({left})").format(day=civil_day(clock.due_on, language), left=clock.left_text)
    ended = {ClockState.MET: _("done in time"), ClockState.MISSED: _("done late")}.get(clock.state, _("ended"))
    if clock.ended_at is None:
        raise AssertionError("A clock that neither runs nor stands still has ended.")
    day = civil_day(clock.ended_at.astimezone(CITY_ZONE).date(), language)
    if clock.due_on is None:
        return f"{day} · {ended}"
    return _("{day}: {state}; the last day was {due}").format(
        day=day, state=ended, due=civil_day(clock.due_on, language)
    )


def _facts(clock: ClockView, language: str) -> list[tuple[str, str, str]]:
    limit = clock.limit
    until = _("until {day}")
    found = [(_("Counted from"), civil_day(clock.started_on, language), "")]
    length = f"{limit.length} + {clock.extended_by}" if clock.extended_by else limit.length
    found.append(
        (
            _("Limit"),
            length,
            until.format(day=civil_day(clock.legal_due_on, language)) if clock.legal_due_on else "",
        )
    )
    if limit.promise:
        promised = until.format(day=civil_day(clock.promised_due_on, language)) if clock.promised_due_on else ""
        found.append((_("Promised limit"), limit.promise, promised))
    found.append((_("Law"), _law(limit), limit.text))
    if limit.pauses:
        found.append((_("Not counted"), "、".join(limit.pauses), ""))
    if limit.deemed:
        found.append((_("If it is missed"), limit.deemed, ""))
    if limit.counted_by:
        found.append((_("Counted by"), limit.counted_by, clock.hours))
    if clock.provisional:
        found.append((_("Provisional"), _("Provisional: the official calendar of that year is not published yet."), ""))
    return found


def _law(limit: LimitShown) -> str:
    if limit.verified == "unknown":
        return _("Configured by the city: no law sets this limit.")
    named = " ".join(part for part in (limit.law, limit.article, limit.version) if part)
    if limit.verified == "practice":
        practice = _("As practised; the city has not checked it in the law's text.")
        return f"{named}. {practice}"
    return named


def _day(one: ExplainedDay, language: str) -> dict[str, Any]:
    date = civil_day(one.on, language)
    if one.until != one.on:
        date = f"{date} – {civil_day(one.until, language)}"
    marks = [
        words
        for words, falls in (
            (_("Promised limit"), one.is_promised_due),
            (_("Last day"), one.is_legal_due),
            (_("Done"), one.ended_here),
            (_("provisional"), one.provisional),
        )
        if falls
    ]
    return {
        "date": date,
        "number": str(one.number) if one.number else "",
        "why": one.sentence,
        "law": one.law,
        "marks": marks,
    }
