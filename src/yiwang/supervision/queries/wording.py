"""What levels, states and units of time are called, in the language that is active."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.kernel.errors import msgid
from yiwang.kernel.texts import LANGUAGES
from yiwang.supervision.values import Level

__all__ = ["level_title", "level_titles"]


_LEVELS = {
    Level.WARNING: msgid("Early warning"),
    Level.YELLOW: msgid("Yellow card"),
    Level.RED: msgid("Red card"),
}


def level_title(level: Level) -> str:
    """预警, 黄牌 or 红牌."""
    return _(_LEVELS[level])


def level_titles(level: Level) -> dict[str, str]:
    """The same in every language, for messages that are kept in all of them."""
    titles = {}
    for language in LANGUAGES:
        with override(language.lower()):
            titles[language] = level_title(level)
    return titles
