"""Working days 工作日: which days count, what day a limit ends, and why.

Off days and working weekends are set for each year by the State Council's office, in the autumn before. The library
`chinesecalendar` is the seed for the years that it knows; a city's own table of exceptions stands above it. A year
for which nobody has given official data is *provisional*: it is reckoned with weekends and the holidays that the law
fixes by date, and every result that touches it says so.

Above the calendar of the nation a place may have days of its own: a holiday of its nationality 民族节日 (全国年节及纪念日放假办法
art. 4), a day on which its government stops work 停工. They never change a holiday of the nation, and count only where a limit says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from chinese_calendar import constants

from yiwang.kernel.errors import msgid

Text = str | Mapping[str, str]

__all__ = ["DayKind", "DayRow", "LocalDay", "Reckoning", "WorkingCalendar"]

MOST_DAYS = 3_660
"""No law counts further than ten years in days; more is a mistake in the asking."""


class DayKind(StrEnum):
    """What an exception makes of a day."""

    WORKING = "working"  # 调休上班: a Saturday or Sunday on which offices work
    OFF = "off"  # 放假, also a local holiday (全国年节及纪念日放假办法 art. 4)


@dataclass(frozen=True, slots=True)
class LocalDay:
    """What one place makes of a day.  title: what the place calls it.  source: the document that says so."""

    kind: DayKind
    title: Text
    source: str


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A day found by counting. provisional: a year on the way has no official data yet, so the day may still move."""

    date: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    """One line of "why is it due on that day?". number: of the counted days the first, second …; 0 when it does not count.

    reason: msgid, filled in with `name`: a msgid, or the holiday's title as the city declares it; may be empty.
    """

    date: date
    number: int
    reason: str
    name: Text = ""
    provisional: bool = False

    @property
    def counts(self) -> bool:
        """Whether the day was counted."""
        return self.number > 0


NAMES = (  # what the library calls the holidays; here so that they are translated
    msgid("New Year's Day"),
    msgid("Spring Festival"),
    msgid("Tomb-sweeping Day"),
    msgid("Labour Day"),
    msgid("Dragon Boat Festival"),
    msgid("Mid-autumn Festival"),
    msgid("National Day"),
    msgid("Anti-Fascist 70th Day"),
)

# Fixed by date in 全国年节及纪念日放假办法 (version of 2024-11-10) art. 2.
_FIXED_HOLIDAYS: Mapping[tuple[int, int], str] = {
    (1, 1): "New Year's Day",
    (5, 1): "Labour Day",
    (5, 2): "Labour Day",
    (10, 1): "National Day",
    (10, 2): "National Day",
    (10, 3): "National Day",
}


class WorkingCalendar:
    """The working days of a city. Immutable; one day's answer costs a look-up or two.

    exceptions: days that differ from the seed.  official_years: years whose exceptions are complete and official,
    beyond those that the library knows; exceptions alone do not make a year official, for one holiday is not a year.  names: titles of the
    holidays among the exceptions.  notices: year → what announced it.  local: days of one place, which stand above all of these.
    """

    def __init__(
        self,
        exceptions: Mapping[date, DayKind | str] | None = None,
        *,
        official_years: Iterable[int] = (),
        names: Mapping[date, Text] | None = None,
        notices: Mapping[int, str] | None = None,
        local: Mapping[date, LocalDay] | None = None,
    ) -> None:
        self._exceptions = {day: DayKind(kind) for day, kind in (exceptions or {}).items()}
        self._official_years = frozenset(official_years)
        self._names = dict(names or {})
        self._notices = dict(notices or {})
        self._local = dict(local or {})

    def at(self, days: Mapping[date, LocalDay]) -> WorkingCalendar:
        """The calendar as it holds in a place with these days of its own; itself when there are none."""
        if not days:
            return self
        return WorkingCalendar(
            self._exceptions,
            official_years=self._official_years,
            names=self._names,
            notices=self._notices,
            local={**self._local, **days},
        )

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`. For a provisional year this is the best guess: ask `is_provisional` too."""
        return self.judge(day)[0]

    def is_provisional(self, year: int) -> bool:
        """Whether `year` has no official data."""
        return year not in self._official_years and year not in _seed_years()

    def notice(self, year: int) -> str:
        """The official notice that arranges the days of `year`, as the city cites it; empty when none is cited."""
        return self._notices.get(year, "")

    def local_day(self, day: date) -> LocalDay | None:
        """What the place itself makes of `day`; None when it follows the nation."""
        return self._local.get(day)

    def source(self, day: date) -> str:
        """The document that made `day` what it is, as far as one is cited: that of the place, else that of the year."""
        found = self._local.get(day)
        return found.source if found is not None else self.notice(day.year)

    def is_holiday(self, day: date) -> bool:
        """Whether `day` is off for another reason than being a Saturday or Sunday like any other."""
        works, _reason, name = self.judge(day)
        own = day in self._local or self._exceptions.get(day) is DayKind.OFF
        return not works and (own or bool(name) or day.weekday() < 5)

    def judge(self, day: date) -> tuple[bool, str, Text]:
        """Whether offices work on `day`, why (msgid, filled in with `name`), and the name."""
        if (local := self._local.get(day)) is not None:
            return _judge_locally(local)
        name = self._names.get(day, "")
        match self._exceptions.get(day):
            case DayKind.WORKING if day.weekday() >= 5:
                return True, msgid("Weekend that is worked, in exchange for a holiday"), ""
            case DayKind.WORKING:
                return True, msgid("Working day by the city's calendar"), ""
            case DayKind.OFF if name:
                return False, msgid("Holiday: {name}"), name
            case DayKind.OFF:
                return False, msgid("Day off by the city's calendar"), ""
        weekend = day.weekday() >= 5
        if day.year not in self._official_years:  # an official table of the city replaces the library's whole year
            if name := constants.workdays.get(day):
                return True, msgid("Working weekend, in exchange for a holiday: {name}"), _title(name)
            if name := constants.holidays.get(day):
                return False, msgid("Holiday: {name}"), _title(name)
            if day.year not in _seed_years() and (fixed := _FIXED_HOLIDAYS.get((day.month, day.day))):
                return False, msgid("Holiday: {name}"), fixed
        return (False, msgid("Weekend"), "") if weekend else (True, msgid("Working day"), "")

    def add_working_days(self, trigger: date, days: int) -> Reckoning:
        """The day on which `days` working days after `trigger` end. 0 days end on `trigger` itself.

        The day of the trigger is not counted; day 1 is the next working day. Source: 行政许可法 art. 82 (its periods
        are working days), 民法典 art. 201 (the first day is not counted). Raises ValueError beyond ten years.
        """
        _check_length(days)
        last = trigger
        for row in self._count(trigger, days):
            last = row.date
        return self._reckoning(trigger, last)

    def add_calendar_days(self, trigger: date, days: int) -> Reckoning:
        """The day on which `days` calendar days after `trigger` end; from a day off it moves to the next working day.

        Source: 民法典 art. 201 (the first day is not counted), art. 203 (the last day is no holiday).
        """
        _check_length(days)
        last = trigger + timedelta(days=days)
        while days and not self.is_working(last):
            last += timedelta(days=1)
        return self._reckoning(trigger, last)

    def working_days_between(self, first: date, second: date) -> int:
        """How many working days lie after `first` up to and with `second`; negative when `second` is earlier.

        `working_days_between(a, add_working_days(a, n).date)` is n.
        """
        if second < first:
            return -self.working_days_between(second, first)
        _check_length((second - first).days // 2)
        return sum(self.is_working(day) for day in _days_after(first, second))

    def explain(self, trigger: date, days: int) -> list[DayRow]:
        """Each day from `trigger` (not counted) to the end of `days` working days, with why it counts or does not."""
        _check_length(days)
        start = DayRow(trigger, 0, msgid("The day on which the period is triggered is not counted"))
        return [start, *self._count(trigger, days)]

    def _count(self, trigger: date, days: int) -> Iterator[DayRow]:
        number, day = 0, trigger
        while number < days:
            day += timedelta(days=1)
            works, reason, name = self.judge(day)
            number += works
            yield DayRow(day, number if works else 0, reason, name, self.is_provisional(day.year))

    def _reckoning(self, first: date, last: date) -> Reckoning:
        return Reckoning(last, any(self.is_provisional(year) for year in range(first.year, last.year + 1)))


def _judge_locally(day: LocalDay) -> tuple[bool, str, Text]:
    if day.kind is DayKind.WORKING:
        return True, msgid("Weekend that is worked here, in exchange for a local day off"), ""
    return False, msgid("Local day off: {name}"), day.title


@cache
def _seed_years() -> frozenset[int]:
    """Years that the library knows."""
    return frozenset(day.year for day in constants.holidays)


def _title(name: str) -> str:
    """The library's English name; a face translates it."""
    return str(getattr(name, "value", name)).partition(",")[0]


def _days_after(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal() + 1, last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _check_length(days: int) -> None:
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(f"A period has 0 to {MOST_DAYS} days, not {days}.")
