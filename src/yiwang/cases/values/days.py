"""Days off, and whether a window is open: what everybody may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yiwang.places.values import WindowView

__all__ = ["CalendarShown", "DaysOff", "DaysPage", "OpenNow", "WindowOpen"]


@dataclass(frozen=True, slots=True)
class OpenNow:
    """Whether somebody serves now.  changes_at: the instant at which he closes or opens next.  sentence: the same in words.

    hours: the service hours of the week, in words.
    """

    is_open: bool
    changes_at: datetime
    sentence: str
    hours: str


@dataclass(frozen=True, slots=True)
class WindowOpen:
    """A window, and whether it is open now."""

    window: WindowView
    now: OpenNow


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days off from the first to the last."""

    title: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class CalendarShown:
    """One declared calendar.  places: titles of the divisions that it is for, none for the nation's.  source: the document, or empty.

    working: weekend days that are worked.
    """

    id: str
    title: str
    year: int
    places: tuple[str, ...]
    source: str
    provisional: bool
    off: tuple[DaysOff, ...]
    working: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class DaysPage:
    """Calendars of this year and later, and those that are over; the latest first, the nation's before those of places."""

    ahead: tuple[CalendarShown, ...]
    over: tuple[CalendarShown, ...]
