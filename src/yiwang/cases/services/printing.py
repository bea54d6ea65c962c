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
from yiwang.cases.values import ClockExplained, ExplainedDay
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
        "sentence": explained.sentence,
        "sum": explained.sum,
        "facts": [asdict(one) for one in explained.clock.facts],
        "head": [_("Date"), _("Counted"), _("Why"), _("Rests on")],
        "days": [_day(one, language) for one in explained.rows],
        "closing": _(
            "Printed on {when} by {issuer}, as it stood then. The file bears a digital signature that any change breaks."
        ).format(when=when, issuer=issuer),
        "footer": f"{explained.case_number} · {clock.limit.title}",
        "notice": NOTICES[explained.origin],
    }


def _day(one: ExplainedDay, language: str) -> dict[str, Any]:
    date = civil_day(one.on, language)
    if one.until != one.on:
        date = f"{date} – {civil_day(one.until, language)}"
    return {
        "date": date,
        "number": str(one.number) if one.number else "",
        "why": one.sentence,
        "law": one.law,
        "marks": [mark.text for mark in one.marks if mark.kind != "today"],
    }
