"""Tags and filters of all faces: built scripts and styles, icons, dates as people of the city write them, paths of this page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from yiwang.api.icons import ICONS
from yiwang.cases.values import NUMBER_TAIL, FrozenValue
from yiwang.documents.values import file_size
from yiwang.kernel.texts import civil_day, is_chinese
from yiwang.kernel.time import CITY_ZONE, today

register = template.Library()
register.filter(file_size)
MANIFEST = Path(__file__).resolve().parents[4] / "frontend" / "dist" / "manifest.json"
WEEKDAYS_ZH = "一二三四五六日"


@register.filter
def typed(values: Iterable[FrozenValue]) -> list[FrozenValue]:
    """The answers that somebody typed; what the city knew stands elsewhere, with whose it is."""
    return [one for one in values if not one.is_known]


@register.simple_tag
def bundle(entry: str) -> SafeString:
    """The styles and the script that the build made of `entry`."""
    found = _manifest()[entry]
    styles = [(static(name),) for name in found.get("css", [])]
    return format_html(
        '{}<script type="module" src="{}"></script>',
        format_html_join("", '<link rel="stylesheet" href="{}">', styles),
        static(found["file"]),
    )


@cache
def _read_manifest() -> Any:
    try:
        return json.loads(MANIFEST.read_text("utf-8"))
    except FileNotFoundError as missing:
        raise RuntimeError("Styles and scripts are not built yet. Run: make setup") from missing


def _manifest() -> Any:
    if settings.DEBUG:
        _read_manifest.cache_clear()
    return _read_manifest()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing beside words; readers of screens do not hear it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', SafeString(ICONS[name])
    )


@register.simple_tag
def linked_data(graph: dict[str, Any]) -> SafeString:
    """What a page says to machines (JSON-LD) as a block of data: no browser runs it, so no policy has to allow it."""
    text = json.dumps(graph, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return format_html('<script type="application/ld+json">{}</script>', SafeString(text))


@register.filter
def civil(day: date | datetime | None) -> str:
    """A civil date: 2026年11月21日（周六）, Saturday 21 November 2026. An instant is shown by its day in the city."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = day.astimezone(CITY_ZONE).date()
    if _in_chinese():
        return f"{civil_day(day, get_language())}（周{WEEKDAYS_ZH[day.weekday()]}）"
    return f"{day:%A} {civil_day(day, get_language())}"


@register.filter
def short_civil(day: date | datetime | None) -> str:
    """A civil date for a table: 2026-11-21."""
    if day is None:
        return ""
    return (day.astimezone(CITY_ZONE).date() if isinstance(day, datetime) else day).isoformat()


@register.filter
def instant(moment: datetime | None) -> str:
    """An instant in the city's time: 2026年11月21日 14:05."""
    if moment is None:
        return ""
    local = moment.astimezone(CITY_ZONE)
    if _in_chinese():
        return f"{civil_day(local, get_language())} {local:%H:%M}"
    return f"{civil_day(local, get_language())}, {local:%H:%M}"


@register.filter
def iso(moment: date | datetime | None) -> str:
    """For the attribute `datetime` of `<time>`."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    return moment.isoformat() if moment else ""


@register.filter
def age(days: int | None) -> str:
    """How old a fact is, in words."""
    if days is None:
        return ""
    if days <= 0:
        return _("registered today")
    if days < 60:
        return ngettext("registered {days} day ago", "registered {days} days ago", days).format(days=days)
    if days < 730:
        months = days // 30
        return ngettext("registered {months} month ago", "registered {months} months ago", months).format(months=months)
    years = days // 365
    return ngettext("registered {years} year ago", "registered {years} years ago", years).format(years=years)


@register.filter
def days_left(days: int | None) -> str:
    """Remaining working days as words."""
    if days is None:
        return _("no limit")
    if days < 0:
        return ngettext("{days} working day over", "{days} working days over", -days).format(days=-days)
    if days == 0:
        return _("ends today")
    return ngettext("{days} working day left", "{days} working days left", days).format(days=days)


@register.filter
def urgency(days: int | None) -> str:
    """over, soon or calm: the style beside the words."""
    if days is None or days > 2:
        return "calm"
    return "over" if days < 0 else "soon"


@register.filter
def words(span: timedelta) -> str:
    """How far business time is ahead of the machine's, in days and hours."""
    days, hours = span.days, span.seconds // 3600
    return _("{days} days {hours} hours").format(days=days, hours=hours)


@register.filter
def case_number(number: str) -> SafeString:
    """A case number in two parts: what all numbers of the item share, small, and the day and counter by which people tell them apart."""
    head, tail = number[:-NUMBER_TAIL], number[-NUMBER_TAIL:]
    return format_html('<span class="case-number"><span class="case-number-head">{}</span>{}</span>', head, tail)


@register.filter
def is_past(day: date | None) -> bool:
    """Whether a civil date lies before the business day."""
    return day is not None and day < today()


@register.filter
def member(mapping: Any, key: Any) -> Any:
    """The value under a key that only the template knows."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag(takes_context=True)
def here(context: template.Context, path: str, under: tuple[str, ...] = (), exact: bool = False) -> SafeString:
    """Mark a menu's link as the page one is on. under: where pages begin that belong to it and stand elsewhere."""
    at = context["request"].path
    if at == path or (not exact and path != "/" and at.startswith((path, *under))):
        return SafeString(' aria-current="page"')
    return SafeString("")


def _in_chinese() -> bool:
    return is_chinese(get_language())


@register.filter
def door(name: str) -> str:
    """By which lawful door a record came, in words."""
    return {
        "case": _("a case"),
        "feed": _("the source's feed"),
        "correction": _("a correction by the source"),
        "self-service": _("the person himself"),
        "observation": _("an observation"),
        "sample": _("sample data"),
    }.get(name, name)


@register.filter
def ground(name: str) -> str:
    """On what somebody read, in words."""
    return {
        "represented": _("representing the subject"),
        "mandate": _("a mandate"),
        "grant": _("the duty of the post"),
        "agreement": _("the sharing agreement"),
        "item": _("the item applied for"),
        "emergency": _("an emergency access of two administrators"),
        "platform": _("finding out whose fact it is"),
    }.get(name, name)
