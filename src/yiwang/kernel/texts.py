"""Texts that packs give: one sentence in zh-Hans, or one for each language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

__all__ = ["HOME_LANGUAGE", "LANGUAGES", "civil_day", "is_chinese", "text"]

HOME_LANGUAGE = "zh-Hans"
LANGUAGES = (HOME_LANGUAGE, "en")
"""In which the pages speak and messages are written."""


def text(title: str | Mapping[str, str], language: str = HOME_LANGUAGE) -> str:
    """Pick the text of `title` for a reader of `language` (a BCP 47 tag, in any case, `_` for `-` allowed).

    A plain string is zh-Hans and serves every reader. Of a mapping: the language itself, else the same language with
    another script or region (`zh-CN` reads `zh-Hans`, `en-GB` reads `en`), else zh-Hans, else the first given text.
    An empty mapping gives an empty text.
    """
    if isinstance(title, str):
        return title
    known = {_tag(key): value for key, value in title.items() if value}
    wanted = _tag(language)
    if wanted in known:
        return known[wanted]
    family = wanted.partition("-")[0]
    for tag, value in known.items():
        if tag.partition("-")[0] == family:
            return value
    return known.get(_tag(HOME_LANGUAGE)) or next(iter(known.values()), "")


def is_chinese(language: str | None) -> bool:
    """Whether a BCP 47 tag names Chinese."""
    return _tag(language or "").startswith("zh")


def civil_day(day: date, language: str | None) -> str:
    """A civil date within a sentence: 2026年11月21日, 21 November 2026."""
    return f"{day.year}年{day.month}月{day.day}日" if is_chinese(language) else f"{day.day} {day:%B %Y}"


def _tag(language: str) -> str:
    return language.replace("_", "-").lower()
