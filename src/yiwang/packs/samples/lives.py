"""The sample file `cases.yaml`: what cases an invented city has behind it, and how each went.

Items, ways that cases go and words are data of the pack; what is here only draws, always the same for one seed and one day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import accumulate
from random import Random
from typing import Any

from pydantic import Field, model_validator
from ruamel.yaml import YAML

from yiwang.kernel.kinds import Part
from yiwang.kernel.samples import Row
from yiwang.kernel.time import CITY_ZONE, civil_date

__all__ = ["CaseRules", "Doubt", "Life", "Planned", "Step", "Told", "draw_lives", "moment_after", "read_cases"]

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
IsWorking = Callable[[date], bool]


class Step(Part):
    """What happens next in a case: an officer does an `act`, or the applicant answers what he was asked, or withdraws.

    after: working days since the step before, both ends included.  reasons: one of them is written; empty for none.  answer: element →
    template.
    """

    act: str = ""
    answer: dict[str, Any] = Field(default_factory=dict)
    withdraw: bool = False
    after: tuple[int, int]
    reasons: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        if [bool(self.act), bool(self.answer), self.withdraw].count(True) != 1:
            raise ValueError("write one of `act`, `answer` and `withdraw`")
        return self


class Way(Part):
    """One way that a case goes, and how often against the others."""

    weight: float = Field(gt=0)
    steps: tuple[Step, ...] = ()


class From(Part):
    """Whose cases they are: rows that another file draws.

    drawn: the file.  group: of its rows.  number: the cell with the applicant's ID number.  about: the cell with the identifier of the
    subject for which he applies, empty for himself.  scheme: of that identifier.  where: cell → what it must be.  holds: cell → what must
    occur in it.  youngest, oldest: of the cell `age`.  since: cell of a civil date, at least `rests` days before.
    """

    drawn: str
    group: str
    number: str
    about: str = ""
    scheme: str = ""
    where: dict[str, str | bool] = Field(default_factory=dict)
    holds: dict[str, str] = Field(default_factory=dict)
    youngest: int = 0
    oldest: int = 200
    since: str = ""
    rests: int = Field(default=30, ge=0)


class Doubt(Part):
    """A doubt with which a case begins: the applicant says that one of his facts should be another, and why (`evidence`)."""

    resource: str
    element: str
    proposed: str
    evidence: str
    purpose: str


class Told(Part):
    """One item's past.

    per_thousand: cases a year for each 1,000 residents.  draws: name → one of several words, or `[from, to]` for whole numbers.
    days: name → civil dates so many days after the case begins.  answers: element → template; only what the form asks for is answered; a
    file is `{file: name.pdf}`.  doubt: instead of answers.
    """

    item: str
    per_thousand: float = Field(gt=0)
    applicants: From
    draws: dict[str, tuple[str, ...] | tuple[int, int]] = Field(default_factory=dict)
    days: dict[str, tuple[int, int]] = Field(default_factory=dict)
    answers: dict[str, Any] = Field(default_factory=dict)
    doubt: Doubt | None = None
    ways: tuple[Way, ...] = Field(min_length=1)


class Alerted(Part):
    """What becomes of alerts: after how many working days the unit explains them and the supervisor closes them, in which words."""

    explained: tuple[int, int]
    closed: tuple[int, int]
    explanations: tuple[str, ...] = Field(min_length=1)
    closings: tuple[str, ...] = Field(min_length=1)


class CaseRules(Part):
    """What `cases.yaml` says.

    kind, scheme: of the persons.  login: what the logins of applicants begin with; nobody can sign in with them.  residents: a smaller city
    has no past.  hours: of the office, whole.  months: twelve weights.  weekdays: seven weights from Monday; only working days count.
    """

    seed: int
    kind: str
    scheme: str
    login: str
    residents: int = Field(ge=0)
    hours: tuple[int, int]
    months: tuple[float, ...] = Field(min_length=12, max_length=12)
    weekdays: tuple[float, ...] = Field(min_length=7, max_length=7)
    alerts: Alerted
    items: tuple[Told, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Planned:
    """A step at its moment. reason: the words, or empty."""

    step: Step
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Life:
    """One case as it will be told. number: from 1.  applicant: ID number.  about: identifier of the subject, empty for himself.

    cells: for templates.  steps: in order of time, also those that are still to come.
    """

    number: int
    told: Told
    applicant: str
    about: str
    at: datetime
    cells: Mapping[str, object]
    steps: tuple[Planned, ...]

    def filled(self, template: Any) -> Any:
        """A template with what stands for its names. Raises ValueError for a name that nothing has."""
        if isinstance(template, Mapping):
            return {name: self.filled(part) for name, part in template.items()}
        if not isinstance(template, str):
            return template
        if missing := [name for name in PLACEHOLDER.findall(template) if name not in self.cells]:
            raise ValueError(f"{self.told.item}: nothing is called {', '.join(missing)}.")
        return PLACEHOLDER.sub(lambda match: str(self.cells[match.group(1)]), template)


def read_cases(content: bytes) -> CaseRules:
    """Read `cases.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return CaseRules.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def draw_lives(
    given: CaseRules,
    rows: Callable[[str], Mapping[str, Sequence[Row]]],
    residents: int,
    begins: datetime,
    until: datetime,
    is_working: IsWorking,
) -> list[Life]:
    """Every case between two instants, the latest first. Nobody has two of one item.

    rows: what a file draws.  is_working: whether offices work on a civil date.
    """
    if residents < given.residents:
        return []
    days = _days(given, begins, until, is_working)
    lives: list[Life] = []
    for position, told in enumerate(given.items):
        chance = Random(f"{given.seed}:{position}")  # noqa: S311 -- repeatable on purpose; nothing secret is drawn
        fitting = [row for row in rows(told.applicants.drawn)[told.applicants.group] if _fits(told.applicants, row)]
        years = (until - begins) / timedelta(days=365.2425)
        count = min(len(fitting), round(told.per_thousand * residents / 1_000 * years))
        moments = _moments(given, days, count, chance)
        for row, at in zip(chance.sample(fitting, count), moments, strict=True):
            if at < until and _rested(told.applicants, row, civil_date(at)):
                lives.append(_life(given, told, row, at, is_working, chance))
    lives.sort(key=lambda one: one.at, reverse=True)
    return [
        Life(len(lives) - number, one.told, one.applicant, one.about, one.at, one.cells, one.steps)
        for number, one in enumerate(lives)
    ]


def _days(given: CaseRules, begins: datetime, until: datetime, is_working: IsWorking) -> list[tuple[date, float]]:
    """Working days with how much comes in on them, running up."""
    first, last = civil_date(begins) + timedelta(days=1), civil_date(until)
    all_days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    working = [day for day in all_days if is_working(day)]
    weights = accumulate(given.months[day.month - 1] * given.weekdays[day.weekday()] for day in working)
    return list(zip(working, weights, strict=True))


def _moments(given: CaseRules, days: Sequence[tuple[date, float]], count: int, chance: Random) -> Iterator[datetime]:
    chosen = chance.choices([day for day, _ in days], cum_weights=[weight for _, weight in days], k=count)
    for day in chosen:
        yield _within_hours(given, day, chance)


def _within_hours(given: CaseRules, day: date, chance: Random) -> datetime:
    opens = datetime.combine(day, time(given.hours[0]), CITY_ZONE)
    return opens + timedelta(seconds=chance.randrange((given.hours[1] - given.hours[0]) * 3_600))


def _fits(wanted: From, row: Row) -> bool:
    age = row.get("age", wanted.youngest)
    return (
        all(row[name] == value for name, value in wanted.where.items())
        and all(part in str(row[name]) for name, part in wanted.holds.items())
        and isinstance(age, int)
        and wanted.youngest <= age <= wanted.oldest
    )


def _rested(wanted: From, row: Row, day: date) -> bool:
    """Whether what the case rests on was there long enough."""
    return not wanted.since or date.fromisoformat(str(row[wanted.since])) + timedelta(days=wanted.rests) <= day


def _life(given: CaseRules, told: Told, row: Row, at: datetime, is_working: IsWorking, chance: Random) -> Life:
    cells: dict[str, object] = dict(row)
    for name, choices in told.draws.items():
        low, high = choices[0], choices[-1]
        whole = isinstance(low, int) and isinstance(high, int)
        cells[name] = chance.randint(low, high) if whole else chance.choice(choices)  # type: ignore[arg-type]
    for name, (first, last) in told.days.items():
        cells[name] = (civil_date(at) + timedelta(days=chance.randint(first, last))).isoformat()
    [way] = chance.choices(told.ways, [one.weight for one in told.ways])
    about = str(row[told.applicants.about]) if told.applicants.about else ""
    steps = tuple(_planned(given, way.steps, at, is_working, chance))
    return Life(0, told, str(row[told.applicants.number]), about, at, cells, steps)


def _planned(
    given: CaseRules, steps: Iterable[Step], at: datetime, is_working: IsWorking, chance: Random
) -> Iterator[Planned]:
    for step in steps:
        at = moment_after(given, at, step.after, is_working, chance)
        yield Planned(step, at, chance.choice(step.reasons) if step.reasons else "")


def moment_after(
    given: CaseRules, at: datetime, after: tuple[int, int], is_working: IsWorking, chance: Random
) -> datetime:
    """A moment in office hours so many working days later, both ends included; on the same day it is a while later."""
    day = civil_date(at)
    for _ in range(chance.randint(*after)):
        day = _next_working(day, is_working)
    moment = _within_hours(given, day, chance)
    if moment > at and is_working(day):
        return moment
    soon = at + timedelta(seconds=chance.randrange(900, 5_400))
    closes = datetime.combine(day, time(given.hours[1]), CITY_ZONE)
    return soon if soon < closes and is_working(day) else _within_hours(given, _next_working(day, is_working), chance)


def _next_working(day: date, is_working: IsWorking) -> date:
    day += timedelta(days=1)
    while not is_working(day):
        day += timedelta(days=1)
    return day
